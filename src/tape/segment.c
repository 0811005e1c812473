#include "tape/segment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#define MAGIC "ZLSEGM\r\n\x01\0\0\0\0\0\0\0"

enum {
        MAGIC_SIZE = 16,
        DIGITS = 20,
        INPUT_SIZE = 1 << 16,
        BUFFER_SIZE = 1 << 16, /* more when a record is longer */
        FLAG_RESTART = 1,
};

struct zl_segment_reader {
        const struct zl_disk *disk;
        int fd;
        uint64_t file_offset; /* read up to there */
        uint64_t offset;      /* of buffer[at], in the uncompressed bytes */
        uint64_t position_min;
        const char *cause;
        struct zl_segment_head head;
        ZSTD_DCtx *zstd; /* NULL: not compressed */
        ZSTD_inBuffer input;
        uint8_t *input_bytes;
        bool ended;  /* the compressed bytes are at their end */
        bool broken; /* nothing behind here is believed */
        size_t at, used, capacity;
        uint8_t *buffer;
};

/* ---- names ---- */

static const struct {
        const char *before, *behind;
} names[] = {
        [ZL_NAME_SEGMENT] = {"", ".seg"},
        [ZL_NAME_COMPRESSED] = {"", ".seg.zst"},
        [ZL_NAME_COMPRESSING] = {"", ".seg.zst.part"},
        [ZL_NAME_SNAPSHOT] = {"snapshot.", ""},
        [ZL_NAME_SNAPSHOT_PART] = {"snapshot.", ".part"},
};

void zl_store_name(enum zl_store_name kind, uint64_t position, char ret_name[ZL_STORE_NAME_SIZE])
{
        snprintf(ret_name, ZL_STORE_NAME_SIZE, "%s%020llu%s", names[kind].before,
                 (unsigned long long)position, names[kind].behind);
}

enum zl_store_name zl_store_name_parse(const char *name, uint64_t *ret_position)
{
        size_t size = strnlen(name, ZL_STORE_NAME_SIZE);

        for (enum zl_store_name kind = ZL_NAME_SEGMENT; kind <= ZL_NAME_SNAPSHOT_PART; kind++) {
                size_t before = strlen(names[kind].before);
                uint64_t position = 0;
                size_t i = before;
                if (size != before + DIGITS + strlen(names[kind].behind) ||
                    memcmp(name, names[kind].before, before) != 0 ||
                    strcmp(name + before + DIGITS, names[kind].behind) != 0)
                        continue;
                while (i < before + DIGITS && name[i] >= '0' && name[i] <= '9' &&
                       position <= ZL_POSITION_MAX)
                        position = position * 10 + (uint64_t)(name[i++] - '0');
                if (i < before + DIGITS || position > ZL_POSITION_MAX)
                        continue;
                *ret_position = position;
                return kind;
        }
        return ZL_NAME_OTHER;
}

/* ---- bytes ---- */

void zl_segment_head_put(const struct zl_segment_head *head, uint8_t bytes[ZL_SEGMENT_HEAD_SIZE])
{
        memcpy(bytes, MAGIC, MAGIC_SIZE);
        zl_put_le(bytes + 16, head->src, 4);
        zl_put_le(bytes + 20, head->restart ? FLAG_RESTART : 0, 4);
        zl_put_le(bytes + 24, head->epoch, 8);
        zl_put_le(bytes + 32, head->first, 8);
        zl_put_le(bytes + 40, head->follows, 8);
        zl_put_le(bytes + 48, head->made_ns, 8);
        zl_put_le(bytes + 56, XXH3_64bits(bytes, 56), 8);
}

bool zl_segment_head_get(const uint8_t bytes[ZL_SEGMENT_HEAD_SIZE],
                         struct zl_segment_head *ret_head)
{
        struct zl_segment_head head = {
                .src = (uint32_t)zl_get_le(bytes + 16, 4),
                .restart = zl_get_le(bytes + 20, 4) & FLAG_RESTART,
                .epoch = zl_get_le(bytes + 24, 8),
                .first = zl_get_le(bytes + 32, 8),
                .follows = zl_get_le(bytes + 40, 8),
                .made_ns = zl_get_le(bytes + 48, 8),
        };

        if (memcmp(bytes, MAGIC, MAGIC_SIZE) != 0 ||
            zl_get_le(bytes + 56, 8) != XXH3_64bits(bytes, 56) || head.follows > head.first ||
            head.first > ZL_POSITION_MAX)
                return false;
        *ret_head = head;
        return true;
}

void zl_kept_put(uint8_t *bytes, uint64_t position, uint64_t received_ns, const void *frame,
                 size_t frame_size)
{
        uint8_t *body = bytes + ZL_TAPE_HEAD_SIZE;

        zl_put_le(body, position, 8);
        zl_put_le(body + 8, received_ns, 8);
        if (frame_size)
                memcpy(body + 16, frame, frame_size);
        zl_record_head(bytes, ZL_RECORD_KEPT, body, frame_size + 16);
}

/* ---- reading ---- */

static enum zl_err damaged(struct zl_segment_reader *reader, const char *cause)
{
        reader->cause = cause;
        reader->broken = true;
        return ZL_ERR_DAMAGED;
}

/* A sector that cannot be read is as good as damaged; what else the system refuses may pass. */
static enum zl_err refused(struct zl_segment_reader *reader)
{
        if (errno == EIO)
                return damaged(reader, "it cannot be read");
        reader->cause = "the system refused to read it";
        return ZL_ERR_SYSTEM;
}

static enum zl_err fill_plain(struct zl_segment_reader *reader, uint64_t limit, bool *ret_more)
{
        uint64_t left = limit > reader->file_offset ? limit - reader->file_offset : 0;
        size_t room = reader->capacity - reader->used;
        ssize_t got = zl_disk_read_all(reader->disk, reader->fd, reader->buffer + reader->used,
                                       room < left ? room : (size_t)left, reader->file_offset);

        if (got < 0)
                return refused(reader);
        reader->used += (size_t)got;
        reader->file_offset += (uint64_t)got;
        *ret_more = got > 0;
        return ZL_OK;
}

static enum zl_err fill_compressed(struct zl_segment_reader *reader, bool *ret_more)
{
        ZSTD_outBuffer output = {reader->buffer, reader->capacity, reader->used};

        *ret_more = false;
        if (reader->ended)
                return ZL_OK;
        if (reader->input.pos == reader->input.size) {
                ssize_t got = zl_disk_read_all(reader->disk, reader->fd, reader->input_bytes,
                                               INPUT_SIZE, reader->file_offset);
                if (got < 0)
                        return refused(reader);
                if (got == 0)
                        return damaged(reader, "the compressed bytes end too early");
                reader->file_offset += (uint64_t)got;
                reader->input = (ZSTD_inBuffer){reader->input_bytes, (size_t)got, 0};
        }
        size_t result = ZSTD_decompressStream(reader->zstd, &output, &reader->input);
        if (ZSTD_isError(result))
                return damaged(reader, "the compressed bytes do not hold");
        reader->used = output.pos;
        reader->ended = result == 0;
        *ret_more = true;
        return ZL_OK;
}

static bool make_room(struct zl_segment_reader *reader, size_t need)
{
        size_t capacity = need < BUFFER_SIZE ? BUFFER_SIZE : need + need / 2;
        uint8_t *buffer = realloc(reader->buffer, capacity);

        if (!buffer)
                return false;
        reader->buffer = buffer;
        reader->capacity = capacity;
        return true;
}

/* Tries to have `need` bytes from `at` on; there are fewer at the end. */
static enum zl_err fill(struct zl_segment_reader *reader, size_t need, uint64_t limit)
{
        bool more = true;

        ZL_ASSERT(need <= ZL_KEPT_SIZE_MAX);
        if (reader->used - reader->at >= need)
                return ZL_OK;
        if (reader->capacity < need && !make_room(reader, need))
                return refused(reader);
        if (reader->at)
                memmove(reader->buffer, reader->buffer + reader->at, reader->used - reader->at);
        reader->used -= reader->at;
        reader->at = 0;
        while (reader->used < need && more) {
                enum zl_err err = reader->zstd ? fill_compressed(reader, &more)
                                               : fill_plain(reader, limit, &more);
                if (err != ZL_OK)
                        return err;
        }
        return ZL_OK;
}

static enum zl_err open_zstd(struct zl_segment_reader *reader)
{
        reader->zstd = ZSTD_createDCtx();
        reader->input_bytes = malloc(INPUT_SIZE);
        errno = ENOMEM;
        return reader->zstd && reader->input_bytes &&
                               !ZSTD_isError(ZSTD_DCtx_setParameter(reader->zstd,
                                                                    ZSTD_d_windowLogMax,
                                                                    ZL_SEGMENT_WINDOW_LOG))
                       ? ZL_OK
                       : ZL_ERR_SYSTEM;
}

static enum zl_err read_head(struct zl_segment_reader *reader)
{
        enum zl_err err = fill(reader, ZL_SEGMENT_HEAD_SIZE, UINT64_MAX);

        if (err != ZL_OK)
                return err;
        if (reader->used < ZL_SEGMENT_HEAD_SIZE)
                return reader->zstd ? ZL_ERR_DAMAGED : ZL_ERR_END;
        if (!zl_segment_head_get(reader->buffer, &reader->head))
                return ZL_ERR_DAMAGED;
        reader->at = reader->offset = ZL_SEGMENT_HEAD_SIZE;
        reader->position_min = reader->head.first;
        return ZL_OK;
}

enum zl_err zl_segment_open(const struct zl_disk *disk, const char *path, bool compressed,
                            struct zl_segment_reader **ret_reader)
{
        struct zl_segment_reader *reader = calloc(1, sizeof *reader);

        if (!reader)
                return ZL_ERR_SYSTEM;
        reader->disk = disk;
        reader->cause = "";
        reader->fd = disk->open(disk->context, path, ZL_DISK_READ);
        enum zl_err err = reader->fd < 0 ? ZL_ERR_SYSTEM : ZL_OK;
        if (err == ZL_OK && compressed)
                err = open_zstd(reader);
        if (err == ZL_OK)
                err = read_head(reader);
        if (err != ZL_OK) {
                int why = errno;
                zl_segment_shut(reader);
                errno = why;
                return err;
        }
        *ret_reader = reader;
        return ZL_OK;
}

const struct zl_segment_head *zl_segment_head(const struct zl_segment_reader *reader)
{
        return &reader->head;
}

/* What the checksum covers may still be nonsense of somebody who can compute one. */
static enum zl_err take(struct zl_segment_reader *reader, uint32_t size, struct zl_kept *ret_kept)
{
        const uint8_t *head = reader->buffer + reader->at;
        const uint8_t *body = head + ZL_TAPE_HEAD_SIZE;

        if (head[4] != ZL_RECORD_KEPT || size < 16)
                return damaged(reader, "it is no record of a segment");
        uint64_t position = zl_get_le(body, 8);
        if (position < reader->position_min || position >= ZL_POSITION_MAX)
                return damaged(reader, "its position is out of order");
        *ret_kept = (struct zl_kept){
                .position = position,
                .received_ns = zl_get_le(body + 8, 8),
                .offset = reader->offset,
                .frame = body + 16,
                .frame_size = size - 16,
        };
        reader->position_min = position + 1;
        reader->at += ZL_TAPE_HEAD_SIZE + size;
        reader->offset += ZL_TAPE_HEAD_SIZE + size;
        return ZL_OK;
}

enum zl_err zl_segment_next(struct zl_segment_reader *reader, uint64_t limit,
                            struct zl_kept *ret_kept)
{
        uint32_t size;

        if (reader->broken)
                return ZL_ERR_DAMAGED;
        enum zl_err err = fill(reader, ZL_TAPE_HEAD_SIZE, limit);
        if (err != ZL_OK)
                return err;
        if (reader->used - reader->at < ZL_TAPE_HEAD_SIZE)
                return ZL_ERR_END;
        uint64_t need = ZL_TAPE_HEAD_SIZE + zl_get_le(reader->buffer + reader->at, 4);
        if (need > ZL_KEPT_SIZE_MAX)
                return damaged(reader, "it is longer than a record may be");
        err = fill(reader, (size_t)need, limit);
        if (err == ZL_OK)
                err = zl_record_check(reader->buffer + reader->at, reader->used - reader->at,
                                      &size);
        if (err == ZL_ERR_DAMAGED && !reader->broken)
                return damaged(reader, "its checksum differs");
        return err == ZL_OK ? take(reader, size, ret_kept) : err;
}

uint64_t zl_segment_offset(const struct zl_segment_reader *reader)
{
        return reader->offset;
}

const char *zl_segment_cause(const struct zl_segment_reader *reader)
{
        return reader->cause;
}

uint64_t zl_segment_torn(const struct zl_segment_reader *reader)
{
        return reader->used - reader->at;
}

void zl_segment_shut(struct zl_segment_reader *reader)
{
        if (!reader)
                return;
        if (reader->fd >= 0)
                reader->disk->close(reader->disk->context, reader->fd);
        ZSTD_freeDCtx(reader->zstd);
        free(reader->input_bytes);
        free(reader->buffer);
        free(reader);
}
