/* Bands decide when the engine looks, never what it says.
 *
 * Two engines hear the same random world. One is plain; of the other the widths of bands are
 * disturbed, the rebuild of the index after a gap is forced or forbidden, and now and then its
 * whole state is written to a snapshot and read by a fresh engine, which goes on in its place.
 * Every output of every message must be the same. What partitions say to each other is given back
 * to both. */
#include "arguments.h"
#include "core/schema.h"
#include "core/snapshot.h"
#include "world.h"

#include "../unit/same_message.h"

#include <stdlib.h>

enum { OUTBOX_SIZE = 1 << 20, SNAPSHOT_EVERY = 50, BETWEEN_MAX = 512 };

static struct zl_engine_config config = {
        .src = 77,
        .epoch = 5,
        .accounts_max = 16,
        .positions_max = 128,
        .balances_max = 128,
        .funds_max = 8,
        .instruments_max = 16,
        .assets_max = 8,
        .policies_max = 8,
        .streams_max = 64,
};

struct side {
        struct zl_engine_config config;
        void *memory[2]; /* the engine's, and that of the one which takes over */
        struct zl_engine *engine;
        struct zl_outbox outbox;
        uint64_t evaluations;
};

struct bytes {
        uint8_t *data;
        size_t capacity;
};

static struct {
        struct side plain, other;
        size_t memory_size;
        struct zl_message *message, *between;
        struct bytes snapshot, again;
        uint64_t messages, outputs, snapshots;
} test;

static void *get(size_t size)
{
        void *memory = calloc(1, size);

        if (!memory)
                abort();
        return memory;
}

static void side_open(struct side *side)
{
        void *outbox = get(OUTBOX_SIZE);

        side->memory[0] = get(test.memory_size);
        side->memory[1] = get(test.memory_size);
        zl_outbox_init(&side->outbox, outbox, OUTBOX_SIZE);
}

static void side_close(struct side *side)
{
        free(side->memory[0]);
        free(side->memory[1]);
        free(side->outbox.data);
}

static void side_begin(struct side *side)
{
        memset(side->memory[0], 0, test.memory_size);
        if (zl_engine_init(side->memory[0], test.memory_size, &side->config, &side->engine) !=
            ZL_OK)
                abort();
        zl_outbox_clear(&side->outbox);
}

static size_t save(struct zl_engine *engine, uint32_t partition, struct bytes *bytes)
{
        size_t size = zl_snapshot_size(engine, partition), written;

        if (size > bytes->capacity) {
                free(bytes->data);
                bytes->data = get(2 * size);
                bytes->capacity = 2 * size;
        }
        if (zl_snapshot_save(engine, partition, bytes->data, size, &written) != ZL_OK ||
            written != size)
                abort();
        return size;
}

static struct zl_engine *fresh_engine(const struct side *side)
{
        struct zl_engine *fresh;

        memset(side->memory[1], 0, test.memory_size);
        if (zl_engine_init(side->memory[1], test.memory_size, &side->config, &fresh) != ZL_OK)
                abort();
        return fresh;
}

static bool is_saved_as(struct zl_engine *engine, uint32_t partition, size_t size)
{
        return save(engine, partition, &test.again) == size &&
               memcmp(test.snapshot.data, test.again.data, size) == 0;
}

static uint32_t number_at(const struct bytes *bytes, size_t at)
{
        uint32_t number;

        memcpy(&number, bytes->data + at, sizeof number);
        return number;
}

/* Where the last part begins, how much the engine has said: behind three numbers, what is shared,
 * and one partition. */
static size_t said_at(const struct bytes *bytes)
{
        size_t at = 12;

        at += 4 + number_at(bytes, at);
        return at + 8 + number_at(bytes, at + 4);
}

/* An engine of another source, put together of the snapshots of partitions, knows as much: each of
 * them is the same again. The last one is taken over twice, as by an engine with a hole. */
static bool join(const struct side *side, uint64_t random)
{
        struct zl_engine *fresh = fresh_engine(side);
        bool joined = false;

        for (uint32_t i = 0; i < 5; i++) {
                uint32_t partition = (uint32_t)(random >> 8 * i) % side->engine->partitions;
                size_t size = save(side->engine, partition, &test.snapshot);
                enum zl_err err = joined ? zl_snapshot_repair(fresh, test.snapshot.data, size,
                                                              &test.other.outbox)
                                         : zl_snapshot_join(fresh, test.snapshot.data, size);
                if (err != ZL_OK)
                        return false;
                if (i == 4 && zl_snapshot_repair(fresh, test.snapshot.data, size,
                                                 &test.other.outbox) != ZL_OK)
                        return false;
                joined = true;
                if (save(fresh, partition, &test.again) != size ||
                    memcmp(test.snapshot.data, test.again.data, said_at(&test.snapshot)) != 0)
                        return false;
        }
        return true;
}

/* The other engine's state goes through a snapshot into a fresh one. The bytes are those of the
 * plain engine, whose history was another. */
static bool take_over(struct side *side)
{
        size_t size = save(side->engine, UINT32_MAX, &test.snapshot);

        if (!is_saved_as(test.plain.engine, UINT32_MAX, size))
                return false;
        struct zl_engine *fresh = fresh_engine(side);
        void *memory = side->memory[1];
        if (zl_snapshot_load(fresh, test.snapshot.data, size) != ZL_OK)
                return false;
        side->memory[1] = side->memory[0];
        side->memory[0] = memory;
        side->evaluations += zl_engine_counters(side->engine).evaluations;
        side->engine = fresh;
        test.snapshots++;
        return is_saved_as(fresh, UINT32_MAX, size) && join(side, zl_mix64(test.snapshots));
}

static void step(struct side *side, const struct zl_header *header, uint32_t place,
                 const struct zl_message *message)
{
        zl_outbox_clear(&side->outbox);
        if (zl_engine_step(side->engine, header, place, message, &side->outbox) != ZL_DONE)
                abort(); /* the outbox was meant to be large enough */
}

static bool same_output(const struct zl_output *a, const struct zl_output *b)
{
        return a->type == b->type && a->rank == b->rank && a->joins == b->joins &&
               a->header.topic.kind == b->header.topic.kind &&
               a->header.topic.id == b->header.topic.id && a->header.seq == b->header.seq &&
               a->header.ts_ns == b->header.ts_ns && a->header.src == b->header.src &&
               a->header.epoch == b->header.epoch &&
               same_record(zl_schema_message(a->type), a->object, b->object);
}

static bool is_between(enum zl_type type)
{
        return type == ZL_TYPE_DEFICIT || type == ZL_TYPE_ADL_QUERY || type == ZL_TYPE_ADL_BID;
}

/* Keeps what is said to other partitions; false when the two sides differ. */
static bool compare(struct world *world, struct zl_output *kept, void **objects, uint32_t *count)
{
        struct zl_output a, b;
        size_t at_a = 0, at_b = 0;

        for (;;) {
                bool has_a = zl_outbox_next(&test.plain.outbox, &at_a, &a);
                bool has_b = zl_outbox_next(&test.other.outbox, &at_b, &b);
                if (!has_a && !has_b)
                        return true;
                if (has_a != has_b || !same_output(&a, &b))
                        return false;
                test.outputs++;
                if (a.type == ZL_TYPE_ALERT &&
                    ((const struct zl_msg_alert *)a.object)->kind == ZL_ALERT_KIND_AUDIT)
                        return false; /* the engine says so itself */
                world_hear_output(world, a.type, a.object);
                if (!is_between(a.type) || *count == BETWEEN_MAX)
                        continue;
                objects[*count] = get(zl_message_size(a.type));
                memcpy(objects[*count], a.object, zl_message_size(a.type));
                kept[(*count)++] = a;
        }
}

static bool run_message(struct world *world, const struct zl_header *header, uint32_t place)
{
        struct zl_output kept[BETWEEN_MAX];
        void *objects[BETWEEN_MAX];
        uint32_t count = 0;

        step(&test.plain, header, place, test.message);
        step(&test.other, header, place, test.message);
        bool same = compare(world, kept, objects, &count);
        for (uint32_t i = 0; i < count; i++) {
                test.between->type = kept[i].type;
                memcpy(&test.between->cluster, objects[i], zl_message_size(kept[i].type));
                free(objects[i]);
                if (!same)
                        continue;
                step(&test.plain, &kept[i].header, 0, test.between);
                step(&test.other, &kept[i].header, 0, test.between);
                same = compare(world, kept, objects, &count);
        }
        return same;
}

static bool run_world(uint64_t seed, uint64_t messages)
{
        struct world world;
        struct zl_header header;
        uint32_t place;

        world_init(&world, seed, world_features(true, true, true, true));
        test.plain.config = test.other.config = config;
        test.other.config.guess_noise = seed % 4 ? seed : 0;
        test.other.config.gap = seed % 3 ? ZL_GAP_ALWAYS : ZL_GAP_NEVER;
        side_begin(&test.plain);
        side_begin(&test.other);
        for (uint64_t i = 0; i < messages; i++) {
                world_next(&world, test.message, &header, &place);
                test.messages++;
                if (!run_message(&world, &header, place)) {
                        fprintf(stderr, "seed %llu: message %llu: the engines differ\n",
                                (unsigned long long)seed, (unsigned long long)i);
                        return false;
                }
                if (zl_mix64(seed << 20 | i) % SNAPSHOT_EVERY == 0 && !take_over(&test.other)) {
                        fprintf(stderr, "seed %llu: message %llu: no snapshot\n",
                                (unsigned long long)seed, (unsigned long long)i);
                        return false;
                }
        }
        return true;
}

int main(int argc, char **argv)
{
        struct arguments arguments = arguments_of(
                argc, argv, (struct arguments){.seed = 1, .worlds = 300, .messages = 1500});
        double begin = seconds_now();
        bool same = true;

        test.memory_size = zl_engine_size(&config);
        test.message = get(sizeof *test.message);
        test.between = get(sizeof *test.between);
        side_open(&test.plain);
        side_open(&test.other);
        for (uint64_t i = 0; same && i < arguments.worlds; i++) {
                if (arguments.minutes && seconds_now() - begin > 60.0 * (double)arguments.minutes)
                        break;
                same = run_world(arguments.seed + i, arguments.messages);
        }
        printf("%llu messages, %llu outputs, %llu snapshots\n", (unsigned long long)test.messages,
               (unsigned long long)test.outputs, (unsigned long long)test.snapshots);
        side_close(&test.plain);
        side_close(&test.other);
        free(test.message);
        free(test.between);
        free(test.snapshot.data);
        free(test.again.data);
        return same ? 0 : 1;
}
