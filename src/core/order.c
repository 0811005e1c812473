#include "core/order.h"

/* Smaller goes first: by the first number, then by the second. */
struct rank {
        struct zl_wide first, second;
};

static struct zl_wide weighed(const struct zl_view *view, const struct zl_part *part, zl_i128 fine)
{
        return zl_wide_mul(view->stocks[part->stock].weight, zl_wide_of(fine));
}

static struct zl_wide margin_of(const struct zl_view *view, const struct zl_part *part)
{
        struct zl_fraction rest;
        struct zl_wide mm = zl_part_maintenance(view, part, part->u, &rest);

        return zl_wide_mul(mm, view->stocks[part->stock].weight);
}

static bool in_pair(const struct zl_view *view, const struct zl_part *part)
{
        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_part *other = &view->parts[i];
                if (other->instrument == part->instrument && other->sign != part->sign)
                        return true;
        }
        return false;
}

/* The spread as a share of the mark, down at 10^-18; what the depth is worth. */
static struct rank liquidity_of(const struct zl_view *view, const struct zl_part *part)
{
        const struct zl_instrument *instrument = part->instrument;
        zl_i128 spread = (zl_i128)instrument->ask - instrument->bid;
        struct zl_wide share = zl_wide_mul(zl_wide_of(spread), zl_wide_pow10(18));
        struct zl_wide depth = zl_wide_product(instrument->depth, instrument->unit);

        depth = zl_wide_mul(zl_wide_mul(depth, zl_wide_of(part->u)),
                            view->stocks[part->stock].weight);
        return (struct rank){zl_wide_div_floor(share, zl_wide_of(instrument->mark)),
                             zl_wide_neg(depth)};
}

static struct rank rank_of(const struct zl_view *view, const struct zl_part *part)
{
        const struct zl_wide zero = zl_wide_of(0);

        switch (view->policy->position_order) {
        case ZL_POSITION_ORDER_LARGEST_LOSS:
                return (struct rank){weighed(view, part, zl_part_profit(part)), zero};
        case ZL_POSITION_ORDER_LEAST_VOLATILE:
                return (struct rank){zl_wide_of(part->instrument->volatility), zero};
        case ZL_POSITION_ORDER_MOST_LIQUID:
                return liquidity_of(view, part);
        case ZL_POSITION_ORDER_PAIRS_FIRST:
                return (struct rank){zl_wide_of(!in_pair(view, part)),
                                     zl_wide_neg(margin_of(view, part))};
        default:
                return (struct rank){zl_wide_neg(margin_of(view, part)), zero};
        }
}

static bool before(const struct rank *a, const struct rank *b)
{
        int order = zl_wide_compare(a->first, b->first);

        return order ? order < 0 : zl_wide_compare(a->second, b->second) < 0;
}

/* By insertion: a pool has few positions, and equal ones keep their order. */
void zl_order_parts(const struct zl_view *view, uint32_t ret_places[ZL_PARTS_MAX])
{
        struct rank ranks[ZL_PARTS_MAX];

        for (uint32_t i = 0; i < view->parts_count; i++) {
                struct rank rank = rank_of(view, &view->parts[i]);
                uint32_t at = i;
                for (; at > 0 && before(&rank, &ranks[at - 1]); at--) {
                        ranks[at] = ranks[at - 1];
                        ret_places[at] = ret_places[at - 1];
                }
                ranks[at] = rank;
                ret_places[at] = i;
        }
}
