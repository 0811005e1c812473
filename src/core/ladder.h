/* ladder.h - what to do about a pool, step by step.
 *
 * Answers: is it in danger, and what is sent? What is sent is a proposal, told apart by its key
 * (account, pool, base, n); what comes back is a fact. Thread: its engine's. */
#ifndef ZL_CORE_LADDER_H
#define ZL_CORE_LADDER_H

#include "core/state.h"

/* Evaluates a pool, and acts on it or gives it a new band. */
void zl_ladder_judge(struct zl_engine *engine, uint32_t pool);
/* Takes in a router's answer. */
void zl_ladder_answer(struct zl_engine *engine, const struct zl_msg_exec *exec);
/* A newer base: the ladder begins again. */
void zl_ladder_restart(struct zl_engine *engine, uint32_t pool, uint64_t base);
/* Queues the pools whose decisions have waited long enough. */
void zl_ladder_clock(struct zl_engine *engine);

#endif
