#include "core/points.h"

static struct zl_wide wide(zl_i128 a)
{
        return zl_wide_of(a);
}

/* ---- liquidation ---- */

static bool nearest_safe(const struct zl_path *path, int64_t mark, int64_t *ret_mark)
{
        int64_t below, above;
        bool has_below = zl_path_nearest(path, true, mark, ZL_DOWN, &below);
        bool has_above = zl_path_nearest(path, true, mark, ZL_UP, &above);

        if (has_below && (!has_above || mark - below <= above - mark))
                *ret_mark = below;
        else if (has_above)
                *ret_mark = above;
        return has_below || has_above;
}

static enum zl_reason unsafe_side(const struct zl_path *path, int64_t center,
                                  enum zl_direction direction, int64_t *ret_mark)
{
        if (zl_path_nearest(path, false, center, direction, ret_mark))
                return ZL_REASON_NONE;
        return zl_path_ever_bad(path, direction) ? ZL_REASON_OUT_OF_RANGE : ZL_REASON_ALWAYS_SAFE;
}

struct zl_liquidation zl_liquidation_points(const struct zl_view *view,
                                            const struct zl_worth *worth,
                                            const struct zl_instrument *instrument)
{
        struct zl_liquidation points = {ZL_REASON_NEVER_SAFE, ZL_REASON_NEVER_SAFE, 0, 0};
        struct zl_path path;
        int64_t center;

        zl_path_init(&path, view, worth, instrument, zl_threshold_safe(view->policy));
        if (!nearest_safe(&path, instrument->mark, &center))
                return points;
        points.below_reason = unsafe_side(&path, center, ZL_DOWN, &points.below);
        points.above_reason = unsafe_side(&path, center, ZL_UP, &points.above);
        return points;
}

/* ---- shares ---- */

enum { SCALE_BITS_MAX = 128 };

static uint64_t divisor_of(uint64_t a, uint64_t b)
{
        while (b) {
                uint64_t rest = a % b;
                a = b;
                b = rest;
        }
        return a;
}

/* The least common multiple of what fractions of maintenance divide by. Beyond 128 bits, which
 * takes three such positions of huge and unrelated sizes, shares are kept to that many places. */
static struct zl_wide common_scale(const struct zl_view *view)
{
        struct zl_wide scale = wide(1);

        for (uint32_t i = 0; i < view->parts_count; i++) {
                struct zl_fraction rest;
                struct zl_wide left;
                (void)zl_part_maintenance(view, &view->parts[i], view->parts[i].u, &rest);
                if (rest.num == 0)
                        continue;
                (void)zl_wide_divide(scale, wide(rest.den), &left);
                uint64_t more = rest.den / divisor_of(rest.den, (uint64_t)zl_wide_saturate(left));
                struct zl_wide longer = zl_wide_mul(scale, wide(more));
                if (zl_wide_bits(&longer) > SCALE_BITS_MAX)
                        return wide((zl_i128)1 << 120);
                scale = longer;
        }
        return scale;
}

struct zl_wide zl_share_of(const struct zl_shares *shares, const struct zl_view *view,
                           uint32_t at)
{
        const struct zl_part *part = &view->parts[at];
        const struct zl_wide *weight = &view->stocks[part->stock].weight;
        struct zl_fraction rest;

        if (!part->open)
                return wide(0);
        if (shares->by == ZL_SHARES_EQUAL)
                return wide(1);
        if (shares->by == ZL_SHARES_BY_VALUE)
                return zl_wide_mul(*weight, wide(zl_part_value(part)));
        struct zl_wide mm = zl_part_maintenance(view, part, part->u, &rest);
        mm = zl_wide_mul(mm, shares->scale);
        if (rest.num) {
                struct zl_wide more = zl_wide_mul(shares->scale, wide(rest.num));
                mm = zl_wide_add(mm, zl_wide_div_floor(more, wide(rest.den)));
        }
        return zl_wide_mul(mm, *weight);
}

void zl_shares_init(struct zl_shares *shares, const struct zl_view *view)
{
        shares->scale = common_scale(view);
        for (shares->by = ZL_SHARES_BY_MARGIN;; shares->by++) {
                shares->total = wide(0);
                for (uint32_t i = 0; i < view->parts_count; i++)
                        shares->total = zl_wide_add(shares->total, zl_share_of(shares, view, i));
                if (zl_wide_sign(shares->total) > 0 || shares->by == ZL_SHARES_EQUAL)
                        return;
        }
}

/* ---- closing prices ---- */

/* Higher than every price. */
#define NO_PRICE ((zl_i128)1 << 126)

/* The price, in ticks, at which the position bears `num / den` of B. With r the common units of a
 * fine unit, the value v of the fill leaves B there when
 *     v (1 - slope f) = V - slope B num / (den r)
 * and v = K |q| P, or of an inverse contract K |q| 10^n / P. Where no price is high enough, the
 * highest stands. */
static zl_i128 closing_ticks(const struct zl_view *view, const struct zl_worth *worth, uint32_t at,
                             struct zl_wide num, struct zl_wide den)
{
        const struct zl_part *part = &view->parts[at];
        const struct zl_instrument *instrument = part->instrument;
        zl_i128 share = ZL_PPB - part->slope * (zl_i128)instrument->fee_ppb;
        struct zl_wide all = zl_wide_mul(den, view->stocks[part->stock].weight);
        struct zl_wide borne = zl_wide_mul(worth->left, num);
        struct zl_wide left = zl_wide_mul(all, wide(zl_part_value(part)));
        struct zl_wide worth_of_one = zl_wide_mul(all, zl_wide_product(part->unit, share));

        left = part->slope > 0 ? zl_wide_sub(left, borne) : zl_wide_add(left, borne);
        left = zl_wide_mul(left, wide(ZL_PPB));
        if (instrument->kind == ZL_KIND_INVERSE) {
                if (zl_wide_sign(left) <= 0)
                        return NO_PRICE;
                struct zl_wide power = zl_wide_pow10(instrument->reciprocal_exponent);
                worth_of_one = zl_wide_mul(worth_of_one, power);
                struct zl_wide swap = left;
                left = worth_of_one;
                worth_of_one = swap;
        }
        worth_of_one = zl_wide_mul(worth_of_one, wide(instrument->tick));
        return zl_wide_saturate(part->sign > 0 ? zl_wide_div_ceil(left, worth_of_one)
                                               : zl_wide_div_floor(left, worth_of_one));
}

static bool price_of_ticks(const struct zl_part *part, zl_i128 ticks, zl_i128 *ret_price)
{
        /* A price beyond 128 bits is no price either. */
        return ticks > 0 && ticks < NO_PRICE && zl_mul(ticks, part->instrument->tick, ret_price);
}

bool zl_bankruptcy_price(const struct zl_view *view, const struct zl_worth *worth, uint32_t part,
                         zl_i128 *ret_price)
{
        return price_of_ticks(&view->parts[part],
                              closing_ticks(view, worth, part, wide(1), wide(1)), ret_price);
}

static zl_i128 closeout_ticks(const struct zl_view *view, const struct zl_worth *worth,
                              const struct zl_shares *shares, uint32_t part)
{
        if (view->open_count == 1) /* all of B */
                return closing_ticks(view, worth, part, wide(1), wide(1));
        return closing_ticks(view, worth, part, zl_share_of(shares, view, part), shares->total);
}

bool zl_closeout_price(const struct zl_view *view, const struct zl_worth *worth,
                       const struct zl_shares *shares, uint32_t part, zl_i128 *ret_price)
{
        return view->parts[part].open &&
               price_of_ticks(&view->parts[part], closeout_ticks(view, worth, shares, part),
                              ret_price);
}

int64_t zl_limit_price(const struct zl_view *view, const struct zl_worth *worth,
                       const struct zl_shares *shares, uint32_t part)
{
        const struct zl_instrument *instrument = view->parts[part].instrument;
        zl_i128 ticks = closeout_ticks(view, worth, shares, part);
        zl_i128 least = zl_div_ceil(instrument->min_price, instrument->tick);
        zl_i128 most = zl_div_floor(instrument->max_price, instrument->tick);

        if (least > most) /* the range is so narrow that no tick lies in it */
                return view->parts[part].sign > 0 ? instrument->max_price : instrument->min_price;
        return (int64_t)(zl_max_i128(least, zl_min_i128(ticks, most)) * instrument->tick);
}

zl_i128 zl_shortfall_ceil(const struct zl_view *view, const struct zl_worth *worth,
                          const struct zl_shares *shares, uint32_t at)
{
        const struct zl_part *part = &view->parts[at];
        struct zl_wide unit = zl_wide_mul(view->stocks[part->stock].weight, zl_wide_pow10(ZL_FINE));
        struct zl_wide lost = zl_wide_neg(worth->left);

        if (!zl_wide_negative(worth->left))
                return 0;
        if (view->open_count > 1) {
                lost = zl_wide_mul(lost, zl_share_of(shares, view, at));
                unit = zl_wide_mul(unit, shares->total);
        }
        return zl_wide_saturate(zl_wide_div_ceil(lost, unit));
}

bool zl_buffer_floor(const struct zl_instrument *instrument, int64_t liquidation,
                     zl_i128 bankruptcy, zl_i128 *ret_buffer_ppb)
{
        zl_i128 distance = (zl_i128)zl_magnitude(bankruptcy - liquidation);

        if (instrument->slippage_ppb == 0)
                return false;
        struct zl_wide num = zl_wide_product(distance, (zl_i128)ZL_PPB * ZL_PPB);
        *ret_buffer_ppb = zl_wide_saturate(zl_wide_div_floor(
                num, zl_wide_product(instrument->slippage_ppb, instrument->mark)));
        return true;
}

/* ---- numbers that leave ---- */

/* The fractions of maintenance times `by`, up. */
static struct zl_wide rest_ceil(const struct zl_view *view, const struct zl_worth *worth,
                                uint64_t by)
{
        struct zl_fraction scaled[ZL_PARTS_MAX];
        zl_i128 whole = 0;
        uint64_t floor;
        bool is_whole;

        for (uint32_t i = 0; i < worth->fractions_count; i++) {
                zl_u128 num = (zl_u128)view->fractions[i].num * by;
                whole += (zl_i128)(num / view->fractions[i].den);
                scaled[i] = (struct zl_fraction){(uint64_t)(num % view->fractions[i].den),
                                                 view->fractions[i].den};
        }
        if (worth->fractions_count == 0)
                return wide(0);
        zl_fractions_sum(scaled, worth->fractions_count, &floor, &is_whole);
        return wide(whole + floor + !is_whole);
}

bool zl_ratio_ceil(const struct zl_view *view, const struct zl_worth *worth,
                   zl_i128 *ret_ratio_ppb)
{
        struct zl_wide num = zl_wide_mul(worth->maintenance, wide(ZL_PPB));

        if (zl_wide_sign(worth->equity) <= 0)
                return false;
        num = zl_wide_add(num, rest_ceil(view, worth, ZL_PPB));
        *ret_ratio_ppb = zl_wide_saturate(zl_wide_div_ceil(num, worth->equity));
        return true;
}

/* Common units in the numeraire's units, over 10^more; the numeraire's scale is never finer. */
static struct zl_wide divisor(const struct zl_view *view, const struct zl_asset *numeraire,
                              uint32_t more, struct zl_wide *ret_factor)
{
        int over = (int)(view->digits + more) - (int)numeraire->scale;

        *ret_factor = zl_wide_pow10(over < 0 ? (uint32_t)-over : 0);
        return zl_wide_pow10(over > 0 ? (uint32_t)over : 0);
}

static zl_i128 leave_floor(const struct zl_view *view, struct zl_wide common, uint32_t more,
                           const struct zl_asset *numeraire)
{
        struct zl_wide factor, by = divisor(view, numeraire, more, &factor);

        return zl_wide_saturate(zl_wide_div_floor(zl_wide_mul(common, factor), by));
}

zl_i128 zl_equity_floor(const struct zl_view *view, const struct zl_worth *worth,
                        const struct zl_asset *numeraire)
{
        return leave_floor(view, worth->equity, 9 + view->slope_digits, numeraire);
}

zl_i128 zl_left_floor(const struct zl_view *view, const struct zl_worth *worth,
                      const struct zl_asset *numeraire)
{
        return leave_floor(view, worth->left, 0, numeraire);
}

zl_i128 zl_maintenance_ceil(const struct zl_view *view, const struct zl_worth *worth,
                            const struct zl_asset *numeraire)
{
        struct zl_wide factor;
        struct zl_wide by = divisor(view, numeraire, 9 + view->slope_digits, &factor);
        struct zl_wide all = zl_wide_add(worth->maintenance, rest_ceil(view, worth, 1));

        return zl_wide_saturate(zl_wide_div_ceil(zl_wide_mul(all, factor), by));
}

zl_i128 zl_part_maintenance_ceil(const struct zl_view *view, const struct zl_part *part)
{
        struct zl_fraction rest;
        struct zl_wide mm = zl_part_maintenance(view, part, part->u, &rest);
        struct zl_wide unit = zl_wide_pow10(9 + view->slope_digits + ZL_FINE);

        return zl_wide_saturate(zl_wide_div_ceil(rest.num ? zl_wide_add(mm, wide(1)) : mm, unit));
}

zl_i128 zl_amount_floor(zl_i128 fine)
{
        return zl_div_floor(fine, zl_pow10(ZL_FINE));
}

zl_i128 zl_amount_ceil(zl_i128 fine)
{
        return zl_div_ceil(fine, zl_pow10(ZL_FINE));
}
