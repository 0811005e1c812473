/* assign.h - what the fund cannot take: which winner gives how much of it.
 *
 * Answers: a loser's quantity, or a loss nobody takes, part by part. `ret_gives` has a part for
 * every winner of the list, in its order, 0 for most. Owns: nothing; lists are the caller's.
 * Thread: any. Order: the list's, which each function names.
 *
 * What is dealt out in lots leaves out what is below one: of a winner it stays with him, of the
 * loser it is among what is left over. */
#ifndef ZL_CORE_ASSIGN_H
#define ZL_CORE_ASSIGN_H

#include "core/rank.h"
#include "core/share.h"

/* The first of the queue gives all it has, then the next. By score. Returns what is left over, when
 * the winners hold less. */
int64_t zl_assign_ranked(int64_t qty, const struct zl_winner *winners, uint32_t count,
                         int64_t *ret_gives);

/* Each gives the same share of its lots, to within one. By place. Returns what is left over: what
 * is below a lot, and what the winners do not hold. */
int64_t zl_assign_pro_rata(int64_t qty, int64_t lot, const struct zl_winner *winners,
                           uint32_t count, int64_t *ret_gives);

/* A loser whose deficit is met by the least number of lots; the rest is taken over at the mark. */
struct zl_shortage {
        int64_t qty, lot;
        zl_i128 deficit;
        zl_i128 lot_gain; /* v = lot x |mark - price|, in the deficit's unit: what closing a lot at
                           * the price, not at the mark, takes from a winner; positive */
};

/* n = min(the loser's, ceil(deficit / v)): n v exceeds the deficit by less than v. */
int64_t zl_shortage_lots(const struct zl_shortage *shortage);

/* Spreads those lots so that the largest share of any winner's profit is the smallest possible, and
 * then the next largest, and so on. By place, which decides where that does not. Winners without
 * profit give nothing. `scratch` has room for `count`. Returns what is left over: what the deficit
 * does not need and, when the winners hold less than it does, what they lack. */
int64_t zl_assign_least_overshoot(const struct zl_shortage *shortage,
                                  const struct zl_winner *winners, uint32_t count,
                                  uint32_t *scratch, int64_t *ret_gives);

/* A loss, in units of an asset, in proportion to profit. By place. All of it is spread: above the
 * profits together, everyone bears more than his own, so who does not want that passes less. False
 * when nobody has a profit. */
ZL_MUST_CHECK bool zl_socialize(int64_t loss, const struct zl_winner *winners, uint32_t count,
                                int64_t *ret_bears);

#endif
