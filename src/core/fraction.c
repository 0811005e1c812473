/* fraction.c - exact sums of proper fractions, a digit of each at a time.
 *
 * In base 2^64 the first digit of a fraction q is floor(q 2^64). What that leaves of q 2^64 is a
 * fraction again, of the same denominator. Where n of them leave something, 2^64 times the sum lies
 * between the digits' sum and n more, neither included. That nearly always decides. It does not
 * where a whole number's multiple of 2^64 lies in between, and then the question is how the sum of
 * what was left compares with the few that are missing to it: the next digits answer.
 *
 * It ends, as a sum that is not whole differs from every whole number by 1 over a common multiple
 * of the denominators at least: so many digits are enough. */
#include "core/fraction.h"

enum { COUNT_BITS = 7 }; /* ZL_FRACTIONS_MAX = 2^7 */

/* The sum of the next digits. What they leave takes the fractions' place, where it is not 0. */
static zl_u128 next_digits(struct zl_fraction *left, uint32_t *count)
{
        uint32_t kept = 0;
        zl_u128 sum = 0;

        for (uint32_t i = 0; i < *count; i++) {
                uint64_t den = left[i].den;
                uint64_t digit = (uint64_t)(((zl_u128)left[i].num << 64) / den);
                uint64_t rest = 0 - digit * den; /* of num 2^64, modulo 2^64 */
                sum += digit;
                if (rest)
                        left[kept++] = (struct zl_fraction){rest, den};
        }
        *count = kept;
        return sum;
}

static uint32_t bits_of(uint64_t a)
{
        return 64 - (uint32_t)__builtin_clzll(a);
}

/* The denominators have a common multiple of no more bits than this. */
static uint32_t multiple_bits(const struct zl_fraction *fractions, uint32_t count)
{
        uint64_t factor = 1;
        uint32_t bits = 0;

        for (uint32_t i = 0; i < count; i++) {
                uint64_t den = fractions[i].den;
                if (fractions[i].num == 0 || factor % den == 0)
                        continue;
                if (__builtin_mul_overflow(factor, den, &den)) {
                        bits += bits_of(factor);
                        den = fractions[i].den;
                }
                factor = den;
        }
        return bits + bits_of(factor);
}

void zl_fractions_sum(const struct zl_fraction *fractions, uint32_t count, uint64_t *ret_floor,
                      bool *ret_whole)
{
        struct zl_fraction left[ZL_FRACTIONS_MAX];
        uint32_t left_count = count, bits = 64, enough = 0;

        ZL_ASSERT(count <= ZL_FRACTIONS_MAX);
        for (uint32_t i = 0; i < count; i++) {
                ZL_ASSERT(fractions[i].num < fractions[i].den && fractions[i].den >> 63 == 0);
                left[i] = fractions[i];
        }
        zl_u128 digits = next_digits(left, &left_count);
        uint64_t near = (uint64_t)((digits + UINT64_MAX) >> 64);
        zl_i128 over = (zl_i128)(digits - ((zl_u128)near << 64)); /* of the digits over `near` */

        while (over < 0 && over + left_count > 0) {
                if (enough == 0)
                        enough = multiple_bits(fractions, count) + COUNT_BITS;
                if (bits >= enough) {
                        over = left_count = 0; /* nothing but `near` is as near */
                        break;
                }
                over = over * ((zl_i128)1 << 64) + (zl_i128)next_digits(left, &left_count);
                bits += 64;
        }
        *ret_floor = near - (over < 0);
        *ret_whole = over == 0 && left_count == 0;
}
