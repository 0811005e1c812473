/* operand.h - operands to try arithmetic with, and the same numbers in GMP.
 *
 * Answers: an endless, repeatable stream of integers, many of them at the edges where carries,
 * signs and digits turn over. Owns: the state of the trial under way, so that a failure can say
 * which one it was. Thread: the test's. */
#ifndef ZL_TESTS_OPERAND_H
#define ZL_TESTS_OPERAND_H

#include "core/wide.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <gmp.h>

static const zl_i128 i128_max = (zl_i128)(~(zl_u128)0 >> 1);
static const zl_i128 i128_min = -(zl_i128)(~(zl_u128)0 >> 1) - 1;

/* The trial under way. */
static struct {
        uint64_t seed;
        uint64_t state;
        uint64_t round;
        mpz_t a, b, scratch;
} trial;

/* SplitMix64: any state will do, and the whole stream follows from the seed. */
static inline uint64_t random_u64(void)
{
        uint64_t z = trial.state += 0x9e3779b97f4a7c15u;

        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return z ^ z >> 31;
}

static inline uint32_t random_below(uint32_t limit)
{
        return (uint32_t)(random_u64() % limit);
}

static inline void trial_begin(uint64_t seed)
{
        static bool ready;

        if (!ready)
                mpz_inits(trial.a, trial.b, trial.scratch, NULL);
        ready = true;
        trial.seed = trial.state = seed;
        trial.round = 0;
}

#define REQUIRE(condition)                                                                         \
        do {                                                                                       \
                if (!(condition))                                                                  \
                        trial_failed(#condition, __FILE__, __LINE__);                              \
        } while (0)

static inline void trial_failed(const char *condition, const char *file, int line)
{
        gmp_fprintf(stderr, "seed %llu, round %llu: a = %Zd, b = %Zd: not %s\n",
                    (unsigned long long)trial.seed, (unsigned long long)trial.round, trial.a,
                    trial.b, condition);
        _fail(file, line);
}

/* A limb, one of the digits that long division stumbles on when they are chosen. */
static inline uint64_t random_limb(bool chosen)
{
        static const uint32_t digits[] = {0,           0,           UINT32_MAX, UINT32_MAX,
                                          0x80000000u, 0x7fffffffu, 1};
        uint64_t high = digits[random_below(ZL_COUNT(digits))];

        if (!chosen || random_below(4) == 0)
                return random_u64();
        return high << 32 | digits[random_below(ZL_COUNT(digits))];
}

/* Cuts a magnitude to so many bits. What is beyond them stays there: it is not in use. */
static inline struct zl_wide wide_cut(struct zl_wide a, uint32_t bits)
{
        a.used = (bits + 63) / 64;
        if (bits % 64)
                a.limb[bits / 64] &= ((uint64_t)1 << bits % 64) - 1;
        while (a.used > 0 && a.limb[a.used - 1] == 0)
                a.used--;
        a.negative = a.used > 0 && a.negative;
        return a;
}

/* A magnitude of at most `bits` bits, any size as likely as any other, and a sign: one in eight
 * around a power of 2, a third of the others made of chosen digits. */
static inline struct zl_wide random_wide(uint32_t bits)
{
        uint32_t size = random_below(bits + 1), kind = random_below(16);
        uint64_t noise = random_u64();
        struct zl_wide a = {.negative = noise & 1};
        bool chosen = noise % 3 == 0;

        for (uint32_t i = 0; i * 64 < size; i++)
                a.limb[i] = kind == 0 ? UINT64_MAX : kind == 1 ? 0 : random_limb(chosen);
        if (kind < 2 && size > 1) {
                a.limb[0] ^= random_below(4);
                a.limb[(size - 1) / 64] |= (uint64_t)1 << (size - 1) % 64;
        }
        a = wide_cut(a, size);
        for (uint32_t i = a.used; i < ZL_WIDE_LIMBS; i++)
                a.limb[i] = noise;
        return a;
}

/* Of at most 127 bits. */
static inline zl_i128 low_i128(struct zl_wide a)
{
        zl_u128 magnitude = a.used > 1 ? (zl_u128)a.limb[1] << 64 : 0;

        magnitude |= a.used > 0 ? a.limb[0] : 0;
        return a.negative ? -(zl_i128)magnitude : (zl_i128)magnitude;
}

static inline zl_i128 random_i128(void)
{
        uint32_t kind = random_below(16);

        if (kind == 0)
                return (zl_i128[]){i128_min, i128_max, 0, INT64_MIN, INT64_MAX}[random_below(5)];
        if (kind == 1) { /* around a power of ten, either sign */
                zl_i128 power = zl_pow10(random_below(ZL_POW10_MAX + 1));
                power += (zl_i128)random_below(3) - 1;
                return random_u64() & 1 ? power : -power;
        }
        return low_i128(random_wide(127));
}

static inline zl_i128 random_positive(void)
{
        zl_i128 a = random_i128();

        if (a == i128_min || a == 0)
                return 1;
        return a < 0 ? -a : a;
}

static inline void set_u128(mpz_t z, zl_u128 a)
{
        const uint64_t limbs[] = {(uint64_t)a, (uint64_t)(a >> 64)};

        mpz_import(z, 2, -1, sizeof(uint64_t), 0, 0, limbs);
}

static inline void set_i128(mpz_t z, zl_i128 a)
{
        set_u128(z, a < 0 ? 0 - (zl_u128)a : (zl_u128)a);
        if (a < 0)
                mpz_neg(z, z);
}

static inline void set_wide(mpz_t z, struct zl_wide a)
{
        mpz_import(z, a.used, -1, sizeof(uint64_t), 0, 0, a.limb);
        if (a.negative)
                mpz_neg(z, z);
}

/* Whether z fits so many bits of two's complement. */
static inline bool fits(const mpz_t z, uint32_t bits)
{
        if (mpz_sgn(z) >= 0)
                return mpz_sizeinbase(z, 2) < bits;
        mpz_com(trial.scratch, z);
        return mpz_sizeinbase(trial.scratch, 2) < bits;
}

/* The number, in the one form it has. */
static inline bool is_wide(const mpz_t z, struct zl_wide a)
{
        if (a.used > ZL_WIDE_LIMBS || (a.used > 0 && a.limb[a.used - 1] == 0))
                return false;
        if (a.used == 0 && a.negative)
                return false;
        set_wide(trial.scratch, a);
        return mpz_cmp(z, trial.scratch) == 0;
}

static inline bool is_i128(const mpz_t z, zl_i128 a)
{
        set_i128(trial.scratch, a);
        return mpz_cmp(z, trial.scratch) == 0;
}

/* Whether an act ends in a failed assertion; done in a child, where that is allowed. */
static inline bool traps(void (*act)(const void *), const void *argument)
{
        int status;
        pid_t child = fork();

        if (child == 0) {
                signal(SIGILL, SIG_DFL);
                signal(SIGTRAP, SIG_DFL);
                setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
                act(argument);
                _exit(0);
        }
        assert_true(child > 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        return WIFSIGNALED(status) && (WTERMSIG(status) == SIGILL || WTERMSIG(status) == SIGTRAP);
}

#endif
