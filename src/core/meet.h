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
        zl_i128 spent_before; /* by the plan, when it came to this deficit */
        zl_i128 takeover_cost; /* of taking all of it over, in units of the fund's asset */
        bool taken_over;
        int64_t price, left; /* of its pairs; what they leave of the quantity */
        zl_i128 loss, loss_cost; /* that the pairs leave uncovered; in the fund's asset */
        bool loss_borne; /* by the fund, within its bounds */
        bool cut;  /* fewer messages are made of it, since all do not fit any plan */
        bool full; /* there was no room for a message */
};

/* Lets the deficit at this place of the round be the one under way. False: there is nothing to plan
 * it by, and it is heard of again. */
ZL_MUST_CHECK bool zl_meet_begin(struct zl_making *making, uint32_t at);
/* Whether the fund bears that cost after what the plan has spent. */
bool zl_fund_bears(const struct zl_making *making, zl_i128 cost);
/* Lines up in the plan's `line` who may bear a share of the deficit's loss, by place, with what
 * each one's profit is worth in units of the numeraire. Returns how many. */
uint32_t zl_meet_bearers(struct zl_making *making);
/* Adds the messages that meet the deficit. False: they do not fit, and none is left behind. */
ZL_MUST_CHECK bool zl_meet(struct zl_making *making);
/* The same of one that no plan holds whole: as many pairs as go into half a plan, and when there
 * are more of them nothing else, since the rest comes back as a deficit; else a loss is borne by
 * the winners with the most profit, as many as fit. */
void zl_meet_in_part(struct zl_making *making);


enum zl_met {
        ZL_MET_NOT,     /* it is not planned by this revision */
        ZL_MET,
        ZL_MET_NO_MORE, /* the plan is full: of this one there is a part in it, or nothing */
};

/* The next deficit of a plan, in their order (plan.c). */
enum zl_met zl_plan_meet(struct zl_making *making, uint32_t at);
/* What the fund pays in; NULL: it has no rate. */
const struct zl_asset *zl_plan_asset(const struct zl_engine *engine, const struct zl_fund *fund);

#endif
