#include "core/wide.h"

#include <string.h>

/* gcc makes a result where the caller wants it if the function is not inlined, has a single local
 * of that type and reaches its limbs by index, never by a pointer to them. Else it makes the result
 * aside and copies all the limbs there are, which takes longer than a sum. */
#define IN_PLACE __attribute__((noinline))

const struct zl_wide zl_wide_zero;

static const struct zl_wide one = {.limb = {1}, .used = 1};

/* Leading limbs of 0 are not used. */
static inline void trim(struct zl_wide *a, uint32_t used)
{
        while (used > 0 && a->limb[used - 1] == 0)
                used--;
        a->used = used;
}

/* ---- sums ---- */

static int compare_magnitudes(const struct zl_wide *a, const struct zl_wide *b)
{
        if (a->used != b->used)
                return a->used < b->used ? -1 : 1;
        for (uint32_t i = a->used; i-- > 0;) {
                if (a->limb[i] != b->limb[i])
                        return a->limb[i] < b->limb[i] ? -1 : 1;
        }
        return 0;
}

IN_PLACE struct zl_wide zl_wide_abs_sum(const struct zl_wide *a, const struct zl_wide *b,
                                        bool negative)
{
        const struct zl_wide *more = a->used < b->used ? b : a, *less = more == a ? b : a;
        uint32_t i = 0, used = more->used;
        struct zl_wide sum;
        bool carry = false;

        for (; i < less->used; i++) {
                uint64_t part;
                bool first = __builtin_add_overflow(more->limb[i], less->limb[i], &part);
                carry = __builtin_add_overflow(part, carry, &part) || first;
                sum.limb[i] = part;
        }
        for (; i < used; i++) {
                sum.limb[i] = more->limb[i] + carry;
                carry = carry && sum.limb[i] == 0;
        }
        if (carry) {
                ZL_ASSERT(used < ZL_WIDE_LIMBS);
                sum.limb[used++] = 1;
        }
        sum.used = used;
        sum.negative = negative;
        return sum;
}

IN_PLACE struct zl_wide zl_wide_abs_difference(const struct zl_wide *a, const struct zl_wide *b,
                                               bool negative)
{
        bool swap = compare_magnitudes(a, b) < 0;
        const struct zl_wide *more = swap ? b : a, *less = swap ? a : b;
        uint32_t i = 0, used = more->used;
        struct zl_wide difference;
        bool borrow = false;

        for (; i < less->used; i++) {
                uint64_t part;
                bool first = __builtin_sub_overflow(more->limb[i], less->limb[i], &part);
                borrow = __builtin_sub_overflow(part, borrow, &part) || first;
                difference.limb[i] = part;
        }
        for (; i < used; i++) {
                uint64_t limb = more->limb[i];
                difference.limb[i] = limb - borrow;
                borrow = borrow && limb == 0;
        }
        trim(&difference, used);
        difference.negative = difference.used && negative != swap;
        return difference;
}

int (zl_wide_compare)(const struct zl_wide *a, const struct zl_wide *b)
{
        if (a->negative != b->negative)
                return a->negative ? -1 : 1;
        return a->negative ? compare_magnitudes(b, a) : compare_magnitudes(a, b);
}

/* ---- products ---- */

/* By one limb, which may be 0. */
IN_PLACE static struct zl_wide times_one(const struct zl_wide *a, uint64_t by, bool negative)
{
        uint32_t used = by ? a->used : 0;
        struct zl_wide product;
        uint64_t carry = 0;

        for (uint32_t i = 0; i < used; i++) {
                zl_u128 part = (zl_u128)a->limb[i] * by + carry;
                product.limb[i] = (uint64_t)part;
                carry = (uint64_t)(part >> 64);
        }
        if (carry) {
                ZL_ASSERT(used < ZL_WIDE_LIMBS);
                product.limb[used++] = carry;
        }
        product.used = used;
        product.negative = used && negative;
        return product;
}

/* limb + a x b + what was carried, b of two limbs: answers the lowest limb, carries the others. */
static inline uint64_t mul_step(uint64_t limb, uint64_t a, const uint64_t b[2], uint64_t carry[2])
{
        zl_u128 low = (zl_u128)a * b[0] + carry[0] + limb;
        zl_u128 high = (zl_u128)a * b[1] + carry[1] + (uint64_t)(low >> 64);

        carry[0] = (uint64_t)high;
        carry[1] = (uint64_t)(high >> 64);
        return (uint64_t)low;
}

static inline void put_carries(struct zl_wide *a, uint32_t used, const uint64_t carry[2])
{
        if (carry[0] || carry[1]) {
                ZL_ASSERT(used < ZL_WIDE_LIMBS);
                a->limb[used++] = carry[0];
        }
        if (carry[1]) {
                ZL_ASSERT(used < ZL_WIDE_LIMBS);
                a->limb[used++] = carry[1];
        }
        a->used = used;
}

/* By two limbs. */
IN_PLACE static struct zl_wide times_two(const struct zl_wide *a, const struct zl_wide *b,
                                         bool negative)
{
        const uint64_t by[2] = {b->limb[0], b->limb[1]};
        uint64_t carry[2] = {0, 0};
        struct zl_wide product;

        for (uint32_t i = 0; i < a->used; i++)
                product.limb[i] = mul_step(0, a->limb[i], by, carry);
        put_carries(&product, a->used, carry);
        product.negative = negative;
        return product;
}

/* Both of three limbs or four, by columns. */
IN_PLACE static struct zl_wide four_times_four(const struct zl_wide *a, const struct zl_wide *b,
                                               bool negative)
{
        const uint64_t x[4] = {a->limb[0], a->limb[1], a->limb[2], a->used > 3 ? a->limb[3] : 0};
        const uint64_t y[4] = {b->limb[0], b->limb[1], b->limb[2], b->used > 3 ? b->limb[3] : 0};
        struct zl_wide product;
        zl_u128 column = 0;

        for (int k = 0; k < 7; k++) {
                uint64_t above = 0;
                for (int i = k < 4 ? 0 : k - 3; i <= k && i < 4; i++)
                        above += __builtin_add_overflow(column, (zl_u128)x[i] * y[k - i], &column);
                product.limb[k] = (uint64_t)column;
                column = column >> 64 | (zl_u128)above << 64;
        }
        product.limb[7] = (uint64_t)column;
        trim(&product, 8);
        product.negative = negative;
        return product;
}

/* By any number of limbs, two at a time. */
static struct zl_wide times_many(const struct zl_wide *a, const struct zl_wide *b, bool negative)
{
        uint64_t carry[2] = {0, 0};
        uint32_t used = a->used;
        struct zl_wide product;

        ZL_ASSERT(a->used + b->used <= ZL_WIDE_LIMBS + 1);
        for (uint32_t i = 0; i < used; i++)
                product.limb[i] = 0;
        for (uint32_t j = 0; j < b->used; j += 2) {
                const uint64_t by[2] = {b->limb[j], j + 1 < b->used ? b->limb[j + 1] : 0};
                if (j > 0) {
                        product.limb[used++] = carry[0];
                        product.limb[used++] = carry[1];
                }
                carry[0] = carry[1] = 0;
                for (uint32_t i = 0; i < a->used; i++)
                        product.limb[j + i] = mul_step(product.limb[j + i], a->limb[i], by, carry);
        }
        put_carries(&product, used, carry);
        return zl_wide_abs_sum(&product, &zl_wide_zero, negative);
}

struct zl_wide (zl_wide_scale)(const struct zl_wide *a, uint64_t by)
{
        return times_one(a, by, a->negative);
}

struct zl_wide (zl_wide_mul)(const struct zl_wide *a, const struct zl_wide *b)
{
        const struct zl_wide *more = a->used < b->used ? b : a, *less = more == a ? b : a;
        bool negative = a->negative != b->negative;

        if (less->used < 2)
                return times_one(more, less->used ? less->limb[0] : 0, negative);
        if (less->used == 2)
                return times_two(more, less, negative);
        return more->used <= 4 ? four_times_four(more, less, negative)
                               : times_many(more, less, negative);
}

/* ---- quotients ---- */

/* Of two limbs at most. */
static zl_u128 low_of(const struct zl_wide *a)
{
        zl_u128 high = a->used > 1 ? a->limb[1] : 0;

        return a->used ? high << 64 | a->limb[0] : 0;
}

static void put_low(struct zl_wide *a, zl_u128 magnitude)
{
        a->limb[0] = (uint64_t)magnitude;
        a->limb[1] = (uint64_t)(magnitude >> 64);
        a->used = a->limb[1] ? 2 : a->limb[0] != 0;
}

/* By less than 64; answers what is shifted out. */
static uint64_t shift_up(uint64_t *to, const uint64_t *from, uint32_t used, int shift)
{
        uint64_t below = 0;

        for (uint32_t i = 0; i < used; i++) {
                uint64_t limb = from[i];
                to[i] = limb << shift | below;
                below = limb >> 1 >> (63 - shift);
        }
        return below;
}

static void shift_down(uint64_t *to, const uint64_t *from, uint32_t used, int shift)
{
        for (uint32_t i = 0; i < used; i++) {
                uint64_t above = i + 1 < used ? from[i + 1] : 0;
                to[i] = from[i] >> shift | above << 1 << (63 - shift);
        }
}

/* Division of three limbs by two without a division, and of any by any with one (Moeller and
 * Granlund, Improved division by invariant integers, 2011): of a divisor whose leading bit is set,
 * the leading two limbs, and floor((2^192 - 1) / these) - 2^64. */
struct divisor {
        zl_u128 lead;
        uint64_t reciprocal;
};

static struct divisor divisor_of(uint64_t high, uint64_t low)
{
        struct divisor divisor = {(zl_u128)high << 64 | low, 0};
        uint64_t guess = (uint64_t)(~((zl_u128)high << 64) / high); /* by the first limb alone */
        uint64_t rest = high * guess + low;

        if (rest < low) {
                guess--;
                if (rest >= high) {
                        guess--;
                        rest -= high;
                }
                rest -= high;
        }
        zl_u128 part = (zl_u128)guess * low;
        rest += (uint64_t)(part >> 64);
        if (rest < (uint64_t)(part >> 64)) {
                guess--;
                if (((zl_u128)rest << 64 | (uint64_t)part) >= divisor.lead)
                        guess--;
        }
        divisor.reciprocal = guess;
        return divisor;
}

/* a[2], a[1], a[0] by the leading limbs, which exceed a[2], a[1]. */
static uint64_t divide_lead(const uint64_t *a, const struct divisor *by)
{
        zl_u128 guess = (zl_u128)by->reciprocal * a[2] + ((zl_u128)a[2] << 64 | a[1]);
        uint64_t quotient = (uint64_t)(guess >> 64) + 1;
        uint64_t rest_high = a[1] - (quotient - 1) * (uint64_t)(by->lead >> 64);
        zl_u128 rest = ((zl_u128)rest_high << 64 | a[0]) - by->lead -
                       (zl_u128)(uint64_t)by->lead * (quotient - 1);

        if ((uint64_t)(rest >> 64) >= (uint64_t)guess) {
                quotient--;
                rest += by->lead;
        }
        return rest >= by->lead ? quotient + 1 : quotient;
}

/* One limb of the quotient: that of the leading limbs, at most one too large, then subtract, and
 * add back where it was. Before and after, a's leading n limbs are less than b's. */
static uint64_t divide_step(uint64_t *a, const uint64_t *b, uint32_t n, const struct divisor *lead)
{
        bool full = a[n] == b[n - 1] && a[n - 1] == b[n - 2];
        uint64_t limb = full ? UINT64_MAX : divide_lead(a + n - 2, lead);
        uint64_t borrow = 0;
        bool carry = false;

        for (uint32_t i = 0; i < n; i++) {
                zl_u128 part = (zl_u128)limb * b[i] + borrow;
                borrow = (uint64_t)(part >> 64) + (a[i] < (uint64_t)part);
                a[i] -= (uint64_t)part;
        }
        if (a[n] >= borrow)
                return limb;
        for (uint32_t i = 0; i < n; i++) {
                zl_u128 part = (zl_u128)a[i] + b[i] + carry;
                a[i] = (uint64_t)part;
                carry = part >> 64;
        }
        return limb - 1;
}

/* Of |a| >= b, long division (Knuth, The Art of Computer Programming, volume 2, section 4.3.1,
 * algorithm D) of limbs, the divisor's leading bit set. One limb has another below it, of 0. */
static void divide_long(const struct zl_wide *a, const struct zl_wide *b,
                        struct zl_wide *quotient, struct zl_wide *rest)
{
        uint32_t below = b->used == 1, n = b->used + below;
        int shift = __builtin_clzll(b->limb[b->used - 1]);
        uint64_t u[ZL_WIDE_LIMBS + 2], v[ZL_WIDE_LIMBS];

        u[0] = v[0] = 0;
        u[below + a->used] = shift_up(u + below, a->limb, a->used, shift);
        shift_up(v + below, b->limb, b->used, shift);
        const struct divisor lead = divisor_of(v[n - 1], v[n - 2]);
        for (uint32_t j = a->used - b->used + 1; j-- > 0;)
                quotient->limb[j] = divide_step(u + j, v, n, &lead);
        trim(quotient, a->used - b->used + 1);
        shift_down(rest->limb, u + below, b->used, shift);
        trim(rest, b->used);
}

/* Of magnitudes; signs are not written. */
static void divide(const struct zl_wide *a, const struct zl_wide *b, struct zl_wide *quotient,
                   struct zl_wide *rest)
{
        ZL_ASSERT(b->used > 0 && !b->negative);
        if (a->used <= 2 && b->used <= 2) {
                put_low(quotient, low_of(a) / low_of(b));
                put_low(rest, low_of(a) % low_of(b));
        } else if (compare_magnitudes(a, b) < 0) {
                quotient->used = 0;
                rest->used = a->used;
                memcpy(rest->limb, a->limb, a->used * sizeof a->limb[0]);
        } else {
                divide_long(a, b, quotient, rest);
        }
}

static struct zl_wide rounded(const struct zl_wide *quotient, bool away, bool negative)
{
        return zl_wide_abs_sum(quotient, away ? &one : &zl_wide_zero,
                               negative && (away || quotient->used));
}

struct zl_wide (zl_wide_div_floor)(const struct zl_wide *a, const struct zl_wide *b)
{
        struct zl_wide quotient, rest;

        divide(a, b, &quotient, &rest);
        return rounded(&quotient, a->negative && rest.used, a->negative);
}

struct zl_wide (zl_wide_div_ceil)(const struct zl_wide *a, const struct zl_wide *b)
{
        struct zl_wide quotient, rest;

        divide(a, b, &quotient, &rest);
        return rounded(&quotient, !a->negative && rest.used, a->negative);
}

struct zl_wide (zl_wide_divide)(const struct zl_wide *a, const struct zl_wide *b,
                               struct zl_wide *ret_remainder)
{
        bool negative = a->negative;
        struct zl_wide quotient, rest;

        divide(a, b, &quotient, &rest);
        bool away = negative && rest.used;
        *ret_remainder = away ? zl_wide_abs_difference(b, &rest, false)
                              : zl_wide_abs_sum(&rest, &zl_wide_zero, false);
        return rounded(&quotient, away, negative);
}

/* ---- to and from small numbers ---- */

struct zl_wide zl_wide_of(zl_i128 a)
{
        zl_u128 magnitude = zl_magnitude(a);
        struct zl_wide wide;

        wide.limb[0] = (uint64_t)magnitude;
        wide.limb[1] = (uint64_t)(magnitude >> 64);
        wide.used = wide.limb[1] ? 2 : wide.limb[0] != 0;
        wide.negative = a < 0;
        return wide;
}

struct zl_wide zl_wide_product(zl_i128 a, zl_i128 b)
{
        zl_u128 x = zl_magnitude(a), y = zl_magnitude(b);
        const uint64_t by[2] = {(uint64_t)y, (uint64_t)(y >> 64)};
        uint64_t carry[2] = {0, 0};
        struct zl_wide product;

        product.limb[0] = mul_step(0, (uint64_t)x, by, carry);
        product.limb[1] = mul_step(0, (uint64_t)(x >> 64), by, carry);
        product.limb[2] = carry[0];
        product.limb[3] = carry[1];
        trim(&product, 4);
        product.negative = product.used && (a < 0) != (b < 0);
        return product;
}

/* The powers of ten in a limb. */
static const uint64_t powers[] = {
        1u, 10u, 100u, 1000u, 10000u, 100000u, 1000000u, 10000000u, 100000000u, 1000000000u,
        10000000000u, 100000000000u, 1000000000000u, 10000000000000u, 100000000000000u,
        1000000000000000u, 10000000000000000u, 100000000000000000u, 1000000000000000000u,
        10000000000000000000u,
};

enum { POWERS_MAX = ZL_COUNT(powers) - 1 };

struct zl_wide zl_wide_pow10(uint32_t exponent)
{
        const zl_u128 step = (zl_u128)powers[POWERS_MAX] * powers[POWERS_MAX];
        const uint64_t by[2] = {(uint64_t)step, (uint64_t)(step >> 64)};

        ZL_ASSERT(exponent <= ZL_WIDE_POW10_MAX);
        if (exponent <= POWERS_MAX)
                return zl_wide_of(powers[exponent]);
        if (exponent <= 2 * POWERS_MAX)
                return zl_wide_product(powers[POWERS_MAX], powers[exponent - POWERS_MAX]);
        struct zl_wide power = zl_wide_pow10(exponent % (2 * POWERS_MAX));
        for (uint32_t steps = exponent / (2 * POWERS_MAX); steps > 0; steps--) {
                uint64_t carry[2] = {0, 0};
                for (uint32_t i = 0; i < power.used; i++)
                        power.limb[i] = mul_step(0, power.limb[i], by, carry);
                put_carries(&power, power.used, carry);
        }
        return zl_wide_abs_sum(&power, &zl_wide_zero, false);
}

zl_i128 (zl_wide_saturate)(const struct zl_wide *a)
{
        const zl_u128 most = ~(zl_u128)0 >> 1;
        zl_u128 magnitude = a->used > 2 ? ~(zl_u128)0 : low_of(a);

        if (a->negative)
                return magnitude > most ? -(zl_i128)most - 1 : -(zl_i128)magnitude;
        return (zl_i128)(magnitude > most ? most : magnitude);
}

uint32_t zl_wide_bits(const struct zl_wide *a)
{
        return a->used ? 64 * a->used - (uint32_t)__builtin_clzll(a->limb[a->used - 1]) : 0;
}

enum { TOP_BITS = 53 };

uint64_t zl_wide_top(const struct zl_wide *a, uint32_t *ret_shift)
{
        uint32_t bits = zl_wide_bits(a), shift = bits > TOP_BITS ? bits - TOP_BITS : 0;
        uint32_t at = shift / 64, within = shift % 64;

        *ret_shift = shift;
        if (a->used == 0)
                return 0;
        uint64_t top = a->limb[at] >> within;
        return at + 1 < a->used ? top | a->limb[at + 1] << (64 - within) : top;
}
