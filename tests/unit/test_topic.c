/* core/topic.c: every topic goes to text and back, and nothing else is a topic. */
#include "unit.h"

#include <zeroline/frame.h>

static const uint32_t ids[] = {0, 1, 9, 10, 15, 16, 255, 0x1ff, 0xabcdef01, UINT32_MAX};

static void test_round_trip(void **state)
{
        char seen[ZL_TOPIC_KINDS][ZL_TOPIC_SIZE + 1];

        (void)state;
        for (int kind = 0; kind < ZL_TOPIC_KINDS; kind++) {
                for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
                        struct zl_topic topic = {(enum zl_topic_kind)kind, ids[i]}, back;
                        char text[ZL_TOPIC_SIZE + 1], digits[9];
                        zl_topic_format(topic, text);
                        assert_int_equal(strlen(text), ZL_TOPIC_SIZE);
                        snprintf(digits, sizeof digits, "%08x", ids[i]);
                        assert_string_equal(text + 5, digits);
                        assert_true(zl_topic_parse(text, ZL_TOPIC_SIZE, &back));
                        assert_int_equal(back.kind, kind);
                        assert_int_equal(back.id, ids[i]);
                }
                zl_topic_format((struct zl_topic){(enum zl_topic_kind)kind, 0}, seen[kind]);
                for (int other = 0; other < kind; other++)
                        assert_string_not_equal(seen[kind], seen[other]);
        }
}

static void test_prefix(void **state)
{
        uint8_t prefix[ZL_TOPIC_PREFIX_SIZE];

        (void)state;
        zl_topic_prefix((struct zl_topic){ZL_TOPIC_ACCT, 0x1ff}, prefix);
        assert_memory_equal(prefix, "\xad" "acct.000001ff", ZL_TOPIC_PREFIX_SIZE);
        zl_topic_prefix((struct zl_topic){ZL_TOPIC_MARK, UINT32_MAX}, prefix);
        assert_memory_equal(prefix, "\xad" "mark.ffffffff", ZL_TOPIC_PREFIX_SIZE);
}

static void test_refused(void **state)
{
        static const char *const texts[] = {
                "acct.000001fF", "ACCT.000001ff", "acct-000001ff", "acct.000001fg", "acct.000001f",
                "acct.000001ff0", "acc.0000001ff", "none.000001ff", "acct. 00001ff",
                "acct.-00001ff",
                "acct.+00001ff", "acct.0x0001ff", "acct.000001f ", " acct.00001ff", "",
        };

        (void)state;
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
                struct zl_topic topic = {ZL_TOPIC_BIDS, 77};
                assert_false(zl_topic_parse(texts[i], strlen(texts[i]), &topic));
                assert_int_equal(topic.kind, ZL_TOPIC_BIDS);
                assert_int_equal(topic.id, 77);
        }
}

/* Every byte at every place: what is taken is exactly what is written again. */
static void test_every_byte(void **state)
{
        (void)state;
        for (int place = 0; place < ZL_TOPIC_SIZE; place++) {
                for (int byte = 0; byte < 256; byte++) {
                        char text[ZL_TOPIC_SIZE + 1] = "mark.0000002a", back[ZL_TOPIC_SIZE + 1];
                        struct zl_topic topic;
                        text[place] = (char)byte;
                        if (!zl_topic_parse(text, ZL_TOPIC_SIZE, &topic))
                                continue;
                        zl_topic_format(topic, back);
                        assert_string_equal(back, text);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_prefix),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_every_byte),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
