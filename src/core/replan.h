/* replan.h - a fund's plan made once more, deficit by deficit, to be looked at.
 *
 * Answers: what was found of each deficit, and which messages came of it? The round is copied
 * before the answer that completes it is heard; then the functions that made the plan meet each
 * deficit of the copy again. Owns: nothing; it lives in one block of the caller's. Thread: its
 * engine's, between two steps. Order: size, take; then begin, next until false, end. */
#ifndef ZL_CORE_REPLAN_H
#define ZL_CORE_REPLAN_H

#include "core/meet.h"

struct zl_replan {
        struct zl_engine *engine;
        struct zl_fund fund;
        struct zl_round round;
        struct zl_plan plan;
        struct zl_making making; /* of the deficit under way */
        uint32_t at;             /* the next deficit */
        uint32_t rows_from;      /* of the plan's messages, the first of the deficit under way */
};

size_t zl_replan_size(const struct zl_engine *engine, const struct zl_msg_adl_bid *last);
/* `memory` is aligned as by malloc; `last` completes the round, and is not heard yet. */
struct zl_replan *zl_replan_take(struct zl_engine *engine, const struct zl_msg_adl_bid *last,
                                 void *memory);
/* From the first deficit, as often as it is wanted. Between begin and end the query's prices are
 * laid, and no step may be taken. False: the fund's asset has no rate, and nothing was planned. */
ZL_MUST_CHECK bool zl_replan_begin(struct zl_replan *replan);
/* The next deficit that the plan meets: what was found stands in `making`, and its messages from
 * `rows_from` on. What winners hold is then less by what they gave. */
ZL_MUST_CHECK bool zl_replan_next(struct zl_replan *replan);
/* Of the deficit under way: lines up, in the plan's `line`, who might close against it, with what
 * each held then. Returns how many. */
uint32_t zl_replan_line(struct zl_replan *replan);
/* What a candidate gives to it (adl), or bears of its loss (socialize). */
int64_t zl_replan_part(const struct zl_replan *replan, enum zl_type type, uint32_t candidate);
void zl_replan_end(struct zl_replan *replan);

#endif
