#include "app/world.h"

#include <stdlib.h>
#include <string.h>

enum {
        ASSET_SCALE = 6,
        TAKER_FEE_PPB = 500000,
        IMPACT_PPM_PER_1M = 250, /* of the price, for each million sold or bought at once */
        PRESSURE_DECAY = 6,       /* a sixth of the pressure goes away with each tick */
};

static const struct zl_world_instrument listed[ZL_WORLD_INSTRUMENTS] = {
        {.symbol = "BTC-USDT", .id = 1, .price_scale = 2, .qty_scale = 4, .tick = 10, .lot = 1,
         .first_price = 11200000},
        {.symbol = "ETH-USDT", .id = 2, .price_scale = 2, .qty_scale = 3, .tick = 1, .lot = 1,
         .first_price = 410000},
        {.symbol = "SOL-USDT", .id = 3, .price_scale = 3, .qty_scale = 2, .tick = 1, .lot = 1,
         .first_price = 195000},
};

/* xorshift64*: small, and good enough to draw a world from. */
static uint64_t draw(struct zl_world *world)
{
        world->random ^= world->random >> 12;
        world->random ^= world->random << 25;
        world->random ^= world->random >> 27;
        return world->random * 0x2545f4914f6cdd1du;
}

static int64_t between(struct zl_world *world, int64_t least, int64_t most)
{
        return least + (int64_t)(draw(world) % (uint64_t)(most - least + 1));
}

static int64_t power10(uint32_t exponent)
{
        int64_t power = 1;

        while (exponent--)
                power *= 10;
        return power;
}

/* qty x price in the asset's units. */
static int64_t value_of(const struct zl_world_instrument *instrument, int64_t qty, int64_t price)
{
        zl_i128 value = (zl_i128)qty * price * power10(ASSET_SCALE);

        return (int64_t)(value / power10(instrument->price_scale + instrument->qty_scale));
}

/* ---- accounts ---- */

/* Two thirds long, leverage 3 to 60, mostly low, entered within two percent of the first price. */
static void make_account(struct zl_world *world, uint32_t i)
{
        struct zl_world_account *account = &world->accounts[i];
        uint32_t place = (uint32_t)between(world, 0, ZL_WORLD_INSTRUMENTS - 1);
        const struct zl_world_instrument *instrument = &world->instruments[place];
        int64_t worth = between(world, 200, 20000) * between(world, 1, 12); /* whole units */
        int64_t leverage = between(world, 3, between(world, 4, between(world, 5, 60)));

        account->id = 1000 + i;
        account->rev = account->position_rev = 1;
        account->instrument = place;
        account->entry = instrument->first_price / 1000 * between(world, 980, 1020);
        account->qty = (int64_t)((zl_i128)worth * power10(instrument->price_scale +
                                                          instrument->qty_scale) /
                                 account->entry);
        if (account->qty == 0)
                account->qty = 1;
        account->margin = value_of(instrument, account->qty, account->entry) / leverage;
        account->balance = account->margin / 4;
        if (between(world, 0, 2) == 0)
                account->qty = -account->qty;
}

bool zl_world_open(struct zl_world *world, uint64_t seed, uint32_t accounts, uint64_t ticks)
{
        *world = (struct zl_world){.random = seed * 2 + 1,
                                   .ticks_max = ticks ? ticks : 1,
                                   .accounts = calloc(accounts, sizeof *world->accounts),
                                   .accounts_count = accounts,
                                   .fund = 2000000 * power10(ASSET_SCALE),
                                   .fund_rev = 1};
        memcpy(world->instruments, listed, sizeof listed);
        world->fund_peak = world->fund;
        if (!world->accounts)
                return false;
        for (uint32_t i = 0; i < ZL_WORLD_INSTRUMENTS; i++)
                world->instruments[i].price = listed[i].first_price;
        for (uint32_t i = 0; i < accounts; i++)
                make_account(world, i);
        return true;
}

void zl_world_close(struct zl_world *world)
{
        free(world->accounts);
        world->accounts = NULL;
}

/* ---- prices ---- */

/* The drift of a tick in millionths, by how much of the run is over: calm, a slide, a crash, a
 * recovery, calm again. */
static int64_t drift_ppm(const struct zl_world *world)
{
        static const struct { uint64_t until; int64_t total_ppm; } phases[] = {
                {25, 3000}, {45, -35000}, {60, -120000}, {78, 70000}, {100, 10000},
        };
        uint64_t percent = 100 * world->ticks / world->ticks_max, from = 0;

        for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
                if (percent < phases[i].until) {
                        int64_t ticks =
                            (int64_t)((phases[i].until - from) * world->ticks_max / 100);
                        return phases[i].total_ppm / (ticks ? ticks : 1);
                }
                from = phases[i].until;
        }
        return 0;
}

void zl_world_tick(struct zl_world *world)
{
        int64_t drift = drift_ppm(world);

        world->ticks++;
        for (uint32_t i = 0; i < ZL_WORLD_INSTRUMENTS; i++) {
                struct zl_world_instrument *instrument = &world->instruments[i];
                int64_t noise = between(world, -600, 600) + between(world, -300, 300);
                int64_t move_ppm = drift * between(world, 60, 140) / 100 + noise;
                int64_t price = instrument->price +
                                (int64_t)((zl_i128)instrument->price * move_ppm / 1000000);
                price = price / instrument->tick * instrument->tick;
                instrument->price = price > instrument->tick ? price : instrument->tick;
                instrument->pressure_ppm -= instrument->pressure_ppm / PRESSURE_DECAY;
        }
}

/* ---- orders ---- */

/* What an order gets now: the mark, less what recent orders and this one have used up. */
static int64_t executable(struct zl_world_instrument *instrument,
                          const struct zl_msg_liquidate *order)
{
        int64_t million = 1000000 * power10(ASSET_SCALE);
        int64_t value = value_of(instrument, order->qty, instrument->price);
        uint64_t push = (uint64_t)((zl_i128)value * IMPACT_PPM_PER_1M / million);
        int64_t away = (int64_t)((zl_i128)instrument->price *
                                 (instrument->pressure_ppm + push / 2) / 1000000);

        instrument->pressure_ppm += push;
        if (order->side == ZL_SIDE_SELL)
                return (instrument->price - away) / instrument->tick * instrument->tick;
        return (instrument->price + away + instrument->tick - 1) / instrument->tick *
               instrument->tick;
}

/* The whole position goes at this price; what its margin leaves over is the fund's, and so is what
 * it lacks. */
static int64_t settle(struct zl_world *world, struct zl_world_account *account, int64_t price,
                      int64_t fee)
{
        const struct zl_world_instrument *instrument = &world->instruments[account->instrument];
        int64_t pnl = value_of(instrument, account->qty, price) -
                      value_of(instrument, account->qty, account->entry);
        int64_t left = account->margin + pnl - fee;

        world->fund += left;
        world->fund_rev++;
        if (world->fund > world->fund_peak)
                world->fund_peak = world->fund;
        if (left < 0)
                world->bad_debt -= left;
        account->qty = account->margin = 0;
        account->position_rev = ++account->rev;
        return left;
}

static struct zl_world_account *holder(struct zl_world *world, const struct zl_msg_liquidate *order)
{
        uint64_t place = order->account - 1000;

        if (order->account < 1000 || place >= world->accounts_count)
                return NULL;
        struct zl_world_account *account = &world->accounts[place];
        int64_t size = account->qty < 0 ? -account->qty : account->qty;
        if (world->instruments[account->instrument].id != order->instrument || size == 0 ||
            order->qty != size || (order->side == ZL_SIDE_SELL) != (account->qty > 0))
                return NULL;
        return account;
}

bool zl_world_execute(struct zl_world *world, const struct zl_msg_liquidate *order,
                      struct zl_msg_exec *ret_exec, uint32_t *ret_account)
{
        struct zl_world_account *account = holder(world, order);

        *ret_exec = (struct zl_msg_exec){.status = ZL_EXEC_STATUS_REJECTED, .final = true};
        memcpy(ret_exec->order, order->order, sizeof ret_exec->order);
        ret_exec->absent = (uint64_t)1 << ZL_AT_exec_price;
        if (!account) /* nothing there to reduce */
                return false;
        struct zl_world_instrument *instrument = &world->instruments[account->instrument];
        int64_t price = executable(instrument, order);
        bool crosses = order->side == ZL_SIDE_SELL ? price >= order->price : price <= order->price;
        int64_t fee = (int64_t)((zl_i128)value_of(instrument, order->qty, price) * TAKER_FEE_PPB /
                                1000000000);
        *ret_account = (uint32_t)(account - world->accounts);
        settle(world, account, price, fee);
        if (!crosses) { /* at once the fund's, which sells at what it gets */
                world->taken_over++;
                ret_exec->status = ZL_EXEC_STATUS_EXPIRED;
                ret_exec->rev = account->rev;
                return true;
        }
        world->filled++;
        ret_exec->status = ZL_EXEC_STATUS_FILLED;
        ret_exec->filled = order->qty;
        ret_exec->price = price;
        ret_exec->fee = fee;
        ret_exec->rev = account->rev;
        ret_exec->absent = 0;
        return true;
}

/* ---- what it says ---- */

void zl_world_say_asset(struct zl_msg_asset *ret_asset)
{
        *ret_asset = (struct zl_msg_asset){.asset = ZL_WORLD_ASSET,
                                           .symbol = "USDT",
                                           .scale = ASSET_SCALE,
                                           .rate_scale = 8,
                                           .numeraire = true,
                                           .liability = 1000000000};
}

static void add_tier(struct zl_msg_instrument *instrument, int64_t upto, int64_t mmr_ppb)
{
        struct zl_row_tier *tier = &instrument->tiers[instrument->tiers_count++];

        *tier = (struct zl_row_tier){.upto = upto * power10(ASSET_SCALE), .mmr = mmr_ppb};
        tier->absent = (uint64_t)1 << ZL_AT_tier_imr | (uint64_t)1 << ZL_AT_tier_deduct;
        if (upto == 0)
                tier->absent |= (uint64_t)1 << ZL_AT_tier_upto;
}

void zl_world_say_instrument(const struct zl_world *world, uint32_t i,
                             struct zl_msg_instrument *ret_instrument)
{
        const struct zl_world_instrument *of = &world->instruments[i];

        *ret_instrument = (struct zl_msg_instrument){.instrument = of->id,
                                                     .settle = ZL_WORLD_ASSET,
                                                     .fund = ZL_WORLD_FUND,
                                                     .price_scale = of->price_scale,
                                                     .qty_scale = of->qty_scale,
                                                     .tick = of->tick,
                                                     .lot = of->lot,
                                                     .multiplier = 1000000000,
                                                     .min_price = 1,
                                                     .max_price = (int64_t)1 << 44,
                                                     .taker_fee = TAKER_FEE_PPB,
                                                     .slippage = 1000000,
                                                     .policy = 1,
                                                     .rev = 1};
        strcpy(ret_instrument->symbol, of->symbol);
        add_tier(ret_instrument, 50000, 4000000);
        add_tier(ret_instrument, 250000, 6500000);
        add_tier(ret_instrument, 0, 10000000);
}

void zl_world_say_mark(const struct zl_world *world, uint32_t i, struct zl_msg_mark *ret_mark)
{
        const struct zl_world_instrument *of = &world->instruments[i];

        *ret_mark = (struct zl_msg_mark){.instrument = of->id,
                                         .price = of->price,
                                         .index = of->price,
                                         .bid = of->price - of->tick,
                                         .ask = of->price + of->tick};
}

/* Always the whole account: a late joiner and a repair need nothing else. */
void zl_world_say_account(const struct zl_world *world, uint32_t i,
                          struct zl_msg_account *ret_account)
{
        const struct zl_world_account *of = &world->accounts[i];
        struct zl_row_position *position = &ret_account->positions[0];

        ret_account->absent = 0;
        ret_account->commit = 0;
        ret_account->account = of->id;
        ret_account->rev = ret_account->cross_rev = of->rev;
        ret_account->full = true;
        ret_account->policy = 1;
        ret_account->balances_count = 1;
        ret_account->balances[0] =
                (struct zl_row_balance){.asset = ZL_WORLD_ASSET, .amount = of->balance};
        *position = (struct zl_row_position){.instrument = world->instruments[of->instrument].id,
                                             .qty = of->qty,
                                             .entry = of->entry,
                                             .mode = ZL_MODE_ISOLATED,
                                             .margin = of->margin,
                                             .rev = of->position_rev};
        position->absent = (uint64_t)1 << ZL_AT_position_cost;
        ret_account->positions_count = 1; /* a closed one as quantity 0, with its last revision */
}

void zl_world_say_fund(const struct zl_world *world, struct zl_msg_fund *ret_fund)
{
        *ret_fund = (struct zl_msg_fund){.fund = ZL_WORLD_FUND,
                                         .asset = ZL_WORLD_ASSET,
                                         .balance = world->fund,
                                         .peak = world->fund_peak,
                                         .rev = world->fund_rev};
}
