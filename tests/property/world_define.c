/* Assets, instruments and policies of a random world. */
#include "world.h"

#include <string.h>

static const uint64_t powers[] = {1,         10,         100,         1000,        10000,
                                  100000,    1000000,    10000000,    100000000,   1000000000,
                                  10000000000, 100000000000, 1000000000000, 10000000000000};

static void make_asset(struct world *world, struct zl_msg_asset *asset, uint32_t id)
{
        struct zl_message *message = (struct zl_message[1]){{0}};

        zl_message_init(message, ZL_TYPE_ASSET);
        *asset = message->asset;
        asset->asset = id;
        asset->numeraire = id == 1;
        asset->scale = world_below(world, world_chance(world, 20) ? 13 : 9);
        asset->rate_scale = world_below(world, 9);
        strcpy(asset->symbol, "A");
        world->rates[id - 1] = 1 + (int64_t)world_below(world, 1000000);
}

static void set_tiers(struct world *world, struct world_instrument *instrument)
{
        struct zl_msg_instrument *now = &instrument->now;
        int64_t mmr = world_between(world, 0, world->coarse ? 10 : 200);
        int64_t typical = instrument->notional;
        long double price = (long double)instrument->mark;

        now->tier_by = world_chance(world, 40) ? ZL_TIER_BY_SIZE : ZL_TIER_BY_NOTIONAL;
        if (now->tier_by == ZL_TIER_BY_SIZE)
                typical = whole((long double)typical / (instrument->unit * price)) + 1;
        int64_t upto = world_between(world, 1, typical);
        now->tiers_count = world_chance(world, 5) ? 0 : 1 + world_below(world, 4);
        for (uint32_t i = 0; i < now->tiers_count; i++) {
                bool last = i + 1 == now->tiers_count;
                now->tiers[i] = (struct zl_row_tier){
                        .absent = 1 << ZL_AT_tier_imr | 1 << ZL_AT_tier_deduct,
                        .upto = upto,
                        .mmr = mmr * (world->coarse ? 10000000 : 1000000)};
                if (last && world_chance(world, 70)) {
                        now->tiers[i].absent |= 1 << ZL_AT_tier_upto;
                        now->tiers[i].upto = 0;
                }
                if (world_chance(world, 15)) {
                        now->tiers[i].absent &= ~(uint64_t)(1 << ZL_AT_tier_deduct);
                        now->tiers[i].deduct = world_between(world, 0, upto / 50 + 1);
                }
                upto += world_between(world, 1, typical);
                mmr += world_between(world, 0, world->coarse ? 5 : 50);
        }
}

static int64_t random_fee(struct world *world)
{
        switch (world_below(world, 8)) {
        case 0:
                return world_between(world, 0, 400000000);
        case 1:
        case 2:
                return world_between(world, 0, 10000000);
        case 3:
                return 1000000 * world_between(world, 0, 20);
        default:
                return 0;
        }
}

/* A slope that adds up to a tenth to the rate of a typical position. */
static int64_t random_slope(struct world *world, const struct world_instrument *instrument)
{
        long double price = (long double)instrument->mark;
        long double units = (long double)instrument->notional / (instrument->unit * price) /
                            (long double)powers[instrument->now.qty_scale];
        long double most = 100000000 / (units + 1e-9L);

        return world_between(world, 0, most > 1e9L ? 1000000000 : (int64_t)most + 1);
}

/* Another first digit, so that it has no more decimals. */
static void change_multiplier(struct world *world, struct world_instrument *instrument)
{
        int64_t power = 1, digit = world_between(world, 1, 9);

        while (instrument->now.multiplier % (10 * power) == 0)
                power *= 10;
        instrument->unit *= (long double)(digit * power) / (long double)instrument->now.multiplier;
        instrument->now.multiplier = digit * power;
}

void world_change_instrument(struct world *world, struct world_instrument *instrument)
{
        struct zl_msg_instrument *now = &instrument->now;
        uint32_t status = world_below(world, 16);

        now->rev++;
        now->status = status == 0 ? ZL_STATUS_SETTLED
                                  : status < 3 ? ZL_STATUS_HALTED : ZL_STATUS_TRADING;
        if (world_chance(world, 60))
                set_tiers(world, instrument);
        if (world_chance(world, 40)) {
                now->taker_fee = random_fee(world);
                now->liq_fee = random_fee(world);
                now->mmr_slope = world_chance(world, 30) ? random_slope(world, instrument) : 0;
        }
        if (world_chance(world, 30))
                now->policy = 1 + world_below(world, world->policies_count);
        if (world_chance(world, 10))
                now->fund = world_below(world, 5);
        if (world_chance(world, 5))
                now->tick = world_between(world, 1, 1 + now->min_price / 2);
        if (world_chance(world, 1)) /* no tick lies in a narrow range */
                now->tick = instrument->high + 5;
        if (world_chance(world, 5))
                change_multiplier(world, instrument);
}

/* Whether a position of the smallest quantity has a value that the ledger can hold. */
static bool fits(const struct world_instrument *instrument)
{
        return instrument->unit * (long double)instrument->high < 1e12L &&
               instrument->unit * (long double)instrument->now.max_price < 1e16L;
}

static void draw_scales(struct world *world, struct world_instrument *instrument)
{
        struct zl_msg_instrument *now = &instrument->now;
        uint32_t scale = world->assets[now->settle - 1].scale;
        uint32_t decimals = world_below(world, world_chance(world, 30) ? 10 : 3);

        now->multiplier = (int64_t)powers[9 - decimals] * world_between(world, 1, 9);
        now->price_scale = world_below(world, 7);
        now->qty_scale = world_below(world, 7);
        instrument->unit = (long double)now->multiplier / 1e9L;
        for (uint32_t i = 0; i < scale; i++)
                instrument->unit *= 10;
        for (uint32_t i = 0; i < now->price_scale + now->qty_scale; i++)
                instrument->unit /= 10;
        if (decimals + now->price_scale + now->qty_scale > scale + 10)
                instrument->unit = 1e30L; /* finer than the settle asset can hold */
}

static void draw_prices(struct world *world, struct world_instrument *instrument)
{
        struct zl_msg_instrument *now = &instrument->now;
        int64_t top = (int64_t)powers[1 + world_below(world, world->coarse ? 3 : 7)];
        int64_t middle = world_between(world, 2 + top / 10, 2 + top);

        instrument->low = middle - middle / 4;
        instrument->high = middle + middle / 4 + 1;
        instrument->mark = middle;
        now->min_price = world_chance(world, 50) ? instrument->low : 1;
        now->max_price = world_chance(world, 50) ? instrument->high : (int64_t)1 << 44;
        now->tick = world_chance(world, 50) ? 1 : world_between(world, 1, 1 + middle / 20);
}

static void make_instrument(struct world *world, struct world_instrument *instrument, uint32_t id)
{
        struct zl_message *message = (struct zl_message[1]){{0}};
        struct zl_msg_instrument *now = &instrument->now;

        zl_message_init(message, ZL_TYPE_INSTRUMENT);
        *now = message->instrument;
        now->instrument = id;
        strcpy(now->symbol, "I");
        now->kind = world_chance(world, 30) ? ZL_KIND_QUANTO : ZL_KIND_LINEAR;
        now->lot = 1;
        do {
                now->settle = 1 + world_below(world, world->assets_count);
                draw_prices(world, instrument);
                draw_scales(world, instrument);
        } while (!fits(instrument));
        int64_t least = (int64_t)(instrument->unit * (long double)instrument->mark) + 1;
        instrument->notional = world_between(world, 1, 100) *
                               (int64_t)powers[1 + world_below(world, world->coarse ? 3 : 9)];
        if (instrument->notional < least)
                instrument->notional = least * 4;
        /* Quantities leave room for sums of a few. */
        long double most = instrument->unit * (long double)instrument->mark * 1e15L;
        if ((long double)instrument->notional > most)
                instrument->notional = (int64_t)most + 1;
        world_change_instrument(world, instrument);
        now->status = ZL_STATUS_TRADING;
}

void world_change_policy(struct world *world, struct zl_msg_policy *policy)
{
        int64_t ratio = 0;

        policy->rev++;
        policy->trigger = world_below(world, 2);
        policy->mm_basis = world_chance(world, 30) ? ZL_MM_BASIS_ENTRY : ZL_MM_BASIS_MARK;
        policy->fee_in_maintenance = world_chance(world, 60);
        policy->warn_count = world_below(world, 4);
        for (uint32_t i = 0; i < policy->warn_count; i++) {
                ratio += world_between(world, 1, 400) * 1000000;
                policy->warn[i] = (struct zl_row_ratio){.ratio = ratio};
        }
        policy->warn_hysteresis = 0;
        if (policy->warn_count && world_chance(world, 70))
                policy->warn_hysteresis = world_between(world, 0, policy->warn[0].ratio - 1);
        policy->answer_ms = (uint64_t)world_between(world, 1, 1000);
        if (world_chance(world, 20))
                policy->stale_ms = (uint64_t)world_between(world, 1, 3000);
        policy->expires_ms = (uint64_t)world_between(world, 0, 3000);
}

void world_make_markets(struct world *world)
{
        struct zl_message *message = (struct zl_message[1]){{0}};

        zl_message_init(message, ZL_TYPE_POLICY);
        world->assets_count = 1 + world_below(world, WORLD_ASSETS);
        world->policies_count = 1 + world_below(world, WORLD_POLICIES);
        world->instruments_count = 1 + world_below(world, WORLD_INSTRUMENTS);
        for (uint32_t i = 0; i < world->assets_count; i++)
                make_asset(world, &world->assets[i], i + 1);
        for (uint32_t i = 0; i < world->policies_count; i++) {
                world->policies[i] = message->policy;
                world->policies[i].policy = i + 1;
                world_change_policy(world, &world->policies[i]);
        }
        for (uint32_t i = 0; i < world->instruments_count; i++)
                make_instrument(world, &world->instruments[i], i * i + 1);
}
