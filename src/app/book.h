/* book.h - a router's admission book: which decisions have effect.
 *
 * Answers: may this decision go to the venue? The first of a key does, if its base is the ledger's
 * and no decision of its pool is live; everything else is answered. Owns: a row a pool. Thread: its
 * owner's. */
#ifndef ZL_APP_BOOK_H
#define ZL_APP_BOOK_H

#include "codec/table.h"
#include "core/key.h"

struct zl_book {
        struct zl_table rows;            /* by both numbers */
        struct zl_table accounts, pools; /* dense numbers of each */
};

struct zl_book_row {
        bool known;    /* the ledger has this position */
        uint64_t base; /* the ledger's */
        bool held;     /* a key is held */
        bool live;     /* and its order is not final */
        struct zl_key key;
        struct zl_msg_exec last; /* what was answered for it last */
};

void zl_book_open(struct zl_book *book);
void zl_book_close(struct zl_book *book);

/* Takes in what the ledger says of an account. */
void zl_book_learn(struct zl_book *book, const struct zl_msg_account *account);

/* Judges a decision. True: it is admitted, forward it; false: only answer. `ret_exec` is the answer
 * to publish either way; `ret_held` is set with a `taken`: what the key's order was answered last.
 */
bool zl_book_admit(struct zl_book *book, const char *order, uint64_t expires_ns, uint64_t now_ns,
                   struct zl_msg_exec *ret_exec, const struct zl_msg_exec **ret_held);
/* Takes in what the venue says of an order. */
void zl_book_filled(struct zl_book *book, const struct zl_msg_exec *exec);

#endif
