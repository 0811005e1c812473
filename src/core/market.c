#include "core/market.h"

#include "core/assert.h"

#include <string.h>

static zl_refusal check_slices(const struct zl_msg_asset *said)
{
        int64_t last_weight = ZL_PPB;

        for (uint32_t i = 0; i < said->haircut_count; i++) {
                const struct zl_row_haircut *slice = &said->haircut[i];
                bool open = ZL_ABSENT(slice, haircut, upto);
                if (slice->rate < 0 || slice->rate > ZL_PPB || ZL_PPB - slice->rate > last_weight)
                        return "haircut rates lie from 0 to 1 and never fall";
                if (open && i + 1 < said->haircut_count)
                        return "only the last slice of a haircut may have no end";
                if (!open && slice->upto <= (i ? said->haircut[i - 1].upto : 0))
                        return "slices of a haircut go by rising upto, above 0";
                last_weight = ZL_PPB - slice->rate;
        }
        if (said->liability < (said->haircut_count ? ZL_PPB - said->haircut[0].rate : ZL_PPB))
                return "liability is never less than the first weight";
        return NULL;
}

/* Beyond a last slice that ends, the last applies. */
static void fill_slices(struct zl_asset *asset, const struct zl_msg_asset *said)
{
        asset->slices_count = said->haircut_count ? said->haircut_count : 1;
        asset->slices[0] = (struct zl_slice){.open = true, .weight_ppb = ZL_PPB};
        for (uint32_t i = 0; i < said->haircut_count; i++)
                asset->slices[i] = (struct zl_slice){
                        .open = i + 1 == said->haircut_count,
                        .upto = said->haircut[i].upto * zl_pow10(ZL_FINE),
                        .weight_ppb = ZL_PPB - said->haircut[i].rate};
}

static void keep_symbol(char symbol[ZL_SYMBOL_SIZE], const char *said)
{
        memset(symbol, 0, ZL_SYMBOL_SIZE);
        for (uint32_t i = 0; i + 1 < ZL_SYMBOL_SIZE && said[i]; i++)
                symbol[i] = said[i];
}

zl_refusal zl_asset_define(struct zl_asset *asset, const struct zl_msg_asset *said)
{
        zl_refusal refusal = check_slices(said);

        if (refusal)
                return refusal;
        if (said->scale > ZL_SCALE_MAX || said->rate_scale > ZL_SCALE_MAX)
                return "scale and rate_scale are at most 18";
        if (asset->defined && (asset->scale != said->scale ||
                               asset->rate_scale != said->rate_scale ||
                               asset->numeraire != said->numeraire))
                return "an asset's scales never change, nor does the numeraire";
        asset->defined = true;
        keep_symbol(asset->symbol, said->symbol);
        asset->scale = said->scale;
        asset->rate_scale = said->rate_scale;
        asset->numeraire = said->numeraire;
        asset->liability_ppb = said->liability;
        fill_slices(asset, said);
        if (said->numeraire) {
                asset->has_rate = true;
                asset->rate = (int64_t)zl_pow10(said->rate_scale);
        }
        return NULL;
}

/* ---- instruments ---- */

static zl_refusal check_tiers(const struct zl_msg_instrument *said)
{
        for (uint32_t i = 0; i < said->tiers_count; i++) {
                const struct zl_row_tier *tier = &said->tiers[i];
                bool open = ZL_ABSENT(tier, tier, upto);
                if (open && i + 1 < said->tiers_count)
                        return "only the last tier may have no end";
                if (!open && tier->upto <= (i ? said->tiers[i - 1].upto : 0))
                        return "tiers go by rising upto, above 0";
                if (tier->mmr < (i ? said->tiers[i - 1].mmr : 0) || tier->mmr > ZL_PPB)
                        return "mmr lies from 0 to 1 and never falls with size";
                if (!ZL_ABSENT(tier, tier, deduct) && tier->deduct < 0)
                        return "a tier's deduct is not negative";
        }
        return NULL;
}

static zl_refusal check_instrument(const struct zl_msg_instrument *said)
{
        if (said->price_scale > ZL_SCALE_MAX || said->qty_scale > ZL_SCALE_MAX)
                return "price_scale and qty_scale are at most 18";
        if (said->min_price < 1 || said->max_price < said->min_price ||
            said->max_price > ZL_PRICE_MAX)
                return "1 <= min_price <= max_price <= 2^44 units must hold";
        if (said->tick < 1 || said->lot < 1 || said->multiplier < 1)
                return "tick, lot and multiplier are positive";
        if (said->mmr_slope < 0 || said->slippage < 0 || said->slippage >= ZL_PPB)
                return "mmr_slope and slippage are not negative, and slippage is below 1";
        if (said->taker_fee < 0 || said->taker_fee > ZL_PPB || said->liq_fee < 0 ||
            said->liq_fee > ZL_PPB || said->taker_fee + said->liq_fee >= ZL_PPB)
                return "fees are not negative, and together below 1";
        return check_tiers(said);
}

/* c(n) = c(n-1) + upto(n-1) (m(n) - m(n-1)), c(1) = 0, unless the tier gives its own. */
static void fill_tiers(struct zl_instrument *instrument, const struct zl_msg_instrument *said)
{
        zl_i128 deduct = 0;

        instrument->tiers_count = said->tiers_count ? said->tiers_count : 1;
        instrument->tiers[0] = (struct zl_tier){.open = true};
        instrument->jumps = false;
        for (uint32_t i = 0; i < said->tiers_count; i++) {
                const struct zl_row_tier *tier = &said->tiers[i];
                if (i > 0)
                        deduct += (zl_i128)said->tiers[i - 1].upto *
                                  (tier->mmr - said->tiers[i - 1].mmr);
                if (!ZL_ABSENT(tier, tier, deduct)) {
                        instrument->jumps |= deduct != (zl_i128)tier->deduct * ZL_PPB;
                        deduct = (zl_i128)tier->deduct * ZL_PPB;
                }
                instrument->tiers[i] = (struct zl_tier){.open = i + 1 == said->tiers_count,
                                                        .upto = tier->upto,
                                                        .mmr_ppb = tier->mmr,
                                                        .deduct_ppb = deduct};
        }
}

zl_refusal zl_instrument_define(struct zl_instrument *instrument,
                                const struct zl_msg_instrument *said)
{
        zl_refusal refusal = check_instrument(said);

        if (refusal)
                return refusal;
        if (instrument->defined && (instrument->price_scale != said->price_scale ||
                                    instrument->qty_scale != said->qty_scale ||
                                    instrument->settle != said->settle))
                return "an instrument's scales and settle asset never change";
        instrument->defined = true;
        keep_symbol(instrument->symbol, said->symbol);
        instrument->kind = said->kind;
        instrument->settle = said->settle;
        instrument->fund = said->fund;
        instrument->price_scale = said->price_scale;
        instrument->qty_scale = said->qty_scale;
        instrument->tick = said->tick;
        instrument->lot = said->lot;
        instrument->multiplier_ppb = said->multiplier;
        instrument->min_price = said->min_price;
        instrument->max_price = said->max_price;
        instrument->tier_by = said->tier_by;
        instrument->mmr_slope_ppb = said->mmr_slope;
        instrument->fee_ppb = said->taker_fee + said->liq_fee;
        instrument->slippage_ppb = said->slippage;
        instrument->status = said->status;
        instrument->policy = said->policy;
        instrument->rev = said->rev;
        fill_tiers(instrument, said);
        return NULL;
}

/* The multiplier without trailing zeros: digits x 10^-decimals. */
static int64_t multiplier_digits(const struct zl_instrument *instrument, uint32_t *ret_decimals)
{
        int64_t digits = instrument->multiplier_ppb;

        for (*ret_decimals = 9; *ret_decimals > 0 && digits % 10 == 0; --*ret_decimals)
                digits /= 10;
        return digits;
}

/* K = digits of the multiplier x 10^(fine - price_scale - qty_scale - its decimals); of an inverse
 * contract K is the digits, and n = fine + price_scale - qty_scale - decimals. */
zl_refusal zl_instrument_resolve(struct zl_instrument *instrument, const struct zl_asset *settle)
{
        uint32_t decimals, fine = settle->scale + ZL_FINE;
        zl_i128 unit = multiplier_digits(instrument, &decimals), value;
        uint32_t used = instrument->qty_scale + decimals;

        instrument->usable = false;
        if (instrument->kind == ZL_KIND_INVERSE)
                fine += instrument->price_scale;
        else
                used += instrument->price_scale;
        if (used > fine)
                return "its prices and quantities are finer than its settle asset can hold";
        if (instrument->kind == ZL_KIND_INVERSE)
                instrument->reciprocal_exponent = fine - used;
        else if (!zl_mul(unit, zl_pow10(fine - used), &unit))
                return "one unit of it is worth too much";
        instrument->unit = unit;
        if (!zl_mul(unit, zl_coordinate_most(instrument), &value) || value >> ZL_VALUE_BITS)
                return "one unit of it is worth too much at the end of its range";
        instrument->settle_scale = settle->scale;
        instrument->usable = true;
        return NULL;
}

zl_i128 zl_coordinate(const struct zl_instrument *instrument, int64_t mark)
{
        if (instrument->kind != ZL_KIND_INVERSE)
                return mark;
        return zl_wide_saturate(zl_wide_div_floor(zl_wide_pow10(instrument->reciprocal_exponent),
                                                  zl_wide_of(mark)));
}

zl_i128 zl_coordinate_most(const struct zl_instrument *instrument)
{
        bool inverse = instrument->kind == ZL_KIND_INVERSE;

        return zl_coordinate(instrument, inverse ? instrument->min_price : instrument->max_price);
}

int64_t zl_volatility_after(int64_t volatility, int64_t before, int64_t now)
{
        zl_i128 move = (zl_i128)zl_magnitude((zl_i128)now - before) * ZL_PPB / before;

        return volatility - volatility / 16 + (int64_t)zl_min_i128(move, ZL_PPB);
}
