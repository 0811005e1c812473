#include "money.h"

#include <stdlib.h>

enum { POWERS = 120 };

static mpz_t powers[POWERS];

mpz_srcptr money_power(uint32_t digits)
{
        if (digits >= POWERS)
                abort();
        return powers[digits];
}

void money_init(struct money *money)
{
        for (unsigned i = 0; i < POWERS; i++) {
                mpz_init(powers[i]);
                mpz_ui_pow_ui(powers[i], 10, i);
        }
        for (unsigned i = 0; i < TWIN_POSITIONS; i++)
                mpz_inits(money->unit[i], money->value[i], money->cost[i], money->profit[i],
                          money->due[i], money->maintenance[i], money->closing[i],
                          money->factor[i], NULL);
        for (unsigned i = 0; i < TWIN_ASSETS; i++)
                mpz_init(money->amount[i]);
        mpz_inits(money->residue, money->equity, money->fills, money->needed, money->shared,
                  money->a, money->b, money->c, money->d, money->e, NULL);
}

void money_fini(struct money *money)
{
        for (unsigned i = 0; i < POWERS; i++)
                mpz_clear(powers[i]);
        for (unsigned i = 0; i < TWIN_POSITIONS; i++)
                mpz_clears(money->unit[i], money->value[i], money->cost[i], money->profit[i],
                           money->due[i], money->maintenance[i], money->closing[i],
                           money->factor[i], NULL);
        for (unsigned i = 0; i < TWIN_ASSETS; i++)
                mpz_clear(money->amount[i]);
        mpz_clears(money->residue, money->equity, money->fills, money->needed, money->shared,
                   money->a, money->b, money->c, money->d, money->e, NULL);
}

int64_t money_saturated(const mpz_t z)
{
        if (mpz_fits_slong_p(z))
                return mpz_get_si(z);
        return mpz_sgn(z) < 0 ? INT64_MIN : INT64_MAX;
}

static void set_i128(mpz_t r, zl_i128 z)
{
        mpz_set_si(r, (int64_t)(z >> 64));
        mpz_mul_2exp(r, r, 64);
        mpz_add_ui(r, r, (uint64_t)z);
}

void money_worth(mpz_t r, const mpz_t number, const struct asset *asset)
{
        mpz_mul_si(r, number, asset->rate);
        mpz_mul(r, r,
                powers[SUM_DIGITS - FINE_DIGITS - asset->said.scale - asset->said.rate_scale]);
}

/* ---- a position ---- */

static const struct asset *settle_of(const struct terms *terms, uint32_t at)
{
        return terms->holdings[terms->positions[at].holding].asset;
}

static bool is_inverse(const struct instrument *instrument)
{
        return instrument->said.kind == ZL_KIND_INVERSE;
}

static bool is_by_size(const struct instrument *instrument)
{
        return instrument->said.tier_by == ZL_TIER_BY_SIZE;
}

void money_coordinate(mpz_t r, const struct instrument *instrument, int64_t price)
{
        mpz_set_si(r, price);
        if (is_inverse(instrument))
                mpz_fdiv_q(r, powers[instrument->exponent], r);
}

/* K x the coordinate. */
static void set_unit(mpz_t r, const struct instrument *instrument, int64_t price)
{
        money_coordinate(r, instrument, price);
        mpz_mul_si(r, r, instrument->digits);
        if (!is_inverse(instrument))
                mpz_mul(r, r, powers[instrument->exponent]);
}

/* `cost`, or the value at entry. */
static void set_cost(mpz_t r, const struct term *term)
{
        if (term->said->has_cost) {
                mpz_mul_si(r, powers[FINE_DIGITS], term->said->cost);
                return;
        }
        set_unit(r, term->instrument, term->said->entry);
        mpz_mul_si(r, r, term->size);
}

/* q x (index now - the position's), up to the fine unit: the one rounding there is. */
static void set_due(mpz_t r, const struct term *term, const struct asset *settle)
{
        uint32_t digits = term->instrument->said.qty_scale + FUNDING_DIGITS;
        uint32_t fine = settle->said.scale + FINE_DIGITS;

        mpz_set_si(r, term->instrument->funding);
        if (term->said->funding < 0)
                mpz_add_ui(r, r, -(uint64_t)term->said->funding);
        else
                mpz_sub_ui(r, r, (uint64_t)term->said->funding);
        mpz_mul_si(r, r, term->said->qty);
        if (fine >= digits)
                mpz_mul(r, r, powers[fine - digits]);
        else
                mpz_cdiv_q(r, r, powers[digits - fine]);
}

/* value - cost of a long, and of an inverse short. */
static void set_profit(mpz_t r, const struct term *term, const mpz_t value, const mpz_t cost)
{
        mpz_sub(r, value, cost);
        if ((term->said->qty < 0) != is_inverse(term->instrument))
                mpz_neg(r, r);
}

bool money_refused(struct money *money, const struct terms *terms)
{
        for (uint32_t i = 0; i < terms->positions_count; i++) {
                const struct term *term = &terms->positions[i];
                const struct zl_msg_instrument *said = &term->instrument->said;
                uint32_t last = said->tiers_count;
                set_unit(money->a, term->instrument,
                         is_inverse(term->instrument) ? said->min_price : said->max_price);
                mpz_mul_si(money->a, money->a, term->size);
                set_cost(money->b, term);
                set_due(money->c, term, settle_of(terms, i));
                if (mpz_sizeinbase(money->a, 2) > VALUE_BITS || mpz_sgn(money->b) <= 0 ||
                    mpz_sizeinbase(money->b, 2) > VALUE_BITS ||
                    mpz_sizeinbase(money->c, 2) > DUE_BITS)
                        return true;
                /* The last tier's rate and the slope's share are at most 10. */
                mpz_mul_si(money->a, powers[said->qty_scale],
                           (last ? said->tiers[last - 1].mmr : 0) - 10 * (int64_t)PPB);
                mpz_set_si(money->b, said->mmr_slope);
                mpz_mul_si(money->b, money->b, term->size);
                mpz_add(money->a, money->a, money->b);
                if (mpz_sgn(money->a) > 0)
                        return true;
        }
        return false;
}

/* ---- maintenance ---- */

/* What maintenance is taken of, for one last digit of quantity: the unit, or the divisor's share of
 * the cost. */
static mpz_srcptr basis_of(const struct money *money, const struct terms *terms, uint32_t at)
{
        return terms->policy->mm_basis == ZL_MM_BASIS_ENTRY ? money->cost[at] : money->unit[at];
}

/* The first tier whose upto is at least the measure, else the last. */
uint32_t money_tier(struct money *money, const struct terms *terms, uint32_t at, int64_t size)
{
        const struct instrument *instrument = terms->positions[at].instrument;
        const struct zl_msg_instrument *said = &instrument->said;

        mpz_mul_si(money->a, basis_of(money, terms, at), size);
        for (uint32_t i = 0; i + 1 < said->tiers_count; i++) {
                if (ZL_ABSENT(&said->tiers[i], tier, upto))
                        return i;
                if (is_by_size(instrument)) {
                        if (said->tiers[i].upto >= size)
                                return i;
                        continue;
                }
                mpz_mul_si(money->b, powers[FINE_DIGITS], said->tiers[i].upto);
                mpz_mul_si(money->b, money->b, money->divisor[at]);
                if (mpz_cmp(money->b, money->a) >= 0)
                        return i;
        }
        return said->tiers_count ? said->tiers_count - 1 : 0;
}

/* mm = max(0, notional m - c) + f notional; by size max(0, value per unit x (m |q| - c)) + f value;
 * m = the tier's rate + slope x |q|. In 10^-(9 + qty_scale) of fine units, times the divisor. */
static void set_maintenance(struct money *money, const struct terms *terms, uint32_t at,
                            int64_t size)
{
        const struct instrument *instrument = terms->positions[at].instrument;
        const struct zl_msg_instrument *said = &instrument->said;
        uint32_t tier = money_tier(money, terms, at, size);
        mpz_t *charge = &money->maintenance[at];

        /* a: the notional; b: m; c: what is deducted */
        mpz_mul_si(money->b, powers[said->qty_scale],
                   said->tiers_count ? said->tiers[tier].mmr : 0);
        mpz_set_si(money->c, said->mmr_slope);
        mpz_mul_si(money->c, money->c, size);
        mpz_add(money->b, money->b, money->c);
        set_i128(money->c, said->tiers_count ? instrument->deducts[tier] : 0);
        mpz_mul(money->c, money->c, powers[said->qty_scale]);
        if (is_by_size(instrument)) {
                mpz_mul_si(*charge, money->b, size);
                mpz_sub(*charge, *charge, money->c);
                mpz_mul(*charge, *charge, basis_of(money, terms, at));
        } else {
                mpz_mul(*charge, money->a, money->b);
                mpz_mul(money->c, money->c, powers[FINE_DIGITS]);
                mpz_mul_si(money->c, money->c, money->divisor[at]);
                mpz_sub(*charge, *charge, money->c);
        }
        if (mpz_sgn(*charge) < 0)
                mpz_set_ui(*charge, 0);
        if (!terms->policy->fee_in_maintenance)
                return;
        mpz_mul_si(money->a, money->a, said->taker_fee + said->liq_fee);
        mpz_mul(money->a, money->a, powers[said->qty_scale]);
        mpz_add(*charge, *charge, money->a);
}

/* The same, in 10^-73 of the numeraire. */
static void set_needed(struct money *money, const struct terms *terms, uint32_t at, int64_t size)
{
        const struct asset *settle = settle_of(terms, at);
        uint32_t digits = PPB_DIGITS + terms->positions[at].instrument->said.qty_scale +
                          FINE_DIGITS + settle->said.scale + settle->said.rate_scale;

        set_maintenance(money, terms, at, size);
        mpz_mul_si(money->maintenance[at], money->maintenance[at], settle->rate);
        mpz_mul(money->maintenance[at], money->maintenance[at], powers[SUM_DIGITS - digits]);
}

/* ---- the pool ---- */

/* H(y) in 10^-9: slice by slice of the asset's own amount; y and the slices times fills. */
static void set_weighted(struct money *money, mpz_t r, const mpz_t y, const struct asset *asset)
{
        const struct zl_msg_asset *said = &asset->said;

        if (mpz_sgn(y) < 0) {
                mpz_mul_si(r, y, said->liability);
                return;
        }
        mpz_set_ui(r, 0);
        mpz_set_ui(money->c, 0); /* where the slice begins */
        for (uint32_t i = 0; i < said->haircut_count; i++) {
                const struct zl_row_haircut *slice = &said->haircut[i];
                bool last = i + 1 == said->haircut_count || ZL_ABSENT(slice, haircut, upto);
                mpz_mul_si(money->d, powers[FINE_DIGITS], last ? 0 : slice->upto);
                mpz_mul(money->d, money->d, money->fills);
                bool here = last || mpz_cmp(y, money->d) <= 0;
                mpz_sub(money->b, here ? y : money->d, money->c);
                mpz_mul_si(money->b, money->b, PPB - slice->rate);
                mpz_add(r, r, money->b);
                if (here)
                        return;
                mpz_set(money->c, money->d);
        }
        mpz_mul_si(r, y, PPB);
}

static void add_up_equity(struct money *money, const struct terms *terms)
{
        mpz_set_ui(money->equity, 0);
        for (uint32_t i = 0; i < terms->holdings_count; i++) {
                const struct holding *holding = &terms->holdings[i];
                const struct zl_msg_asset *asset = &holding->asset->said;
                mpz_mul_si(money->a, powers[FINE_DIGITS], holding->order_margin);
                mpz_sub(money->a, money->amount[i], money->a);
                mpz_mul(money->a, money->a, money->fills);
                for (uint32_t j = 0; j < terms->positions_count; j++) {
                        if (terms->positions[j].holding == i)
                                mpz_sub(money->a, money->a, money->closing[j]);
                }
                if (terms->cross)
                        set_weighted(money, money->e, money->a, holding->asset);
                else
                        mpz_mul_si(money->e, money->a, PPB);
                mpz_mul_si(money->e, money->e, holding->asset->rate);
                mpz_mul(money->e, money->e,
                        powers[SUM_DIGITS - PPB_DIGITS - FINE_DIGITS - asset->scale -
                               asset->rate_scale]);
                mpz_add(money->equity, money->equity, money->e);
        }
}

void money_add_up(struct money *money, const struct terms *terms)
{
        add_up_equity(money, terms);
        mpz_set_ui(money->needed, 0);
        mpz_set_ui(money->shared, 1);
        for (uint32_t i = 0; i < terms->positions_count; i++) {
                if (!terms->positions[i].open)
                        continue;
                mpz_mul_si(money->needed, money->needed, money->divisor[i]);
                mpz_mul(money->a, money->maintenance[i], money->shared);
                mpz_add(money->needed, money->needed, money->a);
                mpz_mul_si(money->shared, money->shared, money->divisor[i]);
        }
}

void money_judge(struct money *money, const struct terms *terms)
{
        bool entry = terms->policy->mm_basis == ZL_MM_BASIS_ENTRY;

        for (uint32_t i = 0; i < terms->holdings_count; i++)
                mpz_mul_si(money->amount[i], powers[FINE_DIGITS], terms->holdings[i].amount);
        mpz_set_ui(money->fills, 1);
        for (uint32_t i = 0; i < terms->positions_count; i++) {
                const struct term *term = &terms->positions[i];
                mpz_t *amount = &money->amount[term->holding];
                set_unit(money->unit[i], term->instrument, term->instrument->mark);
                mpz_mul_si(money->value[i], money->unit[i], term->size);
                set_cost(money->cost[i], term);
                set_profit(money->profit[i], term, money->value[i], money->cost[i]);
                set_due(money->due[i], term, settle_of(terms, i));
                mpz_add(*amount, *amount, money->profit[i]);
                mpz_sub(*amount, *amount, money->due[i]);
                money->divisor[i] = entry ? term->size : 1;
                mpz_set_ui(money->closing[i], 0);
                if (term->open)
                        set_needed(money, terms, i, term->size);
        }
        mpz_set_ui(money->residue, 0);
        for (uint32_t i = 0; i < terms->holdings_count; i++) {
                money_worth(money->a, money->amount[i], terms->holdings[i].asset);
                mpz_add(money->residue, money->residue, money->a);
        }
        money_add_up(money, terms);
}

/* ---- parts of it closed ---- */

/* The estimated fill is worth, as a share of the value at the mark, 1 - s slippage, and of an
 * inverse contract 1 / (1 - s slippage): closing costs the difference, and the fee of the fill. */
static void set_cost_share(mpz_t num, mpz_t den, const struct term *term)
{
        const struct zl_msg_instrument *said = &term->instrument->said;
        int64_t fill = PPB - (term->said->qty < 0 ? -said->slippage : said->slippage);
        int64_t fee = said->taker_fee + said->liq_fee;

        if (is_inverse(term->instrument)) { /* s (1 / (1 - s l) - 1) + f / (1 - s l) */
                mpz_set_si(num, said->slippage + fee);
                mpz_set_si(den, fill);
        } else { /* l + f (1 - s l) */
                mpz_set_si(num, fee);
                mpz_mul_si(num, num, fill);
                mpz_set_si(den, said->slippage);
                mpz_mul_si(den, den, PPB);
                mpz_add(num, num, den);
                mpz_mul(den, powers[PPB_DIGITS], powers[PPB_DIGITS]);
        }
}

void money_begin_closing(struct money *money, const struct terms *terms)
{
        for (uint32_t i = 0; i < terms->positions_count; i++) {
                set_cost_share(money->a, money->b, &terms->positions[i]);
                mpz_lcm(money->fills, money->fills, money->b);
        }
        for (uint32_t i = 0; i < terms->positions_count; i++) {
                set_cost_share(money->a, money->b, &terms->positions[i]);
                mpz_divexact(money->b, money->fills, money->b);
                mpz_mul(money->factor[i], money->a, money->b);
        }
}

void money_close(struct money *money, const struct terms *terms, uint32_t at, int64_t part)
{
        mpz_mul_si(money->closing[at], money->unit[at], part);
        mpz_mul(money->closing[at], money->closing[at], money->factor[at]);
        set_needed(money, terms, at, terms->positions[at].size - part);
}

/* ---- comparisons ---- */

/* E against MM x num / den. */
static int compare(struct money *money, int64_t num, int64_t den)
{
        mpz_mul(money->a, money->equity, money->shared);
        mpz_mul_si(money->a, money->a, den);
        mpz_mul(money->b, money->needed, money->fills);
        mpz_mul_si(money->b, money->b, num);
        return mpz_cmp(money->a, money->b);
}

bool money_bad(struct money *money, const struct terms *terms)
{
        if (terms->open_count == 0)
                return mpz_sgn(money->residue) < 0;
        int order = compare(money, 1, 1);
        return terms->policy->trigger == ZL_TRIGGER_AT_OR_BELOW ? order <= 0 : order < 0;
}

bool money_within(struct money *money, int64_t ratio_ppb)
{
        return compare(money, PPB, ratio_ppb) >= 0;
}

bool money_reaches(struct money *money, int64_t ratio_ppb)
{
        return mpz_sgn(money->equity) <= 0 || compare(money, PPB, ratio_ppb) <= 0;
}

bool money_ratio_ceil(struct money *money, int64_t *ret_ratio_ppb)
{
        if (mpz_sgn(money->equity) <= 0)
                return false;
        mpz_mul(money->a, money->needed, powers[PPB_DIGITS]);
        mpz_mul(money->b, money->equity, money->shared);
        mpz_cdiv_q(money->a, money->a, money->b);
        *ret_ratio_ppb = money_saturated(money->a);
        return true;
}

int64_t money_equity_floor(struct money *money, const struct terms *terms)
{
        mpz_fdiv_q(money->a, money->equity, powers[SUM_DIGITS - terms->numeraire->said.scale]);
        return money_saturated(money->a);
}

int64_t money_maintenance_ceil(struct money *money, const struct terms *terms)
{
        mpz_mul(money->a, money->shared, powers[SUM_DIGITS - terms->numeraire->said.scale]);
        mpz_cdiv_q(money->a, money->needed, money->a);
        return money_saturated(money->a);
}
