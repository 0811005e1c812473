/* reduce.h - how much of a pool must be closed to make it sound again?
 *
 * Answers: which positions, and how many lots of each. A reduction is judged at an estimated fill:
 * the mark less the instrument's expected slippage, and the fee of that fill. What closing one lot
 * loses against the mark is rounded up to a fine unit, and the cost that goes with a lot down; both
 * then times the lots. Owns: nothing. Thread: any. */
#ifndef ZL_CORE_REDUCE_H
#define ZL_CORE_REDUCE_H

#include "core/skip.h"
#include "core/solvency.h"

/* What is to be closed of each part, in raw quantity; 0: nothing. */
struct zl_reduction {
        int64_t qty[ZL_PARTS_MAX];
};

/* By the policy's `partial`; or why not: no reduction short of everything helps, or it wants none.
 * `trial` is scratch; where `minimal` applies it holds what is left of the pool. */
ZL_MUST_CHECK enum zl_skip zl_reduce(const struct zl_view *view, struct zl_view *trial,
                                     struct zl_reduction *ret_reduction);

/* What closing a quantity is expected to lose against the mark, its fee included. */
zl_i128 zl_loss_ceil(const struct zl_part *part, zl_i128 qty);
/* The cost that goes with each lot that is closed. */
zl_i128 zl_cost_of_lot_floor(const struct zl_part *part);

/* Whether an order may be sent for it. */
static inline bool zl_part_trades(const struct zl_part *part)
{
        return part->open && part->instrument->status == ZL_STATUS_TRADING;
}

#endif
