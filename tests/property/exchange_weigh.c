/* exchange_weigh.c - what is at stake, for judging plans and fills: never for postings. */
#include "exchange.h"

#include <stdlib.h>

bool exchange_at_edge(const struct ledger *ledger, uint32_t instrument, int64_t price)
{
        const struct zl_msg_instrument *said = &ledger->instruments[instrument].said;

        return price < said->min_price + said->tick || price > said->max_price - said->tick;
}

/* The rounding of value, fee, funding and of what is passed on, and the reciprocal's. */
long double exchange_slack(const struct ledger *ledger, uint32_t instrument)
{
        return 5 * ledger_unit(ledger, ledger_settle(ledger, instrument));
}

long double exchange_tick_worth(const struct ledger *ledger, uint32_t instrument, int64_t qty,
                                int64_t price)
{
        const struct zl_msg_instrument *said = &ledger->instruments[instrument].said;
        int64_t beside = price > said->tick ? price - said->tick : 1;
        struct ledger_value a = ledger_value(ledger, instrument, qty, price);
        struct ledger_value b = ledger_value(ledger, instrument, qty, beside);
        long double apart = (long double)a.num / (long double)a.den -
                            (long double)b.num / (long double)b.den;

        /* with its fee */
        return 2 * (apart < 0 ? -apart : apart) *
               ledger_unit(ledger, ledger_settle(ledger, instrument));
}

long double exchange_profit(const struct ledger *ledger, const struct ledger_pool *pool)
{
        long double profit = 0;

        for (uint32_t i = 0; i < LEDGER_INSTRUMENTS * LEDGER_LEGS; i++) {
                uint32_t at = i / LEDGER_LEGS;
                const struct ledger_position *position = &pool->positions[at][i % LEDGER_LEGS];
                long double one = position->qty ? ledger_profit(ledger, at, position) : 0;
                if (one > 0)
                        profit += one * ledger_unit(ledger, ledger_settle(ledger, at));
        }
        return profit;
}
