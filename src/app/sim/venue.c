#include "app/sim/venue.h"

#include "core/fixed.h"
#include "core/key.h"

#include <string.h>

enum {
        IMPACT_PPM_PER_1M = 250, /* of the price, for each million sold or bought at once */
        CONVERT_COST_PPM = 500,  /* of what collateral is sold for */
        MILLION = 1000000,       /* parts of one */
};

#define MILLION_USDT ((zl_i128)MILLION * 1000000)

static int64_t fee_of(int64_t value)
{
        return (int64_t)((zl_i128)value * ZL_WORLD_TAKER_FEE_PPB / 1000000000);
}

/* ---- liquidity ---- */

/* How far a trade of this value pushes the price. */
static uint64_t push_ppm(int64_t value)
{
        return (uint64_t)((zl_i128)value * IMPACT_PPM_PER_1M / MILLION_USDT);
}

/* What a trade gets on average: the mark, less what recent ones and half of this one use up. */
static int64_t average(const struct zl_world_instrument *instrument, enum zl_side side,
                       int64_t qty)
{
        int64_t value = zl_world_value(instrument, qty, instrument->price);
        uint64_t away_ppm = instrument->pressure_ppm + push_ppm(value) / 2;
        int64_t away = (int64_t)((zl_i128)instrument->price * away_ppm / MILLION);
        int64_t tick = instrument->tick;

        if (side == ZL_SIDE_SELL)
                return (instrument->price - away) / tick * tick;
        return (instrument->price + away + tick - 1) / tick * tick;
}

/* The most, in whole lots, whose average is not beyond the limit. */
static int64_t fillable(const struct zl_world_instrument *instrument, enum zl_side side,
                        int64_t limit, int64_t qty)
{
        int64_t room = side == ZL_SIDE_SELL ? instrument->price - limit
                                            : limit - instrument->price;
        zl_i128 room_ppm = (zl_i128)room * MILLION / instrument->price -
                           (zl_i128)instrument->pressure_ppm;
        int64_t lot_value = zl_world_value(instrument, instrument->lot, instrument->price);

        if (room < 0 || room_ppm < 0)
                return 0;
        zl_i128 lots = 2 * room_ppm * MILLION_USDT / IMPACT_PPM_PER_1M / lot_value;
        zl_i128 wanted = qty / instrument->lot;
        return (int64_t)zl_min_i128(lots, wanted) * instrument->lot;
}

/* The average that this trade gets, no worse than its limit; the next ones get less. */
static int64_t trade(struct zl_world_instrument *instrument, enum zl_side side, int64_t limit,
                     int64_t qty)
{
        int64_t price = average(instrument, side, qty);

        instrument->pressure_ppm +=
                push_ppm(zl_world_value(instrument, qty, instrument->price));
        if (side == ZL_SIDE_SELL)
                return price > limit ? price : limit;
        return price < limit ? price : limit;
}

/* ---- the ledger ---- */

static void pay_fund(struct zl_world *world, int64_t amount)
{
        if (amount == 0)
                return;
        world->fund += amount;
        world->fund_rev++;
        world->fund_plan = 0;
        if (world->fund > world->fund_peak)
                world->fund_peak = world->fund;
}

/* What closing so much of it at this price gains, before fees. */
static int64_t gain(const struct zl_world_instrument *instrument, enum zl_side side, int64_t qty,
                    int64_t from, int64_t to)
{
        int64_t rise = zl_world_value(instrument, qty, to) - zl_world_value(instrument, qty, from);

        return side == ZL_SIDE_SELL ? rise : -rise;
}

/* A part of the position goes at this price; its entry stays. Answers the fee. */
static int64_t reduce(struct zl_world *world, struct zl_world_account *account,
                      struct zl_world_position *position, int64_t qty, int64_t price)
{
        const struct zl_world_instrument *instrument = &world->instruments[position->instrument];
        enum zl_side side = position->qty > 0 ? ZL_SIDE_SELL : ZL_SIDE_BUY;
        int64_t fee = fee_of(zl_world_value(instrument, qty, price));
        int64_t *balance = account->cross ? &account->usdt : &position->margin;

        int64_t way = side == ZL_SIDE_SELL ? -1 : 1;
        *balance += gain(instrument, side, qty, position->entry, price) - fee;
        position->qty += way * qty;
        zl_books_trade(&world->books, position->instrument, way * qty,
                       way * zl_world_value(instrument, qty, price), fee);
        position->rev = ++account->rev;
        if (account->cross)
                account->cross_rev = account->rev;
        return fee;
}

/* At its close-out price, which leaves the pool nothing; the fund sells at what it gets. */
static void take_over(struct zl_world *world, struct zl_world_account *account,
                      struct zl_world_position *position, const struct zl_msg_liquidate *order,
                      struct zl_msg_exec *exec)
{
        struct zl_world_instrument *instrument = &world->instruments[position->instrument];
        int64_t worst = order->side == ZL_SIDE_SELL ? 0 : INT64_MAX;
        int64_t price = trade(instrument, order->side, worst, order->qty);
        int64_t fee = fee_of(zl_world_value(instrument, order->qty, price));

        fee -= reduce(world, account, position, order->qty, order->price); /* no trade was made */
        int64_t gained = gain(instrument, order->side, order->qty, order->price, price) - fee;
        world->books.usdt -= gained;
        pay_fund(world, gained);
        exec->rev = account->rev;
        world->taken_over++;
}

/* A pool that was closed leaves what is left to the fund. */
static void settle(struct zl_world *world, struct zl_world_account *account,
                   struct zl_world_position *position)
{
        for (uint32_t i = 0; i < account->positions_count; i++) {
                if (account->positions[i].qty)
                        return;
        }
        if (account->cross) {
                int64_t value = zl_world_btc_value(world, account->btc);
                world->books.btc += account->btc;
                world->books.usdt -= value;
                pay_fund(world, account->usdt + value);
                account->usdt = account->btc = account->order_margin = 0;
        } else {
                pay_fund(world, position->margin);
                position->margin = position->order_margin = 0;
        }
}

/* ---- orders ---- */

static bool pool_is(const struct zl_world *world, const struct zl_world_account *account,
                    const char *text)
{
        const struct zl_world_position *position = &account->positions[0];
        struct zl_pool_id pool;

        if (!zl_pool_id_parse(text, &pool) || pool.cross != account->cross)
                return false;
        return pool.cross || (pool.instrument == world->instruments[position->instrument].id &&
                              pool.leg == ZL_LEG_NET);
}

static void cancel(struct zl_world *world, const struct zl_msg_cancel *order,
                   struct zl_msg_exec *exec)
{
        struct zl_world_account *account = zl_world_account(world, order->account);

        if (!account || !pool_is(world, account, order->pool))
                return;
        int64_t *held = account->cross ? &account->order_margin
                                       : &account->positions[0].order_margin;
        account->rev += *held != 0;
        *held = 0;
        exec->status = ZL_EXEC_STATUS_FILLED;
        exec->rev = account->rev;
        world->cancelled++;
}

static void convert(struct zl_world *world, const struct zl_msg_convert *order,
                    struct zl_msg_exec *exec)
{
        struct zl_world_account *account = zl_world_account(world, order->account);

        if (!account || !account->cross || !pool_is(world, account, order->pool) ||
            order->asset != ZL_WORLD_BTC || order->amount <= 0 || order->amount > account->btc)
                return;
        int64_t gross = zl_world_btc_value(world, order->amount), value = gross;
        value -= (int64_t)((zl_i128)value * CONVERT_COST_PPM / MILLION);
        account->btc -= order->amount;
        account->usdt += value;
        world->books.btc += order->amount;
        world->books.usdt -= value;
        account->cross_rev = ++account->rev;
        world->instruments[0].pressure_ppm += push_ppm(gross);
        exec->status = ZL_EXEC_STATUS_FILLED;
        exec->filled = order->amount;
        exec->rev = account->rev;
        world->converted++;
}

/* NULL: there is nothing to reduce, or the order is none of this market's. */
static struct zl_world_position *find(const struct zl_world *world,
                                      struct zl_world_account *account,
                                      const struct zl_msg_liquidate *order)
{
        for (uint32_t i = 0; i < account->positions_count; i++) {
                struct zl_world_position *position = &account->positions[i];
                const struct zl_world_instrument *of = &world->instruments[position->instrument];
                if (of->id != order->instrument)
                        continue;
                if (position->qty == 0 || (position->qty > 0) != (order->side == ZL_SIDE_SELL) ||
                    order->qty <= 0 || order->qty % of->lot != 0 || order->price % of->tick != 0)
                        return NULL;
                return position;
        }
        return NULL;
}

static void close_position(struct zl_world *world, const struct zl_msg_liquidate *order,
                           struct zl_msg_exec *exec)
{
        struct zl_world_account *account = zl_world_account(world, order->account);
        bool is_pool = account && pool_is(world, account, order->pool);
        struct zl_world_position *position = is_pool ? find(world, account, order) : NULL;

        if (!position)
                return;
        struct zl_world_instrument *instrument = &world->instruments[position->instrument];
        int64_t size = position->qty < 0 ? -position->qty : position->qty;
        int64_t wanted = order->qty < size ? order->qty : size;
        int64_t qty = fillable(instrument, order->side, order->price, wanted);
        exec->status = qty == order->qty ? ZL_EXEC_STATUS_FILLED : ZL_EXEC_STATUS_EXPIRED;
        if (qty > 0) {
                exec->absent = 0;
                exec->filled = qty;
                exec->price = trade(instrument, order->side, order->price, qty);
                exec->fee = reduce(world, account, position, qty, exec->price);
                exec->rev = account->rev;
                world->filled++;
        } else if (order->step == ZL_STEP_FULL && order->qty == size && !world->takes_plans) {
                take_over(world, account, position, order, exec);
        } else {
                world->unfilled++;
        }
        if (order->step == ZL_STEP_FULL)
                settle(world, account, position);
}

void zl_venue_execute(struct zl_world *world, const struct zl_message *order,
                      struct zl_msg_exec *ret_exec)
{
        *ret_exec = (struct zl_msg_exec){.status = ZL_EXEC_STATUS_REJECTED, .final = true};
        ret_exec->absent = (uint64_t)1 << ZL_AT_exec_price;
        switch (order->type) {
        case ZL_TYPE_CANCEL:
                strcpy(ret_exec->order, order->cancel.order);
                cancel(world, &order->cancel, ret_exec);
                break;
        case ZL_TYPE_CONVERT:
                strcpy(ret_exec->order, order->convert.order);
                convert(world, &order->convert, ret_exec);
                break;
        default:
                strcpy(ret_exec->order, order->liquidate.order);
                close_position(world, &order->liquidate, ret_exec);
        }
        world->rejected += ret_exec->status == ZL_EXEC_STATUS_REJECTED;
}
