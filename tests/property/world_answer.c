/* What the router of a random world answers, and what its ledger makes of a fill. */
#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- what was heard ---- */

static struct world_account *find_account(struct world *world, uint64_t id)
{
        for (uint32_t i = 0; i < world->accounts_count; i++) {
                if (world->accounts[i].id == id)
                        return &world->accounts[i];
        }
        return NULL;
}

static int32_t find_slot(const struct world *world, uint32_t instrument, enum zl_leg leg,
                         bool cross)
{
        for (uint32_t i = 0; i < world->instruments_count; i++) {
                if (world->instruments[i].now.instrument == instrument)
                        return (int32_t)(i * WORLD_LEGS + leg + (cross ? WORLD_CROSS_FROM : 0));
        }
        return -1;
}

static struct world_order *add_order(struct world *world, enum zl_type type, uint64_t account,
                                     const char *pool)
{
        struct world_order *order = &world->orders[world->orders_count++ % WORLD_ORDERS];

        *order = (struct world_order){.type = type, .slot = -1, .cross = strcmp(pool, "x") == 0};
        order->account = find_account(world, account);
        return order;
}

static void hear_order(struct world *world, const struct zl_msg_liquidate *said)
{
        struct world_order *order =
                add_order(world, ZL_TYPE_LIQUIDATE, said->account, said->pool);

        snprintf(order->key, sizeof order->key, "%s", said->order);
        order->slot = find_slot(world, said->instrument, said->leg, order->cross);
        order->qty = said->qty;
        order->price = said->price;
}

static void hear_convert(struct world *world, const struct zl_msg_convert *said)
{
        struct world_order *order = add_order(world, ZL_TYPE_CONVERT, said->account, said->pool);

        snprintf(order->key, sizeof order->key, "%s", said->order);
        order->asset = said->asset - 1;
        order->qty = said->amount;
}

static void hear_cancel(struct world *world, const struct zl_msg_cancel *said)
{
        struct world_order *order = add_order(world, ZL_TYPE_CANCEL, said->account, said->pool);

        snprintf(order->key, sizeof order->key, "%s", said->order);
        if (!order->cross) {
                char leg = said->pool[strlen(said->pool) - 1];
                uint32_t instrument = 0;
                sscanf(said->pool, "%" SCNu32, &instrument);
                order->slot = find_slot(world, instrument,
                                        leg == 'L' ? ZL_LEG_LONG : leg == 'S' ? ZL_LEG_SHORT
                                                                              : ZL_LEG_NET,
                                        false);
        }
}

static void hear_deficit(struct world *world, const struct zl_msg_deficit *said)
{
        struct world_order *order = add_order(world, ZL_TYPE_DEFICIT, said->account, said->pool);

        snprintf(order->key, sizeof order->key, "%" PRIu64 "/%s/%" PRIu64 "/%" PRIu32,
                 said->account, said->pool, said->base, said->n);
        order->slot = said->qty ? find_slot(world, said->instrument, said->leg, order->cross) : -1;
        order->qty = said->qty;
        order->price = said->price;
}

void world_hear_output(struct world *world, enum zl_type type, const void *object)
{
        world->heard = world->told;
        if (type == ZL_TYPE_LIQUIDATE)
                hear_order(world, object);
        if (type == ZL_TYPE_CONVERT)
                hear_convert(world, object);
        if (type == ZL_TYPE_CANCEL)
                hear_cancel(world, object);
        if (type == ZL_TYPE_DEFICIT && world_chance(world, 30))
                hear_deficit(world, object);
}

/* ---- the ledger ---- */

/* So much of a position is closed; it is said with the account's next revision. */
static void fill(struct world *world, struct world_order *order, int64_t qty)
{
        struct world_account *account = order->account;
        struct world_slot *slot = &account->slots[order->slot];
        const struct world_instrument *instrument =
                &world->instruments[order->slot % WORLD_CROSS_FROM / WORLD_LEGS];
        const struct zl_msg_instrument *now = &instrument->now;
        int64_t size = slot->qty < 0 ? -slot->qty : slot->qty;

        if (qty > size)
                qty = size;
        if (qty == 0)
                return;
        long double share = (long double)qty / (long double)size;
        long double gain = world_profit(instrument, slot, order->price) * share;
        gain -= world_value(instrument, qty, order->price) *
                (long double)(now->taker_fee + now->liq_fee) / 1e9L;
        slot->qty += slot->qty < 0 ? qty : -qty;
        slot->cost = whole((long double)slot->cost * (1 - share)) + 1;
        slot->changed = slot->moved = true;
        if (order->cross) {
                account->cross_moved = true;
                account->balances[now->settle - 1].amount =
                        whole((long double)account->balances[now->settle - 1].amount + gain);
                account->balances[now->settle - 1].changed = true;
        } else {
                slot->margin = whole((long double)slot->margin + gain);
        }
}

static void convert(struct world *world, struct world_order *order)
{
        struct world_account *account = order->account;
        struct world_balance *from = &account->balances[order->asset];
        uint32_t to = world_below(world, world->assets_count);

        for (uint32_t i = 0; i < world->assets_count; i++) {
                if (account->balances[i].amount < account->balances[to].amount)
                        to = i;
        }
        long double bought = (long double)order->qty * world_rate(world, order->asset) /
                             world_rate(world, to);
        from->amount -= order->qty;
        account->balances[to].amount =
                whole((long double)account->balances[to].amount + bought);
        from->changed = account->balances[to].changed = true;
        account->cross_moved = true;
}

static void cancel(struct world *world, struct world_order *order)
{
        if (order->slot >= 0) {
                order->account->slots[order->slot].order_margin = 0;
                order->account->slots[order->slot].changed = true;
                return;
        }
        for (uint32_t i = 0; i < world->assets_count; i++) {
                order->account->balances[i].order_margin = 0;
                order->account->balances[i].changed = true;
        }
}

/* ---- answers ---- */

static void make_key(struct world *world, char *text)
{
        static const char *const legs[] = {"", "L", "S"};
        static const char *const odd[] = {"", "1", "1/x", "1/x/0/00", "01/x/0/0", "1/x/0/0/",
                                          "1/7Q/0/0", "1/x/0/0/0/0", "-1/x/0/0",
                                          "1/x/0/4294967296"};
        const struct world_account *account =
                &world->accounts[world_below(world, world->accounts_count)];
        uint32_t at = world_below(world, world->instruments_count * WORLD_LEGS);

        if (world_chance(world, 5))
                snprintf(text, WORLD_KEY_SIZE, "%s", odd[world_below(world, 10)]);
        else if (world_has(world, WORLD_CROSS) && world_chance(world, 50))
                snprintf(text, WORLD_KEY_SIZE, "%" PRIu64 "/x/%" PRIu64 "/%" PRIu32, account->id,
                         account->cross_rev, world_below(world, 5) / 2);
        else
                snprintf(text, WORLD_KEY_SIZE, "%" PRIu64 "/%" PRIu32 "%s/%" PRIu64 "/%" PRIu32,
                         account->id, world->instruments[at / WORLD_LEGS].now.instrument,
                         legs[at % WORLD_LEGS], account->slots[at].rev, world_below(world, 5) / 2);
}

static void answer_anything(struct world *world, struct zl_msg_exec *said)
{
        uint64_t account, base;

        said->status = world_below(world, 9);
        said->final = world_chance(world, 40);
        said->filled = world_chance(world, 50) ? 0 : 1 + world_below(world, 100);
        if (sscanf(said->order, "%" SCNu64 "/%*[^/]/%" SCNu64, &account, &base) == 2)
                said->rev = base + world_below(world, 2);
}

static void answer_working(struct world *world, struct zl_msg_exec *said, uint64_t rev)
{
        static const enum zl_exec_status statuses[] = {
                ZL_EXEC_STATUS_ACCEPTED, ZL_EXEC_STATUS_ACCEPTED, ZL_EXEC_STATUS_PARTIAL,
                ZL_EXEC_STATUS_TAKEN,    ZL_EXEC_STATUS_STALE,    ZL_EXEC_STATUS_BUSY,
                ZL_EXEC_STATUS_LATE};

        said->status = statuses[world_below(world, 7)];
        said->rev = rev;
}

/* What becomes of an order in the end; the ledger shows it with `rev` or sooner. */
static void answer_final(struct world *world, struct zl_msg_exec *said, struct world_order *order,
                         uint64_t rev)
{
        said->final = true;
        said->status = ZL_EXEC_STATUS_FILLED;
        said->rev = rev + world_below(world, 2);
        if (order->type == ZL_TYPE_CANCEL) {
                cancel(world, order);
        } else if (world_chance(world, 45)) {
                said->status = world_chance(world, 50) ? ZL_EXEC_STATUS_EXPIRED
                                                       : ZL_EXEC_STATUS_REJECTED;
        } else if (order->type == ZL_TYPE_CONVERT) {
                convert(world, order);
                said->filled = world_chance(world, 50) ? order->qty : 0;
        } else if (order->slot >= 0) {
                said->filled = world_chance(world, 50) ? order->qty
                                                       : world_between(world, 1, order->qty);
                if (said->filled < order->qty)
                        said->status = ZL_EXEC_STATUS_EXPIRED;
                fill(world, order, said->filled);
        }
}

/* Mostly the truth, as a router has it, or nothing. */
static enum zl_exec_step step_of(struct world *world, const struct world_order *order)
{
        if (world_chance(world, 10))
                return world_below(world, 5);
        if (!order || world_chance(world, 50))
                return ZL_EXEC_STEP_NONE;
        switch (order->type) {
        case ZL_TYPE_CANCEL:
                return ZL_EXEC_STEP_CANCEL;
        case ZL_TYPE_CONVERT:
                return ZL_EXEC_STEP_CONVERT;
        default:
                return world_chance(world, 50) ? ZL_EXEC_STEP_PARTIAL : ZL_EXEC_STEP_FULL;
        }
}

void world_say_exec(struct world *world, struct zl_message *message)
{
        uint32_t heard = world->orders_count < WORLD_ORDERS ? world->orders_count : WORLD_ORDERS;
        struct zl_msg_exec *said = &message->exec;
        struct world_order *order = NULL;
        uint64_t account = 0;

        zl_message_init(message, ZL_TYPE_EXEC);
        said->absent |= 1 << ZL_AT_exec_price;
        if (heard && world_chance(world, 92))
                order = &world->orders[world_below(world, heard)];
        if (order)
                snprintf(said->order, sizeof said->order, "%s", order->key);
        else
                make_key(world, said->order);
        bool known = order && order->account && order->type != ZL_TYPE_DEFICIT;
        if (order && order->account && order->type == ZL_TYPE_DEFICIT && order->slot >= 0)
                fill(world, order, order->qty); /* the fund took it */
        if (!known || world_chance(world, 35))
                answer_anything(world, said);
        else if (world_chance(world, 35))
                answer_working(world, said, order->account->rev);
        else
                answer_final(world, said, order, order->account->rev);
        if (order && world_chance(world, 5)) /* the decision, not one of its orders */
                *strrchr(said->order, '/') = 0;
        said->step = step_of(world, order);
        sscanf(said->order, "%" SCNu64, &account);
        world_put_header(world, ZL_TOPIC_EXEC, zl_partition(account, world->partitions));
}
