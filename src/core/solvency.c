#include "core/solvency.h"

/* ---- positions ---- */

static struct zl_wide wide(zl_i128 a)
{
        return zl_wide_of(a);
}

/* Funding due = qty x (index now - the position's), in 10^-12 of the settle asset for a quantity of
 * 1: exact in fine units where they are fine enough, else rounded up, against the account. */
zl_i128 zl_due_ceil(const struct zl_part *part, int64_t funding)
{
        const struct zl_instrument *instrument = part->instrument;
        zl_i128 index = (zl_i128)funding - part->paid;
        struct zl_wide due = zl_wide_product(part->sign * part->size, index);
        uint32_t fine = instrument->settle_scale + ZL_FINE, used = 12 + instrument->qty_scale;

        if (fine >= used)
                due = zl_wide_mul(due, zl_wide_pow10(fine - used));
        else
                due = zl_wide_div_ceil(due, zl_wide_pow10(used - fine));
        return zl_wide_saturate(due);
}

void zl_due_range(const struct zl_part *part, int64_t *low, int64_t *high)
{
        uint32_t fine = part->instrument->settle_scale + ZL_FINE;
        uint32_t used = 12 + part->instrument->qty_scale;
        struct zl_wide most = zl_wide_of(((zl_i128)1 << ZL_DUE_BITS) - 1);
        struct zl_wide unit = zl_wide_of(part->size);

        if (fine >= used)
                unit = zl_wide_mul(unit, zl_wide_pow10(fine - used));
        else
                most = zl_wide_mul(most, zl_wide_pow10(used - fine));
        zl_i128 way = zl_min_i128(zl_wide_saturate(zl_wide_div_floor(most, unit)),
                                  (zl_i128)1 << 65);
        *low = (int64_t)zl_max_i128(*low, part->paid - way);
        *high = (int64_t)zl_min_i128(*high, part->paid + way);
}

/* m + slope |q| of the last tier, which is the largest, is at most 10. */
static bool rate_too_large(const struct zl_part *part)
{
        const struct zl_instrument *instrument = part->instrument;
        const struct zl_tier *last = &instrument->tiers[instrument->tiers_count - 1];
        zl_i128 one = zl_pow10(instrument->qty_scale);
        zl_i128 slope = instrument->mmr_slope_ppb ? instrument->mmr_slope_ppb * part->size : 0;

        return slope + last->mmr_ppb * one > 10 * (zl_i128)ZL_PPB * one;
}

static zl_refusal check_bounds(const struct zl_part *part)
{
        zl_i128 value;

        if (!zl_mul(part->unit, zl_coordinate_most(part->instrument), &value) ||
            value >> ZL_VALUE_BITS)
                return "a position is worth too much at the end of the range";
        if (part->cost >> ZL_VALUE_BITS || part->cost <= 0)
                return "a position's cost is not positive, or too large";
        if (rate_too_large(part))
                return "a position's maintenance rate is above 10";
        if (zl_magnitude(part->due) >> ZL_DUE_BITS)
                return "the funding due is too large";
        return NULL;
}

static uint32_t fixed_tier(const struct zl_part *part, bool by_entry)
{
        const struct zl_instrument *instrument = part->instrument;
        bool by_size = instrument->tier_by == ZL_TIER_BY_SIZE;
        zl_i128 measure = by_size ? part->size : part->cost;
        zl_i128 unit = by_size ? 1 : zl_pow10(ZL_FINE);
        uint32_t tier = 0;

        if (!by_size && !by_entry)
                return 0;
        while (!instrument->tiers[tier].open && instrument->tiers[tier].upto * unit < measure)
                tier++;
        return tier;
}

zl_refusal zl_part_of(const struct zl_holding *holding, const struct zl_instrument *instrument,
                      const struct zl_policy *policy, struct zl_part *ret_part)
{
        struct zl_part *part = ret_part;

        *part = (struct zl_part){
                .instrument = instrument,
                .sign = holding->qty < 0 ? -1 : 1,
                .open = instrument->status != ZL_STATUS_SETTLED,
                .size = (zl_i128)zl_magnitude(holding->qty),
                .paid = holding->funding_known ? holding->funding : instrument->funding,
                .u = instrument->coordinate,
                .funding = instrument->funding,
        };
        part->slope = instrument->kind == ZL_KIND_INVERSE ? -part->sign : part->sign;
        if (!zl_mul(instrument->unit, part->size, &part->unit))
                return "a position is worth too much at the end of the range";
        if (holding->has_cost)
                part->cost = holding->cost * zl_pow10(ZL_FINE);
        else if (!zl_mul(part->unit, zl_coordinate(instrument, holding->entry), &part->cost))
                return "a position's cost is not positive, or too large";
        part->due = part->paid == part->funding ? 0 : zl_due_ceil(part, part->funding);
        zl_refusal refusal = check_bounds(part);
        if (!refusal)
                part->tier = fixed_tier(part, policy->mm_basis == ZL_MM_BASIS_ENTRY);
        return refusal;
}

/* ---- building a view ---- */

void zl_view_begin(struct zl_view *view, const struct zl_policy *policy, bool flat)
{
        view->policy = policy;
        view->flat = flat;
        view->parts_count = view->stocks_count = view->open_count = 0;
        view->digits = view->slope_digits = 0;
}

uint32_t zl_view_stock(struct zl_view *view, const struct zl_asset *asset)
{
        uint32_t at = 0;

        while (at < view->stocks_count && view->stocks[at].asset != asset)
                at++;
        if (at == ZL_STOCKS_MAX)
                return ZL_NONE_AT;
        if (at < view->stocks_count)
                return at;
        struct zl_stock *stock = &view->stocks[view->stocks_count++];
        uint32_t digits = asset->scale + ZL_FINE + asset->rate_scale;
        stock->asset = asset;
        stock->balance = ZL_NONE_AT;
        stock->amount = stock->order_margin = 0;
        if (digits > view->digits)
                view->digits = digits;
        return at;
}

zl_refusal zl_view_add(struct zl_view *view, const struct zl_holding *holding,
                       const struct zl_instrument *instrument, enum zl_leg leg, uint32_t stock,
                       uint32_t position)
{
        struct zl_part *part = &view->parts[view->parts_count];
        zl_refusal refusal = zl_part_of(holding, instrument, view->policy, part);

        if (refusal)
                return refusal;
        part->leg = leg;
        part->stock = stock;
        part->position = position;
        view->parts_count++;
        view->open_count += part->open;
        if (instrument->mmr_slope_ppb && instrument->qty_scale > view->slope_digits)
                view->slope_digits = instrument->qty_scale;
        return NULL;
}

void zl_stock_set_rate(struct zl_stock *stock, int64_t rate)
{
        stock->rate = rate;
        stock->weight = zl_wide_mul(stock->step, wide(rate));
}

void zl_view_end(struct zl_view *view)
{
        for (uint32_t i = 0; i < view->stocks_count; i++) {
                struct zl_stock *stock = &view->stocks[i];
                const struct zl_asset *asset = stock->asset;
                stock->step = zl_wide_pow10(view->digits - asset->scale - ZL_FINE -
                                            asset->rate_scale);
                zl_stock_set_rate(stock, asset->rate);
        }
}

/* ---- maintenance ---- */

static bool by_entry(const struct zl_view *view)
{
        return view->policy->mm_basis == ZL_MM_BASIS_ENTRY;
}

bool zl_tier_follows_mark(const struct zl_view *view, const struct zl_part *part)
{
        return part->instrument->tier_by != ZL_TIER_BY_SIZE && !by_entry(view);
}

zl_i128 zl_tier_end(const struct zl_part *part, uint32_t tier)
{
        const struct zl_tier *row = &part->instrument->tiers[tier];

        return row->open ? ZL_NO_END : zl_div_floor(row->upto * zl_pow10(ZL_FINE), part->unit);
}

uint32_t zl_tier_at(const struct zl_view *view, const struct zl_part *part, zl_i128 u)
{
        const struct zl_instrument *instrument = part->instrument;
        uint32_t tier = 0;

        if (!zl_tier_follows_mark(view, part))
                return part->tier;
        zl_i128 value = zl_value_at(part, u);
        while (!instrument->tiers[tier].open &&
               instrument->tiers[tier].upto * zl_pow10(ZL_FINE) < value)
                tier++;
        return tier;
}

struct zl_wide zl_view_slope_unit(const struct zl_view *view)
{
        return zl_wide_pow10(view->slope_digits);
}

/* By size: V / |q| max(0, m |q| - c), where V / |q| is K u, or with mm_basis entry cost / |q|. */
static struct zl_wide margin_by_size(const struct zl_view *view, const struct zl_part *part,
                                     zl_i128 u, struct zl_wide rate, struct zl_wide deduct,
                                     struct zl_fraction *ret_rest)
{
        struct zl_wide rest;
        struct zl_wide margin = zl_wide_sub(zl_wide_mul(rate, wide(part->size)), deduct);

        if (zl_wide_sign(margin) <= 0)
                return wide(0);
        if (!by_entry(view))
                return zl_wide_mul(margin, zl_wide_product(part->instrument->unit, u));
        margin = zl_wide_divide(zl_wide_mul(margin, wide(part->cost)), wide(part->size), &rest);
        *ret_rest = (struct zl_fraction){(uint64_t)zl_wide_saturate(rest), (uint64_t)part->size};
        return margin;
}

struct zl_wide zl_part_maintenance(const struct zl_view *view, const struct zl_part *part,
                                   zl_i128 u, struct zl_fraction *ret_rest)
{
        const struct zl_instrument *instrument = part->instrument;
        *ret_rest = (struct zl_fraction){0, 1};
        if (!part->open)
                return wide(0);
        const struct zl_tier *tier = &instrument->tiers[zl_tier_at(view, part, u)];
        zl_i128 value = by_entry(view) ? part->cost : zl_value_at(part, u);
        struct zl_wide one = zl_view_slope_unit(view);
        struct zl_wide rate = zl_wide_mul(one, wide(tier->mmr_ppb));
        struct zl_wide deduct = zl_wide_mul(one, wide(tier->deduct_ppb)), margin;

        if (instrument->mmr_slope_ppb)
                rate = zl_wide_add(
                        rate, zl_wide_mul(zl_wide_product(instrument->mmr_slope_ppb, part->size),
                                          zl_wide_pow10(view->slope_digits -
                                                        instrument->qty_scale)));
        if (instrument->tier_by == ZL_TIER_BY_SIZE) {
                margin = margin_by_size(view, part, u, rate, deduct, ret_rest);
        } else {
                margin = zl_wide_sub(zl_wide_mul(rate, wide(value)),
                                     zl_wide_mul(deduct, wide(zl_pow10(ZL_FINE))));
                if (zl_wide_negative(margin))
                        margin = wide(0);
        }
        if (!view->policy->fee_in_maintenance || instrument->fee_ppb == 0)
                return margin;
        return zl_wide_add(margin,
                           zl_wide_mul(one, zl_wide_product(value, instrument->fee_ppb)));
}

/* ---- equity ---- */

zl_i128 zl_stock_amount(const struct zl_view *view, uint32_t stock)
{
        zl_i128 amount = view->stocks[stock].amount;

        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_part *part = &view->parts[i];
                if (part->stock == stock)
                        amount += zl_part_profit(part) - part->due;
        }
        return amount;
}

struct zl_wide zl_stock_weighted(const struct zl_view *view, uint32_t stock, zl_i128 amount)
{
        const struct zl_asset *asset = view->stocks[stock].asset;
        struct zl_wide total = wide(0);
        zl_i128 from = 0;

        if (view->flat)
                return zl_wide_product(amount, ZL_PPB);
        if (amount <= 0)
                return zl_wide_product(amount, asset->liability_ppb);
        for (uint32_t i = 0; from < amount; i++) {
                const struct zl_slice *slice = &asset->slices[i];
                zl_i128 to = slice->open ? amount : zl_min_i128(amount, slice->upto);
                total = zl_wide_add(total, zl_wide_product(to - from, slice->weight_ppb));
                from = to;
        }
        return total;
}

/* ---- worth ---- */

/* weight x (whole + rest), again as a whole number and a rest. */
static struct zl_wide weigh(const struct zl_wide *weight, struct zl_wide whole,
                            struct zl_fraction *rest)
{
        whole = zl_wide_mul(whole, *weight);
        if (rest->num == 0)
                return whole;
        struct zl_wide left, more = zl_wide_mul(*weight, wide(rest->num));
        more = zl_wide_divide(more, wide(rest->den), &left);
        rest->num = (uint64_t)zl_wide_saturate(left);
        return zl_wide_add(whole, more);
}

void zl_view_worth(struct zl_view *view, struct zl_worth *ret_worth)
{
        struct zl_wide equity = wide(0), left = wide(0), maintenance = wide(0);

        ret_worth->fractions_count = 0;
        for (uint32_t i = 0; i < view->stocks_count; i++) {
                const struct zl_stock *stock = &view->stocks[i];
                zl_i128 amount = zl_stock_amount(view, i);
                struct zl_wide counts = zl_stock_weighted(view, i, amount - stock->order_margin);
                equity = zl_wide_add(equity, zl_wide_mul(stock->weight, counts));
                left = zl_wide_add(left, zl_wide_mul(stock->weight, wide(amount)));
        }
        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_part *part = &view->parts[i];
                struct zl_fraction rest;
                struct zl_wide mm = zl_part_maintenance(view, part, part->u, &rest);
                mm = weigh(&view->stocks[part->stock].weight, mm, &rest);
                maintenance = zl_wide_add(maintenance, mm);
                if (rest.num)
                        view->fractions[ret_worth->fractions_count++] = rest;
        }
        if (view->slope_digits)
                equity = zl_wide_mul(equity, zl_view_slope_unit(view));
        ret_worth->equity = equity;
        ret_worth->left = left;
        ret_worth->maintenance = maintenance;
}

/* den times the fractions, up to the whole number that `num E - den W` must reach. */
static struct zl_wide carry(const struct zl_view *view, uint32_t count,
                            struct zl_threshold threshold)
{
        struct zl_fraction scaled[ZL_PARTS_MAX];
        struct zl_wide whole = wide(0);
        uint64_t floor;
        bool is_whole;

        for (uint32_t i = 0; i < count; i++) {
                zl_u128 num = (zl_u128)view->fractions[i].num * (uint64_t)threshold.den;
                uint64_t den = view->fractions[i].den;
                whole = zl_wide_add(whole, wide((zl_i128)(num / den)));
                scaled[i] = (struct zl_fraction){(uint64_t)(num % den), den};
        }
        zl_fractions_sum(scaled, count, &floor, &is_whole);
        whole = zl_wide_add(whole, wide(floor));
        return threshold.strict || !is_whole ? zl_wide_add(whole, wide(1)) : whole;
}

struct zl_wide zl_worth_excess(const struct zl_view *view, const struct zl_worth *worth,
                               struct zl_threshold threshold)
{
        struct zl_wide excess =
                zl_wide_sub(zl_wide_mul(worth->equity, wide(threshold.num)),
                            zl_wide_mul(worth->maintenance, wide(threshold.den)));

        if (worth->fractions_count)
                return zl_wide_sub(excess, carry(view, worth->fractions_count, threshold));
        return threshold.strict ? zl_wide_sub(excess, wide(1)) : excess;
}
