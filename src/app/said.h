/* said.h - what an engine said, as frames, kept in order.
 *
 * Owns: two arrays that grow. A message that joins the one before it becomes part of its frame.
 * Thread: its owner's. */
#ifndef ZL_APP_SAID_H
#define ZL_APP_SAID_H

#include "tape/tape.h"

#include <zeroline/engine.h>
#include <zeroline/frame.h>

#include <string.h>

struct zl_said_item {
        uint64_t at;   /* the number of the message that caused it */
        uint64_t rank; /* see zl_output */
        enum zl_record_kind kind; /* OUT or INTERNAL */
        struct zl_topic topic;
        size_t offset;
        uint32_t size;
};

struct zl_said {
        uint64_t at; /* of what is heard next */
        struct zl_said_item *items;
        size_t count, capacity;
        uint8_t *bytes;
        size_t bytes_used, bytes_capacity;
        bool failed; /* out of memory: sticks */
};

/* A zl_run_said. */
void zl_said_hear(void *said, const struct zl_output *output);
void zl_said_copy(struct zl_said *said, const struct zl_said_item *item, const uint8_t *frame);
/* Forgets the first `count`. */
void zl_said_drop(struct zl_said *said, size_t count);
void zl_said_clear(struct zl_said *said);
void zl_said_free(struct zl_said *said);

/* NULL behind the last. */
static inline const struct zl_said_item *zl_said_item(const struct zl_said *said, size_t i)
{
        return i < said->count ? &said->items[i] : NULL;
}

static inline bool zl_said_owns(const struct zl_said *said, const struct zl_said_item *item)
{
        return said->count && item >= said->items && item < said->items + said->count;
}

static inline const uint8_t *zl_said_frame(const struct zl_said *said,
                                           const struct zl_said_item *item)
{
        return said->bytes + item->offset;
}

#endif
