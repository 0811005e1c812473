#include "tape/format.h"
#include "tape/reader.h"
#include "tape/repair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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
        reader->nameless = known && memcmp(reader->data, ZL_TAPE_MAGIC, known) != 0;
        return ZL_OK;
}

/* The first bytes are not a tape's: it begins where a record holds. */
static void find_begin(struct zl_tape_reader *reader)
{
        uint64_t begin = zl_scan_on(reader->data, reader->size, 0);

        reader->offset = begin;
        reader->damage = (struct zl_tape_damage){.size = begin, .to_end = begin == reader->size};
}

static void to_begin(struct zl_tape_reader *reader)
{
        reader->goes_on = false;
        reader->number = 0;
        reader->torn = 0;
        reader->forgotten = 0;
        reader->offset = reader->size < ZL_TAPE_MAGIC_SIZE ? reader->size : ZL_TAPE_MAGIC_SIZE;
        if (reader->size < ZL_TAPE_MAGIC_SIZE)
                reader->torn = reader->size;
        if (reader->nameless)
                find_begin(reader);
}

static enum zl_err open_any(const char *path, bool nameless, struct zl_tape_reader **ret_reader)
{
        struct zl_tape_reader *reader = calloc(1, sizeof *reader);

        if (!reader)
                return ZL_ERR_SYSTEM;
        enum zl_err err = zl_kept_is(path) ? zl_kept_open(path, &reader->kept)
                                           : open_tape(reader, path);
        if (err == ZL_OK && reader->nameless && !nameless)
                err = ZL_ERR_INVALID;
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

enum zl_err zl_tape_open(const char *path, struct zl_tape_reader **ret_reader)
{
        return open_any(path, false, ret_reader);
}

enum zl_err zl_tape_open_damaged(const char *path, struct zl_tape_reader **ret_reader)
{
        return open_any(path, true, ret_reader);
}

/* ---- what does not hold ---- */

/* A record that the file ends within is torn, when it is the last one. */
static enum zl_err stop_at(struct zl_tape_reader *reader, const char *cause, bool torn)
{
        uint64_t next = zl_scan_on(reader->data, reader->size, reader->offset + 1);
        char until[80] = "nothing behind it can be read";

        if (torn && next == reader->size) {
                reader->torn = reader->size - reader->offset;
                return ZL_ERR_END;
        }
        reader->goes_on = false;
        reader->damage = (struct zl_tape_damage){.number = reader->number,
                                                 .offset = reader->offset,
                                                 .size = next - reader->offset,
                                                 .to_end = next == reader->size};
        if (next < reader->size)
                snprintf(until, sizeof until, "the next that holds begins at byte %llu",
                         (unsigned long long)next);
        snprintf(reader->why, sizeof reader->why,
                 "record %llu at byte %llu is damaged: %s; %llu bytes, %s",
                 (unsigned long long)reader->number, (unsigned long long)reader->offset, cause,
                 (unsigned long long)reader->damage.size, until);
        return ZL_ERR_DAMAGED;
}

struct zl_tape_damage zl_tape_damage(const struct zl_tape_reader *reader)
{
        return reader->damage;
}

void zl_tape_pass_damage(struct zl_tape_reader *reader)
{
        reader->offset = reader->damage.offset + reader->damage.size;
        reader->number = reader->damage.number + 1;
}

/* ---- reading ---- */

/* What stands at the offset, whatever its kind. */
static enum zl_err take(struct zl_tape_reader *reader, struct zl_tape_record *ret_record)
{
        uint32_t size;

        if (reader->offset == reader->size)
                return ZL_ERR_END;
        const uint8_t *head = reader->data + reader->offset;
        enum zl_err err = zl_record_check(head, reader->size - reader->offset, &size);
        ret_record->number = reader->number;
        ret_record->offset = reader->offset;
        if (err == ZL_ERR_END) {
                bool whole_head = reader->size - reader->offset >= ZL_TAPE_HEAD_SIZE;
                bool too_long = whole_head && zl_get_le(head, 4) > ZL_FRAME_SIZE_MAX;
                return stop_at(reader, "it says that it is longer than what is left", !too_long);
        }
        if (err != ZL_OK)
                return stop_at(reader, "its checksum differs", false);
        if (head[4] >= ZL_RECORD_KINDS || head[4] == ZL_RECORD_KEPT)
                return stop_at(reader, "its kind is none of a tape's", false);
        ret_record->kind = (enum zl_record_kind)head[4];
        ret_record->frame = head + ZL_TAPE_HEAD_SIZE;
        ret_record->frame_size = size;
        reader->offset += ZL_TAPE_HEAD_SIZE + size;
        reader->number++;
        return ZL_OK;
}

/* A hole takes as many numbers as records are missing there: one, where nobody knows. */
static enum zl_err tell_hole(struct zl_tape_reader *reader, const struct zl_tape_record *record)
{
        struct zl_tape_hole hole = {0};
        bool known = zl_tape_hole_get(record, &hole);

        reader->number = record->number + (hole.records ? hole.records : 1);
        if (reader->all)
                return ZL_OK;
        reader->goes_on = true;
        snprintf(reader->why, sizeof reader->why,
                 "from record %llu on %s%llu records are missing: %llu bytes at byte %llu of the "
                 "tape that this one was saved from",
                 (unsigned long long)record->number, known && hole.records ? "" : "at least ",
                 (unsigned long long)(reader->number - record->number),
                 (unsigned long long)hole.size, (unsigned long long)hole.offset);
        return ZL_ERR_DAMAGED;
}

/* A state knows its number, whatever is missing before it. */
static void count_anew(struct zl_tape_reader *reader, struct zl_tape_record *record)
{
        struct zl_tape_part part;

        if (!zl_tape_part_get(record, &part))
                return;
        record->number = part.number;
        reader->number = part.number + 1;
}

static bool is_shown(const struct zl_tape_reader *reader, enum zl_record_kind kind)
{
        return kind < ZL_RECORD_KEPT || reader->all ||
               (kind == ZL_RECORD_STATE && reader->states);
}

enum zl_err zl_tape_next(struct zl_tape_reader *reader, struct zl_tape_record *ret_record)
{
        enum zl_err err;

        if (reader->kept)
                return zl_kept_next(reader->kept, ret_record);
        do {
                err = take(reader, ret_record);
                if (err == ZL_OK && ret_record->kind == ZL_RECORD_HOLE)
                        return tell_hole(reader, ret_record);
                if (err == ZL_OK && ret_record->kind == ZL_RECORD_STATE)
                        count_anew(reader, ret_record);
        } while (err == ZL_OK && !is_shown(reader, ret_record->kind));
        return err;
}

void zl_tape_show_states(struct zl_tape_reader *reader)
{
        reader->states = true;
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
        return reader->kept ? zl_kept_goes_on(reader->kept) : reader->goes_on;
}

uint64_t zl_tape_number(const struct zl_tape_reader *reader)
{
        return reader->kept ? zl_kept_number(reader->kept) : reader->number;
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
