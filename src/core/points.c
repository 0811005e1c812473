#include "core/points.h"

static bool nearest_safe(const struct zl_terms *terms, struct zl_threshold safe, int64_t mark,
                         int64_t *ret_mark)
{
        int64_t low = terms->instrument->min_price, high = terms->instrument->max_price;
        int64_t below, above;
        bool has_below = zl_nearest(terms, safe, true, mark, ZL_DOWN, low, high, &below);
        bool has_above = zl_nearest(terms, safe, true, mark, ZL_UP, low, high, &above);

        if (has_below && (!has_above || mark - below <= above - mark))
                *ret_mark = below;
        else if (has_above)
                *ret_mark = above;
        return has_below || has_above;
}

struct zl_liquidation zl_liquidation_points(const struct zl_terms *terms, int64_t mark)
{
        struct zl_threshold safe = zl_threshold_safe(terms->policy);
        int64_t low = terms->instrument->min_price, high = terms->instrument->max_price;
        struct zl_liquidation points = {ZL_REASON_NONE, ZL_REASON_NONE, 0, 0};
        int64_t center;

        if (!nearest_safe(terms, safe, mark, &center)) {
                points.below_reason = points.above_reason = ZL_REASON_NEVER_SAFE;
                return points;
        }
        if (!zl_nearest(terms, safe, false, center, ZL_DOWN, low, high, &points.below))
                points.below_reason = zl_ever_bad(terms, safe, ZL_DOWN)
                                              ? ZL_REASON_OUT_OF_RANGE
                                              : ZL_REASON_ALWAYS_SAFE;
        if (!zl_nearest(terms, safe, false, center, ZL_UP, low, high, &points.above))
                points.above_reason = zl_ever_bad(terms, safe, ZL_UP)
                                              ? ZL_REASON_OUT_OF_RANGE
                                              : ZL_REASON_ALWAYS_SAFE;
        return points;
}

/* Higher than every price. */
#define NO_PRICE ((zl_i128)1 << 126)

/* Linear: B(P) = balance + s (K |q| P - cost) - f K |q| P = 0, so P K |q| (1 - s f) = cost - s
 * balance. Inverse: with v = K |q| 10^n / P, B(P) = balance + s (cost - v) - f v = 0, so v (1 + s
 * f) = cost + s balance. Where no price is high enough, the highest stands. */
static zl_i128 bankruptcy_ticks(const struct zl_terms *terms)
{
        const struct zl_instrument *instrument = terms->instrument;
        bool inverse = instrument->kind == ZL_KIND_INVERSE;
        zl_i128 share = ZL_PPB - terms->slope * (zl_i128)instrument->fee_ppb;
        zl_i128 left = terms->cost - terms->slope * terms->balance;
        struct zl_wide num = zl_wide_product(left, ZL_PPB);
        struct zl_wide den = zl_wide_product(terms->unit, share);

        if (inverse) {
                struct zl_wide power = zl_wide_pow10(instrument->reciprocal_exponent);
                if (left <= 0)
                        return NO_PRICE;
                den = num;
                num = zl_wide_mul(zl_wide_product(terms->unit, share), power);
        }
        den = zl_wide_mul(den, zl_wide_of(instrument->tick));
        return zl_wide_saturate(terms->sign > 0 ? zl_wide_div_ceil(num, den)
                                                : zl_wide_div_floor(num, den));
}

bool zl_bankruptcy_price(const struct zl_terms *terms, zl_i128 *ret_price)
{
        zl_i128 ticks = bankruptcy_ticks(terms);

        /* A price beyond 128 bits is no price either. */
        return ticks > 0 && ticks < NO_PRICE && zl_mul(ticks, terms->instrument->tick, ret_price);
}

int64_t zl_limit_price(const struct zl_terms *terms)
{
        const struct zl_instrument *instrument = terms->instrument;
        zl_i128 ticks = bankruptcy_ticks(terms);
        zl_i128 least = zl_div_ceil(instrument->min_price, instrument->tick);
        zl_i128 most = zl_div_floor(instrument->max_price, instrument->tick);

        if (least > most) /* the range is so narrow that no tick lies in it */
                return terms->sign > 0 ? instrument->max_price : instrument->min_price;
        return (int64_t)(zl_max_i128(least, zl_min_i128(ticks, most)) * instrument->tick);
}

bool zl_buffer_floor(const struct zl_terms *terms, int64_t mark, int64_t liquidation,
                     zl_i128 bankruptcy, zl_i128 *ret_buffer_ppb)
{
        int64_t slippage_ppb = terms->instrument->slippage_ppb;
        zl_i128 distance = (zl_i128)zl_magnitude(bankruptcy - liquidation);

        if (slippage_ppb == 0)
                return false;
        struct zl_wide num = zl_wide_product(distance, (zl_i128)ZL_PPB * ZL_PPB);
        *ret_buffer_ppb = zl_wide_saturate(
                zl_wide_div_floor(num, zl_wide_product(slippage_ppb, mark)));
        return true;
}

bool zl_ratio_ceil(const struct zl_terms *terms, int64_t mark, zl_i128 *ret_ratio_ppb)
{
        zl_i128 equity = zl_equity(terms, mark);

        if (equity <= 0)
                return false;
        struct zl_wide num = zl_wide_mul(zl_maintenance(terms, mark), zl_wide_of(ZL_PPB));
        struct zl_wide den = zl_wide_mul(terms->precision, zl_wide_of(equity));
        *ret_ratio_ppb = zl_wide_saturate(zl_wide_div_ceil(num, den));
        return true;
}

/* ---- numbers that leave ---- */

zl_i128 zl_amount_floor(zl_i128 fine)
{
        return zl_div_floor(fine, zl_pow10(ZL_FINE));
}

zl_i128 zl_amount_ceil(zl_i128 fine)
{
        return zl_div_ceil(fine, zl_pow10(ZL_FINE));
}

/* An amount in fine units times a rate has these many decimals more than the numeraire's scale. */
static int decimals_over(const struct zl_asset *asset, const struct zl_asset *numeraire)
{
        return (int)(asset->scale + ZL_FINE + asset->rate_scale) - (int)numeraire->scale;
}

zl_i128 zl_numeraire_floor(zl_i128 fine, const struct zl_asset *asset,
                           const struct zl_asset *numeraire)
{
        struct zl_wide worth = zl_wide_product(fine, asset->rate);
        int over = decimals_over(asset, numeraire);

        if (over >= 0)
                worth = zl_wide_div_floor(worth, zl_wide_pow10((uint32_t)over));
        else
                worth = zl_wide_mul(worth, zl_wide_pow10((uint32_t)-over));
        return zl_wide_saturate(worth);
}

zl_i128 zl_maintenance_ceil(struct zl_wide maintenance, struct zl_wide precision)
{
        struct zl_wide unit = zl_wide_mul(precision, zl_wide_pow10(ZL_FINE));

        return zl_wide_saturate(zl_wide_div_ceil(maintenance, unit));
}

/* MM rate / (precision 10^over), split at the first division so that no product is too long: the
 * ceiling of a ceiling is the ceiling of the whole. */
zl_i128 zl_maintenance_numeraire_ceil(struct zl_wide maintenance, struct zl_wide precision,
                                      const struct zl_asset *asset,
                                      const struct zl_asset *numeraire)
{
        struct zl_wide rest, rate = zl_wide_of(asset->rate);
        struct zl_wide whole = zl_wide_divide(maintenance, precision, &rest);
        int over = decimals_over(asset, numeraire);

        if (over < 0) {
                struct zl_wide power = zl_wide_pow10((uint32_t)-over);
                whole = zl_wide_mul(whole, power);
                rest = zl_wide_mul(rest, power);
        }
        struct zl_wide worth = zl_wide_add(zl_wide_mul(whole, rate),
                                           zl_wide_div_ceil(zl_wide_mul(rest, rate), precision));
        if (over > 0)
                worth = zl_wide_div_ceil(worth, zl_wide_pow10((uint32_t)over));
        return zl_wide_saturate(worth);
}
