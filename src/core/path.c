#include "core/path.h"

static struct zl_wide wide(zl_i128 a)
{
        return zl_wide_of(a);
}

static const struct zl_part *leg(const struct zl_path *path, uint32_t i)
{
        return &path->view->parts[path->legs[i]];
}

/* What moves of the excess: the stock's own, and the maintenance of the legs. Of the legs'
 * maintenance the whole part only: its fraction, where there is one, does not move and stands in
 * `rest`. */
static struct zl_wide moving(const struct zl_path *path, zl_i128 u)
{
        const struct zl_view *view = path->view;
        struct zl_wide counts = zl_stock_weighted(view, path->stock, path->fixed + path->rise * u);
        struct zl_wide total = zl_wide_mul(counts, wide(path->threshold.num));

        if (view->slope_digits)
                total = zl_wide_mul(total, zl_view_slope_unit(view));
        for (uint32_t i = 0; i < path->legs_count; i++) {
                struct zl_fraction unused;
                struct zl_wide mm = zl_part_maintenance(view, leg(path, i), u, &unused);
                total = zl_wide_sub(total, zl_wide_mul(mm, wide(path->threshold.den)));
        }
        return zl_wide_mul(total, view->stocks[path->stock].weight);
}

void zl_path_init(struct zl_path *path, const struct zl_view *view, const struct zl_worth *worth,
                  const struct zl_instrument *instrument, struct zl_threshold threshold)
{
        zl_i128 here = instrument->coordinate;

        *path = (struct zl_path){.view = view, .instrument = instrument, .threshold = threshold};
        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_part *part = &view->parts[i];
                if (part->instrument != instrument)
                        continue;
                path->legs[path->legs_count++] = i;
                path->stock = part->stock;
                path->rise += part->slope * part->unit;
                here = part->u;
        }
        path->fixed = zl_stock_amount(view, path->stock) -
                      view->stocks[path->stock].order_margin - path->rise * here;
        path->rest = zl_wide_sub(zl_worth_excess(view, worth, threshold), moving(path, here));
}

struct zl_wide zl_path_excess(const struct zl_path *path, zl_i128 u)
{
        return zl_wide_add(path->rest, moving(path, u));
}

/* ---- straight pieces ---- */

/* The last coordinate, going up, up to which the amount stays in the haircut slice of u. */
static zl_i128 slice_end(const struct zl_path *path, zl_i128 u, bool up)
{
        const struct zl_asset *asset = path->view->stocks[path->stock].asset;
        zl_i128 amount = path->fixed + path->rise * u, end;
        bool grows = (path->rise > 0) == up;
        uint32_t i = 0;

        if (path->view->flat || path->rise == 0)
                return up ? ZL_NO_END : -ZL_NO_END;
        while (amount > 0 && !asset->slices[i].open && asset->slices[i].upto < amount)
                i++;
        if (grows && amount <= 0)
                end = 0;
        else if (grows && asset->slices[i].open)
                return up ? ZL_NO_END : -ZL_NO_END;
        else if (grows)
                end = asset->slices[i].upto;
        else if (amount <= 0)
                return up ? ZL_NO_END : -ZL_NO_END;
        else
                end = i ? asset->slices[i - 1].upto : 0;
        zl_i128 way = end - path->fixed, rise = path->rise;
        if (rise < 0) {
                way = -way;
                rise = -rise;
        }
        return up ? zl_div_floor(way, rise) : zl_div_ceil(way, rise);
}

/* Where m V - c changes its sign. */
static zl_i128 margin_end(const struct zl_part *part, const struct zl_tier *tier, zl_i128 u,
                          bool up)
{
        const zl_i128 far = up ? ZL_NO_END : -ZL_NO_END;
        struct zl_wide rate = wide(tier->mmr_ppb), deduct;

        if (tier->deduct_ppb <= 0)
                return far;
        deduct = zl_wide_product(tier->deduct_ppb, zl_pow10(ZL_FINE));
        if (part->instrument->mmr_slope_ppb) {
                struct zl_wide one = zl_wide_pow10(part->instrument->qty_scale);
                rate = zl_wide_add(zl_wide_mul(rate, one),
                                   zl_wide_product(part->instrument->mmr_slope_ppb, part->size));
                deduct = zl_wide_mul(deduct, one);
        }
        struct zl_wide per_u = zl_wide_mul(rate, wide(part->unit)), rest;
        if (zl_wide_sign(per_u) == 0)
                return far;
        zl_i128 zero = zl_wide_saturate(zl_wide_divide(deduct, per_u, &rest));
        if (u <= zero) /* no margin up to here */
                return up ? zero : far;
        return up ? far : zl_max_i128(zero + 1, -ZL_NO_END);
}

static zl_i128 leg_end(const struct zl_path *path, const struct zl_part *part, zl_i128 u, bool up)
{
        const zl_i128 far = up ? ZL_NO_END : -ZL_NO_END;

        if (!part->open || !zl_tier_follows_mark(path->view, part))
                return far;
        uint32_t tier = zl_tier_at(path->view, part, u);
        zl_i128 margin = margin_end(part, &part->instrument->tiers[tier], u, up);
        if (up)
                return zl_min_i128(zl_tier_end(part, tier), margin);
        return zl_max_i128(tier ? zl_tier_end(part, tier - 1) + 1 : far, margin);
}

/* The last coordinate in this direction such that the excess is a straight line from u to it. What
 * lies where a position's value outgrows 128 bits is taken to have no end. */
static zl_i128 piece_end(const struct zl_path *path, zl_i128 u, bool up)
{
        zl_i128 end = slice_end(path, u, up), most = ZL_NO_END >> 2;

        for (uint32_t i = 0; i < path->legs_count; i++) {
                zl_i128 other = leg_end(path, leg(path, i), u, up);
                end = up ? zl_min_i128(end, other) : zl_max_i128(end, other);
                most = zl_min_i128(most, (ZL_NO_END >> 4) / leg(path, i)->unit);
        }
        return end > most ? ZL_NO_END : end;
}

/* ---- searching ---- */

/* A search over marks, and the same along the coordinate, which may run the other way. */
struct search {
        const struct zl_path *path;
        bool good;
        enum zl_direction direction; /* of the mark */
        int64_t first, last;         /* marks, in the order of the search */
        bool up;                     /* the coordinate rises as the search goes on */
};

/* The first mark of the search whose coordinate lies in [low, high]. Of an inverse contract many
 * marks may share a coordinate, and a coordinate may be no mark's. */
static bool first_mark(const struct search *search, zl_i128 low, zl_i128 high, int64_t *ret_mark)
{
        const struct zl_instrument *instrument = search->path->instrument;
        zl_i128 here = zl_coordinate(instrument, search->first);
        zl_i128 mark = search->up ? low : high;

        if (here >= low && here <= high) {
                *ret_mark = search->first;
                return true;
        }
        if (instrument->kind == ZL_KIND_INVERSE) {
                struct zl_wide power = zl_wide_pow10(instrument->reciprocal_exponent);
                if (search->up) /* the highest mark with U >= low */
                        mark = zl_wide_saturate(zl_wide_div_floor(power, wide(low)));
                else /* the lowest with U <= high */
                        mark = zl_wide_saturate(zl_wide_div_floor(power, wide(high + 1))) + 1;
        }
        if (search->direction == ZL_DOWN ? mark < search->last : mark > search->last)
                return false;
        zl_i128 found = zl_coordinate(instrument, (int64_t)mark);
        *ret_mark = (int64_t)mark;
        return found >= low && found <= high;
}

/* Steps from the first coordinate of a piece after which the line has another sign; more than
 * `steps` where it never has. The line runs from `a` to `b`. */
static zl_i128 turn(struct zl_wide a, struct zl_wide b, zl_i128 steps)
{
        bool good = !zl_wide_negative(a);
        struct zl_wide way = zl_wide_mul(a, wide(steps));

        if (good != zl_wide_negative(b))
                return steps + 1;
        if (good) /* first t with a - t (a - b) / steps < 0 */
                return zl_wide_saturate(zl_wide_div_floor(way, zl_wide_sub(a, b))) + 1;
        return zl_wide_saturate(zl_wide_div_ceil(zl_wide_neg(way), zl_wide_sub(b, a)));
}

/* The piece from `from` to `to`, in the order of the search. */
static bool first_in(const struct search *search, zl_i128 from, zl_i128 to, int64_t *ret_mark)
{
        struct zl_wide a = zl_path_excess(search->path, from);
        struct zl_wide b = zl_path_excess(search->path, to);
        zl_i128 steps = search->up ? to - from : from - to;
        zl_i128 first = 0, last = steps; /* those wanted */
        zl_i128 turned = turn(a, b, steps);

        if (!zl_wide_negative(a) == search->good)
                last = turned - 1;
        else
                first = turned;
        if (first > last)
                return false;
        return search->up ? first_mark(search, from + first, from + last, ret_mark)
                          : first_mark(search, from - last, from - first, ret_mark);
}

bool zl_path_nearest(const struct zl_path *path, bool good, int64_t from,
                     enum zl_direction direction, int64_t *ret_mark)
{
        const struct zl_instrument *instrument = path->instrument;
        bool down = direction == ZL_DOWN;
        struct search search = {.path = path,
                                .good = good,
                                .direction = direction,
                                .first = from,
                                .last = down ? instrument->min_price : instrument->max_price,
                                .up = down == (instrument->kind == ZL_KIND_INVERSE)};

        if (down && from > instrument->max_price)
                search.first = instrument->max_price;
        if (!down && from < instrument->min_price)
                search.first = instrument->min_price;
        if (down ? search.first < search.last : search.first > search.last)
                return false;
        zl_i128 at = zl_coordinate(instrument, search.first);
        const zl_i128 goal = zl_coordinate(instrument, search.last);
        for (;;) {
                zl_i128 end = piece_end(path, at, search.up);
                end = search.up ? zl_min_i128(end, goal) : zl_max_i128(end, goal);
                if (first_in(&search, at, end, ret_mark))
                        return true;
                if (end == goal)
                        return false;
                at = search.up ? end + 1 : end - 1;
        }
}

/* A line without an end is bad somewhere when it falls at all. */
static bool ever_bad_from(const struct zl_path *path, zl_i128 at, bool up, zl_i128 goal)
{
        for (;;) {
                zl_i128 end = piece_end(path, at, up);
                end = up ? zl_min_i128(end, goal) : zl_max_i128(end, goal);
                struct zl_wide first = zl_path_excess(path, at);
                bool endless = end == ZL_NO_END;
                struct zl_wide last = zl_path_excess(path, endless ? at + 1 : end);
                if (zl_wide_negative(first) || zl_wide_negative(last))
                        return true;
                if (endless)
                        return zl_wide_compare(last, first) < 0;
                if (end == goal)
                        return false;
                at = up ? end + 1 : end - 1;
        }
}

bool zl_path_ever_bad(const struct zl_path *path, enum zl_direction direction)
{
        const struct zl_instrument *instrument = path->instrument;
        bool inverse = instrument->kind == ZL_KIND_INVERSE;
        zl_i128 most = zl_coordinate_most(instrument);
        zl_i128 least = zl_coordinate(instrument,
                                      inverse ? instrument->max_price : instrument->min_price);

        if ((direction == ZL_UP) != inverse)
                return ever_bad_from(path, most + 1, true, ZL_NO_END);
        return least > 0 && ever_bad_from(path, least - 1, false, 0);
}
