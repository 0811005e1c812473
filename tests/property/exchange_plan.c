/* exchange_plan.c - plans: the first one for a fund's present revision, row by row. */
#include "exchange.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LOSERS_MAX = 64 };

/* A loser that the plan names: refused as a whole or not at all. */
struct loser {
        struct zl_key key;
        uint32_t account, pool;
        bool refused;
};

struct planning {
        struct exchange *exchange;
        struct ledger *ledger;
        struct ledger_fund *fund;
        bool strict; /* it was made of these books */
        uint64_t decision;
        int64_t left; /* of the fund's balance, after what the plan pays: what it nets is no cost */
        struct loser losers[LOSERS_MAX];
        uint32_t losers_count;
        long double profits[LEDGER_ACCOUNTS][LEDGER_POOLS]; /* before, in the first asset */
};

static const char *key_of(const struct bus_row *row)
{
        return row->type == ZL_TYPE_TAKEOVER ? row->takeover.key
               : row->type == ZL_TYPE_ADL    ? row->adl.loser_key
                                             : row->socialize.key;
}

/* Refused: its base moved, or one of its decisions is live. */
static struct loser *loser_of(struct planning *planning, const char *text)
{
        struct exchange *exchange = planning->exchange;
        struct ledger *ledger = planning->ledger;
        struct loser loser = {0};

        if (!zl_key_parse(text, &loser.key)) {
                ledger_fail(ledger, "a plan names no key: %s", text);
                return NULL;
        }
        loser.account = ledger_find_account(ledger, loser.key.account);
        loser.pool = exchange_pool_place(exchange, loser.key.pool);
        if (loser.account == ledger->accounts_count || loser.pool == LEDGER_POOLS) {
                ledger_fail(ledger, "a plan names nobody: %s", text);
                return NULL;
        }
        for (uint32_t i = 0; i < planning->losers_count; i++) {
                struct loser *known = &planning->losers[i];
                if (known->account == loser.account && known->pool == loser.pool &&
                    known->key.base == loser.key.base && known->key.n == loser.key.n)
                        return known;
        }
        const struct ledger_pool *pool = &ledger->accounts[loser.account].pools[loser.pool];
        loser.refused = pool->base != loser.key.base ||
                        exchange->router[loser.account][loser.pool].live;
        if (!loser.refused &&
            !exchange_was_offered(exchange, &exchange->router[loser.account][loser.pool],
                                  loser.key.base))
                ledger_fail(ledger, "%s: goes to the fund, but no close of it found nothing", text);
        if (loser.refused && planning->strict)
                ledger_fail(ledger, "%s: the plan is for another base, or a decision is live",
                            text);
        if (planning->losers_count == LOSERS_MAX)
                abort();
        planning->losers[planning->losers_count] = loser;
        return &planning->losers[planning->losers_count++];
}

/* The loser's position, which the side would close; NULL: that it would not. The base being the
 * ledger's, it holds what the engine knew of. */
static struct ledger_position *to_close(struct planning *planning, const struct loser *loser,
                                        uint32_t instrument, enum zl_leg leg, enum zl_side side,
                                        int64_t qty, const char *key)
{
        struct ledger_position *position =
                &planning->ledger->accounts[loser->account].pools[loser->pool]
                         .positions[instrument][leg];

        if (qty < 0 || qty > llabs(position->qty) ||
            (qty > 0 && (position->qty > 0) != (side == ZL_SIDE_SELL))) {
                ledger_fail(planning->ledger, "%s: closes %" PRId64 " of %" PRId64, key, qty,
                            position->qty);
                return NULL;
        }
        return position;
}

/* What pays a loser moves its base as what closes its positions does. Otherwise, its pairs having
 * been refused, a plan for the next revision of the fund could be made before the payment is heard
 * of, and be taken: the same loss would be paid twice. */
static void move_base(struct ledger *ledger, const struct loser *loser)
{
        uint32_t at = loser->pool - 1;

        if (loser->pool)
                ledger_move(ledger, loser->account, loser->pool, at / LEDGER_LEGS,
                            at % LEDGER_LEGS);
        ledger_touch(ledger, loser->account, 0);
        ledger->accounts[loser->account].pools[loser->pool].moved = true;
}

/* ---- takeovers ---- */

/* Whether it may wait for a fund itself, an order for it having been answered. */
static bool may_wait(const struct router_pool *router, const struct ledger_pool *pool)
{
        for (uint32_t i = 0; i < router->keys_count; i++) {
                if (router->keys[i].base == pool->base)
                        return true;
        }
        return false;
}

/* Somebody who could have borne a share: with a profit, not among the losers, not below zero. */
static bool somebody_wins(const struct planning *planning, uint64_t but)
{
        const struct ledger *ledger = planning->ledger;

        for (uint32_t i = 0; i < ledger->accounts_count * LEDGER_POOLS; i++) {
                const struct ledger_account *account = &ledger->accounts[i / LEDGER_POOLS];
                const struct ledger_pool *pool = &account->pools[i % LEDGER_POOLS];
                const struct router_pool *router =
                        &planning->exchange->router[i / LEDGER_POOLS][i % LEDGER_POOLS];
                bool loses = account->id == but || ledger_worth(ledger, pool) < 1 ||
                             may_wait(router, pool);
                for (uint32_t k = 0; k < planning->losers_count; k++)
                        loses |= planning->losers[k].account == i / LEDGER_POOLS &&
                                 planning->losers[k].pool == i % LEDGER_POOLS;
                for (uint32_t k = 0; !loses && k < ledger->instruments_count; k++) {
                        for (uint32_t leg = 0; leg < LEDGER_LEGS; leg++) {
                                const struct ledger_position *position = &pool->positions[k][leg];
                                long double profit = ledger_profit(ledger, k, position);
                                long double unit = ledger_unit(ledger, ledger_settle(ledger, k));
                                if (position->qty && profit > 2 && profit * unit > 2 &&
                                    ledger->instruments[k].said.fund == planning->fund->id)
                                        return true;
                        }
                }
        }
        return false;
}

/* if_solvent: what is left is worth the floor, and what the drawdown leaves of the peak; unless
 * nobody else can pay, which is said. */
static void check_bound(struct planning *planning, const struct zl_msg_takeover *said,
                        const struct loser *loser, uint32_t instrument)
{
        struct ledger *ledger = planning->ledger;
        const struct ledger_fund *fund = planning->fund;
        const struct zl_msg_policy *policy =
                &ledger->policies[ledger->instruments[instrument].said.policy - 1];
        int64_t left = planning->left -= said->amount;
        struct ledger_value worth = ledger_exchange(ledger, fund->asset, left, 0);
        bool bears = worth.num >= policy->fund_floor * worth.den &&
                     (zl_i128)left * 1000000000 >=
                             (zl_i128)fund->peak * (1000000000 - policy->fund_drawdown);

        if (bears || policy->takeover != ZL_TAKEOVER_WHEN_IF_SOLVENT || said->amount == 0)
                return;
        planning->exchange->counts.forced++;
        if (!planning->strict)
                return;
        if (!planning->exchange->fund_alert)
                ledger_fail(ledger, "%s: fund %" PRIu32 " pays %" PRId64 ", and with %"
                            PRId64 " left that is more than it may", said->key, fund->id,
                            said->amount, left);
        else if (policy->socialize && somebody_wins(planning, loser->key.account))
                ledger_fail(ledger, "%s: fund %" PRIu32 " pays what it cannot bear, though others "
                            "could", said->key, fund->id);
}

static void take_over(struct planning *planning, const struct zl_msg_takeover *said,
                      struct loser *loser)
{
        struct exchange *exchange = planning->exchange;
        struct ledger *ledger = planning->ledger;
        uint32_t at = ledger_find_instrument(ledger, said->instrument);
        struct ledger_fund *fund = planning->fund;

        if (at == ledger->instruments_count || said->amount < 0 || said->price < 1) {
                ledger_fail(ledger, "%s: no takeover", said->key);
                return;
        }
        if (!to_close(planning, loser, at, said->leg, said->side, said->qty, said->key))
                return;
        check_bound(planning, said, loser, at);
        struct ledger_side side =
                ledger_side_of(ledger, loser->account, loser->pool, at, said->leg);
        uint32_t asset = ledger_settle(ledger, at);
        if (asset == fund->asset)
                ledger_pay(&fund->purses[asset], side.purse, said->amount);
        else
                ledger_convert(ledger, &fund->purses[fund->asset], fund->asset, said->amount,
                               side.purse, asset);
        exchange->counts.paid_by_funds += (uint64_t)said->amount;
        exchange->counts.takeovers++;
        if (said->qty) { /* beyond the mark, the price says what the amount pays */
                int64_t mark = ledger->instruments[at].mark, price = said->price;
                if (said->side == ZL_SIDE_SELL ? price > mark : price < mark)
                        price = mark;
                ledger_trade(ledger, at, side, ledger_side_fund(ledger, fund, at),
                             said->side == ZL_SIDE_SELL ? -said->qty : said->qty, price);
                ledger_move(ledger, loser->account, loser->pool, at, said->leg);
        }
        move_base(ledger, loser);
        exchange_had_effect(exchange, &loser->key, planning->decision);
}

/* ---- pairs ---- */

static bool find_winner(struct planning *planning, uint64_t id, const char *text,
                        uint32_t *ret_account, uint32_t *ret_pool)
{
        struct zl_pool_id pool;

        *ret_account = ledger_find_account(planning->ledger, id);
        if (*ret_account == planning->ledger->accounts_count || !zl_pool_id_parse(text, &pool) ||
            (*ret_pool = exchange_pool_place(planning->exchange, pool)) == LEDGER_POOLS) {
                ledger_fail(planning->ledger, "a plan names nobody to give: %" PRIu64 " %s", id,
                            text);
                return false;
        }
        return true;
}

static void check_winner(struct planning *planning, const struct zl_msg_adl *said,
                         const struct ledger_position *gives, uint32_t at, int64_t qty)
{
        struct ledger *ledger = planning->ledger;
        const struct zl_msg_policy *policy =
                &ledger->policies[ledger->instruments[at].said.policy - 1];

        if (!planning->strict)
                return;
        if (qty < said->qty)
                ledger_fail(ledger, "%s: the winner holds %" PRId64 ", not %" PRId64,
                            said->loser_key, gives->qty, said->qty);
        else if (ledger_profit(ledger, at, gives) <= -1)
                ledger_fail(ledger, "%s: the winner %" PRIu64 " has no profit", said->loser_key,
                            said->winner_account);
        else if ((policy->adl_price == ZL_ADL_PRICE_MARK &&
                  said->price != ledger->instruments[at].mark) ||
                 (policy->adl_price == ZL_ADL_PRICE_INDEX &&
                  said->price != ledger->instruments[at].index))
                ledger_fail(ledger, "%s: not at the policy's price", said->loser_key);
}

/* Both sides or neither; of the winner up to what it still holds. */
static void pair(struct planning *planning, const struct zl_msg_adl *said, struct loser *loser)
{
        struct ledger *ledger = planning->ledger;
        uint32_t at = ledger_find_instrument(ledger, said->instrument), account, pool;
        /* the row names the winner's leg; of hedges the side tells the loser's */
        enum zl_leg loses = ZL_LEG_NET, leg = said->leg;
        int64_t qty = said->qty;

        if (!find_winner(planning, said->winner_account, said->winner_pool, &account, &pool))
                return;
        if (at == ledger->instruments_count || said->qty <= 0 || said->price < 1 ||
            account == loser->account) {
                ledger_fail(ledger, "%s: no pair", said->loser_key);
                return;
        }
        if (ledger->accounts[loser->account].hedges)
                loses = said->side == ZL_SIDE_SELL ? ZL_LEG_LONG : ZL_LEG_SHORT;
        if (!to_close(planning, loser, at, loses, said->side, qty, said->loser_key))
                return;
        struct ledger_side gives = ledger_side_of(ledger, account, pool, at, leg);
        int64_t holds = llabs(gives.position->qty);
        if ((gives.position->qty < 0) != (said->side == ZL_SIDE_SELL))
                holds = 0;
        qty = qty < holds ? qty : holds;
        check_winner(planning, said, gives.position, at, qty);
        if (qty == 0) {
                planning->exchange->counts.rows_refused++;
                return;
        }
        struct ledger_side side = ledger_side_of(ledger, loser->account, loser->pool, at, loses);
        ledger_trade(ledger, at, side, gives, said->side == ZL_SIDE_SELL ? -qty : qty,
                     said->price);
        ledger_move(ledger, loser->account, loser->pool, at, loses);
        ledger_move(ledger, account, pool, at, leg);
        planning->exchange->counts.pairs++;
        planning->exchange->counts.winners_below +=
                planning->strict &&
                ledger_worth(ledger, &ledger->accounts[account].pools[pool]) < -1;
        exchange_had_effect(planning->exchange, &loser->key, planning->decision);
}

/* ---- shares ---- */

static void share(struct planning *planning, const struct zl_msg_socialize *said,
                  struct loser *loser)
{
        struct exchange *exchange = planning->exchange;
        struct ledger *ledger = planning->ledger;
        uint32_t account, pool, asset = said->asset - 1;

        if (!find_winner(planning, said->account, said->pool, &account, &pool))
                return;
        if (asset >= ledger->assets_count || said->amount <= 0 || account == loser->account) {
                ledger_fail(ledger, "%s: no share", said->key);
                return;
        }
        struct ledger_pool *from = &ledger->accounts[account].pools[pool];
        struct ledger_pool *to = &ledger->accounts[loser->account].pools[loser->pool];
        exchange->counts.shares_above +=
                planning->strict &&
                (long double)said->amount * ledger_unit(ledger, asset) >
                planning->profits[account][pool] + 1;
        if (pool && asset != ledger_settle(ledger, (pool - 1) / LEDGER_LEGS)) {
                ledger_fail(ledger, "%s: a share in an asset that %" PRIu64 "'s pool has not",
                            said->key, said->account);
                return;
        }
        uint32_t holds = loser->pool ? ledger_settle(ledger, (loser->pool - 1) / LEDGER_LEGS)
                                     : asset;
        if (holds == asset)
                ledger_pay(&from->purses[asset], &to->purses[asset], said->amount);
        else
                ledger_convert(ledger, &from->purses[asset], asset, said->amount,
                               &to->purses[holds], holds);
        exchange->counts.exchanged += holds != asset;
        ledger_touch(ledger, account, pool);
        move_base(ledger, loser);
        exchange->counts.shares++;
        exchange->counts.socialized += (uint64_t)said->amount;
        exchange_had_effect(exchange, &loser->key, planning->decision);
}

/* ---- the plan ---- */

static void take_row(struct planning *planning, const struct bus_row *row)
{
        struct loser *loser = loser_of(planning, key_of(row));

        if (!loser)
                return;
        if (loser->refused) {
                planning->exchange->counts.rows_refused++;
                return;
        }
        if (row->type == ZL_TYPE_TAKEOVER)
                take_over(planning, &row->takeover, loser);
        else if (row->type == ZL_TYPE_ADL)
                pair(planning, &row->adl, loser);
        else
                share(planning, &row->socialize, loser);
}

/* A loser whose positions are all gone owes nothing more. */
static void settle_loser(struct planning *planning, const struct loser *loser)
{
        struct exchange *exchange = planning->exchange;
        struct ledger *ledger = planning->ledger;
        struct ledger_pool *pool = &ledger->accounts[loser->account].pools[loser->pool];
        long double slack = 0, worth = ledger_worth(ledger, pool);

        if (loser->refused || !ledger_pool_empty(ledger, pool))
                return;
        for (uint32_t i = 0; i < ledger->instruments_count; i++)
                slack += 2 * exchange_slack(ledger, i);
        exchange->counts.left_owing += planning->strict && worth < -slack;
        if (planning->strict && worth < -slack)
                ledger_fail(ledger, "account %" PRIu64 ": its pool was closed by a plan, and owes "
                            "%.3Lf", loser->key.account, -worth);
        if (loser->pool)
                exchange_close_pool(exchange, loser->account, loser->pool,
                                    (loser->pool - 1) / LEDGER_LEGS, true);
}

/* Shares come before: what a winner's isolated pool has left when its position is gone. */
static void settle_winners(struct exchange *exchange)
{
        struct ledger *ledger = &exchange->ledger;

        for (uint32_t i = 0; i < ledger->accounts_count; i++) {
                for (uint32_t p = 1; p < 1 + ledger->instruments_count * LEDGER_LEGS; p++)
                        exchange_close_pool(exchange, i, p, (p - 1) / LEDGER_LEGS, false);
        }
}

static void is_for(const struct bus_row *row, uint32_t *ret_fund, uint64_t *ret_rev)
{
        *ret_fund = row->type == ZL_TYPE_TAKEOVER ? row->takeover.fund
                    : row->type == ZL_TYPE_ADL    ? row->adl.fund
                                                  : row->socialize.fund;
        *ret_rev = row->type == ZL_TYPE_TAKEOVER ? row->takeover.rev
                   : row->type == ZL_TYPE_ADL    ? row->adl.rev
                                                 : row->socialize.rev;
}

void exchange_take_plan(struct exchange *exchange, const struct bus_frame *frame)
{
        struct ledger *ledger = &exchange->ledger;
        struct planning planning = {.exchange = exchange, .ledger = ledger};
        uint32_t fund, other;
        uint64_t rev, other_rev;

        is_for(&frame->rows[0], &fund, &rev);
        for (uint32_t i = 1; i < frame->count; i++) {
                is_for(&frame->rows[i], &other, &other_rev);
                if (other != fund || other_rev != rev)
                        ledger_fail(ledger, "a plan for two funds or revisions");
        }
        if (fund == 0 || fund > ledger->funds_count || rev > ledger->funds[fund - 1].rev) {
                ledger_fail(ledger, "a plan for no revision: fund %" PRIu32 " rev %" PRIu64, fund,
                            rev);
                return;
        }
        planning.fund = &ledger->funds[fund - 1];
        planning.left = planning.fund->purses[planning.fund->asset].free;
        if (rev < planning.fund->rev || planning.fund->planned_rev == rev) {
                exchange->counts.plans_refused++;
                return;
        }
        planning.strict = exchange->known;
        for (uint32_t i = 0; i < ledger->accounts_count; i++)
                planning.strict &= ledger->accounts[i].known_rev == ledger->accounts[i].rev;
        for (uint32_t i = 0; i < ledger->accounts_count * LEDGER_POOLS; i++)
                planning.profits[i / LEDGER_POOLS][i % LEDGER_POOLS] =
                        exchange_profit(ledger, &ledger->accounts[i / LEDGER_POOLS]
                                                         .pools[i % LEDGER_POOLS]);
        planning.fund->planned_rev = rev;
        planning.fund->plan = exchange_random(exchange) | 1;
        planning.fund->changed = true;
        planning.decision = ++exchange->decisions;
        exchange->counts.plans++;
        for (uint32_t i = 0; i < frame->count && !ledger->broken; i++)
                take_row(&planning, &frame->rows[i]);
        for (uint32_t i = 0; i < planning.losers_count && !ledger->broken; i++)
                settle_loser(&planning, &planning.losers[i]);
        settle_winners(exchange);
        exchange_publish(exchange);
}

/* What a pool without positions owes is nobody's: its assets' funds pay it. */
void exchange_write_off(struct exchange *exchange, const struct zl_msg_deficit *deficit)
{
        struct ledger *ledger = &exchange->ledger;
        uint32_t account = ledger_find_account(ledger, deficit->account);

        if (account == ledger->accounts_count) {
                ledger_fail(ledger, "a deficit of nobody");
                return;
        }
        struct ledger_pool *pool = &ledger->accounts[account].pools[0];
        if (pool->base != deficit->base || !ledger_pool_empty(ledger, pool))
                return;
        for (uint32_t i = 0; i < ledger->assets_count; i++) {
                int64_t owed = -(pool->purses[i].free + pool->purses[i].held);
                if (owed <= 0)
                        continue;
                ledger_pay(&ledger->funds[i].purses[i], &pool->purses[i], owed);
                ledger->funds[i].changed = true;
                ledger_touch(ledger, account, 0);
                exchange->counts.written_off++;
        }
        exchange_publish(exchange);
}
