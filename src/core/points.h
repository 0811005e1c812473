/* points.h - the prices that matter to a position, exact to the tick.
 *
 * Answers: where is it liquidated, where is it bankrupt, at which limit is it closed? Roundings: a
 * long's closing price up to the tick, a short's down; liquidation prices are the first unsafe mark
 * itself; equity down, maintenance up. Owns: nothing. Thread: any. */
#ifndef ZL_CORE_POINTS_H
#define ZL_CORE_POINTS_H

#include "core/path.h"

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

/* The nearest unsafe marks around the current one, all else equal; around the nearest safe mark,
 * the lower on a tie, when the pool is unsafe now. */
struct zl_liquidation zl_liquidation_points(const struct zl_view *view,
                                            const struct zl_worth *worth,
                                            const struct zl_instrument *instrument);

/* How a pool's B is borne by its open positions: in proportion to maintenance, where there is none
 * to value, and where there is no value either equally. */
struct zl_shares {
        enum zl_shares_by { ZL_SHARES_BY_MARGIN, ZL_SHARES_BY_VALUE, ZL_SHARES_EQUAL } by;
        struct zl_wide scale; /* a multiple of what the fractions of maintenance divide by */
        struct zl_wide total;
};

void zl_shares_init(struct zl_shares *shares, const struct zl_view *view);
/* A part's share, out of `total`. */
struct zl_wide zl_share_of(const struct zl_shares *shares, const struct zl_view *view,
                           uint32_t part);

/* The price of a fill of this position alone, its fee paid, at which B = 0. False where it is not
 * positive. */
ZL_MUST_CHECK bool zl_bankruptcy_price(const struct zl_view *view, const struct zl_worth *worth,
                                       uint32_t part, zl_i128 *ret_price);
/* The price at which the position bears its share of B. */
ZL_MUST_CHECK bool zl_closeout_price(const struct zl_view *view, const struct zl_worth *worth,
                                     const struct zl_shares *shares, uint32_t part,
                                     zl_i128 *ret_price);
/* The limit of an order: the close-out price within the range, on a tick. */
int64_t zl_limit_price(const struct zl_view *view, const struct zl_worth *worth,
                       const struct zl_shares *shares, uint32_t part);
/* What the fund pays for it there: its share of max(0, -B), up, in the settle asset. */
zl_i128 zl_shortfall_ceil(const struct zl_view *view, const struct zl_worth *worth,
                          const struct zl_shares *shares, uint32_t part);

/* |liquidation - bankruptcy price| / (slippage x mark), in 10^-9, rounded down. False without a
 * slippage. */
ZL_MUST_CHECK bool zl_buffer_floor(const struct zl_instrument *instrument, int64_t liquidation,
                                   zl_i128 bankruptcy, zl_i128 *ret_buffer_ppb);

/* ---- numbers that leave ---- */

/* Maintenance/equity in 10^-9. False where equity is not positive. */
ZL_MUST_CHECK bool zl_ratio_ceil(const struct zl_view *view, const struct zl_worth *worth,
                                 zl_i128 *ret_ratio_ppb);
/* In units of the numeraire. */
zl_i128 zl_equity_floor(const struct zl_view *view, const struct zl_worth *worth,
                        const struct zl_asset *numeraire);
zl_i128 zl_left_floor(const struct zl_view *view, const struct zl_worth *worth,
                      const struct zl_asset *numeraire);
zl_i128 zl_maintenance_ceil(const struct zl_view *view, const struct zl_worth *worth,
                            const struct zl_asset *numeraire);
/* Of one position, in its settle asset. */
zl_i128 zl_part_maintenance_ceil(const struct zl_view *view, const struct zl_part *part);
/* Fine units in units of the asset. */
zl_i128 zl_amount_floor(zl_i128 fine);
zl_i128 zl_amount_ceil(zl_i128 fine);

#endif
