#include "app/sim/incident.h"

#include "app/sim/lockstep.h"

#include <string.h>

#define TEN_PM_NS 1760130000000000000u /* 2025-10-10T21:00:00Z */

enum {
        TICK_MS = 500,
        MILLION = 1000000,
        BTC = 0, /* its place among the instruments */
        NO_LIQUIDITY_PPM = 500000, /* of pressure: nothing fills at any close-out price */
};

typedef void play(struct zl_lockstep *market);

static int64_t whole_ticks(const struct zl_world_instrument *of, zl_i128 price)
{
        return (int64_t)(price / of->tick) * of->tick;
}

/* Every price becomes so many millionths of what it was. */
static void move_all(struct zl_lockstep *market, int64_t ppm)
{
        for (uint32_t i = 0; i < ZL_WORLD_INSTRUMENTS; i++) {
                struct zl_world_instrument *of = &market->world.instruments[i];
                of->price = whole_ticks(of, (zl_i128)of->price * ppm / MILLION);
        }
}

static void set_pressure(struct zl_lockstep *market, uint64_t ppm)
{
        for (uint32_t i = 0; i < ZL_WORLD_INSTRUMENTS; i++)
                market->world.instruments[i].pressure_ppm = ppm;
}

static void set_fund(struct zl_lockstep *market, int64_t whole)
{
        market->world.fund = market->world.fund_peak = whole * MILLION;
}

static void init_policies(struct zl_msg_policy policies[2])
{
        struct zl_message message;

        for (uint32_t i = 0; i < 2; i++) {
                zl_world_say_policy(&message);
                policies[i] = message.policy;
                policies[i].policy = i + 1;
                policies[i].convert = i == 1;
        }
}

static void open_market(struct zl_lockstep *market, const struct zl_msg_policy policies[2])
{
        zl_lockstep_define(market, policies, 2);
        zl_lockstep_fund(market);
        zl_lockstep_tick(market, TICK_MS);
        zl_lockstep_accounts(market);
        zl_lockstep_beat(market);
}

static void open_plainly(struct zl_lockstep *market)
{
        struct zl_msg_policy policies[2];

        init_policies(policies);
        open_market(market, policies);
}

/* ---- the incidents ---- */

/* What is sold pushes the marks, and that sells more. */
static void cascade(struct zl_lockstep *market)
{
        market->world.takes_plans = true;
        market->world.ticks_max = 160;
        open_plainly(market);
        for (uint32_t tick = 0; tick < 160; tick++) {
                zl_world_tick(&market->world);
                for (uint32_t i = 0; i < ZL_WORLD_INSTRUMENTS; i++) {
                        struct zl_world_instrument *of = &market->world.instruments[i];
                        zl_i128 pushed = (zl_i128)of->price * (int64_t)of->pressure_ppm / 8;
                        of->price = whole_ticks(of, of->price - pushed / MILLION);
                }
                zl_lockstep_tick(market, TICK_MS);
                if (tick % 20 == 0)
                        zl_lockstep_beat(market);
        }
}

static void slide(struct zl_lockstep *market, uint32_t ticks, int64_t ppm)
{
        for (uint32_t i = 0; i < ticks; i++) {
                move_all(market, ppm);
                zl_lockstep_tick(market, TICK_MS);
        }
}

/* One account's change is lost, and its partition stands still while the others are liquidated,
 * until it is stated anew. */
static void gap(struct zl_lockstep *market)
{
        struct zl_world_account *poor = &market->world.accounts[0];
        uint32_t partition = zl_partition(poor->id, ZL_LOCKSTEP_PARTITIONS);

        open_plainly(market);
        poor->usdt /= 2;
        poor->rev++;
        market->loses = true;
        zl_lockstep_account(market, poor);
        market->loses = false;
        zl_lockstep_beat(market);
        slide(market, 30, 993000);
        zl_lockstep_restate(market, partition);
        slide(market, 20, 993000);
        zl_lockstep_beat(market);
}

/* Prices fall through everybody's line at once, nobody buys, and what the fund has is soon paid:
 * from there on winners give what losers must be rid of. */
static void exhausted(struct zl_lockstep *market)
{
        market->world.takes_plans = true;
        set_fund(market, 20000);
        open_plainly(market);
        for (uint32_t i = 0; i < 8; i++) {
                set_pressure(market, NO_LIQUIDITY_PPM);
                slide(market, 1, 950000);
        }
        zl_lockstep_beat(market);
}

/* A price that is wrong for three ticks stays in quarantine; one that is right is confirmed. */
static void glitch(struct zl_lockstep *market)
{
        struct zl_msg_policy policies[2];
        struct zl_world_instrument *btc = &market->world.instruments[BTC];

        init_policies(policies);
        for (uint32_t i = 0; i < 2; i++) {
                policies[i].jump_ppm = 50000;
                policies[i].jump_confirm = 4;
        }
        open_market(market, policies);
        slide(market, 4, 999500);
        int64_t right = btc->price;
        btc->price = whole_ticks(btc, right * 7 / 10);
        slide(market, 3, MILLION);
        btc->price = right;
        slide(market, 6, 999500);
        btc->price = whole_ticks(btc, right * 9 / 10);
        slide(market, 12, 999500);
        zl_lockstep_beat(market);
}

/* One long and one short in turn, of the same size: who is long has a fiftieth of it. */
static void pair_up(struct zl_world *world)
{
        const struct zl_world_instrument *btc = &world->instruments[BTC];

        for (uint32_t i = 0; i < world->accounts_count; i++) {
                struct zl_world_account *account = &world->accounts[i];
                int64_t lots = 1 + (int64_t)(zl_mix64(world->random + i / 2) % 400);
                bool is_long = i % 2 == 0;
                *account = (struct zl_world_account){.id = account->id, .rev = 1, .cross_rev = 1,
                                                     .positions_count = 1};
                struct zl_world_position *position = &account->positions[0];
                position->instrument = BTC;
                position->qty = lots * btc->lot * (is_long ? 1 : -1);
                position->entry = btc->first_price;
                position->rev = 1;
                position->margin = zl_world_value(btc, lots * btc->lot, position->entry) /
                                   (is_long ? 50 : 2);
        }
}

/* Everybody who is long is bankrupt on one tick: nothing fills, there is no fund. */
static void burst(struct zl_lockstep *market)
{
        market->world.takes_plans = true;
        set_fund(market, 0);
        pair_up(&market->world);
        open_plainly(market);
        set_pressure(market, NO_LIQUIDITY_PPM);
        slide(market, 1, 900000);
        slide(market, 2, MILLION);
        zl_lockstep_beat(market);
}

/* ---- the table ---- */

static const struct {
        struct zl_incident incident;
        play *play;
} incidents[] = {
        {{"gap", "one account's message is lost; its partition waits until it is stated anew", 120,
          7},
         gap},
        {{"cascade", "what is sold pushes the marks, and that sells more", 300, 1010}, cascade},
        {{"exhausted", "nobody buys and the fund is empty: deleveraging", 120, 3}, exhausted},
        {{"glitch", "a wrong price is quarantined, a right one confirmed", 80, 5}, glitch},
        {{"burst", "eleven thousand longs are bankrupt on one tick, and as many are deleveraged",
          23000, 11},
         burst},
};

const struct zl_incident *zl_incident_at(uint32_t i)
{
        return i < ZL_COUNT(incidents) ? &incidents[i].incident : NULL;
}

const struct zl_incident *zl_incident_find(const char *name)
{
        for (uint32_t i = 0; i < ZL_COUNT(incidents); i++) {
                if (!strcmp(incidents[i].incident.name, name))
                        return &incidents[i].incident;
        }
        return NULL;
}

enum zl_err zl_incident_play(const struct zl_incident *incident, const char *tape, uint64_t seed,
                             uint32_t accounts, struct zl_incident_result *ret_result)
{
        struct zl_lockstep market;

        if (!zl_lockstep_open(&market, tape, seed, accounts))
                return ZL_ERR_SYSTEM;
        market.now_ns = TEN_PM_NS;
        for (uint32_t i = 0; i < ZL_COUNT(incidents); i++) {
                if (&incidents[i].incident == incident)
                        incidents[i].play(&market);
        }
        const struct zl_world *world = &market.world;
        *ret_result = (struct zl_incident_result){.filled = world->filled,
                                                  .unfilled = world->unfilled,
                                                  .taken_over = world->taken_over,
                                                  .plans = world->plans,
                                                  .pairs = world->deleveraged,
                                                  .cancelled = world->cancelled,
                                                  .converted = world->converted,
                                                  .fund = world->fund};
        return zl_lockstep_close(&market) ? ZL_OK : ZL_ERR_SYSTEM;
}
