/* fraction.h - exact sums of proper fractions.
 *
 * Answers: between which whole numbers does a sum lie, or is it one? Never in doubt, however close
 * it comes. Owns: nothing. Thread: any. */
#ifndef ZL_CORE_FRACTION_H
#define ZL_CORE_FRACTION_H

#include "core/fixed.h"

enum { ZL_FRACTIONS_MAX = 128 };

struct zl_fraction {
        uint64_t num, den; /* num < den < 2^63 */
};

/* The floor of a sum of at most ZL_FRACTIONS_MAX, and whether the sum is a whole number. */
void zl_fractions_sum(const struct zl_fraction *fractions, uint32_t count, uint64_t *ret_floor,
                      bool *ret_whole);

#endif
