/* market.h - assets, instruments, policies and prices: what all pools share.
 *
 * Answers: what is a contract worth at a mark, in which tier, under which policy? Owns: nothing;
 * the structs stand in the engine's tables. Thread: its engine's.
 *
 * Fine units: an asset's amounts are kept with ZL_FINE more decimals than its scale, so that a
 * position's value, K |q| M, is an integer. */
#ifndef ZL_CORE_MARKET_H
#define ZL_CORE_MARKET_H

#include "core/policy.h"
#include "core/trigger.h"
#include "core/wide.h"

#include <zeroline/message.h>

enum {
        ZL_FINE = 10,
        ZL_SCALE_MAX = 18,
        ZL_TIERS_MAX = 64,
        ZL_SLICES_MAX = 16,
        ZL_VALUE_BITS = 119, /* a position's value and cost stay below 2^119 fine units */
        ZL_DUE_BITS = 118,   /* and the funding due below 2^118 */
};

enum { ZL_SYMBOL_SIZE = 32 }; /* with its end; the bytes behind it are zero */

#define ZL_PRICE_MAX ((int64_t)1 << 44)
#define ZL_NONE_AT UINT32_MAX /* no row of a table */

/* One slice of an asset's own amount, and what of it counts. */
struct zl_slice {
        bool open;    /* no end */
        zl_i128 upto; /* fine units */
        int64_t weight_ppb;
};

struct zl_asset {
        uint32_t id;
        char symbol[ZL_SYMBOL_SIZE]; /* decides nothing: for who looks at the state */
        bool defined;
        bool numeraire;
        uint32_t scale, rate_scale;
        uint32_t slices_count; /* at least one */
        struct zl_slice slices[ZL_SLICES_MAX];
        int64_t liability_ppb; /* weight of a negative amount */
        bool has_rate;
        int64_t rate;
        int64_t volatility;     /* of the rate, see zl_volatility_after */
        int64_t asked;          /* the rate of the query being answered; 0: none */
        uint32_t first_balance; /* of its balances' list */
        struct zl_trigger trigger; /* along its rate */
};

/* A mark that jumped, until others confirm it. */
struct zl_quarantine {
        bool open;
        int64_t first; /* of the marks that jumped */
        uint32_t confirmed;
};

struct zl_tier {
        bool open;       /* no end */
        int64_t upto;    /* settle amount, or quantity */
        int64_t mmr_ppb;
        zl_i128 deduct_ppb; /* c(n) in 10^-9 of upto's unit */
};

struct zl_instrument {
        uint32_t id;
        char symbol[ZL_SYMBOL_SIZE];
        bool defined;    /* a message said what it is */
        bool usable;     /* and its asset allows an exact unit */
        enum zl_kind kind;
        uint32_t settle;    /* id */
        uint32_t settle_at; /* row of the asset */
        uint32_t settle_scale;
        uint32_t fund;
        uint32_t price_scale, qty_scale;
        int64_t tick, lot, multiplier_ppb, min_price, max_price;
        zl_i128 unit; /* K: fine units of value per unit of coordinate and of quantity */
        uint32_t reciprocal_exponent; /* n, of an inverse contract */
        enum zl_tier_by tier_by;
        uint32_t tiers_count; /* at least one */
        struct zl_tier tiers[ZL_TIERS_MAX];
        bool jumps; /* maintenance does, where one of its own deductions begins or ends */
        int64_t mmr_slope_ppb, fee_ppb, slippage_ppb;
        enum zl_status status;
        uint32_t policy; /* id */
        uint64_t rev;
        bool has_mark;
        bool has_funding; /* a mark was heard once: its funding index stands */
        int64_t mark, funding;
        int64_t index, bid, ask, depth;
        int64_t volatility; /* of the mark */
        int64_t funding_moves; /* how far the index typically moves, times 16 */
        zl_i128 coordinate; /* of the mark */
        struct zl_quarantine quarantine;
        int64_t asked; /* the mark of the query being answered; 0: none */
        uint64_t rank_seq; /* of the lights said */
        uint64_t mark_seq;
        uint64_t mark_ns; /* its age runs from here */
        bool stale_waits; /* a pool waits for a fresh one */
        bool refusing; /* its last mark was refused, and that was said */
        uint32_t first_position; /* of its positions' list */
        uint32_t positions_count;
        uint32_t first_near; /* of the positions that every mark concerns */
        struct zl_trigger trigger; /* along its mark */
        struct zl_trigger funding_trigger;
};

/* Each takes over a message, or refuses it and changes nothing. */
ZL_MUST_CHECK zl_refusal zl_asset_define(struct zl_asset *asset, const struct zl_msg_asset *said);
ZL_MUST_CHECK zl_refusal zl_instrument_define(struct zl_instrument *instrument,
                                              const struct zl_msg_instrument *said);

/* Finds K from the settle asset's scale; refuses where it would be no integer or too large. */
ZL_MUST_CHECK zl_refusal zl_instrument_resolve(struct zl_instrument *instrument,
                                               const struct zl_asset *settle);

/* What a position's value is linear in: the mark M, or of an inverse contract the canonical
 * reciprocal U = floor(10^n / M), which falls as the mark rises. Everything that evaluates uses the
 * same U. */
zl_i128 zl_coordinate(const struct zl_instrument *instrument, int64_t mark);
/* How far a price typically moves, in 10^-9 of it and times 16: an exponential mean, in integers
 * since it decides which position or asset goes first. */
int64_t zl_volatility_after(int64_t volatility, int64_t before, int64_t now);

/* The greatest within the instrument's range. */
zl_i128 zl_coordinate_most(const struct zl_instrument *instrument);

#endif
