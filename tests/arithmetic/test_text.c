/* core/text.h: numbers against GMP's digits, filling up against a buffer that is large enough. */
#include "operand.h"

#include "core/text.h"
#include "core/wide_text.h"

#include <string.h>

enum {
        ROUNDS = 500000,
        SCALE_MAX = 39,
        TEXT_MAX = 1400,
};

/* The digits of trial.a with a point before the last `scale`, zeros behind it taken away. */
static void naive_decimal(char *out, uint32_t scale)
{
        char padded[TEXT_MAX / 2];

        mpz_abs(trial.scratch, trial.a);
        gmp_snprintf(padded, sizeof padded, "%0*Zd", (int)scale + 1, trial.scratch);
        size_t whole = strlen(padded) - scale;
        snprintf(out, TEXT_MAX, "%s%.*s.%s", mpz_sgn(trial.a) < 0 ? "-" : "", (int)whole, padded,
                 padded + whole);
        size_t size = strlen(out);
        while (out[size - 1] == '0')
                out[--size] = 0;
        if (out[size - 1] == '.')
                out[--size] = 0;
}

static void check_decimal(zl_i128 value, uint32_t scale)
{
        char buffer[TEXT_MAX], expected[TEXT_MAX];
        struct zl_text text = zl_text_over(buffer, sizeof buffer);

        set_i128(trial.a, value);
        mpz_set_ui(trial.b, scale);
        naive_decimal(expected, scale);
        zl_text_decimal(&text, value, scale);
        REQUIRE(!text.full);
        REQUIRE(!strcmp(buffer, expected));
        REQUIRE(text.size == strlen(expected));
        trial.round++;
}

static void test_decimal(void **state)
{
        (void)state;
        trial_begin(20240608);
        for (int i = 0; i < ROUNDS; i++) {
                zl_i128 power = zl_pow10(random_below(ZL_POW10_MAX + 1)), round;
                check_decimal(random_i128(), random_below(SCALE_MAX + 1));
                if (zl_mul(low_i128(random_wide(40)), power, &round)) /* trailing zeros */
                        check_decimal(round, random_below(SCALE_MAX + 1));
        }
        for (uint32_t scale = 0; scale <= SCALE_MAX; scale++) {
                check_decimal(0, scale);
                check_decimal(i128_min, scale);
                check_decimal(i128_max, scale);
                for (uint32_t exponent = 0; exponent <= ZL_POW10_MAX; exponent++) {
                        check_decimal(zl_pow10(exponent), scale);
                        check_decimal(-zl_pow10(exponent), scale);
                }
        }
}

static void check_wide(struct zl_wide value, uint32_t scale)
{
        char buffer[TEXT_MAX], expected[TEXT_MAX];
        struct zl_text text = zl_text_over(buffer, sizeof buffer);

        set_wide(trial.a, value);
        mpz_set_ui(trial.b, scale);
        naive_decimal(expected, scale);
        zl_text_wide(&text, value, scale);
        REQUIRE(!text.full);
        REQUIRE(!strcmp(buffer, expected));
        trial.round++;
}

static void test_wide(void **state)
{
        (void)state;
        trial_begin(20240611);
        for (int i = 0; i < ROUNDS / 50; i++) {
                uint32_t exponent = random_below(90);
                check_wide(random_wide(1024), random_below(ZL_WIDE_POW10_MAX + 1));
                check_wide(random_wide(200), random_below(ZL_WIDE_POW10_MAX + 1));
                check_wide(zl_wide_mul(random_wide(300), zl_wide_pow10(exponent)),
                           random_below(120)); /* trailing zeros */
        }
        for (uint32_t scale = 0; scale <= ZL_WIDE_POW10_MAX; scale++)
                check_wide(zl_wide_zero, scale);
}

/* Not through zl_text_decimal: its own twin could be wrong the same way. */
static void test_examples(void **state)
{
        static const struct {
                int64_t value;
                uint32_t scale;
                const char *expected;
        } examples[] = {
                {0, 0, "0"},        {0, 9, "0"},       {12, 0, "12"},        {-5, 1, "-0.5"},
                {100, 2, "1"},      {-100, 3, "-0.1"}, {6600000, 2, "66000"}, {1, 9, "0.000000001"},
                {-1050, 2, "-10.5"}};

        (void)state;
        for (size_t i = 0; i < ZL_COUNT(examples); i++) {
                char buffer[TEXT_MAX];
                struct zl_text text = zl_text_over(buffer, sizeof buffer);
                zl_text_decimal(&text, examples[i].value, examples[i].scale);
                assert_string_equal(buffer, examples[i].expected);
        }
}

static void test_integers(void **state)
{
        char buffer[TEXT_MAX], expected[TEXT_MAX];

        (void)state;
        trial_begin(20240609);
        for (int i = 0; i < ROUNDS; i++, trial.round++) {
                int64_t value = zl_saturate_i64(random_i128());
                struct zl_text text = zl_text_over(buffer, sizeof buffer);
                set_i128(trial.a, value);
                zl_text_i64(&text, value);
                REQUIRE(!strcmp(buffer, mpz_get_str(expected, 10, trial.a)));

                text = zl_text_over(buffer, sizeof buffer);
                set_i128(trial.a, (uint64_t)value);
                zl_text_u64(&text, (uint64_t)value);
                REQUIRE(!strcmp(buffer, mpz_get_str(expected, 10, trial.a)));
        }
}

/* Puts one random piece; the same piece goes to both texts. */
static void put_piece(struct zl_text *small, struct zl_text *large)
{
        char piece[16];
        size_t size = random_below(sizeof piece);

        for (size_t i = 0; i < size; i++)
                piece[i] = (char)('a' + random_below(26));
        piece[size] = 0;
        switch (random_below(3)) {
        case 0:
                zl_text_char(small, 'Z');
                zl_text_char(large, 'Z');
                break;
        case 1:
                zl_text_put(small, piece);
                zl_text_put(large, piece);
                break;
        default:
                zl_text_bytes(small, piece, size);
                zl_text_bytes(large, piece, size);
        }
}

/* "Full" is said exactly when the whole text and its zero do not fit; what stands there is a
 * beginning of the text, ended by a zero, and nothing behind the buffer is touched. */
static void test_full(void **state)
{
        (void)state;
        trial_begin(20240610);
        for (int i = 0; i < ROUNDS / 10; i++, trial.round++) {
                char large_buffer[TEXT_MAX], *buffer;
                size_t capacity = 1 + random_below(40);
                struct zl_text large = zl_text_over(large_buffer, sizeof large_buffer);
                buffer = malloc(capacity + 1);
                assert_non_null(buffer);
                buffer[capacity] = 'G';
                struct zl_text small = zl_text_over(buffer, capacity);
                for (uint32_t pieces = random_below(10); pieces > 0; pieces--) {
                        bool was_full = small.full;
                        size_t before = small.size;
                        put_piece(&small, &large);
                        REQUIRE(!was_full || (small.full && small.size == before));
                        REQUIRE(small.full == (large.size >= capacity));
                        REQUIRE(small.full || small.size == large.size);
                        REQUIRE(buffer[small.size] == 0 && strlen(buffer) == small.size);
                        REQUIRE(!memcmp(buffer, large_buffer, small.size));
                        REQUIRE(buffer[capacity] == 'G');
                }
                free(buffer);
        }
}

static void put_decimal_at_scale(const void *scale)
{
        char buffer[TEXT_MAX];
        struct zl_text text = zl_text_over(buffer, sizeof buffer);

        zl_text_decimal(&text, 1, *(const uint32_t *)scale);
}

static void open_over_nothing(const void *capacity)
{
        char buffer[1];
        struct zl_text text = zl_text_over(buffer, *(const size_t *)capacity);

        zl_text_char(&text, 'a');
}

static void test_asserts(void **state)
{
        (void)state;
        assert_true(traps(put_decimal_at_scale, &(uint32_t){SCALE_MAX + 1}));
        assert_false(traps(put_decimal_at_scale, &(uint32_t){SCALE_MAX}));
        assert_true(traps(open_over_nothing, &(size_t){0}));
        assert_false(traps(open_over_nothing, &(size_t){1}));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_decimal),
                cmocka_unit_test(test_wide),
                cmocka_unit_test(test_examples),
                cmocka_unit_test(test_integers),
                cmocka_unit_test(test_full),
                cmocka_unit_test(test_asserts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
