#include "ledger_bus.h"

#include <stdlib.h>
#include <string.h>

enum { OUTBOX_SIZE = 1 << 20, LOST_PERCENT = 3 };

static const struct zl_engine_config config = {
        .epoch = 1,
        .partitions = BUS_PARTITIONS,
        .owned = {{.first = 0, .last = BUS_PARTITIONS - 1}},
        .owned_count = 1,
        .accounts_max = 16,
        .positions_max = 400,
        .balances_max = 64,
        .funds_max = 4,
        .instruments_max = 8,
        .assets_max = 4,
        .policies_max = 4,
        .streams_max = 64,
};

static void *get(void *memory)
{
        if (!memory)
                abort();
        return memory;
}

static uint32_t draw(struct bus *bus, uint32_t limit)
{
        bus->random += 0x9e3779b97f4a7c15u;
        return (uint32_t)(zl_mix64(bus->random) % limit);
}

void bus_open(struct bus *bus)
{
        *bus = (struct bus){.memory_size = zl_engine_size(&config)};
        bus->message = get(calloc(1, sizeof *bus->message));
        for (uint32_t i = 0; i < BUS_ENGINES; i++) {
                bus->engines[i].memory = get(malloc(bus->memory_size));
                zl_outbox_init(&bus->engines[i].outbox, get(malloc(OUTBOX_SIZE)), OUTBOX_SIZE);
        }
}

static void empty_queues(struct bus_engine *engine)
{
        for (uint32_t i = 0; i < engine->streams_count; i++) {
                struct bus_stream *stream = &engine->streams[i];
                for (; stream->count > 0; stream->count--, stream->first++)
                        free(stream->items[stream->first].object);
                stream->first = 0;
        }
        engine->waiting = 0;
        engine->frames_count = 0;
}

void bus_close(struct bus *bus)
{
        for (uint32_t i = 0; i < BUS_ENGINES; i++) {
                struct bus_engine *engine = &bus->engines[i];
                empty_queues(engine);
                for (uint32_t k = 0; k < BUS_STREAMS; k++)
                        free(engine->streams[k].items);
                for (uint32_t k = 0; k < BUS_FRAMES; k++)
                        free(engine->frames[k].rows);
                free(engine->memory);
                free(engine->outbox.data);
        }
        scenario_free(&bus->scenario);
        free(bus->message);
}

static void start(struct bus *bus, uint32_t at)
{
        struct bus_engine *engine = &bus->engines[at];

        memset(engine->memory, 0, bus->memory_size);
        engine->config = config;
        engine->config.src = 70 + at;
        if (zl_engine_init(engine->memory, bus->memory_size, &engine->config, &engine->engine) !=
            ZL_OK)
                abort();
}

void bus_begin(struct bus *bus, uint64_t seed, uint32_t engines_count, bool ordered, bool crossed)
{
        bus->engines_count = engines_count;
        bus->ordered = ordered;
        bus->crossed = crossed;
        bus->reliable = false;
        bus->random = seed;
        memset(bus->seqs, 0, sizeof bus->seqs);
        scenario_free(&bus->scenario);
        for (uint32_t i = 0; i < BUS_ENGINES; i++) {
                empty_queues(&bus->engines[i]);
                bus->engines[i].streams_count = 0;
                bus->engines[i].refused = 0;
        }
        for (uint32_t i = 0; i < engines_count; i++)
                start(bus, i);
}

void bus_restart(struct bus *bus, uint32_t at)
{
        struct bus_engine *engine = &bus->engines[at];

        engine->refused += zl_engine_counters(engine->engine).refused;
        empty_queues(engine);
        engine->config.epoch++;
        start(bus, at);
}

/* ---- queues ---- */

static bool is_between(enum zl_topic_kind kind)
{
        return kind == ZL_TOPIC_DEFI || kind == ZL_TOPIC_ADLQ || kind == ZL_TOPIC_BIDS;
}

static struct bus_stream *stream_of(const struct bus *bus, struct bus_engine *engine,
                                    struct zl_topic topic)
{
        uint32_t at = 0;

        if (is_between(topic.kind))
                topic = (struct zl_topic){ZL_TOPIC_DEFI, 0};
        else if (bus->ordered)
                topic = (struct zl_topic){ZL_TOPIC_CTRL, 0};
        while (at < engine->streams_count && (engine->streams[at].topic.kind != topic.kind ||
                                              engine->streams[at].topic.id != topic.id))
                at++;
        if (at == engine->streams_count) {
                if (++engine->streams_count > BUS_STREAMS)
                        abort();
                engine->streams[at].topic = topic;
        }
        return &engine->streams[at];
}

/* Accounts and bids are mostly shorter than their structs. */
static size_t used_size(enum zl_type type, const void *object)
{
        const struct zl_msg_account *account = object;

        if (type != ZL_TYPE_ACCOUNT)
                return zl_message_size(type);
        return offsetof(struct zl_msg_account, positions) +
               account->positions_count * sizeof account->positions[0];
}

static void push(struct bus *bus, uint32_t at, const struct zl_header *header, enum zl_type type,
                 const void *object)
{
        struct bus_engine *engine = &bus->engines[at];
        struct bus_stream *stream = stream_of(bus, engine, header->topic);
        size_t size = used_size(type, object);

        if (stream->first && stream->first + stream->count == stream->capacity) {
                memmove(stream->items, stream->items + stream->first,
                        stream->count * sizeof stream->items[0]);
                stream->first = 0;
        }
        if (stream->count == stream->capacity) {
                stream->capacity = 2 * stream->capacity + 16;
                stream->items = get(realloc(stream->items,
                                            stream->capacity * sizeof stream->items[0]));
        }
        struct bus_item *item = &stream->items[stream->first + stream->count++];
        *item = (struct bus_item){*header, type, get(malloc(size))};
        memcpy(item->object, object, size);
        engine->waiting++;
}

void bus_say_to(struct bus *bus, uint32_t engine, struct zl_topic topic, uint64_t ts_ns,
                enum zl_type type, const void *object)
{
        struct zl_header header = {.topic = topic, .src = 9, .epoch = 1, .ts_ns = ts_ns};

        if (topic.id >= 16)
                abort();
        header.seq = ++bus->seqs[topic.kind][topic.id];
        push(bus, engine, &header, type, object);
}

void bus_say(struct bus *bus, struct zl_topic topic, uint64_t ts_ns, enum zl_type type,
             const void *object)
{
        struct zl_header header = {.topic = topic, .src = 9, .epoch = 1, .ts_ns = ts_ns};

        if (topic.id >= 16)
                abort();
        header.seq = ++bus->seqs[topic.kind][topic.id];
        for (uint32_t i = 0; i < bus->engines_count; i++)
                push(bus, i, &header, type, object);
}

/* ---- what an engine says ---- */

static struct bus_frame *new_frame(struct bus_engine *engine, struct zl_topic topic)
{
        uint32_t at = (engine->frames_first + engine->frames_count++) % BUS_FRAMES;

        if (engine->frames_count > BUS_FRAMES)
                abort();
        engine->frames[at].topic = topic;
        engine->frames[at].count = 0;
        return &engine->frames[at];
}

static void add_row(struct bus_engine *engine, const struct zl_output *output)
{
        uint32_t last = (engine->frames_first + engine->frames_count - 1) % BUS_FRAMES;
        struct bus_frame *frame = output->joins ? &engine->frames[last]
                                                : new_frame(engine, output->header.topic);

        if (frame->count == frame->capacity) {
                frame->capacity = 2 * frame->capacity + 4;
                frame->rows = get(realloc(frame->rows, frame->capacity * sizeof frame->rows[0]));
        }
        struct bus_row *row = &frame->rows[frame->count++];
        row->type = output->type;
        memcpy(&row->cancel, output->object, zl_message_size(output->type));
}

/* A deficit of no fund is the ledger's to hear, and no worker's. */
static bool for_nobody(const struct zl_output *output)
{
        const struct zl_msg_deficit *deficit = output->object;

        return output->type == ZL_TYPE_DEFICIT && deficit->instrument == 0;
}

static void hear(struct bus *bus, uint32_t at, const struct zl_output *output)
{
        if (output->type == ZL_TYPE_RANK)
                return;
        bus->said += output->type != ZL_TYPE_ALERT;
        if (!is_between(output->header.topic.kind) || for_nobody(output)) {
                add_row(&bus->engines[at], output);
                return;
        }
        for (uint32_t i = 0; i < bus->engines_count; i++) {
                if (i == at || bus->crossed)
                        push(bus, i, &output->header, output->type, output->object);
        }
}

static void step(struct bus *bus, uint32_t at, const struct zl_header *header)
{
        struct bus_engine *engine = &bus->engines[at];
        enum zl_progress progress;

        zl_outbox_clear(&engine->outbox);
        progress = zl_engine_step(engine->engine, header, 0, bus->message, &engine->outbox);
        for (;;) {
                struct zl_output output;
                size_t cursor = 0;
                while (zl_outbox_next(&engine->outbox, &cursor, &output))
                        hear(bus, at, &output);
                if (progress == ZL_DONE)
                        return;
                zl_outbox_clear(&engine->outbox);
                progress = zl_engine_resume(engine->engine, &engine->outbox);
        }
}

/* ---- what an engine hears ---- */

static struct bus_stream *choose(struct bus *bus, struct bus_engine *engine)
{
        uint32_t full = 0, at;

        for (uint32_t i = 0; i < engine->streams_count; i++) {
                if (!engine->streams[i].count)
                        continue;
                if (bus->ordered && is_between(engine->streams[i].topic.kind))
                        return &engine->streams[i];
                full++;
        }
        if (!full)
                return NULL;
        at = draw(bus, full);
        for (uint32_t i = 0;; i++) {
                if (engine->streams[i].count && at-- == 0)
                        return &engine->streams[i];
        }
}

/* State is repaired elsewhere; answers, prices and what workers say to each other may be lost. */
static bool is_lost(struct bus *bus, const struct bus_item *item)
{
        if (bus->ordered || bus->reliable)
                return false;
        return (item->type == ZL_TYPE_EXEC || item->type == ZL_TYPE_MARK ||
                is_between(item->header.topic.kind)) &&
               draw(bus, 100) < LOST_PERCENT;
}

bool bus_deliver(struct bus *bus, uint32_t at)
{
        struct bus_engine *engine = &bus->engines[at];
        struct bus_stream *stream = choose(bus, engine);

        if (!stream)
                return false;
        struct bus_item item = stream->items[stream->first++];
        stream->count--;
        engine->waiting--;
        if (!is_lost(bus, &item)) {
                bus->message->type = item.type;
                memcpy(&bus->message->cluster, item.object, used_size(item.type, item.object));
                bus->heard++;
                if (at == 0 && !is_between(item.header.topic.kind))
                        scenario_add(&bus->scenario, &item.header, 0, bus->message);
                step(bus, at, &item.header);
                if (!bus->ordered && !bus->reliable && draw(bus, 100) < LOST_PERCENT)
                        step(bus, at, &item.header);
        }
        free(item.object);
        return true;
}

struct bus_frame *bus_frame(struct bus *bus, uint32_t at)
{
        struct bus_engine *engine = &bus->engines[at];

        return engine->frames_count ? &engine->frames[engine->frames_first] : NULL;
}

void bus_drop_frame(struct bus *bus, uint32_t at)
{
        struct bus_engine *engine = &bus->engines[at];

        engine->frames_first = (engine->frames_first + 1) % BUS_FRAMES;
        engine->frames_count--;
}

bool bus_between(const struct bus *bus, uint32_t at)
{
        for (uint32_t i = 0; i < bus->engines[at].streams_count; i++) {
                const struct bus_stream *stream = &bus->engines[at].streams[i];
                if (is_between(stream->topic.kind) && stream->count)
                        return true;
        }
        return false;
}
