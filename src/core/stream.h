/* stream.h - is this frame the next of its stream?
 *
 * Answers: new, seen before, or of an epoch that is over; is a stream whole? A hole in accounts
 * suspends those of the partition, each until it is stated in full; one in what all depend on stops
 * all decisions until it has been restated. Prices and answers repair themselves. A new epoch is a
 * hole too. The restatement that ends with `synced` began behind the one before it, behind a beat
 * or with the epoch; it repairs when nothing of it was missed, whoever left the hole. Thread: its
 * engine's. */
#ifndef ZL_CORE_STREAM_H
#define ZL_CORE_STREAM_H

#include "core/state.h"

/* New or known; NULL: no room. */
struct zl_stream *zl_stream_of(struct zl_engine *engine, uint32_t src, struct zl_topic topic);
/* NULL: not heard of. */
struct zl_stream *zl_stream_find(const struct zl_engine *engine, uint32_t src,
                                 struct zl_topic topic);
/* False: the frame must have no effect. */
bool zl_stream_accept(struct zl_engine *engine, const struct zl_header *header);
/* The frame's stream has been restated. */
void zl_stream_synced(struct zl_engine *engine, const struct zl_header *header);
/* What its streams missed is there again by other ways than a restatement. */
void zl_stream_repaired(struct zl_engine *engine, struct zl_topic topic);
/* How far its source's streams are: what is not heard by now was lost. */
void zl_stream_beat(struct zl_engine *engine, const struct zl_header *header,
                    const struct zl_msg_beat *said);

#endif
