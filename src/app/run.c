#include "app/run.h"

#include "app/say.h"
#include "core/assert.h"
#include "core/ladder.h"
#include "core/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xxhash.h>

enum { OUTBOX_SIZE = 1 << 18 };

struct zl_engine_config zl_run_config_default(void)
{
        return (struct zl_engine_config){
                .src = 1,
                .epoch = 1,
                .accounts_max = 1 << 20,
                .positions_max = 1 << 21,
                .balances_max = 1 << 21,
                .instruments_max = 4096,
                .assets_max = 1024,
                .policies_max = 1024,
                .funds_max = 1024,
                .streams_max = 1 << 18,
        };
}

struct zl_engine_config zl_run_config_of(const struct zl_msg_tape *said)
{
        struct zl_engine_config config = {
                .src = said->out_src,
                .epoch = said->out_epoch,
                .partitions = said->partitions,
                .owned_count = said->owned_count < ZL_RANGES_MAX ? said->owned_count
                                                                 : ZL_RANGES_MAX,
                .home = said->home,
                .accounts_max = said->accounts_max,
                .positions_max = said->positions_max,
                .balances_max = said->balances_max,
                .instruments_max = said->instruments_max,
                .assets_max = said->assets_max,
                .policies_max = said->policies_max,
                .funds_max = said->funds_max,
                .streams_max = said->streams_max,
        };

        for (uint32_t i = 0; i < config.owned_count; i++)
                config.owned[i] = (struct zl_partition_range){said->owned[i].first,
                                                              said->owned[i].last};
        return config;
}

void zl_run_describe(const struct zl_engine_config *config, struct zl_msg_tape *ret_said)
{
        *ret_said = (struct zl_msg_tape){
                .out_src = config->src,
                .out_epoch = config->epoch,
                .partitions = config->partitions,
                .owned_count = config->owned_count,
                .home = config->home,
                .accounts_max = config->accounts_max,
                .positions_max = config->positions_max,
                .balances_max = config->balances_max,
                .instruments_max = config->instruments_max,
                .assets_max = config->assets_max,
                .policies_max = config->policies_max,
                .funds_max = config->funds_max,
                .streams_max = config->streams_max,
        };
        for (uint32_t i = 0; i < config->owned_count; i++)
                ret_said->owned[i] = (struct zl_row_range){.first = config->owned[i].first,
                                                           .last = config->owned[i].last};
}

/* ---- between partitions ---- */

/* As its frame: a bid's struct has room for a thousand rows, and mostly none. */
struct zl_run_between {
        struct zl_run_between *next;
        size_t size;
        uint8_t frame[];
};

static void keep(struct zl_run *run, const struct zl_output *output)
{
        struct zl_frame_writer writer;
        size_t size;

        zl_frame_begin(&writer, run->frame, ZL_FRAME_SIZE_MAX, &output->header);
        zl_frame_add_as(&writer, output->type, output->object);
        enum zl_err err = zl_frame_end(&writer, &size);
        ZL_ASSERT(err == ZL_OK);
        struct zl_run_between *kept = malloc(sizeof *kept + size);
        if (!kept) {
                zl_say("out of memory: a deficit waits until it is proposed again");
                return;
        }
        *kept = (struct zl_run_between){.size = size};
        memcpy(kept->frame, run->frame, size);
        *run->last = kept;
        run->last = &kept->next;
}

/* False: there is none. */
static bool take_kept(struct zl_run *run, struct zl_header *ret_header)
{
        struct zl_run_between *kept = run->first;
        struct zl_frame_reader reader;

        if (!kept)
                return false;
        run->first = kept->next;
        if (!run->first)
                run->last = &run->first;
        enum zl_err err = zl_frame_open(&reader, kept->frame, kept->size);
        ZL_ASSERT(err == ZL_OK);
        *ret_header = reader.header;
        err = zl_frame_next(&reader, run->between);
        ZL_ASSERT(err == ZL_OK);
        free(kept);
        return true;
}

/* ---- plans ---- */

enum { PLAN_MESSAGE_SIZE = 512 }; /* holds any message of a plan with its frame's head */

/* The plan is all said. */
static void end_plan(struct zl_run *run)
{
        if (run->planning)
                zl_engine_planned(run->engine, run->plan_fund, run->plan_rev,
                                  XXH3_64bits_digest(run->plan));
        run->planning = false;
}

static void begin_plan(struct zl_run *run, const struct zl_output *output)
{
        const struct zl_msg_takeover *takeover = output->object;
        const struct zl_msg_adl *adl = output->object;
        const struct zl_msg_socialize *share = output->object;

        end_plan(run);
        XXH3_64bits_reset(run->plan);
        run->planning = true;
        run->plan_fund = output->header.topic.id;
        run->plan_rev = output->type == ZL_TYPE_TAKEOVER ? takeover->rev
                        : output->type == ZL_TYPE_ADL    ? adl->rev
                                                         : share->rev;
}

/* Over the bytes of its messages as they stand in the frame. */
static void digest_plan(struct zl_run *run, const struct zl_output *output)
{
        uint8_t buffer[PLAN_MESSAGE_SIZE];
        struct zl_frame_writer writer;
        size_t size;

        if (!output->joins)
                begin_plan(run, output);
        zl_frame_begin(&writer, buffer, sizeof buffer, &output->header);
        size_t head = writer.size;
        zl_frame_add_as(&writer, output->type, output->object);
        if (zl_frame_end(&writer, &size) == ZL_OK)
                XXH3_64bits_update(run->plan, buffer + head, size - head);
        else
                run->planning = false;
}

/* ---- opening ---- */

enum zl_err zl_run_open(struct zl_run *run, const struct zl_engine_config *config)
{
        size_t size = zl_engine_size(config);
        uint8_t *outbox = malloc(OUTBOX_SIZE);

        /* Zeroed by the system, a page at a time, as it is used. */
        void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        *run = (struct zl_run){.memory = memory == MAP_FAILED ? NULL : memory,
                               .memory_size = size,
                               .message = malloc(sizeof *run->message),
                               .between = malloc(sizeof *run->between),
                               .frame = malloc(ZL_FRAME_SIZE_MAX),
                               .plan = XXH3_createState()};
        run->last = &run->first;
        zl_outbox_init(&run->outbox, outbox, OUTBOX_SIZE);
        if (!run->memory || !outbox || !run->message || !run->between || !run->frame ||
            !run->plan) {
                zl_say("cannot get %zu MiB of memory for the engine: lower its capacities",
                       size >> 20);
                zl_run_close(run);
                return ZL_ERR_SYSTEM;
        }
        enum zl_err err = zl_engine_init(run->memory, size, config, &run->engine);
        if (err != ZL_OK) {
                zl_say("the engine's partitions or capacities make no sense");
                zl_run_close(run);
        }
        return err;
}

void zl_run_close(struct zl_run *run)
{
        if (run->memory)
                munmap(run->memory, run->memory_size);
        while (run->first) {
                struct zl_header unused;
                take_kept(run, &unused);
        }
        free(run->outbox.data);
        free(run->message);
        free(run->between);
        free(run->frame);
        zl_parts_free(&run->parts);
        XXH3_freeState(run->plan);
        *run = (struct zl_run){0};
}

/* ---- feeding ---- */

static void hear(struct zl_run *run, zl_run_said *said, void *context)
{
        struct zl_output output;
        size_t cursor = 0;

        while (zl_outbox_next(&run->outbox, &cursor, &output)) {
                if (output.type == ZL_TYPE_DEFICIT || output.type == ZL_TYPE_ADL_QUERY ||
                    output.type == ZL_TYPE_ADL_BID)
                        keep(run, &output);
                if (output.header.topic.kind == ZL_TOPIC_PLAN)
                        digest_plan(run, &output);
                said(context, &output);
        }
        zl_outbox_clear(&run->outbox);
}

static void step(struct zl_run *run, const struct zl_header *header, uint32_t place,
                 const struct zl_message *message, zl_run_said *said, void *context)
{
        if (run->watch)
                run->watch->before(run->watch->context, header, message);
        enum zl_progress progress =
                zl_engine_step(run->engine, header, place, message, &run->outbox);

        hear(run, said, context);
        while (progress == ZL_MORE) {
                progress = zl_engine_resume(run->engine, &run->outbox);
                hear(run, said, context);
        }
        end_plan(run);
}

/* What was read of a state that cannot be used is forgotten. */
static void begin_anew(struct zl_run *run)
{
        const struct zl_engine_config config = run->engine->config;
        uint64_t now_ns = run->engine->now_ns;
        int failed = madvise(run->memory, run->memory_size, MADV_DONTNEED); /* zeroes it */
        enum zl_err err = zl_engine_init(run->memory, run->memory_size, &config, &run->engine);

        ZL_ASSERT(!failed && err == ZL_OK);
        run->engine->now_ns = now_ns;
}

/* An engine that knows nothing yet takes over what all share too; one with a hole in what all
 * depend on takes over that first, and accounts from another state. */
static enum zl_err take_state(struct zl_run *run)
{
        const struct zl_parts *parts = &run->parts;
        struct zl_engine *engine = run->engine;
        enum zl_err err;

        bool holed = parts->partition < engine->partitions &&
                     engine->acct_holes[parts->partition] > 0;
        if (engine->ctrl_holes)
                return zl_snapshot_repair_control(engine, parts->bytes, parts->size, &run->outbox);
        if (zl_snapshot_is_empty(engine) && !holed) {
                err = zl_snapshot_join(engine, parts->bytes, parts->size);
                if (err != ZL_OK)
                        begin_anew(run);
        } else {
                err = zl_snapshot_repair(engine, parts->bytes, parts->size, &run->outbox);
        }
        if (err == ZL_OK && parts->partition < engine->partitions)
                zl_ladder_propose_anew(engine, parts->partition);
        return err;
}

/* Pools that waited for what was missing have their turn. */
static void go_on(struct zl_run *run, zl_run_said *said, void *context)
{
        enum zl_progress progress = ZL_MORE;

        if (run->engine->work_count == 0 && run->outbox.size == 0)
                return;
        hear(run, said, context);
        while (progress == ZL_MORE) {
                progress = zl_engine_resume(run->engine, &run->outbox);
                hear(run, said, context);
        }
        end_plan(run);
}

static void take_part(struct zl_run *run, const struct zl_msg_snapshot_part *part,
                      zl_run_said *said, void *context)
{
        enum zl_err err = zl_parts_take(&run->parts, part);

        if (err == ZL_ERR_END)
                return;
        if (err == ZL_OK)
                err = take_state(run);
        go_on(run, said, context);
        run->joined += err == ZL_OK;
        run->refused_parts += err != ZL_OK;
        zl_parts_free(&run->parts);
}

enum zl_err zl_run_load(struct zl_run *run, const void *state, size_t size, uint64_t heard)
{
        enum zl_err err = zl_snapshot_load(run->engine, state, size);

        if (err != ZL_OK)
                zl_run_begin_anew(run);
        else
                run->heard = heard;
        return err;
}

void zl_run_begin_anew(struct zl_run *run)
{
        run->engine->now_ns = 0; /* it may be of what was read */
        run->heard = 0;
        begin_anew(run);
}

bool zl_run_rests(const struct zl_run *run)
{
        return run->parts.next == 0 && zl_snapshot_is_exact(run->engine);
}

void zl_run_message(struct zl_run *run, const struct zl_header *header, uint32_t place,
                    const struct zl_message *message, zl_run_said *said, void *context)
{
        struct zl_header between;

        run->heard++;
        if (message->type == ZL_TYPE_SNAPSHOT_PART)
                take_part(run, &message->snapshot_part, said, context);
        else
                step(run, header, place, message, said, context);
        while (take_kept(run, &between))
                step(run, &between, 0, run->between, said, context);
}

enum zl_err zl_run_frame(struct zl_run *run, const void *frame, size_t size, zl_run_said *said,
                         void *context, struct zl_frame_reader *ret_reader)
{
        enum zl_err err = zl_frame_check(frame, size, run->message, ret_reader);

        if (err != ZL_OK)
                return err;
        err = zl_frame_open(ret_reader, frame, size);
        for (uint32_t place = 0; err == ZL_OK; place++) {
                err = zl_frame_next(ret_reader, run->message);
                if (err == ZL_OK)
                        zl_run_message(run, &ret_reader->header, place, run->message, said,
                                       context);
        }
        return err == ZL_ERR_END ? ZL_OK : err;
}
