/* ask.h - asks a journal for states of partitions, and puts answers aside until they are whole.
 *
 * Answers: what is to be asked, what has come? Only the answer to the last request of a partition
 * counts, and its parts in their order; what does not come is asked for again. Owns: the frames
 * that came. Thread: its owner's. */
#ifndef ZL_APP_WORKER_ASK_H
#define ZL_APP_WORKER_ASK_H

#include "bus/socket.h"

#include <zeroline/frame.h>

/* Frames one behind the other, each behind its length. */
struct zl_frames {
        uint8_t *bytes;
        size_t size, capacity;
        uint64_t count;
};

/* ZL_ERR_SYSTEM: no memory. */
ZL_MUST_CHECK enum zl_err zl_frames_keep(struct zl_frames *frames, const void *frame, size_t size);
/* The next from *cursor = 0 on; NULL at the end. */
const uint8_t *zl_frames_next(const struct zl_frames *frames, size_t *cursor, uint32_t *ret_size);
/* Forgets them and keeps their room. */
void zl_frames_clear(struct zl_frames *frames);
void zl_frames_free(struct zl_frames *frames);

enum zl_asked {
        ZL_ASK_TO_DO,
        ZL_ASK_SENT,
        ZL_ASK_HERE,    /* all of its frames are */
        ZL_ASK_NOTHING, /* the journal has none now */
};

struct zl_ask {
        uint32_t partition;
        enum zl_asked progress;
        uint64_t request, asked_ns;
        struct zl_frames frames;
};

/* Who asks, and how often it did. */
struct zl_asker {
        struct zl_socket *journal; /* DEALER */
        uint32_t src;
        uint64_t epoch, requests;
};

void zl_ask_send(struct zl_ask *ask, struct zl_asker *asker);
/* Sent, and not answered for a second. */
bool zl_ask_is_late(const struct zl_ask *ask, uint64_t ticks_ns);
/* A frame of the journal. NULL: it is no answer to one of these, or its next part is still to come.
 * Else the one that is HERE or NOTHING now. ZL_ERR_SYSTEM: no memory. */
ZL_MUST_CHECK enum zl_err zl_ask_take(struct zl_ask *asks, uint32_t count, const uint8_t *frame,
                                      size_t size, struct zl_message *scratch,
                                      struct zl_ask **ret_done);

#endif
