#include "points.h"

static void divide_by_power(mpq_t r, uint32_t digits)
{
        mpq_t power;

        mpq_init(power);
        mpq_set_z(power, money_power(digits));
        mpq_div(r, r, power);
        mpq_clear(power);
}

/* r mm_j, or r value, in 10^-73 of the numeraire. */
static void set_weight(mpq_t r, const struct money *money, const struct terms *terms, uint32_t at,
                       bool by_value)
{
        if (by_value) {
                money_worth(mpq_numref(r), money->value[at],
                            terms->holdings[terms->positions[at].holding].asset);
                mpz_set_ui(mpq_denref(r), 1);
        } else {
                mpz_set(mpq_numref(r), money->maintenance[at]);
                mpz_set_si(mpq_denref(r), money->divisor[at]);
                mpq_canonicalize(r);
        }
}

/* w = r mm_j / MM; where MM = 0, r value / the sum of r value; where that is 0 too, equal parts. */
static void set_share(mpq_t r, const struct money *money, const struct terms *terms, uint32_t at)
{
        bool by_value = mpz_sgn(money->needed) == 0;
        mpq_t sum, one;

        mpq_inits(sum, one, NULL);
        for (uint32_t i = 0; i < terms->positions_count; i++) {
                if (!terms->positions[i].open)
                        continue;
                set_weight(one, money, terms, i, by_value);
                mpq_add(sum, sum, one);
        }
        set_weight(r, money, terms, at, by_value);
        if (mpq_sgn(sum) != 0)
                mpq_div(r, r, sum);
        else
                mpq_set_ui(r, 1, terms->open_count);
        mpq_clears(sum, one, NULL);
}

/* B w / r, in fine units of the settle asset. */
static void set_burden(mpq_t r, const struct money *money, const struct terms *terms, uint32_t at,
                       const mpq_t share)
{
        const struct asset *settle = terms->holdings[terms->positions[at].holding].asset;
        mpq_t worth; /* of one fine unit */

        mpq_init(worth);
        mpz_set_ui(mpq_numref(worth), 1);
        money_worth(mpq_numref(worth), mpq_numref(worth), settle);
        mpq_set_z(r, money->residue);
        mpq_div(r, r, worth);
        mpq_mul(r, r, share);
        mpq_clear(worth);
}

/* Linear P (1 - s f) = M - g, inverse (1 + s f) / P = U / 10^n + g, with g = s B w / (k |q| r); in
 * last digits of the price. False where no price is high enough. */
static bool set_closing_price(mpq_t r, const struct money *money, const struct terms *terms,
                              uint32_t at, const mpq_t share)
{
        const struct term *term = &terms->positions[at];
        const struct zl_msg_instrument *said = &term->instrument->said;
        bool inverse = said->kind == ZL_KIND_INVERSE, is_short = term->said->qty < 0;
        int64_t fee = said->taker_fee + said->liq_fee;
        mpq_t here, factor;
        bool found = true;

        mpq_inits(here, factor, NULL);
        /* g in units of the coordinate: the burden over K |q| */
        set_burden(r, money, terms, at, share);
        mpz_set_si(mpq_numref(factor), term->size);
        mpz_mul_si(mpq_numref(factor), mpq_numref(factor), term->instrument->digits);
        if (!inverse)
                mpz_mul(mpq_numref(factor), mpq_numref(factor),
                        money_power((uint32_t)term->instrument->exponent));
        mpq_div(r, r, factor);
        if (is_short != inverse)
                mpq_neg(r, r); /* now s g, reversed where it is added */
        money_coordinate(mpq_numref(here), term->instrument, term->instrument->mark);
        mpq_sub(r, here, r);
        mpq_set_si(factor, is_short != inverse ? PPB + fee : PPB - fee, PPB);
        mpq_canonicalize(factor);
        mpq_div(r, r, factor);
        if (inverse) {
                found = mpq_sgn(r) > 0;
                mpq_set_z(here, money_power((uint32_t)term->instrument->exponent));
                if (found)
                        mpq_div(r, here, r);
        }
        mpq_clears(here, factor, NULL);
        return found;
}

/* A long's price up to the tick, a short's down. */
static bool set_closing_ticks(mpz_t r, const struct money *money, const struct terms *terms,
                              uint32_t at, const mpq_t share)
{
        const struct term *term = &terms->positions[at];
        mpq_t price, tick;

        mpq_inits(price, tick, NULL);
        bool found = set_closing_price(price, money, terms, at, share);
        mpq_set_si(tick, term->instrument->said.tick, 1);
        mpq_div(price, price, tick);
        if (term->said->qty > 0)
                mpz_cdiv_q(r, mpq_numref(price), mpq_denref(price));
        else
                mpz_fdiv_q(r, mpq_numref(price), mpq_denref(price));
        mpq_clears(price, tick, NULL);
        return found;
}

bool points_bankruptcy_price(const struct money *money, const struct terms *terms, uint32_t at,
                             int64_t *ret_price)
{
        mpz_t ticks;
        mpq_t share;

        mpz_init(ticks);
        mpq_init(share);
        mpq_set_ui(share, 1, 1);
        bool found = set_closing_ticks(ticks, money, terms, at, share) && mpz_sgn(ticks) > 0;
        mpz_mul_si(ticks, ticks, terms->positions[at].instrument->said.tick);
        if (found)
                *ret_price = money_saturated(ticks);
        mpq_clear(share);
        mpz_clear(ticks);
        return found;
}

int64_t points_limit_price(const struct money *money, const struct terms *terms, uint32_t at)
{
        const struct term *term = &terms->positions[at];
        const struct zl_msg_instrument *said = &term->instrument->said;
        int64_t least = (said->min_price + said->tick - 1) / said->tick;
        int64_t most = said->max_price / said->tick, price;
        mpz_t ticks;
        mpq_t share;

        if (least > most) /* no tick lies in the range: the end that suits the account */
                return term->said->qty > 0 ? said->max_price : said->min_price;
        mpz_init(ticks);
        mpq_init(share);
        set_share(share, money, terms, at);
        if (!set_closing_ticks(ticks, money, terms, at, share) || mpz_cmp_si(ticks, most) > 0)
                price = most * said->tick;
        else if (mpz_cmp_si(ticks, least) < 0)
                price = least * said->tick;
        else
                price = mpz_get_si(ticks) * said->tick;
        mpq_clear(share);
        mpz_clear(ticks);
        return price;
}

static int64_t amount_ceil(mpq_t amount)
{
        mpz_t whole;
        int64_t result = 0;

        mpz_init(whole);
        mpz_cdiv_q(whole, mpq_numref(amount), mpq_denref(amount));
        if (mpz_sgn(whole) > 0)
                result = money_saturated(whole);
        mpz_clear(whole);
        return result;
}

int64_t points_shortfall_ceil(const struct money *money, const struct terms *terms, uint32_t at)
{
        mpq_t amount, share;

        mpq_inits(amount, share, NULL);
        set_share(share, money, terms, at);
        set_burden(amount, money, terms, at, share);
        mpq_neg(amount, amount);
        divide_by_power(amount, FINE_DIGITS);
        int64_t result = amount_ceil(amount);
        mpq_clears(amount, share, NULL);
        return result;
}

int64_t points_pool_shortfall_ceil(const struct money *money, const struct terms *terms)
{
        mpq_t amount;

        mpq_init(amount);
        mpq_set_z(amount, money->residue);
        mpq_neg(amount, amount);
        divide_by_power(amount, SUM_DIGITS - terms->numeraire->said.scale);
        int64_t result = amount_ceil(amount);
        mpq_clear(amount);
        return result;
}
