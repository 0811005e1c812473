/* book.h - a router's admission book: which decisions have effect.
 *
 * Answers: may this decision go to the venue? A decision is admitted whole or not at all: the first
 * of a key is, if its base is the ledger's and no decision of its pool is live, that is, has an
 * order that is not final. What has been admitted is repeated to whoever proposes it again. A
 * partition that has nothing in the book yet, or has just forgotten, admits nothing until it is
 * told to (recall.h says when). Owns: a row a partition, an account, a pool and a holding. Thread:
 * its owner's. */
#ifndef ZL_APP_ROUTER_BOOK_H
#define ZL_APP_ROUTER_BOOK_H

#include "app/proposal.h"
#include "codec/table.h"

struct zl_book {
        struct zl_table partitions;
        struct zl_table accounts, names; /* by id; each row has a dense number */
        struct zl_table pools, holdings; /* by both numbers */
        uint32_t looked_at; /* the row of a pool */
};

/* What to answer. Messages stand in this order: `answer`, `orders`, `end`. */
struct zl_verdict {
        bool admitted;             /* send it on; there is no `answer` */
        bool foreign;              /* not on the topic of its account's partition: no answer */
        struct zl_msg_exec answer; /* names the decision */
        const struct zl_msg_exec *orders; /* what each was answered last, an admitted one just now;
                                             until the book is used again */
        uint32_t orders_count;
        bool over; /* the decision is, and changed nothing: `end` says so of it as a whole, for a
                      worker whose own proposal under this key had more orders */
        struct zl_msg_exec end;
};

void zl_book_open(struct zl_book *book);
void zl_book_close(struct zl_book *book);

/* Drops every decision of the partition, and admits none of it before zl_book_resume. */
void zl_book_forget(struct zl_book *book, uint32_t partition);
void zl_book_resume(struct zl_book *book, uint32_t partition);
/* What the ledger said of the partition was missed: its accounts stop, each until it is stated in
 * full. */
void zl_book_lose(struct zl_book *book, uint32_t partition);

/* Takes in what the ledger says of an account of the partition. A hole in its revisions stops its
 * pools until it is stated in full. */
void zl_book_learn(struct zl_book *book, uint32_t partition, const struct zl_msg_account *account);
void zl_book_judge(struct zl_book *book, const struct zl_proposal *proposal, uint64_t now_ns,
                   struct zl_verdict *ret_verdict);
/* An order of a live decision that was admitted before then; NULL: none was found, among some
 * thousand pools: the next call looks at others. */
const char *zl_book_overdue(struct zl_book *book, uint64_t since_ns);
/* Takes in what the venue says of an order, and adds to it the step of its decision. */
void zl_book_executed(struct zl_book *book, struct zl_msg_exec *exec);

#endif
