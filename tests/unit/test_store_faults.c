/* tape/store.h on a disk that is full, that refuses, and whose power fails at any moment. */
#include "unit.h"

#include "sim_disk.h"
#include "store_check.h"

static const struct zl_log_settings on_sim = {
        .folder = "sim", .disk = &sim_table, .src = 9, .segment_bytes = 1500, .sync_frames = 3,
        .say = hear};

static int setup(void **state)
{
        (void)state;
        random_state = 4711;
        said[0] = '\0';
        sim_free();
        return 0;
}

static int teardown(void **state)
{
        (void)state;
        sim_free();
        return 0;
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

/* ---- the power fails ---- */

struct promise {
        uint64_t synced;   /* all before is there */
        uint64_t snapshot; /* this one, or a newer; UINT64_MAX: none */
        uint64_t appended;
};

/* What a journal does, over two runs, until the power fails. */
static void live(const struct zl_log_settings *settings, struct promise *promise)
{
        for (int run = 0; run < 2; run++) {
                struct zl_store *store;
                if (zl_log_open(settings, &store) != ZL_OK)
                        return;
                for (int i = 0; i < 50; i++) {
                        if (!append_one(store, 60))
                                break;
                        uint64_t synced = status_of(store).synced, next = next_of(store);
                        promise->appended = next;
                        if (sim.stop_at && sim.calls >= sim.stop_at)
                                continue; /* nothing is true any more */
                        assert_true(synced >= promise->synced);
                        promise->synced = synced;
                        if (i % 20 == 19 && put_one(store, next - 3) == ZL_OK)
                                promise->snapshot = next - 3;
                        if (random_u64() % 3)
                                zl_store_work(store, received_of(next));
                        if (random_u64() % 16 == 0)
                                look_from(store, 0, 60);
                }
                if (zl_store_close(store) == ZL_OK && promise->appended > promise->synced)
                        promise->synced = promise->appended;
        }
}

/* What was promised is there, in order, once; what follows is right, or not there. */
static void check_promise(const struct zl_log_settings *settings,
                          const struct promise *promise)
{
        struct zl_store *store;

        assert_int_equal(zl_log_open(settings, &store), ZL_OK);
        struct look look = look_from(store, 0, 60);
        assert_true(look.first_missing >= promise->synced && look.end >= promise->synced);
        uint64_t newest = get_newest(store);
        assert_true(look.missing[ZL_STORE_RETIRED] <= newest);
        if (promise->snapshot != UINT64_MAX)
                assert_true(newest != UINT64_MAX && newest >= promise->snapshot);
        assert_int_equal(status_of(store).snapshots_bad, 0);
        for (int i = 0; i < 30; i++)
                assert_true(append_one(store, 60));
        assert_int_equal(zl_store_sync(store), ZL_OK);
        work_to_end(store, received_of(1000));
        uint64_t end = next_of(store);
        look = look_from(store, 0, 60);
        assert_true(look.first_missing >= promise->synced && look.end == end);
        assert_int_equal(zl_store_close(store), ZL_OK);
        assert_int_equal(zl_log_open(settings, &store), ZL_OK);
        look = look_from(store, 0, 60);
        assert_true(look.first_missing >= promise->synced && look.end == end);
        assert_int_equal(look.holes[ZL_STORE_LOST], 0);
        assert_int_equal(zl_store_close(store), ZL_OK);
}

static void test_crash_anywhere(void **state)
{
        uint64_t calls = UINT64_MAX, crashes = 0;

        (void)state;
        for (uint64_t stop_at = 0; stop_at <= calls; stop_at++) {
                for (uint64_t seed = 0; seed < 3; seed++) {
                        struct promise promise = {.snapshot = UINT64_MAX};
                        struct zl_log_settings settings = on_sim;
                        settings.keep_bytes = stop_at % 2 ? 0 : 2000;
                        sim_free();
                        random_state = 1;
                        sim.stop_at = stop_at;
                        said[0] = '\0';
                        live(&settings, &promise);
                        if (stop_at == 0) {
                                calls = sim.calls;
                                assert_int_equal(promise.synced, 100);
                        }
                        random_state = 1000 * stop_at + seed;
                        sim_crash();
                        check_promise(&settings, &promise);
                        crashes++;
                }
        }
        assert_true(calls > 400 && crashes > 1200);
}

/* ---- the disk is full ---- */

static void test_full(void **state)
{
        struct zl_log_settings settings = on_sim;
        struct zl_store *store;

        (void)state;
        settings.segment_bytes = 0;
        for (uint64_t room = 0; room < 300; room += 1 + room / 3) {
                uint64_t lost = 0, holes = 0;
                sim_free();
                assert_int_equal(zl_log_open(&settings, &store), ZL_OK);
                assert_true(append_one(store, 600) && append_one(store, 600));
                for (int round = 0; round < 3; round++) {
                        said[0] = '\0';
                        sim.room = room;
                        /* Memory keeps some of them, until that is full too. */
                        for (int i = 0; i < 800; i++) {
                                errno = 0;
                                bool kept = append_one(store, 600);
                                assert_true(kept || errno == ENOSPC);
                                lost += !kept;
                                zl_store_work(store, received_of(i));
                        }
                        holes += status_of(store).holes > holes;
                        assert_true(status_of(store).full);
                        assert_non_null(strstr(said, "cannot "));
                        assert_non_null(strstr(said, "No space left on device"));
                        look_from(store, 0, 600);
                        sim.room = UINT64_MAX;
                        zl_store_work(store, received_of(500));
                        for (int i = 0; i < 5; i++)
                                assert_true(append_one(store, 600));
                        assert_false(status_of(store).full);
                        assert_non_null(strstr(said, "frames are kept again"));
                }
                assert_true(lost > 0 && status_of(store).frames_lost == lost);
                for (int again = 0; again < 2; again++) {
                        struct look look = look_from(store, 0, 600);
                        assert_int_equal(look.missing[ZL_STORE_LOST], lost);
                        assert_int_equal(look.frames + lost, look.end);
                        assert_int_equal(look.end, 2 + 3 * 805);
                        assert_int_equal(look.holes[ZL_STORE_DAMAGED], 0);
                        assert_int_equal(zl_store_close(store), ZL_OK);
                        assert_int_equal(zl_log_open(&settings, &store), ZL_OK);
                        assert_int_equal(next_of(store), 2 + 3 * 805);
                }
                assert_int_equal(zl_store_close(store), ZL_OK);
        }
}

/* It is full until the end: what was in memory only is said to be lost. */
static void test_full_to_the_end(void **state)
{
        struct zl_store *store;

        (void)state;
        assert_int_equal(zl_log_open(&on_sim, &store), ZL_OK);
        for (int i = 0; i < 5; i++)
                assert_true(append_one(store, 60));
        sim.room = 100;
        for (int i = 0; i < 5; i++)
                assert_true(append_one(store, 60));
        assert_int_equal(zl_store_sync(store), ZL_ERR_SYSTEM);
        assert_int_equal(errno, ENOSPC);
        assert_int_equal(put_one(store, 5), ZL_ERR_SYSTEM);
        assert_int_equal(errno, ENOSPC);
        uint64_t synced = status_of(store).synced;
        assert_true(synced >= 3 && synced < 10);
        assert_int_equal(zl_store_close(store), ZL_ERR_SYSTEM);
        assert_non_null(strstr(said, "on are lost: No space left on device"));
        sim.room = UINT64_MAX;
        assert_int_equal(zl_log_open(&on_sim, &store), ZL_OK);
        struct look look = look_from(store, 0, 60);
        assert_true(look.frames >= synced && look.frames < 10);
        assert_int_equal(get_newest(store), UINT64_MAX);
        assert_int_equal(zl_store_close(store), ZL_OK);
}

/* The compressor finds no room: the segment stays as it is, and is tried again. */
static void test_full_while_compressing(void **state)
{
        struct zl_store *store;

        (void)state;
        assert_int_equal(zl_log_open(&on_sim, &store), ZL_OK);
        for (int i = 0; i < 60; i++)
                assert_true(append_one(store, 60));
        sim.room = 100;
        work_to_end(store, received_of(60));
        assert_int_equal(status_of(store).compressed_segments, 0);
        assert_int_equal(status_of(store).other_failures, 1);
        assert_int_equal(look_from(store, 0, 60).frames, 60);
        sim.room = UINT64_MAX;
        work_to_end(store, received_of(61));
        assert_int_equal(status_of(store).compressed_segments, 0); /* not yet */
        work_to_end(store, received_of(70000));
        assert_true(status_of(store).compressed_segments > 0);
        assert_int_equal(look_from(store, 0, 60).frames, 60);
        assert_int_equal(zl_store_close(store), ZL_OK);
}

/* ---- the disk refuses ---- */

/* What the disk has after an fsync that failed nobody knows: it is said, a new segment begins, and
 * nothing counts as synced that is not, until it was written again. */
static void test_sync_fails(void **state)
{
        struct zl_log_settings settings = on_sim;
        struct zl_store *store;

        (void)state;
        settings.segment_bytes = 0;
        assert_int_equal(zl_log_open(&settings, &store), ZL_OK);
        for (int i = 0; i < 7; i++)
                assert_true(append_one(store, 60));
        assert_int_equal(status_of(store).synced, 6);
        sim.sync_failures = 1;
        for (int i = 0; i < 8; i++)
                assert_true(append_one(store, 60));
        struct zl_store_status status = status_of(store);
        assert_true(status.sync_failures == 1 && status.segments == 2 && status.synced == 6);
        assert_non_null(strstr(said, "a crash may lose the frames from 6 to 9"));
        assert_int_equal(look_from(store, 0, 60).frames, 15);
        work_to_end(store, received_of(20));
        assert_int_equal(status_of(store).compressed_segments, 1);
        assert_int_equal(zl_store_sync(store), ZL_OK);
        assert_int_equal(status_of(store).synced, 15);
        sim.sync_failures = 1;
        assert_true(append_one(store, 60));
        assert_int_equal(zl_store_sync(store), ZL_ERR_SYSTEM);
        assert_int_equal(errno, EIO);
        assert_int_equal(zl_store_close(store), ZL_OK);
        assert_int_equal(zl_log_open(&settings, &store), ZL_OK);
        assert_int_equal(look_from(store, 0, 60).frames, 16);
        assert_int_equal(zl_store_close(store), ZL_OK);
}

/* A file that takes nothing more is left for another. */
static void test_write_fails(void **state)
{
        struct zl_log_settings settings = on_sim;
        struct zl_store *store;

        (void)state;
        settings.segment_bytes = 0;
        assert_int_equal(zl_log_open(&settings, &store), ZL_OK);
        for (int round = 0; round < 4; round++) {
                for (int i = 0; i < 5; i++)
                        assert_true(append_one(store, 60));
                sim.write_errno = round % 2 ? EIO : EDQUOT;
                for (int i = 0; i < 5; i++)
                        assert_true(append_one(store, 60));
                sim.write_errno = 0;
                zl_store_work(store, 0); /* tries again */
        }
        assert_true(append_one(store, 60));
        assert_int_equal(look_from(store, 0, 60).frames, 41);
        assert_int_equal(status_of(store).segments, 3);
        assert_int_equal(zl_store_close(store), ZL_OK);
        assert_int_equal(zl_log_open(&settings, &store), ZL_OK);
        assert_int_equal(look_from(store, 0, 60).frames, 41);
        assert_int_equal(zl_store_close(store), ZL_OK);
}

/* The last runs left what cannot be cut, removed or synced: it is said, and the store opens. */
static void test_fault_at_every_call(void **state)
{
        (void)state;
        for (uint64_t at = 1; at < 400; at++) {
                struct zl_store *store = NULL;
                struct promise promise = {.snapshot = UINT64_MAX};
                sim_free();
                random_state = at;
                live(&on_sim, &promise);
                sim_crash();
                uint64_t before = sim.calls;
                sim.stop_at = before + at;
                said[0] = '\0';
                enum zl_err err = zl_log_open(&on_sim, &store);
                sim.stop_at = 0;
                if (err != ZL_OK) {
                        assert_true(said[0] && !store);
                        sim_crash();
                        check_promise(&on_sim, &promise);
                        continue;
                }
                look_from(store, 0, 60);
                assert_true(append_one(store, 60));
                assert_int_equal(zl_store_close(store), ZL_OK);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_crash_anywhere, setup, teardown),
                cmocka_unit_test_setup_teardown(test_full, setup, teardown),
                cmocka_unit_test_setup_teardown(test_full_to_the_end, setup, teardown),
                cmocka_unit_test_setup_teardown(test_full_while_compressing, setup, teardown),
                cmocka_unit_test_setup_teardown(test_sync_fails, setup, teardown),
                cmocka_unit_test_setup_teardown(test_write_fails, setup, teardown),
                cmocka_unit_test_setup_teardown(test_fault_at_every_call, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
