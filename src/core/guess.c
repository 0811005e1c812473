#include "core/guess.h"

#include <string.h>

enum { COORDINATES_MAX = 2 * ZL_PARTS_MAX + ZL_STOCKS_MAX };

static double real(const struct zl_wide *a)
{
        uint32_t shift;
        double value = (double)zl_wide_top(a, &shift);

        for (; shift >= 32; shift -= 32)
                value *= 4294967296.0;
        value *= (double)((uint64_t)1 << shift);
        return zl_wide_negative(*a) ? -value : value;
}

static double positive(double a)
{
        return a < 0 ? -a : a;
}

/* a^(2/3): two thirds of the exponent, then Newton's method on root^3 = a^2. */
static double two_thirds(double a)
{
        uint64_t bits;
        double root;

        if (a < 1e-90 || a > 1e90)
                return a > 1 ? 1e60 : 0;
        memcpy(&bits, &a, sizeof bits);
        bits = bits / 3 * 2 + ((uint64_t)1023 << 52) / 3;
        memcpy(&root, &bits, sizeof root);
        for (int i = 0; i < 3; i++)
                root = (2 * root + a / root * (a / root)) / 3;
        return root;
}

static double power_of_ten(int exponent)
{
        double power = 1;

        for (int i = 0; i < (exponent < 0 ? -exponent : exponent); i++)
                power *= 10;
        return exponent < 0 ? 1 / power : power;
}

/* One coordinate: what the excess gains per unit of it, and what it loses in a typical move. */
struct slope {
        double gain;
        double typical;
        double width; /* the share of the slack, in units */
};

static double typical_move(const struct zl_instrument *instrument)
{
        double part = instrument->volatility ? (double)instrument->volatility / 16e9 : 1e-4;

        return (double)instrument->mark * part;
}

/* Of the amount an asset stands at, in 10^-9. */
static double weight_here(const struct zl_view *view, uint32_t at)
{
        const struct zl_stock *stock = &view->stocks[at];
        const struct zl_asset *asset = stock->asset;
        zl_i128 amount = zl_stock_amount(view, at) - stock->order_margin;
        uint32_t i = 0;

        if (view->flat)
                return ZL_PPB;
        if (amount <= 0)
                return (double)asset->liability_ppb;
        while (!asset->slices[i].open && asset->slices[i].upto < amount)
                i++;
        return (double)asset->slices[i].weight_ppb;
}

/* Maintenance per unit of value, in 10^-9. */
static double margin_here(const struct zl_view *view, const struct zl_part *part)
{
        const struct zl_instrument *instrument = part->instrument;
        double rate = (double)instrument->tiers[zl_tier_at(view, part, part->u)].mmr_ppb;

        if (!part->open || view->policy->mm_basis == ZL_MM_BASIS_ENTRY)
                return 0;
        if (instrument->mmr_slope_ppb)
                rate += (double)instrument->mmr_slope_ppb * (double)part->size *
                        power_of_ten(-(int)instrument->qty_scale);
        return rate + (view->policy->fee_in_maintenance ? (double)instrument->fee_ppb : 0);
}

static void slopes_of_axis(const struct zl_view *view, const struct zl_axis *axis,
                           const struct zl_keep *keep, struct slope *mark, struct slope *funding)
{
        const struct zl_instrument *instrument = axis->instrument;
        double common = real(&view->stocks[axis->stock].weight) *
                        power_of_ten((int)view->slope_digits);
        double per_amount = common * (double)keep->threshold.num * weight_here(view, axis->stock);
        int exponent = (int)instrument->settle_scale + ZL_FINE - 12 - (int)instrument->qty_scale;
        double per_index = 0, per_u = per_amount * (double)axis->rise;

        for (uint32_t i = axis->first; i < axis->first + axis->count; i++) {
                const struct zl_part *part = &view->parts[i];
                per_u -= common * (double)keep->threshold.den * margin_here(view, part) *
                         (double)part->unit;
                per_index += part->sign * (double)part->size;
        }
        if (instrument->kind == ZL_KIND_INVERSE)
                per_u *= -(double)instrument->coordinate / (double)instrument->mark;
        mark->gain = per_u;
        mark->typical = positive(per_u) * typical_move(instrument);
        funding->gain = -per_amount * per_index * power_of_ten(exponent);
        funding->typical = positive(funding->gain) * (double)instrument->funding_moves / 16;
}

static void slope_of_rate(const struct zl_view *view, uint32_t at, const struct zl_keep *keep,
                          struct slope *slope)
{
        const struct zl_stock *stock = &view->stocks[at];
        zl_i128 amount = zl_stock_amount(view, at) - stock->order_margin;
        struct zl_wide counts = zl_stock_weighted(view, at, amount);
        double unit = power_of_ten((int)view->slope_digits);
        double worth = real(&counts) * unit * (double)keep->threshold.num;
        double part_of = stock->asset->volatility ? (double)stock->asset->volatility / 16e9 : 1e-4;

        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_part *part = &view->parts[i];
                struct zl_fraction rest;
                if (part->stock != at)
                        continue;
                struct zl_wide mm = zl_part_maintenance(view, part, part->u, &rest);
                worth -= real(&mm) * (double)keep->threshold.den;
        }
        slope->gain = worth * real(&stock->step);
        slope->typical = positive(slope->gain) * (double)stock->rate * part_of;
        if (stock->asset->numeraire)
                slope->gain = slope->typical = 0;
}

/* Splits the slack by (what a typical move costs)^(2/3), the best for independent moves. */
static void split(struct slope *slopes, uint32_t count, double slack)
{
        double total = 0;

        for (uint32_t i = 0; i < count; i++)
                total += two_thirds(slopes[i].typical);
        for (uint32_t i = 0; i < count; i++) {
                double share = total > 0 ? two_thirds(slopes[i].typical) / total : 0;
                if (share < 1e-3)
                        share = 1e-3;
                slopes[i].width = slopes[i].gain != 0
                                          ? 0.99 * slack * share / positive(slopes[i].gain)
                                          : 1e19;
        }
}

static int64_t bounded(double width)
{
        return width < 9e18 ? (int64_t)width : INT64_MAX;
}

static double disturb(double width, uint64_t *noise)
{
        if (!noise)
                return width;
        *noise += 0x9e3779b97f4a7c15u;
        return width * (double)(zl_mix64(*noise) >> 40) / 8388608.0;
}

/* Narrows [low, high] around `here`: the side the excess falls on, or rises on where the pool must
 * stay bad; both sides when `both`. */
static void narrow(int64_t *low, int64_t *high, int64_t here, const struct slope *slope, bool good,
                   bool both, double width)
{
        zl_i128 way = bounded(width);
        bool down = (slope->gain > 0) == good;

        if (slope->gain == 0 && !both)
                return;
        if (down || both)
                *low = (int64_t)zl_max_i128(*low, (zl_i128)here - way);
        if (!down || both)
                *high = (int64_t)zl_min_i128(*high, (zl_i128)here + way);
}

void zl_guess_everything(struct zl_box *box, const struct zl_view *view)
{
        for (uint32_t i = 0; i < box->axes_count; i++) {
                struct zl_axis *axis = &box->axes[i];
                axis->mark_low = axis->instrument->min_price;
                axis->mark_high = axis->instrument->max_price;
                axis->funding_low = -INT64_MAX;
                axis->funding_high = INT64_MAX;
                for (uint32_t j = axis->first; j < axis->first + axis->count; j++)
                        zl_due_range(&view->parts[j], &axis->funding_low, &axis->funding_high);
        }
        for (uint32_t i = 0; box->rates_count && i < view->stocks_count; i++) {
                box->rate_low[i] = 1;
                box->rate_high[i] = INT64_MAX;
                if (view->stocks[i].asset->numeraire)
                        box->rate_low[i] = box->rate_high[i] = view->stocks[i].rate;
        }
}

void zl_guess_box(struct zl_box *box, const struct zl_view *view, const struct zl_keep *keep,
                  const struct zl_wide *excess, uint32_t try_number, uint64_t *noise)
{
        struct slope slopes[COORDINATES_MAX];
        double slack = positive(real(excess));
        bool both = try_number > 0;
        uint32_t count = 0;

        for (uint32_t i = 0; i < box->axes_count; i++, count += 2)
                slopes_of_axis(view, &box->axes[i], keep, &slopes[count], &slopes[count + 1]);
        for (uint32_t i = 0; box->rates_count && i < view->stocks_count; i++)
                slope_of_rate(view, i, keep, &slopes[count++]);
        for (uint32_t i = 1; i < try_number; i++)
                slack /= 2;
        split(slopes, count, slack);
        const struct slope *slope = slopes;
        for (uint32_t i = 0; i < box->axes_count; i++, slope += 2) {
                struct zl_axis *axis = &box->axes[i];
                narrow(&axis->mark_low, &axis->mark_high, axis->instrument->mark, &slope[0],
                       keep->good, both, disturb(slope[0].width, noise));
                narrow(&axis->funding_low, &axis->funding_high, axis->instrument->funding,
                       &slope[1], keep->good, true, disturb(slope[1].width, noise));
        }
        for (uint32_t i = 0; box->rates_count && i < view->stocks_count; i++, slope++)
                narrow(&box->rate_low[i], &box->rate_high[i], view->stocks[i].rate, slope,
                       keep->good, both, disturb(slope->width, noise));
}

int64_t zl_guess_funding(const struct zl_box *box, const struct zl_view *view,
                         const struct zl_keep *keep, const struct zl_wide *excess,
                         uint64_t *noise)
{
        const struct zl_axis *axis = &box->axes[0];
        struct slope mark, funding;

        if (axis->instrument->funding_moves == 0)
                return 0;
        slopes_of_axis(view, axis, keep, &mark, &funding);
        if (funding.gain == 0)
                return INT64_MAX / 4;
        double width = positive(real(excess)) / 16 / positive(funding.gain);
        width = disturb(width, noise);
        return width < 1e18 ? (int64_t)width : INT64_MAX / 8;
}

bool zl_guess_narrow(const struct zl_axis *axis)
{
        const struct zl_instrument *instrument = axis->instrument;
        double room = 2 * typical_move(instrument);

        return (axis->mark_low > instrument->min_price &&
                (double)(instrument->mark - axis->mark_low) < room) ||
               (axis->mark_high < instrument->max_price &&
                (double)(axis->mark_high - instrument->mark) < room);
}
