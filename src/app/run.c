#include "app/run.h"

#include "app/say.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { OUTBOX_SIZE = 1 << 16 };

struct zl_engine_config zl_run_config_default(void)
{
        return (struct zl_engine_config){
                .src = 1,
                .epoch = 1,
                .accounts_max = 1 << 20,
                .positions_max = 1 << 21,
                .instruments_max = 4096,
                .assets_max = 1024,
                .policies_max = 1024,
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
                .instruments_max = said->instruments_max,
                .assets_max = said->assets_max,
                .policies_max = said->policies_max,
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
                .instruments_max = config->instruments_max,
                .assets_max = config->assets_max,
                .policies_max = config->policies_max,
                .streams_max = config->streams_max,
        };
        for (uint32_t i = 0; i < config->owned_count; i++)
                ret_said->owned[i] = (struct zl_row_range){.first = config->owned[i].first,
                                                           .last = config->owned[i].last};
}

enum zl_err zl_run_open(struct zl_run *run, const struct zl_engine_config *config)
{
        size_t size = zl_engine_size(config);
        uint8_t *outbox = malloc(OUTBOX_SIZE);

        /* Zeroed by the system, a page at a time, as it is used. */
        void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        *run = (struct zl_run){.memory = memory == MAP_FAILED ? NULL : memory,
                               .memory_size = size,
                               .message = malloc(sizeof *run->message)};
        zl_outbox_init(&run->outbox, outbox, OUTBOX_SIZE);
        if (!run->memory || !outbox || !run->message) {
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
        free(run->outbox.data);
        free(run->message);
        *run = (struct zl_run){0};
}

static void hear(struct zl_run *run, zl_run_said *said, void *context)
{
        struct zl_output output;
        size_t cursor = 0;

        while (zl_outbox_next(&run->outbox, &cursor, &output))
                said(context, &output);
        zl_outbox_clear(&run->outbox);
}

void zl_run_message(struct zl_run *run, const struct zl_header *header, uint32_t place,
                    const struct zl_message *message, zl_run_said *said, void *context)
{
        enum zl_progress progress =
                zl_engine_step(run->engine, header, place, message, &run->outbox);

        hear(run, said, context);
        while (progress == ZL_MORE) {
                progress = zl_engine_resume(run->engine, &run->outbox);
                hear(run, said, context);
        }
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
