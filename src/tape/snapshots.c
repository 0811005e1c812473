/* States behind a part of the log, each in a file: 64 bytes of head, then the bytes.
 *
 *     16  "ZLSNAP\r\n", the byte 1 (the version of the form), seven zero bytes
 *      8  position    8  size    8  XXH3-64 of the bytes    8  time it was made, ns
 *      8  epoch of the journal    8  XXH3-64 of the 56 bytes before */
#include "tape/log_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "ZLSNAP\r\n\x01\0\0\0\0\0\0\0"

enum {
        MAGIC_SIZE = 16,
        HEAD_SIZE = 64,
        CHUNK_SIZE = 1 << 16,
};

static void put_head(const struct zl_store_snapshot *snapshot, uint64_t epoch,
                     uint8_t bytes[HEAD_SIZE])
{
        memcpy(bytes, MAGIC, MAGIC_SIZE);
        zl_put_le(bytes + 16, snapshot->position, 8);
        zl_put_le(bytes + 24, snapshot->size, 8);
        zl_put_le(bytes + 32, snapshot->digest, 8);
        zl_put_le(bytes + 40, snapshot->made_ns, 8);
        zl_put_le(bytes + 48, epoch, 8);
        zl_put_le(bytes + 56, XXH3_64bits(bytes, 56), 8);
}

static bool get_head(const uint8_t bytes[HEAD_SIZE], struct zl_store_snapshot *ret_snapshot,
                     uint64_t *ret_epoch)
{
        if (memcmp(bytes, MAGIC, MAGIC_SIZE) != 0 ||
            zl_get_le(bytes + 56, 8) != XXH3_64bits(bytes, 56))
                return false;
        *ret_snapshot = (struct zl_store_snapshot){
                .position = zl_get_le(bytes + 16, 8),
                .size = zl_get_le(bytes + 24, 8),
                .digest = zl_get_le(bytes + 32, 8),
                .made_ns = zl_get_le(bytes + 40, 8),
        };
        *ret_epoch = zl_get_le(bytes + 48, 8);
        return true;
}

/* ---- at open ---- */

void zl_log_snapshot_found(struct zl_log *log, uint64_t position, uint64_t found[],
                           uint32_t *count, uint32_t capacity)
{
        uint32_t at = *count;

        (void)log;
        while (at > 0 && found[at - 1] < position)
                at--;
        if (at == capacity)
                return; /* older than all that are looked at */
        if (*count < capacity)
                ++*count;
        memmove(found + at + 1, found + at, (*count - at - 1) * sizeof *found);
        found[at] = position;
}

/* Whether the bytes behind the head are those that were kept. The buffer is nobody's at open. */
static bool holds(struct zl_log *log, int fd, const struct zl_store_snapshot *snapshot)
{
        XXH3_state_t *state = XXH3_createState();
        uint64_t done = 0;
        bool good = state && XXH3_64bits_reset(state) == XXH_OK;

        while (good && done < snapshot->size) {
                uint64_t left = snapshot->size - done;
                size_t size = left < CHUNK_SIZE ? (size_t)left : CHUNK_SIZE;
                good = zl_disk_read_all(log->disk, fd, log->buffer, size, HEAD_SIZE + done) ==
                               (ssize_t)size &&
                       XXH3_64bits_update(state, log->buffer, size) == XXH_OK;
                done += size;
        }
        good = good && XXH3_64bits_digest(state) == snapshot->digest;
        XXH3_freeState(state);
        return good;
}

static bool check(struct zl_log *log, uint64_t position, struct zl_store_snapshot *ret_snapshot,
                  uint64_t *ret_epoch)
{
        struct zl_log_path path = zl_log_path(log, ZL_NAME_SNAPSHOT, position);
        int fd = log->disk->open(log->disk->context, path.text, ZL_DISK_READ);
        uint8_t head[HEAD_SIZE];
        struct zl_store_snapshot snapshot;

        if (fd < 0)
                return false;
        int64_t size = log->disk->size(log->disk->context, fd);
        bool good = size >= HEAD_SIZE &&
                    zl_disk_read_all(log->disk, fd, head, HEAD_SIZE, 0) == HEAD_SIZE &&
                    get_head(head, &snapshot, ret_epoch) && snapshot.position == position &&
                    snapshot.size == (uint64_t)size - HEAD_SIZE && holds(log, fd, &snapshot);
        log->disk->close(log->disk->context, fd);
        if (good)
                *ret_snapshot = snapshot;
        return good;
}

static void remove_snapshot(struct zl_log *log, uint64_t position)
{
        struct zl_log_path path = zl_log_path(log, ZL_NAME_SNAPSHOT, position);

        if (log->disk->unlink(log->disk->context, path.text) == 0)
                return;
        log->counts.other_failures++;
        zl_log_complain(log, "remove", path.text);
}

uint64_t zl_log_snapshots_check(struct zl_log *log, const uint64_t found[], uint32_t count)
{
        uint64_t epoch_max = 0, epoch;

        for (uint32_t i = 0; i < count; i++) {
                if (log->snapshots_count == ZL_LOG_SNAPSHOTS_KEPT) {
                        if (!log->settings.read_only)
                                remove_snapshot(log, found[i]);
                } else if (check(log, found[i], &log->snapshots[log->snapshots_count], &epoch)) {
                        log->snapshots_count++;
                        epoch_max = epoch > epoch_max ? epoch : epoch_max;
                } else {
                        log->counts.snapshots_bad++;
                        zl_log_say(log, "%s: the snapshot of position %llu does not hold and is "
                                        "passed over",
                                   log->folder, (unsigned long long)found[i]);
                }
        }
        return epoch_max;
}

/* ---- keeping one ---- */

static enum zl_err write_part(struct zl_log *log, const struct zl_store_snapshot *snapshot,
                              const void *bytes, const char *path)
{
        uint8_t head[HEAD_SIZE];
        int fd = log->disk->open(log->disk->context, path, ZL_DISK_WRITE);

        if (fd < 0)
                return ZL_ERR_SYSTEM;
        put_head(snapshot, log->counts.epoch, head);
        bool good = zl_disk_write_all(log->disk, fd, head, HEAD_SIZE, 0) == HEAD_SIZE &&
                    zl_disk_write_all(log->disk, fd, bytes, snapshot->size, HEAD_SIZE) ==
                            snapshot->size &&
                    log->disk->sync(log->disk->context, fd) == 0;
        int why = errno;
        if (log->disk->close(log->disk->context, fd) != 0 && good) {
                why = errno;
                good = false;
        }
        errno = why;
        return good ? ZL_OK : ZL_ERR_SYSTEM;
}

static enum zl_err put_failed(struct zl_log *log, const char *what, const char *path)
{
        int why = errno;

        zl_log_complain(log, what, path);
        log->counts.other_failures++;
        log->disk->unlink(log->disk->context, path);
        errno = why;
        return ZL_ERR_SYSTEM;
}

/* One of the same position makes way, or else the oldest. */
static void remember(struct zl_log *log, const struct zl_store_snapshot *snapshot)
{
        uint32_t same = 0;

        while (same < log->snapshots_count && log->snapshots[same].position != snapshot->position)
                same++;
        if (same == log->snapshots_count && same == ZL_LOG_SNAPSHOTS_KEPT)
                remove_snapshot(log, log->snapshots[--same].position);
        else if (same == log->snapshots_count)
                log->snapshots_count++;
        memmove(log->snapshots + 1, log->snapshots, same * sizeof *log->snapshots);
        log->snapshots[0] = *snapshot;
}

enum zl_err zl_log_put(struct zl_store *store, uint64_t position, const void *bytes, size_t size,
                       uint64_t made_ns)
{
        struct zl_log *log = zl_log_of(store);
        struct zl_store_snapshot snapshot = {position, size, XXH3_64bits(bytes, size), made_ns};
        struct zl_log_path part = zl_log_path(log, ZL_NAME_SNAPSHOT_PART, position);
        struct zl_log_path whole = zl_log_path(log, ZL_NAME_SNAPSHOT, position);

        ZL_ASSERT(!log->settings.read_only);
        if (position > log->next ||
            (log->snapshots_count && position < log->snapshots[0].position))
                return ZL_ERR_INVALID;
        if (write_part(log, &snapshot, bytes, part.text) != ZL_OK)
                return put_failed(log, "write", part.text);
        if (log->disk->rename(log->disk->context, part.text, whole.text) != 0)
                return put_failed(log, "rename", part.text);
        if (zl_disk_sync_folder(log->disk, log->folder) != 0) {
                log->counts.other_failures++;
                zl_log_complain(log, "sync the folder of", whole.text);
                return ZL_ERR_SYSTEM; /* it may be there after a crash, or not: both are good */
        }
        remember(log, &snapshot);
        return ZL_OK;
}

enum zl_err zl_log_newest(struct zl_store *store, uint64_t position_max, uint64_t made_ns_max,
                          struct zl_store_snapshot *ret_snapshot)
{
        const struct zl_log *log = zl_log_of(store);

        for (uint32_t i = 0; i < log->snapshots_count; i++) {
                const struct zl_store_snapshot *one = &log->snapshots[i];
                if (one->position > position_max || one->made_ns > made_ns_max)
                        continue;
                *ret_snapshot = *one;
                return ZL_OK;
        }
        return ZL_ERR_END;
}

static void forget(struct zl_log *log, uint64_t position)
{
        for (uint32_t i = 0; i < log->snapshots_count; i++) {
                if (log->snapshots[i].position != position)
                        continue;
                log->snapshots_count--;
                memmove(log->snapshots + i, log->snapshots + i + 1,
                        (log->snapshots_count - i) * sizeof *log->snapshots);
                return;
        }
}

enum zl_err zl_log_get(struct zl_store *store, const struct zl_store_snapshot *snapshot,
                       void *bytes)
{
        struct zl_log *log = zl_log_of(store);
        struct zl_log_path path = zl_log_path(log, ZL_NAME_SNAPSHOT, snapshot->position);
        int fd = log->disk->open(log->disk->context, path.text, ZL_DISK_READ);

        if (fd < 0) {
                zl_log_complain(log, "open", path.text);
                return ZL_ERR_SYSTEM;
        }
        ssize_t got = zl_disk_read_all(log->disk, fd, bytes, snapshot->size, HEAD_SIZE);
        int why = errno;
        log->disk->close(log->disk->context, fd);
        if (got == (ssize_t)snapshot->size &&
            XXH3_64bits(bytes, snapshot->size) == snapshot->digest)
                return ZL_OK;
        log->counts.snapshots_bad++;
        if (got < 0)
                zl_log_say(log, "cannot read %s: %s", path.text, strerror(why));
        else
                zl_log_say(log, "%s does not hold any more", path.text);
        forget(log, snapshot->position);
        return ZL_ERR_DAMAGED;
}
