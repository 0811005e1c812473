/* plan.h - who bears what, for one revision of a fund.
 *
 * Answers, for every deficit of a round: does the fund take it over, which winners close against
 * it, and who bears what nobody can? A plan is one frame. Owns: the plan under way. Thread: its
 * engine's. Order: deficits by account, pool, instrument, leg; each as the policy of its instrument
 * says. */
#ifndef ZL_CORE_PLAN_H
#define ZL_CORE_PLAN_H

#include "core/fund.h"

/* One message of a plan. */
struct zl_plan_row {
        enum zl_type type;
        uint32_t claim;     /* place in the round */
        uint32_t candidate; /* of adl and socialize */
        int64_t qty, price, amount;
};

struct zl_plan {
        uint32_t fund;
        uint32_t rows_count, rows_said, rows_max;
        bool in_part;      /* of its one deficit: pairs, and the rest comes back */
        bool overdrawn;    /* the fund pays what it cannot bear: still to be said */
        bool cut;          /* bids had more rows than fit: still to be said */
        const char *wrong; /* it did not add up, and is not said: but this is, still */
        struct zl_plan_row *rows;
        struct zl_winner *line; /* scratch: the winners that one deficit may be met by */
        int64_t *gives;
        uint32_t *spread;
        uint32_t *by_place; /* the round's candidates; see line.h */
        bool placed;        /* they are sorted */
        struct zl_msg_adl_query query; /* of the round: the prices it is planned at */
};

void zl_plan_make(struct zl_engine *engine);
/* Says what is left to say, while there is room. True: all is said. */
bool zl_plan_go_on(struct zl_engine *engine);

#endif
