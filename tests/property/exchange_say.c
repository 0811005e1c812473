#include "exchange.h"

#include <string.h>

static void say(struct exchange *exchange, enum zl_topic_kind kind, uint32_t id, enum zl_type type,
                const void *object)
{
        bus_say(&exchange->bus, (struct zl_topic){kind, id}, exchange->now_ns, type, object);
}

void exchange_say_asset(struct exchange *exchange, uint32_t asset)
{
        say(exchange, ZL_TOPIC_CTRL, 0, ZL_TYPE_ASSET, &exchange->ledger.assets[asset].said);
}

void exchange_say_rate(struct exchange *exchange, uint32_t asset)
{
        const struct ledger_asset *of = &exchange->ledger.assets[asset];
        struct zl_msg_rate rate = {.asset = of->said.asset, .price = of->rate};

        say(exchange, ZL_TOPIC_RATE, of->said.asset, ZL_TYPE_RATE, &rate);
}

void exchange_say_policy(struct exchange *exchange, uint32_t policy)
{
        say(exchange, ZL_TOPIC_CTRL, 0, ZL_TYPE_POLICY, &exchange->ledger.policies[policy]);
}

void exchange_say_instrument(struct exchange *exchange, uint32_t instrument)
{
        say(exchange, ZL_TOPIC_CTRL, 0, ZL_TYPE_INSTRUMENT,
            &exchange->ledger.instruments[instrument].said);
}

void exchange_say_mark(struct exchange *exchange, uint32_t instrument)
{
        const struct ledger_instrument *of = &exchange->ledger.instruments[instrument];
        struct zl_msg_mark mark = {.instrument = of->said.instrument,
                                   .price = of->mark,
                                   .index = of->index,
                                   .bid = of->bid,
                                   .ask = of->ask,
                                   .depth = of->depth,
                                   .funding = of->funding};

        say(exchange, ZL_TOPIC_MARK, of->said.instrument, ZL_TYPE_MARK, &mark);
}

void exchange_say_fund(struct exchange *exchange, uint32_t fund)
{
        const struct ledger_fund *of = &exchange->ledger.funds[fund];
        struct zl_msg_fund said = {.fund = of->id,
                                   .asset = exchange->ledger.assets[of->asset].said.asset,
                                   .balance = of->purses[of->asset].free,
                                   .peak = of->peak,
                                   .rev = of->rev,
                                   .plan = of->plan};

        say(exchange, ZL_TOPIC_FUND, of->id, ZL_TYPE_FUND, &said);
}

void exchange_say_clock(struct exchange *exchange, uint32_t engine)
{
        struct zl_msg_clock clock = {0};

        bus_say_to(&exchange->bus, engine, (struct zl_topic){ZL_TOPIC_TIME, engine},
                   exchange->now_ns, ZL_TYPE_CLOCK, &clock);
}

void exchange_say_exec(struct exchange *exchange, const struct zl_msg_exec *exec)
{
        struct zl_key key;

        if (!zl_key_parse(exec->order, &key))
                ledger_fail(&exchange->ledger, "an order's id does not parse: %s", exec->order);
        else
                say(exchange, ZL_TOPIC_EXEC, zl_partition(key.account, BUS_PARTITIONS),
                    ZL_TYPE_EXEC, exec);
}

/* ---- accounts ---- */

static void list_position(struct exchange *exchange, const struct ledger_pool *pool, uint32_t at,
                          uint32_t instrument, uint32_t leg)
{
        const struct ledger_position *position = &pool->positions[instrument][leg];
        struct zl_msg_account *message = &exchange->message->account;
        const struct ledger_purse *purse =
                &pool->purses[ledger_settle(&exchange->ledger, instrument)];
        struct zl_row_position *row = &message->positions[message->positions_count++];

        *row = (struct zl_row_position){
                .instrument = exchange->ledger.instruments[instrument].said.instrument,
                .leg = leg,
                .qty = position->qty,
                .cost = position->paid < 0 ? -position->paid : position->paid,
                .mode = at ? ZL_MODE_ISOLATED : ZL_MODE_CROSS,
                .funding = position->funding,
                .rev = position->rev};
        row->absent = (uint64_t)1 << ZL_AT_position_entry;
        if (at) {
                row->margin = purse->free + purse->held;
                row->order_margin = purse->held;
        } else {
                row->absent |= (uint64_t)1 << ZL_AT_position_margin;
        }
}

static void list_pool(struct exchange *exchange, struct ledger_pool *pool, uint32_t at, bool full)
{
        for (uint32_t i = 0; i < exchange->ledger.instruments_count; i++) {
                for (uint32_t leg = 0; leg < LEDGER_LEGS; leg++) {
                        struct ledger_position *position = &pool->positions[i][leg];
                        if (full ? position->qty != 0 : position->listed)
                                list_position(exchange, pool, at, i, leg);
                        position->listed = false;
                }
        }
}

void exchange_say_account(struct exchange *exchange, uint32_t account, bool full)
{
        struct ledger_account *of = &exchange->ledger.accounts[account];
        struct zl_msg_account *message = &exchange->message->account;

        message->absent = 0;
        message->account = of->id;
        message->rev = of->rev;
        message->cross_rev = of->pools[0].base;
        message->full = full;
        message->policy = of->policy;
        message->commit = 0;
        message->balances_count = message->positions_count = 0;
        for (uint32_t i = 0; i < exchange->ledger.assets_count; i++) {
                const struct ledger_purse *purse = &of->pools[0].purses[i];
                message->balances[message->balances_count++] = (struct zl_row_balance){
                        .asset = exchange->ledger.assets[i].said.asset,
                        .amount = purse->free + purse->held,
                        .order_margin = purse->held};
        }
        for (uint32_t p = 0; p < LEDGER_POOLS; p++)
                list_pool(exchange, &of->pools[p], p, full);
        say(exchange, ZL_TOPIC_ACCT, zl_partition(of->id, BUS_PARTITIONS), ZL_TYPE_ACCOUNT,
            message);
}

uint64_t exchange_shown_by(const struct exchange *exchange, uint32_t account)
{
        const struct ledger_account *of = &exchange->ledger.accounts[account];

        return of->rev + of->changed;
}

static void publish_account(struct exchange *exchange, uint32_t account)
{
        struct ledger_account *of = &exchange->ledger.accounts[account];

        of->changed = false;
        of->rev++;
        for (uint32_t p = 0; p < LEDGER_POOLS; p++) {
                struct ledger_pool *pool = &of->pools[p];
                if (!pool->moved)
                        continue;
                pool->moved = false;
                pool->base = of->rev;
                for (uint32_t i = 0; i < LEDGER_INSTRUMENTS * LEDGER_LEGS; i++) {
                        struct ledger_position *position =
                                &pool->positions[i / LEDGER_LEGS][i % LEDGER_LEGS];
                        if (position->changed)
                                position->rev = of->rev;
                        position->changed = false;
                }
        }
        exchange_say_account(exchange, account, of->rev == 1 || exchange_chance(exchange, 20));
}

static void publish_fund(struct exchange *exchange, uint32_t fund)
{
        struct ledger_fund *of = &exchange->ledger.funds[fund];

        of->changed = false;
        of->rev++;
        if (of->purses[of->asset].free > of->peak)
                of->peak = of->purses[of->asset].free;
        exchange_say_fund(exchange, fund);
        of->plan = 0;
}

/* Accounts and funds in either order: they are different streams. */
void exchange_publish(struct exchange *exchange)
{
        bool funds_first = exchange_chance(exchange, 50);

        for (uint32_t turn = 0; turn < 2; turn++) {
                bool funds = (turn == 0) == funds_first;
                for (uint32_t i = 0; funds && i < exchange->ledger.funds_count; i++) {
                        if (exchange->ledger.funds[i].changed)
                                publish_fund(exchange, i);
                }
                for (uint32_t i = 0; !funds && i < exchange->ledger.accounts_count; i++) {
                        if (exchange->ledger.accounts[i].changed)
                                publish_account(exchange, i);
                }
        }
}

void exchange_restate(struct exchange *exchange)
{
        const struct ledger *ledger = &exchange->ledger;

        for (uint32_t i = 0; i < ledger->assets_count; i++) {
                exchange_say_asset(exchange, i);
                exchange_say_rate(exchange, i);
        }
        for (uint32_t i = 0; i < LEDGER_POLICIES; i++)
                exchange_say_policy(exchange, i);
        for (uint32_t i = 0; i < ledger->instruments_count; i++) {
                exchange_say_instrument(exchange, i);
                exchange_say_mark(exchange, i);
        }
        for (uint32_t i = 0; i < ledger->funds_count; i++)
                exchange_say_fund(exchange, i);
        for (uint32_t i = 0; i < ledger->accounts_count; i++) {
                if (ledger->accounts[i].rev)
                        exchange_say_account(exchange, i, true);
        }
}
