#include "refuse.h"

enum { SCALE_MAX = 18 };

/* ---- assets ---- */

static bool bad_haircut(const struct zl_msg_asset *said)
{
        for (uint32_t i = 0; i < said->haircut_count; i++) {
                const struct zl_row_haircut *slice = &said->haircut[i], *before = slice - 1;
                bool open = ZL_ABSENT(slice, haircut, upto);
                if (slice->rate < 0 || slice->rate > PPB)
                        return true;
                if (open && i + 1 < said->haircut_count)
                        return true;
                if (!open && slice->upto <= (i ? before->upto : 0))
                        return true;
                if (i && slice->rate < before->rate)
                        return true;
        }
        return said->liability < (said->haircut_count ? PPB - said->haircut[0].rate : PPB);
}

bool refuse_asset(const struct twin *twin, const struct asset *before,
                  const struct zl_msg_asset *said)
{
        if (said->scale > SCALE_MAX || said->rate_scale > SCALE_MAX)
                return true;
        if (said->numeraire && twin->numeraire && twin->numeraire != before)
                return true;
        if (before->defined && (before->said.scale != said->scale ||
                                before->said.rate_scale != said->rate_scale ||
                                before->said.numeraire != said->numeraire))
                return true;
        return bad_haircut(said);
}

/* ---- instruments ---- */

static bool bad_tiers(const struct zl_msg_instrument *said)
{
        for (uint32_t i = 0; i < said->tiers_count; i++) {
                const struct zl_row_tier *tier = &said->tiers[i], *before = tier - 1;
                bool open = ZL_ABSENT(tier, tier, upto);
                if (open && i + 1 < said->tiers_count)
                        return true;
                if (!open && tier->upto <= (i ? before->upto : 0))
                        return true;
                if (tier->mmr < (i ? before->mmr : 0) || tier->mmr > PPB)
                        return true;
                if (!ZL_ABSENT(tier, tier, deduct) && tier->deduct < 0)
                        return true;
        }
        return false;
}

bool refuse_instrument(const struct instrument *before, const struct zl_msg_instrument *said)
{
        if (said->price_scale > SCALE_MAX || said->qty_scale > SCALE_MAX)
                return true;
        if (said->min_price < 1 || said->max_price < said->min_price ||
            said->max_price > (int64_t)1 << 44)
                return true;
        if (said->tick < 1 || said->lot < 1 || said->multiplier < 1)
                return true;
        if (said->mmr_slope < 0 || said->slippage < 0 || said->slippage >= PPB)
                return true;
        if (said->taker_fee < 0 || said->taker_fee >= PPB || said->liq_fee < 0 ||
            said->liq_fee >= PPB || said->taker_fee + said->liq_fee >= PPB)
                return true;
        if (before->defined && (before->said.price_scale != said->price_scale ||
                                before->said.qty_scale != said->qty_scale ||
                                before->said.settle != said->settle))
                return true;
        return bad_tiers(said);
}

/* ---- policies ---- */

bool refuse_policy(const struct zl_msg_policy *said)
{
        for (uint32_t i = 0; i < said->warn_count; i++) {
                int64_t before = i ? said->warn[i - 1].ratio : 0;
                if (said->warn[i].ratio <= before || said->warn[i].ratio > 10 * (int64_t)PPB)
                        return true;
        }
        if (said->warn_hysteresis < 0 ||
            (said->warn_count && said->warn_hysteresis >= said->warn[0].ratio))
                return true;
        if (said->answer_ms == 0 || said->answer_ms > UINT32_MAX ||
            said->expires_ms > UINT32_MAX || said->stale_ms > UINT32_MAX ||
            said->cure_ms > UINT32_MAX || said->slice_ms > UINT32_MAX)
                return true;
        if (said->target_ratio <= 0 || said->target_ratio > PPB || said->fraction <= 0 ||
            said->fraction > PPB || said->fund_drawdown < 0 || said->fund_drawdown > PPB)
                return true;
        if (said->slice_notional < 0 || said->fund_floor < 0)
                return true;
        return said->adl_score == ZL_ADL_SCORE_LEAST_OVERSHOOT &&
               said->adl_price == ZL_ADL_PRICE_MARK;
}
