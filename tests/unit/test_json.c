/* codec/json.h: messages as JSON lines and back; what is wrong with a line is said and located. */
#include "random_message.h"

#include "codec/json.h"

#include <zeroline/frame.h>

enum { LINE_SIZE_MAX = 8 << 20 };

static struct zl_message first, second;
static char line[LINE_SIZE_MAX];

static bool read_line(const struct zl_scales *scales, const char *text, char *error, size_t size)
{
        struct zl_text why = zl_text_over(error, size);
        struct zl_json_frame frame;

        return zl_json_read(text, strlen(text), scales, &first, &frame, &why) == ZL_OK;
}

static void learn(struct zl_scales *scales, const char *text)
{
        char error[512];

        if (!read_line(scales, text, error, sizeof error))
                fail_msg("%s: %s", text, error);
        zl_scales_learn(scales, &first);
}

static struct zl_scales *world(void)
{
        struct zl_scales *scales = zl_scales_open();

        learn(scales, "{\"type\":\"asset\",\"asset\":1,\"symbol\":\"USDT\",\"scale\":6,"
                      "\"numeraire\":true}");
        learn(scales, "{\"type\":\"instrument\",\"instrument\":7,\"symbol\":\"X\",\"settle\":1,"
                      "\"price_scale\":2,\"qty_scale\":3,\"tick\":\"0.1\",\"lot\":\"0.001\"}");
        return scales;
}

struct refused {
        const char *line;
        const char *error;
};

static const struct refused refusals[] = {
        {"", "line: not JSON: it ends too early, at column 1"},
        {"{", "line: not JSON: it ends too early, at column 2"},
        {"5", "line: not JSON: it ends too early, at column 2"},
        {"[]", "line: expected an object"},
        {"null", "line: not JSON: it ends too early, at column 5"},
        {"null ", "line: expected an object"},
        {"{} {}", "line: not JSON: unexpected character, at column 4"},
        {"{}", "line: \"type\" is required"},
        {"{\"type\":5}", "line: \"type\" is required"},
        {"{\"type\":\"nothing\"}", "line: no such message type"},
        {"{\"type\":\"clock\",\"more\":1}", "clock.more: no such field"},
        {"{\"type\":\"clock\",\"a\\nb\":1}", "clock.a?b: no such field"},
        {"{\"type\":\"clock\",\"seq\":-1}", "clock.seq: may not be negative"},
        {"{\"type\":\"clock\",\"seq\":1.0}", "clock.seq: expected a whole number"},
        {"{\"type\":\"clock\",\"seq\":\"1\"}", "clock.seq: expected a whole number"},
        {"{\"type\":\"clock\",\"src\":4294967296}", "clock.src: is too large"},
        {"{\"type\":\"clock\",\"seq\":18446744073709551616}",
         "line: a number that is too large, at column 23"},
        {"{\"type\":\"clock\",\"seq\":-9223372036854775809}",
         "line: a number that is too large, at column 23"},
        {"{\"type\":\"clock\\u0000\"}", "line: a zero in it, at column 15"},
        {"{\"type\":\"clock\",\"src\\u0000\":5}", "line: a zero in it, at column 21"},
        {"{\"type\":\"clock\\ud800\"}", "line: half of a pair of characters, at column 15"},
        {"{\"type\":\"clock\\udBFFx\"}", "line: half of a pair of characters, at column 15"},
        {"{\"type\":\"clock\\uDc00\"}", "line: half of a pair of characters, at column 15"},
        {"{\"type\":\"clock\\ud83d\\ud83d\"}",
         "line: half of a pair of characters, at column 15"},
        {"{\"type\":\"clock\\ud83d\\ude00\"}", "line: no such message type"},
        {"{\"type\":\"clock\\\\ud800\"}", "line: no such message type"},
        {"{\"type\":\"clock\\ud7ff\\ue000\"}", "line: no such message type"},
        {"{\"type\":\"clock\",\"topic\":\"mark.00000001\"}",
         "clock.topic: is not one that this message goes out on"},
        {"{\"type\":\"clock\",\"topic\":\"time.0000000A\"}",
         "clock.topic: is not a topic like \"acct.000001ff\""},
        {"{\"type\":\"rate\",\"price\":1}", "rate.asset: is required"},
        {"{\"type\":\"rate\",\"asset\":null,\"price\":1}", "rate.asset: is required"},
        {"{\"type\":\"rate\",\"asset\":9,\"price\":\"1\"}",
         "rate.price: its scale is not known yet: the instrument or asset must come first (or give "
         "raw units, without quotes)"},
        {"{\"type\":\"rate\",\"asset\":1,\"price\":\"1,5\"}",
         "rate.price: is not a decimal like \"-12.5\""},
        {"{\"type\":\"rate\",\"asset\":1,\"price\":\"0.000000001\"}",
         "rate.price: has more decimals than its scale"},
        {"{\"type\":\"rate\",\"asset\":1,\"price\":\"92233720368.54775808\"}",
         "rate.price: is too large"},
        {"{\"type\":\"rate\",\"asset\":1,\"price\":9223372036854775808}",
         "rate.price: is too large"},
        {"{\"type\":\"rate\",\"asset\":1,\"price\":1.5}",
         "rate.price: expected a decimal in quotes, or a whole number of units"},
        {"{\"type\":\"rate\",\"asset\":1,\"price\":true}",
         "rate.price: expected a decimal in quotes, or a whole number of units"},
        {"{\"type\":\"account\",\"account\":1,\"rev\":1,\"full\":1}",
         "account.full: expected true or false"},
        {"{\"type\":\"account\",\"account\":1,\"rev\":1,\"balances\":{}}",
         "account.balances: expected a list"},
        {"{\"type\":\"account\",\"account\":1,\"rev\":1,\"balances\":[5]}",
         "account.balances[0]: expected an object"},
        {"{\"type\":\"account\",\"account\":1,\"rev\":1,\"balances\":[null]}",
         "account.balances[0]: expected an object"},
        {"{\"type\":\"account\",\"account\":1,\"rev\":1,\"positions\":[{\"instrument\":7,"
         "\"qty\":\"1\"},{\"instrument\":7,\"qty\":\"0.0001\"}]}",
         "account.positions[1].qty: has more decimals than its scale"},
        {"{\"type\":\"account\",\"account\":1,\"rev\":1,\"positions\":[{\"instrument\":7,"
         "\"qty\":\"1\",\"src\":1}]}", "account.positions[0].src: no such field"},
        {"{\"type\":\"account\",\"account\":1,\"rev\":1,\"positions\":[{\"instrument\":7,"
         "\"qty\":\"1\",\"leg\":\"X\"}]}", "account.positions[0].leg: expected one of L S"},
        {"{\"type\":\"policy\",\"policy\":1,\"warn\":[1,2,3,4,5,6,7,8,9]}",
         "policy.warn: has too many rows"},
        {"{\"type\":\"policy\",\"policy\":1,\"warn\":[null]}", "policy.warn[0]: is required"},
        {"{\"type\":\"asset\",\"asset\":5,\"symbol\":\"12345678901234567890123456789012\","
         "\"scale\":1}", "asset.symbol: is too long"},
        {"{\"type\":\"snapshot_part\",\"partition\":1,\"request\":1,\"part\":0,\"parts\":1,"
         "\"digest\":0,\"data\":\"abc\"}", "snapshot_part.data: expected bytes in hex"},
        {"{\"type\":\"snapshot_part\",\"partition\":1,\"request\":1,\"part\":0,\"parts\":1,"
         "\"digest\":0,\"data\":\"AB\"}", "snapshot_part.data: expected bytes in hex"},
};

static void test_refused(void **state)
{
        struct zl_scales *scales = world();
        char error[512];

        (void)state;
        for (size_t i = 0; i < ZL_COUNT(refusals); i++) {
                assert_false(read_line(scales, refusals[i].line, error, sizeof error));
                assert_string_equal(error, refusals[i].error);
        }
        zl_scales_close(scales);
}

/* Left out is the default, null is absent, and SAME follows. */
static void test_left_out(void **state)
{
        struct zl_scales *scales = world();
        const struct zl_msg_mark *mark = &first.mark;
        const struct zl_msg_policy *policy = &first.policy;

        (void)state;
        learn(scales, "{\"type\":\"mark\",\"instrument\":7,\"price\":\"65000.1\",\"bid\":null,"
                      "\"ask\":\"1\",\"depth\":null}");
        assert_true(mark->price == 6500010 && mark->index == 6500010 && mark->bid == 6500010);
        assert_true(mark->ask == 100 && mark->depth == 0 && mark->funding == 0);
        assert_int_equal(mark->absent, 1u << ZL_AT_mark_bid | 1u << ZL_AT_mark_depth);
        learn(scales, "{\"policy\":2,\"type\":\"policy\"}");
        assert_true(policy->absent == 0 && policy->warn_count == 1);
        assert_true(policy->warn[0].ratio == 800000000 && policy->answer_ms == 500);
        learn(scales, "{\"type\":\"policy\",\"policy\":2,\"warn\":[],\"answer_ms\":null}");
        assert_true(policy->warn_count == 0 && policy->answer_ms == 500);
        assert_true(ZL_ABSENT(policy, policy, answer_ms) && !ZL_ABSENT(policy, policy, warn));
        learn(scales, "{\"type\":\"policy\",\"policy\":2,\"warn\":null}");
        assert_true(policy->warn_count == 1 && ZL_ABSENT(policy, policy, warn));
        learn(scales, "{\"type\":\"alert\",\"kind\":\"gap\",\"text\":\"\"}");
        assert_int_equal(first.alert.absent, 1u << ZL_AT_alert_account | 1u << ZL_AT_alert_pool |
                                                     1u << ZL_AT_alert_instrument |
                                                     1u << ZL_AT_alert_ratio);
        zl_scales_close(scales);
}

static void test_frame_names(void **state)
{
        struct zl_scales *scales = zl_scales_open();
        const char *text = "{\"type\":\"synced\",\"src\":4294967295,\"epoch\":3,\"seq\":"
                           "18446744073709551615,\"ts_ns\":4,\"topic\":\"rank.0000000b\",\"at\":9}";
        struct zl_json_frame frame;
        char error[200];
        struct zl_text why = zl_text_over(error, sizeof error);

        (void)state;
        assert_int_equal(zl_json_read(text, strlen(text), scales, &first, &frame, &why), ZL_OK);
        assert_true(frame.has_src && frame.has_epoch && frame.has_seq && frame.has_ts);
        assert_true(frame.has_topic && frame.header.topic.kind == ZL_TOPIC_RANK);
        assert_true(frame.header.topic.id == 11 && frame.header.src == UINT32_MAX);
        assert_true(frame.header.epoch == 3 && frame.header.seq == UINT64_MAX);
        assert_true(frame.header.ts_ns == 4);
        text = "{\"type\":\"synced\"}";
        assert_int_equal(zl_json_read(text, strlen(text), scales, &first, &frame, &why), ZL_OK);
        assert_false(frame.has_src || frame.has_epoch || frame.has_seq || frame.has_ts);
        assert_true(!frame.has_topic && frame.header.src == 1 && frame.header.epoch == 1);
        zl_scales_close(scales);
}

static size_t print_line(const struct zl_scales *scales, const struct zl_header *header,
                         const struct zl_message *message)
{
        struct zl_text text = zl_text_over(line, sizeof line);

        zl_json_message(&text, scales, header, message);
        zl_json_close(&text);
        assert_false(text.full);
        return text.size;
}

static void test_printed(void **state)
{
        struct zl_scales *scales = world();
        const struct zl_header header = {{ZL_TOPIC_MARK, 7}, 1, 2, 3, 4};
        const struct zl_header elsewhere = {{ZL_TOPIC_MARK, 8}, 1, 2, 3, 4};

        (void)state;
        learn(scales, "{\"type\":\"mark\",\"instrument\":7,\"price\":\"-0.01\",\"bid\":null,"
                      "\"depth\":5,\"funding\":-1}");
        print_line(scales, &header, &first);
        assert_string_equal(line, "{\"type\":\"mark\",\"instrument\":7,\"price\":\"-0.01\","
                                  "\"index\":\"-0.01\",\"bid\":null,\"ask\":\"-0.01\","
                                  "\"depth\":\"0.005\","
                                  "\"funding\":\"-0.000000000001\",\"src\":1,\"epoch\":2,\"seq\":3,"
                                  "\"ts_ns\":4}");
        zl_message_init(&first, ZL_TYPE_SYNCED);
        print_line(scales, &header, &first);
        assert_string_equal(line, "{\"type\":\"synced\",\"topic\":\"mark.00000007\",\"src\":1,"
                                  "\"epoch\":2,\"seq\":3,\"ts_ns\":4}");
        zl_message_init(&first, ZL_TYPE_MARK);
        first.mark.instrument = 7;
        print_line(scales, &elsewhere, &first);
        assert_non_null(strstr(line, ",\"topic\":\"mark.00000008\",\"src\":1"));
        zl_scales_close(scales);
}

/* Any message of any type: the line that is printed reads as the same message and prints the same
 * line. Both with scales known (the ids of the world come up often) and unknown. */
static void test_round_trip(void **state)
{
        struct zl_scales *scales = world();
        struct zl_header header = {{ZL_TOPIC_CTRL, 0}, 1, 2, 3, 4};

        (void)state;
        for (int type = 0; type < ZL_TYPE_LIMIT; type++) {
                for (int i = 0; i < 200 && zl_schema_message((enum zl_type)type); i++) {
                        struct zl_json_frame frame;
                        char error[512];
                        struct zl_text why = zl_text_over(error, sizeof error);
                        random_message(&second, (enum zl_type)type, 8);
                        if (type == ZL_TYPE_MARK && i % 2)
                                second.mark.instrument = 7;
                        if (type == ZL_TYPE_RATE && i % 2)
                                second.rate.asset = 1;
                        header.topic.kind = zl_schema_message((enum zl_type)type)->topic;
                        if (header.topic.kind == ZL_TOPIC_ANY)
                                header.topic.kind = ZL_TOPIC_ACCT;
                        size_t size = print_line(scales, &header, &second);
                        if (zl_json_read(line, size, scales, &first, &frame, &why) != ZL_OK)
                                fail_msg("%s\n%s", error, line);
                        assert_true(same_message(&first, &second));
                        char *before = strdup(line);
                        print_line(scales, &header, &first);
                        assert_string_equal(line, before);
                        free(before);
                }
        }
        zl_scales_close(scales);
}

/* A line with any one byte changed, or cut anywhere, is read or refused with words; never more. */
static void test_damaged(void **state)
{
        const char *text = "{\"type\":\"account\",\"account\":42,\"rev\":1,\"balances\":["
                           "{\"asset\":1,\"amount\":\"1000.5\"}],"
                           "\"positions\":[{\"instrument\":7,\"qty\":"
                           "\"-0.5\",\"leg\":\"S\",\"entry\":64000}],\"topic\":\"acct.00000022\"}";
        struct zl_scales *scales = world();
        size_t size = strlen(text);

        (void)state;
        for (size_t i = 0; i < 200 * size; i++) {
                struct zl_json_frame frame;
                char error[64];
                struct zl_text why = zl_text_over(error, sizeof error);
                size_t left = i < size ? i : size;
                char *damaged = malloc(left + 1);
                memcpy(damaged, text, left);
                if (i >= size)
                        damaged[random_u64() % left] = (char)random_u64();
                bool good = zl_json_read(damaged, left, scales, &first, &frame, &why) == ZL_OK;
                assert_true(good || why.size > 0);
                free(damaged);
        }
        zl_scales_close(scales);
}

static void test_strings(void **state)
{
        char buffer[64];
        struct zl_text text = zl_text_over(buffer, sizeof buffer);

        (void)state;
        zl_json_string(&text, "a\"b\\c\x01\x1f\x7f/\xc3\xa9");
        assert_string_equal(buffer, "\"a\\\"b\\\\c\\u0001\\u001f\\u007f/\xc3\xa9\"");
        text = zl_text_over(buffer, sizeof buffer);
        zl_json_decimal(&text, -1250, 2);
        assert_string_equal(buffer, "\"-12.5\"");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_refused),     cmocka_unit_test(test_left_out),
                cmocka_unit_test(test_frame_names), cmocka_unit_test(test_printed),
                cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_damaged),
                cmocka_unit_test(test_strings),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
