/* line.h - a round's winners, in the order in which deficits come to them.
 *
 * Answers: who may close against this deficit, first who is next in line? The candidates of an
 * instrument and side are a queue: by score where its policy ranks, else by place. They are sorted
 * once a round, and whoever has nothing left is passed over once, so that a plan of many deficits
 * costs little more than its messages. Owns: nothing; candidates stand in the round, lines in the
 * plan. Thread: its engine's. */
#ifndef ZL_CORE_LINE_H
#define ZL_CORE_LINE_H

#include "core/plan.h"

/* Sorts the candidates of a round that is answered in full. */
void zl_queues_make(const struct zl_engine *engine, struct zl_round *round);
bool zl_queue_is_ranked(const struct zl_engine *engine, uint32_t instrument_id);
/* Behind the queue that begins at this row. */
uint32_t zl_queue_end(const struct zl_round *round, uint32_t from);

/* Whether the policy's score makes a queue, of which the first give all they have. */
bool zl_score_ranks(enum zl_adl_score score);
/* Puts into the plan's `line` who may close against the claim: so many, from the first, as hold the
 * quantity together, or all. Returns how many. A winner's tag is its row in the round. */
uint32_t zl_line_up(struct zl_round *round, struct zl_plan *plan, const struct zl_claim *claim,
                    int64_t qty);
/* The rows of all candidates, by place. */
const uint32_t *zl_line_by_place(const struct zl_round *round, struct zl_plan *plan);

#endif
