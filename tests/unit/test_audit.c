/* The books are broken on purpose: the pool or the fund must stand still, and say why.
 *
 * The engine here is the real one but for two functions that are cooked when asked to: the limit of
 * an order, and who is deleveraged. */
#include "core/assign.h"
#include "core/decision.h"
#include "core/plan.h"

#include "unit.h"

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
#include "core/plan.c"

/* ---- one engine ---- */

enum { OUTBOX_SIZE = 1 << 20, USDT = 1, BTC = 7, FUND = 3, LOSER = 1, WINNER = 2 };

static struct {
        struct zl_engine *engine;
        struct zl_outbox outbox;
        struct zl_message message;
        uint64_t seq[ZL_TOPIC_KINDS];
        uint32_t orders, plans, audits;
        char evidence[200];
} books;

static void hear(const struct zl_output *output)
{
        const struct zl_msg_alert *alert = output->object;

        books.orders += output->type == ZL_TYPE_LIQUIDATE;
        books.plans += output->type == ZL_TYPE_ADL;
        if (output->type != ZL_TYPE_ALERT || alert->kind != ZL_ALERT_KIND_AUDIT)
                return;
        books.audits++;
        strcpy(books.evidence, alert->text);
}

/* What partitions say to each other is given back at once. */
static void step(struct zl_topic topic)
{
        struct zl_header header = {
                .topic = topic, .src = 1, .epoch = 1, .seq = ++books.seq[topic.kind]};
        struct zl_output output;
        size_t cursor = 0, size;

        assert_int_equal(zl_engine_step(books.engine, &header, 0, &books.message, &books.outbox),
                         ZL_DONE);
        size = books.outbox.size;
        uint8_t *said = malloc(size + 1);
        assert_non_null(said);
        memcpy(said, books.outbox.data, size);
        struct zl_outbox kept = {.data = said, .capacity = size, .size = size};
        zl_outbox_clear(&books.outbox);
        while (zl_outbox_next(&kept, &cursor, &output)) {
                hear(&output);
                if (output.type != ZL_TYPE_DEFICIT && output.type != ZL_TYPE_ADL_QUERY &&
                    output.type != ZL_TYPE_ADL_BID)
                        continue;
                books.message.type = output.type;
                memcpy(&books.message.cluster, output.object, zl_message_size(output.type));
                step(output.header.topic);
        }
        free(said);
}

static void say_position(uint64_t account, uint64_t rev, int64_t qty, int64_t entry, int64_t margin)
{
        struct zl_msg_account *said = &books.message.account;

        zl_message_init(&books.message, ZL_TYPE_ACCOUNT);
        said->account = account;
        said->rev = said->cross_rev = rev;
        said->full = true;
        said->positions_count = 1;
        said->positions[0] = (struct zl_row_position){.instrument = BTC,
                                                      .qty = qty,
                                                      .entry = entry,
                                                      .mode = ZL_MODE_ISOLATED,
                                                      .margin = margin,
                                                      .rev = rev};
        said->positions[0].absent = 1 << ZL_AT_position_cost | 1 << ZL_AT_position_funding;
        step((struct zl_topic){ZL_TOPIC_ACCT, zl_partition(account, 1)});
}

static void say_mark(int64_t price)
{
        struct zl_msg_mark *said = &books.message.mark;

        zl_message_init(&books.message, ZL_TYPE_MARK);
        said->instrument = BTC;
        said->price = said->index = said->bid = said->ask = price;
        step((struct zl_topic){ZL_TOPIC_MARK, BTC});
}

static void say_market(void)
{
        const struct zl_topic ctrl = {ZL_TOPIC_CTRL, 0};

        zl_message_init(&books.message, ZL_TYPE_CLUSTER);
        books.message.cluster.partitions = 1;
        step(ctrl);
        zl_message_init(&books.message, ZL_TYPE_ASSET);
        books.message.asset.asset = USDT;
        books.message.asset.scale = 6;
        books.message.asset.numeraire = true;
        step(ctrl);
        zl_message_init(&books.message, ZL_TYPE_POLICY);
        books.message.policy.policy = 1;
        books.message.policy.partial = ZL_PARTIAL_NEVER;
        books.message.policy.takeover = ZL_TAKEOVER_WHEN_NEVER;
        step(ctrl);
        zl_message_init(&books.message, ZL_TYPE_INSTRUMENT);
        struct zl_msg_instrument *said = &books.message.instrument;
        said->instrument = BTC;
        said->settle = USDT;
        said->fund = FUND;
        said->price_scale = 2;
        said->qty_scale = 3;
        said->tick = said->lot = 1;
        step(ctrl);
        say_mark(6000000);
}

static void say_fund(uint64_t rev)
{
        zl_message_init(&books.message, ZL_TYPE_FUND);
        books.message.fund.fund = FUND;
        books.message.fund.asset = USDT;
        books.message.fund.rev = rev;
        step((struct zl_topic){ZL_TOPIC_FUND, FUND});
}

static void say_nothing_filled(const char *order)
{
        zl_message_init(&books.message, ZL_TYPE_EXEC);
        strcpy(books.message.exec.order, order);
        books.message.exec.status = ZL_EXEC_STATUS_EXPIRED;
        books.message.exec.final = true;
        step((struct zl_topic){ZL_TOPIC_EXEC, 0});
}

static int open_books(void **state)
{
        static const struct zl_engine_config config = {.accounts_max = 8,
                                                       .positions_max = 64,
                                                       .balances_max = 8,
                                                       .instruments_max = 8,
                                                       .assets_max = 8,
                                                       .policies_max = 8,
                                                       .funds_max = 8,
                                                       .streams_max = 64};
        size_t size = zl_engine_size(&config);

        (void)state;
        cooking_prices = cooking_plans = false;
        memset(&books, 0, sizeof books);
        zl_outbox_init(&books.outbox, malloc(OUTBOX_SIZE), OUTBOX_SIZE);
        assert_int_equal(zl_engine_init(calloc(1, size), size, &config, &books.engine), ZL_OK);
        say_market();
        return 0;
}

static int close_books(void **state)
{
        (void)state;
        free(books.outbox.data);
        free(books.engine);
        return 0;
}

/* ---- tests ---- */

static void pool_stands_still(void **state)
{
        (void)state;
        cooking_prices = true;
        say_position(LOSER, 1, 1000, 6000000, 600000000);
        say_mark(5900000);
        assert_int_equal(books.orders, 0);
        assert_int_equal(books.audits, 1);
        assert_non_null(strstr(books.evidence, "close-out"));
        say_mark(5800000); /* it said so once, and stays silent */
        assert_int_equal(books.orders + books.audits, 1);
        cooking_prices = false;
        say_mark(5700000);
        assert_int_equal(books.orders, 0);
        say_position(LOSER, 2, 1000, 6000000, 600000000);
        assert_int_equal(books.orders, 1); /* a newer base is another matter */
        assert_int_equal(books.audits, 1);
}

static void pool_adds_up(void **state)
{
        (void)state;
        say_position(LOSER, 1, 1000, 6000000, 600000000);
        say_mark(5900000);
        assert_int_equal(books.orders, 1);
        assert_int_equal(books.audits, 0);
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
        assert_int_equal(books.audits, 0);
}

static void fund_stands_still(void **state)
{
        (void)state;
        cooking_plans = true;
        owe();
        assert_int_equal(books.plans, 0);
        assert_int_equal(books.audits, 1);
        assert_non_null(strstr(books.evidence, "deficit"));
        cooking_plans = false;
        say_position(LOSER, 2, 1000, 6000000, 600000000);
        say_nothing_filled("1/7/2/0/0");
        assert_int_equal(books.plans, 0); /* whoever else is short of money */
        say_fund(2);
        say_position(LOSER, 3, 1000, 6000000, 600000000);
        say_nothing_filled("1/7/3/0/0");
        assert_int_equal(books.plans, 1);
        assert_int_equal(books.audits, 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(pool_adds_up, open_books, close_books),
                cmocka_unit_test_setup_teardown(pool_stands_still, open_books, close_books),
                cmocka_unit_test_setup_teardown(fund_adds_up, open_books, close_books),
                cmocka_unit_test_setup_teardown(fund_stands_still, open_books, close_books),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
