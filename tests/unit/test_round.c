/* A fund's rounds of questions and answers: whose turn it is, what a fund waits for, and answers
 * that come in parts. */
#include "books.h"

enum { EUR = 2 };

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

static void say_synced(struct zl_topic topic)
{
        zl_message_init(&books.message, ZL_TYPE_SYNCED);
        step(topic);
}

/* Who has profit is not known behind a hole: no plan is made without them. */
static void repairing_partition_is_waited_for(void **state)
{
        static const struct zl_topic acct = {ZL_TOPIC_ACCT, 0};

        (void)state;
        say_fund(1);
        say_position(WINNER, 1, -1000, 6400000, 600000000);
        owe_on(BTC, LOSER);
        books.seq[ZL_TOPIC_ACCT][0]++; /* a frame is lost */
        say_position(LOSER, 1, 1000, 6000000, 600000000);
        give_back_all();
        assert_int_equal(books.queries, 1);
        assert_int_equal(books.plans, 0);
        say_synced(acct);
        say_position(WINNER, 1, -1000, 6400000, 600000000);
        say_position(LOSER, 1, 1000, 6000000, 600000000);
        say_synced(acct);
        assert_int_equal(books.engine->acct_holes[0], 0);
        say_balance(FUND, USDT, 2, 0, 77);
        assert_int_equal(books.queries, 2);
        assert_int_equal(books.plans, 1);
        assert_int_equal(books.rows[0].type, ZL_TYPE_ADL);
        assert_int_equal(books.rows[0].account, WINNER);
}

static void void_round_is_opened_again(void **state)
{
        (void)state;
        say_fund(1);
        owe_on(BTC, 1);
        assert_true(books_give_back(true));
        assert_int_equal(books.queries, 1);
        say_balance(FUND, USDT, 2, 0, 77); /* a plan's: the question is asked anew under it */
        assert_int_equal(books.queries, 2);
        give_back_all();
        assert_int_equal(books.queries, 2);
        assert_int_equal(books.plans, 1);
        assert_int_equal(books.rows[0].rev, 2);
}

/* What is paid in and out meanwhile changes no deficit: a busy fund would never have a plan. */
static void round_outlives_a_payment(void **state)
{
        (void)state;
        say_fund(1);
        owe_on(BTC, 1);
        assert_true(books_give_back(true));
        say_fund(2);
        give_back_all();
        assert_int_equal(books.queries, 1);
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
        books_move();
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
        bid->asker = books.asker;
        bid->asker_epoch = books_config.epoch;
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

/* Both coordinators of a pair call their first round 1. */
static void answer_to_another_is_not_ours(void **state)
{
        (void)state;
        ask_others();
        books.asker = books_config.src + 1;
        for (uint32_t part = 0; part < 3; part++)
                say_part(70, part);
        assert_int_equal(books.plans, 0);
        books.asker = books_config.src;
        for (uint32_t part = 0; part < 3; part++)
                say_part(70, part);
        assert_planned();
}

/* Nobody is in deficit; at the pace of the policy winners are asked for all the same, and no plan
 * comes of it. */
static void winners_are_ranked_at_a_pace(void **state)
{
        (void)state;
        say_fund(1);
        say_position(1, 1, 10, 6000000, 600000 * 600);
        say_position(2, 1, -10, 6000000, 600000 * 600);
        say_mark(5990000);
        say_clock(1000000000);
        assert_int_equal(books.queries, 0);
        zl_message_init(&books.message, ZL_TYPE_POLICY);
        books.message.policy.policy = 1;
        books.message.policy.rev = 1;
        books.message.policy.rank_ms = 2000;
        step(ctrl);
        say_clock(2000000000);
        assert_int_equal(books.queries, 1);
        uint32_t ranks = books.ranks;
        assert_int_equal(ranks, 1);
        say_clock(3999000000);
        assert_int_equal(books.queries, 1);
        books.holds = true;
        say_clock(4000000000);
        assert_int_equal(books.queries, 2);
        say_clock(5999000000);
        assert_int_equal(books.queries, 2);
        say_clock(6000000000); /* its answers were lost */
        assert_int_equal(books.queries, 3);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_FUND], 1);
        books.holds = false;
        while (books_give_back(true))
                ;
        assert_int_equal(books.ranks, 2);
        assert_int_equal(books.plans, 0);
}

static void long_answer_is_whole(void **state)
{
        (void)state;
        say_fund(1);
        say_position(1, 1, 600, 6000000, 600000 * 600);
        for (uint32_t i = 0; i < 600; i++)
                say_position(10 + i, 1, -1, 6100000, 30000000);
        say_mark(5900000);
        say_nothing_filled("1/7/1/0/0");
        assert_int_equal(books.plans, 1);
        assert_int_equal(books.rows_said, 600);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_books, close_books)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(next_fund_has_its_turn),
                TEST(repairing_partition_is_waited_for),
                TEST(void_round_is_opened_again),
                TEST(round_outlives_a_payment),
                TEST(empty_plan_asks_no_more),
                TEST(silent_round_gives_way),
                TEST(fund_without_a_rate_waits),
                TEST(deficit_before_the_fund_is_kept),
                TEST(fund_keeps_its_asset),
                TEST(replicas_parts_are_not_mixed),
                TEST(answer_with_a_gap_is_dropped),
                TEST(answer_to_another_is_not_ours),
                TEST(winners_are_ranked_at_a_pace),
                TEST(long_answer_is_whole),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
