/* exchange_events.c - prices, traders and time; and what follows from each. */
#include "exchange.h"

#include <stdlib.h>

/* ---- prices ---- */

static void move_mark(struct exchange *exchange, uint32_t at, int64_t ppm)
{
        struct ledger_instrument *of = &exchange->ledger.instruments[at];
        int64_t mark = of->mark + (int64_t)((zl_i128)of->mark * ppm / 1000000);
        int64_t low = of->first / 20, high = of->first * 20;

        of->mark = mark < low ? low : mark > high ? high : mark;
        of->index = of->mark + of->mark * exchange_between(exchange, -3000, 3000) / 1000000;
        of->bid = of->mark - of->mark * exchange_between(exchange, 0, 3000) / 1000000;
        of->ask = of->mark + of->mark * exchange_between(exchange, 0, 3000) / 1000000;
        of->depth = exchange_between(exchange, 0, 100) * of->said.lot;
}

/* Of what a contract of quantity 1 is worth, up to half a percent. */
static void move_funding(struct exchange *exchange, uint32_t at)
{
        struct ledger_instrument *of = &exchange->ledger.instruments[at];
        uint32_t scale = exchange->ledger.assets[ledger_settle(&exchange->ledger, at)].said.scale;
        zl_i128 unit = ledger_pow10(of->said.qty_scale);
        struct ledger_value value =
                ledger_value(&exchange->ledger, at, (int64_t)unit, of->mark);
        int64_t ppm = exchange_between(exchange, -3000, 5000);
        long double step = (long double)value.num / (long double)value.den * (long double)ppm;

        for (uint32_t i = scale; i < 6; i++)
                step *= 10;
        for (uint32_t i = 6; i < scale; i++)
                step /= 10;
        of->funding += (int64_t)step;
}

static void price_event(struct exchange *exchange)
{
        uint32_t at = exchange_below(exchange, exchange->ledger.instruments_count);
        uint32_t kind = exchange_below(exchange, 100);

        if (kind < 3)
                move_mark(exchange, at, exchange_between(exchange, -450000, -50000));
        else if (kind < 6)
                move_mark(exchange, at, exchange_between(exchange, 50000, 800000));
        else if (kind < 30)
                move_mark(exchange, at, exchange_between(exchange, -30000, 30000));
        else
                move_mark(exchange, at, exchange_between(exchange, -6000, 6000));
        if (exchange_chance(exchange, 5))
                move_funding(exchange, at);
        exchange_say_mark(exchange, at);
}

static void rate_event(struct exchange *exchange)
{
        struct ledger *ledger = &exchange->ledger;
        uint32_t at = exchange_below(exchange, ledger->assets_count);
        int64_t ppm = exchange_chance(exchange, 5) ? exchange_between(exchange, -300000, 300000)
                                                   : exchange_between(exchange, -10000, 10000);

        if (at == 0)
                return;
        ledger->assets[at].rate += (int64_t)((zl_i128)ledger->assets[at].rate * ppm / 1000000);
        exchange_say_rate(exchange, at);
}

/* ---- traders ---- */

static bool is_live(const struct exchange *exchange, uint32_t account, uint32_t pool)
{
        return exchange->router[account][pool].live;
}

/* The account's leg that a trade of this sign would open or close; whether it may. */
static enum zl_leg leg_of(struct exchange *exchange, uint32_t account, int64_t qty, bool opens)
{
        if (!exchange->ledger.accounts[account].hedges)
                return ZL_LEG_NET;
        return (qty > 0) == opens ? ZL_LEG_LONG : ZL_LEG_SHORT;
}

struct trade {
        uint32_t instrument;
        int64_t qty; /* signed */
        int64_t price;
};

/* What an account puts in, at most: so many times its worth, less what it has. */
static bool may_open(struct exchange *exchange, uint32_t account, const struct trade *trade)
{
        const struct ledger *ledger = &exchange->ledger;
        const struct ledger_pool *pool = &ledger->accounts[account].pools[0];
        struct ledger_value value =
                ledger_value(ledger, trade->instrument, llabs(trade->qty), trade->price);
        long double notional = (long double)value.num / (long double)value.den *
                               ledger_unit(ledger, ledger_settle(ledger, trade->instrument));

        for (uint32_t i = 0; i < ledger->instruments_count; i++) {
                for (uint32_t leg = 0; leg < LEDGER_LEGS; leg++) {
                        value = ledger_value(ledger, i, llabs(pool->positions[i][leg].qty),
                                             ledger->instruments[i].mark);
                        notional += (long double)value.num / (long double)value.den *
                                    ledger_unit(ledger, ledger_settle(ledger, i));
                }
        }
        return notional < ledger_worth(ledger, pool) *
                                  (long double)exchange_between(exchange, 3, 30) &&
               ledger_value_floor(ledger, trade->instrument, ledger->instruments[trade->instrument]
                                                                     .said.lot, trade->price) > 1;
}

/* Margin goes along with what an isolated pool opens. False: there is too little. */
static bool bring_margin(struct exchange *exchange, uint32_t account, uint32_t pool,
                         const struct trade *trade)
{
        struct ledger *ledger = &exchange->ledger;
        struct ledger_account *of = &ledger->accounts[account];
        uint32_t asset = ledger_settle(ledger, trade->instrument);
        int64_t value = ledger_value_floor(ledger, trade->instrument, llabs(trade->qty),
                                           trade->price);
        int64_t margin = value / exchange_between(exchange, 2, 40) + 1;

        if (of->pools[0].purses[asset].free / 2 < margin || is_live(exchange, account, 0))
                return false;
        ledger_pay(&of->pools[0].purses[asset], &of->pools[pool].purses[asset], margin);
        return true;
}

/* One side of a trade takes part, or does not want to. */
static bool joins(struct exchange *exchange, uint32_t account, const struct trade *trade,
                  struct ledger_side *ret_side, uint32_t *ret_pool, enum zl_leg *ret_leg)
{
        struct ledger *ledger = &exchange->ledger;
        bool opens = exchange_chance(exchange, 65), isolated = exchange_chance(exchange, 35);
        enum zl_leg leg = leg_of(exchange, account, trade->qty, opens);
        uint32_t pool = isolated ? 1 + trade->instrument * LEDGER_LEGS + leg : 0;
        *ret_side = ledger_side_of(ledger, account, pool, trade->instrument, leg);
        int64_t held = ret_side->position->qty;
        bool reduces = held && (held > 0) != (trade->qty > 0);

        *ret_pool = pool;
        *ret_leg = leg;
        if (is_live(exchange, account, pool) && !exchange_chance(exchange, 5))
                return false;
        if (!reduces)
                return (opens || leg == ZL_LEG_NET) && may_open(exchange, account, trade) &&
                       (!isolated || bring_margin(exchange, account, pool, trade));
        if ((isolated || leg != ZL_LEG_NET) && llabs(trade->qty) > llabs(held))
                return false;
        return llabs(trade->qty) <= llabs(held) || may_open(exchange, account, trade);
}

static struct trade draw_trade(struct exchange *exchange)
{
        struct ledger *ledger = &exchange->ledger;
        uint32_t at = exchange_below(exchange, ledger->instruments_count);
        const struct ledger_instrument *of = &ledger->instruments[at];
        int64_t lot_worth = ledger_value_floor(ledger, at, of->said.lot, of->mark) + 1;
        const struct ledger_account *account =
                &ledger->accounts[exchange_below(exchange, ledger->accounts_count)];
        long double worth = ledger_worth(ledger, &account->pools[0]) /
                            ledger_unit(ledger, ledger_settle(ledger, at));
        int64_t lots = (int64_t)(worth * (long double)exchange_between(exchange, 1, 15) /
                                 (long double)lot_worth);
        struct trade trade = {.instrument = at, .price = of->mark};

        trade.qty = exchange_between(exchange, 1, lots < 1 ? 1 : lots) * of->said.lot;
        if (exchange_chance(exchange, 30)) { /* closes a position, or the half of it */
                const struct ledger_position *position =
                        &account->pools[exchange_below(exchange, LEDGER_POOLS)]
                                 .positions[at][exchange_below(exchange, LEDGER_LEGS)];
                if (position->qty)
                        trade.qty = llabs(position->qty) / (1 + exchange_below(exchange, 2));
        }
        trade.price += of->mark * exchange_between(exchange, -3000, 3000) / 1000000;
        if (trade.qty == 0)
                trade.qty = of->said.lot;
        if (exchange_chance(exchange, 50))
                trade.qty = -trade.qty;
        return trade;
}

static void trade_event(struct exchange *exchange)
{
        struct ledger *ledger = &exchange->ledger;
        struct trade trade = draw_trade(exchange), opposite = trade;
        uint32_t one = exchange_below(exchange, ledger->accounts_count);
        uint32_t other = exchange_below(exchange, ledger->accounts_count);
        bool with_venue = one == other || exchange_chance(exchange, 30);
        uint32_t pool, other_pool = 0;
        enum zl_leg leg, other_leg = 0;
        struct ledger_side side, other_side = ledger_side_venue(ledger, trade.instrument);

        opposite.qty = -trade.qty;
        if (!joins(exchange, one, &trade, &side, &pool, &leg))
                return;
        if (!with_venue && !joins(exchange, other, &opposite, &other_side, &other_pool,
                                  &other_leg)) {
                with_venue = true;
                other_side = ledger_side_venue(ledger, trade.instrument);
        }
        ledger_trade(ledger, trade.instrument, side, other_side, trade.qty, trade.price);
        ledger_charge(ledger, trade.instrument, side.purse, llabs(trade.qty), trade.price,
                      ledger->instruments[trade.instrument].said.taker_fee);
        ledger_move(ledger, one, pool, trade.instrument, leg);
        exchange_close_pool(exchange, one, pool, trade.instrument, false);
        if (!with_venue) {
                ledger_move(ledger, other, other_pool, trade.instrument, other_leg);
                exchange_close_pool(exchange, other, other_pool, trade.instrument, false);
        }
}

/* ---- money ---- */

static void deposit_event(struct exchange *exchange)
{
        struct ledger *ledger = &exchange->ledger;
        uint32_t account = exchange_below(exchange, ledger->accounts_count);
        uint32_t asset = exchange_below(exchange, ledger->assets_count);
        struct ledger_purse *purse = &ledger->accounts[account].pools[0].purses[asset];
        int64_t amount = -purse->free / exchange_between(exchange, 2, 10);

        if (exchange_chance(exchange, 50) || amount > 0) {
                long double whole = 1000 / ledger_unit(ledger, asset);
                whole *= (long double)ledger_pow10(ledger->assets[0].said.scale);
                amount = exchange_between(exchange, 1, 2 + (int64_t)whole * 20);
        }
        ledger->assets[asset].outside -= amount;
        purse->free += amount;
        ledger_touch(ledger, account, 0);
}

static uint32_t any_pool(struct exchange *exchange, uint32_t account)
{
        uint32_t pool = exchange_below(exchange, LEDGER_POOLS);
        const struct ledger_pool *of = &exchange->ledger.accounts[account].pools[pool];

        return ledger_pool_empty(&exchange->ledger, of) ? 0 : pool;
}

static uint32_t asset_of(struct exchange *exchange, uint32_t pool)
{
        if (pool)
                return ledger_settle(&exchange->ledger, (pool - 1) / LEDGER_LEGS);
        return exchange_below(exchange, exchange->ledger.assets_count);
}

/* Orders take some margin, or give some back. */
static void order_event(struct exchange *exchange)
{
        struct ledger *ledger = &exchange->ledger;
        uint32_t account = exchange_below(exchange, ledger->accounts_count);
        uint32_t pool = any_pool(exchange, account);
        struct ledger_purse *purse =
                &ledger->accounts[account].pools[pool].purses[asset_of(exchange, pool)];
        int64_t most = exchange_chance(exchange, 50) ? purse->free : -purse->held;
        int64_t amount = most / exchange_between(exchange, 1, 5);

        if (is_live(exchange, account, pool) || (most == purse->free && most < 0))
                return;
        purse->free -= amount;
        purse->held += amount;
        ledger_touch(ledger, account, pool);
}

/* Margin moves between the cross pool and an isolated one. */
static void margin_event(struct exchange *exchange)
{
        struct ledger *ledger = &exchange->ledger;
        uint32_t account = exchange_below(exchange, ledger->accounts_count);
        uint32_t pool = any_pool(exchange, account), asset = asset_of(exchange, pool);
        struct ledger_account *of = &ledger->accounts[account];
        struct ledger_purse *from = &of->pools[0].purses[asset];
        struct ledger_purse *to = &of->pools[pool].purses[asset];

        if (pool == 0 || is_live(exchange, account, 0) || is_live(exchange, account, pool))
                return;
        if (exchange_chance(exchange, 60)) {
                struct ledger_purse *swap = from;
                from = to;
                to = swap;
        }
        if (from->free <= 0)
                return;
        ledger_pay(from, to, from->free / exchange_between(exchange, 2, 20));
        ledger_touch(ledger, account, 0);
        ledger_touch(ledger, account, pool);
}

/* All that is due in one contract changes hands. */
static void funding_event(struct exchange *exchange)
{
        struct ledger *ledger = &exchange->ledger;
        uint32_t at = exchange_below(exchange, ledger->instruments_count);

        for (uint32_t i = 0; i < ledger->accounts_count * LEDGER_POOLS * LEDGER_LEGS; i++) {
                uint32_t account = i / (LEDGER_POOLS * LEDGER_LEGS);
                uint32_t pool = i / LEDGER_LEGS % LEDGER_POOLS, leg = i % LEDGER_LEGS;
                struct ledger_side side = ledger_side_of(ledger, account, pool, at, leg);
                if (side.position->qty == 0)
                        continue;
                ledger_pay_funding(ledger, at, side);
                side.position->listed = true;
                ledger_touch(ledger, account, pool);
        }
        for (uint32_t i = 0; i < ledger->funds_count; i++) {
                struct ledger_side side = ledger_side_fund(ledger, &ledger->funds[i], at);
                if (side.position->qty == 0)
                        continue;
                ledger_pay_funding(ledger, at, side);
                ledger->funds[i].changed = true;
        }
        ledger_pay_funding(ledger, at, ledger_side_venue(ledger, at));
}

/* A fund sells what it took over, changes what it was paid in, or is given more. */
static void fund_event(struct exchange *exchange)
{
        struct ledger *ledger = &exchange->ledger;
        struct ledger_fund *fund = &ledger->funds[exchange_below(exchange, ledger->funds_count)];
        uint32_t at = exchange_below(exchange, ledger->instruments_count);
        uint32_t asset = exchange_below(exchange, ledger->assets_count);
        int64_t qty = fund->positions[at].qty;

        if (exchange_chance(exchange, 10)) {
                int64_t amount = 1 + llabs(fund->purses[fund->asset].free) / 4;
                ledger->assets[fund->asset].outside -= amount;
                fund->purses[fund->asset].free += amount;
        } else if (qty) {
                if (exchange_chance(exchange, 50))
                        qty = qty / 2 ? qty / 2 : qty;
                ledger_trade(ledger, at, ledger_side_fund(ledger, fund, at),
                             ledger_side_venue(ledger, at), -qty,
                             qty > 0 ? ledger->instruments[at].bid : ledger->instruments[at].ask);
        } else if (asset != fund->asset && fund->purses[asset].free > 0) {
                ledger_convert(ledger, &fund->purses[asset], asset, fund->purses[asset].free,
                               &fund->purses[fund->asset], fund->asset);
        } else {
                return;
        }
        fund->changed = true;
}

static void halt_event(struct exchange *exchange)
{
        uint32_t at = exchange_below(exchange, exchange->ledger.instruments_count);
        struct zl_msg_instrument *said = &exchange->ledger.instruments[at].said;

        if (said->status == ZL_STATUS_HALTED || exchange_chance(exchange, 70))
                said->status = ZL_STATUS_TRADING;
        else
                said->status = ZL_STATUS_HALTED;
        said->rev++;
        exchange_say_instrument(exchange, at);
}

void exchange_event(struct exchange *exchange)
{
        uint32_t kind = exchange_below(exchange, 100);

        if (kind < 45)
                price_event(exchange);
        else if (kind < 50)
                rate_event(exchange);
        else if (kind < 70)
                trade_event(exchange);
        else if (kind < 77)
                deposit_event(exchange);
        else if (kind < 83)
                order_event(exchange);
        else if (kind < 87)
                margin_event(exchange);
        else if (kind < 89)
                funding_event(exchange);
        else if (kind < 94)
                fund_event(exchange);
        else if (kind < 95)
                halt_event(exchange);
        else
                exchange_say_account(exchange, exchange_below(exchange,
                                                              exchange->ledger.accounts_count),
                                     true);
        exchange_publish(exchange);
}
