#include "core/policy.h"

static zl_refusal check_warn(const struct zl_msg_policy *said)
{
        int64_t last = 0;

        for (uint32_t i = 0; i < said->warn_count; i++) {
                if (said->warn[i].ratio <= last || said->warn[i].ratio > 10 * (int64_t)ZL_PPB)
                        return "warn ratios rise, above 0 and at most 10";
                last = said->warn[i].ratio;
        }
        if (said->warn_hysteresis < 0 ||
            (said->warn_count && said->warn_hysteresis >= said->warn[0].ratio))
                return "warn_hysteresis is not negative and below the first warn ratio";
        return NULL;
}

static zl_refusal check_policy(const struct zl_msg_policy *said)
{
        if (said->answer_ms == 0 || said->answer_ms > UINT32_MAX || said->expires_ms > UINT32_MAX ||
            said->stale_ms > UINT32_MAX || said->cure_ms > UINT32_MAX ||
            said->slice_ms > UINT32_MAX || said->rank_ms > UINT32_MAX)
                return "answer_ms is positive; it and the other _ms values are below 2^32";
        if (said->target_ratio <= 0 || said->target_ratio > ZL_PPB)
                return "target_ratio lies above 0 and is at most 1";
        if (said->fraction <= 0 || said->fraction > ZL_PPB)
                return "fraction lies above 0 and is at most 1";
        if (said->fund_drawdown < 0 || said->fund_drawdown > ZL_PPB)
                return "fund_drawdown lies from 0 to 1";
        if (said->slice_notional < 0 || said->fund_floor < 0)
                return "slice_notional and fund_floor are not negative";
        if (said->adl_score == ZL_ADL_SCORE_LEAST_OVERSHOOT &&
            said->adl_price == ZL_ADL_PRICE_MARK)
                return "least_overshoot at the mark never ends: choose another adl_price";
        return check_warn(said);
}

static void set_wind_down(struct zl_policy *policy, const struct zl_msg_policy *said)
{
        policy->cure_ms = said->cure_ms;
        policy->cancel_first = said->cancel_first;
        policy->convert = said->convert;
        policy->partial = said->partial;
        policy->target_ppb = said->target_ratio;
        policy->fraction_ppb = said->fraction;
        policy->position_order = said->position_order;
        policy->slice_notional = said->slice_notional;
        policy->slice_ms = said->slice_ms;
        policy->orders_per_s = said->orders_per_s;
        policy->takeover = said->takeover;
        policy->fund_floor = said->fund_floor;
        policy->fund_drawdown_ppb = said->fund_drawdown;
        policy->adl_score = said->adl_score;
        policy->adl_price = said->adl_price;
        policy->socialize = said->socialize;
}

zl_refusal zl_policy_define(struct zl_policy *policy, const struct zl_msg_policy *said)
{
        zl_refusal refusal = check_policy(said);

        if (refusal)
                return refusal;
        policy->defined = true;
        policy->rev = said->rev;
        policy->unsafe_at_equal = said->trigger == ZL_TRIGGER_AT_OR_BELOW;
        policy->mm_basis = said->mm_basis;
        policy->fee_in_maintenance = said->fee_in_maintenance;
        policy->warn_count = said->warn_count;
        for (uint32_t i = 0; i < said->warn_count; i++)
                policy->warn_ppb[i] = said->warn[i].ratio;
        policy->warn_hysteresis_ppb = said->warn_hysteresis;
        policy->answer_ms = said->answer_ms;
        policy->expires_ms = said->expires_ms;
        policy->stale_ms = said->stale_ms;
        policy->rank_ms = said->rank_ms;
        policy->jump_ppm = said->jump_ppm;
        policy->jump_confirm = said->jump_confirm;
        policy->goes_on = said->adl_silent == ZL_ADL_SILENT_GO_ON;
        set_wind_down(policy, said);
        return NULL;
}

/* num/den in lowest terms: that keeps products short. */
static struct zl_threshold threshold(int64_t num, int64_t den, bool strict)
{
        int64_t divisor = num, rest = den;

        while (rest) {
                int64_t next = divisor % rest;
                divisor = rest;
                rest = next;
        }
        return (struct zl_threshold){num / divisor, den / divisor, strict};
}

struct zl_threshold zl_threshold_safe(const struct zl_policy *policy)
{
        return (struct zl_threshold){1, 1, policy->unsafe_at_equal};
}

struct zl_threshold zl_threshold_ratio(int64_t ratio_ppb)
{
        return threshold(ratio_ppb, ZL_PPB, true);
}

struct zl_threshold zl_threshold_target(const struct zl_policy *policy)
{
        return threshold(policy->target_ppb, ZL_PPB, false);
}
