#include "world.h"

#include <zeroline/frame.h>

#include <string.h>

enum { ODD = 200 };

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

int64_t world_magnitude(struct world *world, uint32_t digits)
{
        int64_t most = 10;

        for (uint32_t i = world_below(world, digits); i > 0; i--)
                most *= 10;
        return world_between(world, most / 10, most);
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

void world_init(struct world *world, uint64_t seed, uint32_t features)
{
        static const uint32_t partitions[] = {1, 2, 3, 4, 16, 256};

        *world = (struct world){.random = seed * 0x9e3779b97f4a7c15u + 1};
        for (uint32_t feature = 1; feature <= WORLD_EXTREMES; feature *= 2)
                world->features |= world_chance(world, 80) ? features & feature : 0;
        world->coarse = world_chance(world, 40);
        world->clockless = world_chance(world, 25);
        world->ticks = (uint32_t)world_between(world, 40, 95);
        world->cross_changes = (uint32_t)world_between(world, 20, 95);
        world->rate_ticks = world_has(world, WORLD_CROSS) ? world_below(world, 40) : 5;
        world->partitions = partitions[world_below(world, 6)];
        world->now_ns = world->clockless || world_chance(world, 50) ? 0 : 1700000000000000000;
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
                world->accounts[i].policy = 1 + world_below(world, world->policies_count);
        }
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

void world_put_header(struct world *world, enum zl_topic_kind kind, uint32_t id)
{
        struct zl_topic topic = {kind, id};
        struct world_stream *stream = stream_of(world, topic);

        if (world->told > 0 && world->header.topic.kind == kind && world->header.topic.id == id &&
            kind != ZL_TOPIC_TIME && world_chance(world, 20)) {
                world->place++;
                return;
        }
        stream->seq++;
        /* Where the ladder is to have few steps, all hears of it: policy 1 stands with all of them
         * until it is said. */
        uint32_t odd = world->began || world_has(world, WORLD_LADDER) ? world_below(world, ODD)
                                                                      : ODD;
        if (kind == ZL_TOPIC_ACCT && world_chance(world, 50))
                odd = ODD;
        if (kind == ZL_TOPIC_CTRL && odd < 4)
                world->healing = 2;
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
        world_put_header(world, ZL_TOPIC_CTRL, 0);
}

static void say_rate(struct world *world, struct zl_message *message, uint32_t at)
{
        int64_t *rate = &world->rates[at], before = *rate;
        int64_t most = *rate / (world_chance(world, 80) ? 300 : 8);

        zl_message_init(message, ZL_TYPE_RATE);
        if (world_chance(world, 25) && world->rates_before[at])
                *rate = world->rates_before[at];
        else
                *rate += world_between(world, -most, most + (world_chance(world, 50) ? 1 : 0));
        world->rates_before[at] = before;
        if (*rate > 1000000000000000000)
                *rate /= 2;
        if (*rate < 1)
                *rate = 1;
        message->rate.asset = at + 1;
        message->rate.price = world_chance(world, 1) ? -world_below(world, 2) : *rate;
        world_put_header(world, ZL_TOPIC_RATE, at + 1);
}

static void say_instrument(struct world *world, struct zl_message *message, uint32_t at)
{
        message->type = ZL_TYPE_INSTRUMENT;
        message->instrument = world->instruments[at].now;
        world_put_header(world, ZL_TOPIC_CTRL, 0);
}

static void say_policy(struct world *world, struct zl_message *message, uint32_t at)
{
        message->type = ZL_TYPE_POLICY;
        message->policy = world->policies[at];
        world_put_header(world, ZL_TOPIC_CTRL, 0);
}

static int64_t next_mark(struct world *world, struct world_instrument *instrument)
{
        int64_t span = instrument->high - instrument->low, mark = instrument->mark;
        int64_t other = instrument->swing;

        if (world->heard == world->told && world_chance(world, 30))
                instrument->swing = other = instrument->before; /* back over an edge */
        else if (world_chance(world, 4))
                instrument->swing = other ? 0 : mark + world_between(world, -2, 2);
        instrument->before = mark;
        if (other && instrument->swing) {
                instrument->swing = mark;
                mark = other;
        } else if (world_chance(world, 60)) {
                mark += world_between(world, -1 - span / 300, 1 + span / 300);
        } else if (world_chance(world, 80)) {
                mark += world_between(world, -1 - span / 30, 1 + span / 30);
        } else if (world_chance(world, 80)) {
                mark = world_between(world, instrument->low, instrument->high);
        } else if (world_chance(world, 50)) {
                mark = world_chance(world, 50) ? instrument->now.min_price
                                               : instrument->now.max_price;
        } else {
                mark = world_chance(world, 50) ? instrument->now.min_price - 1
                                               : instrument->now.max_price + 1;
        }
        if (mark < instrument->low - span / 2 || mark > instrument->high + span / 2)
                instrument->mark = instrument->low + span / 2;
        else
                instrument->mark = mark;
        return mark;
}

static void draw_book(struct world *world, struct zl_msg_mark *mark)
{
        int64_t spread = mark->price / 100 + 1;

        mark->bid = mark->price - world_between(world, -1, world->coarse ? 2 : spread);
        mark->ask = mark->price + world_between(world, -1, world->coarse ? 2 : spread);
        mark->index = mark->price + world_between(world, -spread, spread);
        mark->depth = world_magnitude(world, world->coarse ? 2 : 12);
        if (world_chance(world, 10))
                mark->absent |= 1 << ZL_AT_mark_bid;
        if (world_chance(world, 10))
                mark->absent |= 1 << ZL_AT_mark_ask;
        if (ZL_ABSENT(mark, mark, bid))
                mark->bid = mark->price;
        if (ZL_ABSENT(mark, mark, ask))
                mark->ask = mark->price;
}

/* Up to a percent of the value of a quantity of 1. */
static void move_funding(struct world *world, struct world_instrument *instrument)
{
        long double most = world_value(instrument, 1, instrument->mark) * 1e10L *
                           world_power(instrument->now.qty_scale) /
                           world_power(world->assets[instrument->now.settle - 1].scale);
        int64_t step = most > 1e12L ? 1000000000000 : (int64_t)most;

        if (world_has(world, WORLD_EXTREMES) && world_chance(world, 5))
                step = (int64_t)1 << world_below(world, 63);
        step = world_between(world, -step, step);
        if (__builtin_add_overflow(instrument->funding, step, &instrument->funding))
                instrument->funding = 0;
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
        if (world_chance(world, 30))
                draw_book(world, &message->mark);
        if (world_chance(world, 5))
                move_funding(world, instrument);
        message->mark.funding = instrument->funding;
        world_put_header(world, ZL_TOPIC_MARK, instrument->now.instrument);
}

static void say_clock(struct world *world, struct zl_message *message)
{
        static const uint64_t steps_ms[] = {1, 10, 100, 500, 1000, 5000, 3600000};

        zl_message_init(message, ZL_TYPE_CLOCK);
        if (world_chance(world, 2))
                message->clock.lag = 1 + world_below(world, 2);
        if (!world_chance(world, 5))
                world->now_ns += steps_ms[world_below(world, 7)] *
                                 (1000000 + world_below(world, 3) * 1000);
        world_put_header(world, ZL_TOPIC_TIME, 1);
        world->header.ts_ns = world->now_ns;
        if (world_below(world, 500) == 0)
                world->header.ts_ns += (uint64_t)1 << 63;
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
                        world_put_header(world, ZL_TOPIC_CTRL, 0);
                        return true;
                }
                at -= 1;
                bool first_policy = at == 2 * world->assets_count;
                if (world_chance(world, 15) &&
                    (!first_policy || world_has(world, WORLD_LADDER)))
                        continue;
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
        uint32_t kind = world_below(world, 8), at;
        bool spoilt = world_chance(world, 8), changed = world_chance(world, 80);

        if (world_chance(world, 1)) {
                zl_message_init(message, ZL_TYPE_CLUSTER);
                message->cluster.partitions =
                        world_chance(world, 50) ? world->partitions : world_below(world, 300) % 257;
                world_put_header(world, ZL_TOPIC_CTRL, 0);
        } else if (kind < 2) {
                at = world_below(world, world->assets_count);
                if (changed)
                        world_change_asset(world, at);
                say_asset(world, message, at);
                if (spoilt)
                        world_spoil_asset(world, &message->asset);
        } else if (kind < 6) {
                at = world_below(world, world->instruments_count);
                if (changed)
                        world_change_instrument(world, &world->instruments[at]);
                say_instrument(world, message, at);
                if (spoilt)
                        world_spoil_instrument(world, &message->instrument);
        } else {
                at = world_below(world, world->policies_count);
                if (changed)
                        world_change_policy(world, &world->policies[at]);
                say_policy(world, message, at);
                if (spoilt)
                        world_spoil_policy(world, &message->policy);
        }
}

/* A restatement ends. Every other one concerns what all depend on, or they would wait for ever. */
static void say_synced(struct world *world, struct zl_message *message)
{
        struct zl_topic topic = {ZL_TOPIC_CTRL, 0};

        if (world_chance(world, 50))
                topic = world->streams[world_below(world, world->streams_count)].topic;
        if (topic.kind == ZL_TOPIC_TIME || topic.kind == ZL_TOPIC_BEAT)
                topic = (struct zl_topic){ZL_TOPIC_CTRL, 0};
        zl_message_init(message, ZL_TYPE_SYNCED);
        world_put_header(world, topic.kind, topic.id);
}

/* How far the streams are, or a little further; now and then nonsense. */
static void say_beat(struct world *world, struct zl_message *message)
{
        struct zl_msg_beat *beat = &message->beat;

        zl_message_init(message, ZL_TYPE_BEAT);
        beat->topics_count = world_below(world, 4);
        for (uint32_t i = 0; i < beat->topics_count; i++) {
                struct world_stream *stream =
                        &world->streams[world_below(world, world->streams_count)];
                struct zl_topic topic = stream->topic;
                struct zl_row_moved *row = &beat->topics[i];
                if (world_chance(world, 5))
                        topic.id += world_below(world, 3);
                if (world_chance(world, 10))
                        stream->seq += world_below(world, 3); /* the last ones were lost */
                *row = (struct zl_row_moved){.epoch = stream->epoch, .seq = stream->seq};
                if (world_chance(world, 5))
                        row->epoch += (uint64_t)world_between(world, -1, 1);
                zl_topic_format(topic, row->topic);
                uint32_t spoilt = world_below(world, 30 * ZL_TOPIC_SIZE);
                if (spoilt < ZL_TOPIC_SIZE)
                        row->topic[spoilt] = "x.F0"[world_below(world, 4)];
        }
        world_put_header(world, ZL_TOPIC_BEAT, 1);
}

void world_next(struct world *world, struct zl_message *message, struct zl_header *ret_header,
                uint32_t *ret_place)
{
        uint32_t kind = world_below(world, 100);
        bool early = world->accounts[0].rev < 3; /* positions first */

        world->began = !say_beginning(world, message);
        if (world->began && world->healing && world_chance(world, 40)) {
                world->healing--;
                zl_message_init(message, ZL_TYPE_SYNCED);
                world_put_header(world, ZL_TOPIC_CTRL, 0);
        } else if (world->began && kind < world->ticks && !early) {
                if (world_chance(world, world->rate_ticks))
                        say_rate(world, message, world_below(world, world->assets_count));
                else
                        say_mark(world, message, world_below(world, world->instruments_count));
        } else if (world->began) {
                kind = world_below(world, 100);
                if (kind < 45)
                        world_say_account(world, message);
                else if (kind < 78)
                        world_say_exec(world, message);
                else if (kind < 90 && !world->clockless)
                        say_clock(world, message);
                else if (kind < 93)
                        say_synced(world, message);
                else if (kind < 94)
                        say_beat(world, message);
                else
                        say_change(world, message);
        }
        world->told++;
        *ret_header = world->header;
        *ret_place = world->place;
}
