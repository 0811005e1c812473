/* steps.h - what a step would send.
 *
 * Answers: which step comes next, and for which positions or assets? Leaves the pool's money as
 * money_judge made it. Owns: nothing. Thread: one. */
#ifndef ZL_TESTS_STEPS_H
#define ZL_TESTS_STEPS_H

#include "rows.h"

/* A row a message, in their order; `at` is a position's or a holding's place. */
struct plan {
        enum step step;
        uint32_t count;
        struct {
                uint32_t at;
                int64_t qty; /* or the amount of the asset */
        } rows[TWIN_POSITIONS];
};

/* The first step behind `after` that applies to the pool as it stands, bad or not. */
void steps_next(struct money *money, const struct terms *terms, enum step after,
                struct plan *ret_plan);

/* convert.c, partial.c: false where the step does not apply. */
bool steps_convert(struct money *money, const struct terms *terms, struct plan *ret_plan);
bool steps_partial(struct money *money, const struct terms *terms, struct plan *ret_plan);

#endif
