#include "core/replan.h"

#include "core/bidding.h"
#include "core/line.h"

#include <string.h>

static uint32_t winners_of(const struct zl_engine *engine, const struct zl_msg_adl_bid *last)
{
        return engine->round->candidates_count + last->candidates_count + 1;
}

/* The next array of a block; NULL while only its size is asked. */
static void *lay(uint8_t *memory, size_t *used, size_t count, size_t size)
{
        void *at = memory ? memory + *used : NULL;

        *used += (count * size + 15) & ~(size_t)15;
        return at;
}

static size_t lay_out(const struct zl_engine *engine, uint32_t winners, uint8_t *memory,
                      struct zl_replan *replan)
{
        size_t used = 0;

        lay(memory, &used, 1, sizeof *replan);
        replan->round.claims = lay(memory, &used, ZL_CLAIMS_MAX, sizeof(struct zl_claim));
        replan->round.candidates = lay(memory, &used, winners, sizeof(struct zl_candidate));
        replan->plan.line = lay(memory, &used, winners, sizeof(struct zl_winner));
        replan->plan.gives = lay(memory, &used, winners, sizeof(int64_t));
        replan->plan.spread = lay(memory, &used, winners, sizeof(uint32_t));
        replan->plan.by_place = lay(memory, &used, winners, sizeof(uint32_t));
        replan->plan.rows =
                lay(memory, &used, engine->plan->rows_max, sizeof(struct zl_plan_row));
        return used;
}

size_t zl_replan_size(const struct zl_engine *engine, const struct zl_msg_adl_bid *last)
{
        struct zl_replan sizes;

        return lay_out(engine, winners_of(engine, last), NULL, &sizes);
}

struct zl_replan *zl_replan_take(struct zl_engine *engine, const struct zl_msg_adl_bid *last,
                                 void *memory)
{
        const struct zl_round *round = engine->round;
        struct zl_replan *replan = memory;

        *replan = (struct zl_replan){.engine = engine,
                                     .fund = engine->funds[round->fund],
                                     .round = *round};
        lay_out(engine, winners_of(engine, last), memory, replan);
        memcpy(replan->round.claims, round->claims,
               round->claims_count * sizeof *round->claims);
        memcpy(replan->round.candidates, round->candidates,
               round->candidates_count * sizeof *round->candidates);
        replan->plan.fund = round->fund;
        replan->plan.query = engine->plan->query;
        replan->plan.rows_max = engine->plan->rows_max;
        zl_round_keep(engine, &replan->round, last);
        zl_claims_sort(replan->round.claims, replan->round.claims_count);
        return replan;
}

/* What the plan's messages from there on took of winners is theirs again; or is not, with -1. */
static void give_back(struct zl_replan *replan, uint32_t from, int sign)
{
        for (uint32_t i = from; i < replan->plan.rows_count; i++) {
                const struct zl_plan_row *row = &replan->plan.rows[i];
                if (row->type == ZL_TYPE_ADL)
                        replan->round.candidates[row->candidate].winner.qty += sign * row->qty;
        }
}

uint32_t zl_replan_line(struct zl_replan *replan)
{
        give_back(replan, replan->rows_from, 1);
        uint32_t count = zl_line_up(&replan->round, &replan->plan, replan->making.claim, INT64_MAX);
        give_back(replan, replan->rows_from, -1);
        return count;
}

int64_t zl_replan_part(const struct zl_replan *replan, enum zl_type type, uint32_t candidate)
{
        for (uint32_t i = replan->rows_from; i < replan->plan.rows_count; i++) {
                const struct zl_plan_row *row = &replan->plan.rows[i];
                if (row->type == type && row->candidate == candidate)
                        return type == ZL_TYPE_ADL ? row->qty : row->amount;
        }
        return 0;
}

bool zl_replan_begin(struct zl_replan *replan)
{
        give_back(replan, 0, 1);
        replan->at = replan->rows_from = replan->plan.rows_count = 0;
        replan->plan.placed = false;
        zl_queues_make(replan->engine, &replan->round);
        replan->making = (struct zl_making){.engine = replan->engine,
                                            .round = &replan->round,
                                            .plan = &replan->plan,
                                            .fund = &replan->fund,
                                            .fund_asset =
                                                    zl_plan_asset(replan->engine, &replan->fund)};
        if (!replan->making.fund_asset || replan->engine->numeraire == ZL_NONE_AT)
                return false;
        zl_bidding_set_asked(replan->engine, &replan->plan.query, true);
        return true;
}

bool zl_replan_next(struct zl_replan *replan)
{
        while (replan->at < replan->round.claims_count) {
                replan->rows_from = replan->plan.rows_count;
                enum zl_met met = zl_plan_meet(&replan->making, replan->at++);
                if (met == ZL_MET_NO_MORE)
                        replan->at = replan->round.claims_count;
                if (met != ZL_MET_NOT && replan->plan.rows_count > replan->rows_from)
                        return true;
        }
        return false;
}

void zl_replan_end(struct zl_replan *replan)
{
        zl_bidding_set_asked(replan->engine, &replan->plan.query, false);
}
