/* Every function of core/wide.h against GMP.
 *
 * Operands of products and quotients lie within 2^255 either side: the one number whose magnitude
 * does not fit is refused by an assertion, and so tested there. */
#include "operand.h"

#include <string.h>

enum { ROUNDS = 500000 };

static const struct zl_wide wide_min = {{0, 0, 0, (uint64_t)1 << 63}};

static mpz_t want, rest;

static bool same(struct zl_wide a, struct zl_wide b)
{
        return !memcmp(&a, &b, sizeof a);
}

static bool has_magnitude(const mpz_t z)
{
        return mpz_sizeinbase(z, 2) < 256;
}

static void begin_pair(struct zl_wide a, struct zl_wide b)
{
        set_wide(trial.a, a);
        set_wide(trial.b, b);
        trial.round++;
}

static void check_single(struct zl_wide a)
{
        REQUIRE(zl_wide_negative(a) == (mpz_sgn(trial.a) < 0));
        REQUIRE(zl_wide_sign(a) == mpz_sgn(trial.a));
        if (fits(trial.a, 128))
                mpz_set(want, trial.a);
        else
                set_i128(want, mpz_sgn(trial.a) < 0 ? i128_min : i128_max);
        REQUIRE(is_i128(want, zl_wide_saturate(a)));
        if (has_magnitude(trial.a)) {
                mpz_neg(want, trial.a);
                REQUIRE(is_wide(want, zl_wide_neg(a)));
        }
}

static void check_sums(struct zl_wide a, struct zl_wide b)
{
        int order = mpz_cmp(trial.a, trial.b);

        REQUIRE(zl_wide_compare(a, b) == (order > 0) - (order < 0));
        mpz_add(want, trial.a, trial.b);
        if (fits(want, 256))
                REQUIRE(is_wide(want, zl_wide_add(a, b)));
        mpz_sub(want, trial.a, trial.b);
        if (fits(want, 256) && has_magnitude(trial.b))
                REQUIRE(is_wide(want, zl_wide_sub(a, b)));
}

static void check_product(struct zl_wide a, struct zl_wide b)
{
        mpz_mul(want, trial.a, trial.b);
        if (has_magnitude(want) && has_magnitude(trial.a) && has_magnitude(trial.b))
                REQUIRE(is_wide(want, zl_wide_mul(a, b)));
}

static void check_division(struct zl_wide a, struct zl_wide b)
{
        struct zl_wide remainder;

        if (mpz_sgn(trial.b) <= 0 || !has_magnitude(trial.a))
                return;
        mpz_fdiv_qr(want, rest, trial.a, trial.b);
        REQUIRE(is_wide(want, zl_wide_divide(a, b, &remainder)));
        REQUIRE(is_wide(rest, remainder));
        REQUIRE(is_wide(want, zl_wide_div_floor(a, b)));
        mpz_cdiv_q(want, trial.a, trial.b);
        REQUIRE(is_wide(want, zl_wide_div_ceil(a, b)));
}

static void check_pair(struct zl_wide a, struct zl_wide b)
{
        begin_pair(a, b);
        check_single(a);
        check_sums(a, b);
        check_product(a, b);
        check_division(a, b);
}

static void test_random(void **state)
{
        (void)state;
        trial_begin(20240602);
        for (int i = 0; i < ROUNDS; i++) {
                uint32_t bits = 1 + random_below(255);
                check_pair(random_wide(256), random_wide(256));
                check_pair(random_wide(256), random_wide(128));
                check_pair(random_wide(bits), random_wide(256 - bits)); /* products that fit */
        }
}

/* A divisor times a quotient, and the numbers beside it, at every ratio of their sizes. */
static void test_near_multiples(void **state)
{
        (void)state;
        trial_begin(20240603);
        for (int i = 0; i < ROUNDS; i++) {
                uint32_t bits = 2 + random_below(252);
                struct zl_wide b = random_wide(bits), factor = random_wide(254 - bits);
                if (zl_wide_negative(b))
                        b = wide_not(b);
                struct zl_wide a = zl_wide_mul(factor, b);
                check_pair(a, b);
                check_pair(zl_wide_add(a, zl_wide_of(1)), b);
                check_pair(zl_wide_sub(a, zl_wide_of(1)), b);
        }
}

static void test_from_i128(void **state)
{
        (void)state;
        trial_begin(20240604);
        for (int i = 0; i < ROUNDS; i++) {
                zl_i128 a = random_i128(), b = random_i128();
                begin_pair(zl_wide_of(a), zl_wide_of(b));
                REQUIRE((mpz_sgn(trial.a) < 0) == (a < 0));
                REQUIRE(low_i128(zl_wide_of(a)) == a);
                REQUIRE(zl_wide_saturate(zl_wide_of(a)) == a);
                mpz_mul(want, trial.a, trial.b);
                REQUIRE(is_wide(want, zl_wide_product(a, b)));
        }
}

/* The edges of every width, each against each. */
static void test_extremes(void **state)
{
        static struct zl_wide edges[4 * 255 / 5 + 8];
        size_t count = 0;

        (void)state;
        trial_begin(0);
        for (uint32_t k = 0; k < 255; k += 5) {
                struct zl_wide power = {{0}};
                power.limb[k / 64] = (uint64_t)1 << k % 64;
                edges[count++] = power;
                edges[count++] = wide_not(power);             /* -2^k - 1 */
                edges[count++] = zl_wide_neg(power);          /* -2^k */
                edges[count++] = wide_not(zl_wide_neg(power)); /* 2^k - 1 */
        }
        edges[count++] = wide_min;
        edges[count++] = wide_not(wide_min);
        edges[count++] = zl_wide_neg(wide_not(wide_min));
        edges[count++] = zl_wide_of(i128_max);
        edges[count++] = zl_wide_of(i128_min);
        edges[count++] = zl_wide_add(zl_wide_of(i128_max), zl_wide_of(1));
        edges[count++] = zl_wide_sub(zl_wide_of(i128_min), zl_wide_of(1));
        for (size_t i = 0; i < count; i++) {
                for (size_t j = 0; j < count; j++)
                        check_pair(edges[i], edges[j]);
        }
}

static void test_pow10(void **state)
{
        (void)state;
        trial_begin(0);
        for (uint32_t i = 0; i <= 2 * ZL_POW10_MAX; i++) {
                mpz_ui_pow_ui(want, 10, i);
                REQUIRE(is_wide(want, zl_wide_pow10(i)));
        }
}

/* Whatever is answered is written whole: a quotient of equal bits from equal operands. */
static void test_repeatable(void **state)
{
        struct zl_wide remainder, again;

        (void)state;
        trial_begin(20240605);
        for (int i = 0; i < 1000; i++) {
                struct zl_wide a = random_wide(255), b = zl_wide_of(random_positive());
                REQUIRE(same(zl_wide_divide(a, b, &remainder), zl_wide_divide(a, b, &again)));
                REQUIRE(same(remainder, again));
        }
}

struct pair {
        struct zl_wide a, b;
};

static volatile uint64_t sink;

static void do_add(const void *pair)
{
        const struct pair *p = pair;
        sink = zl_wide_add(p->a, p->b).limb[0];
}

static void do_sub(const void *pair)
{
        const struct pair *p = pair;
        sink = zl_wide_sub(p->a, p->b).limb[0];
}

static void do_mul(const void *pair)
{
        const struct pair *p = pair;
        sink = zl_wide_mul(p->a, p->b).limb[0];
}

static void do_neg(const void *pair)
{
        const struct pair *p = pair;
        sink = zl_wide_neg(p->a).limb[0];
}

static void do_divide(const void *pair)
{
        const struct pair *p = pair;
        struct zl_wide remainder;
        sink = zl_wide_divide(p->a, p->b, &remainder).limb[0];
}

static void do_pow10(const void *exponent)
{
        sink = zl_wide_pow10(*(const uint32_t *)exponent).limb[0];
}

/* Overflow never wraps: random pairs trap exactly when the true result does not fit. */
static void test_overflow_traps(void **state)
{
        (void)state;
        trial_begin(20240606);
        for (int i = 0; i < 60; i++) {
                struct pair p = {random_wide(256), random_wide(256)};
                if (i % 2 == 0)
                        p = (struct pair){wide_shift(random_limbs(), random_below(2)),
                                          wide_shift(random_limbs(), random_below(2))};
                begin_pair(p.a, p.b);
                mpz_add(want, trial.a, trial.b);
                REQUIRE(traps(do_add, &p) == !fits(want, 256));
                mpz_sub(want, trial.a, trial.b);
                REQUIRE(traps(do_sub, &p) == !(fits(want, 256) && has_magnitude(trial.b)));
                mpz_mul(want, trial.a, trial.b);
                REQUIRE(traps(do_mul, &p) == !(has_magnitude(want) && has_magnitude(trial.a) &&
                                               has_magnitude(trial.b)));
        }
}

static void test_asserts(void **state)
{
        struct zl_wide one = zl_wide_of(1), most = wide_not(wide_min);
        struct zl_wide half = {{0, 0, (uint64_t)1 << 63, 0}};

        (void)state;
        assert_true(traps(do_add, &(struct pair){most, one}));
        assert_true(traps(do_add, &(struct pair){wide_min, zl_wide_of(-1)}));
        assert_false(traps(do_add, &(struct pair){wide_min, one}));
        assert_true(traps(do_sub, &(struct pair){wide_min, one}));
        assert_true(traps(do_neg, &(struct pair){wide_min, one}));
        assert_true(traps(do_mul, &(struct pair){half, half}));
        assert_true(traps(do_mul, &(struct pair){half, {{0, 1, 0, 0}}}));
        assert_false(traps(do_mul, &(struct pair){half, {{UINT64_MAX >> 1, 0, 0, 0}}}));
        assert_true(traps(do_divide, &(struct pair){one, zl_wide_of(0)}));
        assert_true(traps(do_divide, &(struct pair){one, zl_wide_of(-1)}));
        assert_true(traps(do_divide, &(struct pair){wide_min, one}));
        assert_true(traps(do_pow10, &(uint32_t){2 * ZL_POW10_MAX + 1}));
        assert_false(traps(do_pow10, &(uint32_t){2 * ZL_POW10_MAX}));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_random),
                cmocka_unit_test(test_near_multiples),
                cmocka_unit_test(test_from_i128),
                cmocka_unit_test(test_extremes),
                cmocka_unit_test(test_pow10),
                cmocka_unit_test(test_repeatable),
                cmocka_unit_test(test_overflow_traps),
                cmocka_unit_test(test_asserts),
        };

        mpz_inits(want, rest, NULL);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
