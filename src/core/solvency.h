/* solvency.h - is a pool safe at a mark, and where does that change?
 *
 * Answers: equity, maintenance and their ratio at any mark, and the nearest mark on either side
 * that is, or is not, good by a threshold. Everything is exact: nothing is rounded before it is
 * compared. Owns: nothing. Thread: any.
 *
 * With V = K |q| M, the value of the pool's one position:
 *     B  = margin - funding due + s (V - cost)
 *     E  = B - order margin
 *     mm = max(0, V m - c) + f V                 by notional
 *     mm = V / |q| max(0, m |q| - c) + f V       by size
 * Of an inverse position V = K |q| U and B has s (cost - V); with mm_basis entry the cost stands
 * for V in mm. Maintenance is held multiplied by `precision`, so that it is an integer. */
#ifndef ZL_CORE_SOLVENCY_H
#define ZL_CORE_SOLVENCY_H

#include "core/market.h"

/* A pool as the formulas see it; in fine units of the settle asset. */
struct zl_terms {
        const struct zl_instrument *instrument;
        const struct zl_policy *policy;
        int sign;             /* of the quantity */
        int slope;            /* of equity along the coordinate: the sign, reversed when inverse */
        zl_i128 size;         /* |q| */
        zl_i128 unit;         /* K |q|, the value per unit of coordinate */
        zl_i128 cost;
        zl_i128 balance;      /* margin less funding due */
        zl_i128 order_margin;
        struct zl_wide precision;
};

/* What an isolated position is made of, as the ledger said it. */
struct zl_holding {
        int64_t qty;
        int64_t entry;
        int64_t cost;
        bool has_cost; /* else made from entry */
        int64_t margin, order_margin;
        int64_t funding; /* index paid up to */
        bool funding_known; /* else the index at the instrument's first mark */
};

/* Checks the bounds on input: a value below 2^119 everywhere. */
ZL_MUST_CHECK zl_refusal zl_terms_of(const struct zl_holding *holding,
                                     const struct zl_instrument *instrument,
                                     const struct zl_policy *policy, struct zl_terms *ret_terms);

zl_i128 zl_value(const struct zl_terms *terms, int64_t mark);
zl_i128 zl_profit(const struct zl_terms *terms, int64_t mark); /* unrealised, before funding */
zl_i128 zl_bankruptcy_equity(const struct zl_terms *terms, int64_t mark); /* B */
zl_i128 zl_equity(const struct zl_terms *terms, int64_t mark);            /* E */
struct zl_wide zl_maintenance(const struct zl_terms *terms, int64_t mark); /* MM x precision */

/* A pool is good by a threshold while num E - den MM >= 0, or > 0 when strict. Safe is 1/1; a ratio
 * below w is w strictly. */
struct zl_threshold {
        int64_t num, den;
        bool strict;
};

struct zl_threshold zl_threshold_safe(const struct zl_policy *policy);
struct zl_threshold zl_threshold_ratio(int64_t ratio_ppb);

bool zl_is_good(const struct zl_terms *terms, struct zl_threshold threshold, int64_t mark);

enum zl_direction {
        ZL_DOWN = -1,
        ZL_UP = 1,
};

/* The first mark from `from` on in this direction, itself included, within [low, high], that is
 * good or is not. */
ZL_MUST_CHECK bool zl_nearest(const struct zl_terms *terms, struct zl_threshold threshold,
                              bool good, int64_t from, enum zl_direction direction, int64_t low,
                              int64_t high, int64_t *ret_mark);

/* Whether any price below the instrument's range (ZL_DOWN), however close to 0, or above it,
 * however far, is not good. */
bool zl_ever_bad(const struct zl_terms *terms, struct zl_threshold threshold,
                 enum zl_direction direction);

#endif
