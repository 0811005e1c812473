/* tape/store.h over segment files: what is appended is read back; what is damaged, lost or removed
 * is told as a hole, and never taken for something else. */
#include "unit.h"

#include "sim_disk.h"
#include "store_check.h"

#include "tape/segment.h"

#include <dirent.h>
#include <unistd.h>

static char folder[64];

static const struct zl_log_settings on_sim = {
        .folder = "sim", .disk = &sim_table, .src = 9, .segment_bytes = 1500, .sync_frames = 1,
        .say = hear};

static int setup(void **state)
{
        (void)state;
        random_state = 4711;
        said[0] = '\0';
        sim_free();
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
        rmdir(folder);
        sim_free();
        return 0;
}

static struct zl_store *open_store(const struct zl_log_settings *settings)
{
        struct zl_store *store = NULL;

        assert_int_equal(zl_log_open(settings, &store), ZL_OK);
        return store;
}

static void close_store(struct zl_store *store)
{
        assert_int_equal(zl_store_close(store), ZL_OK);
}

static struct zl_store_status status_of(const struct zl_store *store)
{
        struct zl_store_status status;

        zl_store_status(store, &status);
        return status;
}

static void work_to_end(struct zl_store *store, uint64_t now_ns)
{
        for (int steps = 0; zl_store_work(store, now_ns); steps++)
                assert_true(steps < 100000);
}

/* On a real disk: random sizes, rolls, syncs and restarts, read from anywhere. */
static void test_read_back(void **state)
{
        struct zl_log_settings settings = {.folder = folder, .src = 9, .say = hear,
                                           .sync_ms = 100};
        struct zl_store *store;
        uint64_t appended = 0;

        (void)state;
        for (uint64_t run = 1; run <= 4; run++) {
                settings.segment_bytes = 2000 + random_u64() % 200000;
                store = open_store(&settings);
                assert_int_equal(status_of(store).epoch, run);
                assert_int_equal(next_of(store), appended);
                for (int i = 0; i < 500; i++, appended++) {
                        assert_true(append_one(store, 700));
                        if (random_u64() % 20 == 0)
                                zl_store_work(store, received_of(appended));
                }
                for (int i = 0; i < 20; i++) {
                        uint64_t from = random_u64() % appended;
                        struct look look = look_from(store, from, 700);
                        assert_int_equal(look.frames, appended - from);
                }
                close_store(store);
        }
        store = open_store(&settings);
        work_to_end(store, received_of(appended));
        struct zl_store_status status = status_of(store);
        assert_true(status.segments > 10 && status.compressed_segments > 0);
        assert_int_equal(status.synced, appended);
        assert_int_equal(look_from(store, 0, 700).frames, appended);
        assert_int_equal(look_from(store, 0, 700).restarts, 3);
        assert_string_equal(said, "");
        close_store(store);
}

/* A reader that runs behind the writer sees each frame once, whatever is closed, compressed or
 * begun meanwhile; nothing is left in memory unseen. */
static void test_read_while_appending(void **state)
{
        struct zl_store *store = open_store(&on_sim);
        struct zl_store_reader *reader;
        struct zl_store_item item;
        struct look look = {.first_missing = UINT64_MAX};

        (void)state;
        assert_int_equal(zl_store_read(store, 0, &reader), ZL_OK);
        assert_int_equal(zl_store_next(reader, &item), ZL_ERR_END);
        for (uint64_t i = 0; i < 800; i++) {
                assert_true(append_one(store, 60));
                while (random_u64() % 3 == 0 && zl_store_work(store, received_of(i)))
                        ;
                while (random_u64() % 8 == 0 && zl_store_next(reader, &item) == ZL_OK)
                        check_item(&item, 60, &look);
                for (int n = random_u64() % 500 ? 0 : 1000; n > 0; n--) {
                        if (zl_store_next(reader, &item) == ZL_OK)
                                check_item(&item, 60, &look);
                }
        }
        while (zl_store_next(reader, &item) == ZL_OK)
                check_item(&item, 60, &look);
        assert_int_equal(look.frames, 800);
        assert_int_equal(look.end, 800);
        zl_store_shut(reader);
        zl_store_shut(NULL);
        close_store(store);
        close_store(NULL);
}

static void test_too_long(void **state)
{
        struct zl_store *store = open_store(&on_sim);
        uint8_t *frame = calloc(1, ZL_FRAME_SIZE_MAX + 1);
        uint64_t position = 5;

        (void)state;
        assert_int_equal(zl_store_append(store, frame, ZL_FRAME_SIZE_MAX + 1, 0, &position),
                         ZL_ERR_INVALID);
        assert_true(position == 5 && next_of(store) == 0);
        for (int i = 0; i < 3; i++)
                assert_int_equal(zl_store_append(store, frame, ZL_FRAME_SIZE_MAX, 0, &position),
                                 ZL_OK);
        assert_int_equal(position, 2);
        struct zl_store_reader *reader;
        struct zl_store_item item;
        assert_int_equal(zl_store_read(store, 2, &reader), ZL_OK);
        assert_int_equal(zl_store_next(reader, &item), ZL_OK);
        assert_true(item.position == 2 && item.frame_size == ZL_FRAME_SIZE_MAX);
        zl_store_shut(reader);
        close_store(store);
        free(frame);
}

static void test_ages(void **state)
{
        struct zl_log_settings settings = on_sim;

        (void)state;
        settings.segment_ms = 10; /* ten frames, as they come a millisecond apart */
        settings.segment_bytes = 0;
        struct zl_store *store = open_store(&settings);
        for (uint64_t i = 0; i < 100; i++) {
                assert_true(append_one(store, 60));
                zl_store_work(store, received_of(i));
        }
        assert_int_equal(status_of(store).segments, 10); /* the last one is still open */
        close_store(store);
}

/* By count, by time, or never. */
static void test_sync_policy(void **state)
{
        struct zl_log_settings settings = on_sim;

        (void)state;
        settings.segment_bytes = 0;
        settings.plain = true;
        settings.sync_frames = 4;
        struct zl_store *store = open_store(&settings);
        for (uint64_t i = 0; i < 10; i++) {
                append_one(store, 60);
                assert_int_equal(status_of(store).synced, (i + 1) / 4 * 4);
        }
        close_store(store);
        settings.sync_frames = 0;
        settings.sync_ms = 5;
        store = open_store(&settings);
        zl_store_work(store, received_of(10));
        for (uint64_t i = 10; i < 30; i++) {
                append_one(store, 60);
                zl_store_work(store, received_of(i));
                assert_true(status_of(store).synced + 5 >= i);
                assert_true(status_of(store).synced <= i + 1);
        }
        close_store(store);
        settings.sync_ms = 0;
        store = open_store(&settings);
        for (uint64_t i = 30; i < 50; i++) {
                append_one(store, 60);
                zl_store_work(store, received_of(i));
                assert_int_equal(status_of(store).synced, 30);
        }
        assert_int_equal(zl_store_sync(store), ZL_OK);
        assert_int_equal(status_of(store).synced, 50);
        close_store(store);
}

/* Three runs: closed segments of both forms, an open one, two snapshots. */
static uint64_t make_world(struct sim_disk *ret_world)
{
        struct zl_log_settings settings = on_sim;
        uint64_t frames = 0;

        for (int run = 0; run < 3; run++) {
                settings.plain = run == 2;
                struct zl_store *store = open_store(&settings);
                for (int i = 0; i < 40; i++, frames++)
                        append_one(store, 60);
                if (run > 0)
                        assert_int_equal(put_one(store, frames - 13), ZL_OK);
                work_to_end(store, received_of(frames));
                close_store(store);
        }
        *ret_world = sim;
        memset(&sim, 0, sizeof sim);
        sim.room = UINT64_MAX;
        said[0] = '\0';
        return frames;
}

static void free_world(struct sim_disk *world)
{
        for (int i = 0; i < world->files_count; i++) {
                free(world->files[i].now.data);
                free(world->files[i].durable.data);
        }
}

/* The last segment, cut anywhere: the whole records before are there, the rest is given anew. */
static void test_cut_anywhere(void **state)
{
        static struct sim_disk world;
        uint64_t frames = make_world(&world), before = 0;
        char last[64] = "";

        (void)state;
        for (int i = 0; i < world.now.count; i++) {
                const char *name = world.now.names[i].text;
                if (world.now.names[i].file >= 0 && strstr(name, ".seg") && strcmp(name, last) > 0)
                        strcpy(last, name);
        }
        size_t size = world.files[sim_find(&world.now, last)->file].now.size;
        for (size_t keep = 0; keep <= size; keep++) {
                sim_copy(&world);
                sim_bytes_of(last)->size = keep;
                said[0] = '\0';
                struct zl_store *store = open_store(&on_sim);
                uint64_t next = next_of(store);
                assert_true(next >= before && next <= frames);
                assert_int_equal(status_of(store).damages, 0);
                before = next;
                struct look look = look_from(store, 0, 60);
                assert_true(look.end == next || next == frames - 13);
                assert_int_equal(get_newest(store), frames - 13);
                assert_true(append_one(store, 60));
                look = look_from(store, 0, 60);
                assert_int_equal(look.end, next + 1);
                assert_true(look.frames + look.missing[ZL_STORE_DAMAGED] +
                                    look.missing[ZL_STORE_LOST] == next + 1);
                close_store(store);
        }
        assert_int_equal(before, frames);
        free_world(&world);
}

/* A bit turned over anywhere: what is given is right, and what is missing is told. */
static void test_any_bit(void **state)
{
        static struct sim_disk world;
        uint64_t frames = make_world(&world), tried = 0, hurt = 0;

        (void)state;
        for (int i = 0; i < world.now.count; i++) {
                const struct sim_name *name = &world.now.names[i];
                if (name->file < 0 || !strcmp(name->text, "lock"))
                        continue;
                size_t size = world.files[name->file].now.size;
                bool snapshot = !strncmp(name->text, "snapshot", 8);
                for (size_t at = 0; at < size; at += snapshot ? 7 : 1, tried++) {
                        sim_copy(&world);
                        sim_bytes_of(name->text)->data[at] ^= (uint8_t)(1u << random_u64() % 8);
                        said[0] = '\0';
                        struct zl_store *store = open_store(&on_sim);
                        uint64_t newest = get_newest(store);
                        assert_true(newest == frames - 13 || (snapshot && newest == frames - 53));
                        assert_true(!snapshot || status_of(store).snapshots_bad == 1);
                        assert_true(next_of(store) >= frames - 13);
                        assert_true(append_one(store, 60));
                        struct look look = look_from(store, 0, 60);
                        assert_int_equal(look.end, next_of(store));
                        hurt += look.frames < frames + 1;
                        if (look.frames < frames + 1 && next_of(store) > frames)
                                assert_true(look.missing[ZL_STORE_DAMAGED] > 0 && said[0]);
                        assert_true(look.missing[ZL_STORE_LOST] == 0);
                        assert_true(look.missing[ZL_STORE_RETIRED] == 0);
                        close_store(store);
                }
        }
        assert_true(tried > 5000 && hurt > 3000);
        free_world(&world);
}

static void test_damage_is_placed(void **state)
{
        static struct sim_disk world;
        uint64_t frames = make_world(&world);
        char last[64];
        struct zl_store_reader *reader;
        struct zl_store_item item;

        (void)state;
        sim_copy(&world);
        zl_store_name(ZL_NAME_SEGMENT, 80, last); /* the third run's first */
        struct sim_bytes *bytes = sim_bytes_of(last);
        size_t second = ZL_SEGMENT_HEAD_SIZE + ZL_TAPE_HEAD_SIZE +
                        (size_t)zl_get_le(bytes->data + ZL_SEGMENT_HEAD_SIZE, 4);
        bytes->data[second + 9] ^= 1;
        struct zl_store *store = open_store(&on_sim);
        assert_int_equal(zl_store_read(store, 80, &reader), ZL_OK);
        assert_int_equal(zl_store_next(reader, &item), ZL_OK);
        assert_int_equal(zl_store_next(reader, &item), ZL_OK);
        assert_int_equal(item.kind, ZL_STORE_DAMAGED);
        assert_int_equal(item.position, 81);
        char expected[200];
        snprintf(expected, sizeof expected,
                 "sim/%s: the record of position 81 at byte %zu is damaged: its checksum differs",
                 last, second);
        assert_string_equal(zl_store_reader_why(reader), expected);
        assert_non_null(strstr(said, expected));
        uint64_t behind = item.position + item.count;
        assert_true(behind < frames);
        assert_int_equal(zl_store_next(reader, &item), ZL_OK);
        assert_true(item.kind == ZL_STORE_FRAME && item.position == behind);
        zl_store_shut(reader);
        close_store(store);
        free_world(&world);
}

/* A record that holds, at a position of a later segment: it hides nothing of that one. */
static void test_foreign_position(void **state)
{
        static struct sim_disk world;
        uint64_t frames = make_world(&world);
        char name[64];
        uint8_t record[200], frame[100];

        (void)state;
        sim_copy(&world);
        zl_store_name(ZL_NAME_SEGMENT, 80, name);
        struct sim_bytes *bytes = sim_bytes_of(name);
        size_t size = (size_t)zl_get_le(bytes->data + ZL_SEGMENT_HEAD_SIZE, 4) - 16;
        zl_kept_put(record, frames + 500, received_of(0), memset(frame, 7, sizeof frame), size);
        memcpy(bytes->data + ZL_SEGMENT_HEAD_SIZE, record, ZL_KEPT_HEAD_SIZE + size);
        struct zl_store *store = open_store(&on_sim);
        struct look look = look_from(store, 0, 60);
        assert_int_equal(look.holes[ZL_STORE_DAMAGED], 1);
        assert_int_equal(look.end, frames);
        assert_int_equal(look.frames + look.missing[ZL_STORE_DAMAGED], frames);
        assert_true(look.first_missing == 80 && look.frames > 90);
        assert_non_null(strstr(said, "its position is the next segment's"));
        close_store(store);
        free_world(&world);
}

/* Nothing is removed that both snapshots do not cover; what was is told, and counted. */
static void test_retention(void **state)
{
        struct zl_log_settings settings = on_sim;
        struct zl_store *store;

        (void)state;
        settings.keep_bytes = 4000;
        settings.plain = true;
        store = open_store(&settings);
        for (int i = 0; i < 300; i++)
                append_one(store, 60);
        work_to_end(store, received_of(300));
        assert_int_equal(look_from(store, 0, 60).frames, 300); /* no snapshot: all is kept */
        assert_int_equal(put_one(store, 100), ZL_OK);
        work_to_end(store, received_of(300));
        struct zl_store_status one = status_of(store);
        assert_true(one.first > 50 && one.first <= 100 && one.bytes > 4000);
        assert_int_equal(put_one(store, 290), ZL_OK);
        work_to_end(store, received_of(300));
        assert_int_equal(status_of(store).first, one.first); /* the one before has to be whole */
        assert_int_equal(put_one(store, 300), ZL_OK);
        work_to_end(store, received_of(300));
        struct zl_store_status two = status_of(store);
        assert_true(two.bytes <= 4000 && two.first < 290 && two.retired_segments > 5);
        assert_true(two.retired_bytes > 4000);
        struct look look = look_from(store, 20, 60);
        assert_true(look.holes[ZL_STORE_RETIRED] == 1 && look.end == 300);
        assert_int_equal(look.missing[ZL_STORE_RETIRED], two.first - 20);
        assert_int_equal(put_one(store, 299), ZL_ERR_INVALID); /* older than the newest */
        assert_int_equal(put_one(store, 301), ZL_ERR_INVALID);
        close_store(store);
        settings.keep_bytes = 0;
        settings.keep_ms = 50;
        store = open_store(&settings);
        assert_int_equal(get_newest(store), 300);
        work_to_end(store, received_of(330));
        assert_true(status_of(store).first <= 290 && status_of(store).first >= two.first);
        work_to_end(store, received_of(400));
        assert_true(status_of(store).first > two.first);
        close_store(store);
}

static void test_two_openers(void **state)
{
        const struct zl_log_settings settings = {.folder = folder, .src = 9, .say = hear,
                                                 .sync_frames = 1};
        struct zl_log_settings other = settings;
        struct zl_store *store = open_store(&settings), *second = NULL;
        char process[64];

        (void)state;
        append_one(store, 60);
        assert_int_equal(zl_log_open(&settings, &second), ZL_ERR_SYSTEM);
        assert_true(errno == EWOULDBLOCK && !second);
        snprintf(process, sizeof process, "is written by process %ld on ", (long)getpid());
        assert_non_null(strstr(said, process));
        other.read_only = true; /* who only reads needs no lock, and changes nothing */
        second = open_store(&other);
        assert_int_equal(look_from(second, 0, 60).frames, 1);
        close_store(second);
        append_one(store, 60);
        close_store(store);
        other.read_only = false;
        other.epoch = 1;
        assert_int_equal(zl_log_open(&other, &second), ZL_ERR_INVALID);
        assert_non_null(strstr(said, "epoch 1 is not above it"));
        other.folder = "/proc/nothing";
        assert_int_equal(zl_log_open(&other, &second), ZL_ERR_SYSTEM);
        assert_non_null(strstr(said, "cannot make /proc/nothing: No such file"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_read_back, setup, teardown),
                cmocka_unit_test_setup_teardown(test_read_while_appending, setup, teardown),
                cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
                cmocka_unit_test_setup_teardown(test_ages, setup, teardown),
                cmocka_unit_test_setup_teardown(test_sync_policy, setup, teardown),
                cmocka_unit_test_setup_teardown(test_cut_anywhere, setup, teardown),
                cmocka_unit_test_setup_teardown(test_any_bit, setup, teardown),
                cmocka_unit_test_setup_teardown(test_damage_is_placed, setup, teardown),
                cmocka_unit_test_setup_teardown(test_foreign_position, setup, teardown),
                cmocka_unit_test_setup_teardown(test_retention, setup, teardown),
                cmocka_unit_test_setup_teardown(test_two_openers, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
