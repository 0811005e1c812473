/* recorded.h - what a tape says was said, read beside the replay.
 *
 * Answers: which output was recorded next, and behind which input? A second reader on the same
 * tape, so that nothing waits in memory, however far apart a replay and the records are. What a
 * journal keeps has no outputs. Owns: the reader. Thread: its owner's. */
#ifndef ZL_APP_REPLAY_RECORDED_H
#define ZL_APP_REPLAY_RECORDED_H

#include "tape/tape.h"

struct zl_recorded {
        struct zl_tape_reader *tape; /* NULL: nothing is recorded */
        struct zl_tape_record next;
        bool holds;      /* `next` is one */
        bool ended;      /* there is none */
        bool live;       /* a worker wrote the tape: outputs stand right behind their input */
        bool any;        /* there was an output */
        uint64_t input;  /* the record in front of `next` that came from outside; when it ended, the
                          * last one of the tape */
};

/* ZL_ERR_INVALID or ZL_ERR_SYSTEM after a line on stderr. */
ZL_MUST_CHECK enum zl_err zl_recorded_open(struct zl_recorded *recorded, const char *path);
void zl_recorded_close(struct zl_recorded *recorded);

/* NULL: nothing more was recorded. Valid until it is taken. */
const struct zl_tape_record *zl_recorded_peek(struct zl_recorded *recorded);
void zl_recorded_take(struct zl_recorded *recorded);
/* Passes over what stands in front of this record. */
void zl_recorded_skip(struct zl_recorded *recorded, uint64_t record);

#endif
