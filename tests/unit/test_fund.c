/* What a fund's coordinator does at its limits: a plan that is full, prices beyond the mark, assets
 * that differ, a fund that cannot pay. */
#include "books.h"

#include <zeroline/frame.h>

enum { EUR = 2, OTHER = 8, PAST = 10 };

/* A long of a thousandth that lacks 4/10 of a numeraire at 59000, times `lots`. */
static void say_loser(uint64_t account, uint64_t rev, int64_t lots)
{
        say_position(account, rev, lots, 6000000, 600000 * lots);
}

static void say_winners(uint64_t first, uint32_t count, int64_t qty)
{
        for (uint32_t i = 0; i < count; i++)
                say_position(first + i, 1, -qty, 6100000, 30000000 * qty);
}

static uint32_t rows_of(const char *key, enum zl_type type)
{
        uint32_t count = 0;

        for (uint32_t i = 0; i < books.rows_count; i++)
                count += books.rows[i].type == type && strcmp(books.rows[i].key, key) == 0;
        return count;
}

static void forget_rows(void)
{
        books.rows_count = books.plans = 0;
}

/* ---- a plan that is full ---- */

static void full_plan_leaves_out_whole(void **state)
{
        (void)state;
        books.engine->plan->rows_max = 6;
        say_fund(1);
        say_loser(1, 1, 4);
        say_loser(2, 1, 4);
        say_winners(10, 8, 1);
        say_mark(5900000);
        assert_int_equal(books.orders, 2);
        say_nothing_filled("1/7/1/0/0");
        assert_int_equal(books.plans, 1);
        say_nothing_filled("2/7/1/0/0");
        assert_int_equal(books.plans, 1);
        forget_rows();
        say_fund(2);
        assert_int_equal(books.plans, 1);
        assert_int_equal(rows_of("1/7/1/1", ZL_TYPE_ADL), 4);
        assert_int_equal(books.rows_count, 4); /* nothing of the second, no loss for the fund */
        assert_int_equal(books.alerts[ZL_ALERT_KIND_FUND], 0);
        forget_rows();
        say_position(1, 2, 0, 6000000, 0);
        for (uint32_t i = 0; i < 4; i++)
                say_position(10 + i, 2, 0, 6000000, 0);
        say_fund(3); /* it waits for the next revision, and for nothing else */
        assert_int_equal(books.plans, 1);
        assert_int_equal(rows_of("2/7/1/1", ZL_TYPE_ADL), 4);
        assert_int_equal(books.rows_count, 4);
}

static void too_long_for_any_plan(void **state)
{
        (void)state;
        books.engine->plan->rows_max = 6;
        say_fund(1);
        say_loser(1, 1, 8);
        say_winners(10, 8, 1);
        say_mark(5900000);
        say_nothing_filled("1/7/1/0/0");
        assert_int_equal(books.plans, 1);
        assert_int_equal(rows_of("1/7/1/1", ZL_TYPE_ADL), 3);
        assert_int_equal(books.rows_count, 3); /* the rest comes back as a deficit */
        assert_int_equal(books.alerts[ZL_ALERT_KIND_AUDIT], 0);
}

static void loss_of_more_winners_than_fit(void **state)
{
        (void)state;
        int64_t borne = 0;
        books.engine->plan->rows_max = 6;
        say_fund(1);
        say_position(1, 1, -4, 5900000, 600000 * 4); /* a short, as all winners are */
        for (uint32_t i = 0; i < 8; i++)
                say_position(10 + i, 1, -(int64_t)(i + 1), 6400000, 300000000);
        say_mark(6200000);
        say_nothing_filled("1/7/1/0/0");
        assert_int_equal(books.plans, 1);
        assert_int_equal(rows_of("1/7/1/1", ZL_TYPE_SOCIALIZE), 5);
        for (uint32_t i = 0; i < 5; i++) {
                assert_true(books.rows[i].account >= 13); /* those with the most profit */
                borne += books.rows[i].amount;
        }
        assert_int_equal(borne, 9600000); /* 4 thousandths, 3000 each, less what is there */
        assert_int_equal(books.rows[5].type, ZL_TYPE_TAKEOVER);
        assert_int_equal(books.rows[5].amount, 0);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_FUND], 0);
}

/* A plan is one frame, however long the names and numbers are. */
static void longest_plan_is_a_frame(void **state)
{
        static uint8_t buffer[ZL_FRAME_SIZE_MAX];
        const struct zl_header header = {
                .topic = {ZL_TOPIC_PLAN, UINT32_MAX},
                .src = UINT32_MAX, .epoch = UINT64_MAX, .seq = UINT64_MAX, .ts_ns = UINT64_MAX};
        struct zl_msg_adl adl = {.fund = UINT32_MAX,
                                 .rev = UINT64_MAX,
                                 .winner_account = UINT64_MAX,
                                 .instrument = UINT32_MAX,
                                 .leg = ZL_LEG_SHORT,
                                 .side = ZL_SIDE_SELL,
                                 .qty = INT64_MAX,
                                 .price = INT64_MIN,
                                 .score = UINT64_MAX,
                                 .place = UINT32_MAX};
        struct zl_frame_writer writer;
        size_t size;

        (void)state;
        strcpy(adl.loser_key, "9007199254740991/4294967295L/18446744073709551615/4294967295");
        strcpy(adl.winner_pool, "4294967295S");
        zl_frame_begin(&writer, buffer, sizeof buffer, &header);
        for (uint32_t i = 0; i < ZL_PLAN_MAX; i++)
                zl_frame_add_as(&writer, ZL_TYPE_ADL, &adl);
        assert_int_equal(zl_frame_end(&writer, &size), ZL_OK);
}

/* ---- a fund that cannot pay ---- */

static void always_overdraws_and_says_so(void **state)
{
        (void)state;
        say_policy(ZL_TAKEOVER_WHEN_ALWAYS, ZL_ADL_PRICE_CLOSEOUT);
        say_balance(FUND, USDT, 1, 100000000, 0);
        say_loser(1, 1, 1000);
        say_loser(2, 1, 1000);
        say_mark(5900000);
        say_nothing_filled("1/7/1/0/0");
        assert_int_equal(rows_of("1/7/1/1", ZL_TYPE_TAKEOVER), 1);
        assert_int_equal(books.rows[0].amount, 400000000);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_FUND], 1);
        forget_rows();
        say_nothing_filled("2/7/1/0/0");
        say_balance(FUND, USDT, 2, 100000000, 0);
        assert_int_equal(books.rows_count, 2);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_FUND], 2); /* once a plan, */
        assert_int_equal(books.last_alert_said, 2);            /* behind it */
        forget_rows();
        say_balance(FUND, USDT, 3, 900000000, 0);
        say_position(3, 1, 1000, 6000000, 600000000);
        say_nothing_filled("3/7/1/0/0");
        assert_int_equal(books.alerts[ZL_ALERT_KIND_FUND], 3);
}

/* ---- prices beyond the mark ---- */

static void index_beyond_the_mark(void **state)
{
        (void)state;
        say_policy(ZL_TAKEOVER_WHEN_NEVER, ZL_ADL_PRICE_INDEX);
        say_fund(1);
        say_loser(1, 1, 1000);
        say_winners(2, 1, 3000);
        say_prices(BTC, 5900000, 5800000);
        say_nothing_filled("1/7/1/0/0");
        assert_int_equal(books.rows_count, 2);
        assert_int_equal(books.rows[0].type, ZL_TYPE_ADL);
        assert_int_equal(books.rows[0].price, 5800000);
        assert_int_equal(books.rows[1].type, ZL_TYPE_SOCIALIZE);
        /* 400 at the mark, and the 1000 that the index is below it */
        assert_int_equal(books.rows[1].amount, 1400000000);
}

/* What is left after deleveraging the fund pays if it can. */
static void fund_bears_what_is_left(void **state)
{
        (void)state;
        say_policy(ZL_TAKEOVER_WHEN_IF_SOLVENT, ZL_ADL_PRICE_MARK);
        say_balance(FUND, USDT, 1, 399999999, 0);
        say_loser(1, 1, 1000);
        say_winners(2, 1, 500);
        say_mark(5900000);
        say_nothing_filled("1/7/1/0/0");
        assert_int_equal(books.rows[1].type, ZL_TYPE_SOCIALIZE); /* all 400 still */
        assert_int_equal(books.rows[1].amount, 400000000);
        forget_rows();
        say_policy(ZL_TAKEOVER_WHEN_IF_SOLVENT, ZL_ADL_PRICE_CLOSEOUT);
        say_balance(FUND, USDT, 2, 399999999, 0);
        say_loser(3, 1, 1);
        say_nothing_filled("3/7/1/0/0");
        assert_int_equal(rows_of("1/7/1/1", ZL_TYPE_ADL), 1); /* half of it */
        assert_int_equal(rows_of("1/7/1/1", ZL_TYPE_TAKEOVER), 1);
        assert_int_equal(books.rows[1].qty, 500);
        assert_int_equal(books.rows[1].amount, 200000000);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_FUND], 0);
}

static void index_must_be_positive(void **state)
{
        (void)state;
        say_loser(1, 1, 1000);
        say_prices(BTC, 5900000, 0);
        say_prices(BTC, 5900000, -5);
        assert_int_equal(books.orders, 0);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_REFUSED], 1);
        say_prices(BTC, 5900000, 1);
        assert_int_equal(books.orders, 1);
}

/* ---- assets that differ ---- */

static void share_in_the_winners_asset(void **state)
{
        (void)state;
        say_asset(EUR, 2);
        say_rate(EUR, 300000000); /* three numeraires */
        say_instrument(OTHER, EUR, FUND);
        say_prices(OTHER, 5900000, 5900000);
        say_position_in(5, OTHER, 1, -1000, 6100000, 3000000);
        say_fund(1);
        say_loser(1, 1, 1000);
        say_mark(5900000);
        say_nothing_filled("1/7/1/0/0");
        assert_int_equal(books.rows_count, 2);
        assert_int_equal(books.rows[0].type, ZL_TYPE_SOCIALIZE);
        assert_int_equal(books.rows[0].account, 5);
        assert_int_equal(books.rows[0].asset, EUR);
        assert_int_equal(books.rows[0].amount, 13334); /* 400/3, up */
        assert_int_equal(books.rows[1].type, ZL_TYPE_TAKEOVER);
        assert_int_equal(books.rows[1].amount, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_books, close_books)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(full_plan_leaves_out_whole),
                TEST(too_long_for_any_plan),
                TEST(loss_of_more_winners_than_fit),
                TEST(longest_plan_is_a_frame),
                TEST(always_overdraws_and_says_so),
                TEST(index_beyond_the_mark),
                TEST(fund_bears_what_is_left),
                TEST(index_must_be_positive),
                TEST(share_in_the_winners_asset),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
