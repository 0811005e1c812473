/* exchange_make.c - assets, contracts, rules and accounts of a random exchange. */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

#define PPB ((int64_t)1000000000)

/* What an account begins with, in units of the first asset. */
static int64_t wealth_of(struct exchange *exchange)
{
        int64_t whole = exchange_between(exchange, 1000, 100000);

        if (exchange->ledger.assets[0].said.scale == 0)
                whole *= 100;
        return whole * (int64_t)ledger_pow10(exchange->ledger.assets[0].said.scale);
}

/* The same in another asset. */
static int64_t worth_in(const struct ledger *ledger, int64_t amount, uint32_t asset)
{
        struct ledger_value value = ledger_exchange(ledger, 0, amount, asset);

        return (int64_t)ledger_div_floor(value.num, value.den);
}

static void make_asset(struct exchange *exchange, uint32_t at)
{
        static const char *const symbols[LEDGER_ASSETS] = {"USD", "BTC", "EUR"};
        static const uint32_t scales[LEDGER_ASSETS][4] = {{0, 2, 6, 8}, {4, 6, 8, 8}, {0, 2, 2, 4}};
        static const int64_t rates[LEDGER_ASSETS] = {100000000, 6500000000000, 110000000};
        struct ledger_asset *asset = &exchange->ledger.assets[at];
        struct zl_msg_asset *said = &asset->said;

        zl_message_init(exchange->message, ZL_TYPE_ASSET);
        *said = exchange->message->asset;
        said->asset = at + 1;
        strcpy(said->symbol, symbols[at]);
        said->scale = scales[at][exchange_below(exchange, 4)];
        said->numeraire = at == 0;
        asset->rate = rates[at];
        if (at == 0 || exchange_chance(exchange, 50))
                return;
        said->haircut_count = 2;
        said->haircut[0] = (struct zl_row_haircut){
                .upto = worth_in(&exchange->ledger, wealth_of(exchange), at) + 1,
                .rate = exchange_between(exchange, 0, PPB / 10)};
        said->haircut[1] = (struct zl_row_haircut){
                .absent = (uint64_t)1 << ZL_AT_haircut_upto,
                .rate = exchange_between(exchange, PPB / 10, PPB / 3)};
        said->liability = PPB + exchange_between(exchange, 0, PPB / 5);
}

/* ---- policies ---- */

static void make_limits(struct exchange *exchange, struct zl_msg_policy *policy)
{
        if (exchange_chance(exchange, 20)) {
                policy->slice_notional = wealth_of(exchange) / exchange_between(exchange, 1, 20);
                policy->slice_ms = (uint64_t)exchange_between(exchange, 0, 1000);
        }
        if (exchange_chance(exchange, 15))
                policy->orders_per_s = 1 + exchange_below(exchange, 5);
        if (exchange_chance(exchange, 10))
                policy->cure_ms = (uint64_t)exchange_between(exchange, 0, 2000);
        if (exchange_chance(exchange, 10))
                policy->stale_ms = (uint64_t)exchange_between(exchange, 2000, 10000);
        if (exchange_chance(exchange, 30))
                policy->expires_ms = (uint64_t)exchange_between(exchange, 0, 500);
}

static void make_fund_rules(struct exchange *exchange, struct zl_msg_policy *policy)
{
        policy->takeover = exchange_chance(exchange, 70) ? ZL_TAKEOVER_WHEN_IF_SOLVENT
                                                         : (enum zl_takeover_when)exchange_below(
                                                                   exchange, 3);
        if (exchange_chance(exchange, 30))
                policy->fund_floor = wealth_of(exchange) / 4;
        if (exchange_chance(exchange, 40))
                policy->fund_drawdown = exchange_between(exchange, 0, PPB);
        policy->adl_score = exchange_below(exchange, 9);
        policy->adl_price = exchange_below(exchange, 3);
        if (policy->adl_score == ZL_ADL_SCORE_LEAST_OVERSHOOT &&
            policy->adl_price == ZL_ADL_PRICE_MARK)
                policy->adl_price = ZL_ADL_PRICE_CLOSEOUT;
        policy->socialize = exchange_chance(exchange, 70);
}

static void make_policy(struct exchange *exchange, uint32_t at)
{
        struct zl_msg_policy *policy = &exchange->ledger.policies[at];

        zl_message_init(exchange->message, ZL_TYPE_POLICY);
        *policy = exchange->message->policy;
        policy->policy = at + 1;
        policy->rev = 1;
        policy->trigger = exchange_below(exchange, 2);
        policy->mm_basis = exchange_chance(exchange, 20) ? ZL_MM_BASIS_ENTRY : ZL_MM_BASIS_MARK;
        policy->fee_in_maintenance = exchange_chance(exchange, 60);
        policy->cancel_first = exchange_chance(exchange, 80);
        policy->convert = exchange_chance(exchange, 60);
        policy->partial = exchange_below(exchange, 4);
        policy->target_ratio = exchange_between(exchange, PPB / 2, PPB);
        policy->fraction = exchange_between(exchange, PPB / 5, PPB);
        policy->position_order = exchange_below(exchange, 5);
        make_limits(exchange, policy);
        exchange->slices |= policy->slice_notional > 0;
        make_fund_rules(exchange, policy);
}

/* ---- contracts ---- */

static void make_tiers(struct exchange *exchange, uint32_t at)
{
        struct zl_msg_instrument *said = &exchange->ledger.instruments[at].said;
        int64_t mmr = exchange_between(exchange, 1, 30) * (PPB / 1000);
        int64_t wealth = worth_in(&exchange->ledger, wealth_of(exchange), said->settle - 1);
        int64_t lot_worth = ledger_value_floor(&exchange->ledger, at, said->lot,
                                               exchange->ledger.instruments[at].mark) + 1;
        int64_t upto;

        said->tier_by = exchange_chance(exchange, 30) ? ZL_TIER_BY_SIZE : ZL_TIER_BY_NOTIONAL;
        said->tiers_count = 1 + exchange_below(exchange, 4);
        upto = 1 + (said->tier_by == ZL_TIER_BY_SIZE ? wealth / lot_worth * said->lot : wealth);
        for (uint32_t i = 0; i < said->tiers_count; i++) {
                said->tiers[i] = (struct zl_row_tier){
                        .absent = (uint64_t)1 << ZL_AT_tier_imr |
                                  (uint64_t)1 << ZL_AT_tier_deduct,
                        .upto = upto,
                        .mmr = mmr};
                upto += exchange_between(exchange, upto, 3 * upto);
                mmr += exchange_between(exchange, 0, 30) * (PPB / 1000);
        }
        if (exchange_chance(exchange, 70)) {
                said->tiers[said->tiers_count - 1].absent |= (uint64_t)1 << ZL_AT_tier_upto;
                said->tiers[said->tiers_count - 1].upto = 0;
        }
}

static void make_fees(struct exchange *exchange, struct zl_msg_instrument *said)
{
        if (exchange_chance(exchange, 80))
                said->taker_fee = exchange_between(exchange, 0, PPB / 1000);
        if (exchange_chance(exchange, 50))
                said->liq_fee = exchange_between(exchange, 0, PPB / 200);
        if (exchange_chance(exchange, 60))
                said->slippage = exchange_between(exchange, 0, PPB / 100);
}

static void make_kind(struct exchange *exchange, struct zl_msg_instrument *said)
{
        static const int64_t multipliers[] = {PPB, PPB / 10, PPB / 100, PPB / 1000, 10 * PPB};
        uint32_t assets = exchange->ledger.assets_count;

        said->kind = ZL_KIND_LINEAR;
        said->settle = 1;
        said->price_scale = exchange_below(exchange, 4);
        said->qty_scale = exchange_below(exchange, 4);
        said->multiplier = multipliers[exchange_below(exchange, 5)];
        if (assets > 1 && exchange_chance(exchange, 30)) {
                said->kind = ZL_KIND_INVERSE;
                said->settle = 2;
                said->qty_scale = 0;
                said->multiplier = PPB * (exchange_chance(exchange, 50) ? 1 : 100);
        } else if (assets > 1 && exchange_chance(exchange, 25)) {
                said->kind = ZL_KIND_QUANTO;
                said->settle = 2 + exchange_below(exchange, assets - 1);
        }
        said->lot = 1;
        said->min_price = said->max_price = said->tick = 1;
}

/* Whether a lot is worth some units, and an account can hold many. */
static bool is_usable(struct exchange *exchange, uint32_t at)
{
        struct ledger_instrument *of = &exchange->ledger.instruments[at];
        const struct zl_msg_instrument *said = &of->said;
        int64_t wealth = worth_in(&exchange->ledger, wealth_of(exchange), said->settle - 1);
        uint32_t decimals = 9, scale = exchange->ledger.assets[said->settle - 1].said.scale;
        int64_t digits = said->multiplier;

        for (; digits % 10 == 0 && decimals > 0; decimals--)
                digits /= 10;
        if (said->kind != ZL_KIND_INVERSE && /* the engine refuses what is finer than this */
            said->price_scale + said->qty_scale + decimals > scale + LEDGER_FINE)
                return false;
        while (of->said.lot < 1000000 &&
               ledger_value_floor(&exchange->ledger, at, of->said.lot, of->mark) < 40)
                of->said.lot *= 10;
        int64_t lot_worth = ledger_value_floor(&exchange->ledger, at, of->said.lot, of->mark);
        return lot_worth >= 40 && lot_worth < wealth / 10;
}

static void make_instrument(struct exchange *exchange, uint32_t at, bool one_fund)
{
        struct ledger_instrument *of = &exchange->ledger.instruments[at];
        struct zl_msg_instrument *said = &of->said;

        zl_message_init(exchange->message, ZL_TYPE_INSTRUMENT);
        *said = exchange->message->instrument;
        said->instrument = at + 1;
        strcpy(said->symbol, "I");
        do {
                make_kind(exchange, said);
                of->mark = exchange_between(exchange, 2000, 500000);
        } while (!is_usable(exchange, at));
        of->first = of->index = of->bid = of->ask = of->mark;
        said->tick = exchange_chance(exchange, 40) ? 1 : exchange_between(exchange, 1, 50);
        said->min_price = of->mark / 50;
        said->max_price = of->mark * 50;
        said->fund = one_fund ? 1 : said->settle;
        said->policy = 1 + exchange_below(exchange, LEDGER_POLICIES);
        said->rev = 1;
        make_tiers(exchange, at);
        make_fees(exchange, said);
}

/* ---- who is there ---- */

static void deposit(struct exchange *exchange, struct ledger_purse *purse, uint32_t asset,
                    int64_t amount)
{
        exchange->ledger.assets[asset].outside -= amount;
        purse->free += amount;
}

static void make_account(struct exchange *exchange, uint32_t at)
{
        struct ledger_account *account = &exchange->ledger.accounts[at];

        account->id = 10 * (uint64_t)(at + 1) + exchange_below(exchange, 10);
        account->policy = 1 + exchange_below(exchange, LEDGER_POLICIES);
        account->hedges = exchange_chance(exchange, 30);
        for (uint32_t i = 0; i < exchange->ledger.assets_count; i++) {
                if (i == 0 || exchange_chance(exchange, 60))
                        deposit(exchange, &account->pools[0].purses[i], i,
                                worth_in(&exchange->ledger, wealth_of(exchange), i));
        }
        account->pools[0].moved = true;
        ledger_touch(&exchange->ledger, at, 0);
}

static void make_fund(struct exchange *exchange, uint32_t at)
{
        struct ledger_fund *fund = &exchange->ledger.funds[at];

        fund->id = at + 1;
        fund->asset = at;
        fund->changed = true;
        if (!exchange_chance(exchange, 20))
                deposit(exchange, &fund->purses[at], at,
                        worth_in(&exchange->ledger, wealth_of(exchange), at) /
                                exchange_between(exchange, 1, 20));
}

void exchange_begin(struct exchange *exchange, uint64_t seed, uint32_t engines, bool ordered)
{
        struct ledger *ledger = &exchange->ledger;

        *ledger = (struct ledger){.counts = &exchange->counts};
        memset(exchange->router, 0, sizeof exchange->router);
        exchange->seed = exchange->random = seed;
        exchange->orders_count = exchange->effects_count = 0;
        exchange->decisions = 0;
        exchange->frame = NULL;
        exchange->now_ns = 0;
        exchange->slices = exchange->calm = exchange->fund_alert = exchange->known = false;
        exchange->timed = !ordered || exchange_chance(exchange, 85);
        exchange->sweep = exchange_chance(exchange, 40);
        exchange->tells_step = exchange_chance(exchange, 70);
        bus_begin(&exchange->bus, seed ^ 0x5a5a, engines, ordered, exchange_chance(exchange, 50));
        ledger->assets_count = 1 + exchange_below(exchange, LEDGER_ASSETS);
        ledger->instruments_count = 1 + exchange_below(exchange, LEDGER_INSTRUMENTS);
        ledger->accounts_count = 4 + exchange_below(exchange, LEDGER_ACCOUNTS - 3);
        ledger->funds_count = ledger->assets_count;
        bool one_fund = exchange_chance(exchange, 15);
        for (uint32_t i = 0; i < ledger->assets_count; i++)
                make_asset(exchange, i);
        for (uint32_t i = 0; i < LEDGER_POLICIES; i++)
                make_policy(exchange, i);
        for (uint32_t i = 0; i < ledger->instruments_count; i++)
                make_instrument(exchange, i, one_fund);
        for (uint32_t i = 0; i < ledger->funds_count; i++)
                make_fund(exchange, i);
        for (uint32_t i = 0; i < ledger->accounts_count; i++)
                make_account(exchange, i);
        exchange_restate(exchange); /* the accounts have nothing to restate yet */
        exchange_publish(exchange);
}
