/* snapshot.h - everything an engine must know to go on where another one stood.
 *
 * Answers: the engine's state as bytes, and back. Bands are not part of it: they are found again,
 * and decide nothing. Taken between two steps. Owns: nothing. Thread: its engine's. */
#ifndef ZL_CORE_SNAPSHOT_H
#define ZL_CORE_SNAPSHOT_H

#include "core/state.h"

/* Bytes that a snapshot needs now. */
size_t zl_snapshot_size(struct zl_engine *engine);
/* ZL_ERR_FULL: the buffer is too small. */
ZL_MUST_CHECK enum zl_err zl_snapshot_save(struct zl_engine *engine, void *buffer, size_t capacity,
                                           size_t *ret_size);
/* Into an engine that has taken no message yet. ZL_ERR_INVALID: not a snapshot, or one that does
 * not fit the engine's capacities or partitions; the engine is then of no use. */
ZL_MUST_CHECK enum zl_err zl_snapshot_load(struct zl_engine *engine, const void *data, size_t size);

#endif
