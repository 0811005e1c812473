/* core/fraction.h against GMP's rationals: sums that are whole, that miss a whole number by as
 * little as their denominators allow, and any others. */
#include "operand.h"

#include "core/fraction.h"

static mpq_t sum, term;
static mpz_t want, product, cofactor;

static struct zl_fraction fractions[ZL_FRACTIONS_MAX + 1];

static void add_up(uint32_t count)
{
        mpq_set_ui(sum, 0, 1);
        for (uint32_t i = 0; i < count; i++) {
                mpz_set_ui(mpq_numref(term), fractions[i].num);
                mpz_set_ui(mpq_denref(term), fractions[i].den);
                mpq_canonicalize(term);
                mpq_add(sum, sum, term);
        }
}

/* A failure shows the sum's numerator and denominator. */
static void check_sum(uint32_t count)
{
        uint64_t floor = UINT64_MAX;
        bool whole;

        add_up(count);
        mpz_set(trial.a, mpq_numref(sum));
        mpz_set(trial.b, mpq_denref(sum));
        trial.round++;
        mpz_fdiv_q(want, trial.a, trial.b);
        zl_fractions_sum(fractions, count, &floor, &whole);
        REQUIRE(mpz_cmp_ui(want, floor) == 0);
        REQUIRE(whole == (mpz_cmp_ui(trial.b, 1) == 0));
}

static void shuffle(uint32_t count)
{
        for (uint32_t i = count; i > 1; i--) {
                uint32_t j = random_below(i);
                struct zl_fraction moved = fractions[i - 1];
                fractions[i - 1] = fractions[j];
                fractions[j] = moved;
        }
}

static uint64_t random_den(void)
{
        uint64_t den = random_u64() >> (1 + random_below(63));

        return den ? den : 1;
}

static struct zl_fraction random_fraction(uint64_t den)
{
        const uint64_t edges[] = {0, den - 1, den / 2};
        uint32_t kind = random_below(24);

        return (struct zl_fraction){kind < 3 ? edges[kind] : random_u64() % den, den};
}

static void test_random(void **state)
{
        (void)state;
        trial_begin(20240701);
        for (int i = 0; i < 20000; i++) {
                uint32_t count = random_below(random_below(50) ? 10 : ZL_FRACTIONS_MAX + 1);
                for (uint32_t j = 0; j < count; j++)
                        fractions[j] = random_fraction(random_den());
                check_sum(count);
        }
}

/* All that the denominators up to 12 have to offer, three at a time. */
static void test_small(void **state)
{
        uint32_t count = 0;
        struct zl_fraction all[12 * 13 / 2];

        (void)state;
        trial_begin(0);
        for (uint64_t den = 1; den <= 12; den++) {
                for (uint64_t num = 0; num < den; num++)
                        all[count++] = (struct zl_fraction){num, den};
        }
        for (uint32_t i = 0; i < count * count * count; i++) {
                fractions[0] = all[i % count];
                fractions[1] = all[i / count % count];
                fractions[2] = all[i / count / count];
                check_sum(3);
        }
}

/* One of them as it is, and by 1 / its denominator to either side. */
static void check_around(uint32_t count, uint32_t at)
{
        uint64_t num = fractions[at].num, den = fractions[at].den;

        check_sum(count);
        fractions[at].num = (num + 1) % den;
        check_sum(count);
        fractions[at].num = (num + den - 1) % den;
        check_sum(count);
        fractions[at].num = num;
}

/* The last makes it whole: -1/den of the sum of the others, whose denominators divide den. */
static void test_common_multiple(void **state)
{
        static const uint64_t multiples[] = {
                1, 2, 720720, (uint64_t)1 << 62, 1000000000000000000, 4611686014132420609,
                9223372036854775783, /* the largest prime below 2^63 */
                6469693230u * 31 * 37 * 41 * 43,
        };

        (void)state;
        trial_begin(20240702);
        for (int i = 0; i < 20000; i++) {
                uint64_t multiple = multiples[random_below(ZL_COUNT(multiples))], last = 0;
                uint32_t count = 1 + random_below(random_below(50) ? 9 : ZL_FRACTIONS_MAX);
                for (uint32_t j = 0; j + 1 < count; j++) {
                        uint64_t divisor = 1 + random_below(50), den = multiple;
                        if (multiple % divisor == 0)
                                den /= random_u64() & 1 ? divisor : multiple / divisor;
                        fractions[j] = random_fraction(den);
                        last += fractions[j].num * (multiple / den);
                        last %= multiple;
                }
                fractions[count - 1] = (struct zl_fraction){(multiple - last) % multiple, multiple};
                add_up(count);
                assert_int_equal(mpz_cmp_ui(mpq_denref(sum), 1), 0);
                check_around(count, count - 1);
                shuffle(count);
                check_sum(count);
        }
}

/* Whole, though the denominators' least common multiple is as long as it gets. */
static void test_complements(void **state)
{
        (void)state;
        trial_begin(20240703);
        for (int i = 0; i < 300; i++) {
                uint32_t count = 2 * (1 + random_below(i % 4 ? 8 : ZL_FRACTIONS_MAX / 2));
                for (uint32_t j = 0; j < count; j += 2) {
                        uint64_t den = i % 2 ? random_den() : (random_u64() >> 1) | 1;
                        uint64_t num = (fractions[j] = random_fraction(den)).num;
                        fractions[j + 1] = (struct zl_fraction){(den - num) % den, den};
                }
                shuffle(count);
                check_around(count, random_below(count));
        }
}

static void test_equal(void **state)
{
        (void)state;
        trial_begin(20240704);
        for (int i = 0; i < 2000; i++) {
                uint64_t den = random_den(), last = 0;
                for (uint32_t j = 0; j + 1 < ZL_FRACTIONS_MAX; j++) {
                        fractions[j] = random_fraction(den);
                        last = (last + fractions[j].num) % den;
                }
                fractions[ZL_FRACTIONS_MAX - 1] = (struct zl_fraction){(den - last) % den, den};
                check_around(ZL_FRACTIONS_MAX, random_below(ZL_FRACTIONS_MAX));
        }
}

static uint64_t random_prime(void)
{
        do {
                mpz_set_ui(want, (random_u64() >> 2) | (uint64_t)1 << 62);
                mpz_nextprime(want, want);
        } while (mpz_sizeinbase(want, 2) > 63);
        return mpz_get_ui(want);
}

/* Of primes p, num/p with num = off / (product of the others) modulo p: the sum is off / (product
 * of all) beside a whole number. */
static void put_near_whole(const uint64_t *primes, uint32_t count, int off)
{
        mpz_set_ui(product, 1);
        for (uint32_t i = 0; i < count; i++)
                mpz_mul_ui(product, product, primes[i]);
        for (uint32_t i = 0; i < count; i++) {
                mpz_set_ui(want, primes[i]);
                mpz_divexact_ui(cofactor, product, primes[i]);
                assert_true(mpz_invert(cofactor, cofactor, want));
                mpz_mul_si(cofactor, cofactor, off);
                fractions[i] = (struct zl_fraction){mpz_fdiv_ui(cofactor, primes[i]), primes[i]};
        }
}

static void check_near_whole(uint64_t *primes, uint32_t count, int off)
{
        put_near_whole(primes, count, off);
        add_up(count);
        mpz_mul_si(want, mpq_numref(sum), off < 0 ? -1 : 1);
        mpz_fdiv_r(want, want, mpq_denref(sum)); /* the distance, of product */
        assert_int_equal(mpz_cmp(product, mpq_denref(sum)), 0);
        assert_int_equal(mpz_cmp_ui(want, (unsigned)abs(off)), 0);
        check_around(count, random_below(count));
        if (count < ZL_FRACTIONS_MAX) { /* to the other side by the same denominators */
                fractions[count] = (struct zl_fraction){primes[0] - 1, primes[0]};
                check_sum(count + 1);
        }
}

/* Within 10^-38 of a whole number of two fractions, 10^-57 of three, 10^-2427 of 128. */
static void test_near_whole(void **state)
{
        uint64_t primes[ZL_FRACTIONS_MAX];

        (void)state;
        trial_begin(20240705);
        for (uint32_t i = 0; i < ZL_FRACTIONS_MAX; i++)
                primes[i] = random_prime();
        for (uint32_t count = 2; count <= ZL_FRACTIONS_MAX; count += count < 12 ? 1 : 29) {
                for (int off = 1; off < 60; off += 11) {
                        check_near_whole(primes, count, off);
                        check_near_whole(primes, count, -off);
                }
        }
        check_near_whole(primes, ZL_FRACTIONS_MAX, 1);
        check_near_whole(primes, ZL_FRACTIONS_MAX, -1);
}

static void do_sum(const void *count)
{
        uint64_t floor;
        bool whole;

        zl_fractions_sum(fractions, *(const uint32_t *)count, &floor, &whole);
}

static void test_asserts(void **state)
{
        static const struct zl_fraction wrong[] = {
                {0, 0}, {1, 1}, {7, 6}, {0, (uint64_t)1 << 63}, {UINT64_MAX - 1, UINT64_MAX},
        };

        (void)state;
        for (uint32_t i = 0; i <= ZL_FRACTIONS_MAX; i++)
                fractions[i] = (struct zl_fraction){1, 3};
        assert_false(traps(do_sum, &(uint32_t){ZL_FRACTIONS_MAX}));
        assert_true(traps(do_sum, &(uint32_t){ZL_FRACTIONS_MAX + 1}));
        for (uint32_t i = 0; i < ZL_COUNT(wrong); i++) {
                fractions[2] = wrong[i];
                assert_true(traps(do_sum, &(uint32_t){3}));
                assert_false(traps(do_sum, &(uint32_t){2}));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_random),
                cmocka_unit_test(test_small),
                cmocka_unit_test(test_common_multiple),
                cmocka_unit_test(test_complements),
                cmocka_unit_test(test_equal),
                cmocka_unit_test(test_near_whole),
                cmocka_unit_test(test_asserts),
        };

        mpq_inits(sum, term, NULL);
        mpz_inits(want, product, cofactor, NULL);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
