/* guards.h - what holds a decision back. Owns: nothing. Thread: one. */
#ifndef ZL_TESTS_GUARDS_H
#define ZL_TESTS_GUARDS_H

#include "steps.h"

/* Of a pool that is bad: whether it is given time to cure, which may be said. */
bool guards_cure(struct twin *twin, struct pool *pool, const struct terms *terms, bool was_top);

/* Whether so many messages may not go yet: a slice went a short while ago, or there are not tokens
 * enough, which are taken otherwise. Sets the pool's held_ns. */
bool guards_hold_back(struct twin *twin, struct pool *pool, uint32_t messages);
/* Cuts orders to the slice's size, and remembers when the next may go. */
void guards_slice(struct twin *twin, struct pool *pool, const struct terms *terms,
                  struct plan *plan);

/* The policy's rate is about to change to this. */
void guards_change_rate(struct twin *twin, const struct zl_msg_policy *policy, uint32_t rate);

#endif
