#include "core/lines.h"

/* Funding due = qty x (index now - the position's), in 10^-12 of the settle asset for a quantity of
 * 1: exact in fine units where they are fine enough, else rounded up, against the account. */
static bool funding_due_ceil(const struct zl_holding *holding,
                             const struct zl_instrument *instrument, uint32_t settle_scale,
                             zl_i128 *ret_due)
{
        struct zl_wide due = zl_wide_product(holding->qty,
                                             (zl_i128)instrument->funding - holding->funding);
        uint32_t fine = settle_scale + ZL_FINE, used = 12 + instrument->qty_scale;

        if (fine >= used)
                due = zl_wide_mul(due, zl_wide_pow10(fine - used));
        else
                due = zl_wide_div_ceil(due, zl_wide_pow10(used - fine));
        *ret_due = zl_wide_saturate(due);
        return zl_magnitude(*ret_due) >> ZL_VALUE_BITS == 0;
}

/* m + slope |q| of the last tier, which is the largest, is at most 10. */
static bool rate_too_large(const struct zl_terms *terms)
{
        const struct zl_instrument *instrument = terms->instrument;
        const struct zl_tier *last = &instrument->tiers[instrument->tiers_count - 1];
        zl_i128 slope = instrument->mmr_slope_ppb * (instrument->mmr_slope_ppb ? terms->size : 0);

        return slope + last->mmr_ppb * zl_size_unit(terms) >
               10 * (zl_i128)ZL_PPB * zl_size_unit(terms);
}

static zl_refusal check_bounds(const struct zl_terms *terms)
{
        zl_i128 value;

        if (!zl_mul(terms->unit, zl_coordinate_most(terms->instrument), &value) ||
            value >> ZL_VALUE_BITS)
                return "a position is worth too much at the end of the range";
        if (terms->cost >> ZL_VALUE_BITS || terms->cost <= 0)
                return "a position's cost is not positive, or too large";
        if (rate_too_large(terms))
                return "a position's maintenance rate is above 10";
        return NULL;
}

static int bits(zl_u128 a)
{
        uint64_t high = (uint64_t)(a >> 64), low = (uint64_t)a;

        if (high)
                return 128 - __builtin_clzll(high);
        return low ? 64 - __builtin_clzll(low) : 0;
}

/* Comparisons multiply what the pool is worth by precision, by a ratio of at most 10 in 10^-9 (34
 * bits), and by a maintenance rate of at most 10. */
static bool too_large_to_compare(const struct zl_terms *terms, zl_i128 slope_unit, zl_i128 divisor)
{
        zl_i128 worth = terms->unit * zl_coordinate_most(terms->instrument) + terms->cost +
                        (zl_i128)zl_magnitude(terms->balance) +
                        (zl_i128)zl_magnitude(terms->order_margin);

        return bits((zl_u128)worth) + bits(ZL_PPB) + bits((zl_u128)slope_unit) +
                       bits((zl_u128)divisor) + 34 + 4 >
               254;
}

zl_refusal zl_terms_of(const struct zl_holding *holding, const struct zl_instrument *instrument,
                       const struct zl_policy *policy, struct zl_terms *ret_terms)
{
        const zl_i128 fine = zl_pow10(ZL_FINE);
        struct zl_terms terms = {.instrument = instrument,
                                 .policy = policy,
                                 .sign = holding->qty < 0 ? -1 : 1,
                                 .size = (zl_i128)zl_magnitude(holding->qty),
                                 .order_margin = holding->order_margin * fine};
        zl_i128 due;

        terms.slope = instrument->kind == ZL_KIND_INVERSE ? -terms.sign : terms.sign;
        if (!zl_mul(instrument->unit, terms.size, &terms.unit))
                return "a position is worth too much at the end of the range";
        if (holding->has_cost)
                terms.cost = holding->cost * fine;
        else if (!zl_mul(terms.unit, zl_coordinate(instrument, holding->entry), &terms.cost))
                return "a position's cost is not positive, or too large";
        zl_refusal refusal = check_bounds(&terms);
        if (refusal)
                return refusal;
        if (!funding_due_ceil(holding, instrument, instrument->settle_scale, &due))
                return "the funding due is too large";
        terms.balance = holding->margin * fine - due;
        /* mm by size on the entry value divides by |q|, which precision must then hold too. */
        zl_i128 divisor = zl_by_size(&terms) && zl_by_entry(&terms) ? terms.size : 1;
        if (too_large_to_compare(&terms, zl_size_unit(&terms), divisor))
                return "a position is too large and too finely divided to compare exactly";
        terms.precision = zl_wide_product((zl_i128)ZL_PPB * zl_size_unit(&terms), divisor);
        *ret_terms = terms;
        return NULL;
}

/* ---- at one mark ---- */

zl_i128 zl_value(const struct zl_terms *terms, int64_t mark)
{
        return terms->unit * zl_coordinate(terms->instrument, mark);
}

zl_i128 zl_profit(const struct zl_terms *terms, int64_t mark)
{
        return terms->slope * (zl_value(terms, mark) - terms->cost);
}

zl_i128 zl_bankruptcy_equity(const struct zl_terms *terms, int64_t mark)
{
        return terms->balance + zl_profit(terms, mark);
}

zl_i128 zl_equity(const struct zl_terms *terms, int64_t mark)
{
        return zl_bankruptcy_equity(terms, mark) - terms->order_margin;
}

struct zl_wide zl_maintenance(const struct zl_terms *terms, int64_t mark)
{
        zl_i128 u = zl_coordinate(terms->instrument, mark);
        const struct zl_tier *tier = &terms->instrument->tiers[zl_tier_at(terms, u)];
        struct zl_maintenance_lines lines = zl_maintenance_lines(terms, tier);
        struct zl_wide margin = zl_line_at(&lines.margin, u), fee = zl_line_at(&lines.fee, u);

        return zl_wide_negative(margin) ? fee : zl_wide_add(margin, fee);
}

struct zl_threshold zl_threshold_safe(const struct zl_policy *policy)
{
        return (struct zl_threshold){1, 1, policy->unsafe_at_equal};
}

struct zl_threshold zl_threshold_ratio(int64_t ratio_ppb)
{
        int64_t num = ratio_ppb, den = ZL_PPB, divisor = num, rest = den;

        while (rest) { /* lowest terms keep the products short */
                int64_t next = divisor % rest;
                divisor = rest;
                rest = next;
        }
        return (struct zl_threshold){num / divisor, den / divisor, true};
}
