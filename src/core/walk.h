/* walk.h - an engine's rows in the order in which a snapshot holds them.
 *
 * Answers: which accounts, streams and buckets are of this partition, and which comes first? Owns:
 * engine->order while it walks. For the snapshot's files only. Thread: its engine's. */
#ifndef ZL_CORE_WALK_H
#define ZL_CORE_WALK_H

#include "core/sort.h"
#include "core/state.h"

/* Rows that are being written, in engine->order: accounts, streams, buckets, each by partition. */
struct zl_walk {
        const uint32_t *accounts, *streams, *buckets;
        uint32_t accounts_count, streams_count, buckets_count;
};

uint32_t zl_walk_of_account(const struct zl_engine *engine, uint32_t row);
/* ZL_NONE_AT: it is shared. */
uint32_t zl_walk_of_stream(const struct zl_engine *engine, uint32_t row);
/* `partition`: ZL_NONE_AT is all. Shared streams are always there. */
struct zl_walk zl_walk_over(struct zl_engine *engine, uint32_t partition);
/* Behind rows that are written. */
void zl_walk_advance(const uint32_t **rows, uint32_t *count, uint32_t written);
/* Behind rows of partitions that are not written. */
void zl_walk_skip_to(struct zl_engine *engine, struct zl_walk *walk, uint32_t partition);

#endif
