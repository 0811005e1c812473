/* seek.h - an engine brought to a point of a tape.
 *
 * Answers: what did the engine know there? It begins with the last state on the tape before the
 * point, or of a journal's folder with its last snapshot, and is fed with what comes between; where
 * there is none, with all of the tape from its begin.
 * Owns: nothing between calls. Thread: its owner's. */
#ifndef ZL_APP_SEEK_H
#define ZL_APP_SEEK_H

#include "app/moment.h"
#include "app/run.h"
#include "codec/scales.h"
#include "tape/states.h"

struct zl_seek {
        const char *path; /* of the tape, for messages */
        struct zl_tape_reader *tape;
        struct zl_moment point;
        bool from_begin; /* states are not used */
        zl_run_said *said; /* what the engine says on the way; NULL: nobody hears it */
        void *context;
};

struct zl_sought {
        bool from_state;
        uint64_t state;   /* the record that it begins with, or 0 */
        uint64_t records; /* number of the first record that is not taken */
        uint64_t frames, bad_frames; /* taken on the way; of them those that do not decode */
        bool missing;     /* frames on the way, or behind the last one taken: said on stderr */
        bool has_next;    /* a record was read that stands behind the point: it is the next one */
        struct zl_tape_record next;
};

/* The engine that wrote the tape, as its first record says; else one with default capacities, for
 * all partitions. Goes back to the begin. */
ZL_MUST_CHECK enum zl_err zl_seek_config(struct zl_tape_reader *tape,
                                         struct zl_engine_config *ret_config);
/* Opens `ret_run`, which is to be closed when it answers ZL_OK. The tape stands at what comes next.
 * ZL_ERR_SYSTEM, ZL_ERR_INVALID, or ZL_ERR_END (the tape does not go as far) after a line on
 * stderr. */
ZL_MUST_CHECK enum zl_err zl_seek(const struct zl_seek *seek, struct zl_run *ret_run,
                                  struct zl_sought *ret_sought);
/* What the engine knows of scales and symbols, as if the messages had been heard. */
void zl_seek_learn(const struct zl_engine *engine, struct zl_scales *scales);

#endif
