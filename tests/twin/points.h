/* points.h - the prices and amounts that orders carry, of the pool last judged.
 *
 * Textbook rationals; what leaves is rounded against the account. Owns: nothing. Thread: one. */
#ifndef ZL_TESTS_POINTS_H
#define ZL_TESTS_POINTS_H

#include "money.h"

/* The fill of this position alone at which B = 0, on a tick; false where it is not positive. */
bool points_bankruptcy_price(const struct money *money, const struct terms *terms, uint32_t at,
                             int64_t *ret_price);
/* The close-out price on a tick within the instrument's range. */
int64_t points_limit_price(const struct money *money, const struct terms *terms, uint32_t at);
/* The position's part of max(0, -B), up, in its settle asset. */
int64_t points_shortfall_ceil(const struct money *money, const struct terms *terms, uint32_t at);
/* max(0, -B), up, in the numeraire. */
int64_t points_pool_shortfall_ceil(const struct money *money, const struct terms *terms);

#endif
