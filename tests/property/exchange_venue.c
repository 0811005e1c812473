/* exchange_venue.c - orders that were admitted: do they fit, what becomes of them, who is paid. */
#include "exchange.h"

#include <inttypes.h>
#include <stdlib.h>

#define PPB ((int64_t)1000000000)

/* ---- does it fit ---- */

static void check_liquidate(struct exchange *exchange, const struct venue_order *order)
{
        struct ledger *ledger = &exchange->ledger;
        const struct zl_msg_liquidate *said = &order->row.liquidate;
        uint32_t at = ledger_find_instrument(ledger, said->instrument);
        const struct ledger_account *account = &ledger->accounts[order->account];
        const struct ledger_pool *pool = &account->pools[order->pool];
        bool whole = said->step == ZL_STEP_FULL && !exchange->slices;

        if (at == ledger->instruments_count) {
                ledger_fail(ledger, "%s: no such instrument", said->order);
                return;
        }
        const struct ledger_instrument *of = &ledger->instruments[at];
        int64_t held = pool->positions[at][said->leg].qty;
        int64_t size = llabs(held);
        if (held == 0 || (held > 0) != (said->side == ZL_SIDE_SELL))
                ledger_fail(ledger, "%s: there is nothing to close on this side", said->order);
        else if (said->qty <= 0 || said->qty > size || (whole && said->qty != size))
                ledger_fail(ledger, "%s: %" PRId64 " of %" PRId64, said->order, said->qty, held);
        else if (said->qty != size && said->qty % of->said.lot)
                ledger_fail(ledger, "%s: %" PRId64 " is not in lots", said->order, said->qty);
        else if (said->price < 1 || (said->price % of->said.tick &&
                                     !exchange_at_edge(ledger, at, said->price)))
                ledger_fail(ledger, "%s: no price: %" PRId64, said->order, said->price);
        else if (exchange->known && (of->said.status != ZL_STATUS_TRADING ||
                                     said->mark != of->mark))
                ledger_fail(ledger, "%s: judged by another mark, or not trading", said->order);
}

void exchange_check_order(struct exchange *exchange, const struct venue_order *order)
{
        struct ledger *ledger = &exchange->ledger;
        const struct ledger_account *account = &ledger->accounts[order->account];
        const struct ledger_pool *pool = &account->pools[order->pool];
        bool strict = exchange->known && account->known_rev == account->rev;
        bool holds = false;

        switch (order->row.type) {
        case ZL_TYPE_CANCEL:
                for (uint32_t i = 0; i < ledger->assets_count; i++)
                        holds |= pool->purses[i].held > 0;
                if (strict && !holds)
                        ledger_fail(ledger, "%s: no order holds anything",
                                    order->row.cancel.order);
                break;
        case ZL_TYPE_CONVERT:
                if (order->pool || order->row.convert.amount <= 0 ||
                    order->row.convert.asset - 1 >= ledger->assets_count ||
                    (strict && order->row.convert.amount >
                                       pool->purses[order->row.convert.asset - 1].free))
                        ledger_fail(ledger, "%s: sells what is not there",
                                    order->row.convert.order);
                break;
        default:
                check_liquidate(exchange, order);
                break;
        }
}

/* ---- closed pools ---- */

/* Fills of a leg's closing leave an isolated pool's money without a position. */
void exchange_close_pool(struct exchange *exchange, uint32_t account, uint32_t pool,
                         uint32_t instrument, bool liquidated)
{
        struct ledger *ledger = &exchange->ledger;
        struct ledger_account *of = &ledger->accounts[account];
        uint32_t asset = ledger_settle(ledger, instrument);
        struct ledger_purse *purse = &of->pools[pool].purses[asset];
        struct ledger_fund *fund = ledger_fund_of(ledger, instrument);

        if (pool == 0 || !ledger_pool_empty(ledger, &of->pools[pool]))
                return;
        if (purse->free == 0 && purse->held == 0)
                return;
        purse->free += purse->held;
        purse->held = 0;
        ledger_touch(ledger, account, pool);
        if (!liquidated && purse->free >= 0) {
                ledger_pay(purse, &of->pools[0].purses[asset], purse->free);
                return;
        }
        exchange->counts.closed++;
        if (purse->free < 0 && purse->free >= -5) {
                ledger->assets[asset].residue += purse->free;
                purse->free = 0;
        } else if (purse->free) {
                exchange->counts.swept += purse->free > 0;
                exchange->counts.covered += purse->free < 0;
                ledger_pay(purse, &fund->purses[asset], purse->free);
                fund->changed = true;
        }
}

/* ---- what becomes of it ---- */

static struct router_answer done(struct exchange *exchange, const struct venue_order *order,
                                 int64_t filled)
{
        return (struct router_answer){.status = filled ? ZL_EXEC_STATUS_FILLED
                                                       : ZL_EXEC_STATUS_EXPIRED,
                                      .final = true,
                                      .filled = filled,
                                      .rev = exchange_shown_by(exchange, order->account)};
}

static void execute_cancel(struct exchange *exchange, struct venue_order *order)
{
        struct ledger_pool *pool = &exchange->ledger.accounts[order->account].pools[order->pool];
        struct router_answer answer;

        for (uint32_t i = 0; i < exchange->ledger.assets_count; i++) {
                pool->purses[i].free += pool->purses[i].held;
                pool->purses[i].held = 0;
        }
        ledger_touch(&exchange->ledger, order->account, order->pool);
        exchange->counts.cancels++;
        answer = done(exchange, order, 0);
        answer.status = ZL_EXEC_STATUS_FILLED;
        exchange_answer(exchange, order, &answer, 0, 0);
}

/* Into the asset that owes most. */
static void execute_convert(struct exchange *exchange, struct venue_order *order)
{
        struct ledger *ledger = &exchange->ledger;
        struct ledger_pool *pool = &ledger->accounts[order->account].pools[order->pool];
        uint32_t from = order->row.convert.asset - 1, to = 0;
        int64_t amount = order->row.convert.amount;
        long double least = 0;

        for (uint32_t i = 0; i < ledger->assets_count; i++) {
                long double worth = ledger_amount(ledger, pool, i) * ledger_unit(ledger, i);
                if (i != from && worth < least) {
                        least = worth;
                        to = i;
                }
        }
        if (amount > pool->purses[from].free)
                amount = pool->purses[from].free;
        if (!exchange->calm && exchange_chance(exchange, 20)) /* there is no market for more */
                amount = exchange_chance(exchange, 50) ? 0 : amount / 2;
        struct ledger_value got = ledger_exchange(ledger, from, amount > 0 ? amount : 0, to);
        bool nothing = got.num < got.den; /* a debt below a unit is not paid in units */
        exchange->counts.nothing += nothing && amount > 0;
        if (nothing || least >= 0) {
                struct router_answer answer = done(exchange, order, 0);
                exchange_answer(exchange, order, &answer, 0, 0);
                return;
        }
        ledger_convert(ledger, &pool->purses[from], from, amount, &pool->purses[to], to);
        pool->moved = true;
        ledger_touch(ledger, order->account, 0);
        exchange->counts.converts++;
        struct router_answer answer = done(exchange, order, amount);
        exchange_answer(exchange, order, &answer, 0, 0);
}

/* How much of it fills, and at which price. */
static int64_t quote(struct exchange *exchange, const struct zl_msg_liquidate *said, uint32_t at,
                     int64_t size, int64_t *ret_price)
{
        const struct ledger_instrument *of = &exchange->ledger.instruments[at];
        bool sells = said->side == ZL_SIDE_SELL;
        int64_t best = sells ? of->bid : of->ask;
        bool crosses = sells ? best >= said->price : best <= said->price;
        uint32_t kind = exchange_below(exchange, 100);
        int64_t lots = size / of->said.lot;

        *ret_price = crosses && kind % 3 ? best : said->price;
        if (crosses && kind % 3 == 1)
                *ret_price = sells ? exchange_between(exchange, said->price, best)
                                   : exchange_between(exchange, best, said->price);
        if (exchange->calm || (crosses ? kind < 45 : kind < 10))
                return size;
        if (!crosses || kind < 60 || lots == 0)
                return 0;
        return exchange_between(exchange, 1, lots) * of->said.lot;
}

/* The account of a full step is settled at the limit; the fund has what was better. */
static void pass_on(struct exchange *exchange, const struct venue_order *order, uint32_t at,
                    int64_t qty, int64_t price)
{
        struct ledger *ledger = &exchange->ledger;
        const struct zl_msg_liquidate *said = &order->row.liquidate;
        const struct zl_msg_instrument *rules = &ledger->instruments[at].said;
        struct ledger_value filled = ledger_value(ledger, at, qty, price);
        struct ledger_value limit = ledger_value(ledger, at, qty, said->price);
        bool receives = (said->side == ZL_SIDE_SELL) == (rules->kind != ZL_KIND_INVERSE);
        int64_t fee = rules->taker_fee + rules->liq_fee;
        zl_i128 apart = receives ? (filled.num - limit.num) * (PPB - fee)
                                 : (limit.num - filled.num) * (PPB + fee);
        int64_t better = (int64_t)ledger_div_floor(apart, filled.den * PPB);
        struct ledger_fund *fund = ledger_fund_of(ledger, at);
        uint32_t asset = ledger_settle(ledger, at);

        if (better <= 0 || exchange_at_edge(ledger, at, said->price))
                return;
        ledger_pay(&ledger->accounts[order->account].pools[order->pool].purses[asset],
                   &fund->purses[asset], better);
        fund->changed = true;
        exchange->counts.improved += (uint64_t)better;
}

/* Of a pool closed at its limits nothing is left: to a tick of each position, and never less. */
static void check_promise(struct exchange *exchange, const struct venue_order *order,
                          const struct router_key *key)
{
        struct ledger *ledger = &exchange->ledger;
        const struct ledger_pool *pool = &ledger->accounts[order->account].pools[order->pool];
        long double least = 0, worth = ledger_worth(ledger, pool);

        for (uint32_t i = 0; i < key->places; i++)
                least -= exchange_slack(ledger, key->instruments[i]);
        for (uint32_t i = 0; order->pool == 0 && i < ledger->assets_count; i++)
                least -= ledger_unit(ledger, i) * 1e-6L;
        exchange->counts.promises++;
        if (worth < least || worth > key->most)
                ledger_fail(ledger, "%s: closed at its limits, and %.3Lf is left: from %.3Lf to "
                            "%.3Lf was promised", order->row.liquidate.order, worth, least,
                            key->most);
}

static void fill(struct exchange *exchange, struct venue_order *order, uint32_t at, int64_t qty,
                 int64_t price, int64_t *ret_fee)
{
        struct ledger *ledger = &exchange->ledger;
        const struct zl_msg_liquidate *said = &order->row.liquidate;
        const struct zl_msg_instrument *rules = &ledger->instruments[at].said;
        struct ledger_side side =
                ledger_side_of(ledger, order->account, order->pool, at, said->leg);

        ledger_trade(ledger, at, side, ledger_side_venue(ledger, at),
                     said->side == ZL_SIDE_SELL ? -qty : qty, price);
        *ret_fee = ledger_charge(ledger, at, side.purse, qty, price,
                                 rules->taker_fee + rules->liq_fee);
        if (said->step == ZL_STEP_FULL && !exchange->sweep)
                pass_on(exchange, order, at, qty, price);
        ledger_move(ledger, order->account, order->pool, at, said->leg);
        if (said->step == ZL_STEP_FULL)
                exchange->counts.liquidations++;
        else
                exchange->counts.partials++;
}

/* False: it goes on. */
static bool execute_liquidate(struct exchange *exchange, struct venue_order *order)
{
        struct ledger *ledger = &exchange->ledger;
        const struct zl_msg_liquidate *said = &order->row.liquidate;
        uint32_t at = ledger_find_instrument(ledger, said->instrument);
        struct router_key *key = exchange_live_key(exchange, order);
        struct ledger_pool *pool = &ledger->accounts[order->account].pools[order->pool];
        int64_t held = pool->positions[at][said->leg].qty, price = 0, fee = 0, qty = 0;
        bool rests = !exchange->bus.ordered && exchange_chance(exchange, 20);
        int64_t size = said->qty - order->filled;

        if ((held > 0) != (said->side == ZL_SIDE_SELL)) /* reduce only */
                held = 0;
        size = llabs(held) < size ? llabs(held) : size;
        if (size > 0 && ledger->instruments[at].said.status == ZL_STATUS_TRADING)
                qty = quote(exchange, said, at, size, &price);
        if (qty)
                fill(exchange, order, at, qty, price, &fee);
        else
                exchange->counts.unfilled++;
        order->filled += qty;
        key->promise &= order->filled == said->qty && (price == said->price || !exchange->sweep);
        rests &= qty > 0 && qty < size;
        struct router_answer answer = done(exchange, order, order->filled);
        if (order->filled && order->filled < said->qty)
                answer.status = rests ? ZL_EXEC_STATUS_PARTIAL : ZL_EXEC_STATUS_EXPIRED;
        answer.final = !rests;
        if (!answer.final) {
                exchange_answer(exchange, order, &answer, price, fee);
                return false;
        }
        exchange_answer(exchange, order, &answer, price, fee);
        if (key->final && key->promise)
                check_promise(exchange, order, key);
        if (qty)
                exchange_close_pool(exchange, order->account, order->pool, at, true);
        return true;
}

void exchange_execute(struct exchange *exchange, uint32_t at)
{
        struct venue_order order = exchange->orders[at];
        bool over = true;

        if (!exchange->calm && exchange_chance(exchange, 3)) {
                struct router_answer answer = done(exchange, &order, order.filled);
                answer.status = ZL_EXEC_STATUS_REJECTED;
                exchange_live_key(exchange, &order)->promise = false;
                exchange_answer(exchange, &order, &answer, 0, 0);
        } else if (order.row.type == ZL_TYPE_CANCEL) {
                execute_cancel(exchange, &order);
        } else if (order.row.type == ZL_TYPE_CONVERT) {
                execute_convert(exchange, &order);
        } else {
                over = execute_liquidate(exchange, &order);
        }
        if (!over) {
                exchange->orders[at].filled = order.filled;
                return;
        }
        for (uint32_t i = at + 1; i < exchange->orders_count; i++)
                exchange->orders[i - 1] = exchange->orders[i];
        exchange->orders_count--;
}
