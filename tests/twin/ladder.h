/* ladder.h - what the twin says about a pool, judged on the present state.
 * Owns: nothing. Thread: one. */
#ifndef ZL_TESTS_LADDER_H
#define ZL_TESTS_LADDER_H

#include "steps.h"

/* Says what the pool calls for, if anything. */
void twin_look_at(struct twin *twin, struct pool *pool);
/* The pool is due again after answer_ms, twice that the next time, up to sixteen times. */
void twin_wait(struct twin *twin, struct pool *pool);
/* Everything at an older base is over. */
void twin_restart(struct pool *pool, uint64_t base);

#endif
