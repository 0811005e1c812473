#include "money.h"

#include <stdlib.h>

enum { DIGITS = 90, POWERS = 120, PPB_DIGITS = 9, FUNDING_DIGITS = 12,
       FINE_DIGITS = 10 };

static mpz_t powers[POWERS];

void money_init(struct money *money)
{
        for (unsigned i = 0; i < POWERS; i++) {
                mpz_init(powers[i]);
                mpz_ui_pow_ui(powers[i], 10, i);
        }
        mpz_inits(money->equity, money->residue, money->maintenance, money->shared, money->value,
                  money->cost, money->due, money->a, money->b, money->c, NULL);
}

void money_fini(struct money *money)
{
        for (unsigned i = 0; i < POWERS; i++)
                mpz_clear(powers[i]);
        mpz_clears(money->equity, money->residue, money->maintenance, money->shared, money->value,
                   money->cost, money->due, money->a, money->b, money->c, NULL);
}

/* number x 10^-digits. */
static void set(mpz_t r, int64_t number, uint32_t digits)
{
        if (digits > DIGITS)
                abort();
        mpz_mul_si(r, powers[DIGITS - digits], number);
}

/* A division that must leave nothing: the world has more digits than DIGITS otherwise. */
static void divide_exactly(mpz_t r, const mpz_t a, uint32_t digits)
{
        if (!mpz_divisible_p(a, powers[digits]))
                abort();
        mpz_divexact(r, a, powers[digits]);
}

static int64_t saturated(const mpz_t z)
{
        if (mpz_fits_slong_p(z))
                return mpz_get_si(z);
        return mpz_sgn(z) < 0 ? INT64_MIN : INT64_MAX;
}

static int64_t size_of(const struct twin_position *position)
{
        return position->qty < 0 ? -position->qty : position->qty;
}

/* |q| x price x multiplier. */
static void set_value(mpz_t r, const struct money_terms *terms, int64_t price)
{
        const struct zl_msg_instrument *instrument = terms->instrument;

        set(r, price, instrument->price_scale + instrument->qty_scale + PPB_DIGITS);
        mpz_mul_si(r, r, size_of(terms->position));
        mpz_mul_si(r, r, instrument->multiplier);
}

static bool is_by_size(const struct money_terms *terms)
{
        return terms->instrument->tier_by == ZL_TIER_BY_SIZE;
}

/* The decimals of `upto` and `deduct`. */
static uint32_t tier_digits(const struct money_terms *terms)
{
        return is_by_size(terms) ? terms->instrument->qty_scale : terms->settle->scale;
}

/* The first tier whose upto is at least the measure, else the last. */
static uint32_t find_tier(struct money *money, const struct money_terms *terms, const mpz_t measure)
{
        const struct zl_msg_instrument *instrument = terms->instrument;

        for (uint32_t i = 0; i + 1 < instrument->tiers_count; i++) {
                if (ZL_ABSENT(&instrument->tiers[i], tier, upto))
                        return i;
                set(money->c, instrument->tiers[i].upto, tier_digits(terms));
                if (mpz_cmp(money->c, measure) >= 0)
                        return i;
        }
        return instrument->tiers_count - 1;
}

/* c(n) = c(n-1) + upto(n-1) (m(n) - m(n-1)), unless the tier gives its own. */
static void set_deduction(struct money *money, mpz_t r, const struct money_terms *terms,
                          uint32_t tier)
{
        const struct zl_row_tier *tiers = terms->instrument->tiers;

        mpz_set_ui(r, 0);
        for (uint32_t i = 0; i <= tier; i++) {
                if (!ZL_ABSENT(&tiers[i], tier, deduct)) {
                        set(r, tiers[i].deduct, tier_digits(terms));
                } else if (i > 0) {
                        set(money->c, tiers[i - 1].upto, tier_digits(terms) + PPB_DIGITS);
                        mpz_mul_si(money->c, money->c, tiers[i].mmr - tiers[i - 1].mmr);
                        mpz_add(r, r, money->c);
                }
        }
}

/* m x measure - c, where m = the tier's rate + slope x |q|; zero for a table without tiers. */
static void set_charge(struct money *money, mpz_t r, const struct money_terms *terms,
                       const mpz_t measure)
{
        const struct zl_msg_instrument *instrument = terms->instrument;
        uint32_t tier = 0;

        mpz_set_ui(money->b, 0);
        if (instrument->tiers_count) {
                tier = find_tier(money, terms, measure);
                mpz_set_si(money->b, instrument->tiers[tier].mmr);
        }
        /* m in 10^-(9 + qty_scale). */
        mpz_mul(money->b, money->b, powers[instrument->qty_scale]);
        mpz_set_si(money->c, instrument->mmr_slope);
        mpz_mul_si(money->c, money->c, size_of(terms->position));
        mpz_add(money->b, money->b, money->c);
        mpz_mul(money->b, money->b, measure);
        divide_exactly(r, money->b, PPB_DIGITS + instrument->qty_scale);
        if (!instrument->tiers_count)
                return;
        set_deduction(money, money->b, terms, tier);
        mpz_sub(r, r, money->b);
}

/* mm = max(0, value m - c) + f value. By size: value per unit x (m |q| - c), kept times |q|. */
static void set_maintenance(struct money *money, const struct money_terms *terms)
{
        const struct zl_msg_instrument *instrument = terms->instrument;
        bool entry = terms->policy->mm_basis == ZL_MM_BASIS_ENTRY;
        mpz_t *value = entry ? &money->cost : &money->value;

        mpz_set_ui(money->shared, 1);
        if (is_by_size(terms)) {
                set(money->a, size_of(terms->position), instrument->qty_scale);
                set_charge(money, money->maintenance, terms, money->a);
                mpz_mul(money->maintenance, money->maintenance, *value);
                mpz_mul(money->maintenance, money->maintenance, powers[instrument->qty_scale]);
                divide_exactly(money->maintenance, money->maintenance, DIGITS);
                mpz_set_si(money->shared, size_of(terms->position));
        } else {
                set_charge(money, money->maintenance, terms, *value);
        }
        if (mpz_sgn(money->maintenance) < 0)
                mpz_set_ui(money->maintenance, 0);
        if (!terms->policy->fee_in_maintenance)
                return;
        mpz_mul_si(money->a, *value, instrument->taker_fee + instrument->liq_fee);
        divide_exactly(money->a, money->a, PPB_DIGITS);
        mpz_mul(money->a, money->a, money->shared);
        mpz_add(money->maintenance, money->maintenance, money->a);
}

static void set_cost(struct money *money, const struct money_terms *terms)
{
        if (terms->position->has_cost)
                set(money->cost, terms->position->cost, terms->settle->scale);
        else
                set_value(money->cost, terms, terms->position->entry);
}

/* z below 2^119 fine units of the settle asset. */
static bool is_bounded(const mpz_t z, struct money *money, const struct money_terms *terms)
{
        mpz_tdiv_q(money->c, z, powers[DIGITS - FINE_DIGITS - terms->settle->scale]);
        return mpz_sizeinbase(money->c, 2) <= 119;
}

bool money_refused(struct money *money, const struct money_terms *terms)
{
        const struct zl_msg_instrument *instrument = terms->instrument;
        uint32_t last = instrument->tiers_count;

        set_value(money->a, terms, instrument->max_price);
        if (!is_bounded(money->a, money, terms))
                return true;
        set_cost(money, terms);
        if (!is_bounded(money->cost, money, terms))
                return true;
        /* The last tier's rate and the slope's share, in 10^-(9 + qty_scale), are at most 10. */
        mpz_mul_si(money->a, powers[instrument->qty_scale],
                   (last ? instrument->tiers[last - 1].mmr : 0) - 10000000000);
        mpz_set_si(money->b, instrument->mmr_slope);
        mpz_mul_si(money->b, money->b, size_of(terms->position));
        mpz_add(money->a, money->a, money->b);
        return mpz_sgn(money->a) > 0;
}

void money_judge(struct money *money, const struct money_terms *terms)
{
        const struct zl_msg_instrument *instrument = terms->instrument;
        const struct twin_position *position = terms->position;

        set_value(money->value, terms, terms->mark);
        set_cost(money, terms);
        set(money->due, terms->funding, instrument->qty_scale + FUNDING_DIGITS);
        set(money->a, position->funding, instrument->qty_scale + FUNDING_DIGITS);
        mpz_sub(money->due, money->due, money->a);
        mpz_mul_si(money->due, money->due, position->qty);
        /* Up to fine units, against the account: the one rounding there is. */
        mpz_cdiv_q(money->due, money->due, powers[DIGITS - FINE_DIGITS - terms->settle->scale]);
        mpz_mul(money->due, money->due, powers[DIGITS - FINE_DIGITS - terms->settle->scale]);

        mpz_sub(money->a, money->value, money->cost);
        if (position->qty < 0)
                mpz_neg(money->a, money->a);
        set(money->residue, position->margin, terms->settle->scale);
        mpz_add(money->residue, money->residue, money->a);
        mpz_sub(money->residue, money->residue, money->due);
        set(money->a, position->order_margin, terms->settle->scale);
        mpz_sub(money->equity, money->residue, money->a);
        set_maintenance(money, terms);
}

bool money_unsafe(struct money *money, const struct money_terms *terms)
{
        mpz_mul(money->a, money->equity, money->shared);
        int order = mpz_cmp(money->a, money->maintenance);
        return terms->policy->trigger == ZL_TRIGGER_AT_OR_BELOW ? order <= 0 : order < 0;
}

bool money_reaches(struct money *money, int64_t ratio_ppb)
{
        if (mpz_sgn(money->equity) <= 0)
                return true;
        mpz_mul(money->a, money->maintenance, powers[PPB_DIGITS]);
        mpz_mul_si(money->b, money->equity, ratio_ppb);
        mpz_mul(money->b, money->b, money->shared);
        return mpz_cmp(money->a, money->b) >= 0;
}

bool money_ratio_ceil(struct money *money, int64_t *ret_ratio_ppb)
{
        if (mpz_sgn(money->equity) <= 0)
                return false;
        mpz_mul(money->a, money->maintenance, powers[PPB_DIGITS]);
        mpz_mul(money->b, money->equity, money->shared);
        mpz_cdiv_q(money->a, money->a, money->b);
        *ret_ratio_ppb = saturated(money->a);
        return true;
}

/* What one unit of the numeraire's last digit is, for an amount that was multiplied by the rate. */
static mpz_t *numeraire_unit(const struct money_terms *terms)
{
        return &powers[DIGITS + terms->settle->rate_scale - terms->numeraire->scale];
}

int64_t money_equity_floor(struct money *money, const struct money_terms *terms)
{
        mpz_mul_si(money->a, money->equity, terms->rate);
        mpz_fdiv_q(money->a, money->a, *numeraire_unit(terms));
        return saturated(money->a);
}

int64_t money_maintenance_ceil(struct money *money, const struct money_terms *terms)
{
        mpz_mul_si(money->a, money->maintenance, terms->rate);
        mpz_mul(money->b, money->shared, *numeraire_unit(terms));
        mpz_cdiv_q(money->a, money->a, money->b);
        return saturated(money->a);
}

int64_t money_shortfall_ceil(struct money *money, const struct money_terms *terms)
{
        if (mpz_sgn(money->residue) >= 0)
                return 0;
        mpz_neg(money->a, money->residue);
        mpz_cdiv_q(money->a, money->a, powers[DIGITS - terms->settle->scale]);
        return saturated(money->a);
}

/* Ticks of the fill P at which margin + s (P |q| k - cost) - due - f P |q| k = 0. */
static void set_closing_ticks(struct money *money, const struct money_terms *terms)
{
        const struct zl_msg_instrument *instrument = terms->instrument;
        const struct twin_position *position = terms->position;
        int64_t fee = instrument->taker_fee + instrument->liq_fee;
        bool is_long = position->qty > 0;

        /* a: what the fill must bring in, or may cost. */
        set(money->a, position->margin, terms->settle->scale);
        mpz_sub(money->a, money->a, money->due);
        if (is_long)
                mpz_sub(money->a, money->cost, money->a);
        else
                mpz_add(money->a, money->cost, money->a);
        /* b: what one tick of price is worth, the fee taken off or put on. */
        set(money->b, instrument->tick,
            instrument->price_scale + instrument->qty_scale + 2 * PPB_DIGITS);
        mpz_mul_si(money->b, money->b, size_of(position));
        mpz_mul_si(money->b, money->b, instrument->multiplier);
        mpz_mul_si(money->b, money->b, 1000000000 + (is_long ? -fee : fee));
        if (is_long)
                mpz_cdiv_q(money->a, money->a, money->b);
        else
                mpz_fdiv_q(money->a, money->a, money->b);
}

bool money_bankruptcy_price(struct money *money, const struct money_terms *terms,
                            int64_t *ret_price)
{
        set_closing_ticks(money, terms);
        if (mpz_sgn(money->a) <= 0)
                return false;
        mpz_mul_si(money->a, money->a, terms->instrument->tick);
        *ret_price = saturated(money->a);
        return true;
}

int64_t money_limit_price(struct money *money, const struct money_terms *terms)
{
        int64_t tick = terms->instrument->tick;
        int64_t least = (terms->instrument->min_price + tick - 1) / tick;
        int64_t most = terms->instrument->max_price / tick;

        if (least > most) /* no tick lies in the range: the end that suits the account */
                return terms->position->qty > 0 ? terms->instrument->max_price
                                                : terms->instrument->min_price;
        set_closing_ticks(money, terms);
        if (mpz_cmp_si(money->a, least) < 0)
                return least * tick;
        if (mpz_cmp_si(money->a, most) > 0)
                return most * tick;
        return mpz_get_si(money->a) * tick;
}
