/* log.h - the store that keeps segment files in a folder of this machine.
 *
 *     lock                          held while a process writes here; says which
 *     00000000000000004711.seg      a segment: the frames from position 4711 on (tape/segment.h)
 *     00000000000000000000.seg.zst  one that is closed, compressed
 *     snapshot.00000000000000004700 the state behind the frames before 4700; the last two are kept
 *     *.part                        not whole yet; removed at open
 *
 * Each open begins a new segment. One is closed at a size or an age, then compressed by
 * zl_store_work, 128 KiB a call, to another name that takes over when it is on the disk: an append
 * never waits for compression, but for an fsync of at most 4 MiB of it.
 *
 * A crash loses what was not synced, and nothing else: a torn end is cut at open, and said. What is
 * damaged is left as it is, said with file and byte, and reading goes on at the next segment: of
 * the same file nothing behind it is believed.
 * After a write that failed its bytes stay in memory, and zl_store_work tries again; once memory is
 * full too, frames are lost, and counted, until there is room. After an fsync that failed nobody
 * knows what the disk has: the segment is left, a new one begun, and status.synced stays until the
 * old one is compressed (read back and written elsewhere).
 *
 * Segments are removed, the oldest first, only when both snapshots cover them (or the only one).
 *
 * Memory: about 2 MiB, while compressing 5 more, at most 4 a reader, 100 bytes a segment. */
#ifndef ZL_TAPE_LOG_H
#define ZL_TAPE_LOG_H

#include "tape/disk.h"
#include "tape/store.h"

struct zl_log_settings {
        const char *folder; /* made if it is not there */
        uint32_t src;       /* of the journal, for the heads of segments */
        uint64_t epoch;     /* of this run; 0: one more than the last that left something here */
        uint64_t segment_bytes; /* 0: 64 MiB */
        uint64_t segment_ms;    /* closes one that is so old; 0: never */
        /* When what was appended is brought to the disk (fsync). With both 0 never, but for what is
         * compressed and for snapshots: a crash of the process then loses what came after the last
         * zl_store_work, one of the machine all that the system had not written yet. */
        uint64_t sync_ms;     /* every so many ms, as zl_store_work is called */
        uint64_t sync_frames; /* after every so many frames, within zl_store_append */
        /* What is removed: 0 keeps everything. */
        uint64_t keep_bytes; /* while all segments are larger than this */
        uint64_t keep_ms;    /* when the last frame is so old */
        bool plain;          /* does not compress */
        bool read_only;      /* changes nothing, takes no lock, and sees what was there at open */
        const struct zl_disk *disk; /* NULL: the system's */
        /* Is given a line, without an end, about all that a person should know: what was cut, is
         * damaged, lost, kept again. */
        void (*say)(void *context, const char *line);
        void *say_context;
};

/* ZL_ERR_SYSTEM: the folder cannot be used (errno); EWOULDBLOCK: another process writes here.
 * ZL_ERR_INVALID: the epoch is not above the last, or the folder holds too many files. Said before.
 * The folder's name is copied. */
ZL_MUST_CHECK enum zl_err zl_log_open(const struct zl_log_settings *settings,
                                      struct zl_store **ret_store);

#endif
