/* log_parts.h - what the files that make up the log share, and nobody else.
 *
 * log.c appends, writes and syncs; recover.c opens; iterate.c reads; compress.c and retain.c do the
 * steps between; snapshots.c keeps states.
 * Owns: a log's memory and files. Thread: its owner's. */
#ifndef ZL_TAPE_LOG_PARTS_H
#define ZL_TAPE_LOG_PARTS_H

#include "tape/log.h"
#include "tape/segment.h"

#include <limits.h>

enum {
        ZL_LOG_BUFFER_SIZE = ZL_KEPT_SIZE_MAX + (1 << 18),
        ZL_LOG_SEGMENTS_MAX = 1 << 17,
        ZL_LOG_SNAPSHOTS_KEPT = 2,
        ZL_LOG_FOLDER_SIZE = PATH_MAX - ZL_STORE_NAME_SIZE,
        ZL_LOG_RETRY_MS = 60000, /* until a compression that failed is tried again */
};

struct zl_segment {
        uint64_t first;
        uint64_t end;     /* behind its last frame: as its writer, or the next one's head, says */
        uint64_t follows; /* `first`, or before a hole */
        uint64_t synced;  /* what of it is on the disk */
        uint64_t last_ns; /* no frame of it came later; an estimate of one that was there at open */
        uint64_t bytes;   /* of its file */
        uint64_t head_ns; /* when it was made */
        bool compressed;
        bool damaged; /* is neither compressed nor believed to be whole */
        bool restart;
};

struct zl_compressor;

struct zl_log {
        struct zl_store store;
        struct zl_log_settings settings;
        const struct zl_disk *disk;
        struct zl_store_status counts; /* those that only grow */
        uint64_t now_ns;
        int lock_fd;
        /* Segments by first position. While fd >= 0 the last one is open. */
        struct zl_segment *segments;
        uint32_t segments_count, segments_capacity;
        uint64_t bytes; /* of all their files */
        int fd;
        bool names_synced; /* the folder knows the open segment */
        bool restart;      /* the next segment is the first of this run */
        bool roll_wanted;
        int full_why;
        uint64_t next;        /* position to be given */
        uint64_t kept_end;    /* behind the last one in memory or on file */
        uint64_t written_end; /* behind the last one on file */
        uint64_t follows;     /* the same without the open segment; beyond what is damaged */
        uint64_t unsynced_frames;
        uint64_t synced_ns; /* when */
        uint64_t lost_first, lost_count; /* the hole that is still open */
        struct zl_compressor *compressor;
        uint64_t compress_after_ns;
        struct zl_store_snapshot snapshots[ZL_LOG_SNAPSHOTS_KEPT]; /* the newest first */
        uint32_t snapshots_count;
        size_t used; /* of buffer: whole records, the first at the open segment's end */
        char why[PATH_MAX + 512];
        char folder[ZL_LOG_FOLDER_SIZE];
        uint8_t buffer[ZL_LOG_BUFFER_SIZE];
};

/* The path of a file of the log. */
struct zl_log_path {
        char text[PATH_MAX];
};

static inline struct zl_log *zl_log_of(const struct zl_store *store)
{
        return (struct zl_log *)(uintptr_t)store;
}

static inline bool zl_log_is_open(const struct zl_log *log, const struct zl_segment *segment)
{
        return log->fd >= 0 && segment == &log->segments[log->segments_count - 1];
}

/* log.c */
struct zl_log_path zl_log_path(const struct zl_log *log, enum zl_store_name kind,
                               uint64_t position);
static inline struct zl_log_path zl_log_segment_path(const struct zl_log *log,
                                                     const struct zl_segment *segment)
{
        return zl_log_path(log, segment->compressed ? ZL_NAME_COMPRESSED : ZL_NAME_SEGMENT,
                           segment->first);
}
__attribute__((format(printf, 2, 3))) void zl_log_say(struct zl_log *log, const char *format, ...);
/* "cannot WHAT PATH: " and the words of errno, which stays. */
void zl_log_complain(struct zl_log *log, const char *what, const char *path);
/* Room for one more; ZL_ERR_SYSTEM when there is none. */
ZL_MUST_CHECK enum zl_err zl_log_reserve(struct zl_log *log);
/* Brings what is in memory to the operating system. */
ZL_MUST_CHECK enum zl_err zl_log_flush(struct zl_log *log);
void zl_log_free(struct zl_log *log);
extern const struct zl_store_kind zl_log_kind;

/* compress.c */
/* One step; true: there is more. */
bool zl_log_compress(struct zl_log *log);
/* Lets go of what is half done. */
void zl_log_compress_stop(struct zl_log *log);
/* Of which segment is it half done? UINT64_MAX: none. */
uint64_t zl_log_compressing(const struct zl_log *log);

/* retain.c: removes at most one segment; true: there may be more. */
bool zl_log_retire(struct zl_log *log);

/* iterate.c */
enum zl_err zl_log_read(struct zl_store *store, uint64_t position,
                        struct zl_store_reader **ret_reader);
enum zl_err zl_log_next(struct zl_store_reader *base, struct zl_store_item *ret_item);
const char *zl_log_reader_why(const struct zl_store_reader *base);
void zl_log_shut(struct zl_store_reader *base);

/* snapshots.c */
/* Learns that there is a snapshot of this position, at open. */
void zl_log_snapshot_found(struct zl_log *log, uint64_t position, uint64_t found[],
                           uint32_t *count, uint32_t capacity);
/* Looks which of them hold, the newest first. Answers the newest epoch among them. */
uint64_t zl_log_snapshots_check(struct zl_log *log, const uint64_t found[], uint32_t count);
enum zl_err zl_log_put(struct zl_store *store, uint64_t position, const void *bytes, size_t size,
                       uint64_t made_ns);
enum zl_err zl_log_newest(struct zl_store *store, uint64_t position_max, uint64_t made_ns_max,
                          struct zl_store_snapshot *ret_snapshot);
enum zl_err zl_log_get(struct zl_store *store, const struct zl_store_snapshot *snapshot,
                       void *bytes);

#endif
