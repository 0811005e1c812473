/* wide.h - 256-bit signed integers, for comparisons that may not round.
 *
 * Two's complement in four limbs, the least first. Sums and products of what the bounds on input
 * admit fit, so these assert instead of answering; division rounds by name. Thread: any. */
#ifndef ZL_CORE_WIDE_H
#define ZL_CORE_WIDE_H

#include "core/fixed.h"

struct zl_wide {
        uint64_t limb[4];
};

static inline struct zl_wide zl_wide_of(zl_i128 a)
{
        uint64_t sign = a < 0 ? UINT64_MAX : 0;

        return (struct zl_wide){{(uint64_t)a, (uint64_t)((zl_u128)a >> 64), sign, sign}};
}

static inline bool zl_wide_negative(struct zl_wide a)
{
        return a.limb[3] >> 63;
}

static inline int zl_wide_sign(struct zl_wide a)
{
        if (zl_wide_negative(a))
                return -1;
        return (a.limb[0] | a.limb[1] | a.limb[2] | a.limb[3]) != 0;
}

static inline struct zl_wide zl_wide_add(struct zl_wide a, struct zl_wide b)
{
        struct zl_wide sum;
        unsigned carry = 0;

        for (int i = 0; i < 4; i++) {
                zl_u128 part = (zl_u128)a.limb[i] + b.limb[i] + carry;
                sum.limb[i] = (uint64_t)part;
                carry = (unsigned)(part >> 64);
        }
        ZL_ASSERT(zl_wide_negative(a) != zl_wide_negative(b) ||
                  zl_wide_negative(a) == zl_wide_negative(sum));
        return sum;
}

static inline struct zl_wide zl_wide_neg(struct zl_wide a)
{
        struct zl_wide negated;
        unsigned carry = 1;

        for (int i = 0; i < 4; i++) {
                zl_u128 part = (zl_u128)~a.limb[i] + carry;
                negated.limb[i] = (uint64_t)part;
                carry = (unsigned)(part >> 64);
        }
        ZL_ASSERT(!zl_wide_negative(a) || !zl_wide_negative(negated));
        return negated;
}

static inline struct zl_wide zl_wide_sub(struct zl_wide a, struct zl_wide b)
{
        return zl_wide_add(a, zl_wide_neg(b));
}

static inline int zl_wide_compare(struct zl_wide a, struct zl_wide b)
{
        if (zl_wide_negative(a) != zl_wide_negative(b))
                return zl_wide_negative(a) ? -1 : 1;
        for (int i = 3; i >= 0; i--) {
                if (a.limb[i] != b.limb[i])
                        return a.limb[i] < b.limb[i] ? -1 : 1;
        }
        return 0;
}

/* a x b. Asserts that it fits. */
struct zl_wide zl_wide_mul(struct zl_wide a, struct zl_wide b);
/* The quotient of any two, the divisor positive. */
struct zl_wide zl_wide_div_floor(struct zl_wide a, struct zl_wide b);
struct zl_wide zl_wide_div_ceil(struct zl_wide a, struct zl_wide b);
/* Quotient rounded down and the remainder, which is not negative. */
struct zl_wide zl_wide_divide(struct zl_wide a, struct zl_wide b, struct zl_wide *ret_remainder);
/* The nearest 128-bit integer. */
zl_i128 zl_wide_saturate(struct zl_wide a);
/* 10^exponent, exponent <= 76. */
struct zl_wide zl_wide_pow10(uint32_t exponent);

static inline struct zl_wide zl_wide_product(zl_i128 a, zl_i128 b)
{
        return zl_wide_mul(zl_wide_of(a), zl_wide_of(b));
}

#endif
