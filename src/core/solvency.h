/* solvency.h - what is a pool worth?
 *
 * Answers: equity, maintenance and whether a pool is good by a threshold, at any marks, rates and
 * funding indices. Everything is exact: nothing is rounded before it is compared. Owns: nothing; a
 * view points into its engine's tables. Thread: any.
 *
 * With V = K |q| u the value of a position at its coordinate u (the mark, or of an inverse contract
 * its canonical reciprocal), in fine units of its settle asset:
 *     x_a = balance - funding due + sum of slope (V - cost)    slope: the sign, reversed if inverse
 *     H_a = x weighted slice by slice; of an isolated pool x itself
 *     mm  = max(0, V m - c) + f V                     tiers by notional
 *         = V / |q| max(0, m |q| - c) + f V           tiers by size
 *     E = sum r H(x - order margin)    B = sum r x    MM = sum r mm
 * With mm_basis entry the cost stands for V in mm. Sums across assets are kept in "common" units,
 * which every asset's amount times its rate is a multiple of; E and MM also carry the 10^9 of
 * weights and rates and what mmr_slope divides by. */
#ifndef ZL_CORE_SOLVENCY_H
#define ZL_CORE_SOLVENCY_H

#include "core/fraction.h"
#include "core/market.h"

enum {
        ZL_PARTS_MAX = 128,  /* positions of a pool */
        ZL_STOCKS_MAX = 32, /* assets of a pool */
        ZL_LEGS_MAX = 3,     /* positions of a pool in one instrument */
};

/* What a position is made of, as the ledger said it. */
struct zl_holding {
        int64_t qty;
        int64_t entry;
        int64_t cost;
        bool has_cost;                /* else made from entry */
        int64_t margin, order_margin; /* of an isolated one */
        int64_t funding;              /* index paid up to */
        bool funding_known;           /* else the index at the instrument's first mark */
};

/* A position as the formulas see it. */
struct zl_part {
        uint32_t position; /* row */
        const struct zl_instrument *instrument;
        enum zl_leg leg;
        int sign;      /* of the quantity */
        int slope;     /* of equity along the coordinate */
        bool open;     /* not settled: it asks for maintenance and can be closed */
        zl_i128 size;  /* |q| */
        zl_i128 unit;  /* K |q| */
        zl_i128 cost;  /* fine units */
        zl_i128 due;   /* funding, fine units */
        int64_t paid;  /* funding index paid up to */
        uint32_t stock; /* of its settle asset, in the view */
        zl_i128 u;
        int64_t funding;
        uint32_t tier; /* where it does not follow the mark */
};

/* An asset of a pool. */
struct zl_stock {
        const struct zl_asset *asset;
        uint32_t balance;     /* row; ZL_NONE_AT */
        zl_i128 amount;       /* as the ledger says, fine units */
        zl_i128 order_margin; /* fine units */
        int64_t rate;
        struct zl_wide weight; /* common units of one fine unit: rate x step */
        struct zl_wide step;
};

/* A pool with all that it is judged by. */
struct zl_view {
        const struct zl_policy *policy;
        bool flat; /* isolated: no haircuts */
        uint32_t parts_count, stocks_count, open_count;
        struct zl_part parts[ZL_PARTS_MAX]; /* canonical order */
        struct zl_stock stocks[ZL_STOCKS_MAX];
        uint32_t digits;       /* the numeraire's 10^-digits is a common unit */
        uint32_t slope_digits; /* E and MM carry 10^(9 + this) more */
        struct zl_fraction fractions[ZL_PARTS_MAX];
};

/* What a view is worth. MM is `maintenance` plus the view's fractions. */
struct zl_worth {
        struct zl_wide equity, maintenance; /* common x 10^(9 + slope_digits) */
        struct zl_wide left;                /* B, common */
        uint32_t fractions_count;
};

/* ---- building, in this order ---- */

void zl_view_begin(struct zl_view *view, const struct zl_policy *policy, bool flat);
/* The asset's place among the stocks; ZL_NONE_AT: too many. */
uint32_t zl_view_stock(struct zl_view *view, const struct zl_asset *asset);
/* Refuses what breaks a bound. The settle asset must be a stock. */
ZL_MUST_CHECK zl_refusal zl_view_add(struct zl_view *view, const struct zl_holding *holding,
                                     const struct zl_instrument *instrument, enum zl_leg leg,
                                     uint32_t stock, uint32_t position);
void zl_view_end(struct zl_view *view);
/* The bounds of a position alone: it is never computed with when it breaks one. */
ZL_MUST_CHECK zl_refusal zl_part_of(const struct zl_holding *holding,
                                    const struct zl_instrument *instrument,
                                    const struct zl_policy *policy, struct zl_part *ret_part);

/* Sets the rate that a stock is judged at. */
void zl_stock_set_rate(struct zl_stock *stock, int64_t rate);
/* Funding due, rounded up where a fine unit is not fine enough. */
zl_i128 zl_due_ceil(const struct zl_part *part, int64_t funding);

/* The funding indices, within these, at which what is due keeps its bound. */
void zl_due_range(const struct zl_part *part, int64_t *low, int64_t *high);

/* ---- worth ---- */

static inline zl_i128 zl_value_at(const struct zl_part *part, zl_i128 u)
{
        return part->unit * u;
}

static inline zl_i128 zl_part_value(const struct zl_part *part)
{
        return zl_value_at(part, part->u);
}

/* Unrealised, before funding. */
static inline zl_i128 zl_part_profit(const struct zl_part *part)
{
        return part->slope * (zl_part_value(part) - part->cost);
}

/* x, before order margin. */
zl_i128 zl_stock_amount(const struct zl_view *view, uint32_t stock);
/* H x 10^9. */
struct zl_wide zl_stock_weighted(const struct zl_view *view, uint32_t stock, zl_i128 amount);
/* mm x 10^(9 + slope_digits) at a coordinate, down; the rest of it is the fraction. */
struct zl_wide zl_part_maintenance(const struct zl_view *view, const struct zl_part *part,
                                   zl_i128 u, struct zl_fraction *ret_rest);
/* 10^slope_digits. */
struct zl_wide zl_view_slope_unit(const struct zl_view *view);

void zl_view_worth(struct zl_view *view, struct zl_worth *ret_worth);
/* num E - den MM, rounded down to the whole number at which the view is good while it is >= 0. */
struct zl_wide zl_worth_excess(const struct zl_view *view, const struct zl_worth *worth,
                               struct zl_threshold threshold);

static inline bool zl_worth_good(const struct zl_view *view, const struct zl_worth *worth,
                                 struct zl_threshold threshold)
{
        return !zl_wide_negative(zl_worth_excess(view, worth, threshold));
}

/* ---- tiers ---- */

/* The first tier whose `upto` is not below the notional, cost or size that counts. */
uint32_t zl_tier_at(const struct zl_view *view, const struct zl_part *part, zl_i128 u);
/* The last coordinate of a tier that follows the mark. */
zl_i128 zl_tier_end(const struct zl_part *part, uint32_t tier);
bool zl_tier_follows_mark(const struct zl_view *view, const struct zl_part *part);

/* Beyond every coordinate. */
#define ZL_NO_END ((zl_i128)1 << 126)

#endif
