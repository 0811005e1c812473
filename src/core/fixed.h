/* fixed.h - exact integer arithmetic, named with its rounding.
 *
 * `_floor` rounds towards minus infinity, `_ceil` towards plus infinity. What can overflow answers
 * false and leaves its out-param alone. Thread: any. */
#ifndef ZL_CORE_FIXED_H
#define ZL_CORE_FIXED_H

#include <zeroline/base.h>

#include "core/assert.h"

enum { ZL_POW10_MAX = 38 }; /* 10^38 is the largest power of ten in 128 bits */

static inline bool zl_add(zl_i128 a, zl_i128 b, zl_i128 *ret_sum)
{
        zl_i128 sum;

        if (__builtin_add_overflow(a, b, &sum))
                return false;
        *ret_sum = sum;
        return true;
}

static inline bool zl_sub(zl_i128 a, zl_i128 b, zl_i128 *ret_difference)
{
        zl_i128 difference;

        if (__builtin_sub_overflow(a, b, &difference))
                return false;
        *ret_difference = difference;
        return true;
}

static inline bool zl_mul(zl_i128 a, zl_i128 b, zl_i128 *ret_product)
{
        zl_i128 product;

        if (__builtin_mul_overflow(a, b, &product))
                return false;
        *ret_product = product;
        return true;
}

/* Divisor positive. */
static inline zl_i128 zl_div_floor(zl_i128 a, zl_i128 b)
{
        ZL_ASSERT(b > 0);
        zl_i128 quotient = a / b;
        return a % b < 0 ? quotient - 1 : quotient;
}

static inline zl_i128 zl_div_ceil(zl_i128 a, zl_i128 b)
{
        ZL_ASSERT(b > 0);
        zl_i128 quotient = a / b;
        return a % b > 0 ? quotient + 1 : quotient;
}

static inline zl_i128 zl_pow10(uint32_t exponent)
{
        zl_i128 power = 1;

        ZL_ASSERT(exponent <= ZL_POW10_MAX);
        while (exponent--)
                power *= 10;
        return power;
}

/* The multiple of `step` (positive) at or below `a`, at or above `a`. */
static inline bool zl_multiple_floor(zl_i128 a, zl_i128 step, zl_i128 *ret_multiple)
{
        return zl_mul(zl_div_floor(a, step), step, ret_multiple);
}

static inline bool zl_multiple_ceil(zl_i128 a, zl_i128 step, zl_i128 *ret_multiple)
{
        return zl_mul(zl_div_ceil(a, step), step, ret_multiple);
}

/* The nearest int64. */
static inline int64_t zl_saturate_i64(zl_i128 a)
{
        if (a > INT64_MAX)
                return INT64_MAX;
        if (a < INT64_MIN)
                return INT64_MIN;
        return (int64_t)a;
}

static inline zl_u128 zl_magnitude(zl_i128 a)
{
        return a < 0 ? 0 - (zl_u128)a : (zl_u128)a;
}

static inline zl_i128 zl_min_i128(zl_i128 a, zl_i128 b)
{
        return a < b ? a : b;
}

static inline zl_i128 zl_max_i128(zl_i128 a, zl_i128 b)
{
        return a > b ? a : b;
}

#endif
