#include "tape/format.h"
#include "tape/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct zl_tape_reader {
        struct zl_kept_source *kept; /* NULL: a tape, and what follows is its */
        const uint8_t *data; /* the file, mapped; NULL when it is empty */
        uint64_t size;
        uint64_t offset;
        uint64_t number;
        uint64_t torn;
        uint64_t forgotten; /* bytes at the beginning that are no longer in memory */
        char why[128];
};

enum { FORGET_SIZE = 4 << 20 }; /* at a time; a whole number of pages, however large they are */

bool zl_tape_begins(const void *bytes, size_t size)
{
        return size >= ZL_TAPE_MAGIC_SIZE && !memcmp(bytes, ZL_TAPE_MAGIC, ZL_TAPE_MAGIC_SIZE);
}

bool zl_tape_is(const char *path)
{
        uint8_t head[ZL_TAPE_MAGIC_SIZE];
        struct stat status;

        if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)) /* a pipe is not touched */
                return false;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got = fd < 0 ? -1 : read(fd, head, sizeof head);
        if (fd >= 0)
                close(fd);
        return got > 0 && zl_tape_begins(head, (size_t)got);
}

bool zl_tape_is_kept(const char *path)
{
        return zl_kept_is(path);
}

static enum zl_err map(struct zl_tape_reader *reader, int fd)
{
        struct stat status;

        if (fstat(fd, &status) != 0)
                return ZL_ERR_SYSTEM;
        if (!S_ISREG(status.st_mode))
                return ZL_ERR_INVALID;
        reader->size = (uint64_t)status.st_size;
        if (reader->size == 0)
                return ZL_OK;
        void *data = mmap(NULL, reader->size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED)
                return ZL_ERR_SYSTEM;
        reader->data = data;
        (void)madvise(data, reader->size, MADV_SEQUENTIAL); /* it helps, or it does not */
        return ZL_OK;
}

static enum zl_err open_tape(struct zl_tape_reader *reader, const char *path)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return ZL_ERR_SYSTEM;
        enum zl_err err = map(reader, fd);
        int why = errno;
        close(fd);
        errno = why;
        if (err != ZL_OK)
                return err;
        /* A file torn within its first bytes is a tape without records. */
        size_t known = reader->size < ZL_TAPE_MAGIC_SIZE ? reader->size : ZL_TAPE_MAGIC_SIZE;
        return known && memcmp(reader->data, ZL_TAPE_MAGIC, known) != 0 ? ZL_ERR_INVALID : ZL_OK;
}

static void to_begin(struct zl_tape_reader *reader)
{
        reader->number = 0;
        reader->torn = 0;
        reader->forgotten = 0;
        reader->offset = reader->size < ZL_TAPE_MAGIC_SIZE ? reader->size : ZL_TAPE_MAGIC_SIZE;
        if (reader->size < ZL_TAPE_MAGIC_SIZE)
                reader->torn = reader->size;
}

enum zl_err zl_tape_open(const char *path, struct zl_tape_reader **ret_reader)
{
        struct zl_tape_reader *reader = calloc(1, sizeof *reader);

        if (!reader)
                return ZL_ERR_SYSTEM;
        enum zl_err err = zl_kept_is(path) ? zl_kept_open(path, &reader->kept)
                                           : open_tape(reader, path);
        if (err != ZL_OK) {
                int why = errno;
                zl_tape_shut(reader);
                errno = why;
                return err;
        }
        to_begin(reader);
        *ret_reader = reader;
        return ZL_OK;
}

static enum zl_err torn_end(struct zl_tape_reader *reader)
{
        if (reader->offset < reader->size)
                reader->torn = reader->size - reader->offset;
        return ZL_ERR_END;
}

static enum zl_err damaged(struct zl_tape_reader *reader)
{
        snprintf(reader->why, sizeof reader->why,
                 "record %llu at byte %llu is damaged: its checksum differs",
                 (unsigned long long)reader->number, (unsigned long long)reader->offset);
        return ZL_ERR_DAMAGED;
}

enum zl_err zl_tape_next(struct zl_tape_reader *reader, struct zl_tape_record *ret_record)
{
        uint32_t frame_size;

        if (reader->kept)
                return zl_kept_next(reader->kept, ret_record);
        if (reader->offset == reader->size)
                return ZL_ERR_END;
        const uint8_t *head = reader->data + reader->offset;
        enum zl_err err = zl_record_check(head, reader->size - reader->offset, &frame_size);
        if (err == ZL_ERR_END)
                return torn_end(reader);
        ret_record->number = reader->number;
        ret_record->offset = reader->offset;
        if (err != ZL_OK || head[4] > ZL_RECORD_INTERNAL)
                return damaged(reader);
        ret_record->kind = (enum zl_record_kind)head[4];
        ret_record->frame = head + ZL_TAPE_HEAD_SIZE;
        ret_record->frame_size = frame_size;
        reader->offset += ZL_TAPE_HEAD_SIZE + frame_size;
        reader->number++;
        return ZL_OK;
}

uint64_t zl_tape_torn(const struct zl_tape_reader *reader)
{
        return reader->kept ? zl_kept_torn(reader->kept) : reader->torn;
}

uint64_t zl_tape_size(const struct zl_tape_reader *reader)
{
        return reader->kept ? zl_kept_size(reader->kept) : reader->size;
}

const char *zl_tape_why(const struct zl_tape_reader *reader)
{
        return reader->kept ? zl_kept_why(reader->kept) : reader->why;
}

bool zl_tape_goes_on(const struct zl_tape_reader *reader)
{
        return reader->kept && zl_kept_goes_on(reader->kept);
}

void zl_tape_forget(struct zl_tape_reader *reader)
{
        uint64_t done = reader->offset - reader->offset % FORGET_SIZE;

        if (reader->kept)
                zl_kept_forget(reader->kept);
        if (reader->kept || done <= reader->forgotten)
                return;
        void *from = (void *)(uintptr_t)(reader->data + reader->forgotten);
        (void)madvise(from, done - reader->forgotten, MADV_DONTNEED); /* the file still has them */
        reader->forgotten = done;
}

enum zl_err zl_tape_rewind(struct zl_tape_reader *reader)
{
        to_begin(reader);
        return reader->kept ? zl_kept_rewind(reader->kept) : ZL_OK;
}

void zl_tape_shut(struct zl_tape_reader *reader)
{
        if (!reader)
                return;
        zl_kept_shut(reader->kept);
        if (reader->data)
                munmap((void *)(uintptr_t)reader->data, reader->size);
        free(reader);
}
