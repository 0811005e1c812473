/* books.h - what the simulated ledger's own books gain, commit by commit.
 *
 * Answers: the other side of everything that accounts and the fund gain by a commit, booked where
 * it is done, from what was traded and not from what accounts hold now. With theirs it adds up to
 * nothing. Owns: nothing. Thread: its owner's. */
#ifndef ZL_APP_SIM_BOOKS_H
#define ZL_APP_SIM_BOOKS_H

#include <zeroline/message.h>

enum { ZL_BOOKS_INSTRUMENTS = 3 };

struct zl_books {
        uint64_t commit; /* the number of the one under way, or of the last */
        uint32_t changes; /* accounts and funds that it changed */
        int64_t qty[ZL_BOOKS_INSTRUMENTS]; /* by place */
        int64_t usdt, btc;
};

void zl_books_begin(struct zl_books *books);
/* An account gained `qty` (signed) worth `value` of an instrument (the sign of qty), and paid a
 * fee. */
void zl_books_trade(struct zl_books *books, uint32_t place, int64_t qty, int64_t value,
                    int64_t fee);

#endif
