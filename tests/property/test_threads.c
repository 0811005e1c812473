/* One engine for all partitions against several that share them out, each in a thread of its own:
 * merged by message and rank, their frames are the same bytes.
 *
 *     test_threads --seed 1 --worlds 1000 --messages 1500     what meson runs
 *     test_threads --seed $RANDOM --minutes 60               for as long as wanted */
#include "arguments.h"
#include "scenario.h"
#include "world.h"

#include <zeroline/frame.h>

#include <pthread.h>

enum { ENGINES_MAX = 4, OUTBOX_SIZE = 1 << 19 };

/* One frame that an engine said. */
struct said {
        uint32_t message;
        uint64_t rank;
        size_t at, size; /* in the bytes of its lane */
};

struct lane {
        const struct scenario *scenario;
        struct zl_engine_config config;
        void *memory;
        struct zl_engine *engine;
        uint8_t *outbox_data;
        size_t outbox_size;
        struct zl_message *message;
        struct said *said;
        uint8_t *bytes;
        size_t said_count, said_capacity, bytes_count, bytes_capacity;
};

static uint64_t frames_said;
static uint32_t features;

static void *need(void *memory)
{
        if (!memory)
                abort();
        return memory;
}

static void lane_open(struct lane *lane, const struct scenario *scenario, size_t outbox_size)
{
        size_t size = zl_engine_size(&lane->config);

        lane->scenario = scenario;
        lane->memory = need(calloc(1, size));
        lane->outbox_data = need(malloc(outbox_size));
        lane->outbox_size = outbox_size;
        lane->message = need(calloc(1, sizeof *lane->message));
        if (zl_engine_init(lane->memory, size, &lane->config, &lane->engine) != ZL_OK)
                abort();
}

static void lane_close(struct lane *lane)
{
        free(lane->memory);
        free(lane->outbox_data);
        free(lane->message);
        free(lane->said);
        free(lane->bytes);
}

static void keep(struct lane *lane, uint32_t message, const struct zl_output *output)
{
        struct zl_frame_writer writer;
        size_t room = 4096, size;

        if (lane->said_count == lane->said_capacity) {
                lane->said_capacity = 2 * lane->said_capacity + 64;
                lane->said = need(realloc(lane->said, lane->said_capacity * sizeof *lane->said));
        }
        if (lane->bytes_capacity - lane->bytes_count < room) {
                lane->bytes_capacity = 2 * lane->bytes_capacity + room;
                lane->bytes = need(realloc(lane->bytes, lane->bytes_capacity));
        }
        zl_frame_begin(&writer, lane->bytes + lane->bytes_count, room, &output->header);
        zl_frame_add_as(&writer, output->type, output->object);
        if (zl_frame_end(&writer, &size) != ZL_OK)
                abort();
        lane->said[lane->said_count++] =
                (struct said){message, output->rank, lane->bytes_count, size};
        lane->bytes_count += size;
}

static void take_outbox(struct lane *lane, uint32_t at, struct zl_outbox *outbox,
                        struct world *world)
{
        struct zl_output output;
        size_t cursor = 0;

        while (zl_outbox_next(outbox, &cursor, &output)) {
                keep(lane, at, &output);
                if (world)
                        world_hear_output(world, output.type, output.object);
        }
        zl_outbox_clear(outbox);
}

static void lane_step(struct lane *lane, uint32_t at, const struct zl_header *header,
                      uint32_t place, const struct zl_message *message, struct world *world)
{
        struct zl_outbox outbox;

        zl_outbox_init(&outbox, lane->outbox_data, lane->outbox_size);
        enum zl_progress progress = zl_engine_step(lane->engine, header, place, message, &outbox);
        take_outbox(lane, at, &outbox, world);
        while (progress == ZL_MORE) {
                progress = zl_engine_resume(lane->engine, &outbox);
                take_outbox(lane, at, &outbox, world);
        }
}

static void *lane_run(void *argument)
{
        struct lane *lane = argument;

        for (uint32_t i = 0; i < lane->scenario->count; i++) {
                const struct scenario_step *step = &lane->scenario->steps[i];
                scenario_get(lane->scenario, i, lane->message);
                lane_step(lane, i, &step->header, step->place, lane->message, NULL);
        }
        return NULL;
}

/* ---- comparing ---- */

/* The lane whose next frame comes first; the lowest of those that tie. */
static uint32_t next_lane(const struct lane *lanes, uint32_t count, const size_t *at)
{
        uint32_t best = count;

        for (uint32_t i = 0; i < count; i++) {
                if (at[i] == lanes[i].said_count)
                        continue;
                const struct said *a = &lanes[i].said[at[i]];
                const struct said *b = best < count ? &lanes[best].said[at[best]] : NULL;
                if (!b || a->message < b->message ||
                    (a->message == b->message && a->rank < b->rank))
                        best = i;
        }
        return best;
}

static bool same(const struct lane *one, const struct lane *lanes, uint32_t count)
{
        size_t at[ENGINES_MAX] = {0};

        for (size_t i = 0; i < one->said_count; i++) {
                uint32_t from = next_lane(lanes, count, at);
                if (from == count) {
                        fprintf(stderr, "message %u: several engines say less\n",
                                one->said[i].message);
                        return false;
                }
                const struct said *a = &one->said[i], *b = &lanes[from].said[at[from]++];
                if (a->message != b->message || a->size != b->size ||
                    memcmp(one->bytes + a->at, lanes[from].bytes + b->at, a->size) != 0) {
                        fprintf(stderr, "message %u: frame %zu differs\n", a->message, i);
                        return false;
                }
        }
        if (next_lane(lanes, count, at) != count) {
                fprintf(stderr, "several engines say more\n");
                return false;
        }
        frames_said += one->said_count;
        return true;
}

/* ---- worlds ---- */

static struct zl_engine_config config_of(const struct world *world)
{
        return (struct zl_engine_config){.src = 9,
                                         .epoch = 3,
                                         .partitions = world->partitions,
                                         .owned = {{0, world->partitions - 1}},
                                         .owned_count = 1,
                                         .accounts_max = 16,
                                         .positions_max = 512,
                                         .balances_max = 128,
                                         .funds_max = 8,
                                         .instruments_max = 160,
                                         .assets_max = 64,
                                         .policies_max = 8,
                                         .streams_max = 64};
}

/* Deals the partitions out in random runs; every engine gets one where there are enough. */
static uint32_t deal(struct world *world, struct lane *lanes)
{
        uint32_t count = 1 + world_below(world, ENGINES_MAX), first = 0, turn = 0;

        if (count > world->partitions)
                count = world->partitions;
        for (uint32_t i = 0; i < count; i++) {
                lanes[i].config = config_of(world);
                lanes[i].config.owned_count = 0;
                lanes[i].config.home = world->partitions - 1;
        }
        while (first < world->partitions) {
                struct zl_engine_config *config = &lanes[turn++ % count].config;
                uint32_t size = 1 + world_below(world, world->partitions / 4 + 1);
                if (turn <= count || first + size > world->partitions)
                        size = 1;
                if (turn > 50 * count)
                        size = world->partitions - first;
                config->owned[config->owned_count++] =
                        (struct zl_partition_range){first, first + size - 1};
                first += size;
        }
        return count;
}

static bool run_world(uint64_t seed, uint64_t messages)
{
        struct lane one = {0}, lanes[ENGINES_MAX] = {{0}};
        struct scenario scenario = {0};
        pthread_t threads[ENGINES_MAX];
        struct zl_header header;
        struct world world;
        uint32_t place;

        world_init(&world, seed, features);
        uint32_t count = deal(&world, lanes);
        one.config = config_of(&world);
        one.config.home = world.partitions - 1;
        lane_open(&one, &scenario, OUTBOX_SIZE);
        for (uint32_t i = 0; i < messages; i++) {
                world_next(&world, one.message, &header, &place);
                scenario_add(&scenario, &header, place, one.message);
                lane_step(&one, i, &header, place, one.message, &world);
        }
        for (uint32_t i = 0; i < count; i++) {
                lane_open(&lanes[i], &scenario, i % 2 ? OUTBOX_SIZE : ZL_OUTBOX_SIZE_MIN);
                if (pthread_create(&threads[i], NULL, lane_run, &lanes[i]) != 0)
                        abort();
        }
        for (uint32_t i = 0; i < count; i++)
                pthread_join(threads[i], NULL);
        bool is_same = same(&one, lanes, count);
        for (uint32_t i = 0; i < count; i++)
                lane_close(&lanes[i]);
        lane_close(&one);
        scenario_free(&scenario);
        return is_same;
}

int main(int argc, char **argv)
{
        struct arguments arguments = arguments_of(
                argc, argv, (struct arguments){.seed = 1,
                                               .worlds = 700,
                                               .messages = 1500,
                                               .cross = 1,
                                               .ladder = 1,
                                               .guards = 1,
                                               .extremes = 1});
        double begin = seconds_now();
        uint64_t worlds = 0;

        features = world_features(arguments.cross, arguments.ladder, arguments.guards,
                                  arguments.extremes);
        for (; worlds < arguments.worlds; worlds++) {
                if (arguments.minutes && seconds_now() - begin > 60.0 * (double)arguments.minutes)
                        break;
                if (run_world(arguments.seed + worlds, arguments.messages))
                        continue;
                fprintf(stderr, "seed %llu\n", (unsigned long long)(arguments.seed + worlds));
                return 1;
        }
        printf("%llu worlds, %llu frames, %.0f messages a second\n", (unsigned long long)worlds,
               (unsigned long long)frames_said,
               (double)(worlds * arguments.messages) / (seconds_now() - begin));
        return 0;
}
