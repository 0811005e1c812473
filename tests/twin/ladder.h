/* ladder.h - what the twin says about a pool, judged on the present state.
 * Owns: nothing. Thread: one. */
#ifndef ZL_TESTS_LADDER_H
#define ZL_TESTS_LADDER_H

#include "rows.h"

/* Says what the pool calls for, if anything. */
void twin_look_at(struct twin *twin, struct pool *pool);
/* By which it is judged; NULL while that is not known. */
const struct zl_msg_policy *twin_policy_of(struct twin *twin, const struct pool *pool);
/* The pool is due again after answer_ms, twice that the next time, up to sixteen times. */
void twin_wait(struct twin *twin, struct pool *pool);

#endif
