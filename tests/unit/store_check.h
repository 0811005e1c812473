/* store_check.h - frames that say where they belong, and a look at a whole store.
 *
 * Owns: the words that were said last. Thread: the test's. */
#ifndef ZL_TESTS_STORE_CHECK_H
#define ZL_TESTS_STORE_CHECK_H

#include "tape/log.h"

static char said[1 << 14]; /* all lines since it was emptied, the first ones */

static void hear(void *context, const char *line)
{
        size_t size = strlen(said);

        (void)context;
        snprintf(said + size, sizeof said - size, "%s\n", line);
}

/* The frame of a position in a run of the journal: its size and bytes follow from both. */
static size_t frame_of(uint64_t position, uint64_t epoch, size_t most, uint8_t *frame)
{
        uint64_t state = random_state;

        random_state = position * 1000003 + epoch;
        size_t size = random_u64() % (most + 1);
        if (most >= 500 && position % 50 == 7)
                size *= 400; /* some are long */
        for (size_t i = 0; i < size; i++)
                frame[i] = (uint8_t)(random_u64() % 16); /* so that it can be compressed */
        random_state = state;
        return size;
}

static uint64_t received_of(uint64_t position)
{
        return 1000000000000000000u + position * 1000000;
}

static uint64_t next_of(const struct zl_store *store)
{
        struct zl_store_status status;

        zl_store_status(store, &status);
        return status.next;
}

/* Appends the frame of the next position; whether it was kept. */
static bool append_one(struct zl_store *store, size_t most)
{
        static uint8_t frame[1 << 20];
        struct zl_store_status status;
        uint64_t position = UINT64_MAX;

        zl_store_status(store, &status);
        size_t size = frame_of(status.next, status.epoch, most, frame);
        enum zl_err err = zl_store_append(store, frame, size, received_of(status.next), &position);
        assert_true(err == ZL_OK ? position == status.next
                                 : err == ZL_ERR_SYSTEM && position == UINT64_MAX);
        assert_int_equal(next_of(store), status.next + 1);
        return err == ZL_OK;
}

struct look {
        uint64_t frames, end; /* `end`: behind the last item */
        uint64_t restarts;
        uint64_t holes[5], missing[5]; /* by kind of item */
        uint64_t first_missing;        /* and was not removed; UINT64_MAX: nothing */
};

/* One item at its place: positions follow one another, and a frame is the one that was kept. */
static void check_item(const struct zl_store_item *item, size_t most, struct look *look)
{
        static uint8_t frame[1 << 20];

        assert_int_equal(item->position, look->end);
        look->end += item->count;
        if (item->kind == ZL_STORE_RESTART) {
                assert_int_equal(item->count, 0);
                look->restarts++;
        } else if (item->kind != ZL_STORE_FRAME) {
                assert_true(item->count > 0);
                look->holes[item->kind]++;
                look->missing[item->kind] += item->count;
                if (look->first_missing == UINT64_MAX && item->kind != ZL_STORE_RETIRED)
                        look->first_missing = item->position;
        } else {
                assert_int_equal(item->count, 1);
                size_t size = frame_of(item->position, item->epoch, most, frame);
                assert_int_equal(item->frame_size, size);
                assert_memory_equal(item->frame, frame, size);
                assert_int_equal(item->received_ns, received_of(item->position));
                look->frames++;
        }
}

/* Reads all that there is from `position` on. */
static inline struct look look_from(struct zl_store *store, uint64_t position, size_t most)
{
        struct zl_store_reader *reader;
        struct zl_store_item item;
        struct look look = {.end = position, .first_missing = UINT64_MAX};
        enum zl_err err;

        assert_int_equal(zl_store_read(store, position, &reader), ZL_OK);
        while ((err = zl_store_next(reader, &item)) == ZL_OK)
                check_item(&item, most, &look);
        assert_int_equal(err, ZL_ERR_END);
        zl_store_shut(reader);
        return look;
}

/* A snapshot of a position: its bytes follow from it. */
static size_t snapshot_of(uint64_t position, uint8_t bytes[4096])
{
        return 500 + frame_of(position, 77, 450, bytes);
}

static inline enum zl_err put_one(struct zl_store *store, uint64_t position)
{
        uint8_t bytes[4096] = {0};
        size_t size = snapshot_of(position, bytes);

        return zl_store_put(store, position, bytes, size, received_of(position));
}

/* The newest snapshot's position, when its bytes are right; UINT64_MAX when there is none. */
static inline uint64_t get_newest(struct zl_store *store)
{
        uint8_t bytes[4096] = {0}, got[4096];
        struct zl_store_snapshot snapshot;
        enum zl_err err = zl_store_newest(store, &snapshot);

        if (err == ZL_ERR_END)
                return UINT64_MAX;
        assert_int_equal(err, ZL_OK);
        size_t size = snapshot_of(snapshot.position, bytes);
        assert_int_equal(snapshot.size, size);
        assert_int_equal(snapshot.made_ns, received_of(snapshot.position));
        assert_int_equal(zl_store_get(store, &snapshot, got), ZL_OK);
        assert_memory_equal(got, bytes, size);
        return snapshot.position;
}

#endif
