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

/* ---- whose turn it is ---- */

/* A loser on the instrument, whose order nobody took: its deficit waits to be given back. */
static void owe_on(uint32_t instrument, uint64_t account)
{
        char order[96];

        say_position_in(account, instrument, 1, 1000, 6000000, 600000000);
        say_prices(instrument, 5900000, 5900000);
        snprintf(order, sizeof order, "%d/%u/1/0/0", (int)account, instrument);
        books.holds = true;
        say_nothing_filled(order);
}

static void give_back_all(void)
{
        books.holds = false;
        while (books_give_back(true))
                ;
}

static void say_three_funds(void)
{
        say_instrument(8, USDT, 4);
        say_instrument(9, USDT, 5);
        for (uint32_t fund = 3; fund <= 5; fund++)
                say_balance(fund, USDT, 1, 0, 0);
}

static void next_fund_has_its_turn(void **state)
{
        (void)state;
        say_three_funds();
        owe_on(8, 1); /* fund 4 is heard first; 5 and 3 wait */
        owe_on(9, 2);
        owe_on(BTC, 3);
        give_back_all();
        assert_int_equal(books.plans, 3);
        assert_int_equal(books.queries, 3);
        assert_int_equal(books.rows[0].fund, 4);
        assert_int_equal(books.rows[1].fund, 3);
        assert_int_equal(books.rows[2].fund, 5);
}

static void void_round_is_opened_again(void **state)
{
        (void)state;
        say_fund(1);
        owe_on(BTC, 1);
        assert_true(books_give_back(true));
        assert_int_equal(books.queries, 1);
        say_fund(2);
        assert_int_equal(books.queries, 2);
        give_back_all();
        assert_int_equal(books.queries, 2);
        assert_int_equal(books.plans, 1);
        assert_int_equal(books.rows[0].rev, 2);
}

static void empty_plan_asks_no_more(void **state)
{
        (void)state;
        say_three_funds();
        owe_on(BTC, 1);
        owe_on(8, 2);
        say_position(1, 2, 1000, 6000000, 60000000000); /* somebody paid */
        give_back_all();
        assert_int_equal(books.queries, 2);
        assert_int_equal(books.plans, 1);
        assert_int_equal(books.rows[0].fund, 4);
        say_mark(5900001);
        say_balance(FUND, USDT, 2, 0, 0);
        assert_int_equal(books.queries, 2);
}

static void silent_round_gives_way(void **state)
{
        (void)state;
        say_clock(1000000000);
        say_three_funds();
        owe_on(BTC, 1);
        assert_true(books_give_back(true));
        assert_int_equal(books.queries, 1);
        assert_true(books_give_back(false)); /* the query is lost */
        owe_on(8, 2);
        give_back_all();
        assert_int_equal(books.queries, 1);
        assert_int_equal(books.plans, 0);
        say_clock(1500000000); /* answer_ms later the deficits are said again */
        assert_int_equal(books.plans, 2);
}

/* ---- what a fund waits for ---- */

static void fund_without_a_rate_waits(void **state)
{
        (void)state;
        say_asset(EUR, 2);
        say_balance(FUND, EUR, 1, 100000, 0);
        say_policy(ZL_TAKEOVER_WHEN_IF_SOLVENT, ZL_ADL_PRICE_CLOSEOUT);
        say_clock(1000000000);
        owe_on(BTC, 1);
        give_back_all();
        say_clock(1500000000);
        say_clock(3000000000);
        assert_int_equal(books.queries, 0);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_FUND], 1);
        say_rate(EUR, 50000000);
        assert_int_equal(books.queries, 1);
        assert_int_equal(books.rows[0].type, ZL_TYPE_TAKEOVER);
        assert_int_equal(books.rows[0].amount, 80000);
}

static void deficit_before_the_fund_is_kept(void **state)
{
        (void)state;
        owe_on(BTC, 1);
        give_back_all();
        assert_int_equal(books.queries, 0);
        say_fund(7);
        assert_int_equal(books.plans, 1);
        assert_int_equal(books.rows[0].rev, 7);
}

static void fund_keeps_its_asset(void **state)
{
        (void)state;
        say_asset(EUR, 2);
        say_rate(EUR, 50000000);
        say_balance(FUND, USDT, 1, 0, 0);
        say_balance(FUND, EUR, 2, 100000000, 0);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_REFUSED], 1);
        owe_on(BTC, 1);
        give_back_all();
        assert_int_equal(books.rows[0].rev, 1);
        say_balance(FUND, EUR, 0, 0, 0); /* old news is not said to be wrong */
        assert_int_equal(books.alerts[ZL_ALERT_KIND_REFUSED], 1);
}

/* ---- answers in parts ---- */

/* The query is on its way, and others are going to answer it. */
static void ask_others(void)
{
        say_fund(1);
        owe_on(BTC, 1);
        assert_true(books_give_back(true));
        assert_true(books_give_back(false));
        assert_int_equal(books.queries, 1);
        books.holds = false;
}

/* Each part has the loser's deficit, first, or a winner, and more follow but behind the third. */
static void say_part(uint32_t src, uint32_t part)
{
        struct zl_msg_adl_bid *bid = &books.message.adl_bid;

        zl_message_init(&books.message, ZL_TYPE_ADL_BID);
        bid->fund = FUND;
        bid->rev = bid->round = 1;
        bid->part = part;
        bid->more = part < 2;
        bid->deficits_count = part == 0;
        bid->candidates_count = part > 0;
        bid->deficits[0] = (struct zl_row_shortfall){.instrument = BTC,
                                                     .side = ZL_SIDE_SELL,
                                                     .qty = 1000,
                                                     .price = 5940000,
                                                     .amount = 400000000};
        strcpy(bid->deficits[0].key, "1/7/1/1");
        bid->candidates[0] = (struct zl_row_candidate){.account = 10 + part,
                                                       .instrument = BTC,
                                                       .qty = 500,
                                                       .score = 100 - part,
                                                       .profit = 1,
                                                       .side = ZL_SIDE_SELL};
        strcpy(bid->candidates[0].pool, "7");
        books.src = src;
        step((struct zl_topic){ZL_TOPIC_BIDS, 0});
        books.src = 1;
}

static void assert_planned(void)
{
        assert_int_equal(books.plans, 1);
        assert_int_equal(books.rows_count, 2);
        for (uint32_t i = 0; i < 2; i++) {
                assert_int_equal(books.rows[i].type, ZL_TYPE_ADL);
                assert_int_equal(books.rows[i].account, 11 + i);
                assert_int_equal(books.rows[i].qty, 500);
        }
}

static void replicas_parts_are_not_mixed(void **state)
{
        (void)state;
        ask_others();
        say_part(70, 0);
        say_part(71, 0);
        say_part(71, 1);
        say_part(71, 2);
        assert_int_equal(books.plans, 0); /* it is the first one's answer that is heard */
        say_part(70, 1);
        say_part(70, 1);
        say_part(71, 1);
        say_part(70, 2);
        assert_planned();
        say_part(71, 2);
        assert_int_equal(books.plans, 1);
}

static void answer_with_a_gap_is_dropped(void **state)
{
        (void)state;
        ask_others();
        say_part(70, 1); /* its first part was lost */
        say_part(70, 0);
        say_part(70, 2);
        assert_int_equal(books.plans, 0);
        say_part(71, 0);
        say_part(71, 1);
        say_part(71, 2);
        assert_planned();
}

static void long_answer_is_whole(void **state)
{
        (void)state;
        say_fund(1);
        say_loser(1, 1, 600);
        say_winners(10, 600, 1);
        say_mark(5900000);
        say_nothing_filled("1/7/1/0/0");
        assert_int_equal(books.plans, 1);
        assert_int_equal(books.rows_said, 600);
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
                TEST(next_fund_has_its_turn),
                TEST(void_round_is_opened_again),
                TEST(empty_plan_asks_no_more),
                TEST(silent_round_gives_way),
                TEST(fund_without_a_rate_waits),
                TEST(deficit_before_the_fund_is_kept),
                TEST(fund_keeps_its_asset),
                TEST(replicas_parts_are_not_mixed),
                TEST(answer_with_a_gap_is_dropped),
                TEST(long_answer_is_whole),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
