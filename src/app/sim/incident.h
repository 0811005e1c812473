/* incident.h - bad days, small and always the same, as tapes.
 *
 * Answers: what does a worker's tape hold when this goes wrong? Each is drawn from a seed and
 * played in lock-step (lockstep.h). Owns: nothing between calls. Thread: any. */
#ifndef ZL_APP_SIM_INCIDENT_H
#define ZL_APP_SIM_INCIDENT_H

#include <zeroline/base.h>

struct zl_incident {
        const char *name, *text;
        uint32_t accounts; /* unless the caller says otherwise */
        uint64_t seed;
};

/* NULL behind the last. */
const struct zl_incident *zl_incident_at(uint32_t i);
/* NULL: there is none of this name. */
const struct zl_incident *zl_incident_find(const char *name);

struct zl_incident_result {
        uint64_t filled, unfilled, taken_over, plans, pairs, cancelled, converted;
        int64_t fund; /* 10^-6 USDT */
};

/* ZL_ERR_SYSTEM after a line on stderr. */
ZL_MUST_CHECK enum zl_err zl_incident_play(const struct zl_incident *incident, const char *tape,
                                           uint64_t seed, uint32_t accounts,
                                           struct zl_incident_result *ret_result);

#endif
