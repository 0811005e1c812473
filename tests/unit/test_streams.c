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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(another_source_takes_over, open_books, close_books),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
