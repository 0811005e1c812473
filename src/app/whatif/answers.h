/* answers.h - what was decided when a tape was made, and which of its messages come of that.
 *
 * Answers: does this revision of an account, or of a fund, answer a decision or a plan, or does it
 * come from outside? A revision is an answer when
 * - an `exec` names it, and it is newer than what the decision was made on;
 * - the account stands in a plan, and was stated between the plan and the fund's revision that
 *   carries the plan's digest, or, where no plan of this digest was said here, in one run with that
 *   revision by the same ledger; and that revision of the fund;
 * - it is a fund's, and right before it its ledger stated such a revision of an account (where
 *   commits are numbered, under the same number, or under that of a plan's revision of any fund).
 * Owns: its tables. Thread: one; once settled, any may ask. */
#ifndef ZL_APP_WHATIF_ANSWERS_H
#define ZL_APP_WHATIF_ANSWERS_H

#include "app/said.h"
#include "app/whatif/house.h"
#include "app/whatif/result.h"

struct zl_answers {
        const struct zl_house *books; /* marks and rates of the moment */
        struct zl_whatif_recorded *recorded;
        struct zl_table accounts, funds, orders, plans, sources; /* see answers.c */
        bool failed; /* out of memory: sticks */
};

void zl_answers_open(struct zl_answers *answers, const struct zl_house *books,
                     struct zl_whatif_recorded *recorded);
void zl_answers_close(struct zl_answers *answers);

/* What an engine says to the tape as it is; `scratch` holds one message after the other. */
void zl_answers_hear(struct zl_answers *answers, const struct zl_said *said,
                     struct zl_message *scratch);
/* A message of the tape. */
void zl_answers_take(struct zl_answers *answers, const struct zl_header *header,
                     const struct zl_message *message);
void zl_answers_settle(struct zl_answers *answers);

/* How many of the revisions behind `after`, up to `upto`, are answers. */
uint64_t zl_answers_of(const struct zl_answers *answers, uint64_t account, uint64_t after,
                       uint64_t upto);
uint64_t zl_answers_of_fund(const struct zl_answers *answers, uint32_t fund, uint64_t after,
                            uint64_t upto);
/* Whether the account lost a position when the tape was made. */
bool zl_answers_lost(const struct zl_answers *answers, uint64_t account);

#endif
