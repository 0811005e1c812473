/* Any bytes as a file in a journal's folder: the first says of what kind, the rest are its content;
 * a good segment stands before it, and one behind. The store opens, reads to the end, in order, and
 * takes a new frame that is there afterwards. Checksums are made right after most mutations, or
 * nothing behind them would be met. */
#include "core/assert.h"
#include "tape/log.h"
#include "tape/segment.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max);

enum { FIRST = 1000, BEHIND = 5000, SNAPSHOT_HEAD_SIZE = 64 };

static const char *const names[] = {
        "00000000000000001000.seg", "00000000000000001000.seg.zst", "snapshot.00000000000000001000",
};

static char folder[64];

/* A head and records with checksums, as far as the bytes go. */
static void mend(uint8_t *bytes, size_t size, bool snapshot)
{
        size_t at = ZL_SEGMENT_HEAD_SIZE;

        if (size < at)
                return;
        memset(bytes, 0, 16);
        memcpy(bytes, snapshot ? "ZLSNAP\r\n\x01" : "ZLSEGM\r\n\x01", 9);
        if (snapshot) {
                zl_put_le(bytes + 16, FIRST, 8);
                zl_put_le(bytes + 24, size - SNAPSHOT_HEAD_SIZE, 8);
                zl_put_le(bytes + 32, XXH3_64bits(bytes + at, size - at), 8);
        } else {
                zl_put_le(bytes + 32, FIRST, 8);
        }
        zl_put_le(bytes + 56, XXH3_64bits(bytes, 56), 8);
        while (!snapshot && at + ZL_TAPE_HEAD_SIZE <= size) {
                uint64_t body = zl_get_le(bytes + at, 4);
                if (body > size - at - ZL_TAPE_HEAD_SIZE)
                        break;
                zl_put_le(bytes + at + 8,
                          zl_tape_checksum(bytes + at, bytes + at + ZL_TAPE_HEAD_SIZE, body), 8);
                at += ZL_TAPE_HEAD_SIZE + body;
        }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
        size = LLVMFuzzerMutate(data, size, size_max);
        if (size > 1 && seed % 8 > 1 && data[0] % 3 != 1)
                mend(data + 1, size - 1, data[0] % 3 == 2);
        return size;
}

static void write_file(const char *name, const uint8_t *bytes, size_t size)
{
        char path[128];

        snprintf(path, sizeof path, "%s/%s", folder, name);
        FILE *file = fopen(path, "wb");
        ZL_ASSERT(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

static void write_good(uint64_t first)
{
        uint8_t bytes[ZL_SEGMENT_HEAD_SIZE + ZL_KEPT_HEAD_SIZE + 3];
        const struct zl_segment_head head = {
                .epoch = 1, .first = first, .follows = first, .made_ns = 1};
        char name[ZL_STORE_NAME_SIZE];

        zl_segment_head_put(&head, bytes);
        zl_kept_put(bytes + ZL_SEGMENT_HEAD_SIZE, first, 1, "abc", 3);
        zl_store_name(ZL_NAME_SEGMENT, first, name);
        write_file(name, bytes, sizeof bytes);
}

static void clear(void)
{
        char path[400];
        const struct dirent *entry;
        DIR *names_there = opendir(folder);

        ZL_ASSERT(names_there);
        while ((entry = readdir(names_there))) {
                snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
                unlink(path);
        }
        closedir(names_there);
}

/* Answers where it ended. */
static uint64_t read_all(struct zl_store *store, bool *ret_new)
{
        struct zl_store_reader *reader;
        struct zl_store_item item;
        uint64_t position = 0;
        enum zl_err err;

        ZL_ASSERT(zl_store_read(store, 0, &reader) == ZL_OK);
        while ((err = zl_store_next(reader, &item)) == ZL_OK) {
                ZL_ASSERT(item.position == position);
                position += item.count;
                ZL_ASSERT(position <= ZL_POSITION_MAX);
                if (item.kind == ZL_STORE_FRAME) {
                        ZL_ASSERT(item.count == 1 && item.frame_size <= ZL_FRAME_SIZE_MAX);
                        *ret_new |= item.frame_size == 3 && !memcmp(item.frame, "new", 3);
                }
        }
        ZL_ASSERT(err == ZL_ERR_END);
        zl_store_shut(reader);
        return position;
}

static void use(bool with_segment_behind)
{
        const struct zl_log_settings settings = {.folder = folder, .plain = !with_segment_behind};
        struct zl_store *store;
        struct zl_store_snapshot snapshot;
        uint64_t position;
        bool new = false;

        if (zl_log_open(&settings, &store) != ZL_OK)
                return; /* an epoch that cannot be followed */
        if (zl_store_newest(store, &snapshot) == ZL_OK) {
                uint8_t *bytes = malloc(snapshot.size + 1);
                ZL_ASSERT(bytes && snapshot.size < 1 << 24);
                ZL_ASSERT(zl_store_get(store, &snapshot, bytes) == ZL_OK);
                free(bytes);
        }
        read_all(store, &new);
        if (zl_store_append(store, "new", 3, 2, &position) == ZL_OK) {
                ZL_ASSERT(!with_segment_behind || position == BEHIND + 1);
                new = false;
                ZL_ASSERT(read_all(store, &new) == position + 1 && new);
                while (zl_store_work(store, 3))
                        ;
                new = false;
                ZL_ASSERT(read_all(store, &new) == position + 1 && new);
        }
        ZL_ASSERT(zl_store_close(store) == ZL_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size == 0)
                return 0;
        snprintf(folder, sizeof folder, "/dev/shm/zeroline-fuzz-store-%d", (int)getpid());
        mkdir(folder, 0700);
        for (int round = 0; round < 2; round++) {
                clear();
                write_good(FIRST - 1);
                write_file(names[data[0] % 3], data + 1, size - 1);
                if (round)
                        write_good(BEHIND);
                use(round);
        }
        clear();
        rmdir(folder);
        return 0;
}
