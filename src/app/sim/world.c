#include "app/sim/world.h"

#include <stdlib.h>
#include <string.h>

enum {
        FIRST_ACCOUNT = 1000,
        CROSS_POLICY = 2,
        RATE_SCALE = 8,
        PRESSURE_DECAY = 6, /* a sixth of the pressure goes away with each tick */
};

static const struct zl_world_instrument listed[ZL_WORLD_INSTRUMENTS] = {
        {.symbol = "BTC-USDT", .id = 1, .price_scale = 2, .qty_scale = 4, .tick = 10, .lot = 10,
         .first_price = 11200000},
        {.symbol = "ETH-USDT", .id = 2, .price_scale = 2, .qty_scale = 3, .tick = 1, .lot = 10,
         .first_price = 410000},
        {.symbol = "SOL-USDT", .id = 3, .price_scale = 3, .qty_scale = 2, .tick = 1, .lot = 10,
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

static bool one_in(struct zl_world *world, int64_t n)
{
        return between(world, 1, n) == 1;
}

static int64_t power10(uint32_t exponent)
{
        int64_t power = 1;

        while (exponent--)
                power *= 10;
        return power;
}

int64_t zl_world_value(const struct zl_world_instrument *instrument, int64_t qty, int64_t price)
{
        zl_i128 value = (zl_i128)qty * price * power10(ZL_WORLD_USDT_SCALE);

        return (int64_t)(value / power10(instrument->price_scale + instrument->qty_scale));
}

int64_t zl_world_btc_value(const struct zl_world *world, int64_t amount)
{
        const struct zl_world_instrument *btc = &world->instruments[0];
        zl_i128 value = (zl_i128)amount * btc->price * power10(ZL_WORLD_USDT_SCALE);

        return (int64_t)(value / power10(btc->price_scale + ZL_WORLD_BTC_SCALE));
}

/* ---- accounts ---- */

/* Two thirds long, entered within two percent of the first price. Its value at entry comes back. */
static int64_t make_position(struct zl_world *world, uint32_t place, int64_t worth,
                             struct zl_world_position *position)
{
        const struct zl_world_instrument *instrument = &world->instruments[place];
        uint32_t digits = instrument->price_scale + instrument->qty_scale;

        position->rev = 1;
        position->instrument = place;
        position->entry = instrument->first_price / 1000 * between(world, 980, 1020);
        int64_t qty = (int64_t)((zl_i128)worth * power10(digits) / position->entry);
        int64_t lots = qty / instrument->lot;
        position->qty = (lots ? lots : 1) * instrument->lot;
        int64_t value = zl_world_value(instrument, position->qty, position->entry);
        if (one_in(world, 3))
                position->qty = -position->qty;
        return value;
}

/* In whole USDT. */
static int64_t draw_worth(struct zl_world *world)
{
        return between(world, 200, 20000) * between(world, 1, 12);
}

/* Leverage 3 to 60, mostly low. Some hold a share of the margin for open orders. */
static void make_isolated(struct zl_world *world, struct zl_world_account *account)
{
        struct zl_world_position *position = &account->positions[0];
        uint32_t place = (uint32_t)between(world, 0, ZL_WORLD_INSTRUMENTS - 1);
        int64_t value = make_position(world, place, draw_worth(world), position);
        int64_t leverage = between(world, 3, between(world, 4, between(world, 5, 60)));

        account->positions_count = 1;
        position->margin = value / leverage;
        account->usdt = position->margin / 4;
        if (one_in(world, 4))
                position->order_margin = position->margin * between(world, 5, 25) / 100;
}

/* Two positions and, mostly, a part of the collateral in BTC. */
static void make_cross(struct zl_world *world, struct zl_world_account *account)
{
        uint32_t first = (uint32_t)between(world, 0, ZL_WORLD_INSTRUMENTS - 2);
        uint32_t second = (uint32_t)between(world, first + 1, ZL_WORLD_INSTRUMENTS - 1);
        int64_t value = make_position(world, first, draw_worth(world), &account->positions[0]) +
                        make_position(world, second, draw_worth(world), &account->positions[1]);
        int64_t own = value / between(world, 3, between(world, 4, between(world, 5, 40)));
        int64_t in_btc = one_in(world, 4) ? 0 : own * between(world, 20, 90) / 100;

        account->cross = true;
        account->positions_count = 2;
        account->usdt = own - in_btc;
        account->btc = (int64_t)((zl_i128)in_btc * power10(ZL_WORLD_BTC_SCALE) /
                                 zl_world_btc_value(world, power10(ZL_WORLD_BTC_SCALE)));
        if (one_in(world, 3))
                account->order_margin = account->usdt * between(world, 10, 40) / 100;
}

static void make_account(struct zl_world *world, uint32_t i)
{
        struct zl_world_account *account = &world->accounts[i];

        account->id = FIRST_ACCOUNT + i;
        account->rev = account->cross_rev = 1;
        if (one_in(world, 4))
                make_cross(world, account);
        else
                make_isolated(world, account);
}

bool zl_world_open(struct zl_world *world, uint64_t seed, uint32_t accounts, uint64_t ticks)
{
        *world = (struct zl_world){.random = seed * 2 + 1,
                                   .ticks_max = ticks ? ticks : 1,
                                   .accounts = calloc(accounts, sizeof *world->accounts),
                                   .accounts_count = accounts,
                                   .fund = 2000000 * power10(ZL_WORLD_USDT_SCALE),
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

struct zl_world_account *zl_world_account(struct zl_world *world, uint64_t id)
{
        if (id < FIRST_ACCOUNT || id - FIRST_ACCOUNT >= world->accounts_count)
                return NULL;
        return &world->accounts[id - FIRST_ACCOUNT];
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

/* ---- what it says ---- */

void zl_world_say_asset(uint32_t asset, struct zl_msg_asset *ret_asset)
{
        bool usdt = asset == ZL_WORLD_USDT;

        *ret_asset =
                (struct zl_msg_asset){.asset = asset,
                                      .scale = usdt ? ZL_WORLD_USDT_SCALE : ZL_WORLD_BTC_SCALE,
                                      .rate_scale = RATE_SCALE,
                                      .numeraire = usdt,
                                      .liability = 1000000000};
        strcpy(ret_asset->symbol, usdt ? "USDT" : "BTC");
        if (usdt)
                return;
        ret_asset->haircut_count = 2; /* up to 10 BTC 5 percent, above 10 percent */
        ret_asset->haircut[0] = (struct zl_row_haircut){
                .upto = 10 * power10(ZL_WORLD_BTC_SCALE), .rate = 50000000};
        ret_asset->haircut[1] = (struct zl_row_haircut){
                .absent = (uint64_t)1 << ZL_AT_haircut_upto, .rate = 100000000};
}

void zl_world_say_policy(struct zl_message *ret_message)
{
        zl_message_init(ret_message, ZL_TYPE_POLICY);
        ret_message->policy.policy = CROSS_POLICY;
        ret_message->policy.convert = true;
}

static void add_tier(struct zl_msg_instrument *instrument, int64_t upto, int64_t mmr_ppb)
{
        struct zl_row_tier *tier = &instrument->tiers[instrument->tiers_count++];

        *tier = (struct zl_row_tier){.upto = upto * power10(ZL_WORLD_USDT_SCALE),
                                     .mmr = mmr_ppb};
        tier->absent = (uint64_t)1 << ZL_AT_tier_imr | (uint64_t)1 << ZL_AT_tier_deduct;
        if (upto == 0)
                tier->absent |= (uint64_t)1 << ZL_AT_tier_upto;
}

void zl_world_say_instrument(const struct zl_world *world, uint32_t i,
                             struct zl_msg_instrument *ret_instrument)
{
        const struct zl_world_instrument *of = &world->instruments[i];

        *ret_instrument = (struct zl_msg_instrument){.instrument = of->id,
                                                     .settle = ZL_WORLD_USDT,
                                                     .fund = ZL_WORLD_FUND,
                                                     .price_scale = of->price_scale,
                                                     .qty_scale = of->qty_scale,
                                                     .tick = of->tick,
                                                     .lot = of->lot,
                                                     .multiplier = 1000000000,
                                                     .min_price = 1,
                                                     .max_price = (int64_t)1 << 44,
                                                     .taker_fee = ZL_WORLD_TAKER_FEE_PPB,
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

void zl_world_say_rate(const struct zl_world *world, struct zl_msg_rate *ret_rate)
{
        const struct zl_world_instrument *btc = &world->instruments[0];

        *ret_rate = (struct zl_msg_rate){.asset = ZL_WORLD_BTC,
                                         .price = btc->price *
                                                  power10(RATE_SCALE - btc->price_scale)};
}

static void add_balance(struct zl_msg_account *account, uint32_t asset, int64_t amount,
                        int64_t order_margin)
{
        account->balances[account->balances_count++] = (struct zl_row_balance){
                .asset = asset, .amount = amount, .order_margin = order_margin};
}

/* Always the whole account: a late joiner and a repair need nothing else. A closed position stands
 * there as quantity 0, with its last revision. */
void zl_world_say_account(const struct zl_world *world, const struct zl_world_account *account,
                          struct zl_msg_account *ret_account)
{
        ret_account->absent = 0;
        ret_account->commit = account->commit;
        ret_account->account = account->id;
        ret_account->rev = account->rev;
        ret_account->cross_rev = account->cross_rev;
        ret_account->full = true;
        ret_account->policy = account->cross ? CROSS_POLICY : 1;
        ret_account->balances_count = 0;
        add_balance(ret_account, ZL_WORLD_USDT, account->usdt, account->order_margin);
        if (account->btc)
                add_balance(ret_account, ZL_WORLD_BTC, account->btc, 0);
        ret_account->positions_count = account->positions_count;
        for (uint32_t i = 0; i < account->positions_count; i++) {
                const struct zl_world_position *of = &account->positions[i];
                ret_account->positions[i] = (struct zl_row_position){
                        .absent = (uint64_t)1 << ZL_AT_position_cost,
                        .instrument = world->instruments[of->instrument].id,
                        .qty = of->qty,
                        .entry = of->entry,
                        .mode = account->cross ? ZL_MODE_CROSS : ZL_MODE_ISOLATED,
                        .margin = of->margin,
                        .order_margin = of->order_margin,
                        .rev = of->rev};
        }
}

void zl_world_say_fund(const struct zl_world *world, struct zl_msg_fund *ret_fund)
{
        *ret_fund = (struct zl_msg_fund){.fund = ZL_WORLD_FUND,
                                         .asset = ZL_WORLD_USDT,
                                         .balance = world->fund,
                                         .peak = world->fund_peak,
                                         .rev = world->fund_rev,
                                         .plan = world->fund_plan,
                                         .commit = world->fund_commit};
}

void zl_world_say_commit(const struct zl_world *world, struct zl_msg_commit *ret_commit)
{
        const struct zl_books *books = &world->books;

        ret_commit->absent = 0;
        ret_commit->commit = books->commit;
        ret_commit->changes = books->changes;
        ret_commit->quantities_count = ret_commit->amounts_count = 0;
        for (uint32_t i = 0; i < ZL_WORLD_INSTRUMENTS; i++) {
                if (books->qty[i])
                        ret_commit->quantities[ret_commit->quantities_count++] =
                                (struct zl_row_book_qty){.instrument = world->instruments[i].id,
                                                         .qty = books->qty[i]};
        }
        if (books->usdt)
                ret_commit->amounts[ret_commit->amounts_count++] =
                        (struct zl_row_book_amount){.asset = ZL_WORLD_USDT, .amount = books->usdt};
        if (books->btc)
                ret_commit->amounts[ret_commit->amounts_count++] =
                        (struct zl_row_book_amount){.asset = ZL_WORLD_BTC, .amount = books->btc};
}
