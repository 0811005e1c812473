/* walk.h - a tape through an engine, one message at a time, with somebody looking on.
 *
 * Answers: nothing by itself; the walker is told of each message before and after it is taken, and
 * of what is said to it. Owns: nothing between calls. Thread: its owner's. */
#ifndef ZL_APP_WALK_H
#define ZL_APP_WALK_H

#include "app/run.h"
#include "codec/scales.h"

/* A message from outside. */
struct zl_walk_step {
        uint64_t at;     /* its number on the tape, from 0, as `replay` counts */
        uint64_t record; /* its frame's */
        uint32_t place;  /* in its frame, from 0 */
        struct zl_header header;
        const struct zl_message *message;
};

struct zl_walk {
        struct zl_run run;
        struct zl_scales *scales; /* what was said of units so far */
        struct zl_walk_step step;      /* the last one begun */
        uint64_t steps;
};

struct zl_walker {
        void *context;
        /* The walk begins: the engine is there, and knows nothing. False: out of memory. */
        bool (*begin)(void *context, const struct zl_walk *walk);
        /* False: this message is not taken, and the walk ends. */
        bool (*before)(void *context, const struct zl_walk *walk);
        zl_run_said *said;
        /* False: the walk ends. */
        bool (*after)(void *context, const struct zl_walk *walk);
        /* As of zl_run_watch. */
        void (*watch)(void *context, const struct zl_header *header,
                      const struct zl_message *message);
        /* The walk is over, wherever it ended; the engine is still there. */
        void (*end)(void *context, const struct zl_walk *walk);
};

/* ZL_OK also when the walker ended it. ZL_ERR_INVALID, ZL_ERR_DAMAGED or ZL_ERR_SYSTEM after a line
 * on stderr. */
ZL_MUST_CHECK enum zl_err zl_walk(const char *path, const struct zl_walker *walker);

#endif
