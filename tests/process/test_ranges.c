/* app/ranges.h: lists and shares of partitions, and what is neither. */
#include "../unit/unit.h"

#include "app/ranges.h"
#include "core/assert.h"

static struct zl_partition_range ranges[ZL_RANGES_MAX];

static uint32_t parse(const char *text, uint32_t partitions)
{
        uint32_t count = 0;

        return zl_ranges_parse(text, partitions, ranges, &count) ? count : 0;
}

static void test_lists(void **state)
{
        (void)state;
        assert_int_equal(parse("0-63,70", 256), 2);
        assert_true(ranges[0].first == 0 && ranges[0].last == 63);
        assert_true(ranges[1].first == 70 && ranges[1].last == 70);
        assert_true(zl_ranges_have(ranges, 2, 70) && !zl_ranges_have(ranges, 2, 69));
        static const char *const bad[] = {"", "-", "a", "0-256", "5-4", "1,1", "2,1", "0-3,3",
                                          "1-"};
        for (size_t i = 0; i < ZL_COUNT(bad); i++)
                assert_int_equal(parse(bad[i], 256), 0);
}

/* Whatever the numbers, the shares are all partitions, each of them once, and alike in size. */
static void test_shares(void **state)
{
        (void)state;
        for (uint32_t partitions = 1; partitions < 40; partitions++) {
                for (uint32_t shares = 1; shares <= partitions; shares++) {
                        uint32_t next = 0;
                        for (uint32_t k = 0; k < shares; k++) {
                                char text[32];
                                snprintf(text, sizeof text, "%s%u/%u", k % 2 ? "a-b2-" : "", k,
                                         shares);
                                assert_int_equal(parse(text, partitions), 1);
                                assert_int_equal(ranges[0].first, next);
                                next = ranges[0].last + 1;
                                uint32_t size = next - ranges[0].first;
                                assert_true(size == partitions / shares ||
                                            size == partitions / shares + 1);
                        }
                        assert_int_equal(next, partitions);
                }
        }
        static const char *const bad[] = {"4/4",   "/4",    "1/",    "1/0",     "1/257", "a/4",
                                          "a1/4",  "1/2/4", "1/4,5", "-/4",     "1 /4",  "1/ 4",
                                          "a-1x/4", "0-1/a", "300/400"};
        for (size_t i = 0; i < ZL_COUNT(bad); i++)
                assert_int_equal(parse(bad[i], 256), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lists),
                cmocka_unit_test(test_shares),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
