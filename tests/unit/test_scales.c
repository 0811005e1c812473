/* codec/scales.h: what a stream says about units, and where its messages go. */
#include "unit.h"

#include "codec/json.h"
#include "core/assert.h"

static struct zl_message message;

static void read_line(const struct zl_scales *scales, const char *text)
{
        struct zl_json_frame frame;
        char error[512];
        struct zl_text why = zl_text_over(error, sizeof error);

        if (zl_json_read(text, strlen(text), scales, &message, &frame, &why) != ZL_OK)
                fail_msg("%s: %s", text, error);
}

static void learn(struct zl_scales *scales, const char *text)
{
        read_line(scales, text);
        zl_scales_learn(scales, &message);
}

/* The scale of a field of `object`, a row or the message itself. */
static int scale_in(const struct zl_scales *scales, const struct zl_record *record,
                    const void *object, const char *name)
{
        for (uint32_t i = 0; i < record->fields_count; i++) {
                if (!strcmp(record->fields[i].name, name))
                        return zl_scales_of(scales, &record->fields[i], record, object, &message);
        }
        fail_msg("%s.%s?", record->name, name);
        return -2;
}

static int scale(const struct zl_scales *scales, const char *name)
{
        return scale_in(scales, zl_schema_message(message.type), &message.cluster, name);
}

static struct zl_scales *world(void)
{
        struct zl_scales *scales = zl_scales_open();

        learn(scales, "{\"type\":\"asset\",\"asset\":1,\"symbol\":\"A\",\"scale\":6,"
                      "\"numeraire\":true}");
        learn(scales, "{\"type\":\"asset\",\"asset\":2,\"symbol\":\"B\",\"scale\":8,"
                      "\"rate_scale\":4}");
        learn(scales, "{\"type\":\"instrument\",\"instrument\":7,\"symbol\":\"I7\",\"settle\":2,"
                      "\"price_scale\":1,\"qty_scale\":3,\"tick\":1,\"lot\":1,\"fund\":5}");
        learn(scales, "{\"type\":\"instrument\",\"instrument\":9,\"symbol\":\"I9\",\"settle\":1,"
                      "\"price_scale\":2,\"qty_scale\":0,\"tick\":1,\"lot\":1,\"tier_by\":"
                      "\"size\"}");
        learn(scales, "{\"type\":\"fund\",\"fund\":5,\"asset\":2,\"balance\":1,\"rev\":1}");
        return scales;
}

static void test_by_unit(void **state)
{
        struct zl_scales *scales = world();

        (void)state;
        read_line(scales, "{\"type\":\"mark\",\"instrument\":7,\"price\":1}");
        assert_int_equal(scale(scales, "price"), 1);
        assert_int_equal(scale(scales, "depth"), 3);
        assert_int_equal(scale(scales, "funding"), 12);
        read_line(scales, "{\"type\":\"rate\",\"asset\":2,\"price\":1}");
        assert_int_equal(scale(scales, "price"), 4);
        read_line(scales, "{\"type\":\"fund\",\"fund\":9,\"asset\":1,\"balance\":1,\"rev\":1}");
        assert_int_equal(scale(scales, "balance"), 6);
        read_line(scales, "{\"type\":\"takeover\",\"fund\":5,\"rev\":1,\"key\":\"\","
                          "\"instrument\":9,\"side\":\"buy\",\"qty\":1,\"price\":1,\"amount\":1}");
        assert_int_equal(scale(scales, "amount"), 8);
        assert_int_equal(scale(scales, "qty"), 0);
        read_line(scales, "{\"type\":\"policy\",\"policy\":1}");
        assert_int_equal(scale(scales, "fund_floor"), 6);
        assert_int_equal(scale(scales, "fraction"), 9);
        assert_int_equal(zl_scales_numeraire(scales), 6);
        assert_int_equal(zl_scales_instrument_price(scales, 9), 2);
        assert_int_equal(zl_scales_instrument_qty(scales, 9), 0);
        assert_string_equal(zl_scales_symbol(scales, 9), "I9");
        zl_scales_close(scales);
}

/* A row's own id comes before its message's. */
static void test_in_rows(void **state)
{
        struct zl_scales *scales = world();
        const struct zl_record *account = zl_schema_message(ZL_TYPE_ACCOUNT);

        (void)state;
        read_line(scales, "{\"type\":\"account\",\"account\":1,\"rev\":1,\"balances\":["
                          "{\"asset\":2,\"amount\":1}],\"positions\":[{\"instrument\":9,\"qty\":1},"
                          "{\"instrument\":7,\"qty\":1}]}");
        assert_int_equal(scale_in(scales, account->fields[6].row, message.account.balances,
                                  "amount"), 8);
        assert_int_equal(scale_in(scales, account->fields[7].row, message.account.positions,
                                  "margin"), 6);
        assert_int_equal(scale_in(scales, account->fields[7].row, message.account.positions + 1,
                                  "entry"), 1);
        assert_int_equal(scale_in(scales, account->fields[7].row, message.account.positions + 1,
                                  "margin"), 8);
        zl_scales_close(scales);
}

/* An instrument or asset says its own scales, tiers by what tier_by says. */
static void test_of_itself(void **state)
{
        struct zl_scales *scales = world();
        const struct zl_record *record = zl_schema_message(ZL_TYPE_INSTRUMENT);
        const struct zl_record *tier = record->fields[13].row;

        (void)state;
        read_line(scales, "{\"type\":\"instrument\",\"instrument\":7,\"symbol\":\"\",\"settle\":1,"
                          "\"price_scale\":11,\"qty_scale\":12,\"tick\":1,\"lot\":1,"
                          "\"tiers\":[{\"mmr\":1}]}");
        assert_int_equal(scale(scales, "tick"), 11);
        assert_int_equal(scale(scales, "lot"), 12);
        assert_int_equal(scale_in(scales, tier, message.instrument.tiers, "upto"), 6);
        message.instrument.tier_by = ZL_TIER_BY_SIZE;
        assert_int_equal(scale_in(scales, tier, message.instrument.tiers, "upto"), 12);
        assert_int_equal(scale_in(scales, tier, message.instrument.tiers, "mmr"), 9);
        read_line(scales, "{\"type\":\"asset\",\"asset\":1,\"symbol\":\"\",\"scale\":13,"
                          "\"haircut\":[{\"rate\":1}]}");
        assert_int_equal(scale_in(scales, zl_schema_message(ZL_TYPE_ASSET)->fields[5].row,
                                  message.asset.haircut, "upto"), 13);
        zl_scales_close(scales);
}

static void test_unknown(void **state)
{
        struct zl_scales *scales = zl_scales_open();

        (void)state;
        read_line(scales, "{\"type\":\"mark\",\"instrument\":7,\"price\":1}");
        assert_int_equal(scale(scales, "price"), -1);
        read_line(scales, "{\"type\":\"policy\",\"policy\":1}");
        assert_int_equal(scale(scales, "fund_floor"), -1);
        read_line(scales, "{\"type\":\"exec\",\"order\":\"1/7/1/0/0\",\"status\":\"filled\"}");
        assert_int_equal(scale(scales, "price"), -1);
        assert_int_equal(zl_scales_numeraire(scales), -1);
        assert_int_equal(zl_scales_instrument_price(scales, 7), -1);
        assert_int_equal(zl_scales_instrument_qty(scales, 7), -1);
        assert_null(zl_scales_symbol(scales, 7));
        zl_scales_close(scales);
        zl_scales_close(NULL);
}

static void check_exec(const struct zl_scales *scales, const char *order, int price, int qty)
{
        char text[200];

        snprintf(text, sizeof text, "{\"type\":\"exec\",\"order\":\"%s\",\"status\":\"filled\"}",
                 order);
        read_line(scales, text);
        assert_int_equal(scale(scales, "price"), price);
        assert_int_equal(scale(scales, "filled"), qty);
}

/* By the order's own message, by the pool's name, by the place among the cross positions. */
static void test_orders(void **state)
{
        struct zl_scales *scales = world();

        (void)state;
        check_exec(scales, "1/9/1/0/0", 2, 0);
        check_exec(scales, "1/7L/1/0", 1, 3);
        check_exec(scales, "1/x/1/0/0", -1, -1);
        check_exec(scales, "nonsense", -1, -1);
        learn(scales, "{\"type\":\"account\",\"account\":1,\"rev\":1,\"positions\":["
                      "{\"instrument\":9,\"qty\":1},{\"instrument\":7,\"qty\":1,"
                      "\"mode\":\"isolated\"}]}");
        check_exec(scales, "1/x/1/0/0", 2, 0);
        check_exec(scales, "1/x/1/0/1", -1, -1);
        learn(scales, "{\"type\":\"account\",\"account\":1,\"rev\":2,\"positions\":["
                      "{\"instrument\":7,\"leg\":\"S\",\"qty\":-1},{\"instrument\":7,"
                      "\"leg\":\"L\",\"qty\":1}]}");
        check_exec(scales, "1/x/2/0/0", 1, 3);
        check_exec(scales, "1/x/2/0/2", 2, 0);
        learn(scales, "{\"type\":\"account\",\"account\":1,\"rev\":3,\"positions\":["
                      "{\"instrument\":7,\"leg\":\"S\",\"qty\":0},{\"instrument\":7,"
                      "\"leg\":\"L\",\"qty\":0}]}");
        check_exec(scales, "1/x/3/0/0", 2, 0);
        learn(scales, "{\"type\":\"liquidate\",\"order\":\"1/x/3/0/0\",\"account\":1,"
                      "\"pool\":\"x\",\"instrument\":7,\"side\":\"buy\",\"qty\":1,"
                      "\"price\":1,\"step\":\"full\","
                      "\"mark\":1,\"mark_seq\":1,\"equity\":1,\"maintenance\":1,\"tier_rev\":1,"
                      "\"policy_rev\":1}");
        check_exec(scales, "1/x/3/0/0", 1, 3);
        learn(scales, "{\"type\":\"account\",\"account\":1,\"rev\":4,\"full\":true}");
        check_exec(scales, "1/x/4/0/0", -1, -1);
        zl_scales_close(scales);
}

static void check_topic(const struct zl_scales *scales, const char *text, enum zl_topic_kind kind,
                        uint32_t id)
{
        struct zl_topic topic = {ZL_TOPIC_SNAP, 77};

        read_line(scales, text);
        assert_true(zl_scales_topic(scales, &message, 3, &topic));
        assert_int_equal(topic.kind, kind);
        assert_int_equal(topic.id, id);
}

static void test_topics(void **state)
{
        struct zl_scales *scales = world();
        struct zl_topic topic;
        const char *deficit = "{\"type\":\"deficit\",\"account\":42,\"pool\":\"x\",\"base\":1,"
                              "\"instrument\":7,\"side\":\"buy\",\"qty\":1,\"price\":1,"
                              "\"amount\":1,\"n\":0}";

        (void)state;
        check_topic(scales, "{\"type\":\"cluster\"}", ZL_TOPIC_CTRL, 0);
        check_topic(scales, "{\"type\":\"clock\"}", ZL_TOPIC_TIME, 3);
        check_topic(scales, "{\"type\":\"beat\"}", ZL_TOPIC_BEAT, 3);
        check_topic(scales, "{\"type\":\"mark\",\"instrument\":7,\"price\":1}", ZL_TOPIC_MARK, 7);
        check_topic(scales, "{\"type\":\"rate\",\"asset\":2,\"price\":1}", ZL_TOPIC_RATE, 2);
        check_topic(scales, "{\"type\":\"snapshot_get\",\"partition\":5,\"request\":1}",
                    ZL_TOPIC_SNAP, 5);
        check_topic(scales, "{\"type\":\"account\",\"account\":42,\"rev\":1}", ZL_TOPIC_ACCT, 0x22);
        check_topic(scales, "{\"type\":\"exec\",\"order\":\"42/x/1/0\",\"status\":\"busy\"}",
                    ZL_TOPIC_EXEC, 0x22);
        check_topic(scales, deficit, ZL_TOPIC_DEFI, zl_partition(5, 256));
        learn(scales, "{\"type\":\"cluster\",\"partitions\":1000}");
        check_topic(scales, "{\"type\":\"account\",\"account\":42,\"rev\":1}", ZL_TOPIC_ACCT,
                    0xa759ea27d4727622u % 1000);
        learn(scales, "{\"type\":\"cluster\",\"partitions\":0}"); /* nobody can mean this */
        check_topic(scales, "{\"type\":\"account\",\"account\":1,\"rev\":1}", ZL_TOPIC_ACCT,
                    0x5692161d100b05e5u % 1000);
        read_line(scales, "{\"type\":\"synced\"}");
        assert_false(zl_scales_topic(scales, &message, 3, &topic));
        read_line(scales, "{\"type\":\"alert\",\"kind\":\"gap\",\"text\":\"\"}");
        assert_false(zl_scales_topic(scales, &message, 3, &topic));
        read_line(scales, "{\"type\":\"exec\",\"order\":\"venue\",\"status\":\"busy\"}");
        assert_false(zl_scales_topic(scales, &message, 3, &topic));
        zl_scales_close(scales);
}

static void test_mix64(void **state)
{
        (void)state;
        assert_true(zl_mix64(0) == 0);
        assert_true(zl_mix64(1) == 0x5692161d100b05e5u);
        assert_true(zl_mix64(42) == 0xa759ea27d4727622u);
        assert_int_equal(zl_partition(42, 256), 0x22);
        assert_int_equal(zl_partition(42, 1), 0);
}

/* Tables grow and keep what they hold; the first scales that can be stand. */
static void test_many(void **state)
{
        struct zl_scales *scales = zl_scales_open();

        (void)state;
        zl_message_init(&message, ZL_TYPE_INSTRUMENT);
        for (uint32_t i = 0; i < 20000; i++) {
                message.instrument.instrument = i * 2654435761u;
                message.instrument.price_scale = i % 19;
                message.instrument.qty_scale = 5;
                zl_scales_learn(scales, &message);
        }
        message.instrument.instrument = 0;
        message.instrument.price_scale = 18;
        zl_scales_learn(scales, &message);
        message.instrument.instrument = 1;
        message.instrument.price_scale = 19;
        zl_scales_learn(scales, &message);
        message.instrument.price_scale = 3;
        zl_scales_learn(scales, &message);
        for (uint32_t i = 1; i < 20000; i++)
                assert_int_equal(zl_scales_instrument_price(scales, i * 2654435761u), i % 19);
        assert_int_equal(zl_scales_instrument_price(scales, 0), 0);
        assert_int_equal(zl_scales_instrument_price(scales, 1), 3);
        zl_scales_close(scales);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_by_unit), cmocka_unit_test(test_in_rows),
                cmocka_unit_test(test_of_itself), cmocka_unit_test(test_unknown),
                cmocka_unit_test(test_orders),  cmocka_unit_test(test_topics),
                cmocka_unit_test(test_mix64),   cmocka_unit_test(test_many),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
