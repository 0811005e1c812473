#include "core/solvency.h"

/* alpha M + beta */
struct line {
        struct zl_wide alpha, beta;
};

static struct zl_wide wide(zl_i128 a)
{
        return zl_wide_of(a);
}

static struct zl_wide at(const struct line *line, int64_t mark)
{
        return zl_wide_add(zl_wide_mul(line->alpha, wide(mark)), line->beta);
}

/* 10^qty_scale where the rate grows with size, which is measured in whole units; else 1. */
static zl_i128 size_unit(const struct zl_terms *terms)
{
        return terms->instrument->mmr_slope_ppb ? zl_pow10(terms->instrument->qty_scale) : 1;
}

static bool by_size(const struct zl_terms *terms)
{
        return terms->instrument->tier_by == ZL_TIER_BY_SIZE;
}

static bool by_entry(const struct zl_terms *terms)
{
        return terms->policy->mm_basis == ZL_MM_BASIS_ENTRY;
}

/* ---- making terms ---- */

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

        return slope + last->mmr_ppb * size_unit(terms) > 10 * (zl_i128)ZL_PPB * size_unit(terms);
}

static zl_refusal check_bounds(const struct zl_terms *terms, const struct zl_holding *holding)
{
        zl_i128 value;

        if (!zl_mul(terms->unit, terms->instrument->max_price, &value) || value >> ZL_VALUE_BITS)
                return "a position is worth too much at max_price";
        if (terms->cost >> ZL_VALUE_BITS || terms->cost <= 0)
                return "a position's cost is not positive, or too large";
        if (zl_magnitude(holding->margin) >> 80 || zl_magnitude(holding->order_margin) >> 80)
                return "a margin is too large";
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
        zl_i128 worth = terms->unit * terms->instrument->max_price + terms->cost +
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

        if (!zl_mul(instrument->unit, terms.size, &terms.unit))
                return "a position is worth too much at max_price";
        if (holding->has_cost)
                terms.cost = holding->cost * fine;
        else if (!zl_mul(terms.unit, holding->entry, &terms.cost))
                return "a position's cost is not positive, or too large";
        zl_refusal refusal = check_bounds(&terms, holding);
        if (refusal)
                return refusal;
        if (!funding_due_ceil(holding, instrument, instrument->settle_scale, &due))
                return "the funding due is too large";
        terms.balance = holding->margin * fine - due;
        /* mm by size on the entry value divides by |q|, which precision must then hold too. */
        zl_i128 divisor = by_size(&terms) && by_entry(&terms) ? terms.size : 1;
        if (too_large_to_compare(&terms, size_unit(&terms), divisor))
                return "a position is too large and too finely divided to compare exactly";
        terms.precision = zl_wide_product((zl_i128)ZL_PPB * size_unit(&terms), divisor);
        *ret_terms = terms;
        return NULL;
}

/* ---- at one mark ---- */

zl_i128 zl_value(const struct zl_terms *terms, int64_t mark)
{
        return terms->unit * mark;
}

zl_i128 zl_bankruptcy_equity(const struct zl_terms *terms, int64_t mark)
{
        return terms->balance + terms->sign * (zl_value(terms, mark) - terms->cost);
}

zl_i128 zl_equity(const struct zl_terms *terms, int64_t mark)
{
        return zl_bankruptcy_equity(terms, mark) - terms->order_margin;
}

/* Maintenance in one tier, times precision, as two lines: max(0, margin) + fee. */
struct maintenance {
        struct line margin, fee;
};

static struct maintenance maintenance_lines(const struct zl_terms *terms,
                                            const struct zl_tier *tier)
{
        const struct zl_wide zero = wide(0);
        zl_i128 one = size_unit(terms);
        zl_i128 rate = tier->mmr_ppb * one + terms->instrument->mmr_slope_ppb *
                                                     (terms->instrument->mmr_slope_ppb ? terms->size
                                                                                       : 0);
        zl_i128 fee = terms->policy->fee_in_maintenance ? terms->instrument->fee_ppb * one : 0;
        struct zl_wide deduct = zl_wide_product(tier->deduct_ppb, one);
        struct maintenance lines;
        struct zl_wide margin_per_value, fee_per_value, value;

        if (by_size(terms)) { /* per unit of quantity: K M, or cost / |q| */
                margin_per_value = zl_wide_sub(zl_wide_product(rate, terms->size), deduct);
                if (zl_wide_negative(margin_per_value))
                        margin_per_value = zero; /* max(0, m |q| - c), at every mark */
                value = wide(by_entry(terms) ? terms->cost : terms->instrument->unit);
                fee_per_value = zl_wide_product(fee, terms->size);
                deduct = zero;
        } else {
                margin_per_value = wide(rate);
                value = wide(by_entry(terms) ? terms->cost : terms->unit);
                fee_per_value = wide(fee);
                deduct = zl_wide_mul(deduct, zl_wide_pow10(ZL_FINE));
        }
        struct zl_wide margin_part = zl_wide_mul(value, margin_per_value);
        struct zl_wide fee_part = zl_wide_mul(value, fee_per_value);
        if (by_entry(terms)) {
                lines.margin = (struct line){zero, zl_wide_sub(margin_part, deduct)};
                lines.fee = (struct line){zero, fee_part};
        } else {
                lines.margin = (struct line){margin_part, zl_wide_neg(deduct)};
                lines.fee = (struct line){fee_part, zero};
        }
        return lines;
}

static bool tier_follows_mark(const struct zl_terms *terms)
{
        return !by_size(terms) && !by_entry(terms);
}

/* A tier's last mark; ZL_NO_END where it has none below that. */
static int64_t tier_end(const struct zl_terms *terms, uint32_t tier)
{
        const struct zl_tier *row = &terms->instrument->tiers[tier];

        if (!tier_follows_mark(terms) || row->open)
                return ZL_NO_END;
        zl_i128 end = zl_div_floor(row->upto * zl_pow10(ZL_FINE), terms->unit);
        return end >= ZL_NO_END ? ZL_NO_END : (int64_t)end;
}

/* The first tier whose `upto` is not below the position's notional or size at this mark. */
static uint32_t tier_at(const struct zl_terms *terms, int64_t mark)
{
        const struct zl_instrument *instrument = terms->instrument;
        zl_i128 measure = by_size(terms)    ? terms->size
                          : by_entry(terms) ? terms->cost
                                            : zl_value(terms, mark);
        zl_i128 fine = by_size(terms) ? 1 : zl_pow10(ZL_FINE);
        uint32_t tier = 0;

        while (!instrument->tiers[tier].open && instrument->tiers[tier].upto * fine < measure)
                tier++;
        return tier;
}

struct zl_wide zl_maintenance(const struct zl_terms *terms, int64_t mark)
{
        const struct zl_tier *tier = &terms->instrument->tiers[tier_at(terms, mark)];
        struct maintenance lines = maintenance_lines(terms, tier);
        struct zl_wide margin = at(&lines.margin, mark), fee = at(&lines.fee, mark);

        return zl_wide_negative(margin) ? fee : zl_wide_add(margin, fee);
}

/* ---- along the marks ---- */

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

/* One tier's marks and, as lines, num E - den MM there: the pool is good where both are. */
struct piece {
        int64_t low, high;
        struct line lines[2];
};

static struct line scaled(const struct line *line, zl_i128 by)
{
        return (struct line){zl_wide_mul(line->alpha, wide(by)), zl_wide_mul(line->beta, wide(by))};
}

static struct line minus(const struct line *a, const struct line *b)
{
        return (struct line){zl_wide_sub(a->alpha, b->alpha), zl_wide_sub(a->beta, b->beta)};
}

static struct piece piece_of(const struct zl_terms *terms, struct zl_threshold threshold,
                             uint32_t tier)
{
        struct maintenance mm = maintenance_lines(terms, &terms->instrument->tiers[tier]);
        struct zl_wide weight = zl_wide_mul(terms->precision, wide(threshold.num));
        zl_i128 fixed = terms->balance - terms->order_margin - terms->sign * terms->cost;
        struct line equity = {zl_wide_mul(weight, wide(terms->sign * terms->unit)),
                              zl_wide_mul(weight, wide(fixed))};
        struct line fee = scaled(&mm.fee, threshold.den);
        struct line margin = scaled(&mm.margin, threshold.den);
        struct piece piece = {
                .low = tier && tier_follows_mark(terms) ? tier_end(terms, tier - 1) : -1,
                .high = tier_end(terms, tier),
        };

        if (piece.low != ZL_NO_END)
                piece.low++;
        piece.lines[0] = minus(&equity, &fee);
        piece.lines[1] = minus(&piece.lines[0], &margin);
        return piece;
}

static int64_t clamp(struct zl_wide a)
{
        return zl_saturate_i64(zl_wide_saturate(a));
}

/* Narrows [low, high] to the marks where a line is >= 0, or > 0 when strict. */
static void keep_good(const struct line *line, bool strict, int64_t *low, int64_t *high)
{
        int slope = zl_wide_sign(line->alpha);

        if (slope == 0) {
                int sign = zl_wide_sign(line->beta);
                if (sign < 0 || (strict && sign == 0))
                        *low = *high + 1;
                return;
        }
        if (slope > 0) { /* M >= -beta / alpha */
                struct zl_wide root = zl_wide_neg(line->beta);
                root = strict ? zl_wide_add(zl_wide_div_floor(root, line->alpha), wide(1))
                              : zl_wide_div_ceil(root, line->alpha);
                *low = clamp(root) > *low ? clamp(root) : *low;
                return;
        }
        struct zl_wide fall = zl_wide_neg(line->alpha); /* M <= beta / -alpha */
        struct zl_wide root = strict ? zl_wide_sub(zl_wide_div_ceil(line->beta, fall), wide(1))
                                     : zl_wide_div_floor(line->beta, fall);
        *high = clamp(root) < *high ? clamp(root) : *high;
}

bool zl_is_good(const struct zl_terms *terms, struct zl_threshold threshold, int64_t mark)
{
        struct piece piece = piece_of(terms, threshold, tier_at(terms, mark));

        for (int i = 0; i < 2; i++) {
                int sign = zl_wide_sign(at(&piece.lines[i], mark));
                if (sign < 0 || (threshold.strict && sign == 0))
                        return false;
        }
        return true;
}

/* The mark nearest to the end of [low, high] that the search comes from. */
static bool nearest_in(const struct piece *piece, struct zl_threshold threshold, bool good,
                       enum zl_direction direction, int64_t low, int64_t high, int64_t *ret_mark)
{
        int64_t first = low, last = high; /* of the good ones */
        int64_t here = direction == ZL_DOWN ? high : low;

        keep_good(&piece->lines[0], threshold.strict, &first, &last);
        if (first <= last)
                keep_good(&piece->lines[1], threshold.strict, &first, &last);
        bool some = first <= last;
        if (good) {
                *ret_mark = direction == ZL_DOWN ? last : first;
                return some;
        }
        if (!some || here < first || here > last) {
                *ret_mark = here;
                return true;
        }
        *ret_mark = direction == ZL_DOWN ? first - 1 : last + 1;
        return direction == ZL_DOWN ? first > low : last < high;
}

bool zl_nearest(const struct zl_terms *terms, struct zl_threshold threshold, bool good,
                int64_t from, enum zl_direction direction, int64_t low, int64_t high,
                int64_t *ret_mark)
{
        if (direction == ZL_DOWN)
                high = from < high ? from : high;
        else
                low = from > low ? from : low;
        if (low > high)
                return false;
        uint32_t tier = tier_at(terms, direction == ZL_DOWN ? high : low);
        for (;;) {
                struct piece piece = piece_of(terms, threshold, tier);
                int64_t first = piece.low > low ? piece.low : low;
                int64_t last = piece.high < high ? piece.high : high;
                if (first <= last &&
                    nearest_in(&piece, threshold, good, direction, first, last, ret_mark))
                        return true;
                if (direction == ZL_DOWN ? piece.low <= low : piece.high >= high)
                        return false;
                tier = direction == ZL_DOWN ? tier - 1 : tier + 1;
        }
}

/* A line is bad somewhere when it is bad at an end, or falls for ever. */
static bool line_ever_bad(const struct line *line, bool strict, int64_t low, int64_t high)
{
        int first = zl_wide_sign(at(line, low));

        if (first < 0 || (strict && first == 0))
                return true;
        if (high == ZL_NO_END)
                return zl_wide_negative(line->alpha);
        int last = zl_wide_sign(at(line, high));
        return last < 0 || (strict && last == 0);
}

bool zl_ever_bad(const struct zl_terms *terms, struct zl_threshold threshold, int64_t low,
                 int64_t high)
{
        if (low > high)
                return false;
        for (uint32_t tier = tier_at(terms, low);; tier++) {
                struct piece piece = piece_of(terms, threshold, tier);
                int64_t first = piece.low > low ? piece.low : low;
                int64_t last = piece.high < high ? piece.high : high;
                for (int i = 0; first <= last && i < 2; i++) {
                        if (line_ever_bad(&piece.lines[i], threshold.strict, first, last))
                                return true;
                }
                if (piece.high >= high)
                        return false;
        }
}
