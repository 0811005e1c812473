/* Every function of core/wide.h against GMP, over operands of all lengths up to the capacity. The
 * limbs beyond those in use are noise, and no answer may depend on it. */
#include "operand.h"

#include <string.h>

enum { ROUNDS = 200000, CAPACITY = 64 * ZL_WIDE_LIMBS };

static mpz_t want, rest;

static bool has_room(const mpz_t z)
{
        return mpz_sizeinbase(z, 2) <= CAPACITY;
}

static void begin_pair(struct zl_wide a, struct zl_wide b)
{
        set_wide(trial.a, a);
        set_wide(trial.b, b);
        trial.round++;
}

static void check_top(struct zl_wide a)
{
        uint32_t bits = mpz_sgn(trial.a) ? (uint32_t)mpz_sizeinbase(trial.a, 2) : 0, shift = 7777;
        uint64_t top = zl_wide_top(&a, &shift);

        REQUIRE(zl_wide_bits(&a) == bits);
        REQUIRE(shift == (bits > 53 ? bits - 53 : 0));
        mpz_abs(want, trial.a);
        mpz_fdiv_q_2exp(want, want, shift);
        set_u128(rest, top);
        REQUIRE(mpz_cmp(want, rest) == 0);
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
        mpz_neg(want, trial.a);
        REQUIRE(is_wide(want, zl_wide_neg(a)));
        check_top(a);
}

static void check_sums(struct zl_wide a, struct zl_wide b)
{
        int order = mpz_cmp(trial.a, trial.b);

        REQUIRE(zl_wide_compare(a, b) == (order > 0) - (order < 0));
        mpz_add(want, trial.a, trial.b);
        if (has_room(want))
                REQUIRE(is_wide(want, zl_wide_add(a, b)));
        mpz_sub(want, trial.a, trial.b);
        if (has_room(want))
                REQUIRE(is_wide(want, zl_wide_sub(a, b)));
}

static void check_products(struct zl_wide a, struct zl_wide b)
{
        uint64_t by = b.used ? b.limb[b.used - 1] : 0;

        mpz_mul(want, trial.a, trial.b);
        if (has_room(want))
                REQUIRE(is_wide(want, zl_wide_mul(a, b)));
        mpz_mul_ui(want, trial.a, by);
        if (has_room(want))
                REQUIRE(is_wide(want, zl_wide_scale(a, by)));
}

static void check_division(struct zl_wide a, struct zl_wide b)
{
        struct zl_wide remainder;

        if (mpz_sgn(trial.b) <= 0)
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
        check_products(a, b);
        check_division(a, b);
}

static void test_random(void **state)
{
        (void)state;
        trial_begin(20240602);
        for (int i = 0; i < ROUNDS; i++) {
                uint32_t bits = random_below(CAPACITY + 1);
                check_pair(random_wide(CAPACITY), random_wide(CAPACITY));
                check_pair(random_wide(CAPACITY), random_wide(128));
                check_pair(random_wide(256), random_wide(256)); /* what is short is common */
                check_pair(random_wide(bits), random_wide(CAPACITY - bits)); /* products fit */
        }
}

/* Numbers that agree in their leading limbs: where subtraction borrows far and answers briefly. */
static void test_near_equal(void **state)
{
        (void)state;
        trial_begin(20240607);
        for (int i = 0; i < ROUNDS; i++) {
                struct zl_wide a = random_wide(CAPACITY), b = a;
                for (int changes = (int)random_below(3); changes > 0 && b.used > 0; changes--)
                        b.limb[random_below(b.used)] = random_limb(true);
                b.negative = random_u64() & 1;
                check_pair(a, wide_cut(b, 64 * b.used));
        }
}

/* A divisor times a quotient, and the numbers beside it, at every ratio of their sizes. */
static void test_near_multiples(void **state)
{
        (void)state;
        trial_begin(20240603);
        for (int i = 0; i < ROUNDS; i++) {
                uint32_t most = random_below(4) == 0 ? 256 : CAPACITY;
                uint32_t bits = 1 + random_below(most - 2);
                struct zl_wide b = random_wide(bits), factor = random_wide(most - 1 - bits);
                b.negative = false;
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
        for (int i = 0; i < 5 * ROUNDS; i++) {
                zl_i128 a = random_i128(), b = random_i128();
                set_i128(trial.a, a);
                set_i128(trial.b, b);
                trial.round++;
                REQUIRE(is_wide(trial.a, zl_wide_of(a)));
                REQUIRE(zl_wide_saturate(zl_wide_of(a)) == a);
                mpz_mul(want, trial.a, trial.b);
                REQUIRE(is_wide(want, zl_wide_product(a, b)));
        }
}

/* 2^k, and the numbers beside it, of either sign. */
static size_t put_edges(struct zl_wide *edges, uint32_t k)
{
        struct zl_wide power = {.used = ZL_WIDE_LIMBS};
        size_t count = 0;

        power.limb[k / 64] = (uint64_t)1 << k % 64;
        power = wide_cut(power, CAPACITY);
        edges[count++] = power;
        edges[count++] = zl_wide_add(power, zl_wide_of(1));
        edges[count++] = zl_wide_sub(power, zl_wide_of(1));
        for (size_t i = 0; i < 3; i++)
                edges[count++] = zl_wide_neg(edges[i]);
        return count;
}

/* The edges of every limb, each against each. */
static void test_extremes(void **state)
{
        static struct zl_wide edges[6 * (5 * ZL_WIDE_LIMBS + 1) + 2];
        size_t count = 0;

        (void)state;
        trial_begin(0);
        for (uint32_t k = 0; k < CAPACITY; k += 64) {
                count += put_edges(edges + count, k);
                count += put_edges(edges + count, k + 1);
                count += put_edges(edges + count, k + 31);
                count += put_edges(edges + count, k + 62);
                count += put_edges(edges + count, k + 63);
        }
        count += put_edges(edges + count, 53);
        memset(&edges[count], 0xff, sizeof edges[count]);
        edges[count].used = ZL_WIDE_LIMBS;
        edges[count].negative = false; /* the largest there is, and the least */
        edges[count + 1] = zl_wide_neg(edges[count]);
        count += 2;
        for (size_t i = 0; i < count; i++) {
                for (size_t j = 0; j < count; j++)
                        check_pair(edges[i], edges[j]);
        }
}

static void test_pow10(void **state)
{
        (void)state;
        trial_begin(0);
        for (uint32_t i = 0; i <= ZL_WIDE_POW10_MAX; i++) {
                mpz_ui_pow_ui(want, 10, i);
                REQUIRE(is_wide(want, zl_wide_pow10(i)));
        }
}

/* A result may take the place of an operand, and results may be operands. */
static void test_in_place(void **state)
{
        (void)state;
        trial_begin(20240605);
        for (int i = 0; i < 1000; i++) {
                const struct zl_wide a = random_wide(500), b = zl_wide_of(random_positive());
                struct zl_wide x = a, y = b, z = a;
                begin_pair(a, b);
                x = zl_wide_mul(zl_wide_add(zl_wide_neg(x), y), zl_wide_sub(zl_wide_of(3), x));
                x = zl_wide_add(x, x);
                mpz_sub(want, trial.b, trial.a);
                mpz_ui_sub(rest, 3, trial.a);
                mpz_mul(want, want, rest);
                mpz_mul_2exp(want, want, 1);
                REQUIRE(is_wide(want, x));
                mpz_fdiv_qr(want, rest, trial.a, trial.b);
                x = zl_wide_divide(z, b, &z); /* the remainder where the dividend was */
                REQUIRE(is_wide(want, x) && is_wide(rest, z));
                x = zl_wide_divide(a, y, &y);
                REQUIRE(is_wide(want, x) && is_wide(rest, y));
        }
}

struct pair {
        struct zl_wide a, b;
};

static volatile uint32_t sink;

static void do_add(const void *pair)
{
        const struct pair *p = pair;
        sink = zl_wide_add(p->a, p->b).used;
}

static void do_sub(const void *pair)
{
        const struct pair *p = pair;
        sink = zl_wide_sub(p->a, p->b).used;
}

static void do_mul(const void *pair)
{
        const struct pair *p = pair;
        sink = zl_wide_mul(p->a, p->b).used;
}

static void do_scale(const void *pair)
{
        const struct pair *p = pair;
        sink = zl_wide_scale(p->a, p->b.used ? p->b.limb[0] : 0).used;
}

static void do_divide(const void *pair)
{
        const struct pair *p = pair;
        struct zl_wide remainder;
        sink = zl_wide_divide(p->a, p->b, &remainder).used;
}

static void do_div_floor(const void *pair)
{
        const struct pair *p = pair;
        sink = zl_wide_div_floor(p->a, p->b).used;
}

static void do_div_ceil(const void *pair)
{
        const struct pair *p = pair;
        sink = zl_wide_div_ceil(p->a, p->b).used;
}

static void do_pow10(const void *exponent)
{
        sink = zl_wide_pow10(*(const uint32_t *)exponent).used;
}

/* Overflow never wraps: pairs trap exactly when the true result does not fit. */
static void test_overflow_traps(void **state)
{
        (void)state;
        trial_begin(20240606);
        for (int i = 0; i < 100; i++) {
                uint32_t bits = i % 2 ? 64 * (1 + random_below(15)) : random_below(CAPACITY + 1);
                struct pair p = {random_wide(CAPACITY), random_wide(CAPACITY)};
                if (i % 4 != 0) /* products that just fit, or just do not */
                        p = (struct pair){random_wide(bits), random_wide(CAPACITY + 1 - bits)};
                begin_pair(p.a, p.b);
                mpz_add(want, trial.a, trial.b);
                REQUIRE(traps(do_add, &p) == !has_room(want));
                mpz_sub(want, trial.a, trial.b);
                REQUIRE(traps(do_sub, &p) == !has_room(want));
                mpz_mul(want, trial.a, trial.b);
                REQUIRE(traps(do_mul, &p) == !has_room(want));
        }
}

/* 2^(64 n) - 1 */
static struct zl_wide ones(uint32_t n)
{
        struct zl_wide a = {.used = n};

        memset(a.limb, 0xff, n * sizeof a.limb[0]);
        return a;
}

/* 2^k */
static struct zl_wide power_of_2(uint32_t k)
{
        struct zl_wide a = {.used = k / 64 + 1};

        a.limb[k / 64] = (uint64_t)1 << k % 64;
        return a;
}

static void test_asserts(void **state)
{
        const struct zl_wide one = zl_wide_of(1), minus = zl_wide_of(-1), none = zl_wide_of(0);
        const struct zl_wide most = ones(ZL_WIDE_LIMBS), least = zl_wide_neg(most);

        (void)state;
        assert_true(traps(do_add, &(struct pair){most, one}));
        assert_true(traps(do_add, &(struct pair){one, most}));
        assert_true(traps(do_add, &(struct pair){least, minus}));
        assert_false(traps(do_add, &(struct pair){most, minus}));
        assert_false(traps(do_add, &(struct pair){most, least}));
        assert_true(traps(do_sub, &(struct pair){least, one}));
        assert_true(traps(do_sub, &(struct pair){most, least}));
        assert_false(traps(do_sub, &(struct pair){most, most}));
        for (uint32_t n = 1; n <= ZL_WIDE_LIMBS; n++) { /* the last limbs are full, and one more */
                struct zl_wide a = ones(ZL_WIDE_LIMBS - n), b = ones(n);
                assert_false(traps(do_mul, &(struct pair){a, b}));
                a = power_of_2(CAPACITY - 64 * n);
                assert_false(traps(do_mul, &(struct pair){a, b}));
                if (n < ZL_WIDE_LIMBS)
                        assert_true(traps(do_mul, &(struct pair){a, power_of_2(64 * n)}));
                a = power_of_2(CAPACITY - 64 * n + 32);
                assert_false(traps(do_mul, &(struct pair){a, power_of_2(64 * n - 33)}));
                assert_true(traps(do_mul, &(struct pair){a, power_of_2(64 * n - 32)}));
                assert_true(traps(do_mul, &(struct pair){power_of_2(64 * n - 32), a}));
        }
        assert_false(traps(do_scale, &(struct pair){power_of_2(1000), power_of_2(23)}));
        assert_true(traps(do_scale, &(struct pair){power_of_2(1000), power_of_2(24)}));
        assert_true(traps(do_divide, &(struct pair){one, none}));
        assert_true(traps(do_divide, &(struct pair){most, minus}));
        assert_true(traps(do_div_floor, &(struct pair){most, none}));
        assert_true(traps(do_div_floor, &(struct pair){one, minus}));
        assert_true(traps(do_div_ceil, &(struct pair){none, none}));
        assert_true(traps(do_div_ceil, &(struct pair){one, least}));
        assert_false(traps(do_divide, &(struct pair){least, one}));
        assert_true(traps(do_pow10, &(uint32_t){ZL_WIDE_POW10_MAX + 1}));
        assert_true(traps(do_pow10, &(uint32_t){UINT32_MAX}));
        assert_false(traps(do_pow10, &(uint32_t){ZL_WIDE_POW10_MAX}));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_random),
                cmocka_unit_test(test_near_equal),
                cmocka_unit_test(test_near_multiples),
                cmocka_unit_test(test_from_i128),
                cmocka_unit_test(test_extremes),
                cmocka_unit_test(test_pow10),
                cmocka_unit_test(test_in_place),
                cmocka_unit_test(test_overflow_traps),
                cmocka_unit_test(test_asserts),
        };

        mpz_inits(want, rest, NULL);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
