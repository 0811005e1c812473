/* Assets, instruments and policies of a random world. */
#include "world.h"

#include <string.h>

enum { TRIES = 1000, FINE = 10 };

static int64_t power(uint32_t digits)
{
        int64_t result = 1;

        while (digits-- > 0)
                result *= 10;
        return result;
}

/* ---- assets ---- */

static void set_haircut(struct world *world, uint32_t at)
{
        struct zl_msg_asset *asset = &world->assets[at];
        int64_t rate = world_chance(world, 40) ? 0 : world_between(world, 0, 300);
        int64_t upto = world_between(world, 1, world->typical[at]);

        asset->haircut_count = 0;
        asset->liability = 1000000000;
        if (!world_has(world, WORLD_CROSS))
                return;
        asset->haircut_count = world_below(world, 4);
        for (uint32_t i = 0; i < asset->haircut_count; i++) {
                bool last = i + 1 == asset->haircut_count;
                asset->haircut[i] = (struct zl_row_haircut){.upto = upto, .rate = rate * 1000000};
                if (last && world_chance(world, 60))
                        asset->haircut[i] = (struct zl_row_haircut){
                                .absent = 1 << ZL_AT_haircut_upto, .rate = rate * 1000000};
                upto += world_between(world, 1, world->typical[at]);
                rate = world_between(world, rate, world_chance(world, 95) ? 500 : 1000);
        }
        if (asset->haircut_count)
                asset->liability -= asset->haircut[0].rate;
        if (world_chance(world, 60))
                asset->liability += world_between(world, 0, 500) * 1000000;
}

/* So that a typical balance of each is worth about the same. */
static void make_asset(struct world *world, uint32_t at)
{
        struct zl_message *message = (struct zl_message[1]){{0}};
        struct zl_msg_asset *asset = &world->assets[at];
        bool extreme = world_has(world, WORLD_EXTREMES) && world_chance(world, 50);
        int32_t digits = 0, exponent = -1;

        zl_message_init(message, ZL_TYPE_ASSET);
        *asset = message->asset;
        asset->asset = at + 1;
        asset->numeraire = at == 0;
        strcpy(asset->symbol, "A");
        for (uint32_t i = 0; i < TRIES && (exponent < 0 || exponent > 14); i++) {
                asset->scale = world_below(world, extreme ? 19 : world_chance(world, 20) ? 13 : 9);
                asset->rate_scale = world_below(world, extreme ? 19 : 9);
                digits = 1 + (int32_t)world_below(world, world->coarse ? 3 : extreme ? 15 : 9);
                world->typical[at] = power((uint32_t)digits);
                if (at == 0)
                        break;
                const struct zl_msg_asset *numeraire = &world->assets[0];
                exponent = (int32_t)(asset->scale + asset->rate_scale) - digits -
                           (int32_t)numeraire->scale;
                for (int64_t worth = world->typical[0]; worth > 1; worth /= 10)
                        exponent++;
        }
        exponent = exponent < 0 ? 0 : exponent > 14 ? 14 : exponent;
        world->rates[at] = power((uint32_t)exponent) * world_between(world, 1, 9);
        if (!world->coarse)
                world->rates[at] += world_between(world, 0, world->rates[at]);
        set_haircut(world, at);
}

void world_change_asset(struct world *world, uint32_t at)
{
        if (world_chance(world, 70))
                set_haircut(world, at);
}

/* ---- instruments ---- */

static void set_tiers(struct world *world, struct world_instrument *instrument)
{
        struct zl_msg_instrument *now = &instrument->now;
        int64_t mmr = world_between(world, 0, world->coarse ? 10 : 200);
        int64_t typical = instrument->notional;

        now->tier_by = world_chance(world, 40) ? ZL_TIER_BY_SIZE : ZL_TIER_BY_NOTIONAL;
        if (now->tier_by == ZL_TIER_BY_SIZE)
                typical = whole((long double)typical /
                                world_value(instrument, 1, instrument->mark)) + 1;
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

/* The largest quantity that is drawn. */
static int64_t most_of(const struct world_instrument *instrument)
{
        return whole((long double)instrument->notional /
                     world_value(instrument, 1, instrument->mark)) + 1;
}

/* A slope that adds up to a tenth to the rate of a typical position. */
static int64_t random_slope(struct world *world, const struct world_instrument *instrument)
{
        long double units = (long double)most_of(instrument) /
                            world_power(instrument->now.qty_scale);
        long double most = 100000000 / (units + 1e-9L);

        return world_between(world, 0, most > 1e18L ? (int64_t)1e18L : (int64_t)most + 1);
}

/* A position has at most a few hundred lots. */
static void set_lot(struct world *world, struct world_instrument *instrument)
{
        int64_t most = most_of(instrument), lots = world_between(world, 1, 200);

        instrument->now.lot = 1;
        if (most <= 200 && world_chance(world, 50))
                return;
        instrument->now.lot = most / lots + 1;
        if (world_chance(world, 5)) /* less than a lot is held */
                instrument->now.lot = most + 1;
}

/* Another first digit, so that it has no more decimals. */
static void change_multiplier(struct world *world, struct world_instrument *instrument)
{
        int64_t decimal = 1, digit = world_between(world, 1, 9);

        while (instrument->now.multiplier % (10 * decimal) == 0)
                decimal *= 10;
        instrument->unit *=
                (long double)(digit * decimal) / (long double)instrument->now.multiplier;
        instrument->now.multiplier = digit * decimal;
        set_lot(world, instrument);
}

static enum zl_status random_status(struct world *world)
{
        uint32_t status = world_below(world, 16);

        if (status == 0 && world_has(world, WORLD_LADDER))
                return ZL_STATUS_SETTLED;
        return status < 3 ? ZL_STATUS_HALTED : ZL_STATUS_TRADING;
}

void world_change_instrument(struct world *world, struct world_instrument *instrument)
{
        struct zl_msg_instrument *now = &instrument->now;

        now->rev++;
        now->status = random_status(world);
        if (world_chance(world, 60))
                set_tiers(world, instrument);
        if (world_chance(world, 40)) {
                now->taker_fee = random_fee(world);
                now->liq_fee = random_fee(world);
                now->mmr_slope = world_chance(world, 30) ? random_slope(world, instrument) : 0;
        }
        if (world_chance(world, 40) && world_has(world, WORLD_LADDER)) {
                set_lot(world, instrument);
                now->slippage = world_chance(world, 30) ? 0 : world_between(world, 0, 50000000);
                if (world_chance(world, 5))
                        now->slippage = world_between(world, 0, 999999999);
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
        if (world_chance(world, 2)) /* the last mark may be outside */
                now->max_price = world_between(world, instrument->mark, instrument->high * 2);
}

/* False where a scale is too fine, or a position too small or too large to be held. */
static bool fits(const struct world *world, const struct world_instrument *instrument,
                 uint32_t decimals)
{
        const struct zl_msg_instrument *now = &instrument->now;
        bool inverse = now->kind == ZL_KIND_INVERSE;
        int32_t fine = (int32_t)world->assets[now->settle - 1].scale + FINE;
        int32_t exponent = fine - (int32_t)(now->qty_scale + decimals) +
                           (inverse ? 1 : -1) * (int32_t)now->price_scale;
        long double one = world_value(instrument, 1, instrument->mark);
        long double most = world_value(instrument, 1, inverse ? now->min_price : now->max_price);
        long double qty = (long double)instrument->notional / one;

        if (exponent < 0 || qty < 1 || qty > 1e15L || qty * most > 1e25L)
                return false;
        return !inverse ||
               world_power((uint32_t)exponent) > 1000 * (long double)instrument->high;
}

static uint32_t draw_scales(struct world *world, struct world_instrument *instrument)
{
        struct zl_msg_instrument *now = &instrument->now;
        bool extreme = world_has(world, WORLD_EXTREMES) && world_chance(world, 50);
        uint32_t decimals = world_below(world, world_chance(world, 30) ? 10 : 3);

        now->multiplier = power(9 - decimals) * world_between(world, 1, 9);
        now->price_scale = world_below(world, extreme ? 19 : 7);
        now->qty_scale = world_below(world, extreme ? 19 : 7);
        instrument->unit = (long double)now->multiplier / 1e9L *
                           world_power(world->assets[now->settle - 1].scale) /
                           world_power(now->qty_scale);
        if (now->kind == ZL_KIND_INVERSE)
                instrument->unit *= world_power(now->price_scale);
        else
                instrument->unit /= world_power(now->price_scale);
        return decimals;
}

static void draw_prices(struct world *world, struct world_instrument *instrument)
{
        struct zl_msg_instrument *now = &instrument->now;
        uint32_t digits = world->coarse ? 3 : world_has(world, WORLD_EXTREMES) ? 12 : 7;
        int64_t top = power(1 + world_below(world, digits));
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
        static const enum zl_kind kinds[] = {ZL_KIND_LINEAR, ZL_KIND_LINEAR, ZL_KIND_QUANTO,
                                             ZL_KIND_INVERSE};
        struct zl_message *message = (struct zl_message[1]){{0}};
        struct zl_msg_instrument *now = &instrument->now;
        uint32_t decimals, tries = 0;
        bool lax = world_has(world, WORLD_EXTREMES) && world_chance(world, 2);

        zl_message_init(message, ZL_TYPE_INSTRUMENT);
        *now = message->instrument;
        now->instrument = id;
        strcpy(now->symbol, "I");
        do {
                now->kind = kinds[world_below(world, 4)];
                now->settle = 1 + world_below(world, world->assets_count);
                instrument->notional = world->typical[now->settle - 1] / 10 *
                                       world_between(world, 1, 30) + 1;
                draw_prices(world, instrument);
                decimals = draw_scales(world, instrument);
        } while (!lax && ++tries < TRIES && !fits(world, instrument, decimals));
        now->lot = 1;
        set_lot(world, instrument);
        world_change_instrument(world, instrument);
        now->status = ZL_STATUS_TRADING;
}

/* ---- policies ---- */

static void change_ladder(struct world *world, struct zl_msg_policy *policy)
{
        policy->cancel_first = world_chance(world, 70);
        policy->convert = world_chance(world, 60);
        policy->partial = world_below(world, 4);
        policy->position_order = world_below(world, 5);
        policy->target_ratio = world_chance(world, 20) ? 1000000000
                                                       : world_between(world, 1, 1000) * 1000000;
        policy->fraction = world_chance(world, 10) ? 1000000000
                                                   : world_between(world, 1, 1000) * 1000000;
}

static void change_guards(struct world *world, struct zl_msg_policy *policy)
{
        policy->cure_ms = world_chance(world, 30) ? (uint64_t)world_between(world, 1, 3000) : 0;
        policy->slice_notional =
                world_chance(world, 30)
                        ? world_between(world, 1, world->typical[0] * (world->coarse ? 2 : 1))
                        : 0;
        policy->slice_ms = world_chance(world, 80) ? (uint64_t)world_between(world, 1, 3000) : 0;
        policy->orders_per_s = world_chance(world, 30) ? 1 + world_below(world, 5) : 0;
        policy->jump_ppm = world_chance(world, 30) ? 1 + world_below(world, 50000) : 0;
        policy->jump_confirm = world_below(world, 4);
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
        policy->stale_ms = world_chance(world, 20) ? (uint64_t)world_between(world, 1, 3000) : 0;
        policy->expires_ms = (uint64_t)world_between(world, 0, 3000);
        policy->cancel_first = false;
        policy->partial = ZL_PARTIAL_NEVER;
        if (world_has(world, WORLD_LADDER))
                change_ladder(world, policy);
        if (world_has(world, WORLD_GUARDS))
                change_guards(world, policy);
}

void world_make_markets(struct world *world)
{
        struct zl_message *message = (struct zl_message[1]){{0}};

        zl_message_init(message, ZL_TYPE_POLICY);
        world->assets_count = 1 + world_below(world, WORLD_ASSETS);
        world->policies_count = 1 + world_below(world, WORLD_POLICIES);
        world->instruments_count = 1 + world_below(world, WORLD_INSTRUMENTS);
        for (uint32_t i = 0; i < world->assets_count; i++)
                make_asset(world, i);
        for (uint32_t i = 0; i < world->policies_count; i++) {
                world->policies[i] = message->policy;
                world->policies[i].policy = i + 1;
                world_change_policy(world, &world->policies[i]);
        }
        for (uint32_t i = 0; i < world->instruments_count; i++)
                make_instrument(world, &world->instruments[i], i * i + 1);
}
