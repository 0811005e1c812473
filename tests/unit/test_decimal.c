/* codec/decimal.c: decimals as text, against the writer of core/text.h and by hand. */
#include "unit.h"

#include "codec/decimal.h"
#include "core/text.h"

struct sample {
        const char *text;
        uint32_t scale;
        enum zl_decimal answer;
        int64_t value;
};

static const struct sample samples[] = {
        {"0", 0, ZL_DECIMAL_OK, 0},
        {"-0", 5, ZL_DECIMAL_OK, 0},
        {"-12.5", 2, ZL_DECIMAL_OK, -1250},
        {"0.000000000000000001", 18, ZL_DECIMAL_OK, 1},
        {"12.50000", 2, ZL_DECIMAL_OK, 1250},
        {"0012", 1, ZL_DECIMAL_OK, 120},
        {"9223372036854775807", 0, ZL_DECIMAL_OK, INT64_MAX},
        {"-9223372036854775808", 0, ZL_DECIMAL_OK, INT64_MIN},
        {"9.223372036854775807", 18, ZL_DECIMAL_OK, INT64_MAX},
        {"-9.223372036854775808", 18, ZL_DECIMAL_OK, INT64_MIN},
        {"9223372036854775808", 0, ZL_DECIMAL_TOO_LARGE, 0},
        {"-9223372036854775809", 0, ZL_DECIMAL_TOO_LARGE, 0},
        {"9.223372036854775808", 18, ZL_DECIMAL_TOO_LARGE, 0},
        {"10", 18, ZL_DECIMAL_TOO_LARGE, 0},
        {"922337203685477580.8", 1, ZL_DECIMAL_TOO_LARGE, 0},
        {"99999999999999999999999999", 0, ZL_DECIMAL_TOO_LARGE, 0},
        {"0.01", 1, ZL_DECIMAL_TOO_FINE, 0},
        {"1.5", 0, ZL_DECIMAL_TOO_FINE, 0},
        {"0.10000000000000000001", 18, ZL_DECIMAL_TOO_FINE, 0},
        {"", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
        {"-", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
        {"+1", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
        {"--1", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
        {".5", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
        {"5.", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
        {"-.5", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
        {"1.2.3", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
        {"1,5", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
        {"1e5", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
        {"0x10", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
        {" 1", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
        {"1 ", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
        {"1_000", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
        {"inf", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
        {"nan", 2, ZL_DECIMAL_NOT_A_NUMBER, 0},
};

static void test_by_hand(void **state)
{
        (void)state;
        for (size_t i = 0; i < ZL_COUNT(samples); i++) {
                const struct sample *sample = &samples[i];
                int64_t value = 77;
                assert_int_equal(zl_decimal_parse(sample->text, sample->scale, &value),
                                 sample->answer);
                assert_true(value == (sample->answer == ZL_DECIMAL_OK ? sample->value : 77));
        }
}

static void check_round_trip(int64_t value, uint32_t scale)
{
        char buffer[64];
        struct zl_text text = zl_text_over(buffer, sizeof buffer);
        int64_t back = ~value;

        zl_text_decimal(&text, value, scale);
        assert_false(text.full);
        assert_int_equal(zl_decimal_parse(buffer, scale, &back), ZL_DECIMAL_OK);
        assert_true(back == value);
}

static void test_round_trip(void **state)
{
        static const int64_t edges[] = {0, 1, -1, 10, -10, INT64_MAX, INT64_MIN, INT64_MIN + 1};

        (void)state;
        for (uint32_t scale = 0; scale <= 18; scale++) {
                for (size_t i = 0; i < ZL_COUNT(edges); i++)
                        check_round_trip(edges[i], scale);
                for (int i = 0; i < 20000; i++)
                        check_round_trip(random_i64(), scale);
        }
}

/* One unit beyond int64 is refused at every scale, both ends themselves are taken. */
static void test_edges(void **state)
{
        (void)state;
        for (uint32_t scale = 0; scale <= 18; scale++) {
                for (int beyond = 0; beyond <= 1; beyond++) {
                        const zl_i128 ends[] = {(zl_i128)INT64_MAX + beyond,
                                                (zl_i128)INT64_MIN - beyond};
                        for (int i = 0; i < 2; i++) {
                                char buffer[64];
                                struct zl_text text = zl_text_over(buffer, sizeof buffer);
                                int64_t value;
                                zl_text_decimal(&text, ends[i], scale);
                                assert_int_equal(zl_decimal_parse(buffer, scale, &value),
                                                 beyond ? ZL_DECIMAL_TOO_LARGE : ZL_DECIMAL_OK);
                        }
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_by_hand),
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_edges),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
