/* recent.h - the newest frames that a journal kept, in memory, by stream.
 *
 * Answers: which frames of this stream are there, from a sequence on? Frames leave in the order in
 * which they came. Owns: its rings, of the size that is asked for. Thread: its owner's. */
#ifndef ZL_APP_JOURNAL_RECENT_H
#define ZL_APP_JOURNAL_RECENT_H

#include <zeroline/base.h>

/* Entries are counted from 1 for ever; 0: none. */
struct zl_recent_entry {
        uint64_t epoch, seq;
        uint64_t at; /* of its bytes, counted over all that ever came */
        uint64_t previous, next; /* of the same stream */
        uint32_t size, stream;
};

struct zl_recent {
        uint8_t *bytes;
        uint64_t capacity; /* of bytes; 0: nothing is kept */
        uint64_t end;      /* of bytes that ever came */
        struct zl_recent_entry *entries;
        uint64_t entries_max, first, last;
        uint64_t *newest; /* of each stream */
        uint32_t streams_max;
};

/* ZL_ERR_SYSTEM: no memory. */
ZL_MUST_CHECK enum zl_err zl_recent_open(struct zl_recent *recent, uint64_t capacity,
                                         uint32_t streams_max);
void zl_recent_close(struct zl_recent *recent);
/* `stream` is a number that its owner gives it. One that is not newer than the stream's last is
 * passed over. */
void zl_recent_put(struct zl_recent *recent, uint32_t stream, uint64_t epoch, uint64_t seq,
                   const void *frame, uint32_t size);
/* The oldest of an epoch whose sequence is `first` or higher; 0: there is none. Its `next` leads
 * on. */
uint64_t zl_recent_find(const struct zl_recent *recent, uint32_t stream, uint64_t epoch,
                        uint64_t first);
/* NULL: it is none, or gone. */
const struct zl_recent_entry *zl_recent_entry(const struct zl_recent *recent, uint64_t number);
const uint8_t *zl_recent_frame(const struct zl_recent *recent,
                               const struct zl_recent_entry *entry);

#endif
