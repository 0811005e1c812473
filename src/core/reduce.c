#include "core/reduce.h"

#include "core/order.h"

/* ---- tiers ---- */

/* The least number of lots that leaves the part in this tier or a lower one. What counts, value,
 * cost or size, goes down in proportion to the quantity. */
static zl_i128 lots_to_tier(const struct zl_view *view, const struct zl_part *part, uint32_t tier)
{
        const struct zl_instrument *instrument = part->instrument;
        const struct zl_tier *row = &instrument->tiers[tier];
        zl_i128 measure = part->size, upto = row->upto;

        if (row->open)
                return 0;
        if (instrument->tier_by != ZL_TIER_BY_SIZE) {
                bool by_entry = view->policy->mm_basis == ZL_MM_BASIS_ENTRY;
                upto *= zl_pow10(ZL_FINE);
                measure = by_entry ? part->cost : zl_part_value(part);
        }
        if (measure <= upto)
                return 0;
        struct zl_wide over = zl_wide_product(measure - upto, part->size);
        return zl_wide_saturate(
                zl_wide_div_ceil(over, zl_wide_product(measure, instrument->lot)));
}

/* ---- one position with some lots less ---- */

/* What closing a quantity loses against the mark, its fee included, up. With d = 10^9 - s slippage
 * the fill is worth V d / 10^9, or of an inverse contract V 10^9 / d. */
zl_i128 zl_loss_ceil(const struct zl_part *part, zl_i128 qty)
{
        const struct zl_instrument *instrument = part->instrument;
        zl_i128 value = instrument->unit * qty * part->u, slip = instrument->slippage_ppb;
        zl_i128 d = ZL_PPB - part->sign * slip, fee = instrument->fee_ppb;
        struct zl_wide per_value = zl_wide_of(slip * ZL_PPB + fee * d);
        struct zl_wide unit = zl_wide_product(ZL_PPB, ZL_PPB);

        if (instrument->kind == ZL_KIND_INVERSE) {
                per_value = zl_wide_of(slip + fee);
                unit = zl_wide_of(d);
        }
        return zl_wide_saturate(zl_wide_div_ceil(zl_wide_mul(zl_wide_of(value), per_value), unit));
}

zl_i128 zl_cost_of_lot_floor(const struct zl_part *part)
{
        return zl_wide_saturate(
                zl_wide_div_floor(zl_wide_product(part->cost, part->instrument->lot),
                                  zl_wide_of(part->size)));
}

/* The part of `trial` at `at` becomes what is left of it in `view` after `lots` are closed. */
static void close_lots(const struct zl_view *view, struct zl_view *trial, uint32_t at,
                       zl_i128 lots)
{
        const struct zl_part *before = &view->parts[at];
        struct zl_part *left = &trial->parts[at];
        struct zl_stock *stock = &trial->stocks[before->stock];
        zl_i128 lot = before->instrument->lot;

        stock->amount += zl_part_profit(left); /* undo what the trial had */
        *left = *before;
        left->size -= lots * lot;
        left->unit = before->instrument->unit * left->size;
        left->cost -= lots * zl_cost_of_lot_floor(before);
        left->open = left->size > 0;
        while (left->tier > 0 && lots >= lots_to_tier(view, before, left->tier - 1))
                left->tier--;
        stock->amount -= zl_part_profit(left);
}

/* The loss stands apart, so that undoing stays simple. */
struct sizing {
        const struct zl_view *view;
        struct zl_view *trial;
        struct zl_threshold target;
        uint32_t at;          /* the part under way */
        zl_i128 loss_of_lot;
        zl_i128 lots;         /* closed in the trial */
        struct zl_worth worth;
};

static zl_i128 lots_of(const struct zl_part *part)
{
        return part->size / part->instrument->lot;
}

static void begin_part(struct sizing *sizing, uint32_t at)
{
        const struct zl_part *part = &sizing->view->parts[at];

        sizing->at = at;
        sizing->loss_of_lot = zl_loss_ceil(part, part->instrument->lot);
        sizing->lots = 0;
}

static void set_lots(struct sizing *sizing, zl_i128 lots)
{
        struct zl_stock *stock = &sizing->trial->stocks[sizing->view->parts[sizing->at].stock];

        close_lots(sizing->view, sizing->trial, sizing->at, lots);
        stock->amount -= (lots - sizing->lots) * sizing->loss_of_lot;
        sizing->lots = lots;
}

/* What the pool has over its target with so many lots less. */
static struct zl_wide gain(struct sizing *sizing, zl_i128 lots)
{
        set_lots(sizing, lots);
        zl_view_worth(sizing->trial, &sizing->worth);
        return zl_worth_excess(sizing->trial, &sizing->worth, sizing->target);
}

/* At its target, and safe: where neither equity nor maintenance is left, the first does not say the
 * second. */
static bool reaches(struct sizing *sizing, zl_i128 lots)
{
        return !zl_wide_negative(gain(sizing, lots)) &&
               zl_worth_good(sizing->trial, &sizing->worth,
                             zl_threshold_safe(sizing->trial->policy));
}

/* The least number of lots in [low, high] that reaches the target, `high` being one that does and
 * the gain rising to it. */
static zl_i128 least_that_reaches(struct sizing *sizing, zl_i128 low, zl_i128 high)
{
        while (low < high) {
                zl_i128 middle = low + (high - low) / 2;
                if (reaches(sizing, middle))
                        high = middle;
                else
                        low = middle + 1;
        }
        return low;
}

/* Between jumps of the table the gain is concave: its top is where it stops rising. 0: none. */
static zl_i128 least_between(struct sizing *sizing, zl_i128 low, zl_i128 high)
{
        zl_i128 from = low, to = high;

        if (reaches(sizing, low))
                return low;
        if (reaches(sizing, high))
                return least_that_reaches(sizing, low, high);
        while (from < to) {
                zl_i128 middle = from + (to - from) / 2;
                struct zl_wide here = gain(sizing, middle);
                if (zl_wide_compare(gain(sizing, middle + 1), here) > 0)
                        from = middle + 1;
                else
                        to = middle;
        }
        return reaches(sizing, from) ? least_that_reaches(sizing, low, from) : 0;
}

static uint32_t tier_of(const struct zl_view *view, const struct zl_part *part)
{
        return zl_tier_at(view, part, part->u);
}

/* ---- the policies ---- */

/* The least number of lots of the part under way that reaches the target; 0: none. */
static zl_i128 least_of_part(struct sizing *sizing)
{
        const struct zl_part *part = &sizing->view->parts[sizing->at];
        zl_i128 most = lots_of(part), low = 1;

        for (uint32_t tier = tier_of(sizing->view, part); part->instrument->jumps && tier > 0;
             tier--) {
                zl_i128 next = lots_to_tier(sizing->view, part, tier - 1);
                zl_i128 high = zl_min_i128(next - 1, most);
                zl_i128 found = low <= high ? least_between(sizing, low, high) : 0;
                if (found)
                        return found;
                low = zl_max_i128(low, next);
        }
        return low <= most ? least_between(sizing, low, most) : 0;
}

static bool minimal(const struct zl_view *view, struct zl_view *trial, const uint32_t *places,
                    struct zl_reduction *reduction)
{
        struct sizing sizing = {.view = view,
                                .trial = trial,
                                .target = zl_threshold_target(view->policy)};

        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_part *part = &view->parts[places[i]];
                zl_i128 most = lots_of(part);
                if (!zl_part_trades(part) || most == 0)
                        continue;
                begin_part(&sizing, places[i]);
                zl_i128 lots = least_of_part(&sizing);
                set_lots(&sizing, lots ? lots : most);
                reduction->qty[places[i]] = (int64_t)(sizing.lots * part->instrument->lot);
                if (lots)
                        return true;
        }
        return false;
}

static bool down_a_tier(const struct zl_view *view, const uint32_t *places,
                        struct zl_reduction *reduction)
{
        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_part *part = &view->parts[places[i]];
                uint32_t tier = tier_of(view, part);
                if (!zl_part_trades(part) || tier == 0)
                        continue;
                zl_i128 lots = lots_to_tier(view, part, tier - 1);
                if (lots < 1 || lots > lots_of(part))
                        continue;
                reduction->qty[places[i]] = (int64_t)(lots * part->instrument->lot);
                return true;
        }
        return false;
}

static bool a_fraction(const struct zl_view *view, const uint32_t *places,
                       struct zl_reduction *reduction)
{
        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_part *part = &view->parts[places[i]];
                zl_i128 most = lots_of(part), lot = part->instrument->lot;
                if (!zl_part_trades(part) || most == 0)
                        continue;
                zl_i128 lots = zl_div_ceil(part->size * view->policy->fraction_ppb, lot * ZL_PPB);
                reduction->qty[places[i]] = (int64_t)(zl_min_i128(lots, most) * lot);
                return true;
        }
        return false;
}

static bool nothing_trades(const struct zl_view *view)
{
        for (uint32_t i = 0; i < view->parts_count; i++) {
                if (zl_part_trades(&view->parts[i]) && lots_of(&view->parts[i]) > 0)
                        return false;
        }
        return true;
}

static bool closes_everything(const struct zl_view *view, const struct zl_reduction *reduction)
{
        for (uint32_t i = 0; i < view->parts_count; i++) {
                if (view->parts[i].open && reduction->qty[i] < view->parts[i].size)
                        return false;
        }
        return true;
}

/* Only what is in use. */
static void copy(struct zl_view *trial, const struct zl_view *view)
{
        trial->policy = view->policy;
        trial->flat = view->flat;
        trial->parts_count = view->parts_count;
        trial->stocks_count = view->stocks_count;
        trial->open_count = view->open_count;
        trial->digits = view->digits;
        trial->slope_digits = view->slope_digits;
        for (uint32_t i = 0; i < view->parts_count; i++)
                trial->parts[i] = view->parts[i];
        for (uint32_t i = 0; i < view->stocks_count; i++)
                trial->stocks[i] = view->stocks[i];
}

enum zl_skip zl_reduce(const struct zl_view *view, struct zl_view *trial,
                       struct zl_reduction *ret_reduction)
{
        uint32_t places[ZL_PARTS_MAX];
        bool found = false;

        for (uint32_t i = 0; i < view->parts_count; i++)
                ret_reduction->qty[i] = 0;
        if (view->policy->partial == ZL_PARTIAL_NEVER)
                return ZL_SKIP_POLICY;
        if (nothing_trades(view))
                return ZL_SKIP_NOTHING_TRADES;
        zl_order_parts(view, places);
        if (view->policy->partial == ZL_PARTIAL_TIER) {
                found = down_a_tier(view, places, ret_reduction);
        } else if (view->policy->partial == ZL_PARTIAL_FRACTION) {
                found = a_fraction(view, places, ret_reduction);
        } else {
                copy(trial, view);
                found = minimal(view, trial, places, ret_reduction);
        }
        if (!found)
                return ZL_SKIP_UNREACHED;
        return closes_everything(view, ret_reduction) ? ZL_SKIP_EVERYTHING : ZL_SKIP_NOT;
}
