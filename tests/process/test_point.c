/* app/point.h: places on a tape as persons write them, and times as they read them. */
#include "app/point.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
        const char *text;
        enum zl_point_kind kind;
        uint64_t value;
} good[] = {
        {"end", ZL_POINT_NONE, 0},
        {"record:0", ZL_POINT_RECORD, 0},
        {"record:18446744073709551615", ZL_POINT_RECORD, UINT64_MAX},
        {"0", ZL_POINT_TIME, 0},
        {"1791666900000000000", ZL_POINT_TIME, 1791666900000000000},
        {"1970-01-01T00:00:00Z", ZL_POINT_TIME, 0},
        {"2026-10-10T21:15:00Z", ZL_POINT_TIME, 1791666900000000000},
        {"2026-10-10t21:15:00z", ZL_POINT_TIME, 1791666900000000000},
        {"2026-10-10 21:15:00Z", ZL_POINT_TIME, 1791666900000000000},
        {"2026-10-10T23:15:00+02:00", ZL_POINT_TIME, 1791666900000000000},
        {"2026-10-10T15:45:00-05:30", ZL_POINT_TIME, 1791666900000000000},
        {"2026-10-10T21:15:00.000000001Z", ZL_POINT_TIME, 1791666900000000001},
        {"2026-10-10T21:15:00.5Z", ZL_POINT_TIME, 1791666900500000000},
        {"2026-10-10T21:15:00.1234567899Z", ZL_POINT_TIME, 1791666900123456789},
        {"2024-02-29T00:00:00Z", ZL_POINT_TIME, 1709164800000000000},
        {"2026-10-10T21:15Z", ZL_POINT_TIME, 1791666900000000000},
        {"2026-10-10T23:15+02:00", ZL_POINT_TIME, 1791666900000000000},
        {"at:500", ZL_POINT_AT, 500},
        {"+5m", ZL_POINT_SPAN, 300000000000},
        {"+1h30m2ns", ZL_POINT_SPAN, 5400000000002},
        {"seq:mark.00000001:500", ZL_POINT_SEQ, 500},
};

static const char *const bad[] = {
        "", "END", "record", "record:", "record:-1", "record: 1", "record:1x",
        "record:18446744073709551616", "18446744073709551616", "-1", "1.5", "noon", "2026-10-10",
        "2026-10-10T21:15:00", "2026-10-10T21Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-10T00:00:00Z", "2026-10-10T24:00:00Z", "2026-10-10T21:60:00Z",
        "2026-10-10T21:15:00.Z", "2026-10-10T21:15:00Zx", "2026-10-10T21:15:00+2:00",
        "2026-10-10T21:15:00+24:00", "1969-12-31T23:59:59Z", "9999-10-10T21:15:00Z",
        "2026-10-10T21:15:Z", "at:", "at:x", "+5", "+5w", "+", "seq:mark:4", "seq:mark.00000001",
        "seq:mark.00000001:", "ends",
};

static void test_good(void **state)
{
        struct zl_point point;

        (void)state;
        for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
                if (!zl_point_parse(good[i].text, "a place", &point))
                        fail_msg("%s is refused", good[i].text);
                assert_int_equal(point.kind, good[i].kind);
                assert_true(point.value == good[i].value);
        }
}

static void test_bad(void **state)
{
        struct zl_point point;

        (void)state;
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                if (zl_point_parse(bad[i], "a place", &point))
                        fail_msg("%s is taken", bad[i]);
        }
}

static void test_format(void **state)
{
        static const uint64_t times[] = {1, 1791666900000000000, 1791666900000000001,
                                         1709164800999999999, 253402300};
        char text[ZL_TIME_TEXT_SIZE];
        struct zl_point point;

        (void)state;
        assert_string_equal(zl_time_format(1791666900000000000, text),
                            "2026-10-10T21:15:00.000000000Z");
        for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
                assert_true(zl_point_parse(zl_time_format(times[i], text), "a time",
                                           &point));
                assert_true(point.kind == ZL_POINT_TIME && point.value == times[i]);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_good),
                cmocka_unit_test(test_bad),
                cmocka_unit_test(test_format),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
