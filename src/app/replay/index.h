/* index.h - a copy of a tape with states on it, for one that was written without.
 *
 * Owns: nothing between calls. Thread: its owner's. */
#ifndef ZL_APP_REPLAY_INDEX_H
#define ZL_APP_REPLAY_INDEX_H

#include "tape/tape.h"

struct zl_index {
        const char *path; /* for messages */
        struct zl_tape_reader *from;
        struct zl_tape_writer *to;
        uint64_t messages; /* from outside between two states, at least 1 */
};

/* Runs the tape, and puts its engine's state on the copy. ZL_ERR_SYSTEM, or ZL_ERR_DAMAGED (the
 * tape is to be repaired first), after a line on stderr. */
ZL_MUST_CHECK enum zl_err zl_index_copy(const struct zl_index *index, uint64_t *ret_states);

#endif
