/* The engine against its dumb twin: the same random messages, the same outputs, after every one.
 *
 *     test_engine --seed 1 --worlds 10300     what meson runs: over ten million ticks
 *     test_engine --seed 1000000 --worlds 10300000   a thousand times that
 *     test_engine --seed $RANDOM --minutes 600       for as long as wanted
 *     test_engine --extremes 0 --guards 0 --ladder 0 --cross 0    without what worlds may hold
 *
 * A failure names the seed of its world and the number of the message; a smaller list of messages
 * that fails too is then looked for and printed. `--seed S --worlds 1` repeats one. */
#include "../twin/twin.h"
#include "../unit/same_message.h"
#include "arguments.h"
#include "scenario.h"
#include "world.h"

enum {
        NEVER = -1,
        OUTBOX_SIZE = 1 << 19,
        OUTBOX_SMALL = ZL_OUTBOX_STEP_MIN,
        ENGINE_SRC = 77,
        ENGINE_EPOCH = 5
};

static struct {
        void *memory;
        size_t memory_size, cleared;
        uint8_t *outbox_data;
        struct zl_message *message;
        uint64_t messages, ticks, outputs, more;
} test;

static uint32_t features;

struct run {
        struct zl_engine *engine;
        struct twin *twin;
        struct zl_outbox outbox;
};

static const struct zl_engine_config config = {
        .src = ENGINE_SRC,
        .epoch = ENGINE_EPOCH,
        .accounts_max = 16,
        .positions_max = 512,
        .balances_max = 128,
        .funds_max = 8,
        .instruments_max = 160,
        .assets_max = 64,
        .policies_max = 8,
        .streams_max = 64,
};

static void run_begin(struct run *run, bool small_outbox)
{
        memset(test.memory, 0, test.memory_size);
        if (zl_engine_init(test.memory, test.memory_size, &config, &run->engine) != ZL_OK)
                abort();
        run->twin = twin_create(ENGINE_SRC, ENGINE_EPOCH);
        zl_outbox_init(&run->outbox, test.outbox_data,
                       small_outbox ? OUTBOX_SMALL : OUTBOX_SIZE);
}

static void run_end(struct run *run)
{
        twin_destroy(run->twin);
}

/* ---- one message ---- */

static bool same_header(const struct zl_header *a, const struct zl_header *b)
{
        return a->topic.kind == b->topic.kind && a->topic.id == b->topic.id && a->src == b->src &&
               a->epoch == b->epoch && a->seq == b->seq && a->ts_ns == b->ts_ns;
}

/* Words of an alert are the engine's own, but there must be some. */
static bool same_output(const struct zl_output *output, const struct twin_output *expected)
{
        struct zl_msg_alert alert;
        const void *object = output->object;

        if (output->type != expected->type || output->rank != expected->rank ||
            output->joins != expected->joins ||
            !same_header(&output->header, &expected->header))
                return false;
        if (output->type == ZL_TYPE_ALERT) {
                alert = *(const struct zl_msg_alert *)object;
                if (!alert.text[0])
                        return false;
                memset(alert.text, 0, sizeof alert.text);
                object = &alert;
        }
        return same_record(zl_schema_message(output->type), object,
                           (const uint8_t *)&expected->liquidate);
}

/* Whether the outbox holds exactly the next of what is expected; the world hears of it. */
static bool take_outbox(struct run *run, const struct twin_output *expected, uint32_t count,
                        uint32_t *place, struct world *world, FILE *log)
{
        struct zl_output output;
        size_t cursor = 0;
        bool same = true;

        while (zl_outbox_next(&run->outbox, &cursor, &output)) {
                if (log)
                        scenario_print_output(log, &output.header, output.type, output.object);
                if (*place >= count || !same_output(&output, &expected[*place]))
                        same = false;
                if (world)
                        world_hear_output(world, output.type, output.object);
                ++*place;
                test.outputs++;
        }
        zl_outbox_clear(&run->outbox);
        return same;
}

static void log_expected(const struct twin_output *expected, uint32_t count, FILE *log)
{
        fprintf(log, "  the twin says:\n");
        for (uint32_t i = 0; i < count; i++)
                scenario_print_output(log, &expected[i].header, expected[i].type,
                                      &expected[i].liquidate);
        fprintf(log, "  the engine says:\n");
}

/* False when the engine and the twin differ. */
static bool run_step(struct run *run, const struct zl_header *header, uint32_t place,
                     const struct zl_message *message, struct world *world, FILE *log)
{
        uint32_t count, at = 0;
        const struct twin_output *expected = twin_step(run->twin, header, place, message, &count);

        test.messages++;
        test.ticks += message->type == ZL_TYPE_MARK || message->type == ZL_TYPE_RATE;
        if (log)
                log_expected(expected, count, log);
        enum zl_progress progress = zl_engine_step(run->engine, header, place, message,
                                                   &run->outbox);
        bool same = take_outbox(run, expected, count, &at, world, log);
        while (progress == ZL_MORE) {
                test.more++;
                progress = zl_engine_resume(run->engine, &run->outbox);
                same &= take_outbox(run, expected, count, &at, world, log);
        }
        return same && at == count;
}

/* ---- worlds ---- */

static bool has_small_outbox(uint64_t seed)
{
        return seed % 2 == 0;
}

/* The number of the message that failed. */
static int64_t run_world(uint64_t seed, uint64_t messages, struct scenario *record)
{
        struct zl_header header;
        struct world world;
        struct run run;
        uint32_t place;
        int64_t failed = NEVER;

        world_init(&world, seed, features);
        run_begin(&run, has_small_outbox(seed));
        for (uint64_t i = 0; i < messages && failed == NEVER; i++) {
                world_next(&world, test.message, &header, &place);
                if (record)
                        scenario_add(record, &header, place, test.message);
                if (!run_step(&run, &header, place, test.message, &world, NULL))
                        failed = (int64_t)i;
        }
        run_end(&run);
        return failed;
}

/* Runs what is not left out; where it fails, the outputs are written to the log. */
static int64_t run_scenario(const struct scenario *scenario, bool small_outbox, int64_t log_at)
{
        int64_t failed = NEVER;
        struct run run;

        run_begin(&run, small_outbox);
        for (uint32_t i = 0; i < scenario->count && failed == NEVER; i++) {
                const struct scenario_step *step = &scenario->steps[i];
                if (step->left_out)
                        continue;
                scenario_get(scenario, i, test.message);
                if (!run_step(&run, &step->header, scenario_place(scenario, i), test.message, NULL,
                              i == log_at ? stderr : NULL))
                        failed = i;
        }
        run_end(&run);
        return failed;
}

/* ---- a failure ---- */

/* Without its policies a world has the whole ladder, for which it may not be meant. */
static bool may_go(const struct scenario_step *step)
{
        return !step->left_out && (step->type != ZL_TYPE_POLICY || features & WORLD_LADDER);
}

/* Leaves out `size` steps from `at` on if it still fails then. */
static bool leave_out(struct scenario *scenario, uint32_t at, uint32_t size, bool small_outbox)
{
        uint32_t taken[256], count = 0;

        for (uint32_t i = at; i < at + size && i < scenario->count; i++) {
                if (!may_go(&scenario->steps[i]))
                        continue;
                taken[count++] = i;
                scenario->steps[i].left_out = true;
        }
        if (count == 0)
                return false;
        int64_t failed = run_scenario(scenario, small_outbox, NEVER);
        if (failed != NEVER) {
                scenario->count = (uint32_t)failed + 1;
                return true;
        }
        for (uint32_t i = 0; i < count; i++)
                scenario->steps[taken[i]].left_out = false;
        return false;
}

static void shrink(struct scenario *scenario, bool small_outbox)
{
        for (uint32_t size = 256; size > 0; size /= 2) {
                bool again = true;
                while (again) {
                        again = false;
                        for (uint32_t at = 0; at < scenario->count; at += size)
                                again |= leave_out(scenario, at, size, small_outbox);
                }
        }
}

static void report(uint64_t seed, uint64_t messages)
{
        struct scenario scenario = {0};
        int64_t failed = run_world(seed, messages, &scenario);

        fprintf(stderr, "seed %llu: message %lld: the engine and the twin differ\n",
                (unsigned long long)seed, (long long)failed);
        if (failed != NEVER && run_scenario(&scenario, has_small_outbox(seed), NEVER) == failed) {
                shrink(&scenario, has_small_outbox(seed));
                scenario_print(&scenario, stderr);
                failed = run_scenario(&scenario, has_small_outbox(seed), scenario.count - 1);
        }
        scenario_free(&scenario);
}

int main(int argc, char **argv)
{
        struct arguments arguments = arguments_of(
                argc, argv, (struct arguments){.seed = 1,
                                               .worlds = 10300,
                                               .messages = 1500,
                                               .cross = 1,
                                               .ladder = 1,
                                               .guards = 1,
                                               .extremes = 1});
        double begin = seconds_now();
        uint64_t worlds = 0;

        features = world_features(arguments.cross, arguments.ladder, arguments.guards,
                                  arguments.extremes);
        test.memory_size = zl_engine_size(&config);
        test.memory = malloc(test.memory_size);
        test.outbox_data = malloc(OUTBOX_SIZE);
        test.message = calloc(1, sizeof *test.message);
        if (!test.memory || !test.outbox_data || !test.message)
                abort();
        for (; worlds < arguments.worlds; worlds++) {
                if (arguments.minutes && seconds_now() - begin > 60.0 * (double)arguments.minutes)
                        break;
                if (run_world(arguments.seed + worlds, arguments.messages, NULL) == NEVER)
                        continue;
                report(arguments.seed + worlds, arguments.messages);
                return 1;
        }
        double seconds = seconds_now() - begin;
        printf("%llu worlds, %llu messages, %llu of them ticks, %llu outputs, %llu times more, "
               "%.0f messages a second\n",
               (unsigned long long)worlds, (unsigned long long)test.messages,
               (unsigned long long)test.ticks,
               (unsigned long long)test.outputs, (unsigned long long)test.more,
               (double)test.messages / seconds);
        free(test.message);
        free(test.outbox_data);
        free(test.memory);
        return 0;
}
