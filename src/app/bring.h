/* bring.h - the engines of a replay, brought to a point of their tape.
 *
 * Answers: how do they know what they must know there? They hear all that came before. Whoever
 * knows a state nearer to the point begins with that, here. Thread: the batch's owner. */
#ifndef ZL_APP_BRING_H
#define ZL_APP_BRING_H

#include "app/engines.h"

/* Called for every batch that was heard. False: stop. */
typedef bool zl_bring_heard(void *context);

/* Leaves the batch in front of the first frame at the point. ZL_ERR_END: the tape ends before. */
ZL_MUST_CHECK enum zl_err zl_bring(struct zl_batch *batch, struct zl_engines *engines,
                                   struct zl_point *point, zl_bring_heard *heard, void *context);

#endif
