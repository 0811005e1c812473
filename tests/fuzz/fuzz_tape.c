/* Any bytes as a tape. Its records stand one behind the other, and written again they are the same
 * bytes. Checksums are made right after most mutations, or nothing behind them would be met. */
#include "core/assert.h"
#include "tape/format.h"
#include "tape/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max);

static struct zl_message message;

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
        size = LLVMFuzzerMutate(data, size, size_max);
        if (seed % 8 == 0)
                return size;
        if (seed % 8 < 6 && size >= ZL_TAPE_MAGIC_SIZE)
                memcpy(data, ZL_TAPE_MAGIC, ZL_TAPE_MAGIC_SIZE);
        size_t at = ZL_TAPE_MAGIC_SIZE;
        while (at + ZL_TAPE_HEAD_SIZE <= size) {
                uint64_t frame_size = zl_get_le(data + at, 4);
                if (frame_size > size - at - ZL_TAPE_HEAD_SIZE)
                        break;
                zl_put_le(data + at + 8,
                          zl_tape_checksum(data + at, data + at + ZL_TAPE_HEAD_SIZE, frame_size),
                          8);
                at += ZL_TAPE_HEAD_SIZE + frame_size;
        }
        return size;
}

static int file_of(const uint8_t *data, size_t size, char path[64])
{
        int fd = memfd_create("tape", MFD_CLOEXEC);

        ZL_ASSERT(fd >= 0 && write(fd, data, size) == (ssize_t)size);
        snprintf(path, 64, "/proc/self/fd/%d", fd);
        return fd;
}

/* Appends every whole record to `writer`, where there is one. Answers where the whole part ends. */
static uint64_t read_all(struct zl_tape_reader *reader, const uint8_t *data, size_t size,
                         struct zl_tape_writer *writer)
{
        struct zl_tape_record record;
        uint64_t at = size < ZL_TAPE_MAGIC_SIZE ? size : ZL_TAPE_MAGIC_SIZE, records = 0;
        bool counted = true; /* no record told another number */
        enum zl_err err;

        reader->all = true;
        while ((err = zl_tape_next(reader, &record)) == ZL_OK) {
                struct zl_frame_reader frame;
                counted &= record.kind <= ZL_RECORD_SEAL;
                ZL_ASSERT((!counted || record.number == records++) && record.offset == at);
                ZL_ASSERT(record.kind < ZL_RECORD_KINDS && record.kind != ZL_RECORD_KEPT);
                at += ZL_TAPE_HEAD_SIZE + record.frame_size;
                ZL_ASSERT(at <= size);
                ZL_ASSERT(!memcmp(record.frame, data + at - record.frame_size, record.frame_size));
                if (zl_frame_check(record.frame, record.frame_size, &message, &frame) != ZL_OK)
                        ZL_ASSERT(frame.defect);
                if (writer)
                        ZL_ASSERT(zl_tape_append(writer, record.kind, record.frame,
                                                 record.frame_size) == ZL_OK);
        }
        if (err == ZL_ERR_DAMAGED)
                ZL_ASSERT((!counted || record.number == records) && record.offset == at);
        else
                ZL_ASSERT(err == ZL_ERR_END && zl_tape_torn(reader) == (size < 16 ? size
                                                                                  : size - at));
        return at;
}

/* The three bytes of a head that are zero are not looked at by the reader. */
static bool spare_bytes_are_zero(const uint8_t *data, uint64_t size)
{
        for (uint64_t at = ZL_TAPE_MAGIC_SIZE; at < size;
             at += ZL_TAPE_HEAD_SIZE + zl_get_le(data + at, 4)) {
                if (data[at + 5] || data[at + 6] || data[at + 7])
                        return false;
        }
        return true;
}

/* A state that is found is as long as it says, and damage is passed to where a record holds. */
static void check_states(struct zl_tape_reader *reader, size_t size)
{
        struct zl_tape_state state;
        struct zl_tape_record record;
        enum zl_err err;

        if (zl_tape_find_state(reader, UINT64_MAX, UINT64_MAX, &state) == ZL_OK) {
                ZL_ASSERT(state.behind <= size && state.size < size);
                uint8_t *bytes = malloc(state.size + 1);
                ZL_ASSERT(bytes && zl_tape_read_state(reader, &state, bytes) == ZL_OK);
                free(bytes);
        }
        ZL_ASSERT(zl_tape_rewind(reader) == ZL_OK);
        while ((err = zl_tape_next(reader, &record)) != ZL_ERR_END) {
                if (err == ZL_ERR_DAMAGED)
                        zl_tape_pass_damage(reader);
                else
                        ZL_ASSERT(err == ZL_OK && record.offset + record.frame_size < size);
        }
}

static void check_again(struct zl_tape_reader *reader, const uint8_t *data, size_t size)
{
        struct zl_tape_writer *writer;
        char path[64];

        snprintf(path, sizeof path, "/dev/shm/zeroline-fuzz-%d", (int)getpid());
        unlink(path);
        ZL_ASSERT(zl_tape_create(path, &writer) == ZL_OK);
        ZL_ASSERT(zl_tape_rewind(reader) == ZL_OK);
        uint64_t whole = read_all(reader, data, size, writer);
        ZL_ASSERT(zl_tape_close(writer) == ZL_OK);
        FILE *file = fopen(path, "rb");
        uint8_t *bytes = malloc(whole + 1);
        ZL_ASSERT(file && bytes && fread(bytes, 1, whole + 1, file) == whole);
        ZL_ASSERT(!memcmp(bytes, data, whole));
        free(bytes);
        fclose(file);
        unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct zl_tape_reader *reader;
        char path[64];
        int fd = file_of(data, size, path);
        enum zl_err err = zl_tape_open(path, &reader);

        ZL_ASSERT(err == ZL_OK || err == ZL_ERR_INVALID);
        ZL_ASSERT(zl_tape_begins(data, size) == (err == ZL_OK && size >= ZL_TAPE_MAGIC_SIZE));
        if (err == ZL_OK) {
                uint64_t whole = read_all(reader, data, size, NULL);
                if (size >= ZL_TAPE_MAGIC_SIZE && spare_bytes_are_zero(data, whole))
                        check_again(reader, data, size);
                check_states(reader, size);
                zl_tape_shut(reader);
        }
        close(fd);
        return 0;
}
