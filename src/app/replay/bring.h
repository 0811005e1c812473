/* bring.h - the engines of a replay, brought to a point of their tape.
 *
 * Answers: how do they know what they must know there? They begin with the last state on the tape
 * before the point, where there is one, and hear all that came between. Thread: the batch's owner.
 */
#ifndef ZL_APP_REPLAY_BRING_H
#define ZL_APP_REPLAY_BRING_H

#include "app/replay/engines.h"

/* Called when the engines have begun with a state. */
typedef void zl_bring_begun(void *context, const struct zl_tape_state *state);
/* Called for every batch that was heard. False: stop. */
typedef bool zl_bring_heard(void *context);

struct zl_bring {
        struct zl_batch *batch;
        struct zl_engines *engines;
        struct zl_point *point;
        bool from_begin; /* states are not used: all is heard */
        zl_bring_begun *begun;
        zl_bring_heard *heard;
        void *context;
};

/* Leaves the batch in front of the first frame at the point. ZL_ERR_END: the tape ends before. */
ZL_MUST_CHECK enum zl_err zl_bring(const struct zl_bring *bring);

#endif
