/* limit.h - guards that hold decisions back: orders a second, prices that jump.
 *
 * Owns: the buckets, and each instrument's quarantine. Thread: its engine's. */
#ifndef ZL_CORE_LIMIT_H
#define ZL_CORE_LIMIT_H

#include "core/state.h"

/* New ones are full; NULL: no room. */
struct zl_bucket *zl_limit_bucket(struct zl_engine *engine, uint32_t partition,
                                  const struct zl_policy *policy);
/* Takes so many orders from the bucket of this partition and policy; or answers false, and when
 * there will be enough. While engine time is zero there is no limit. */
ZL_MUST_CHECK bool zl_limit_take(struct zl_engine *engine, uint64_t account,
                                 const struct zl_policy *policy, uint32_t orders,
                                 uint64_t *ret_until_ns);

/* What a policy's buckets hold by its rate so far, and no more than its new rate allows. */
void zl_limit_change_rate(struct zl_engine *engine, const struct zl_policy *policy,
                          uint32_t before);

/* Whether the mark may be used: false while it is quarantined. */
ZL_MUST_CHECK bool zl_limit_accept_mark(struct zl_engine *engine,
                                        struct zl_instrument *instrument, int64_t mark);

#endif
