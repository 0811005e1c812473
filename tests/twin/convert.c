#include "steps.h"

/* min(balance, x) - order margin, down to the asset's units; none is 0. */
static int64_t available(struct money *money, const struct terms *terms, uint32_t at)
{
        const struct holding *holding = &terms->holdings[at];

        mpz_mul_si(money->a, money_power(FINE_DIGITS), holding->amount);
        if (mpz_cmp(money->amount[at], money->a) < 0)
                mpz_set(money->a, money->amount[at]);
        mpz_mul_si(money->b, money_power(FINE_DIGITS), holding->order_margin);
        mpz_sub(money->a, money->a, money->b);
        mpz_fdiv_q(money->a, money->a, money_power(FINE_DIGITS));
        return mpz_sgn(money->a) > 0 ? money_saturated(money->a) : 0;
}

/* The sum of -r x over the assets that are owed. */
static void set_debt(struct money *money, mpz_t r, const struct terms *terms)
{
        mpz_set_ui(r, 0);
        for (uint32_t i = 0; i < terms->holdings_count; i++) {
                if (mpz_sgn(money->amount[i]) >= 0)
                        continue;
                money_worth(money->a, money->amount[i], terms->holdings[i].asset);
                mpz_sub(r, r, money->a);
        }
}

/* Least volatility first, then the least id. */
static bool goes_before(const struct asset *a, const struct asset *b)
{
        return a->volatility != b->volatility ? a->volatility < b->volatility : a->id < b->id;
}

bool steps_convert(struct money *money, const struct terms *terms, struct plan *ret_plan)
{
        bool sold[TWIN_ASSETS] = {0};

        *ret_plan = (struct plan){.step = STEP_CONVERT};
        set_debt(money, money->d, terms);
        while (mpz_sgn(money->d) > 0) {
                uint32_t best = TWIN_ASSETS;
                for (uint32_t i = 0; i < terms->holdings_count; i++) {
                        if (!sold[i] && available(money, terms, i) > 0 &&
                            (best == TWIN_ASSETS || goes_before(terms->holdings[i].asset,
                                                                terms->holdings[best].asset)))
                                best = i;
                }
                if (best == TWIN_ASSETS)
                        break;
                sold[best] = true;
                int64_t amount = available(money, terms, best);
                /* b: what one unit of the asset is worth */
                money_worth(money->b, money_power(FINE_DIGITS), terms->holdings[best].asset);
                mpz_cdiv_q(money->a, money->d, money->b);
                if (mpz_cmp_si(money->a, amount) < 0)
                        amount = mpz_get_si(money->a);
                mpz_mul_si(money->b, money->b, amount);
                mpz_sub(money->d, money->d, money->b);
                ret_plan->rows[ret_plan->count].at = best;
                ret_plan->rows[ret_plan->count++].qty = amount;
        }
        return ret_plan->count > 0;
}
