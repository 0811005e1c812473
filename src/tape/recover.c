/* Opening a log: what the last run, or a crash, left in the folder. */
#include "tape/log_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
        SNAPSHOTS_LOOKED_AT = 64,
        SUSPECTS_MAX = 1000, /* how many places behind a bad record are looked at */
};

/* No compressed segment holds more. */
#define COMPRESSED_MOST ((uint64_t)1 << 40)

struct listing {
        struct zl_log *log;
        uint64_t snapshots[SNAPSHOTS_LOOKED_AT];
        uint32_t snapshots_count;
        bool failed;
};

/* ---- listing ---- */

static bool take_segment(struct listing *listing, uint64_t first, bool compressed)
{
        struct zl_log *log = listing->log;

        if (zl_log_reserve(log) != ZL_OK) {
                zl_log_say(log, "%s: too many segments", log->folder);
                listing->failed = true;
                return false;
        }
        log->segments[log->segments_count++] =
                (struct zl_segment){.first = first, .compressed = compressed};
        return true;
}

static bool take_name(void *context, const char *name)
{
        struct listing *listing = context;
        struct zl_log *log = listing->log;
        uint64_t position;
        enum zl_store_name kind = zl_store_name_parse(name, &position);

        if (kind == ZL_NAME_SEGMENT || kind == ZL_NAME_COMPRESSED)
                return take_segment(listing, position, kind == ZL_NAME_COMPRESSED);
        if (kind == ZL_NAME_SNAPSHOT) {
                zl_log_snapshot_found(log, position, listing->snapshots,
                                      &listing->snapshots_count, SNAPSHOTS_LOOKED_AT);
        } else if (kind != ZL_NAME_OTHER && !log->settings.read_only) {
                struct zl_log_path path = zl_log_path(log, kind, position);
                if (log->disk->unlink(log->disk->context, path.text) != 0)
                        zl_log_complain(log, "remove", path.text);
        }
        return true;
}

static int by_position(const void *a, const void *b)
{
        const struct zl_segment *x = a, *y = b;

        return x->first != y->first ? (x->first < y->first ? -1 : 1)
                                    : (int)x->compressed - (int)y->compressed;
}

/* ---- one segment ---- */

static int64_t size_of(struct zl_log *log, const char *path)
{
        int fd = log->disk->open(log->disk->context, path, ZL_DISK_READ);

        if (fd < 0)
                return -1;
        int64_t size = log->disk->size(log->disk->context, fd);
        log->disk->close(log->disk->context, fd);
        return size;
}

/* What the head says. A segment whose head does not hold is damaged from its first frame on. */
static uint64_t look_at_head(struct zl_log *log, struct zl_segment *segment)
{
        struct zl_log_path path = zl_log_segment_path(log, segment);
        struct zl_segment_reader *reader = NULL;
        int64_t size = size_of(log, path.text);
        enum zl_err err = zl_segment_open(log->disk, path.text, segment->compressed, &reader);
        uint64_t epoch = 0;

        segment->bytes = size > 0 ? (uint64_t)size : 0;
        segment->end = segment->follows = segment->first;
        if (err == ZL_OK && zl_segment_head(reader)->first == segment->first) {
                const struct zl_segment_head *head = zl_segment_head(reader);
                segment->follows = head->follows;
                segment->head_ns = segment->last_ns = head->made_ns;
                segment->restart = head->restart;
                epoch = head->epoch;
        } else {
                if (err == ZL_ERR_SYSTEM)
                        zl_log_complain(log, "read", path.text);
                else
                        zl_log_say(log, "%s is damaged: its head does not hold; its frames cannot "
                                        "be read",
                                   path.text);
                segment->damaged = true;
        }
        zl_segment_shut(reader);
        return epoch;
}

/* How far do its records hold? Answers the end that the scan came to. */
struct scan {
        enum zl_err err;
        uint64_t end, offset, last_ns, torn;
};

static struct scan scan_segment(struct zl_log *log, const struct zl_segment *segment)
{
        struct zl_log_path path = zl_log_segment_path(log, segment);
        struct zl_segment_reader *reader;
        struct zl_kept kept;
        struct scan scan = {.end = segment->first, .last_ns = segment->head_ns};

        scan.err = zl_segment_open(log->disk, path.text, segment->compressed, &reader);
        if (scan.err != ZL_OK)
                return scan;
        while ((scan.err = zl_segment_next(reader, UINT64_MAX, &kept)) == ZL_OK) {
                scan.end = kept.position + 1;
                if (kept.received_ns > scan.last_ns)
                        scan.last_ns = kept.received_ns;
        }
        scan.offset = zl_segment_offset(reader);
        scan.torn = zl_segment_torn(reader);
        if (scan.err == ZL_ERR_DAMAGED)
                zl_log_say(log, "%s: the record of position %llu at byte %llu is damaged: %s; "
                                "reading goes on at the next segment",
                           path.text, (unsigned long long)scan.end,
                           (unsigned long long)scan.offset, zl_segment_cause(reader));
        zl_segment_shut(reader);
        return scan;
}

/* Both forms of one segment are there when a crash came between renaming the compressed one and
 * removing the other: the one with more in it stays. */
static void settle_twins(struct zl_log *log)
{
        uint32_t count = 0;

        for (uint32_t i = 0; i < log->segments_count; i++) {
                struct zl_segment *segment = &log->segments[i];
                bool twin = count > 0 && log->segments[count - 1].first == segment->first;
                if (!twin) {
                        log->segments[count++] = *segment;
                        continue;
                }
                struct zl_segment *plain = &log->segments[count - 1], keep = *segment;
                struct scan of_plain = scan_segment(log, plain);
                struct scan of_zstd = scan_segment(log, segment);
                struct zl_segment drop = *plain;
                if (of_plain.err != ZL_ERR_SYSTEM &&
                    (of_zstd.err != ZL_ERR_END || of_zstd.end < of_plain.end)) {
                        keep = *plain;
                        drop = *segment;
                }
                struct zl_log_path path = zl_log_segment_path(log, &drop);
                if (!log->settings.read_only &&
                    log->disk->unlink(log->disk->context, path.text) != 0)
                        zl_log_complain(log, "remove", path.text);
                log->segments[count - 1] = keep;
        }
        log->segments_count = count;
}

/* ---- the end ---- */

/* Whether a whole record of this log stands somewhere in these bytes. */
static bool holds_a_record(const uint8_t *bytes, size_t size, uint64_t position_min)
{
        uint32_t suspects = 0;

        for (size_t at = 1; at + ZL_KEPT_HEAD_SIZE <= size && suspects < SUSPECTS_MAX; at++) {
                uint32_t body_size;
                if (zl_get_le(bytes + at + 4, 4) != ZL_RECORD_KEPT)
                        continue;
                uint64_t position = zl_get_le(bytes + at + ZL_TAPE_HEAD_SIZE, 8);
                if (position < position_min || position >= ZL_POSITION_MAX)
                        continue;
                suspects++;
                if (zl_record_check(bytes + at, size - at, &body_size) == ZL_OK)
                        return true;
        }
        return false;
}

/* Are these last bytes what a crash leaves of one record, or zeros that it never wrote? Else
 * something that was whole is damaged, and what may stand behind it is not thrown away. */
static bool looks_torn(struct zl_log *log, const char *path, uint64_t offset, uint64_t size,
                       uint64_t position)
{
        uint64_t left = size - offset;
        size_t most = ZL_LOG_BUFFER_SIZE < left ? ZL_LOG_BUFFER_SIZE : (size_t)left;
        int fd = log->disk->open(log->disk->context, path, ZL_DISK_READ);
        ssize_t got = fd < 0 ? -1
                             : zl_disk_read_all(log->disk, fd, log->buffer, most, offset);
        bool zeros = true;

        /* All of it may be zeros, however long; a torn record is at most one record long. */
        for (uint64_t at = offset; zeros && got > 0; at += (uint64_t)got) {
                for (ssize_t i = 0; i < got && zeros; i++)
                        zeros = log->buffer[i] == 0;
                if (zeros)
                        got = zl_disk_read_all(log->disk, fd, log->buffer, most,
                                               at + (uint64_t)got);
        }
        if (fd >= 0)
                log->disk->close(log->disk->context, fd);
        if (got < 0)
                return false;
        return zeros || (left <= ZL_KEPT_SIZE_MAX &&
                         !holds_a_record(log->buffer, (size_t)got, position));
}

static void cut(struct zl_log *log, struct zl_segment *segment, uint64_t offset)
{
        struct zl_log_path path = zl_log_segment_path(log, segment);
        uint64_t torn = segment->bytes - offset;

        zl_log_say(log, "%s: the last %llu bytes are a torn record and cut", path.text,
                   (unsigned long long)torn);
        log->counts.torn_bytes += torn;
        int fd = log->disk->open(log->disk->context, path.text, ZL_DISK_CHANGE);
        if (fd < 0 || log->disk->cut(log->disk->context, fd, offset) != 0)
                zl_log_complain(log, "cut", path.text);
        else
                segment->bytes = offset;
        if (fd >= 0)
                log->disk->close(log->disk->context, fd);
}

/* The last segment: how far it goes, and where the next one may begin. */
static void look_at_end(struct zl_log *log, struct zl_segment *segment)
{
        struct scan scan = {.err = ZL_ERR_DAMAGED, .end = segment->first};

        if (!segment->damaged)
                scan = scan_segment(log, segment);
        segment->end = scan.end;
        segment->last_ns = scan.last_ns;
        log->next = scan.end;
        if (scan.err == ZL_ERR_END && scan.torn == 0)
                return;
        struct zl_log_path path = zl_log_segment_path(log, segment);
        if (!segment->compressed && !segment->damaged && scan.err != ZL_ERR_SYSTEM &&
            looks_torn(log, path.text, scan.offset, segment->bytes, scan.end)) {
                if (!log->settings.read_only)
                        cut(log, segment, scan.offset);
                return;
        }
        if (scan.err == ZL_ERR_END)
                zl_log_say(log, "%s: the record of position %llu at byte %llu is damaged: it ends "
                                "outside of the file",
                           path.text, (unsigned long long)scan.end,
                           (unsigned long long)scan.offset);
        /* Nobody knows how many frames stood there: at most so many. No position is used twice. */
        uint64_t left = segment->compressed ? COMPRESSED_MOST : segment->bytes - scan.offset;
        segment->damaged = true;
        log->counts.damages++;
        log->next = scan.end + left / ZL_KEPT_HEAD_SIZE + 1;
}

static void drop_last(struct zl_log *log)
{
        struct zl_log_path path = zl_log_segment_path(log,
                                                      &log->segments[log->segments_count - 1]);

        if (!log->settings.read_only && log->disk->unlink(log->disk->context, path.text) != 0)
                zl_log_complain(log, "remove", path.text);
        log->segments_count--;
}

/* A crash came before the head was there. */
static void drop_headless_end(struct zl_log *log)
{
        while (log->segments_count > 0) {
                struct zl_segment *last = &log->segments[log->segments_count - 1];
                struct zl_log_path path = zl_log_segment_path(log, last);
                int64_t size = size_of(log, path.text);
                if (last->compressed || size < 0 || size > ZL_SEGMENT_HEAD_SIZE)
                        return;
                drop_last(log);
        }
}

/* The last segment in which there is something: the next one has the name of an empty one. */
static void find_end(struct zl_log *log)
{
        while (log->segments_count > 0) {
                struct zl_segment *last = &log->segments[log->segments_count - 1];
                log->bytes -= last->bytes;
                look_at_end(log, last);
                if (last->end > last->first || last->damaged) {
                        log->bytes += last->bytes;
                        return;
                }
                drop_last(log);
        }
}

/* Brings to the disk what the last run may have left to the system. */
static void sync_segment(struct zl_log *log, struct zl_segment *segment)
{
        struct zl_log_path path = zl_log_segment_path(log, segment);
        int fd = log->disk->open(log->disk->context, path.text, ZL_DISK_READ);

        segment->synced = segment->first;
        if (fd >= 0 && log->disk->sync(log->disk->context, fd) == 0)
                segment->synced = segment->end;
        else
                zl_log_complain(log, "sync", path.text);
        if (fd >= 0)
                log->disk->close(log->disk->context, fd);
}

static uint64_t look_at_segments(struct zl_log *log)
{
        uint64_t epoch = 0;

        if (log->segments_count == 0)
                return 0;
        qsort(log->segments, log->segments_count, sizeof *log->segments, by_position);
        settle_twins(log);
        drop_headless_end(log);
        for (uint32_t i = 0; i < log->segments_count; i++) {
                struct zl_segment *segment = &log->segments[i];
                uint64_t of_this = look_at_head(log, segment);
                epoch = of_this > epoch ? of_this : epoch;
                log->bytes += segment->bytes;
                if (i == 0)
                        continue;
                segment[-1].end = segment->follows > segment[-1].first ? segment->follows
                                                                       : segment[-1].first;
                segment[-1].last_ns = segment->head_ns;
        }
        find_end(log);
        for (uint32_t i = 0; i < log->segments_count && !log->settings.read_only; i++) {
                if (log->segments[i].compressed)
                        log->segments[i].synced = log->segments[i].end;
                else
                        sync_segment(log, &log->segments[i]);
        }
        return epoch;
}

/* ---- opening ---- */

static void name_owner(struct zl_log *log, const char *path)
{
        char owner[256] = "";
        int why = errno;
        ssize_t got = zl_disk_read_all(log->disk, log->lock_fd, owner, sizeof owner - 1, 0);

        if (got <= 0)
                snprintf(owner, sizeof owner, "a process that did not say its name");
        owner[strcspn(owner, "\n")] = '\0';
        errno = why;
        if (why == EWOULDBLOCK)
                zl_log_say(log, "%s is written by %s already", log->folder, owner);
        else
                zl_log_complain(log, "lock", path);
}

static enum zl_err lock(struct zl_log *log)
{
        char path[PATH_MAX], host[64] = "", line[256];

        snprintf(path, sizeof path, "%s/lock", log->folder);
        log->lock_fd = log->disk->open(log->disk->context, path, ZL_DISK_LOCK);
        if (log->lock_fd < 0) {
                zl_log_complain(log, "open", path);
                return ZL_ERR_SYSTEM;
        }
        if (log->disk->lock(log->disk->context, log->lock_fd) != 0) {
                int why = errno;
                name_owner(log, path);
                errno = why;
                return ZL_ERR_SYSTEM;
        }
        gethostname(host, sizeof host - 1);
        int size = snprintf(line, sizeof line, "process %ld on %s, src %u\n", (long)getpid(), host,
                            log->settings.src);
        /* It is held, whether or not it can say by whom: the disk may be full. */
        if (log->disk->cut(log->disk->context, log->lock_fd, 0) != 0 ||
            zl_disk_write_all(log->disk, log->lock_fd, line, (size_t)size, 0) != (size_t)size)
                zl_log_complain(log, "write", path);
        return ZL_OK;
}

static enum zl_err choose_epoch(struct zl_log *log, uint64_t last)
{
        uint64_t epoch = log->settings.epoch;

        log->counts.epoch = epoch ? epoch : last + 1;
        if (log->counts.epoch > last || log->settings.read_only)
                return ZL_OK;
        zl_log_say(log, "%s was written by epoch %llu; epoch %llu is not above it", log->folder,
                   (unsigned long long)last, (unsigned long long)log->counts.epoch);
        return ZL_ERR_INVALID;
}

static enum zl_err recover(struct zl_log *log)
{
        struct listing listing = {.log = log};

        if (!log->settings.read_only) {
                if (log->disk->make_folder(log->disk->context, log->folder) != 0) {
                        zl_log_complain(log, "make", log->folder);
                        return ZL_ERR_SYSTEM;
                }
                enum zl_err err = lock(log);
                if (err != ZL_OK)
                        return err;
        }
        if (log->disk->list(log->disk->context, log->folder, take_name, &listing) != 0) {
                zl_log_complain(log, "list", log->folder);
                return ZL_ERR_SYSTEM;
        }
        if (listing.failed)
                return ZL_ERR_INVALID;
        uint64_t epoch = look_at_segments(log);
        uint64_t of_snapshots = zl_log_snapshots_check(log, listing.snapshots,
                                                       listing.snapshots_count);
        /* The log may have lost its end where the snapshot that covers it was synced. */
        if (log->snapshots_count && log->snapshots[0].position > log->next)
                log->next = log->snapshots[0].position;
        log->kept_end = log->written_end = log->follows = log->next;
        log->restart = log->segments_count > 0 || log->snapshots_count > 0;
        if (!log->settings.read_only && zl_disk_sync_folder(log->disk, log->folder) != 0)
                zl_log_complain(log, "sync the folder", log->folder);
        return choose_epoch(log, epoch > of_snapshots ? epoch : of_snapshots);
}

enum zl_err zl_log_open(const struct zl_log_settings *settings, struct zl_store **ret_store)
{
        struct zl_log *log = malloc(sizeof *log);

        if (!log || strlen(settings->folder) >= ZL_LOG_FOLDER_SIZE) {
                errno = log ? ENAMETOOLONG : ENOMEM;
                free(log);
                return ZL_ERR_SYSTEM;
        }
        memset(log, 0, offsetof(struct zl_log, buffer));
        log->store.kind = &zl_log_kind;
        log->settings = *settings;
        log->disk = settings->disk ? settings->disk : &zl_disk_posix;
        strcpy(log->folder, settings->folder);
        log->settings.folder = log->folder;
        if (log->settings.segment_bytes == 0)
                log->settings.segment_bytes = 64 << 20;
        log->fd = log->lock_fd = -1;
        enum zl_err err = recover(log);
        if (err != ZL_OK) {
                int why = errno;
                zl_log_free(log);
                errno = why;
                return err;
        }
        *ret_store = &log->store;
        return ZL_OK;
}
