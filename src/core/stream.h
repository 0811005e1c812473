/* stream.h - is this frame the next of its stream?
 *
 * Answers: new, seen before, or of an epoch that is over? A hole in the sequence is counted and
 * said, and the frame taken: account revisions and absolute values show what is missing. Thread:
 * its engine's. */
#ifndef ZL_CORE_STREAM_H
#define ZL_CORE_STREAM_H

#include "core/state.h"

/* False: the frame must have no effect. */
bool zl_stream_accept(struct zl_engine *engine, const struct zl_header *header);

#endif
