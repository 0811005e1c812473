/* market.h - assets, instruments, policies and prices: what all pools share.
 *
 * Answers: what is a contract worth at a mark, in which tier, under which policy? Owns: nothing;
 * the structs stand in the engine's tables. Thread: its engine's.
 *
 * Fine units: an asset's amounts are kept with ZL_FINE more decimals than its scale, so that a
 * position's value, K |q| M, is an integer. */
#ifndef ZL_CORE_MARKET_H
#define ZL_CORE_MARKET_H

#include "core/trigger.h"
#include "core/wide.h"

#include <zeroline/message.h>

enum {
        ZL_FINE = 10,
        ZL_SCALE_MAX = 18,
        ZL_TIERS_MAX = 64,
        ZL_WARN_MAX = 8,
        ZL_VALUE_BITS = 119, /* a position's value and a balance stay below 2^119 fine units */
        ZL_PPB = 1000000000,
};

#define ZL_PRICE_MAX ((int64_t)1 << 44)
#define ZL_NONE_AT UINT32_MAX /* no row of a table */

/* Why a message was refused; a sentence for the alert, NULL when it was not. */
typedef const char *zl_refusal;

struct zl_asset {
        uint32_t id;
        bool defined;
        bool numeraire;
        uint32_t scale, rate_scale;
        bool has_rate;
        int64_t rate;
};

struct zl_tier {
        bool open;       /* no end */
        int64_t upto;    /* settle amount, or quantity */
        int64_t mmr_ppb;
        zl_i128 deduct_ppb; /* c(n) in 10^-9 of upto's unit */
};

struct zl_instrument {
        uint32_t id;
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
        int64_t mmr_slope_ppb, fee_ppb, slippage_ppb;
        enum zl_status status;
        uint32_t policy; /* id */
        uint64_t rev;
        bool has_mark;
        bool has_funding; /* a mark was heard once: its funding index stands */
        int64_t mark, funding;
        uint64_t mark_seq;
        uint64_t mark_ns; /* its age runs from here */
        bool stale_waits; /* a pool waits for a fresh one */
        bool refusing; /* its last mark was refused, and that was said */
        uint32_t first_pool; /* of its pools' list */
        struct zl_trigger trigger;
};

struct zl_policy {
        uint32_t id;
        bool defined;
        uint64_t rev;
        bool unsafe_at_equal; /* trigger at_or_below */
        enum zl_mm_basis mm_basis;
        bool fee_in_maintenance;
        uint32_t warn_count;
        int64_t warn_ppb[ZL_WARN_MAX];
        int64_t warn_hysteresis_ppb;
        uint64_t answer_ms, expires_ms, stale_ms;
};

/* Each takes over a message, or refuses it and changes nothing. */
ZL_MUST_CHECK zl_refusal zl_asset_define(struct zl_asset *asset, const struct zl_msg_asset *said);
ZL_MUST_CHECK zl_refusal zl_instrument_define(struct zl_instrument *instrument,
                                              const struct zl_msg_instrument *said);
ZL_MUST_CHECK zl_refusal zl_policy_define(struct zl_policy *policy,
                                          const struct zl_msg_policy *said);

/* Finds K from the settle asset's scale; refuses where it would be no integer or too large. */
ZL_MUST_CHECK zl_refusal zl_instrument_resolve(struct zl_instrument *instrument,
                                               const struct zl_asset *settle);

/* What a position's value is linear in: the mark M, or of an inverse contract the canonical
 * reciprocal U = floor(10^n / M), which falls as the mark rises. Everything that evaluates uses the
 * same U. */
zl_i128 zl_coordinate(const struct zl_instrument *instrument, int64_t mark);
/* The greatest within the instrument's range. */
zl_i128 zl_coordinate_most(const struct zl_instrument *instrument);

#endif
