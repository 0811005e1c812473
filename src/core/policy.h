/* policy.h - how pools are judged and wound down.
 *
 * Answers: which rules hold for a pool, and at what ratio is it not good? Owns: nothing; the
 * structs stand in the engine's table. Thread: its engine's. */
#ifndef ZL_CORE_POLICY_H
#define ZL_CORE_POLICY_H

#include "core/assert.h"

#include <zeroline/message.h>

enum {
        ZL_WARN_MAX = 8,
        ZL_PPB = 1000000000,
};

/* Why a message was refused; a sentence for the alert, NULL when it was not. */
typedef const char *zl_refusal;

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
        uint64_t cure_ms;
        bool cancel_first, convert;
        enum zl_partial partial;
        int64_t target_ppb, fraction_ppb;
        enum zl_position_order position_order;
        int64_t slice_notional; /* numeraire */
        uint64_t slice_ms;
        uint32_t orders_per_s;
        uint64_t answer_ms, expires_ms, stale_ms, rank_ms;
        enum zl_takeover_when takeover;
        int64_t fund_floor; /* numeraire */
        int64_t fund_drawdown_ppb;
        enum zl_adl_score adl_score;
        enum zl_adl_price adl_price;
        bool socialize;
        bool goes_on; /* without partitions that stay silent */
        uint32_t jump_ppm, jump_confirm;
};

/* Takes over a message, or refuses it and changes nothing. */
ZL_MUST_CHECK zl_refusal zl_policy_define(struct zl_policy *policy,
                                          const struct zl_msg_policy *said);

/* A pool is good by a threshold while num E - den MM >= 0, or > 0 when strict. Safe is 1/1; a ratio
 * below w is w strictly. */
struct zl_threshold {
        int64_t num, den;
        bool strict;
};

struct zl_threshold zl_threshold_safe(const struct zl_policy *policy);
/* Maintenance/equity is below the ratio. */
struct zl_threshold zl_threshold_ratio(int64_t ratio_ppb);
/* Maintenance/equity is at most the policy's target. */
struct zl_threshold zl_threshold_target(const struct zl_policy *policy);

#endif
