/* tape/tape.h over what a journal kept: a folder or a segment is read like a tape, and what is
 * missing is told. */
#include "unit.h"

#include "store_check.h"

#include "tape/tape.h"

#include <dirent.h>
#include <unistd.h>

static char folder[64];

static int setup(void **state)
{
        (void)state;
        strcpy(folder, "/tmp/zeroline-store-XXXXXX");
        return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
        DIR *names = opendir(folder);
        const struct dirent *entry;
        char path[400];

        (void)state;
        while (names && (entry = readdir(names))) {
                snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
                unlink(path);
        }
        if (names)
                closedir(names);
        return rmdir(folder);
}

static struct zl_store *open_store(const struct zl_log_settings *settings)
{
        struct zl_store *store = NULL;

        assert_int_equal(zl_log_open(settings, &store), ZL_OK);
        return store;
}

/* All frames from `position` to `ends`, twice. */
static void read_as_tape(const char *path, uint64_t position, uint64_t most, uint64_t ends)
{
        static uint8_t frame[4096];
        struct zl_tape_reader *reader;
        struct zl_tape_record record;
        enum zl_err err;

        assert_true(zl_tape_is_kept(path));
        assert_int_equal(zl_tape_open(path, &reader), ZL_OK);
        for (int round = 0; round < 2; round++) {
                uint64_t at = position;
                while ((err = zl_tape_next(reader, &record)) == ZL_OK) {
                        size_t size = frame_of(at, at < 40 ? 1 : 2, most, frame);
                        assert_true(record.kind == ZL_RECORD_IN && record.frame_size == size);
                        assert_memory_equal(record.frame, frame, size);
                        assert_int_equal(record.number, at++ - position);
                        if (at % 8 == 0)
                                zl_tape_forget(reader);
                }
                assert_true(err == ZL_ERR_END && at == ends && zl_tape_torn(reader) == 0);
                assert_int_equal(zl_tape_rewind(reader), ZL_OK);
        }
        zl_tape_shut(reader);
}

static void test_as_tape(void **state)
{
        struct zl_log_settings settings = {.folder = folder, .segment_bytes = 1500, .say = hear};
        char path[256];

        (void)state;
        for (uint64_t run = 0; run < 2; run++) {
                settings.plain = run == 1;
                struct zl_store *store = open_store(&settings);
                for (int i = 0; i < 40; i++)
                        assert_true(append_one(store, 60));
                while (zl_store_work(store, received_of(80)))
                        ;
                if (run == 1) /* while it is written */
                        read_as_tape(folder, 0, 60, 80);
                assert_int_equal(zl_store_close(store), ZL_OK);
        }
        read_as_tape(folder, 0, 60, 80);
        snprintf(path, sizeof path, "%s/%020d.seg.zst", folder, 0);
        struct zl_tape_reader *reader;
        struct zl_tape_record record;
        assert_int_equal(zl_tape_open(path, &reader), ZL_OK);
        uint64_t first = 0;
        while (zl_tape_next(reader, &record) == ZL_OK)
                first++;
        zl_tape_shut(reader);
        read_as_tape(path, 0, 60, first);
        assert_int_equal(unlink(path), 0);
        snprintf(path, sizeof path, "%s/%020d.seg", folder, 40);
        assert_int_equal(truncate(path, 200), 0);
        assert_int_equal(zl_tape_open(folder, &reader), ZL_OK);
        uint64_t frames = 0, holes = 0;
        enum zl_err err;
        while ((err = zl_tape_next(reader, &record)) != ZL_ERR_END) {
                assert_true(err == ZL_OK || (err == ZL_ERR_DAMAGED && zl_tape_goes_on(reader)));
                frames += err == ZL_OK;
                if (err == ZL_ERR_DAMAGED)
                        assert_int_equal(strncmp(zl_tape_why(reader), "the frames of ", 14), 0);
                holes += err == ZL_ERR_DAMAGED;
        }
        assert_true(holes == 1 && frames < 80 - first && frames > 20);
        zl_tape_shut(reader);
        assert_int_equal(zl_tape_open(path, &reader), ZL_OK);
        while (zl_tape_next(reader, &record) == ZL_OK)
                ;
        assert_true(zl_tape_torn(reader) > 0 && !zl_tape_goes_on(reader));
        zl_tape_shut(reader);
        assert_false(zl_tape_is_kept("/dev/null"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_as_tape, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
