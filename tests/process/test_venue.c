/* app/sim/venue.h: orders drawn at random against a drawn world, with what they may change. */
#include "../unit/unit.h"

#include "app/sim/venue.h"
#include "core/assert.h"

enum { ACCOUNTS = 200, ROUNDS = 20000 };

static int64_t pick(int64_t least, int64_t most)
{
        return least + (int64_t)(random_u64() % (uint64_t)(most - least + 1));
}

static const struct zl_world_instrument *market_of(const struct zl_world *world,
                                                   const struct zl_world_position *position)
{
        return &world->instruments[position->instrument];
}

static int64_t size_of(const struct zl_world_position *position)
{
        return position->qty < 0 ? -position->qty : position->qty;
}

static void name(const struct zl_world *world, const struct zl_world_account *account, char *pool,
                 char *order)
{
        uint32_t instrument = market_of(world, &account->positions[0])->id;

        if (account->cross)
                strcpy(pool, "x");
        else
                snprintf(pool, 16, "%u", instrument);
        snprintf(order, 96, "%llu/%s/1/0/0", (unsigned long long)account->id, pool);
}

/* A close of a part or of all, limited within a hundredth around the mark. */
static void draw_close(const struct zl_world *world, const struct zl_world_account *account,
                       uint32_t place, struct zl_msg_liquidate *order)
{
        const struct zl_world_position *position = &account->positions[place];
        const struct zl_world_instrument *market = market_of(world, position);
        int64_t lots = size_of(position) / market->lot;

        *order = (struct zl_msg_liquidate){
                .account = account->id,
                .instrument = market->id,
                .side = position->qty > 0 ? ZL_SIDE_SELL : ZL_SIDE_BUY,
                .qty = (pick(0, 2) ? pick(1, lots) : lots) * market->lot,
                .price = market->price * pick(990, 1010) / 1000 / market->tick * market->tick,
                .step = pick(0, 1) ? ZL_STEP_FULL : ZL_STEP_PARTIAL};
        name(world, account, order->pool, order->order);
}

/* What the close did to its position and its pool's money. */
static void check_fill(const struct zl_world *world, const struct zl_world_account *before,
                       const struct zl_world_account *after, uint32_t place,
                       const struct zl_msg_liquidate *order, const struct zl_msg_exec *exec)
{
        const struct zl_world_position *was = &before->positions[place];
        const struct zl_world_position *is = &after->positions[place];
        const struct zl_world_instrument *market = market_of(world, was);
        bool sells = order->side == ZL_SIDE_SELL;
        int64_t rise = zl_world_value(market, exec->filled, exec->price) -
                       zl_world_value(market, exec->filled, was->entry);
        int64_t paid = (sells ? rise : -rise) - exec->fee;

        assert_true(exec->filled <= order->qty && exec->filled % market->lot == 0);
        assert_true(sells ? exec->price >= order->price : exec->price <= order->price);
        assert_true(exec->price % market->tick == 0);
        assert_int_equal(exec->status, exec->filled == order->qty ? ZL_EXEC_STATUS_FILLED
                                                                  : ZL_EXEC_STATUS_EXPIRED);
        assert_int_equal(is->qty, was->qty + (sells ? -exec->filled : exec->filled));
        assert_int_equal(is->entry, was->entry);
        assert_int_equal(after->rev, before->rev + 1);
        assert_int_equal(is->rev, after->rev);
        assert_int_equal(exec->rev, after->rev);
        assert_int_equal(after->cross_rev, before->cross ? after->rev : before->cross_rev);
        if (is->qty || order->step == ZL_STEP_PARTIAL) {
                assert_int_equal(after->usdt, before->usdt + (before->cross ? paid : 0));
                assert_int_equal(is->margin, was->margin + (before->cross ? 0 : paid));
        }
}

static bool is_closed(const struct zl_world_account *account)
{
        return !account->positions[0].qty && !account->positions[1].qty;
}

static void close_one(struct zl_world *world, struct zl_world_account *account, uint32_t place)
{
        const struct zl_world_account before = *account;
        int64_t fund = world->fund;
        struct zl_message message = {.type = ZL_TYPE_LIQUIDATE};
        const struct zl_msg_liquidate *order = &message.liquidate;
        struct zl_msg_exec exec;

        draw_close(world, account, place, &message.liquidate);
        zl_venue_execute(world, &message, &exec);
        assert_true(exec.final);
        assert_string_equal(exec.order, order->order);
        if (exec.filled > 0) {
                check_fill(world, &before, account, place, order, &exec);
        } else if (order->step == ZL_STEP_FULL && order->qty == size_of(&before.positions[place])) {
                assert_int_equal(account->positions[place].qty, 0); /* the fund's */
                assert_int_equal(account->rev, before.rev + 1);
        } else {
                assert_memory_equal(&before, account, sizeof before);
                assert_int_equal(world->fund, fund);
        }
        if (order->step == ZL_STEP_FULL && is_closed(account)) /* what is left is the fund's */
                assert_true(account->positions[0].margin == 0 &&
                            (!account->cross || (account->usdt == 0 && account->btc == 0)));
}

/* Ends an account's open orders. */
static void cancel_one(struct zl_world *world, struct zl_world_account *account)
{
        const struct zl_world_account before = *account;
        struct zl_message message = {.type = ZL_TYPE_CANCEL, .cancel.account = account->id};
        struct zl_msg_exec exec;
        bool held = account->order_margin || account->positions[0].order_margin;

        name(world, account, message.cancel.pool, message.cancel.order);
        zl_venue_execute(world, &message, &exec);
        assert_true(exec.final && exec.status == ZL_EXEC_STATUS_FILLED && exec.filled == 0);
        assert_int_equal(account->rev, before.rev + held);
        assert_int_equal(exec.rev, account->rev);
        assert_int_equal(account->cross_rev, before.cross_rev);
        assert_int_equal(account->positions[0].rev, before.positions[0].rev);
        assert_int_equal(account->order_margin + account->positions[0].order_margin, 0);
}

static void convert_one(struct zl_world *world, struct zl_world_account *account)
{
        const struct zl_world_account before = *account;
        struct zl_message message = {.type = ZL_TYPE_CONVERT,
                                     .convert.account = account->id,
                                     .convert.asset = ZL_WORLD_BTC,
                                     .convert.amount = pick(1, account->btc + 1)};
        struct zl_msg_exec exec;
        int64_t amount = message.convert.amount;

        name(world, account, message.convert.pool, message.convert.order);
        zl_venue_execute(world, &message, &exec);
        if (amount > before.btc) {
                assert_int_equal(exec.status, ZL_EXEC_STATUS_REJECTED);
                assert_memory_equal(&before, account, sizeof before);
                return;
        }
        assert_true(exec.final && exec.status == ZL_EXEC_STATUS_FILLED && exec.filled == amount);
        assert_int_equal(account->btc, before.btc - amount);
        assert_true(account->usdt >= before.usdt);
        assert_int_equal(account->cross_rev, before.rev + 1);
        assert_int_equal(exec.rev, account->rev);
}

static void test_orders(void **state)
{
        struct zl_world world;

        (void)state;
        assert_true(zl_world_open(&world, 1, ACCOUNTS, ROUNDS));
        for (uint32_t i = 0; i < ROUNDS; i++) {
                struct zl_world_account *account = &world.accounts[pick(0, ACCOUNTS - 1)];
                uint32_t place = (uint32_t)pick(0, account->positions_count - 1);
                if (i % 7 == 0)
                        zl_world_tick(&world);
                if (account->cross && pick(0, 3) == 0)
                        convert_one(&world, account);
                else if (pick(0, 5) == 0)
                        cancel_one(&world, account);
                else if (account->positions[place].qty)
                        close_one(&world, account, place);
        }
        assert_true(world.filled > 100 && world.unfilled > 100 && world.taken_over > 20);
        assert_true(world.cancelled > 100 && world.converted > 100);
        zl_world_close(&world);
}

/* Orders that are none of this market's change nothing. */
static void test_rejected(void **state)
{
        struct zl_world world;
        struct zl_msg_exec exec;

        (void)state;
        assert_true(zl_world_open(&world, 1, 1, 10));
        struct zl_world_account *account = &world.accounts[0];
        const struct zl_world_account before = *account;
        static struct zl_message good = {.type = ZL_TYPE_LIQUIDATE}, bad[7];
        draw_close(&world, account, 0, &good.liquidate);
        for (size_t i = 0; i < ZL_COUNT(bad); i++)
                bad[i] = good;
        bad[0].liquidate.account = 7;
        bad[1].liquidate.instrument = 77;
        bad[2].liquidate.side = good.liquidate.side == ZL_SIDE_BUY ? ZL_SIDE_SELL : ZL_SIDE_BUY;
        bad[3].liquidate.qty++;
        bad[4].liquidate.qty = 0;
        strcpy(bad[5].liquidate.pool, account->cross ? "1" : "x");
        bad[6].type = ZL_TYPE_CONVERT;
        strcpy(bad[6].convert.order, "7/x/1/0/0");
        bad[6].convert.asset = ZL_WORLD_USDT;
        for (size_t i = 0; i < ZL_COUNT(bad); i++) {
                zl_venue_execute(&world, &bad[i], &exec);
                assert_true(exec.final && exec.status == ZL_EXEC_STATUS_REJECTED);
                assert_memory_equal(&before, account, sizeof before);
        }
        assert_int_equal(world.rejected, ZL_COUNT(bad));
        zl_world_close(&world);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_orders),
                cmocka_unit_test(test_rejected),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
