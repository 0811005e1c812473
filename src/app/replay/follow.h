/* follow.h - a tape through an engine, one message at a time, with somebody looking on.
 *
 * Answers: nothing by itself; the follower is told of each message before and after it is taken,
 * and of what is said to it. Owns: nothing between calls. Thread: its owner's. */
#ifndef ZL_APP_REPLAY_FOLLOW_H
#define ZL_APP_REPLAY_FOLLOW_H

#include "app/run.h"
#include "codec/scales.h"

/* A message from outside. */
struct zl_follow_step {
        uint64_t at;     /* its number on the tape, from 0, as `replay` counts */
        uint64_t record; /* its frame's */
        uint32_t place;  /* in its frame, from 0 */
        struct zl_header header;
        const struct zl_message *message;
};

struct zl_follow {
        struct zl_run run;
        struct zl_scales *scales; /* what was said of units so far */
        struct zl_follow_step step;      /* the last one begun */
        uint64_t steps;
};

struct zl_follower {
        void *context;
        /* It begins: the engine is there, and knows nothing. False: out of memory. */
        bool (*begin)(void *context, const struct zl_follow *follow);
        /* False: this message is not taken, and it ends. */
        bool (*before)(void *context, const struct zl_follow *follow);
        zl_run_said *said;
        /* False: it ends. */
        bool (*after)(void *context, const struct zl_follow *follow);
        /* As of zl_run_watch. */
        void (*watch)(void *context, const struct zl_header *header,
                      const struct zl_message *message);
        /* It is over, wherever it ended; the engine is still there. */
        void (*end)(void *context, const struct zl_follow *follow);
};

/* ZL_OK also when the follower ended it. ZL_ERR_INVALID, ZL_ERR_DAMAGED or ZL_ERR_SYSTEM after a
 * line on stderr. */
ZL_MUST_CHECK enum zl_err zl_follow(const char *path, const struct zl_follower *follower);

#endif
