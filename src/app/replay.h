/* replay.h - a tape through the engine again.
 *
 * Answers: what does the engine say to this tape, and is it what the tape says it said? The tape's
 * partitions may be spread over several threads; the output is the same bytes in the same order.
 * Owns: nothing between calls. */
#ifndef ZL_APP_REPLAY_H
#define ZL_APP_REPLAY_H

#include <zeroline/base.h>

struct zl_replay {
        const char *path;
        uint32_t threads; /* at least 1 */
        bool json;        /* print every output as a line */
        bool internal;    /* those between workers and partitions too */
};

struct zl_replay_result {
        uint64_t frames, messages, outputs, compared, bad_frames;
        uint64_t states;   /* compared; at several threads none are */
        uint64_t missing;  /* outputs behind the last one recorded */
        bool recorded;     /* the tape holds outputs to compare with */
        bool differs;
};

/* ZL_ERR_SYSTEM or ZL_ERR_INVALID after a line on stderr; a difference is said there too. */
ZL_MUST_CHECK enum zl_err zl_replay(const struct zl_replay *replay,
                                    struct zl_replay_result *ret_result);

#endif
