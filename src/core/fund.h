/* fund.h - an insurance fund, and what one engine coordinates for it.
 *
 * The coordinator of a fund is the partition that the fund's number falls into. It hears of
 * deficits, asks every partition for its own and for winners (a round), and makes one plan for the
 * fund's present revision; the ledger accepts the first plan of a revision. Thread: its engine's.
 */
#ifndef ZL_CORE_FUND_H
#define ZL_CORE_FUND_H

#include "core/rank.h"
#include "core/state.h"

enum {
        ZL_CLAIMS_MAX = 4096, /* deficits of a round */
        ZL_PLAN_MAX = 7168,   /* messages of a plan: at most 140 bytes each, and a frame has 2^20 */
};

#define ZL_ANSWERED UINT32_MAX

/* A deficit as it was stated at a round's prices. */
struct zl_claim {
        uint64_t account;
        struct zl_pool_id pool;
        uint64_t base;
        uint32_t n;
        uint32_t instrument; /* id */
        enum zl_leg leg;
        enum zl_side side; /* that closes it */
        int64_t qty, price, amount;
};

/* A position with profit. */
struct zl_candidate {
        struct zl_winner winner; /* profit: in units of its settle asset */
        enum zl_side side;       /* buy: a long */
        uint32_t lights;
        uint32_t open; /* of the first of a queue: the row of the first that has something left */
};

/* What a partition has answered: parts of one publisher, in their order. */
struct zl_answer {
        uint32_t parts; /* ZL_ANSWERED: all of them */
        uint32_t src;   /* whose; of no meaning before the first */
};

/* One question of a coordinator to all partitions, and what came back. */
struct zl_round {
        uint32_t fund; /* row; ZL_NONE_AT: none is open */
        uint64_t rev, number;
        uint32_t missing; /* partitions that have not answered */
        struct zl_answer *answers; /* of each */
        struct zl_claim *claims;
        uint32_t claims_count;
        struct zl_candidate *candidates;
        uint32_t candidates_count, candidates_max;
        bool cut; /* there were more than fit */
        bool asking; /* the query is not said yet */
        uint32_t lights_said, lights_in_frame;
};

void zl_fund_take(struct zl_engine *engine, const struct zl_msg_fund *said);
void zl_fund_hear_deficit(struct zl_engine *engine, const struct zl_msg_deficit *said);
void zl_fund_hear_bid(struct zl_engine *engine, const struct zl_header *header,
                      const struct zl_msg_adl_bid *said);
/* Whether this answer is the last that the open round waits for: hearing it makes a plan. */
bool zl_round_completes(const struct zl_engine *engine, const struct zl_header *header,
                        const struct zl_msg_adl_bid *said);
/* Adds the rows of an answer to a round, as far as it has room. */
void zl_round_keep(const struct zl_engine *engine, struct zl_round *round,
                   const struct zl_msg_adl_bid *said);
/* Funds whose policies want their winners ranked now are asked for. */
void zl_fund_clock(struct zl_engine *engine);
/* Says what is left to ask, while there is room. True: all is said. */
bool zl_fund_go_on(struct zl_engine *engine);

/* Below 0 when a comes before b. By instrument, side, then as a queue; by partition before that. */
typedef int zl_candidate_order(const struct zl_candidate *a, const struct zl_candidate *b);
int zl_by_queue(const struct zl_candidate *a, const struct zl_candidate *b);
int zl_by_partition(const struct zl_candidate *a, const struct zl_candidate *b);
void zl_candidates_sort(struct zl_candidate *candidates, uint32_t count,
                        zl_candidate_order *order);
/* By account, pool, instrument, leg. */
void zl_claims_sort(struct zl_claim *claims, uint32_t count);

#endif
