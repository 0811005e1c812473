#include "core/lines.h"

static struct zl_wide wide(zl_i128 a)
{
        return zl_wide_of(a);
}

struct zl_maintenance_lines zl_maintenance_lines(const struct zl_terms *terms,
                                            const struct zl_tier *tier)
{
        const struct zl_wide zero = wide(0);
        zl_i128 one = zl_size_unit(terms);
        zl_i128 rate = tier->mmr_ppb * one + terms->instrument->mmr_slope_ppb *
                                                     (terms->instrument->mmr_slope_ppb ? terms->size
                                                                                       : 0);
        zl_i128 fee = terms->policy->fee_in_maintenance ? terms->instrument->fee_ppb * one : 0;
        struct zl_wide deduct = zl_wide_product(tier->deduct_ppb, one);
        struct zl_maintenance_lines lines;
        struct zl_wide margin_per_value, fee_per_value, value;

        if (zl_by_size(terms)) { /* per unit of quantity: K M, or cost / |q| */
                margin_per_value = zl_wide_sub(zl_wide_product(rate, terms->size), deduct);
                if (zl_wide_negative(margin_per_value))
                        margin_per_value = zero; /* max(0, m |q| - c), at every mark */
                value = wide(zl_by_entry(terms) ? terms->cost : terms->instrument->unit);
                fee_per_value = zl_wide_product(fee, terms->size);
                deduct = zero;
        } else {
                margin_per_value = wide(rate);
                value = wide(zl_by_entry(terms) ? terms->cost : terms->unit);
                fee_per_value = wide(fee);
                deduct = zl_wide_mul(deduct, zl_wide_pow10(ZL_FINE));
        }
        struct zl_wide margin_part = zl_wide_mul(value, margin_per_value);
        struct zl_wide fee_part = zl_wide_mul(value, fee_per_value);
        if (zl_by_entry(terms)) {
                lines.margin = (struct zl_line){zero, zl_wide_sub(margin_part, deduct)};
                lines.fee = (struct zl_line){zero, fee_part};
        } else {
                lines.margin = (struct zl_line){margin_part, zl_wide_neg(deduct)};
                lines.fee = (struct zl_line){fee_part, zero};
        }
        return lines;
}

static bool tier_follows_mark(const struct zl_terms *terms)
{
        return !zl_by_size(terms) && !zl_by_entry(terms);
}

/* A tier's last coordinate. */
static zl_i128 tier_end(const struct zl_terms *terms, uint32_t tier)
{
        const struct zl_tier *row = &terms->instrument->tiers[tier];

        if (!tier_follows_mark(terms) || row->open)
                return ZL_NO_END;
        return zl_div_floor(row->upto * zl_pow10(ZL_FINE), terms->unit);
}

uint32_t zl_tier_at(const struct zl_terms *terms, zl_i128 u)
{
        uint32_t tier = 0;

        if (tier_follows_mark(terms)) {
                while (tier_end(terms, tier) < u)
                        tier++;
                return tier;
        }
        zl_i128 measure = zl_by_size(terms) ? terms->size : terms->cost;
        zl_i128 fine = zl_by_size(terms) ? 1 : zl_pow10(ZL_FINE);
        while (!terms->instrument->tiers[tier].open &&
               terms->instrument->tiers[tier].upto * fine < measure)
                tier++;
        return tier;
}

static struct zl_line scaled(const struct zl_line *line, zl_i128 by)
{
        return (struct zl_line){zl_wide_mul(line->alpha, wide(by)),
                                zl_wide_mul(line->beta, wide(by))};
}

static struct zl_line minus(const struct zl_line *a, const struct zl_line *b)
{
        return (struct zl_line){zl_wide_sub(a->alpha, b->alpha), zl_wide_sub(a->beta, b->beta)};
}

struct zl_piece zl_piece_of(const struct zl_terms *terms, struct zl_threshold threshold,
                             uint32_t tier)
{
        struct zl_maintenance_lines mm =
            zl_maintenance_lines(terms, &terms->instrument->tiers[tier]);
        struct zl_wide weight = zl_wide_mul(terms->precision, wide(threshold.num));
        zl_i128 fixed = terms->balance - terms->order_margin - terms->slope * terms->cost;
        struct zl_line equity = {zl_wide_mul(weight, wide(terms->slope * terms->unit)),
                              zl_wide_mul(weight, wide(fixed))};
        struct zl_line fee = scaled(&mm.fee, threshold.den);
        struct zl_line margin = scaled(&mm.margin, threshold.den);
        struct zl_piece piece = {
                .low = tier && tier_follows_mark(terms) ? tier_end(terms, tier - 1) + 1 : 0,
                .high = tier_end(terms, tier),
        };

        piece.lines[0] = minus(&equity, &fee);
        piece.lines[1] = minus(&piece.lines[0], &margin);
        return piece;
}

void zl_keep_good(const struct zl_line *line, bool strict, zl_i128 *low, zl_i128 *high)
{
        int slope = zl_wide_sign(line->alpha);

        if (slope == 0) {
                int sign = zl_wide_sign(line->beta);
                if (sign < 0 || (strict && sign == 0))
                        *low = *high + 1;
                return;
        }
        if (slope > 0) { /* u >= -beta / alpha */
                struct zl_wide root = zl_wide_neg(line->beta);
                root = strict ? zl_wide_add(zl_wide_div_floor(root, line->alpha), wide(1))
                              : zl_wide_div_ceil(root, line->alpha);
                *low = zl_max_i128(zl_wide_saturate(root), *low);
                return;
        }
        struct zl_wide fall = zl_wide_neg(line->alpha); /* u <= beta / -alpha */
        struct zl_wide root = strict ? zl_wide_sub(zl_wide_div_ceil(line->beta, fall), wide(1))
                                     : zl_wide_div_floor(line->beta, fall);
        *high = zl_min_i128(zl_wide_saturate(root), *high);
}
