/* points.h - the prices that matter to a position, exact to the tick.
 *
 * Answers: where is it liquidated, where is it bankrupt, at which limit is it closed? Roundings: a
 * long's closing price up to the tick, a short's down; liquidation prices are the first unsafe mark
 * itself. Owns: nothing. Thread: any. */
#ifndef ZL_CORE_POINTS_H
#define ZL_CORE_POINTS_H

#include "core/solvency.h"

enum zl_reason {
        ZL_REASON_NONE,         /* there is a price */
        ZL_REASON_ALWAYS_SAFE,  /* no price on this side, however far, is unsafe */
        ZL_REASON_NEVER_SAFE,   /* no mark in the instrument's range is safe */
        ZL_REASON_OUT_OF_RANGE, /* only prices outside the instrument's range are unsafe */
        ZL_REASON_NO_PRICE,     /* an asset, a rate, an instrument, a policy or a mark is missing */
};

struct zl_liquidation {
        enum zl_reason below_reason, above_reason;
        int64_t below, above;
};

/* The nearest unsafe marks around the current one; around the nearest safe mark, the lower on a
 * tie, when the pool is unsafe now. */
struct zl_liquidation zl_liquidation_points(const struct zl_terms *terms, int64_t mark);

/* The price of a fill of the whole position, its fee paid, at which B = 0. Of a pool of one
 * position this is its close-out price too. False where it is not positive. */
ZL_MUST_CHECK bool zl_bankruptcy_price(const struct zl_terms *terms, zl_i128 *ret_price);

/* The limit of an order: the close-out price within the range, on a tick. */
int64_t zl_limit_price(const struct zl_terms *terms);

/* |liquidation - bankruptcy price| / (slippage x mark), in 10^-9, rounded down. False without a
 * slippage. */
ZL_MUST_CHECK bool zl_buffer_floor(const struct zl_terms *terms, int64_t mark, int64_t liquidation,
                                   zl_i128 bankruptcy, zl_i128 *ret_buffer_ppb);

/* Maintenance/equity in 10^-9, rounded up. False where equity is not positive. */
ZL_MUST_CHECK bool zl_ratio_ceil(const struct zl_terms *terms, int64_t mark,
                                 zl_i128 *ret_ratio_ppb);

/* Fine units of an asset in units of the asset, or of the numeraire at its rate. */
zl_i128 zl_amount_floor(zl_i128 fine);
zl_i128 zl_amount_ceil(zl_i128 fine);
zl_i128 zl_numeraire_floor(zl_i128 fine, const struct zl_asset *asset,
                           const struct zl_asset *numeraire);
/* Maintenance, held times precision, in units of its asset or of the numeraire. */
zl_i128 zl_maintenance_ceil(struct zl_wide maintenance, struct zl_wide precision);
zl_i128 zl_maintenance_numeraire_ceil(struct zl_wide maintenance, struct zl_wide precision,
                                      const struct zl_asset *asset,
                                      const struct zl_asset *numeraire);

#endif
