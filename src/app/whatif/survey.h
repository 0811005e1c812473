/* survey.h - what a tape holds, learnt before anything is changed.
 *
 * Answers: what is said of units, contracts and policies, over which time, and which messages
 * answer what was decided when the tape was made? The tape is run once as it is, so that its
 * decisions and plans are known. Owns: its tables. Read by all branches, changed by none of them.
 * Thread: one; then any. */
#ifndef ZL_APP_WHATIF_SURVEY_H
#define ZL_APP_WHATIF_SURVEY_H

#include "app/point.h"
#include "app/whatif/answers.h"

#include <zeroline/engine.h>

/* What the tape says last of an asset, instrument or policy, or of the cluster. */
struct zl_survey_known {
        struct zl_message *message; /* only as much of it as its type has */
};

struct zl_survey {
        const char *path;
        struct zl_scales *scales;
        struct zl_engine_config config; /* of an engine for all of it: it owns every partition */
        uint64_t calm;  /* frames before the first that led to a decision; UINT64_MAX: none did */
        uint64_t asked; /* frames before the first at the point; UINT64_MAX: it is not reached */
        uint32_t src;  /* that nobody on the tape has */
        struct zl_table known;
        uint32_t *instruments, *funds; /* ids, rising */
        struct zl_whatif_report report; /* all that stands above the variants */
        struct zl_house books;          /* as they are at the end; no accounts */
        struct zl_answers answers;
};

/* `point`: a place on the tape to look for. ZL_ERR_SYSTEM or ZL_ERR_INVALID after a line on stderr.
 * Close it in any case. */
ZL_MUST_CHECK enum zl_err zl_survey_open(struct zl_survey *survey, const char *path,
                                         struct zl_point point);
void zl_survey_close(struct zl_survey *survey);

/* The i-th of what is known. NULL behind the last. */
const struct zl_message *zl_survey_known(const struct zl_survey *survey, uint32_t i);

#endif
