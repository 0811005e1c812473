/* meet.h - who bears one deficit of a plan under way.
 *
 * Answers: does the fund take it over, which winners close against it, and who bears what is then
 * left? Owns: nothing; messages and quantities stand in the plan and its round. Thread: its
 * engine's. Order: pairs as the policy ranks, shares by asset and place, then the fund's own. */
#ifndef ZL_CORE_MEET_H
#define ZL_CORE_MEET_H

#include "core/plan.h"

struct zl_making {
        struct zl_engine *engine;
        struct zl_round *round;
        struct zl_plan *plan;
        const struct zl_fund *fund;
        const struct zl_asset *fund_asset;
        zl_i128 spent; /* by this plan, in units of the fund's asset */
        bool overdrawn; /* the fund pays what it cannot bear */
        /* of the deficit under way */
        uint32_t at; /* its place */
        const struct zl_claim *claim;
        const struct zl_instrument *instrument;
        const struct zl_asset *settle;
        const struct zl_policy *policy;
        int64_t mark, index; /* of the round */
        bool cut;  /* fewer messages are made of it, since all do not fit any plan */
        bool full; /* there was no room for a message */
};

/* Adds the messages that meet the deficit. False: they do not fit, and none is left behind. */
ZL_MUST_CHECK bool zl_meet(struct zl_making *making);
/* The same of one that no plan holds whole: as many pairs as go into half a plan, and when there
 * are more of them nothing else, since the rest comes back as a deficit; else a loss is borne by
 * the winners with the most profit, as many as fit. */
void zl_meet_in_part(struct zl_making *making);

#endif
