/* wide.h - signed integers of up to 1024 bits, for comparisons that may not round.
 *
 * A sign and a magnitude of as many limbs as it needs, so that the cost of an operation follows
 * from the digits in use. Sums and products of what the bounds on input admit fit, so these assert
 * instead of answering; division rounds by name. Thread: any. */
#ifndef ZL_CORE_WIDE_H
#define ZL_CORE_WIDE_H

#include "core/fixed.h"

enum {
        ZL_WIDE_LIMBS = 16,
        ZL_WIDE_POW10_MAX = 300,
};

/* A number has one form: the last limb in use is not 0, and 0 uses none and is not negative. Limbs
 * not in use hold anything. Aligned so that gcc builds a result where it is wanted, not beside. */
struct zl_wide {
        _Alignas(16) uint64_t limb[ZL_WIDE_LIMBS]; /* the least first */
        uint32_t used;
        bool negative;
};

extern const struct zl_wide zl_wide_zero;

struct zl_wide zl_wide_of(zl_i128 a);
/* a x b */
struct zl_wide zl_wide_product(zl_i128 a, zl_i128 b);
/* 10^exponent, exponent <= ZL_WIDE_POW10_MAX. */
struct zl_wide zl_wide_pow10(uint32_t exponent);

/* The length of the magnitude, in bits. */
uint32_t zl_wide_bits(const struct zl_wide *a);
/* The leading 53 bits of the magnitude, which is that x 2^shift and less than 2^shift more. */
uint64_t zl_wide_top(const struct zl_wide *a, uint32_t *ret_shift);

static inline bool zl_wide_negative(struct zl_wide a)
{
        return a.negative;
}

static inline int zl_wide_sign(struct zl_wide a)
{
        return a.negative ? -1 : a.used != 0;
}

/* |a| + |b|, and |a| - |b|, or the same below zero. */
struct zl_wide zl_wide_abs_sum(const struct zl_wide *a, const struct zl_wide *b, bool negative);
struct zl_wide zl_wide_abs_difference(const struct zl_wide *a, const struct zl_wide *b,
                                      bool negative);

static inline struct zl_wide zl_wide_sum(const struct zl_wide *a, const struct zl_wide *b,
                                         bool subtract)
{
        if (a->negative == (b->negative != subtract))
                return zl_wide_abs_sum(a, b, a->negative);
        return zl_wide_abs_difference(a, b, a->negative);
}

/* These are called by value, with variables and with results, but pass on only where the numbers
 * are: to copy one for a call would take longer than to add it. A result stays until the end of the
 * full expression (C11, 6.2.4). Behind a macro stands the function of its name, of pointers. */
#define ZL_WIDE_AT(a) ((const struct zl_wide *)(a).limb)

#define zl_wide_add(a, b) zl_wide_sum(ZL_WIDE_AT(a), ZL_WIDE_AT(b), false)
#define zl_wide_sub(a, b) zl_wide_sum(ZL_WIDE_AT(a), ZL_WIDE_AT(b), true)
#define zl_wide_neg(a) zl_wide_sum(&zl_wide_zero, ZL_WIDE_AT(a), true)

#define zl_wide_compare(a, b) zl_wide_compare(ZL_WIDE_AT(a), ZL_WIDE_AT(b))
int (zl_wide_compare)(const struct zl_wide *a, const struct zl_wide *b);

#define zl_wide_mul(a, b) zl_wide_mul(ZL_WIDE_AT(a), ZL_WIDE_AT(b))
struct zl_wide (zl_wide_mul)(const struct zl_wide *a, const struct zl_wide *b);

/* a x by, of a single limb. */
#define zl_wide_scale(a, by) zl_wide_scale(ZL_WIDE_AT(a), by)
struct zl_wide (zl_wide_scale)(const struct zl_wide *a, uint64_t by);

/* The quotient of any two, the divisor positive. */
#define zl_wide_div_floor(a, b) zl_wide_div_floor(ZL_WIDE_AT(a), ZL_WIDE_AT(b))
#define zl_wide_div_ceil(a, b) zl_wide_div_ceil(ZL_WIDE_AT(a), ZL_WIDE_AT(b))
struct zl_wide (zl_wide_div_floor)(const struct zl_wide *a, const struct zl_wide *b);
struct zl_wide (zl_wide_div_ceil)(const struct zl_wide *a, const struct zl_wide *b);

/* Quotient rounded down and the remainder, which is not negative. */
#define zl_wide_divide(a, b, ret_rest) zl_wide_divide(ZL_WIDE_AT(a), ZL_WIDE_AT(b), ret_rest)
struct zl_wide (zl_wide_divide)(const struct zl_wide *a, const struct zl_wide *b,
                               struct zl_wide *ret_remainder);

/* The nearest 128-bit integer. */
#define zl_wide_saturate(a) zl_wide_saturate(ZL_WIDE_AT(a))
zl_i128 (zl_wide_saturate)(const struct zl_wide *a);

#endif
