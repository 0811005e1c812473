/* pool.h - what is known of a pool. Owns: nothing. Thread: one. */
#ifndef ZL_TESTS_POOL_H
#define ZL_TESTS_POOL_H

#include "rows.h"

/* By which it is judged; NULL while that is not known. */
const struct zl_msg_policy *pool_policy(struct twin *twin, const struct pool *pool);
/* False while something is missing, or a bound is broken. */
bool pool_known(struct twin *twin, const struct pool *pool, struct terms *ret_terms);
/* False while something is missing. */
bool pool_terms(struct twin *twin, struct pool *pool, struct terms *ret_terms);
/* Whether a bound is broken, which is said once. */
bool pool_refused(struct twin *twin, struct pool *pool, const struct terms *terms);
/* Whether a mark is too old to decide anything. */
bool pool_is_stale(const struct twin *twin, const struct terms *terms);
/* Whether a mark of the instrument, or a rate of the asset, changes what the pool is worth. */
bool pool_has_instrument(const struct pool *pool, uint32_t instrument);
bool pool_has_asset(struct twin *twin, const struct pool *pool, uint32_t asset);

#endif
