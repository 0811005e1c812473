#include "app/replay/batch.h"

#include "app/say.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
        FRAMES_MAX = 2048, /* of a batch */
        PARTS_MAX = 256,   /* records of states in it */
};

/* ---- opening ---- */

enum zl_err zl_batch_open_tape(const char *path, struct zl_tape_reader **ret_tape)
{
        enum zl_err err = zl_tape_open(path, ret_tape);

        if (err == ZL_ERR_INVALID)
                zl_say("%s is not a tape; `zeroline encode -o TAPE` makes one of JSON lines", path);
        else if (err != ZL_OK)
                zl_say_errno("cannot open %s", path);
        return err;
}

enum zl_err zl_batch_open(struct zl_batch *batch, const struct zl_batch_settings *settings)
{
        size_t size = settings->room;
        void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        *batch = (struct zl_batch){.settings = *settings,
                                   .frames = malloc(FRAMES_MAX * sizeof *batch->frames),
                                   .room = room == MAP_FAILED ? NULL : room};
        if (!batch->frames || !batch->room) {
                zl_say("out of memory");
                zl_batch_close(batch);
                return ZL_ERR_SYSTEM;
        }
        enum zl_err err = zl_batch_open_tape(settings->path, &batch->tape);
        if (err != ZL_OK)
                zl_batch_close(batch);
        return err;
}

void zl_batch_close(struct zl_batch *batch)
{
        zl_tape_shut(batch->tape);
        free(batch->frames);
        free(batch->parts);
        if (batch->room)
                munmap(batch->room, batch->settings.room);
        *batch = (struct zl_batch){0};
}

enum zl_err zl_batch_rewind(struct zl_batch *batch)
{
        enum zl_err err = zl_tape_rewind(batch->tape);

        if (err != ZL_OK)
                zl_say_errno("cannot read %s again", batch->settings.path);
        return err;
}

enum zl_err zl_batch_show_states(struct zl_batch *batch)
{
        batch->parts = malloc(PARTS_MAX * sizeof *batch->parts);
        if (!batch->parts) {
                zl_say("out of memory");
                return ZL_ERR_SYSTEM;
        }
        zl_tape_show_states(batch->tape);
        return ZL_OK;
}

void zl_batch_begin_at(struct zl_batch *batch, const struct zl_tape_state *state,
                       struct zl_tape_time time)
{
        batch->time = time;
        batch->messages = state->messages;
        batch->bytes = state->behind;
}

/* ---- decoding ---- */

static void complain_bad(struct zl_batch *batch, uint64_t record,
                         const struct zl_frame_reader *reader)
{
        char why[200];

        if (batch->bad_frames++ == 0)
                zl_say("%s: record %llu does not decode and is passed over, as it was when it "
                       "came: %s",
                       batch->settings.path, (unsigned long long)record,
                       zl_frame_error(reader, why, sizeof why));
}

/* The messages that there is room for; how it ended: ZL_ERR_FULL when more stand in the frame. */
static enum zl_err decode(struct zl_batch *batch, struct zl_frame_reader *reader,
                          struct zl_batch_frame *frame)
{
        enum zl_err err;

        frame->offset = batch->used;
        frame->first = reader->messages;
        do {
                struct zl_message *message = (struct zl_message *)(batch->room + batch->used);
                if (batch->settings.room - batch->used < sizeof *message)
                        err = ZL_ERR_FULL;
                else
                        err = zl_frame_next(reader, message);
                if (err == ZL_OK)
                        batch->used += zl_batch_size(message->type);
        } while (err == ZL_OK);
        frame->messages = reader->messages - frame->first;
        return err;
}

/* Whether what follows in a frame decodes too. */
static enum zl_err check_rest(struct zl_frame_reader *ret_reader)
{
        struct zl_message *scratch = malloc(sizeof *scratch);
        enum zl_err err = ZL_OK;

        if (!scratch) {
                zl_say("out of memory");
                return ZL_ERR_SYSTEM;
        }
        while (err == ZL_OK)
                err = zl_frame_next(ret_reader, scratch);
        free(scratch);
        return err;
}

static void add_frame(struct zl_batch *batch, const struct zl_batch_frame *frame)
{
        batch->frames[batch->count++] = *frame;
        batch->messages += frame->messages;
}

/* All messages of the held frame, or none when one of them does not decode. */
static enum zl_err take(struct zl_batch *batch, const struct zl_place *place)
{
        struct zl_batch_frame frame = {
                .place = *place, .bytes = batch->held.frame, .size = batch->held.frame_size};
        struct zl_frame_reader reader = batch->reader, rest;
        size_t used = batch->used;
        enum zl_err err = batch->opened;

        batch->frame_end = place->at;
        if (err == ZL_OK)
                err = decode(batch, &reader, &frame);
        rest = reader;
        if (err == ZL_ERR_FULL) {
                err = check_rest(&rest);
                batch->goes_on = err == ZL_ERR_END && rest.messages > reader.messages;
                batch->going_on = reader;
        }
        if (err == ZL_ERR_END) {
                add_frame(batch, &frame);
                batch->frame_end += rest.messages;
                return ZL_OK;
        }
        batch->used = used;
        if (err != ZL_ERR_INVALID)
                return err;
        complain_bad(batch, batch->held.number, &rest);
        return ZL_OK;
}

/* The frame that was taken last holds the message at which to stop: it is held again. */
static bool overshot(struct zl_batch *batch, const struct zl_point *stop)
{
        if (stop->kind != ZL_POINT_AT || batch->frame_end <= stop->value)
                return false;
        const struct zl_batch_frame *frame = &batch->frames[--batch->count];
        batch->messages -= frame->messages;
        batch->used = frame->offset;
        batch->goes_on = false;
        batch->holds = true;
        return true;
}

/* What stands in a frame behind what the last batch had room for. */
static void go_on(struct zl_batch *batch)
{
        struct zl_batch_frame frame = batch->frames[batch->count - 1];

        batch->count = batch->parts_count = 0;
        frame.place.at = batch->messages;
        batch->goes_on = decode(batch, &batch->going_on, &frame) == ZL_ERR_FULL;
        add_frame(batch, &frame);
}

/* ---- reading ---- */

static void complain(const struct zl_batch *batch)
{
        const char *path = batch->settings.path;
        enum zl_err err = batch->ended;

        if (err == ZL_ERR_DAMAGED)
                zl_say("%s: %s; what stands behind it was not replayed", path,
                       zl_tape_why(batch->tape));
        else if (err == ZL_ERR_SYSTEM)
                zl_say_errno("cannot read %s", path);
        else if (err == ZL_ERR_END && zl_tape_torn(batch->tape))
                zl_say("%s: the last %llu bytes are a torn record and left out", path,
                       (unsigned long long)zl_tape_torn(batch->tape));
}

static void add_part(struct zl_batch *batch)
{
        struct zl_batch_part *part = &batch->parts[batch->parts_count];

        part->record = batch->held;
        part->frames = batch->count;
        batch->parts_count += zl_tape_part_get(&batch->held, &part->part);
}

/* The next frame from outside, held, with its header. ZL_ERR_FULL: of states, first. */
static enum zl_err hold(struct zl_batch *batch)
{
        while (!batch->holds && batch->ended == ZL_OK) {
                if (batch->parts_count == PARTS_MAX)
                        return ZL_ERR_FULL;
                batch->ended = zl_tape_next(batch->tape, &batch->held);
                if (batch->ended != ZL_OK) {
                        complain(batch);
                        break;
                }
                batch->bytes += batch->held.frame_size + 16u;
                batch->records++;
                batch->holds = batch->held.kind == ZL_RECORD_IN;
                if (batch->held.kind == ZL_RECORD_STATE)
                        add_part(batch);
                if (batch->holds)
                        batch->opened = zl_frame_open(&batch->reader, batch->held.frame,
                                                      batch->held.frame_size);
        }
        return batch->holds ? ZL_OK : batch->ended;
}

static bool is_full(const struct zl_batch *batch)
{
        return batch->count == FRAMES_MAX || batch->used >= batch->settings.room / 2 ||
               (batch->settings.one_frame && batch->count) || batch->goes_on;
}

enum zl_err zl_batch_read(struct zl_batch *batch, struct zl_point *stop)
{
        bool reached = false;

        batch->used = 0;
        if (batch->goes_on) {
                go_on(batch);
                return ZL_OK;
        }
        batch->count = batch->parts_count = 0;
        if (!batch->holds)
                zl_tape_forget(batch->tape);
        while (!reached && !is_full(batch) && hold(batch) == ZL_OK) {
                bool opened = batch->opened == ZL_OK;
                struct zl_place place = zl_place_of(&batch->time, batch->held.number,
                                                    batch->messages,
                                                    opened ? &batch->reader.header : NULL);
                reached = zl_point_reached(stop, &place);
                if (reached)
                        break;
                batch->holds = false;
                enum zl_err err = take(batch, &place);
                if (err != ZL_OK)
                        return err;
                reached = overshot(batch, stop);
        }
        if (batch->count || batch->parts_count)
                return ZL_OK;
        return batch->ended == ZL_OK || batch->holds ? ZL_ERR_END : batch->ended;
}
