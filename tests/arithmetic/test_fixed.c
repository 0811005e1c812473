/* Every function of core/fixed.h against GMP. */
#include "operand.h"

enum { ROUNDS = 1000000 };

static mpz_t want;

typedef bool checked_op(zl_i128 a, zl_i128 b, zl_i128 *ret_result);

/* `want` is the true result: it comes out exactly when it fits, else nothing is touched. */
static void require_checked(checked_op *op, zl_i128 a, zl_i128 b)
{
        const zl_i128 untouched = 0x5a5a5a5a5a5a5a5a;
        zl_i128 result = untouched;

        if (op(a, b, &result)) {
                REQUIRE(fits(want, 128));
                REQUIRE(is_i128(want, result));
        } else {
                REQUIRE(!fits(want, 128));
                REQUIRE(result == untouched);
        }
}

static void check_sums(zl_i128 a, zl_i128 b)
{
        mpz_add(want, trial.a, trial.b);
        require_checked(zl_add, a, b);
        mpz_sub(want, trial.a, trial.b);
        require_checked(zl_sub, a, b);
        mpz_mul(want, trial.a, trial.b);
        require_checked(zl_mul, a, b);
}

static void check_division(zl_i128 a, zl_i128 b)
{
        mpz_fdiv_q(want, trial.a, trial.b);
        REQUIRE(is_i128(want, zl_div_floor(a, b)));
        mpz_mul(want, want, trial.b);
        require_checked(zl_multiple_floor, a, b);

        mpz_cdiv_q(want, trial.a, trial.b);
        REQUIRE(is_i128(want, zl_div_ceil(a, b)));
        mpz_mul(want, want, trial.b);
        require_checked(zl_multiple_ceil, a, b);
}

static void check_singles(zl_i128 a, zl_i128 b)
{
        int order = mpz_cmp(trial.a, trial.b);

        REQUIRE(zl_min_i128(a, b) == (order < 0 ? a : b));
        REQUIRE(zl_max_i128(a, b) == (order > 0 ? a : b));
        if (fits(trial.a, 64))
                mpz_set(want, trial.a);
        else
                set_i128(want, mpz_sgn(trial.a) < 0 ? INT64_MIN : INT64_MAX);
        REQUIRE(is_i128(want, zl_saturate_i64(a)));

        zl_u128 magnitude = zl_magnitude(a);
        mpz_abs(want, trial.a);
        set_u128(trial.scratch, magnitude);
        REQUIRE(mpz_cmp(want, trial.scratch) == 0);
}

static void check_pair(zl_i128 a, zl_i128 b)
{
        set_i128(trial.a, a);
        set_i128(trial.b, b);
        check_sums(a, b);
        check_singles(a, b);
        if (b > 0)
                check_division(a, b);
        trial.round++;
}

/* A product next to a multiple: where floor and ceil part. */
static void check_near_multiple(zl_i128 step)
{
        zl_i128 factor = low_i128(random_wide(64)), product, near;

        if (!zl_mul(factor, step, &product))
                return;
        for (int i = -1; i <= 1; i++) {
                if (zl_add(product, i, &near))
                        check_pair(near, step);
        }
}

static void test_random(void **state)
{
        (void)state;
        trial_begin(20240601);
        for (int i = 0; i < ROUNDS; i++) {
                check_pair(random_i128(), random_i128());
                check_pair(random_i128(), random_positive());
                check_near_multiple(low_i128(random_wide(80)) | 1);
        }
}

/* The edges of every width, each against each. */
static void test_extremes(void **state)
{
        static zl_i128 edges[3 * 128 + 8];
        size_t count = 0;

        (void)state;
        trial_begin(0);
        for (int k = 0; k < 127; k++) {
                zl_i128 power = (zl_i128)1 << k;
                edges[count++] = power;
                edges[count++] = power - 1;
                edges[count++] = -power;
        }
        edges[count++] = i128_max;
        edges[count++] = i128_min;
        edges[count++] = i128_min + 1;
        for (size_t i = 0; i < count; i++) {
                for (size_t j = 0; j < count; j++)
                        check_pair(edges[i], edges[j]);
        }
}

static void test_pow10(void **state)
{
        (void)state;
        trial_begin(0);
        for (uint32_t i = 0; i <= ZL_POW10_MAX; i++) {
                mpz_ui_pow_ui(want, 10, i);
                REQUIRE(is_i128(want, zl_pow10(i)));
        }
        mpz_mul_ui(want, want, 10);
        REQUIRE(!fits(want, 128)); /* the limit is the largest that fits */
}

static volatile uint64_t sink;

static void divide_floor_by(const void *divisor)
{
        sink = (uint64_t)zl_div_floor(7, *(const int *)divisor);
}

static void divide_ceil_by(const void *divisor)
{
        sink = (uint64_t)zl_div_ceil(7, *(const int *)divisor);
}

static void raise_to(const void *exponent)
{
        sink = (uint64_t)zl_pow10(*(const uint32_t *)exponent);
}

static void test_asserts(void **state)
{
        (void)state;
        assert_true(traps(divide_floor_by, &(int){0}));
        assert_true(traps(divide_floor_by, &(int){-1}));
        assert_true(traps(divide_ceil_by, &(int){0}));
        assert_true(traps(divide_ceil_by, &(int){-3}));
        assert_true(traps(raise_to, &(uint32_t){ZL_POW10_MAX + 1}));
        assert_false(traps(divide_floor_by, &(int){1}));
        assert_false(traps(divide_ceil_by, &(int){1}));
        assert_false(traps(raise_to, &(uint32_t){ZL_POW10_MAX}));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_random),
                cmocka_unit_test(test_extremes),
                cmocka_unit_test(test_pow10),
                cmocka_unit_test(test_asserts),
        };

        mpz_init(want);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
