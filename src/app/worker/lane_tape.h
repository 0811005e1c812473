/* lane_tape.h - the tape of a live engine, with its state on it every so often.
 *
 * Answers: nothing. A tape that cannot be written ends with its last whole record; that is said,
 * and the engine goes on without. Owns: the file, while it can be written. Thread: its lane's. */
#ifndef ZL_APP_WORKER_LANE_TAPE_H
#define ZL_APP_WORKER_LANE_TAPE_H

#include "app/replay/states.h"

struct zl_lane_tape {
        const char *path; /* NULL: there is none */
        struct zl_tape_writer *writer; /* NULL: none, or none any more */
        struct zl_states states;
        bool failed; /* not all is on it, or it may not be on the disk */
};

/* Begins it with what the engine is. `state_ns`: engine time between two states; 0: none. A `path`
 * of NULL is fine. ZL_ERR_SYSTEM after a line on stderr. */
ZL_MUST_CHECK enum zl_err zl_lane_tape_open(struct zl_lane_tape *tape, const char *path,
                                            const struct zl_engine_config *config,
                                            uint64_t state_ns);
void zl_lane_tape_record(struct zl_lane_tape *tape, enum zl_record_kind kind, const void *frame,
                         size_t size);
/* After each frame, behind all that was said to it: puts the state there when it is due. */
void zl_lane_tape_state(struct zl_lane_tape *tape, struct zl_run *run);
void zl_lane_tape_flush(struct zl_lane_tape *tape);
void zl_lane_tape_close(struct zl_lane_tape *tape);

#endif
