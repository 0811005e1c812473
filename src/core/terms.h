/* terms.h - what a pool's worth is made of, term by term.
 *
 * Answers: what does each position and each asset add to E, B and MM, and which prices follow? Each
 * number is asked of the function that decides by it. Owns: nothing. Thread: any. */
#ifndef ZL_CORE_TERMS_H
#define ZL_CORE_TERMS_H

#include "core/points.h"

/* A position. Amounts are fine units of its settle asset. */
struct zl_part_terms {
        zl_i128 value, profit; /* V, s (V - cost) */
        zl_i128 basis;         /* what maintenance is taken of: V, or the cost */
        uint32_t tier;         /* from 0 */
        struct zl_wide maintenance; /* mm x 10^(9 + slope_digits), down */
        struct zl_fraction rest;    /* and the rest of it */
        struct zl_wide share;       /* of B, out of the total of the shares */
        struct zl_liquidation points;
        bool has_bankruptcy, has_closeout;
        zl_i128 bankruptcy, closeout;
        int64_t limit;     /* of an open one: the close-out price within the range, on a tick */
        zl_i128 shortfall; /* what the fund pays for it there, up, in units of the asset */
};

void zl_part_terms(const struct zl_view *view, const struct zl_worth *worth,
                   const struct zl_shares *shares, uint32_t at, struct zl_part_terms *ret_terms);

/* An asset. Amounts are fine units of it. */
struct zl_stock_terms {
        zl_i128 profit, due; /* of the positions that settle in it */
        zl_i128 amount;      /* x */
        zl_i128 counted;     /* x less what orders hold */
        struct zl_wide weighted; /* H of that, x 10^9 */
        struct zl_wide equity;   /* r H, common units x 10^9 */
        struct zl_wide left;     /* r x, common units */
};

void zl_stock_terms(const struct zl_view *view, uint32_t at, struct zl_stock_terms *ret_terms);

#endif
