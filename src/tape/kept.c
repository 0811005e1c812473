#include "tape/kept.h"

#include "tape/log.h"
#include "tape/segment.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CHUNK_SIZE = 1 << 20 };

struct chunk {
        struct chunk *next;
        size_t used, capacity;
        uint8_t bytes[];
};

/* Either a folder (store, items) or one file (segment). */
struct zl_kept_source {
        struct zl_store *store;
        struct zl_store_reader *items;
        struct zl_segment_reader *segment;
        bool compressed;
        uint64_t number, size;
        struct chunk *chunks; /* frames that were given */
        char path[PATH_MAX];
        char why[PATH_MAX + 512];
};

/* ---- opening ---- */

static const uint8_t zstd_magic[4] = {0x28, 0xb5, 0x2f, 0xfd};

static bool is_folder(const char *path)
{
        struct stat status;

        return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* The file's size when it begins like a segment; -1 when it does not. A pipe is not touched: it
 * would not be the same after. */
static int64_t look(const char *path, bool *ret_compressed)
{
        const struct zl_disk *disk = &zl_disk_posix;
        uint8_t bytes[ZL_SEGMENT_HEAD_SIZE] = {0};
        struct zl_segment_head head;
        struct stat status;

        if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
                return -1;
        int fd = disk->open(NULL, path, ZL_DISK_READ);
        if (fd < 0)
                return -1;
        ssize_t got = zl_disk_read_all(disk, fd, bytes, sizeof bytes, 0);
        disk->close(NULL, fd);
        *ret_compressed = got > 0 && !memcmp(bytes, zstd_magic, sizeof zstd_magic);
        return *ret_compressed || zl_segment_head_get(bytes, &head) ? status.st_size : -1;
}

bool zl_kept_is(const char *path)
{
        bool compressed;

        return is_folder(path) || look(path, &compressed) >= 0;
}

static enum zl_err open_folder(struct zl_kept_source *source)
{
        struct zl_log_settings settings = {.folder = source->path, .read_only = true};
        struct zl_store_status status;
        enum zl_err err = zl_log_open(&settings, &source->store);

        if (err != ZL_OK)
                return err;
        zl_store_status(source->store, &status);
        source->size = status.bytes;
        return status.segments ? zl_store_read(source->store, status.first, &source->items)
                               : ZL_ERR_INVALID;
}

static enum zl_err open_file(struct zl_kept_source *source)
{
        int64_t size = look(source->path, &source->compressed);

        if (size < 0)
                return ZL_ERR_INVALID;
        source->size = (uint64_t)size;
        return zl_segment_open(&zl_disk_posix, source->path, source->compressed,
                               &source->segment);
}

enum zl_err zl_kept_open(const char *path, struct zl_kept_source **ret_source)
{
        struct zl_kept_source *source = calloc(1, sizeof *source);

        if (!source || strlen(path) >= sizeof source->path) {
                errno = source ? ENAMETOOLONG : ENOMEM;
                free(source);
                return ZL_ERR_SYSTEM;
        }
        strcpy(source->path, path);
        enum zl_err err = is_folder(path) ? open_folder(source) : open_file(source);
        if (err != ZL_OK) {
                int why = errno;
                zl_kept_shut(source);
                errno = why;
                return err == ZL_ERR_SYSTEM ? err : ZL_ERR_INVALID;
        }
        *ret_source = source;
        return ZL_OK;
}

/* ---- reading ---- */

static enum zl_err give(struct zl_kept_source *source, const uint8_t *frame, uint32_t size,
                        uint64_t offset, struct zl_tape_record *ret_record)
{
        struct chunk *chunk = source->chunks;

        if (!chunk || chunk->capacity - chunk->used < size) {
                size_t capacity = size > CHUNK_SIZE ? size : CHUNK_SIZE;
                chunk = malloc(sizeof *chunk + capacity);
                if (!chunk)
                        return ZL_ERR_SYSTEM;
                chunk->used = 0;
                chunk->capacity = capacity;
                chunk->next = source->chunks;
                source->chunks = chunk;
        }
        uint8_t *copy = chunk->bytes + chunk->used;
        memcpy(copy, frame, size);
        chunk->used += size;
        *ret_record = (struct zl_tape_record){
                .kind = ZL_RECORD_IN,
                .frame = copy,
                .frame_size = size,
                .number = source->number++,
                .offset = offset,
        };
        return ZL_OK;
}

static enum zl_err tell_hole(struct zl_kept_source *source, const struct zl_store_item *item)
{
        unsigned long long first = item->position, last = first + item->count - 1;

        if (item->kind == ZL_STORE_LOST)
                snprintf(source->why, sizeof source->why,
                         "the frames of positions %llu to %llu were lost when they came", first,
                         last);
        else if (item->kind == ZL_STORE_RETIRED)
                snprintf(source->why, sizeof source->why,
                         "the frames of positions %llu to %llu were removed", first, last);
        else
                snprintf(source->why, sizeof source->why,
                         "the frames of positions %llu to %llu are damaged: %s", first, last,
                         zl_store_reader_why(source->items));
        return ZL_ERR_DAMAGED;
}

static enum zl_err next_of_folder(struct zl_kept_source *source,
                                  struct zl_tape_record *ret_record)
{
        struct zl_store_item item;
        enum zl_err err;

        do {
                err = zl_store_next(source->items, &item);
        } while (err == ZL_OK && item.kind == ZL_STORE_RESTART);
        if (err != ZL_OK)
                return err;
        source->number = item.position;
        if (item.kind != ZL_STORE_FRAME) {
                ret_record->number = source->number;
                ret_record->offset = 0;
                return tell_hole(source, &item);
        }
        return give(source, item.frame, item.frame_size, 0, ret_record);
}

static enum zl_err next_of_file(struct zl_kept_source *source, struct zl_tape_record *ret_record)
{
        struct zl_kept kept;
        enum zl_err err = zl_segment_next(source->segment, UINT64_MAX, &kept);

        if (err == ZL_OK)
                return give(source, kept.frame, kept.frame_size, kept.offset, ret_record);
        if (err == ZL_ERR_DAMAGED) {
                ret_record->number = source->number;
                ret_record->offset = zl_segment_offset(source->segment);
                snprintf(source->why, sizeof source->why,
                         "record %llu at byte %llu is damaged: %s",
                         (unsigned long long)source->number,
                         (unsigned long long)ret_record->offset,
                         zl_segment_cause(source->segment));
        }
        return err;
}

enum zl_err zl_kept_next(struct zl_kept_source *source, struct zl_tape_record *ret_record)
{
        return source->store ? next_of_folder(source, ret_record)
                             : next_of_file(source, ret_record);
}

bool zl_kept_goes_on(const struct zl_kept_source *source)
{
        return source->store != NULL;
}

uint64_t zl_kept_number(const struct zl_kept_source *source)
{
        return source->number;
}

const char *zl_kept_why(const struct zl_kept_source *source)
{
        return source->why;
}

uint64_t zl_kept_torn(const struct zl_kept_source *source)
{
        return source->segment ? zl_segment_torn(source->segment) : 0;
}

uint64_t zl_kept_size(const struct zl_kept_source *source)
{
        return source->size;
}

enum zl_err zl_kept_rewind(struct zl_kept_source *source)
{
        struct zl_store_status status;
        struct zl_segment_reader *segment = NULL;
        struct zl_store_reader *items = NULL;
        enum zl_err err;

        if (source->store) {
                zl_store_status(source->store, &status);
                err = zl_store_read(source->store, status.first, &items);
        } else {
                err = zl_segment_open(&zl_disk_posix, source->path, source->compressed, &segment);
        }
        if (err != ZL_OK)
                return ZL_ERR_SYSTEM;
        zl_store_shut(source->items);
        zl_segment_shut(source->segment);
        source->items = items;
        source->segment = segment;
        source->number = 0;
        zl_kept_forget(source);
        return ZL_OK;
}

/* ---- states ---- */

enum zl_err zl_kept_find_state(struct zl_kept_source *source, uint64_t number_max,
                               uint64_t now_ns_max, struct zl_tape_state *ret_state)
{
        struct zl_store_snapshot snapshot;
        enum zl_err err = ZL_ERR_END;

        if (source->store)
                err = zl_store_newest_before(source->store, number_max, now_ns_max, &snapshot);
        if (err == ZL_OK)
                *ret_state = (struct zl_tape_state){.number = snapshot.position,
                                                    .offset = snapshot.digest,
                                                    .now_ns = snapshot.made_ns,
                                                    .size = snapshot.size};
        return err;
}

enum zl_err zl_kept_read_state(struct zl_kept_source *source, const struct zl_tape_state *state,
                               uint8_t *bytes)
{
        const struct zl_store_snapshot snapshot = {.position = state->number,
                                                   .size = state->size,
                                                   .digest = state->offset,
                                                   .made_ns = state->now_ns};

        return zl_store_get(source->store, &snapshot, bytes);
}

enum zl_err zl_kept_go_behind(struct zl_kept_source *source, const struct zl_tape_state *state)
{
        struct zl_store_reader *items;
        enum zl_err err = zl_store_read(source->store, state->number, &items);

        if (err != ZL_OK)
                return err;
        zl_store_shut(source->items);
        source->items = items;
        source->number = state->number;
        return ZL_OK;
}

void zl_kept_forget(struct zl_kept_source *source)
{
        while (source->chunks && source->chunks->next) {
                struct chunk *next = source->chunks->next;
                free(source->chunks);
                source->chunks = next;
        }
        if (source->chunks)
                source->chunks->used = 0;
}

void zl_kept_shut(struct zl_kept_source *source)
{
        if (!source)
                return;
        zl_kept_forget(source);
        free(source->chunks);
        zl_store_shut(source->items);
        zl_segment_shut(source->segment);
        if (source->store && zl_store_close(source->store) != ZL_OK)
                source->store = NULL; /* nothing was written: nothing can be lost */
        free(source);
}
