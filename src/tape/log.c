#include "tape/log_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

struct zl_log_path zl_log_path(const struct zl_log *log, enum zl_store_name kind, uint64_t position)
{
        char name[ZL_STORE_NAME_SIZE];
        struct zl_log_path path;

        zl_store_name(kind, position, name);
        snprintf(path.text, sizeof path.text, "%s/%s", log->folder, name);
        return path;
}

void zl_log_say(struct zl_log *log, const char *format, ...)
{
        int why = errno;
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(log->why, sizeof log->why, format, arguments);
        va_end(arguments);
        if (log->settings.say)
                log->settings.say(log->settings.say_context, log->why);
        errno = why;
}

void zl_log_complain(struct zl_log *log, const char *what, const char *path)
{
        zl_log_say(log, "cannot %s %s: %s", what, path, strerror(errno));
}

static struct zl_segment *open_segment(struct zl_log *log)
{
        ZL_ASSERT(log->fd >= 0 && log->segments_count > 0);
        return &log->segments[log->segments_count - 1];
}

/* ---- segments ---- */

enum zl_err zl_log_reserve(struct zl_log *log)
{
        if (log->segments_count < log->segments_capacity)
                return ZL_OK;
        uint32_t capacity = log->segments_capacity ? 2 * log->segments_capacity : 64;
        void *more = NULL;
        errno = ENOSPC;
        if (log->segments_count < ZL_LOG_SEGMENTS_MAX)
                more = realloc(log->segments, capacity * sizeof *log->segments);
        if (!more)
                return ZL_ERR_SYSTEM;
        log->segments = more;
        log->segments_capacity = capacity;
        return ZL_OK;
}

/* The file with its head; -1 with errno, and no file. */
static int make_file(struct zl_log *log, const struct zl_segment_head *head, const char *path)
{
        uint8_t bytes[ZL_SEGMENT_HEAD_SIZE];
        int fd = log->disk->open(log->disk->context, path, ZL_DISK_WRITE);

        if (fd < 0)
                return -1;
        zl_segment_head_put(head, bytes);
        if (zl_disk_write_all(log->disk, fd, bytes, sizeof bytes, 0) == sizeof bytes)
                return fd;
        int why = errno;
        log->disk->close(log->disk->context, fd);
        log->disk->unlink(log->disk->context, path);
        errno = why;
        return -1;
}

/* The segment that the buffer's first record begins. */
static enum zl_err begin_segment(struct zl_log *log)
{
        const uint8_t *body = log->buffer + ZL_TAPE_HEAD_SIZE;
        struct zl_segment_head head = {
                .src = log->settings.src,
                .restart = log->restart,
                .epoch = log->counts.epoch,
                .first = zl_get_le(body, 8),
                .follows = log->follows,
                .made_ns = zl_get_le(body + 8, 8),
        };
        struct zl_log_path path = zl_log_path(log, ZL_NAME_SEGMENT, head.first);

        if (zl_log_reserve(log) != ZL_OK)
                return ZL_ERR_SYSTEM;
        int fd = make_file(log, &head, path.text);
        if (fd < 0)
                return ZL_ERR_SYSTEM;
        log->segments[log->segments_count++] = (struct zl_segment){
                .first = head.first,
                .end = head.first,
                .follows = head.follows,
                .synced = head.first,
                .bytes = ZL_SEGMENT_HEAD_SIZE,
                .head_ns = head.made_ns,
                .last_ns = head.made_ns,
                .restart = head.restart,
        };
        log->bytes += ZL_SEGMENT_HEAD_SIZE;
        log->fd = fd;
        log->names_synced = false;
        log->restart = false;
        return ZL_OK;
}

/* Closes the open one as it is; what is in memory goes to the next. */
static void leave_segment(struct zl_log *log)
{
        log->disk->close(log->disk->context, log->fd);
        log->fd = -1;
        log->follows = log->written_end;
        log->roll_wanted = false;
}

/* ---- writing ---- */

/* Takes `size` bytes that were written out of the buffer, if they end a record. */
static void account_written(struct zl_log *log, size_t size)
{
        struct zl_segment *segment = open_segment(log);
        size_t whole = 0;

        while (size - whole >= ZL_KEPT_HEAD_SIZE) {
                const uint8_t *head = log->buffer + whole;
                size_t record = ZL_TAPE_HEAD_SIZE + (size_t)zl_get_le(head, 4);
                if (record > size - whole)
                        break;
                segment->end = zl_get_le(head + ZL_TAPE_HEAD_SIZE, 8) + 1;
                uint64_t received_ns = zl_get_le(head + ZL_TAPE_HEAD_SIZE + 8, 8);
                if (received_ns > segment->last_ns)
                        segment->last_ns = received_ns;
                whole += record;
        }
        segment->bytes += whole;
        log->bytes += whole;
        log->written_end = segment->end;
        memmove(log->buffer, log->buffer + whole, log->used - whole);
        log->used -= whole;
}

static bool is_full(int why)
{
        return why == ENOSPC || why == EDQUOT || why == EFBIG;
}

static enum zl_err write_failed(struct zl_log *log, const char *what, const char *path)
{
        int why = errno;

        if (!log->counts.full)
                zl_log_complain(log, what, path);
        log->counts.write_failures++;
        log->counts.full = true;
        log->full_why = why;
        if (log->fd >= 0) {
                /* What was written of a torn record is in the way of readers only after a crash. */
                log->disk->cut(log->disk->context, log->fd, open_segment(log)->bytes);
                if (!is_full(why))
                        leave_segment(log);
        }
        errno = why;
        return ZL_ERR_SYSTEM;
}

enum zl_err zl_log_flush(struct zl_log *log)
{
        if (log->used == 0)
                return ZL_OK;
        if (log->fd < 0 && begin_segment(log) != ZL_OK) {
                uint64_t first = zl_get_le(log->buffer + ZL_TAPE_HEAD_SIZE, 8);
                struct zl_log_path path = zl_log_path(log, ZL_NAME_SEGMENT, first);
                return write_failed(log, "make", path.text);
        }
        struct zl_log_path path = zl_log_segment_path(log, open_segment(log));
        size_t size = log->used;
        size_t written = zl_disk_write_all(log->disk, log->fd, log->buffer, size,
                                           open_segment(log)->bytes);
        int why = errno;
        account_written(log, written);
        errno = why;
        if (written < size)
                return write_failed(log, "write", path.text);
        log->counts.full = false;
        return ZL_OK;
}

/* Nobody knows what the disk has of this segment: what follows goes to another. */
static enum zl_err sync_failed(struct zl_log *log, const char *path)
{
        int why = errno;

        log->counts.sync_failures++;
        zl_log_say(log, "cannot sync %s: %s; a crash may lose the frames from %llu to %llu", path,
                   strerror(why), (unsigned long long)open_segment(log)->synced,
                   (unsigned long long)log->written_end);
        leave_segment(log);
        errno = why;
        return ZL_ERR_SYSTEM;
}

static enum zl_err sync_open(struct zl_log *log)
{
        if (log->fd < 0)
                return ZL_OK;
        struct zl_segment *segment = open_segment(log);
        struct zl_log_path path = zl_log_segment_path(log, segment);
        if (log->disk->sync(log->disk->context, log->fd) != 0)
                return sync_failed(log, path.text);
        if (!log->names_synced && zl_disk_sync_folder(log->disk, log->folder) != 0) {
                log->counts.sync_failures++;
                zl_log_complain(log, "sync the folder", log->folder);
                return ZL_ERR_SYSTEM;
        }
        log->names_synced = true;
        segment->synced = segment->end;
        return ZL_OK;
}

static enum zl_err log_sync(struct zl_store *store)
{
        struct zl_log *log = zl_log_of(store);
        enum zl_err err = zl_log_flush(log);

        ZL_ASSERT(!log->settings.read_only);
        int why = errno;
        log->synced_ns = log->now_ns;
        enum zl_err synced = sync_open(log);
        if (err != ZL_OK)
                errno = why;
        else if (synced == ZL_OK)
                log->unsynced_frames = 0;
        return err == ZL_OK ? synced : err;
}

static bool never_syncs(const struct zl_log *log)
{
        return log->settings.sync_ms == 0 && log->settings.sync_frames == 0;
}

/* Closes the open segment; stays with it while what is in memory cannot be written. */
static void roll(struct zl_log *log)
{
        if (zl_log_flush(log) != ZL_OK || log->fd < 0)
                return;
        if (!never_syncs(log) && sync_open(log) != ZL_OK && log->fd >= 0)
                return; /* the folder: tried again */
        if (log->fd >= 0)
                leave_segment(log);
}

/* ---- appending ---- */

static enum zl_err lose(struct zl_log *log)
{
        int why = log->full_why;

        if (log->lost_count++ == 0) {
                log->lost_first = log->next;
                log->counts.holes++;
                zl_log_say(log, "frames are lost from position %llu on: %s: %s",
                           (unsigned long long)log->next, log->folder, strerror(why));
        }
        log->counts.frames_lost++;
        log->next++;
        errno = why;
        return ZL_ERR_SYSTEM;
}

static void end_hole(struct zl_log *log)
{
        if (log->lost_count)
                zl_log_say(log, "%s: frames are kept again; %llu were lost, from position %llu on",
                           log->folder, (unsigned long long)log->lost_count,
                           (unsigned long long)log->lost_first);
        log->lost_count = 0;
}

static bool is_due_to_roll(const struct zl_log *log, size_t size)
{
        uint64_t bytes = log->fd < 0 ? ZL_SEGMENT_HEAD_SIZE
                                     : log->segments[log->segments_count - 1].bytes;

        if (log->counts.full)
                return false;
        return log->roll_wanted || (bytes + log->used > ZL_SEGMENT_HEAD_SIZE &&
                                    bytes + log->used + size > log->settings.segment_bytes);
}

static void make_room(struct zl_log *log)
{
        if (zl_log_flush(log) != ZL_OK)
                return; /* said and counted; some of it may have gone out */
}

static enum zl_err log_append(struct zl_store *store, const void *frame, size_t frame_size,
                              uint64_t received_ns, uint64_t *ret_position)
{
        struct zl_log *log = zl_log_of(store);
        size_t size = ZL_KEPT_HEAD_SIZE + frame_size;

        ZL_ASSERT(!log->settings.read_only);
        if (frame_size > ZL_FRAME_SIZE_MAX || log->next >= ZL_POSITION_MAX)
                return ZL_ERR_INVALID;
        if (is_due_to_roll(log, size))
                roll(log);
        if (size > ZL_LOG_BUFFER_SIZE - log->used && !log->counts.full)
                make_room(log);
        if (size > ZL_LOG_BUFFER_SIZE - log->used)
                return lose(log);
        if (log->lost_count)
                end_hole(log);
        zl_kept_put(log->buffer + log->used, log->next, received_ns, frame, frame_size);
        log->used += size;
        *ret_position = log->next++;
        log->kept_end = log->next;
        log->unsynced_frames++;
        if (log->settings.sync_frames && log->unsynced_frames >= log->settings.sync_frames &&
            !log->counts.full && log_sync(store) != ZL_OK)
                return ZL_OK; /* said and counted; the frame is kept */
        return ZL_OK;
}

static bool log_work(struct zl_store *store, uint64_t now_ns)
{
        struct zl_log *log = zl_log_of(store);
        const struct zl_log_settings *settings = &log->settings;

        ZL_ASSERT(!settings->read_only);
        log->now_ns = now_ns;
        if (log->synced_ns > now_ns)
                log->synced_ns = now_ns; /* the clock was put back */
        enum zl_err err = zl_log_flush(log);
        if (settings->sync_ms && log->unsynced_frames &&
            now_ns - log->synced_ns >= settings->sync_ms * 1000000u)
                err = log_sync(store);
        if (log->fd >= 0 && settings->segment_ms && now_ns > open_segment(log)->head_ns &&
            now_ns - open_segment(log)->head_ns >= settings->segment_ms * 1000000u)
                roll(log);
        if (zl_log_retire(log))
                return true;
        return err == ZL_OK && !settings->plain && zl_log_compress(log);
}

/* ---- telling ---- */

static uint64_t synced_end(const struct zl_log *log)
{
        for (uint32_t i = 0; i < log->segments_count; i++) {
                const struct zl_segment *segment = &log->segments[i];
                if (segment->synced < segment->end)
                        return segment->synced;
        }
        return log->written_end;
}

static void log_status(const struct zl_store *store, struct zl_store_status *ret_status)
{
        const struct zl_log *log = zl_log_of(store);

        *ret_status = log->counts;
        ret_status->first = log->segments_count ? log->segments[0].first : log->next;
        ret_status->next = log->next;
        ret_status->synced = synced_end(log);
        ret_status->segments = log->segments_count;
        ret_status->bytes = log->bytes;
}

static const char *log_why(const struct zl_store *store)
{
        return zl_log_of(store)->why;
}

void zl_log_free(struct zl_log *log)
{
        if (log->fd >= 0)
                log->disk->close(log->disk->context, log->fd);
        if (log->lock_fd >= 0)
                log->disk->close(log->disk->context, log->lock_fd);
        free(log->segments);
        free(log);
}

static enum zl_err log_close(struct zl_store *store)
{
        struct zl_log *log = zl_log_of(store);
        enum zl_err err = ZL_OK;
        int why = 0;

        if (!log->settings.read_only) {
                err = never_syncs(log) ? zl_log_flush(log) : log_sync(store);
                why = errno;
                zl_log_compress_stop(log);
        }
        if (log->used)
                zl_log_say(log, "%s: the frames from position %llu on are lost: %s", log->folder,
                           (unsigned long long)log->written_end, strerror(why));
        zl_log_free(log);
        errno = why;
        return err;
}

const struct zl_store_kind zl_log_kind = {
        .append = log_append,
        .sync = log_sync,
        .work = log_work,
        .read = zl_log_read,
        .next = zl_log_next,
        .reader_why = zl_log_reader_why,
        .shut = zl_log_shut,
        .put = zl_log_put,
        .newest = zl_log_newest,
        .get = zl_log_get,
        .status = log_status,
        .why = log_why,
        .close = log_close,
};
