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

static inline struct zl_wide wide_not(struct zl_wide a)
{
        for (int i = 0; i < 4; i++)
                a.limb[i] = ~a.limb[i];
        return a;
}

/* 256 bits, a third of the time made of the digits that long division stumbles on. */
static inline struct zl_wide random_limbs(void)
{
        static const uint32_t digits[] = {0,           0,           UINT32_MAX, UINT32_MAX,
                                          0x80000000u, 0x7fffffffu, 1};
        bool chosen = random_below(3) == 0;
        struct zl_wide a;

        for (int i = 0; i < 4; i++) {
                a.limb[i] = random_u64();
                if (chosen && random_below(4) != 0) {
                        uint64_t high = digits[random_below(ZL_COUNT(digits))];
                        a.limb[i] = high << 32 | digits[random_below(ZL_COUNT(digits))];
                }
        }
        return a;
}

/* Shifted down arithmetically, so that it fits `bits` bits with its sign. */
static inline struct zl_wide wide_shift(struct zl_wide a, uint32_t shift)
{
        uint64_t sign = zl_wide_negative(a) ? UINT64_MAX : 0;

        for (; shift >= 64; shift -= 64)
                a = (struct zl_wide){{a.limb[1], a.limb[2], a.limb[3], sign}};
        for (int i = 0; i < 4 && shift > 0; i++) {
                uint64_t above = i < 3 ? a.limb[i + 1] : sign;
                a.limb[i] = a.limb[i] >> shift | above << (64 - shift);
        }
        return a;
}

/* 2^k + 0 to 3, 2^k - 1 to 4, or the same below zero; k < 255. */
static inline struct zl_wide near_power_of_2(uint32_t k)
{
        const struct zl_wide most = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX >> 1}};
        struct zl_wide a = {{0}};

        if (random_u64() & 1) {
                a.limb[k / 64] = (uint64_t)1 << k % 64;
                a.limb[0] |= random_below(4);
        } else {
                a = wide_shift(most, 255 - k);
                a.limb[0] ^= k > 1 ? random_below(4) : 0;
        }
        return random_u64() & 1 ? wide_not(a) : a;
}

/* A signed number of at most `bits` bits, the sign included: any size is as likely as any other. */
static inline struct zl_wide random_wide(uint32_t bits)
{
        uint32_t size = random_below(bits);

        if (random_below(8) == 0)
                return near_power_of_2(size ? size - 1 : 0);
        return wide_shift(random_limbs(), 255 - size);
}

static inline zl_i128 low_i128(struct zl_wide a)
{
        return (zl_i128)((zl_u128)a.limb[1] << 64 | a.limb[0]);
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
        return low_i128(random_wide(128));
}

static inline zl_i128 random_positive(void)
{
        zl_i128 a = random_i128();

        if (a == i128_min || a == 0)
                return 1;
        return a < 0 ? -a : a;
}

static inline void set_wide(mpz_t z, struct zl_wide a)
{
        bool negative = zl_wide_negative(a);
        struct zl_wide bits = negative ? wide_not(a) : a;

        mpz_import(z, 4, -1, sizeof(uint64_t), 0, 0, bits.limb);
        if (negative)
                mpz_com(z, z);
}

static inline void set_i128(mpz_t z, zl_i128 a)
{
        set_wide(z, zl_wide_of(a));
}

/* Whether z fits so many bits of two's complement. */
static inline bool fits(const mpz_t z, uint32_t bits)
{
        if (mpz_sgn(z) >= 0)
                return mpz_sizeinbase(z, 2) < bits;
        mpz_com(trial.scratch, z);
        return mpz_sizeinbase(trial.scratch, 2) < bits;
}

static inline bool is_wide(const mpz_t z, struct zl_wide a)
{
        set_wide(trial.scratch, a);
        return mpz_cmp(z, trial.scratch) == 0;
}

static inline bool is_i128(const mpz_t z, zl_i128 a)
{
        return is_wide(z, zl_wide_of(a));
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
