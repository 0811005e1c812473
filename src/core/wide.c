#include "core/wide.h"

#include <string.h>

enum { HALVES = 8 }; /* 32-bit digits of a magnitude */

static struct zl_wide magnitude(struct zl_wide a)
{
        return zl_wide_negative(a) ? zl_wide_neg(a) : a;
}

struct zl_wide zl_wide_mul(struct zl_wide a, struct zl_wide b)
{
        bool negative = zl_wide_negative(a) != zl_wide_negative(b);
        struct zl_wide x = magnitude(a), y = magnitude(b);
        uint64_t product[8] = {0};

        for (int i = 0; i < 4; i++) {
                uint64_t carry = 0;
                if (x.limb[i] == 0)
                        continue;
                for (int j = 0; j < 4; j++) {
                        zl_u128 part = (zl_u128)x.limb[i] * y.limb[j] + product[i + j] + carry;
                        product[i + j] = (uint64_t)part;
                        carry = (uint64_t)(part >> 64);
                }
                product[i + 4] = carry;
        }
        struct zl_wide low = {{product[0], product[1], product[2], product[3]}};
        ZL_ASSERT(!(product[4] | product[5] | product[6] | product[7]) && !zl_wide_negative(low));
        return negative ? zl_wide_neg(low) : low;
}

static void to_halves(struct zl_wide a, uint32_t digits[HALVES])
{
        for (int i = 0; i < 4; i++) {
                digits[2 * i] = (uint32_t)a.limb[i];
                digits[2 * i + 1] = (uint32_t)(a.limb[i] >> 32);
        }
}

static struct zl_wide from_halves(const uint32_t digits[HALVES])
{
        struct zl_wide a;

        for (int i = 0; i < 4; i++)
                a.limb[i] = (uint64_t)digits[2 * i + 1] << 32 | digits[2 * i];
        return a;
}

static int halves_used(const uint32_t digits[HALVES])
{
        int used = HALVES;

        while (used > 0 && digits[used - 1] == 0)
                used--;
        return used;
}

/* By a single digit. */
static void divide_short(const uint32_t a[HALVES], uint32_t b, uint32_t quotient[HALVES],
                         uint32_t remainder[HALVES])
{
        uint64_t rest = 0;

        for (int i = HALVES - 1; i >= 0; i--) {
                rest = rest << 32 | a[i];
                quotient[i] = (uint32_t)(rest / b);
                rest %= b;
        }
        remainder[0] = (uint32_t)rest;
}

/* One digit of the quotient: an estimate from the leading digits, at most two too large, then
 * subtract, and add back once where it was still one too large. */
static uint32_t divide_step(uint32_t *a, const uint32_t *b, int n)
{
        uint64_t lead = (uint64_t)a[n] << 32 | a[n - 1];
        uint64_t guess = lead / b[n - 1], rest = lead % b[n - 1];
        uint64_t borrow = 0, carry = 0;

        while (guess >> 32 || guess * b[n - 2] > (rest << 32 | a[n - 2])) {
                guess--;
                rest += b[n - 1];
                if (rest >> 32)
                        break;
        }
        for (int i = 0; i < n; i++) {
                uint64_t part = guess * b[i] + borrow;
                uint64_t low = part & UINT32_MAX;
                borrow = (part >> 32) + (a[i] < low);
                a[i] = (uint32_t)(a[i] - low);
        }
        bool too_large = a[n] < borrow;
        a[n] = (uint32_t)(a[n] - borrow);
        if (too_large) {
                guess--;
                for (int i = 0; i < n; i++) {
                        carry += (uint64_t)a[i] + b[i];
                        a[i] = (uint32_t)carry;
                        carry >>= 32;
                }
                a[n] += (uint32_t)carry;
        }
        return (uint32_t)guess;
}

/* Long division of digits in base 2^32, the divisor normalised (Knuth, The Art of Computer
 * Programming, volume 2, section 4.3.1, algorithm D). The divisor has n >= 2 digits. */
static void divide_long(const uint32_t a[HALVES], const uint32_t b[HALVES], int n,
                        uint32_t quotient[HALVES], uint32_t remainder[HALVES])
{
        int shift = __builtin_clz(b[n - 1]);
        uint32_t u[HALVES + 1], v[HALVES];

        for (int i = 0; i < HALVES; i++) {
                uint64_t below_a = i ? a[i - 1] : 0, below_b = i ? b[i - 1] : 0;
                u[i] = (uint32_t)((((uint64_t)a[i] << 32 | below_a) << shift) >> 32);
                v[i] = (uint32_t)((((uint64_t)b[i] << 32 | below_b) << shift) >> 32);
        }
        u[HALVES] = (uint32_t)(((uint64_t)a[HALVES - 1] << shift) >> 32);
        for (int j = HALVES - n; j >= 0; j--)
                quotient[j] = divide_step(u + j, v, n);
        for (int i = 0; i < n; i++)
                remainder[i] = (uint32_t)(((uint64_t)u[i + 1] << 32 | u[i]) >> shift);
}

/* Of magnitudes. */
static struct zl_wide divide(struct zl_wide a, struct zl_wide b, struct zl_wide *ret_remainder)
{
        uint32_t x[HALVES], y[HALVES], quotient[HALVES] = {0}, remainder[HALVES] = {0};

        to_halves(a, x);
        to_halves(b, y);
        int n = halves_used(y);
        ZL_ASSERT(n > 0);
        if (zl_wide_compare(a, b) < 0)
                memcpy(remainder, x, sizeof x);
        else if (n == 1)
                divide_short(x, y[0], quotient, remainder);
        else
                divide_long(x, y, n, quotient, remainder);
        *ret_remainder = from_halves(remainder);
        return from_halves(quotient);
}

struct zl_wide zl_wide_divide(struct zl_wide a, struct zl_wide b, struct zl_wide *ret_remainder)
{
        struct zl_wide remainder;

        ZL_ASSERT(zl_wide_sign(b) > 0);
        struct zl_wide quotient = divide(magnitude(a), b, &remainder);
        if (zl_wide_negative(a)) {
                quotient = zl_wide_neg(quotient);
                if (zl_wide_sign(remainder) > 0) {
                        quotient = zl_wide_sub(quotient, zl_wide_of(1));
                        remainder = zl_wide_sub(b, remainder);
                }
        }
        *ret_remainder = remainder;
        return quotient;
}

struct zl_wide zl_wide_div_floor(struct zl_wide a, struct zl_wide b)
{
        struct zl_wide remainder;

        return zl_wide_divide(a, b, &remainder);
}

struct zl_wide zl_wide_div_ceil(struct zl_wide a, struct zl_wide b)
{
        struct zl_wide remainder;
        struct zl_wide quotient = zl_wide_divide(a, b, &remainder);

        return zl_wide_sign(remainder) > 0 ? zl_wide_add(quotient, zl_wide_of(1)) : quotient;
}

zl_i128 zl_wide_saturate(struct zl_wide a)
{
        zl_i128 low = (zl_i128)((zl_u128)a.limb[1] << 64 | a.limb[0]);

        if (zl_wide_compare(zl_wide_of(low), a) == 0)
                return low;
        zl_i128 most = (zl_i128)(~(zl_u128)0 >> 1);
        return zl_wide_negative(a) ? -most - 1 : most;
}

struct zl_wide zl_wide_pow10(uint32_t exponent)
{
        if (exponent <= ZL_POW10_MAX)
                return zl_wide_of(zl_pow10(exponent));
        return zl_wide_product(zl_pow10(ZL_POW10_MAX), zl_pow10(exponent - ZL_POW10_MAX));
}
