/* rank.h - the winners of one side of an instrument, in the order that deleveraging takes them.
 *
 * Answers: who comes before whom, who is needed for a quantity, how near is a position to its turn?
 * Owns: nothing; lists are the caller's arrays. Thread: any. Order: total, as long as no winner is
 * listed twice, so that the same winners make the same list whoever sorted or merged it. */
#ifndef ZL_CORE_RANK_H
#define ZL_CORE_RANK_H

#include "core/key.h"

/* A position that may be reduced. */
struct zl_winner {
        uint32_t partition; /* its account's */
        uint64_t account;
        struct zl_pool_id pool;
        uint32_t instrument; /* id: of a cross pool there may be several in a list, */
        enum zl_leg leg;     /* and two legs on one side */
        uint64_t score;
        int64_t qty;    /* what it holds, not negative */
        zl_i128 profit; /* unrealised, in whichever unit all of a list are in */
        uint32_t tag;   /* the caller's own; the last to tell equal ones apart */
};

/* Below 0 when a comes before b. By score, the highest first, then account, pool, instrument, leg:
 * the queue. By partition, account, pool, instrument, leg: the order that shares are dealt out in.
 */
typedef int zl_winner_order(const struct zl_winner *a, const struct zl_winner *b);
int zl_by_score(const struct zl_winner *a, const struct zl_winner *b);
int zl_by_place(const struct zl_winner *a, const struct zl_winner *b);

void zl_winners_sort(struct zl_winner *winners, uint32_t count, zl_winner_order *order);

/* Two sorted lists as one, of which at most `most` are kept, the first. Returns how many. */
uint32_t zl_winners_merge(const struct zl_winner *a, uint32_t a_count, const struct zl_winner *b,
                          uint32_t b_count, zl_winner_order *order, uint32_t most,
                          struct zl_winner *ret_merged);

/* How many of the first have `qty` between them; all when they have less. Of a partition's list by
 * score the rest is never needed for that quantity, whatever other partitions have. */
uint32_t zl_winners_enough(const struct zl_winner *winners, uint32_t count, int64_t qty);

/* The five lights of a position of `qty` with `ahead` before it in its side's queue, which holds
 * `total` altogether: the fifth of the queue that its last unit lies in, 5 the first; whoever is
 * next in line has 5, however much he holds. 0 for a quantity of 0: no winner. */
uint32_t zl_lights(zl_i128 ahead, int64_t qty, zl_i128 total);

#endif
