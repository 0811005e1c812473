/* decision.h - what a decision says: the rungs of the ladder as messages.
 *
 * Answers: which rung comes next for a pool that is not good, and what does it say? Owns: nothing.
 * Thread: its engine's. */
#ifndef ZL_CORE_DECISION_H
#define ZL_CORE_DECISION_H

#include "core/reduce.h"
#include "core/state.h"

/* One order: of a part, or of a stock that is sold. */
struct zl_order {
        uint32_t at; /* place in the view */
        int64_t qty; /* or the amount */
        int64_t whole; /* before it was cut to a slice */
};

struct zl_decision {
        enum zl_rung rung;
        uint32_t count;
        struct zl_order orders[ZL_PARTS_MAX];
        bool cut; /* an order was, to the size of a slice */
        enum zl_skip skips[ZL_RUNG_DEFICIT + 1]; /* of the rungs before */
};

/* The first rung that applies among those behind `answered`. */
void zl_decide(struct zl_engine *engine, const struct zl_view *view, enum zl_rung answered,
               struct zl_decision *ret_decision);

/* Says it, as one frame; of a deficit one frame a coordinator. False: it does not add up, and that
 * is what is said. */
ZL_MUST_CHECK bool zl_decision_say(struct zl_engine *engine, const struct zl_pool *pool,
                     const struct zl_view *view, const struct zl_worth *worth,
                     const struct zl_decision *decision);

#endif
