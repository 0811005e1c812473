/* seek.h - an engine brought to a point of a tape.
 *
 * Answers: what did the engine know behind the point? It begins with the last state on the tape
 * before it, or of a journal's folder with its last snapshot, and is fed with what comes between;
 * where there is none, with all of the tape from its begin.
 * Owns: nothing between calls. Thread: its owner's. */
#ifndef ZL_APP_REPLAY_SEEK_H
#define ZL_APP_REPLAY_SEEK_H

#include "app/point.h"
#include "app/run.h"
#include "codec/scales.h"
#include "tape/states.h"

struct zl_seek {
        const char *path; /* of the tape, for messages */
        struct zl_tape_reader *tape;
        struct zl_point point;
        bool in_front;   /* of zl_seek_state: not behind what is at the point */
        bool from_begin; /* states are not used */
        zl_run_said *said; /* what the engine says on the way; NULL: nobody hears it */
        void *context;
};

struct zl_sought {
        bool from_state;
        struct zl_tape_state state; /* that it begins with */
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
/* When what a span is counted from was: sets its base. Goes back to the begin. */
ZL_MUST_CHECK enum zl_err zl_seek_base(struct zl_tape_reader *tape, struct zl_point *point);

/* The time of the tape behind a state that was loaded. A journal keeps no clocks. */
struct zl_tape_time zl_seek_time(const char *path, const struct zl_engine *engine);

/* Takes a state over. ZL_ERR_END: one before it is to be tried. */
typedef enum zl_err zl_seek_take(void *context, const struct zl_tape_state *state,
                                 const uint8_t *bytes);

/* Finds the last state before the point that holds and is taken; the tape then stands behind it.
 * ZL_ERR_END: there is none, and the tape is where it was. ZL_ERR_SYSTEM after a line on stderr. */
ZL_MUST_CHECK enum zl_err zl_seek_state(const struct zl_seek *seek, zl_seek_take *take,
                                        void *context, struct zl_tape_state *ret_state);
/* Opens `ret_run`, which is to be closed when it answers ZL_OK. The tape stands at what comes next.
 * ZL_ERR_SYSTEM, ZL_ERR_INVALID, or ZL_ERR_END (the tape does not go as far) after a line on
 * stderr. */
ZL_MUST_CHECK enum zl_err zl_seek(const struct zl_seek *seek, struct zl_run *ret_run,
                                  struct zl_sought *ret_sought);
/* What the engine knows of scales, symbols and funds, as if the messages had been heard. */
void zl_seek_learn(const struct zl_engine *engine, struct zl_scales *scales);

#endif
