#include "tape/format.h"
#include "tape/states.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 18 };

struct zl_tape_writer {
        int fd;
        int broken; /* errno of the first failure, 0 for none */
        uint64_t records;
        uint64_t whole_size; /* of the file up to its last whole record */
        uint64_t given;      /* bytes of all that was appended */
        uint64_t state;      /* where the last state begins; 0: none */
        uint8_t seal[ZL_SEAL_SIZE];
        size_t used;
        uint8_t buffer[BUFFER_SIZE];
};

/* How many bytes went out: fewer than `size` when the system refused. */
static size_t write_all(int fd, const uint8_t *bytes, size_t size)
{
        size_t done = 0;

        while (done < size) {
                ssize_t written = write(fd, bytes + done, size - done);
                if (written < 0 && errno == EINTR)
                        continue;
                if (written < 0)
                        break;
                done += (size_t)written;
        }
        return done;
}

/* How many of the first `size` bytes of the buffer are whole records. */
static size_t whole_records(const struct zl_tape_writer *writer, size_t size)
{
        size_t whole = writer->whole_size ? 0 : ZL_TAPE_MAGIC_SIZE;

        if (size < whole)
                return 0;
        while (size - whole >= ZL_TAPE_HEAD_SIZE) {
                uint64_t frame_size = zl_get_le(writer->buffer + whole, 4);
                if (frame_size > size - whole - ZL_TAPE_HEAD_SIZE)
                        break;
                whole += ZL_TAPE_HEAD_SIZE + frame_size;
        }
        return whole;
}

static enum zl_err still_broken(const struct zl_tape_writer *writer)
{
        errno = writer->broken;
        return ZL_ERR_SYSTEM;
}

/* Leaves the file with whole records only, so that what is on it can be read. */
static enum zl_err give_up(struct zl_tape_writer *writer)
{
        writer->broken = errno;
        if (ftruncate(writer->fd, (off_t)writer->whole_size) != 0)
                return ZL_ERR_SYSTEM;
        return still_broken(writer);
}

enum zl_err zl_tape_flush(struct zl_tape_writer *writer)
{
        if (writer->broken)
                return still_broken(writer);
        size_t written = write_all(writer->fd, writer->buffer, writer->used);
        writer->whole_size += whole_records(writer, written);
        if (written < writer->used)
                return give_up(writer);
        writer->used = 0;
        return ZL_OK;
}

enum zl_err zl_tape_create(const char *path, struct zl_tape_writer **ret_writer)
{
        struct zl_tape_writer *writer = calloc(1, sizeof *writer);

        if (!writer)
                return ZL_ERR_SYSTEM;
        writer->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (writer->fd < 0) {
                free(writer);
                return ZL_ERR_SYSTEM;
        }
        writer->given = ZL_TAPE_MAGIC_SIZE;
        writer->used = ZL_TAPE_MAGIC_SIZE;
        memcpy(writer->buffer, ZL_TAPE_MAGIC, ZL_TAPE_MAGIC_SIZE);
        *ret_writer = writer;
        return ZL_OK;
}

/* A record longer than the buffer goes out by itself. */
static enum zl_err append_long(struct zl_tape_writer *writer, const uint8_t *head,
                               const void *frame, size_t frame_size)
{
        if (write_all(writer->fd, head, ZL_TAPE_HEAD_SIZE) < ZL_TAPE_HEAD_SIZE ||
            write_all(writer->fd, frame, frame_size) < frame_size)
                return give_up(writer);
        writer->whole_size += ZL_TAPE_HEAD_SIZE + frame_size;
        writer->given += ZL_TAPE_HEAD_SIZE + frame_size;
        writer->records++;
        return ZL_OK;
}

enum zl_err zl_tape_append(struct zl_tape_writer *writer, enum zl_record_kind kind,
                           const void *frame, size_t frame_size)
{
        uint8_t head[ZL_TAPE_HEAD_SIZE];
        size_t size = sizeof head + frame_size;

        ZL_ASSERT(frame_size <= ZL_FRAME_SIZE_MAX);
        if (writer->broken)
                return still_broken(writer);
        zl_record_head(head, kind, frame, frame_size);
        if (size > BUFFER_SIZE - writer->used && zl_tape_flush(writer) != ZL_OK)
                return ZL_ERR_SYSTEM;
        if (size > BUFFER_SIZE)
                return append_long(writer, head, frame, frame_size);
        memcpy(writer->buffer + writer->used, head, sizeof head);
        memcpy(writer->buffer + writer->used + sizeof head, frame, frame_size);
        writer->used += size;
        writer->given += size;
        writer->records++;
        return ZL_OK;
}

/* ---- states ---- */

enum zl_err zl_tape_append_seal(struct zl_tape_writer *writer, const uint8_t seal[ZL_SEAL_SIZE])
{
        memcpy(writer->seal, seal, ZL_SEAL_SIZE);
        return zl_tape_append(writer, ZL_RECORD_SEAL, seal, ZL_SEAL_SIZE);
}

static void put_part_head(const struct zl_tape_writer *writer, uint8_t *body,
                          const struct zl_tape_part *part)
{
        memcpy(body, writer->seal, ZL_SEAL_SIZE);
        zl_put_le(body + 16, writer->records, 8);
        zl_put_le(body + 24, part->back, 8);
        zl_put_le(body + 32, part->previous, 8);
        zl_put_le(body + 40, part->now_ns, 8);
        zl_put_le(body + 48, part->messages, 8);
        zl_put_le(body + 56, part->size, 8);
        zl_put_le(body + 64, part->at, 8);
}

enum zl_err zl_tape_append_state(struct zl_tape_writer *writer, uint64_t now_ns,
                                 uint64_t messages, const void *bytes, size_t size)
{
        const uint32_t most = ZL_FRAME_SIZE_MAX - ZL_PART_HEAD_SIZE;
        const uint64_t begin = writer->given;
        uint8_t *body = malloc(ZL_FRAME_SIZE_MAX);
        struct zl_tape_part part = {.now_ns = now_ns,
                                    .messages = messages,
                                    .size = size,
                                    .previous = writer->state ? begin - writer->state : 0};
        enum zl_err err;

        if (!body)
                return ZL_ERR_FULL;
        do {
                part.back = writer->given - begin;
                part.bytes_size = size - part.at < most ? (uint32_t)(size - part.at) : most;
                put_part_head(writer, body, &part);
                memcpy(body + ZL_PART_HEAD_SIZE, (const uint8_t *)bytes + part.at,
                       part.bytes_size);
                err = zl_tape_append(writer, ZL_RECORD_STATE, body,
                                     ZL_PART_HEAD_SIZE + part.bytes_size);
                part.at += part.bytes_size;
        } while (err == ZL_OK && part.at < size);
        free(body);
        if (err == ZL_OK)
                writer->state = begin;
        return err;
}

uint64_t zl_tape_records(const struct zl_tape_writer *writer)
{
        return writer->records;
}

uint64_t zl_tape_written(const struct zl_tape_writer *writer)
{
        return writer->given;
}

enum zl_err zl_tape_close(struct zl_tape_writer *writer)
{
        if (!writer)
                return ZL_OK;
        enum zl_err err = zl_tape_flush(writer);
        if (close(writer->fd) != 0)
                err = ZL_ERR_SYSTEM;
        free(writer);
        return err;
}
