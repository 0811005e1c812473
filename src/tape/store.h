/* store.h - what a journal keeps: a log of frames, and snapshots of the state behind a part of it.
 *
 * Answers: which frame stands at this position, and what came after it? What is the newest state
 * that was kept, and up to where does it go?
 * A position counts frames from 0 and never goes back. What could not be kept takes positions too:
 * a reader is told of such a hole, so that none is ever covered in silence.
 * Owns: the log and its files. Thread: its owner's, all calls; there are no locks and no threads of
 * its own. In order: open; append, work, readers and snapshots as they come; readers shut; close.
 *
 * This page is all that users know; zl_log_open (tape/log.h) opens the kind that keeps local
 * segment files. Another kind (a replicated log) fills in struct zl_store_kind. */
#ifndef ZL_TAPE_STORE_H
#define ZL_TAPE_STORE_H

#include <zeroline/base.h>

struct zl_store;
struct zl_store_reader;

/* What a reader meets: a frame, or one of these holes. */
enum zl_store_item_kind {
        ZL_STORE_FRAME = 0,
        ZL_STORE_RESTART, /* the store was opened anew here: what came meanwhile nobody counted */
        ZL_STORE_LOST,    /* came, and could not be kept: the disk was full, or refused */
        ZL_STORE_DAMAGED, /* was kept, and cannot be read any more: see zl_store_reader_why */
        ZL_STORE_RETIRED, /* was kept, and removed for its age or for space */
};

struct zl_store_item {
        enum zl_store_item_kind kind;
        uint64_t position;
        uint64_t count; /* positions: 1 of a frame, of a hole its size, 0 of a restart */
        /* Of a frame: when it came, and the run of the journal that kept it. The bytes stay valid
         * until the reader is asked again. */
        uint64_t received_ns;
        uint64_t epoch;
        const uint8_t *frame;
        uint32_t frame_size;
        uint32_t src;
};

struct zl_store_snapshot {
        uint64_t position; /* the state behind all frames before this one */
        uint64_t size;
        uint64_t digest; /* XXH3-64 of its bytes */
        uint64_t made_ns;
};

struct zl_store_status {
        uint64_t epoch;
        uint64_t first, next; /* positions: the oldest still there, the next to be given */
        uint64_t synced;      /* all that is kept before it outlives a crash of the machine */
        uint64_t segments, bytes;
        uint64_t holes, frames_lost;
        uint64_t write_failures, sync_failures, other_failures;
        uint64_t torn_bytes, damages; /* cut at open; damaged places met since */
        uint64_t compressed_segments;
        uint64_t retired_segments, retired_bytes;
        uint64_t snapshots_bad; /* passed over since open */
        bool full;              /* what is appended now is lost */
};

struct zl_store_kind {
        enum zl_err (*append)(struct zl_store *, const void *, size_t, uint64_t, uint64_t *);
        enum zl_err (*sync)(struct zl_store *);
        bool (*work)(struct zl_store *, uint64_t);
        enum zl_err (*read)(struct zl_store *, uint64_t, struct zl_store_reader **);
        enum zl_err (*next)(struct zl_store_reader *, struct zl_store_item *);
        const char *(*reader_why)(const struct zl_store_reader *);
        void (*shut)(struct zl_store_reader *);
        enum zl_err (*put)(struct zl_store *, uint64_t, const void *, size_t, uint64_t);
        enum zl_err (*newest)(struct zl_store *, uint64_t, uint64_t, struct zl_store_snapshot *);
        enum zl_err (*get)(struct zl_store *, const struct zl_store_snapshot *, void *);
        void (*status)(const struct zl_store *, struct zl_store_status *);
        const char *(*why)(const struct zl_store *);
        enum zl_err (*close)(struct zl_store *);
};

/* What every store and reader begins with. */
struct zl_store {
        const struct zl_store_kind *kind;
};

struct zl_store_reader {
        const struct zl_store_kind *kind;
};

/* Takes a frame and gives it the next position. It is in memory first: it reaches the operating
 * system with the next zl_store_work at the latest, the disk as the sync policy says.
 * ZL_ERR_SYSTEM: it is lost, and a hole counts it; later frames may be kept again, so go on.
 * ZL_ERR_INVALID: longer than a frame may be; it has no position. */
ZL_MUST_CHECK static inline enum zl_err zl_store_append(struct zl_store *store, const void *frame,
                                                        size_t frame_size, uint64_t received_ns,
                                                        uint64_t *ret_position)
{
        return store->kind->append(store, frame, frame_size, received_ns, ret_position);
}

/* Brings all that was appended to the disk now, whatever the policy. */
ZL_MUST_CHECK static inline enum zl_err zl_store_sync(struct zl_store *store)
{
        return store->kind->sync(store);
}

/* To be called from the owner's loop, before each wait, and again at once while it answers true.
 * Writes, syncs when that is due, and does one small step of what else there is to do: closing a
 * segment, compressing a little of one, removing one. Failures are said and counted. */
static inline bool zl_store_work(struct zl_store *store, uint64_t now_ns)
{
        return store->kind->work(store, now_ns);
}

/* A reader whose first item stands at `position`, or is the hole there. */
ZL_MUST_CHECK static inline enum zl_err zl_store_read(struct zl_store *store, uint64_t position,
                                                      struct zl_store_reader **ret_reader)
{
        return store->kind->read(store, position, ret_reader);
}

/* ZL_ERR_END: nothing more now; ask again after an append. ZL_ERR_SYSTEM: the system refused (words
 * in zl_store_reader_why); asked again it tries again. */
ZL_MUST_CHECK static inline enum zl_err zl_store_next(struct zl_store_reader *reader,
                                                      struct zl_store_item *ret_item)
{
        return reader->kind->next(reader, ret_item);
}

/* File, byte and cause of the damage or failure that was answered last. */
static inline const char *zl_store_reader_why(const struct zl_store_reader *reader)
{
        return reader->kind->reader_why(reader);
}

/* NULL is allowed. */
static inline void zl_store_shut(struct zl_store_reader *reader)
{
        if (reader)
                reader->kind->shut(reader);
}

/* Keeps a state behind all frames before `position`, which is at most the next one. When it answers
 * ZL_OK the snapshot is on the disk, the one before it is kept too, and older ones are gone. It
 * writes all of it before it returns. */
ZL_MUST_CHECK static inline enum zl_err zl_store_put(struct zl_store *store, uint64_t position,
                                                     const void *bytes, size_t size,
                                                     uint64_t made_ns)
{
        return store->kind->put(store, position, bytes, size, made_ns);
}

/* ZL_ERR_END: there is none. */
ZL_MUST_CHECK static inline enum zl_err zl_store_newest(struct zl_store *store,
                                                        struct zl_store_snapshot *ret_snapshot)
{
        return store->kind->newest(store, UINT64_MAX, UINT64_MAX, ret_snapshot);
}

/* The newest of those at this position or before, made at this time or before. */
ZL_MUST_CHECK static inline enum zl_err zl_store_newest_before(
        struct zl_store *store, uint64_t position_max, uint64_t made_ns_max,
        struct zl_store_snapshot *ret_snapshot)
{
        return store->kind->newest(store, position_max, made_ns_max, ret_snapshot);
}

/* Reads `snapshot` into `bytes`, which takes snapshot->size. ZL_ERR_DAMAGED: it does not hold any
 * more; zl_store_newest then answers the one before. */
ZL_MUST_CHECK static inline enum zl_err zl_store_get(struct zl_store *store,
                                                     const struct zl_store_snapshot *snapshot,
                                                     void *bytes)
{
        return store->kind->get(store, snapshot, bytes);
}

static inline void zl_store_status(const struct zl_store *store, struct zl_store_status *ret_status)
{
        store->kind->status(store, ret_status);
}

/* What failed last: what, which file, and the system's words. Empty when nothing did. */
static inline const char *zl_store_why(const struct zl_store *store)
{
        return store->kind->why(store);
}

/* Writes and syncs what is left, and frees the store; a failure is said before. NULL is allowed. */
ZL_MUST_CHECK static inline enum zl_err zl_store_close(struct zl_store *store)
{
        return store ? store->kind->close(store) : ZL_OK;
}

#endif
