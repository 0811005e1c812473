/* The books are broken on purpose: the pool or the fund must stand still, and say why.
 *
 * The engine here is the real one but for two functions that are cooked when asked to: the limit of
 * an order, and who is deleveraged. */
#include "core/assign.h"
#include "core/decision.h"
#include "core/meet.h"

#include "books.h"

static bool cooking_prices, cooking_plans;

static int64_t cooked_limit_price(const struct zl_view *view, const struct zl_worth *worth,
                                  const struct zl_shares *shares, uint32_t part)
{
        int64_t price = zl_limit_price(view, worth, shares, part);

        return cooking_prices ? price - 2 * view->parts[part].instrument->tick : price;
}

static bool cooked_closeout_price(const struct zl_view *view, const struct zl_worth *worth,
                                  const struct zl_shares *shares, uint32_t part,
                                  zl_i128 *ret_price)
{
        bool has = zl_closeout_price(view, worth, shares, part, ret_price);

        *ret_price -= has && cooking_prices ? 2 * view->parts[part].instrument->tick : 0;
        return has;
}

static int64_t cooked_assign(int64_t qty, const struct zl_winner *winners, uint32_t count,
                             int64_t *ret_gives)
{
        int64_t left = zl_assign_ranked(qty, winners, count, ret_gives);

        if (cooking_plans && count)
                ret_gives[0]++;
        return left;
}

#define zl_limit_price cooked_limit_price
#define zl_closeout_price cooked_closeout_price
#define zl_assign_ranked cooked_assign
#include "core/decision.c"
#include "core/meet.c"

static int open_honest(void **state)
{
        cooking_prices = cooking_plans = false;
        return open_books(state);
}

/* ---- tests ---- */

static void pool_stands_still(void **state)
{
        (void)state;
        cooking_prices = true;
        say_position(LOSER, 1, 1000, 6000000, 600000000);
        say_mark(5900000);
        assert_int_equal(books.orders, 0);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_AUDIT], 1);
        assert_non_null(strstr(books.evidence, "close-out"));
        say_mark(5800000); /* it said so once, and stays silent */
        assert_int_equal(books.orders + books.alerts[ZL_ALERT_KIND_AUDIT], 1);
        cooking_prices = false;
        say_mark(5700000);
        assert_int_equal(books.orders, 0);
        say_position(LOSER, 2, 1000, 6000000, 600000000);
        assert_int_equal(books.orders, 1); /* a newer base is another matter */
        assert_int_equal(books.alerts[ZL_ALERT_KIND_AUDIT], 1);
}

static void pool_adds_up(void **state)
{
        (void)state;
        say_position(LOSER, 1, 1000, 6000000, 600000000);
        say_mark(5900000);
        assert_int_equal(books.orders, 1);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_AUDIT], 0);
}

static void owe(void)
{
        say_fund(1);
        say_position(LOSER, 1, 1000, 6000000, 600000000);
        say_position(WINNER, 1, -3000, 6100000, 30000000000);
        say_mark(5900000);
        assert_int_equal(books.orders, 1);
        say_nothing_filled("1/7/1/0/0");
}

static void fund_adds_up(void **state)
{
        (void)state;
        owe();
        assert_int_equal(books.plans, 1);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_AUDIT], 0);
}

static void fund_stands_still(void **state)
{
        (void)state;
        cooking_plans = true;
        owe();
        assert_int_equal(books.plans, 0);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_AUDIT], 1);
        assert_non_null(strstr(books.evidence, "deficit"));
        cooking_plans = false;
        say_position(LOSER, 2, 1000, 6000000, 600000000);
        say_nothing_filled("1/7/2/0/0");
        assert_int_equal(books.plans, 0); /* whoever else is short of money */
        say_fund(2);
        say_position(LOSER, 3, 1000, 6000000, 600000000);
        say_nothing_filled("1/7/3/0/0");
        assert_int_equal(books.plans, 1);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_AUDIT], 1);
}

/* A plan of revision 1 that costs the fund 400, and its digest. */
static void plan_and_tell(void)
{
        say_policy(ZL_TAKEOVER_WHEN_ALWAYS, ZL_ADL_PRICE_CLOSEOUT);
        say_balance(FUND, USDT, 1, 1000000000, 0);
        say_position(LOSER, 1, 1000, 6000000, 600000000);
        say_mark(5900000);
        say_nothing_filled("1/7/1/0/0");
        assert_int_equal(books.rows[0].amount, 400000000);
        zl_engine_planned(books.engine, FUND, 1, 77);
}

static void revision_that_the_plan_made(void **state)
{
        (void)state;
        plan_and_tell();
        say_balance(FUND, USDT, 2, 600000000, 77);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_AUDIT], 0);
        say_balance(FUND, USDT, 2, 600000000, 77); /* again */
        say_balance(FUND, USDT, 3, 1, 0);          /* what else it pays is not the plan's */
        assert_int_equal(books.alerts[ZL_ALERT_KIND_AUDIT], 0);
}

static void revision_that_lacks_money(void **state)
{
        (void)state;
        plan_and_tell();
        books_move(); /* a snapshot knows of the plan */
        say_balance(FUND, USDT, 2, 599999999, 77);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_AUDIT], 1);
        assert_string_equal(books.evidence,
                            "fund 3: revision 2 has 599.999999, the one before had 1000, and its "
                            "plan costs at most 400");
        books.plans = 0;
        say_position(LOSER, 2, 1000, 6000000, 600000000);
        say_nothing_filled("1/7/2/0/0");
        assert_int_equal(books.plans, 0); /* it stands still */
        say_balance(FUND, USDT, 3, 599999999, 0);
        assert_int_equal(books.plans, 1);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_AUDIT], 1);
}

static void revision_of_another_plan(void **state)
{
        (void)state;
        plan_and_tell();
        say_balance(FUND, USDT, 2, 5, 78); /* a replica's */
        assert_int_equal(books.alerts[ZL_ALERT_KIND_AUDIT], 0);
}

static void revision_that_is_not_the_next(void **state)
{
        (void)state;
        plan_and_tell();
        say_balance(FUND, USDT, 3, 1000000000, 77);
        assert_int_equal(books.alerts[ZL_ALERT_KIND_AUDIT], 1);
        assert_string_equal(books.evidence, "fund 3: revision 3 follows the plan for 1");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(pool_adds_up, open_honest, close_books),
                cmocka_unit_test_setup_teardown(pool_stands_still, open_honest, close_books),
                cmocka_unit_test_setup_teardown(fund_adds_up, open_honest, close_books),
                cmocka_unit_test_setup_teardown(fund_stands_still, open_honest, close_books),
                cmocka_unit_test_setup_teardown(revision_that_the_plan_made, open_honest,
                                                close_books),
                cmocka_unit_test_setup_teardown(revision_that_lacks_money, open_honest,
                                                close_books),
                cmocka_unit_test_setup_teardown(revision_of_another_plan, open_honest,
                                                close_books),
                cmocka_unit_test_setup_teardown(revision_that_is_not_the_next, open_honest,
                                                close_books),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
