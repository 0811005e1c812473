#include "app/replay/recorded.h"

#include "app/replay/batch.h"
#include "tape/states.h"

enum zl_err zl_recorded_open(struct zl_recorded *recorded, const char *path)
{
        *recorded = (struct zl_recorded){.ended = zl_tape_is_kept(path)};
        return recorded->ended ? ZL_OK : zl_batch_open_tape(path, &recorded->tape);
}

void zl_recorded_close(struct zl_recorded *recorded)
{
        zl_tape_shut(recorded->tape);
        recorded->tape = NULL;
}

static bool is_head(const struct zl_tape_record *record)
{
        struct zl_frame_reader reader;

        return zl_frame_open(&reader, record->frame, record->frame_size) == ZL_OK &&
               reader.header.topic.kind == ZL_TOPIC_TAPE;
}

/* Damage ends it: the replay itself says so. */
const struct zl_tape_record *zl_recorded_peek(struct zl_recorded *recorded)
{
        struct zl_tape_record *next = &recorded->next;

        while (!recorded->holds && !recorded->ended) {
                zl_tape_forget(recorded->tape);
                if (zl_tape_next(recorded->tape, next) != ZL_OK)
                        recorded->ended = true;
                else if (next->kind == ZL_RECORD_IN)
                        recorded->input = next->number;
                else if (is_head(next))
                        recorded->live |= next->number == 0;
                else
                        recorded->holds = true;
        }
        recorded->any |= recorded->holds;
        return recorded->holds ? next : NULL;
}

void zl_recorded_take(struct zl_recorded *recorded)
{
        recorded->holds = false;
}

/* What stands in front of the last state before the record need not be read. */
static void jump(struct zl_recorded *recorded, uint64_t record)
{
        struct zl_tape_state state;

        if (!recorded->holds || recorded->next.number >= record)
                return;
        enum zl_err err = zl_tape_find_state(recorded->tape, record, UINT64_MAX, &state);
        if (err != ZL_OK || state.number < recorded->next.number)
                return;
        recorded->holds = false;
        recorded->ended = zl_tape_go_behind(recorded->tape, &state) != ZL_OK;
}

void zl_recorded_skip(struct zl_recorded *recorded, uint64_t record)
{
        const struct zl_tape_record *next;

        if (zl_recorded_peek(recorded))
                jump(recorded, record);
        while ((next = zl_recorded_peek(recorded)) != NULL && next->number < record)
                zl_recorded_take(recorded);
}
