#include "core/box.h"

static struct zl_wide wide(zl_i128 a)
{
        return zl_wide_of(a);
}

void zl_box_init(struct zl_box *box, const struct zl_view *view)
{
        box->axes_count = 0;
        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_part *part = &view->parts[i];
                struct zl_axis *axis = &box->axes[box->axes_count];
                if (i == 0 || view->parts[i - 1].instrument != part->instrument) {
                        *axis = (struct zl_axis){.instrument = part->instrument,
                                                 .first = i,
                                                 .stock = part->stock};
                        box->axes_count++;
                }
                axis = &box->axes[box->axes_count - 1];
                axis->count++;
                axis->rise += part->slope * part->unit;
        }
        box->rates_count = view->stocks_count > 1;
        zl_box_shrink(box, view);
}

void zl_box_shrink(struct zl_box *box, const struct zl_view *view)
{
        for (uint32_t i = 0; i < box->axes_count; i++) {
                struct zl_axis *axis = &box->axes[i];
                axis->mark_low = axis->mark_high = axis->instrument->mark;
                axis->funding_low = axis->funding_high = axis->instrument->funding;
        }
        for (uint32_t i = 0; i < view->stocks_count; i++)
                box->rate_low[i] = box->rate_high[i] = view->stocks[i].rate;
}

/* ---- what an instrument's interval does ---- */

static void coordinates(const struct zl_axis *axis, zl_i128 *ret_low, zl_i128 *ret_high)
{
        const struct zl_instrument *instrument = axis->instrument;
        bool inverse = instrument->kind == ZL_KIND_INVERSE;

        *ret_low = zl_coordinate(instrument, inverse ? axis->mark_high : axis->mark_low);
        *ret_high = zl_coordinate(instrument, inverse ? axis->mark_low : axis->mark_high);
}

/* Of all legs, in one whole number that is not below (`up`) or not above the exact one. */
static struct zl_wide maintenance_at(const struct zl_view *view, const struct zl_axis *axis,
                                     zl_i128 u, bool up)
{
        struct zl_wide total = wide(0);

        for (uint32_t i = axis->first; i < axis->first + axis->count; i++) {
                struct zl_fraction rest;
                total = zl_wide_add(total, zl_part_maintenance(view, &view->parts[i], u, &rest));
                if (up && rest.num)
                        total = zl_wide_add(total, wide(1));
        }
        return total;
}

/* Whole fine units; between the ends the sum of legs may be one more a leg than at both, where it
 * is rounded. */
static void dues(const struct zl_view *view, const struct zl_axis *axis, zl_i128 *ret_least,
                 zl_i128 *ret_most)
{
        zl_i128 low = 0, high = 0, slack = 0;

        for (uint32_t i = axis->first; i < axis->first + axis->count; i++) {
                const struct zl_part *part = &view->parts[i];
                low += zl_due_ceil(part, axis->funding_low);
                high += zl_due_ceil(part, axis->funding_high);
        }
        if (axis->funding_low != axis->funding_high)
                slack = axis->count;
        *ret_least = zl_min_i128(low, high) - slack;
        *ret_most = zl_max_i128(low, high) + slack;
}

/* The coordinates at which an extreme may lie: the ends, and where a table jumps both sides of
 * every tier's end. Answers how many, or 0: too many. */
enum { CANDIDATES_MAX = 2 + 2 * 8 };

static uint32_t candidates(const struct zl_view *view, const struct zl_axis *axis, zl_i128 low,
                           zl_i128 high, zl_i128 at[CANDIDATES_MAX])
{
        const struct zl_instrument *instrument = axis->instrument;
        uint32_t count = 0;

        at[count++] = low;
        if (high == low)
                return count;
        at[count++] = high;
        if (!instrument->jumps)
                return count;
        for (uint32_t i = axis->first; i < axis->first + axis->count; i++) {
                const struct zl_part *part = &view->parts[i];
                if (!part->open || !zl_tier_follows_mark(view, part))
                        continue;
                for (uint32_t t = zl_tier_at(view, part, low); !instrument->tiers[t].open; t++) {
                        zl_i128 end = zl_tier_end(part, t);
                        if (end >= high)
                                break;
                        if (count + 2 > CANDIDATES_MAX)
                                return 0;
                        at[count++] = zl_max_i128(end, low);
                        at[count++] = zl_max_i128(end + 1, low);
                }
        }
        return count;
}

/* ---- the proof ---- */

struct proof {
        const struct zl_box *box;
        const struct zl_view *view;
        struct zl_threshold threshold;
};

/* One linear piece of a haircut: w y + b, in 10^-9. H is the least of them. */
struct piece {
        int64_t weight_ppb;
        struct zl_wide base;
};

static uint32_t pieces_of(const struct zl_view *view, const struct zl_asset *asset,
                          struct piece pieces[ZL_SLICES_MAX + 1])
{
        uint32_t count = 0;
        struct zl_wide base = wide(0);

        if (view->flat) {
                pieces[0] = (struct piece){ZL_PPB, wide(0)};
                return 1;
        }
        for (uint32_t i = 0; i < asset->slices_count; i++) {
                const struct zl_slice *slice = &asset->slices[i];
                if (i > 0)
                        base = zl_wide_add(base, zl_wide_product(slice[-1].upto,
                                                                 slice[-1].weight_ppb -
                                                                         slice->weight_ppb));
                pieces[count++] = (struct piece){slice->weight_ppb, base};
        }
        if (asset->liability_ppb != pieces[0].weight_ppb)
                pieces[count++] = (struct piece){asset->liability_ppb, wide(0)};
        return count;
}

/* The least that an axis adds to num S w y - den mm. False: no bound was found. */
static bool least_of_axis(const struct proof *proof, const struct zl_axis *axis,
                          struct zl_wide per_amount, struct zl_wide *ret_least)
{
        zl_i128 low, high, at[CANDIDATES_MAX], least_due, most_due;
        struct zl_wide least = wide(0);

        coordinates(axis, &low, &high);
        uint32_t count = candidates(proof->view, axis, low, high, at);
        for (uint32_t i = 0; i < count; i++) {
                struct zl_wide mm = maintenance_at(proof->view, axis, at[i], true);
                struct zl_wide here = zl_wide_sub(
                        zl_wide_mul(per_amount, zl_wide_product(axis->rise, at[i])),
                        zl_wide_mul(mm, wide(proof->threshold.den)));
                if (i == 0 || zl_wide_compare(here, least) < 0)
                        least = here;
        }
        dues(proof->view, axis, &least_due, &most_due);
        *ret_least = zl_wide_sub(least, zl_wide_mul(per_amount, wide(most_due)));
        return count > 0;
}

/* Amount less order margin, without what moves. */
static zl_i128 fixed_amount(const struct zl_view *view, uint32_t at)
{
        const struct zl_stock *stock = &view->stocks[at];
        zl_i128 fixed = stock->amount - stock->order_margin;

        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_part *part = &view->parts[i];
                if (part->stock == at)
                        fixed -= part->slope * part->cost;
        }
        return fixed;
}

/* The least of an asset's num S H - den mm in the box, in fine units. */
static bool least_of_stock(const struct proof *proof, uint32_t at, struct zl_wide *ret_least)
{
        const struct zl_view *view = proof->view;
        struct zl_wide unit = zl_wide_mul(zl_view_slope_unit(view), wide(proof->threshold.num));
        struct piece pieces[ZL_SLICES_MAX + 1];
        uint32_t count = pieces_of(view, view->stocks[at].asset, pieces);
        zl_i128 fixed = fixed_amount(view, at);

        for (uint32_t p = 0; p < count; p++) {
                struct zl_wide per_amount = zl_wide_mul(unit, wide(pieces[p].weight_ppb));
                struct zl_wide total = zl_wide_add(zl_wide_mul(per_amount, wide(fixed)),
                                                   zl_wide_mul(unit, pieces[p].base));
                for (uint32_t i = 0; i < proof->box->axes_count; i++) {
                        const struct zl_axis *axis = &proof->box->axes[i];
                        struct zl_wide least;
                        if (axis->stock != at)
                                continue;
                        if (!least_of_axis(proof, axis, per_amount, &least))
                                return false;
                        total = zl_wide_add(total, least);
                }
                if (p == 0 || zl_wide_compare(total, *ret_least) < 0)
                        *ret_least = total;
        }
        return true;
}

/* The most: H at the sum of the maxima, less the sum of the least maintenances. */
static bool most_of_stock(const struct proof *proof, uint32_t at, struct zl_wide *ret_most)
{
        const struct zl_view *view = proof->view;
        struct zl_wide mm = wide(0);
        zl_i128 amount = fixed_amount(view, at);

        for (uint32_t i = 0; i < proof->box->axes_count; i++) {
                const struct zl_axis *axis = &proof->box->axes[i];
                zl_i128 low, high, where[CANDIDATES_MAX], least_due, most_due;
                struct zl_wide least = wide(0);
                if (axis->stock != at)
                        continue;
                coordinates(axis, &low, &high);
                uint32_t count = candidates(view, axis, low, high, where);
                for (uint32_t j = 0; j < count; j++) {
                        struct zl_wide here = maintenance_at(view, axis, where[j], false);
                        if (j == 0 || zl_wide_compare(here, least) < 0)
                                least = here;
                }
                if (count == 0)
                        return false;
                dues(view, axis, &least_due, &most_due);
                amount += zl_max_i128(axis->rise * low, axis->rise * high) - least_due;
                mm = zl_wide_add(mm, least);
        }
        struct zl_wide counts = zl_wide_mul(zl_stock_weighted(view, at, amount),
                                            zl_view_slope_unit(view));
        *ret_most = zl_wide_sub(zl_wide_mul(counts, wide(proof->threshold.num)),
                                zl_wide_mul(mm, wide(proof->threshold.den)));
        return true;
}

bool zl_box_holds(const struct zl_box *box, const struct zl_view *view, const struct zl_keep *keep)
{
        const struct proof proof = {box, view, keep->threshold};
        struct zl_wide total = wide(0);

        for (uint32_t i = 0; i < view->stocks_count; i++) {
                struct zl_wide worth;
                if (keep->good ? !least_of_stock(&proof, i, &worth)
                               : !most_of_stock(&proof, i, &worth))
                        return false;
                bool low = zl_wide_negative(worth) != keep->good;
                struct zl_wide rate = zl_wide_mul(
                        view->stocks[i].step, wide(low ? box->rate_low[i] : box->rate_high[i]));
                total = zl_wide_add(total, zl_wide_mul(worth, rate));
        }
        int sign = zl_wide_sign(total);
        if (keep->good)
                return keep->threshold.strict ? sign > 0 : sign >= 0;
        return keep->threshold.strict ? sign <= 0 : sign < 0;
}
