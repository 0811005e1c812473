#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* SplitMix64. */
uint64_t world_random(struct world *world)
{
        uint64_t z = world->random += 0x9e3779b97f4a7c15u;

        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return z ^ z >> 31;
}

uint32_t world_below(struct world *world, uint32_t limit)
{
        return (uint32_t)(world_random(world) % limit);
}

int64_t world_between(struct world *world, int64_t low, int64_t high)
{
        if (high <= low)
                return low;
        return low + (int64_t)(world_random(world) % ((uint64_t)(high - low) + 1));
}

bool world_chance(struct world *world, uint32_t percent)
{
        return world_below(world, 100) < percent;
}

/* ---- beginning ---- */

static uint64_t random_id(struct world *world)
{
        switch (world_below(world, 4)) {
        case 0:
                return world_below(world, 10);
        case 1:
                return world_random(world) >> 11; /* 53 bits */
        case 2:
                return ((uint64_t)1 << 53) - 1 - world_below(world, 10);
        default:
                return world_below(world, 100000);
        }
}

void world_init(struct world *world, uint64_t seed)
{
        static const uint32_t partitions[] = {1, 2, 3, 4, 16, 256};

        *world = (struct world){.random = seed * 0x9e3779b97f4a7c15u + 1};
        world->coarse = world_chance(world, 40);
        world->partitions = partitions[world_below(world, 6)];
        world->now_ns = world_chance(world, 50) ? 0 : 1700000000000000000;
        world_make_markets(world);
        world->accounts_count = 1 + world_below(world, WORLD_ACCOUNTS);
        for (uint32_t i = 0; i < world->accounts_count; i++) {
                bool known = true;
                while (known) {
                        world->accounts[i].id = random_id(world);
                        known = false;
                        for (uint32_t j = 0; j < i; j++)
                                known |= world->accounts[j].id == world->accounts[i].id;
                }
        }
}

void world_hear(struct world *world, const char *order)
{
        char *to = world->orders[world->orders_count++ % WORLD_ORDERS];

        snprintf(to, WORLD_KEY_SIZE, "%s", order);
}

void world_hear_output(struct world *world, enum zl_type type, const void *object)
{
        char key[WORLD_KEY_SIZE];

        if (type == ZL_TYPE_LIQUIDATE)
                world_hear(world, ((const struct zl_msg_liquidate *)object)->order);
        if (type != ZL_TYPE_DEFICIT || world_chance(world, 70))
                return;
        const struct zl_msg_deficit *deficit = object;
        snprintf(key, sizeof key, "%" PRIu64 "/%s/%" PRIu64 "/%" PRIu32, deficit->account,
                 deficit->pool, deficit->base, deficit->n);
        world_hear(world, key);
}

/* ---- frames ---- */

static struct world_stream *stream_of(struct world *world, struct zl_topic topic)
{
        for (uint32_t i = 0; i < world->streams_count; i++) {
                if (world->streams[i].topic.kind == topic.kind &&
                    world->streams[i].topic.id == topic.id)
                        return &world->streams[i];
        }
        struct world_stream *stream = &world->streams[world->streams_count++];
        *stream = (struct world_stream){.topic = topic, .epoch = 1};
        return stream;
}

/* The next frame of the topic, or the next message of the last frame; sometimes what no publisher
 * should send. */
static void put_header(struct world *world, enum zl_topic_kind kind, uint32_t id)
{
        struct zl_topic topic = {kind, id};
        struct world_stream *stream = stream_of(world, topic);

        if (world->told > 0 && world->header.topic.kind == kind && world->header.topic.id == id &&
            kind != ZL_TOPIC_TIME && world_chance(world, 20)) {
                world->place++;
                return;
        }
        stream->seq++;
        uint32_t odd = world_below(world, 200);
        if (odd == 0) {
                stream->epoch++;
                stream->seq = world_below(world, 3);
        } else if (odd < 4) {
                stream->seq += world_below(world, 3);
        }
        world->place = 0;
        world->header = (struct zl_header){.topic = topic,
                                           .src = kind == ZL_TOPIC_EXEC ? 2 : 1,
                                           .epoch = stream->epoch,
                                           .seq = stream->seq,
                                           .ts_ns = world->now_ns};
        if (kind == ZL_TOPIC_MARK && world_chance(world, 10)) /* late, or ahead */
                world->header.ts_ns += (uint64_t)world_between(world, -1000000000, 1000000000);
        if (odd == 4 && stream->epoch > 0)
                world->header.epoch--;
        if (odd > 4 && odd < 8)
                world->header.seq -= world->header.seq > 2 ? 1 + world_below(world, 2) : 0;
}

/* ---- markets ---- */

static void say_asset(struct world *world, struct zl_message *message, uint32_t at)
{
        message->type = ZL_TYPE_ASSET;
        message->asset = world->assets[at];
        put_header(world, ZL_TOPIC_CTRL, 0);
}

static void say_rate(struct world *world, struct zl_message *message, uint32_t at)
{
        zl_message_init(message, ZL_TYPE_RATE);
        world->rates[at] += world_between(world, -world->rates[at] / 10, world->rates[at] / 10);
        message->rate.asset = at + 1;
        message->rate.price = world->rates[at];
        put_header(world, ZL_TOPIC_RATE, at + 1);
}

static void say_instrument(struct world *world, struct zl_message *message, uint32_t at)
{
        message->type = ZL_TYPE_INSTRUMENT;
        message->instrument = world->instruments[at].now;
        put_header(world, ZL_TOPIC_CTRL, 0);
}

static void say_policy(struct world *world, struct zl_message *message, uint32_t at)
{
        message->type = ZL_TYPE_POLICY;
        message->policy = world->policies[at];
        put_header(world, ZL_TOPIC_CTRL, 0);
}

static int64_t next_mark(struct world *world, struct world_instrument *instrument)
{
        int64_t span = instrument->high - instrument->low, mark = instrument->mark;
        int64_t other = instrument->swing;

        if (world_chance(world, 4))
                instrument->swing = other ? 0 : mark + world_between(world, -2, 2);
        if (other && instrument->swing) {
                instrument->swing = mark;
                mark = other;
        } else if (world_chance(world, 80)) {
                mark += world_between(world, -1 - span / 50, 1 + span / 50);
        } else if (world_chance(world, 80)) {
                mark = world_between(world, instrument->low, instrument->high);
        } else if (world_chance(world, 50)) {
                mark = world_chance(world, 50) ? instrument->now.min_price
                                               : instrument->now.max_price;
        } else {
                mark = world_chance(world, 50) ? instrument->now.min_price - 1
                                               : instrument->now.max_price + 1;
        }
        if (mark < instrument->low - span || mark > instrument->high + span)
                instrument->mark = instrument->low + span / 2;
        else
                instrument->mark = mark;
        return mark;
}

static void say_mark(struct world *world, struct zl_message *message, uint32_t at)
{
        struct world_instrument *instrument = &world->instruments[at];
        int64_t mark = next_mark(world, instrument);

        zl_message_init(message, ZL_TYPE_MARK);
        message->mark.instrument = instrument->now.instrument;
        message->mark.price = mark;
        message->mark.absent = 0;
        message->mark.index = message->mark.bid = message->mark.ask = mark;
        if (world_chance(world, 5)) { /* funding of up to a percent */
                long double most = instrument->unit * (long double)instrument->mark * 1e10L;
                for (uint32_t i = 0; i < instrument->now.qty_scale; i++)
                        most *= 10;
                for (uint32_t i = 0; i < world->assets[instrument->now.settle - 1].scale; i++)
                        most /= 10;
                int64_t step = most > 1e12L ? 1000000000000 : (int64_t)most;
                instrument->funding += world_between(world, -step, step);
        }
        message->mark.funding = instrument->funding;
        put_header(world, ZL_TOPIC_MARK, instrument->now.instrument);
}

/* ---- accounts ---- */

/* Margin is drawn around what the pool needs at the current mark. */
static void draw_margin(struct world *world, struct world_slot *slot,
                        const struct world_instrument *instrument)
{
        const struct zl_msg_instrument *now = &instrument->now;
        long double unit = instrument->unit * (long double)slot->qty;
        long double value = unit * (long double)instrument->mark;
        long double cost = slot->has_cost ? (long double)slot->cost * (slot->qty < 0 ? -1 : 1)
                                          : unit * (long double)slot->entry;
        long double rate = (long double)(now->taker_fee + now->liq_fee) / 1e9L + 0.001L;

        if (now->tiers_count)
                rate += (long double)now->tiers[world_below(world, now->tiers_count)].mmr / 1e9L;
        long double need = (value < 0 ? -value : value) * rate;
        need *= (long double)world_between(world, 50, 250) / 100;
        slot->margin = whole(need - (value - cost));
        slot->order_margin =
                world_chance(world, 20) ? world_between(world, 0, whole(need / 10)) : 0;
}

static void draw_fill(struct world *world, struct world_slot *slot,
                      const struct world_instrument *instrument, uint32_t leg)
{
        long double unit = instrument->unit * (long double)instrument->mark;
        int64_t most = whole((long double)instrument->notional / unit) + 1;
        int64_t spread = (instrument->high - instrument->low) / 4;

        slot->qty = world_between(world, 1, most);
        if (leg == ZL_LEG_SHORT || (leg == ZL_LEG_NET && world_chance(world, 50)))
                slot->qty = -slot->qty;
        slot->entry = world_between(world, instrument->mark - spread, instrument->mark + spread);
        if (slot->entry < 1)
                slot->entry = 1;
        slot->has_cost = world_chance(world, 30);
        slot->cost = whole(instrument->unit * (long double)slot->entry *
                               (long double)(slot->qty < 0 ? -slot->qty : slot->qty)) + 1;
        slot->has_funding = world_chance(world, 40);
        slot->funding = instrument->funding;
        draw_margin(world, slot, instrument);
}

static void change_slot(struct world *world, struct world_account *account, uint32_t at)
{
        struct world_slot *slot = &account->slots[at];
        const struct world_instrument *instrument = &world->instruments[at / WORLD_LEGS];

        if (slot->qty == 0 || world_chance(world, 40)) {
                draw_fill(world, slot, instrument, at % WORLD_LEGS);
                slot->rev = account->rev;
        } else if (world_chance(world, 25)) {
                slot->qty = 0;
        } else {
                draw_margin(world, slot, instrument);
        }
}

static void list_slot(struct world *world, struct zl_message *message,
                      const struct world_account *account, uint32_t at)
{
        const struct world_slot *slot = &account->slots[at];
        struct zl_row_position *row =
                &message->account.positions[message->account.positions_count++];

        *row = (struct zl_row_position){
                .instrument = world->instruments[at / WORLD_LEGS].now.instrument,
                .leg = at % WORLD_LEGS,
                .qty = slot->qty,
                .entry = slot->entry,
                .cost = slot->has_cost ? slot->cost : 0,
                .mode = ZL_MODE_ISOLATED,
                .margin = slot->margin,
                .order_margin = slot->order_margin,
                .funding = slot->has_funding ? slot->funding : 0,
                .rev = slot->rev};
        if (!slot->has_cost)
                row->absent |= 1 << ZL_AT_position_cost;
        if (!slot->has_funding)
                row->absent |= 1 << ZL_AT_position_funding;
        if (slot->rev == account->rev && world_chance(world, 50)) {
                row->absent |= 1 << ZL_AT_position_rev;
                row->rev = 0;
        }
        if (world_chance(world, 1))
                row->rev -= row->rev > 0;
}

/* A row that no ledger should send. */
static void spoil(struct world *world, struct zl_msg_account *account)
{
        struct zl_row_position *row =
                &account->positions[world_below(world, account->positions_count)];

        switch (world_below(world, 4)) {
        case 0:
                row->absent |= 1 << ZL_AT_position_margin;
                row->margin = 0;
                break;
        case 1:
                row->absent |= 1 << ZL_AT_position_entry | 1 << ZL_AT_position_cost;
                row->entry = row->cost = 0;
                break;
        case 2:
                row->leg = row->qty < 0 ? ZL_LEG_LONG : ZL_LEG_SHORT;
                break;
        default:
                row->entry = row->cost = -world_below(world, 2);
                break;
        }
}

static void say_account(struct world *world, struct zl_message *message)
{
        struct world_account *account = &world->accounts[world_below(world, world->accounts_count)];
        uint32_t slots = world->instruments_count * WORLD_LEGS, kind = world_below(world, 100);
        bool listed[WORLD_SLOTS] = {0};

        zl_message_init(message, ZL_TYPE_ACCOUNT);
        message->account.account = account->id;
        message->account.full = account->rev == 0 ? world_chance(world, 80) : kind < 15;
        if (kind >= 5 || account->rev == 0)
                account->rev++;
        if (kind > 97)
                account->rev += world_below(world, 3); /* a hole */
        for (uint32_t i = world_below(world, 3) + (account->rev == 1 ? 3 : 0); i-- > 0;) {
                uint32_t at = world_below(world, slots);
                if (!listed[at] && kind >= 5)
                        change_slot(world, account, at);
                listed[at] = true;
        }
        for (uint32_t i = 0; i < slots; i++) {
                if (message->account.full ? account->slots[i].qty != 0 : listed[i])
                        list_slot(world, message, account, i);
        }
        message->account.rev = account->rev;
        if (kind == 97)
                message->account.rev -= world_below(world, 2); /* an old one */
        message->account.cross_rev = account->rev;
        uint32_t count = message->account.positions_count;
        if (count && world_chance(world, 2))
                message->account.positions[world_below(world, count)].mode = ZL_MODE_CROSS;
        if (count && world_chance(world, 2))
                spoil(world, &message->account);
        put_header(world, ZL_TOPIC_ACCT, zl_partition(account->id, world->partitions));
}

/* ---- answers and time ---- */

static void make_key(struct world *world, char *text)
{
        static const char *const legs[] = {"", "L", "S"};
        const struct world_account *account =
                &world->accounts[world_below(world, world->accounts_count)];
        uint32_t at = world_below(world, world->instruments_count * WORLD_LEGS);

        snprintf(text, WORLD_KEY_SIZE, "%" PRIu64 "/%" PRIu32 "%s/%" PRIu64 "/%" PRIu32,
                 account->id, world->instruments[at / WORLD_LEGS].now.instrument,
                 legs[at % WORLD_LEGS], account->slots[at].rev, world_below(world, 3) / 2);
}

static void say_exec(struct world *world, struct zl_message *message)
{
        uint32_t heard = world->orders_count < WORLD_ORDERS ? world->orders_count : WORLD_ORDERS;
        uint64_t account = 0, base = 0;

        zl_message_init(message, ZL_TYPE_EXEC);
        if (heard && world_chance(world, 90))
                snprintf(message->exec.order, sizeof message->exec.order, "%s",
                         world->orders[world_below(world, heard)]);
        else
                make_key(world, message->exec.order);
        message->exec.status = world_below(world, 9);
        message->exec.final = world_chance(world, 40);
        message->exec.filled = world_chance(world, 50) ? 0 : 1 + world_below(world, 100);
        message->exec.absent |= 1 << ZL_AT_exec_price;
        if (sscanf(message->exec.order, "%" SCNu64 "/%*[^/]/%" SCNu64, &account, &base) == 2)
                message->exec.rev = base + world_below(world, 2);
        put_header(world, ZL_TOPIC_EXEC, zl_partition(account, world->partitions));
}

static void say_clock(struct world *world, struct zl_message *message)
{
        static const uint64_t steps_ms[] = {1, 10, 100, 500, 1000, 5000, 3600000};

        zl_message_init(message, ZL_TYPE_CLOCK);
        if (!world_chance(world, 5))
                world->now_ns += steps_ms[world_below(world, 7)] *
                                 (1000000 + world_below(world, 3) * 1000);
        put_header(world, ZL_TOPIC_TIME, 1);
        world->header.ts_ns = world->now_ns;
}

/* ---- the stream ---- */

/* What there is to define, one after the other; some of it is left for later. */
static bool say_beginning(struct world *world, struct zl_message *message)
{
        uint32_t count = 1 + 2 * world->assets_count + world->policies_count +
                         2 * world->instruments_count;

        while (world->said < count) {
                uint32_t at = world->said++;
                if (at == 0) {
                        zl_message_init(message, ZL_TYPE_CLUSTER);
                        message->cluster.partitions = world->partitions;
                        put_header(world, ZL_TOPIC_CTRL, 0);
                        return true;
                }
                if (world_chance(world, 15))
                        continue;
                at -= 1;
                if (at < world->assets_count)
                        return say_asset(world, message, at), true;
                at -= world->assets_count;
                if (at < world->assets_count)
                        return say_rate(world, message, at), true;
                at -= world->assets_count;
                if (at < world->policies_count)
                        return say_policy(world, message, at), true;
                at -= world->policies_count;
                if (at < world->instruments_count)
                        return say_instrument(world, message, at), true;
                return say_mark(world, message, at - world->instruments_count), true;
        }
        return false;
}

static void say_change(struct world *world, struct zl_message *message)
{
        uint32_t at;

        switch (world_below(world, 8)) {
        case 0:
                say_asset(world, message, world_below(world, world->assets_count));
                break;
        case 1:
        case 2:
                say_rate(world, message, world_below(world, world->assets_count));
                break;
        case 3:
        case 4:
        case 5:
                at = world_below(world, world->instruments_count);
                if (world_chance(world, 80))
                        world_change_instrument(world, &world->instruments[at]);
                say_instrument(world, message, at);
                break;
        default:
                at = world_below(world, world->policies_count);
                if (world_chance(world, 80))
                        world_change_policy(world, &world->policies[at]);
                say_policy(world, message, at);
                break;
        }
}

void world_next(struct world *world, struct zl_message *message, struct zl_header *ret_header,
                uint32_t *ret_place)
{
        uint32_t kind = world_below(world, 100);

        if (!say_beginning(world, message)) {
                if (kind < 48)
                        say_mark(world, message, world_below(world, world->instruments_count));
                else if (kind < 70)
                        say_account(world, message);
                else if (kind < 86)
                        say_exec(world, message);
                else if (kind < 95)
                        say_clock(world, message);
                else
                        say_change(world, message);
        }
        world->told++;
        *ret_header = world->header;
        *ret_place = world->place;
}
