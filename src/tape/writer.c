#include "tape/format.h"

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
        struct zl_tape_writer *writer = malloc(sizeof *writer);

        if (!writer)
                return ZL_ERR_SYSTEM;
        writer->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (writer->fd < 0) {
                free(writer);
                return ZL_ERR_SYSTEM;
        }
        writer->broken = 0;
        writer->records = 0;
        writer->whole_size = 0;
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
        writer->records++;
        return ZL_OK;
}

enum zl_err zl_tape_append(struct zl_tape_writer *writer, enum zl_record_kind kind,
                           const void *frame, size_t frame_size)
{
        uint8_t head[ZL_TAPE_HEAD_SIZE];
        size_t size = sizeof head + frame_size;

        ZL_ASSERT(frame_size <= UINT32_MAX);
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
        writer->records++;
        return ZL_OK;
}

uint64_t zl_tape_records(const struct zl_tape_writer *writer)
{
        return writer->records;
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
