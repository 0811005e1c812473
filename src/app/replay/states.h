/* states.h - a run's state, put on its tape every so often, and held against it by a replay.
 *
 * Answers: is it time for one? Is this the state that was recorded? Time is the engine's: a state
 * is due when the clock on the tape enters the next period. It waits until the tape has grown by as
 * much as the last state took, so that states never take more than half of a tape; and until the
 * engine can be resumed from it exactly. So a tape says by itself where its states stand.
 * Owns: a buffer. Thread: its run's. */
#ifndef ZL_APP_REPLAY_STATES_H
#define ZL_APP_REPLAY_STATES_H

#include "app/run.h"
#include "core/snapshot.h"
#include "tape/states.h"

/* The first state that is not the run's. */
struct zl_states_difference {
        bool found;
        uint64_t record, messages; /* of the state; taken before it */
        bool begins; /* it is its first part, and the place is known */
        enum zl_snapshot_place place;
        uint32_t partition;
};

struct zl_states {
        uint64_t period_ns; /* 0: none */
        uint64_t period;    /* that the clock is in */
        bool due;
        uint64_t behind; /* bytes of the tape up to the end of the last state */
        uint8_t *bytes; /* the state that was saved last */
        size_t size, capacity;
        struct zl_states_difference difference;
};

/* Puts a seal on a tape that has at most one record yet. */
ZL_MUST_CHECK enum zl_err zl_states_seal(struct zl_tape_writer *tape);
/* After each frame. */
bool zl_states_due(struct zl_states *states, const struct zl_run *run,
                   const struct zl_tape_writer *tape);
/* ZL_ERR_FULL: no memory, nothing was written; ZL_ERR_SYSTEM: as zl_tape_append. */
ZL_MUST_CHECK enum zl_err zl_states_keep(struct zl_states *states, struct zl_run *run,
                                         struct zl_tape_writer *tape);
/* Holds a part of a recorded state against the run, which is where the part stands. Only the first
 * difference is kept; behind it nothing is compared. */
void zl_states_compare(struct zl_states *states, struct zl_run *run,
                       const struct zl_tape_part *part);
/* On stderr. */
void zl_states_say(const struct zl_states_difference *difference);
void zl_states_free(struct zl_states *states);

#endif
