/* plans.h - what a plan does in the simulated ledger.
 *
 * Answers: is this the first plan for the fund's present revision, and which accounts does it
 * change? A loser is touched only if its base is unmoved, a pair moves both sides or neither, a
 * winner gives up to what it still holds. Everything settles in USDT. Owns: nothing. Thread: the
 * world's. */
#ifndef ZL_APP_SIM_PLANS_H
#define ZL_APP_SIM_PLANS_H

#include "app/sim/world.h"

/* False: it does not decode, or is not for the fund's present revision; nothing was changed.
 * Accounts that did are marked `changed`, and the fund has its next revision, made by this plan. */
ZL_MUST_CHECK bool zl_plan_execute(struct zl_world *world, const void *frame, size_t size,
                                   struct zl_message *scratch);

#endif
