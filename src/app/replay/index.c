#include "app/replay/index.h"

#include "app/say.h"
#include "app/replay/seek.h"
#include "app/replay/states.h"

static void hear_nothing(void *context, const struct zl_output *output)
{
        (void)context;
        (void)output;
}

struct copying {
        const struct zl_index *index;
        struct zl_run run;
        struct zl_states states;
        uint64_t records, next, count; /* seen; messages at which a state is due; states put */
};

/* A state stands behind what was said to the frames before it: before the next frame from outside.
 * The seal stands behind the head of a live tape, or first. */
static enum zl_err put_before(struct copying *copying, const struct zl_tape_record *record)
{
        const struct zl_index *index = copying->index;
        bool head = copying->records == 0 && record->kind == ZL_RECORD_INTERNAL;

        if (zl_tape_records(index->to) == copying->records && copying->records <= 1 && !head)
                return zl_states_seal(index->to);
        if (record->kind != ZL_RECORD_IN || copying->run.heard < copying->next ||
            !zl_run_rests(&copying->run))
                return ZL_OK;
        copying->next = copying->run.heard + index->messages;
        copying->count++;
        return zl_states_keep(&copying->states, &copying->run, index->to);
}

static enum zl_err copy(struct copying *copying, const struct zl_tape_record *record)
{
        struct zl_frame_reader reader;
        enum zl_err err = put_before(copying, record);

        if (err == ZL_OK)
                err = zl_tape_append(copying->index->to, record->kind, record->frame,
                                     record->frame_size);
        copying->records++;
        if (err == ZL_OK && record->kind == ZL_RECORD_IN)
                (void)!zl_run_frame(&copying->run, record->frame, record->frame_size, hear_nothing,
                                    NULL, &reader); /* what does not decode has no effect */
        if (err != ZL_OK)
                zl_say_errno("cannot write the copy");
        return err == ZL_OK ? ZL_OK : ZL_ERR_SYSTEM;
}

enum zl_err zl_index_copy(const struct zl_index *index, uint64_t *ret_states)
{
        struct copying copying = {.index = index, .next = index->messages};
        struct zl_engine_config config;
        struct zl_tape_record record;
        enum zl_err err = zl_seek_config(index->from, &config);

        if (err == ZL_OK)
                err = zl_run_open(&copying.run, &config);
        if (err != ZL_OK)
                return err;
        while (err == ZL_OK && (err = zl_tape_next(index->from, &record)) == ZL_OK) {
                err = copy(&copying, &record);
                zl_tape_forget(index->from);
        }
        if (err == ZL_ERR_DAMAGED)
                zl_say("%s: %s; `zeroline repair` makes a clean copy", index->path,
                       zl_tape_why(index->from));
        zl_run_close(&copying.run);
        zl_states_free(&copying.states);
        *ret_states = copying.count;
        return err == ZL_ERR_END ? ZL_OK : err;
}
