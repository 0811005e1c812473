/* Holes in streams: what stands still, and who ends it. */
#include "books.h"

enum { FIRST = 1, SECOND = 2 };

static void say_synced(struct zl_topic topic)
{
        zl_message_init(&books.message, ZL_TYPE_SYNCED);
        step(topic);
}

/* Whoever speaks now counts anew. */
static void speak(uint32_t src)
{
        books.src = src;
        memset(books.seq, 0, sizeof books.seq);
}

static void lose_one(struct zl_topic topic)
{
        books.seq[topic.kind][topic.id]++;
}

/* The ledger that left a hole is gone for ever; another one speaks in its place. */
static void another_source_takes_over(void **unused)
{
        static const struct zl_topic acct = {ZL_TOPIC_ACCT, 0};

        (void)unused;
        say_position(LOSER, 1, 100, 100, 10);
        lose_one(ctrl);
        say_instrument(BTC, USDT, FUND);
        lose_one(acct);
        say_position(LOSER, 2, 100, 100, 10);
        assert_int_equal(books.engine->ctrl_holes, 1);
        assert_int_equal(books.engine->acct_holes[0], 1);
        speak(SECOND);
        lose_one(ctrl);
        say_instrument(BTC, USDT, FUND);
        say_synced(ctrl);
        assert_int_equal(books.engine->ctrl_holes, 1); /* the beginning was not heard */
        say_instrument(BTC, USDT, FUND);
        say_synced(ctrl);
        assert_int_equal(books.engine->ctrl_holes, 0);
        assert_int_equal(books.engine->acct_holes[0], 1);
        say_position(LOSER, 2, 100, 100, 10);
        say_synced(acct);
        assert_int_equal(books.engine->acct_holes[0], 0);
        speak(FIRST); /* it was not gone: its hole has been repaired, and is not counted twice */
        books.seq[ZL_TOPIC_CTRL][0] = books.seq[ZL_TOPIC_ACCT][0] = 100;
        say_synced(acct);
        assert_int_equal(books.engine->acct_holes[0], 1);
        say_synced(acct);
        assert_int_equal(books.engine->acct_holes[0], 0);
}

/* The state of a partition as it is now. */
static size_t save(uint8_t *bytes, size_t capacity)
{
        size_t size;

        assert_int_equal(zl_snapshot_save(books.engine, 0, bytes, capacity, &size), ZL_OK);
        return size;
}

/* What all share is of an earlier time than the partition: its orders a second are not filled up
 * by the time between. */
static void state_of_a_later_time(void **unused)
{
        static uint8_t early[1 << 16], late[1 << 16];
        struct zl_engine *before = books.engine;

        (void)unused;
        say_clock(5000000000);
        say_position(LOSER, 1, 1000, 6000000, 600000000);
        size_t early_size = save(early, sizeof early);
        zl_message_init(&books.message, ZL_TYPE_POLICY);
        books.message.policy.policy = 1;
        books.message.policy.rev = 1;
        books.message.policy.orders_per_s = 1;
        step(ctrl);
        say_clock(9000000000);
        say_mark(5900000);
        assert_int_equal(books.orders, 1);
        size_t late_size = save(late, sizeof late);
        books_make_engine();
        assert_int_equal(zl_snapshot_join(books.engine, early, early_size), ZL_OK);
        assert_int_equal(zl_snapshot_repair(books.engine, late, late_size, &books.outbox),
                         ZL_OK);
        assert_int_equal(books.engine->buckets_by_key.count, 1);
        assert_int_equal(books.engine->buckets[0].level, 0);
        assert_true(books.engine->buckets[0].filled_ns <= books.engine->now_ns);
        free(before);
}

/* A journal whose clock is an hour ahead has heard a mark; whoever joins keeps its own clock, by
 * which the mark is stale in time. */
static void journal_with_a_fast_clock(void **unused)
{
        static const uint64_t second = 1000000000, own = 5000 * second, hour = 3600 * second;
        static uint8_t state[1 << 16];
        struct zl_engine *journal = books.engine;

        (void)unused;
        zl_message_init(&books.message, ZL_TYPE_POLICY);
        books.message.policy.policy = 1;
        books.message.policy.rev = 1;
        books.message.policy.stale_ms = 10000;
        step(ctrl);
        say_clock(own + hour);
        zl_message_init(&books.message, ZL_TYPE_MARK);
        books.message.mark.instrument = BTC;
        books.message.mark.price = 5900000;
        books_step_at((struct zl_topic){ZL_TOPIC_MARK, BTC}, own + hour);
        size_t size = save(state, sizeof state);
        books_make_engine();
        say_clock(own);
        assert_true(zl_snapshot_is_empty(books.engine));
        assert_int_equal(zl_snapshot_join(books.engine, state, size), ZL_OK);
        assert_int_equal(books.engine->now_ns, own);
        assert_int_equal(books.engine->instruments[0].mark_ns, own);
        say_clock(own + hour / 60);
        say_position(LOSER, 1, 1000, 6000000, 60000);
        assert_int_equal(books.orders, 0);
        zl_message_init(&books.message, ZL_TYPE_MARK);
        books.message.mark.instrument = BTC;
        books.message.mark.price = 5900000;
        books_step_at((struct zl_topic){ZL_TOPIC_MARK, BTC}, own + hour / 60);
        assert_int_equal(books.orders, 1);
        free(journal);
}

/* One beat tells of as many losses as it has rows; the outbox has just the room it must have. */
static void beat_of_losses(void **unused)
{
        const struct zl_engine_config config = {.partitions = 256,
                                                .owned = {{0, 255}},
                                                .owned_count = 1,
                                                .accounts_max = 8,
                                                .positions_max = 8,
                                                .balances_max = 8,
                                                .instruments_max = 8,
                                                .assets_max = 8,
                                                .policies_max = 8,
                                                .funds_max = 8,
                                                .streams_max = 512};
        const struct zl_header header = {{ZL_TOPIC_BEAT, 1}, .src = 1, .epoch = 1, .seq = 1};
        size_t size = zl_engine_size(&config);
        void *memory = calloc(1, size), *room = malloc(ZL_OUTBOX_STEP_MIN);
        struct zl_message *message = calloc(1, sizeof *message);
        struct zl_engine *engine;
        struct zl_outbox outbox;

        (void)unused;
        assert_true(memory && room && message);
        assert_int_equal(zl_engine_init(memory, size, &config, &engine), ZL_OK);
        zl_outbox_init(&outbox, room, ZL_OUTBOX_STEP_MIN);
        zl_message_init(message, ZL_TYPE_BEAT);
        message->beat.topics_count = 256;
        for (uint32_t p = 0; p < 256; p++) {
                message->beat.topics[p] = (struct zl_row_moved){.epoch = 1, .seq = 9};
                zl_topic_format((struct zl_topic){ZL_TOPIC_ACCT, p}, message->beat.topics[p].topic);
        }
        assert_int_equal(zl_engine_step(engine, &header, 0, message, &outbox), ZL_DONE);
        assert_int_equal(zl_engine_counters(engine).alerts, 256);
        for (uint32_t p = 0; p < 256; p++)
                assert_int_equal(engine->acct_holes[p], 1);
        free(message);
        free(room);
        free(memory);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(state_of_a_later_time, open_books, close_books),
                cmocka_unit_test_setup_teardown(journal_with_a_fast_clock, open_books, close_books),
                cmocka_unit_test_setup_teardown(another_source_takes_over, open_books, close_books),
                cmocka_unit_test(beat_of_losses),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
