/* fill.h - what a journal missed, from the other journal that heard it.
 *
 * Answers: what is kept next? A frame that shows that others of its stream were missed, and what
 * its source says behind it, is held back while the other journal is asked for them. What it has is
 * kept first, so that the store has each stream in its order; what it lacks too stays a hole. So
 * does what it does not answer in time. At the start, or as soon as the other journal answers,
 * every stream that is known is asked for what came meanwhile.
 * Owns: its socket, the frames that are held back. Thread: its owner's. In order: open; takes and
 * works; close. */
#ifndef ZL_APP_JOURNAL_FILL_H
#define ZL_APP_JOURNAL_FILL_H

#include "app/worker/ask.h"
#include "app/journal/journal.h"
#include "bus/pace.h"

enum { ZL_FILL_SOURCES_MAX = 64 };

/* Frames of one stream that are asked for. */
struct zl_fill_gap {
        bool open;
        uint32_t src;
        struct zl_topic topic;
        uint64_t epoch, next, last;
        uint64_t filled, lacking; /* frames */
        bool answered;
        uint64_t request, since_ns, asked_ns, again_ns;
};

/* What one publisher said behind a frame that waits. */
struct zl_fill_source {
        uint32_t src;
        struct zl_frames held;
        size_t cursor; /* at the frame that waits */
        uint32_t rows; /* of that frame, a beat, that are done */
        struct zl_fill_gap gap;
};

struct zl_fill {
        struct zl_journal *journal;
        struct zl_socket *peer; /* DEALER; NULL: there is no other journal */
        uint64_t wait_ms;
        struct zl_fill_source sources[ZL_FILL_SOURCES_MAX];
        uint32_t sources_count;
        uint32_t next_stream; /* of those asked at the start; at their end UINT32_MAX */
        struct zl_fill_gap start; /* of that stream */
        struct zl_message *message;
        bool silent; /* it does not answer: nothing waits for it until it does */
        bool behind; /* not every stream was asked for at the start */
        uint64_t probed_ns, requests;
        struct zl_pace words;
        uint64_t filled, lacking; /* frames */
};

/* ZL_ERR_INVALID or ZL_ERR_SYSTEM after a line on stderr. `peer` NULL: there is none. */
ZL_MUST_CHECK enum zl_err zl_fill_open(struct zl_fill *fill, struct zl_journal *journal,
                                       struct zl_bus *bus, const char *peer, uint64_t wait_ms);
/* What is still held back is kept. */
void zl_fill_close(struct zl_fill *fill, uint64_t now_ns);
/* A frame that was heard. */
void zl_fill_take(struct zl_fill *fill, const uint8_t *frame, size_t size, uint64_t now_ns);
/* From the owner's loop. True: there is more to do at once. */
bool zl_fill_work(struct zl_fill *fill, uint64_t now_ns);

#endif
