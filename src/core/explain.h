/* explain.h - why is nothing sent about a pool now?
 *
 * Answers: what does it wait for, by the same questions in the same order as the ladder asks them,
 * and until when? Changes nothing. Owns: nothing. Thread: its engine's, between two steps. */
#ifndef ZL_CORE_EXPLAIN_H
#define ZL_CORE_EXPLAIN_H

#include "core/state.h"

enum zl_wait {
        ZL_WAIT_STOPPED,   /* a decision did not add up: for a newer base */
        ZL_WAIT_BASE,      /* an order filled: for the base that shows it */
        ZL_WAIT_REVISION,  /* answered: for the account revision that shows what was freed */
        ZL_WAIT_ANSWER,    /* proposed: for the router's answer */
        ZL_WAIT_VENUE,     /* the router has it: for what becomes of it */
        ZL_WAIT_FUND,      /* nothing filled: for the fund's plan */
        ZL_WAIT_CTRL,      /* what all depend on has a hole: for its restatement */
        ZL_WAIT_ACCOUNT,   /* the account's stream had a hole: for its next full message */
        ZL_WAIT_DATA,      /* an asset, a rate, an instrument, a policy or a mark is missing */
        ZL_WAIT_FRESH,     /* a mark is stale: for the next */
        ZL_WAIT_BOUND,     /* it breaks a bound, and is not computed */
        ZL_WAIT_NOTHING,   /* it is good */
        ZL_WAIT_TRADING,   /* it is not, but none of its instruments trade */
        ZL_WAIT_CURE,      /* the policy gives it time */
        ZL_WAIT_SLICE,     /* for the next slice */
        ZL_WAIT_LIMIT,     /* for the limit of orders a second */
        ZL_WAIT_TURN,      /* for nothing: it is proposed when it is looked at next */
};

struct zl_waiting {
        enum zl_wait wait;
        uint64_t until_ns; /* 0: until something comes */
        zl_refusal refusal; /* BOUND */
        const struct zl_instrument *instrument; /* FRESH: the first that is stale; else NULL */
        bool judged; /* `view` and `worth` are set */
};

/* `ret_view` and `ret_worth` are what the pool is judged by, as far as it can be. */
void zl_explain_wait(const struct zl_engine *engine, const struct zl_pool *pool,
                     struct zl_view *ret_view, struct zl_worth *ret_worth,
                     struct zl_waiting *ret_waiting);

#endif
