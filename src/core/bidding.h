/* bidding.h - a partition's answer to a fund's coordinator.
 *
 * Answers: at the query's prices, what do our deficits need, and which of our positions have
 * profit? One bid for each partition that the engine owns, in their order, in parts where one would
 * be too long. Thread: its engine's. */
#ifndef ZL_CORE_BIDDING_H
#define ZL_CORE_BIDDING_H

#include "core/fund.h"
#include "core/score.h"

struct zl_bidding {
        bool active;
        uint32_t fund;
        uint64_t rev, round;
        uint32_t asker;
        uint64_t asker_epoch;
        uint32_t partition, part; /* that is answered next */
        struct zl_claim *claims;
        struct zl_candidate *candidates;
        uint32_t claims_count, candidates_count, candidates_done, totals_done;
        uint32_t claims_max, candidates_max;
        struct zl_msg_adl_bid bid;
};

/* Lays the query's prices beside the present ones, or takes them away again. */
void zl_bidding_set_asked(struct zl_engine *engine, const struct zl_msg_adl_query *query, bool on);
void zl_bidding_take(struct zl_engine *engine, const struct zl_header *header,
                     const struct zl_msg_adl_query *query);
/* What a candidate is scored by, while the query's prices are laid. False: its pool is not here, or
 * cannot be judged now. `view` is scratch. */
ZL_MUST_CHECK bool zl_bidding_standing(const struct zl_engine *engine,
                                       const struct zl_winner *winner, struct zl_view *view,
                                       struct zl_standing *ret_standing);
/* Says what is left to say, while there is room. True: all is said. */
bool zl_bidding_go_on(struct zl_engine *engine);

#endif
