/* ladder.h - what to do about a pool.
 *
 * Answers: warn, wait, propose the next rung, or nothing. Owns: each pool's place on the ladder.
 * Thread: its engine's. */
#ifndef ZL_CORE_LADDER_H
#define ZL_CORE_LADDER_H

#include "core/state.h"

/* Gives a queued pool its turn. */
void zl_ladder_judge(struct zl_engine *engine, uint32_t pool);
/* Finds the band again of a pool that stands as it was left; says nothing. */
void zl_ladder_rearm(struct zl_engine *engine, uint32_t pool);
/* A newer base: whatever was open is over. */
void zl_ladder_restart(struct zl_engine *engine, uint32_t pool, uint64_t base);
/* The account's revision moved on. */
void zl_ladder_shown(struct zl_engine *engine, uint32_t pool);
/* Engine time moved on. */
void zl_ladder_clock(struct zl_engine *engine);

/* ---- what a judgement goes by ---- */

/* Whether it has nothing open, or what is open may be said again. */
bool zl_ladder_has_turn(const struct zl_pool *pool);
/* A pool without positions is good while it owes nothing. */
bool zl_ladder_is_good(const struct zl_view *view, const struct zl_worth *worth);
/* False: it has positions, and no order may be sent for any. */
bool zl_ladder_may_trade(const struct zl_view *view);
/* Of a mark of this instrument, under this policy. While engine time is zero nothing goes stale. */
bool zl_ladder_is_stale(const struct zl_engine *engine, const struct zl_policy *policy,
                        const struct zl_instrument *instrument);

/* ---- for what answers a decision ---- */

/* The pool is due at once, or after answer_ms, twice that the next time, up to sixteen times. */
void zl_ladder_look_again(struct zl_engine *engine, uint32_t pool);
void zl_ladder_wait_for_answer(struct zl_engine *engine, uint32_t pool,
                               const struct zl_policy *policy);
void zl_ladder_stop_waiting(struct zl_engine *engine, uint32_t pool);

/* What another engine proposed of the partition, and may never have sent, is due with the next
 * clock. */
void zl_ladder_propose_anew(struct zl_engine *engine, uint32_t partition);

#endif
