/* replay.h - a tape through the engine again.
 *
 * Answers: what does the engine say to this tape, and is it what the tape says it said? The tape's
 * partitions may be spread over several threads; the output is the same bytes in the same order.
 * Owns: nothing between calls. Thread: the command's own. */
#ifndef ZL_APP_REPLAY_REPLAY_H
#define ZL_APP_REPLAY_REPLAY_H

#include "app/filter.h"
#include "app/point.h"
#include "app/replay/tally.h"
#include "app/replay/tempo.h"
#include "app/replay/until.h"

#include <zeroline/base.h>

enum { ZL_REPLAY_UNTILS_MAX = 16 };

/* All zero but the path and the threads: the whole tape, as fast as it goes. */
struct zl_replay {
        const char *path;
        uint32_t threads; /* at least 1 */
        bool json;        /* print every output as a line */
        bool internal;    /* those between workers and partitions too */
        bool go_on;       /* behind a difference; so does `json` */
        bool before;      /* print and compare what was said before `from` too */
        bool from_begin;  /* the states on the tape are not used to come to `from` */
        bool progress;    /* draw how far it is, on a terminal */
        bool has_from;
        struct zl_point from, to; /* to: not including */
        struct zl_tempo tempo;
        struct zl_filter filter; /* of what is printed */
        struct zl_until untils[ZL_REPLAY_UNTILS_MAX]; /* the first that holds */
        uint32_t untils_count;
};

struct zl_replay_result {
        uint64_t frames, messages, outputs, compared, bad_frames;
        uint64_t before;   /* messages before `from`; all were heard but those of `skipped` */
        uint64_t skipped;  /* that a state on the tape stood for, */
        uint64_t state;    /* at this record */
        uint64_t states;   /* on the tape, and each the engine's */
        bool state_differs; /* one is not, and no output before it differs */
        uint64_t missing;  /* outputs behind the last one recorded */
        bool recorded;     /* the tape holds outputs to compare with */
        bool differs;
        uint64_t first_output, first_record; /* of the difference: the output; its input's, or
                                              * the state's record */
        bool stopped; /* by a predicate, behind message `stop_at` */
        uint64_t stop_at;
        uint64_t ran_ns; /* without what came before `from` */
        struct zl_tally tally;
};

/* ZL_ERR_SYSTEM or ZL_ERR_INVALID after a line on stderr; a difference is said there too. */
ZL_MUST_CHECK enum zl_err zl_replay(const struct zl_replay *replay,
                                    struct zl_replay_result *ret_result);

#endif
