/* batch.h - a tape, a batch of its frames at a time, each decoded once for all who hear them.
 *
 * Answers: what came from outside next, as messages; which record, which message, what time is it
 * of? A frame that does not decode is said, counted and passed over, as it was when it came.
 * Owns: the open tape, and room for the messages of one batch: a frame that is larger goes on in
 * the next. Thread: its owner's; while a batch stands others may read it. */
#ifndef ZL_APP_REPLAY_BATCH_H
#define ZL_APP_REPLAY_BATCH_H

#include "app/point.h"
#include "tape/states.h"

#include <zeroline/frame.h>

struct zl_batch_frame {
        struct zl_place place; /* of its first message here */
        const uint8_t *bytes;
        uint32_t size;
        uint32_t first, messages; /* of the frame's messages, those that are in this batch */
        size_t offset;
};

/* A record of a state, with those frames of the batch in front of it. */
struct zl_batch_part {
        struct zl_tape_record record;
        struct zl_tape_part part;
        uint32_t frames;
};

struct zl_batch_settings {
        const char *path;
        size_t room;    /* for messages; a batch ends when half of it is used */
        bool one_frame; /* a batch is one frame, or a part of it */
};

struct zl_batch {
        struct zl_batch_settings settings;
        struct zl_tape_reader *tape;
        struct zl_batch_frame *frames;
        uint32_t count;
        struct zl_batch_part *parts; /* once zl_batch_show_states was called */
        uint32_t parts_count;
        uint8_t *room;
        size_t used;
        struct zl_tape_record held; /* read, not taken yet */
        struct zl_frame_reader reader; /* of its frame */
        enum zl_err opened;
        bool holds;
        struct zl_frame_reader going_on; /* of a frame whose messages had no room */
        bool goes_on;
        uint64_t frame_end; /* the number behind the last message of the frame taken last */
        struct zl_tape_time time;
        uint64_t records, messages, bad_frames; /* so far */
        uint64_t bytes;                /* read so far, nearly */
        enum zl_err ended;             /* why no more comes */
};

/* ZL_ERR_INVALID or ZL_ERR_SYSTEM after a line on stderr. */
ZL_MUST_CHECK enum zl_err zl_batch_open(struct zl_batch *batch,
                                        const struct zl_batch_settings *settings);
void zl_batch_close(struct zl_batch *batch);

/* From now on batches have the tape's states too. A batch of the last of them may have no frame. */
ZL_MUST_CHECK enum zl_err zl_batch_show_states(struct zl_batch *batch);
/* The tape was brought behind a state, at this time of it. */
void zl_batch_begin_at(struct zl_batch *batch, const struct zl_tape_state *state,
                       struct zl_tape_time time);
/* The next batch, up to and without the frame that is at this point. ZL_ERR_END: there is none. A
 * tape that is damaged ends there with ZL_ERR_DAMAGED, or ZL_ERR_SYSTEM, after a line on stderr. */
ZL_MUST_CHECK enum zl_err zl_batch_read(struct zl_batch *batch, struct zl_point *stop);
ZL_MUST_CHECK enum zl_err zl_batch_rewind(struct zl_batch *batch);

/* Opens a tape, or says why not. */
ZL_MUST_CHECK enum zl_err zl_batch_open_tape(const char *path, struct zl_tape_reader **ret_tape);

/* The messages of a frame, one behind the other. */
static inline const struct zl_message *zl_batch_first(const struct zl_batch *batch,
                                                      const struct zl_batch_frame *frame)
{
        return (const struct zl_message *)(batch->room + frame->offset);
}

/* What a message of this type takes, with its type in front. */
static inline size_t zl_batch_size(enum zl_type type)
{
        return (offsetof(struct zl_message, cluster) + zl_message_size(type) + 15) & ~(size_t)15;
}

static inline const struct zl_message *zl_batch_next(const struct zl_message *message)
{
        return (const struct zl_message *)((const uint8_t *)message +
                                           zl_batch_size(message->type));
}

#endif
