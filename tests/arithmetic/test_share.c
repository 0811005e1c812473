/* core/share.h against the formula in GMP, whole and in parts. */
#include "operand.h"

#include "core/share.h"

enum { ROUNDS = 20000, WEIGHTS_MAX = 30 };

static mpz_t sum[WEIGHTS_MAX + 1], low, high;

/* Weights of up to so many bits; their sums in GMP. */
static struct zl_wide random_weights(zl_i128 *weights, uint32_t count, uint32_t bits)
{
        struct zl_wide total = zl_wide_of(0);

        mpz_set_ui(sum[0], 0);
        for (uint32_t i = 0; i < count; i++) {
                zl_u128 any = (zl_u128)random_u64() << 64 | random_u64();
                weights[i] = random_below(5) ? (zl_i128)(any >> (128 - bits)) : 0;
                if (i == 0 && weights[i] == 0)
                        weights[i] = 1;
                total = zl_wide_add(total, zl_wide_of(weights[i]));
                set_i128(trial.scratch, weights[i]);
                mpz_add(sum[i + 1], sum[i], trial.scratch);
        }
        return total;
}

/* floor(amount C / W) of two sums, one less the other; within one unit of the proportion. */
static void check_part(int64_t amount, uint32_t i, uint32_t count, int64_t part)
{
        mpz_mul_si(low, sum[i], amount);
        mpz_fdiv_q(low, low, sum[count]);
        mpz_mul_si(high, sum[i + 1], amount);
        mpz_fdiv_q(high, high, sum[count]);
        mpz_sub(high, high, low);
        REQUIRE(is_i128(high, part));

        mpz_sub(low, sum[i + 1], sum[i]); /* |part W - amount weight| < W */
        mpz_mul_si(low, low, amount);
        mpz_mul_si(high, sum[count], part);
        mpz_sub(low, low, high);
        REQUIRE(mpz_cmpabs(low, sum[count]) < 0);
}

static void check_whole(int64_t amount, const zl_i128 *weights, uint32_t count,
                        struct zl_wide total, int64_t *ret_parts)
{
        struct zl_share share;
        zl_i128 parts = 0;

        zl_share_init(&share, amount, total, zl_wide_of(0));
        for (uint32_t i = 0; i < count; i++) {
                ret_parts[i] = zl_share_next(&share, weights[i]);
                check_part(amount, i, count, ret_parts[i]);
                REQUIRE(ret_parts[i] >= 0 && (weights[i] || !ret_parts[i]));
                if (zl_wide_compare(zl_wide_of(amount), total) <= 0)
                        REQUIRE(ret_parts[i] <= weights[i]);
                parts += ret_parts[i];
        }
        REQUIRE(parts == amount);
}

/* Who begins in the middle, knowing what is before, deals out the same. */
static void check_from(uint32_t first, int64_t amount, const zl_i128 *weights, uint32_t count,
                       struct zl_wide total, const int64_t *parts)
{
        struct zl_wide before = zl_wide_of(0);
        struct zl_share share;

        for (uint32_t i = 0; i < first; i++)
                before = zl_wide_add(before, zl_wide_of(weights[i]));
        zl_share_init(&share, amount, total, before);
        for (uint32_t i = first; i < count; i++)
                REQUIRE(zl_share_next(&share, weights[i]) == parts[i]);
}

static void test_random(void **state)
{
        zl_i128 weights[WEIGHTS_MAX];
        int64_t parts[WEIGHTS_MAX];

        (void)state;
        trial_begin(20240721);
        for (int i = 0; i < ROUNDS; i++) {
                uint32_t count = 1 + random_below(WEIGHTS_MAX);
                uint32_t bits = (const uint32_t[]){3, 20, 63, 120}[random_below(4)];
                int64_t amount = (int64_t)(random_u64() >> (1 + random_below(63)));
                struct zl_wide total = random_weights(weights, count, bits);

                check_whole(amount, weights, count, total, parts);
                check_from(random_below(count + 1), amount, weights, count, total, parts);
                trial.round++;
        }
}

static volatile int64_t sink;

static void share_out(const void *argument)
{
        const int64_t *numbers = argument; /* amount, total, before, weight */
        struct zl_share share;

        zl_share_init(&share, numbers[0], zl_wide_of(numbers[1]), zl_wide_of(numbers[2]));
        sink = zl_share_next(&share, numbers[3]);
}

static void test_asserts(void **state)
{
        (void)state;
        assert_false(traps(share_out, (const int64_t[]){5, 9, 7, 2}));
        assert_true(traps(share_out, (const int64_t[]){5, 9, 7, 3}));
        assert_true(traps(share_out, (const int64_t[]){5, 9, 7, -1}));
        assert_true(traps(share_out, (const int64_t[]){-5, 9, 7, 2}));
        assert_true(traps(share_out, (const int64_t[]){5, 0, 0, 0}));
        assert_true(traps(share_out, (const int64_t[]){5, 9, 10, 0}));
        assert_true(traps(share_out, (const int64_t[]){5, 9, -1, 0}));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_random),
                cmocka_unit_test(test_asserts),
        };

        for (uint32_t i = 0; i <= WEIGHTS_MAX; i++)
                mpz_init(sum[i]);
        mpz_inits(low, high, NULL);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
