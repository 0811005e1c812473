#include "app/worker/lane_tape.h"

#include "app/say.h"

static void end(struct zl_lane_tape *tape)
{
        zl_say_errno("%s: cannot write; the tape ends here, the worker goes on without",
                     tape->path);
        tape->failed |= zl_tape_close(tape->writer) != ZL_OK;
        tape->writer = NULL;
}

void zl_lane_tape_record(struct zl_lane_tape *tape, enum zl_record_kind kind, const void *frame,
                         size_t size)
{
        if (tape->writer && zl_tape_append(tape->writer, kind, frame, size) != ZL_OK)
                end(tape);
}

void zl_lane_tape_flush(struct zl_lane_tape *tape)
{
        if (tape->writer && zl_tape_flush(tape->writer) != ZL_OK)
                end(tape);
}

void zl_lane_tape_state(struct zl_lane_tape *tape, struct zl_run *run)
{
        if (!tape->writer || !zl_states_due(&tape->states, run, tape->writer))
                return;
        enum zl_err err = zl_states_keep(&tape->states, run, tape->writer);
        if (err == ZL_ERR_FULL)
                zl_say("no memory to put the state on %s: the next one is tried", tape->path);
        else if (err != ZL_OK)
                end(tape);
}

enum zl_err zl_lane_tape_open(struct zl_lane_tape *tape, const char *path,
                              const struct zl_engine_config *config, uint64_t state_ns)
{
        struct zl_header header = {
                .topic = {ZL_TOPIC_TAPE, 0}, .src = config->src, .epoch = config->epoch, .seq = 1};
        struct zl_msg_tape head;
        struct zl_frame_writer writer;
        uint8_t buffer[4096];
        size_t size;

        *tape = (struct zl_lane_tape){.path = path, .states.period_ns = state_ns};
        if (!path)
                return ZL_OK;
        enum zl_err err = zl_tape_create(path, &tape->writer);
        if (err != ZL_OK) {
                zl_say_errno("cannot make the tape %s", path);
                return err;
        }
        zl_run_describe(config, &head);
        zl_frame_begin(&writer, buffer, sizeof buffer, &header);
        zl_frame_add_as(&writer, ZL_TYPE_TAPE, &head);
        err = zl_frame_end(&writer, &size);
        if (err == ZL_OK)
                zl_lane_tape_record(tape, ZL_RECORD_INTERNAL, buffer, size);
        if (err == ZL_OK && tape->writer && state_ns)
                err = zl_states_seal(tape->writer);
        zl_lane_tape_flush(tape);
        return err;
}

void zl_lane_tape_close(struct zl_lane_tape *tape)
{
        if (zl_tape_close(tape->writer) != ZL_OK) {
                zl_say_errno("%s: cannot write its end", tape->path);
                tape->failed = true;
        }
        tape->writer = NULL;
        zl_states_free(&tape->states);
}
