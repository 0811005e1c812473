/* The digest of a plan is that of its messages' bytes, and the engine is told it: the next revision
 * of the fund is held against the plan if and only if it names that. */
#include "app/run.h"
#include "app/said.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <xxhash.h>

enum { LOSERS = 3 };

static struct {
        struct zl_run run;
        struct zl_said said;
        struct zl_message message;
        uint64_t seq;
        uint32_t audits;
        uint64_t digest; /* of the last plan */
} world;

static void hear(void *context, const struct zl_output *output)
{
        const struct zl_msg_alert *alert = output->object;

        world.audits += output->type == ZL_TYPE_ALERT && alert->kind == ZL_ALERT_KIND_AUDIT;
        zl_said_hear(context, output);
}

/* Of a frame's bytes behind its topic and its header, which is an array of five numbers. */
static uint64_t digest_of(const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;

        assert_int_equal(zl_frame_open(&reader, frame, size), ZL_OK);
        return XXH3_64bits(frame + reader.offset, size - reader.offset);
}

static void say(struct zl_topic topic)
{
        struct zl_header header = {.topic = topic, .src = 9, .epoch = 1, .seq = ++world.seq};

        zl_said_clear(&world.said);
        zl_run_message(&world.run, &header, 0, &world.message, hear, &world.said);
        for (size_t i = 0; i < world.said.count; i++) {
                const struct zl_said_item *item = &world.said.items[i];
                if (item->topic.kind == ZL_TOPIC_PLAN)
                        world.digest = digest_of(zl_said_frame(&world.said, item), item->size);
        }
}

static void say_market(void)
{
        zl_message_init(&world.message, ZL_TYPE_ASSET);
        world.message.asset.asset = 1;
        world.message.asset.numeraire = true;
        say((struct zl_topic){ZL_TOPIC_CTRL, 0});
        zl_message_init(&world.message, ZL_TYPE_POLICY);
        world.message.policy.policy = 1;
        world.message.policy.partial = ZL_PARTIAL_NEVER;
        world.message.policy.takeover = ZL_TAKEOVER_WHEN_ALWAYS;
        say((struct zl_topic){ZL_TOPIC_CTRL, 0});
        zl_message_init(&world.message, ZL_TYPE_INSTRUMENT);
        world.message.instrument.instrument = 7;
        world.message.instrument.settle = 1;
        world.message.instrument.fund = 3;
        world.message.instrument.tick = world.message.instrument.lot = 1;
        say((struct zl_topic){ZL_TOPIC_CTRL, 0});
}

static void say_mark(int64_t price)
{
        zl_message_init(&world.message, ZL_TYPE_MARK);
        world.message.mark.instrument = 7;
        world.message.mark.price = price;
        say((struct zl_topic){ZL_TOPIC_MARK, 7});
}

static void say_fund(uint64_t rev, int64_t balance, uint64_t plan)
{
        zl_message_init(&world.message, ZL_TYPE_FUND);
        world.message.fund.fund = 3;
        world.message.fund.asset = 1;
        world.message.fund.balance = world.message.fund.peak = balance;
        world.message.fund.rev = rev;
        world.message.fund.plan = plan;
        say((struct zl_topic){ZL_TOPIC_FUND, 3});
}

static void say_loser(uint64_t account)
{
        struct zl_msg_account *said = &world.message.account;

        zl_message_init(&world.message, ZL_TYPE_ACCOUNT);
        said->account = account;
        said->rev = said->cross_rev = 1;
        said->full = true;
        said->positions_count = 1;
        said->positions[0] = (struct zl_row_position){
                .instrument = 7, .qty = 10, .entry = 1000, .mode = ZL_MODE_ISOLATED, .margin = 50,
                .rev = 1};
        said->positions[0].absent = 1 << ZL_AT_position_cost | 1 << ZL_AT_position_funding;
        say((struct zl_topic){ZL_TOPIC_ACCT, zl_partition(account, 256)});
}

static void owe(void)
{
        say_market();
        say_mark(1000);
        for (uint64_t account = 1; account <= LOSERS; account++)
                say_loser(account);
        say_mark(990);
        for (uint64_t account = 1; account <= LOSERS; account++) {
                zl_message_init(&world.message, ZL_TYPE_EXEC);
                snprintf(world.message.exec.order, sizeof world.message.exec.order, "%d/7/1/0/0",
                         (int)account);
                world.message.exec.status = ZL_EXEC_STATUS_EXPIRED;
                world.message.exec.final = true;
                say((struct zl_topic){ZL_TOPIC_EXEC, zl_partition(account, 256)});
        }
        say_fund(1, 1000, 0); /* which they have waited for: one plan of three messages */
        assert_true(world.digest != 0);
}

static int open_world(void **state)
{
        struct zl_engine_config config = zl_run_config_default();

        (void)state;
        memset(&world, 0, sizeof world);
        config.accounts_max = config.positions_max = config.balances_max = 64;
        config.streams_max = 1024;
        assert_int_equal(zl_run_open(&world.run, &config), ZL_OK);
        owe();
        return 0;
}

static int close_world(void **state)
{
        (void)state;
        zl_run_close(&world.run);
        zl_said_free(&world.said);
        return 0;
}

static void digest_is_of_the_messages(void **state)
{
        (void)state;
        say_fund(2, 1000 - 50 * LOSERS - 1, world.digest);
        assert_int_equal(world.audits, 1);
}

static void cost_is_the_bound(void **state)
{
        (void)state;
        say_fund(2, 1000 - 50 * LOSERS, world.digest);
        assert_int_equal(world.audits, 0);
}

static void other_plans_are_not_held(void **state)
{
        (void)state;
        say_fund(2, 0, world.digest + 1);
        assert_int_equal(world.audits, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(digest_is_of_the_messages),
                TEST(cost_is_the_bound),
                TEST(other_plans_are_not_held),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
