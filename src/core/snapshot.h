/* snapshot.h - everything an engine must know to go on where another one stood.
 *
 * Answers: the engine's state as bytes, and back: of all partitions, or of what all of them share
 * and one partition. It has three parts, each as long as it says: what is shared, each partition,
 * how much the engine has said. Bands are not part of it: they are found again, and decide nothing.
 * Two engines that heard the same give the same bytes, whatever their history. Taken between two
 * steps. Owns: nothing. Thread: its engine's. */
#ifndef ZL_CORE_SNAPSHOT_H
#define ZL_CORE_SNAPSHOT_H

#include "core/state.h"

/* Bytes that a snapshot needs now. `partition`: ZL_NONE_AT is all. */
size_t zl_snapshot_size(struct zl_engine *engine, uint32_t partition);
/* ZL_ERR_FULL: the buffer is too small. */
ZL_MUST_CHECK enum zl_err zl_snapshot_save(struct zl_engine *engine, uint32_t partition,
                                           void *buffer, size_t capacity, size_t *ret_size);

/* Whether the engine that is loaded with a snapshot taken now goes on exactly as this one: a fund's
 * round of questions is not carried, but opened anew. */
bool zl_snapshot_is_exact(const struct zl_engine *engine);

/* Where two snapshots differ first. */
enum zl_snapshot_place {
        ZL_SNAPSHOT_SAME,
        ZL_SNAPSHOT_HEAD,      /* version, partitions: they are not of one kind */
        ZL_SNAPSHOT_SHARED,    /* markets, policies, funds, streams, the time */
        ZL_SNAPSHOT_PARTITION, /* *ret_partition: its accounts, streams, order limits */
        ZL_SNAPSHOT_SAID,      /* how much was said */
};
enum zl_snapshot_place zl_snapshot_compare(const uint8_t *a, size_t a_size, const uint8_t *b,
                                           size_t b_size, uint32_t *ret_partition);

/* ---- reading; ZL_ERR_INVALID: not a snapshot, or one that does not fit the engine's capacities or
 * partitions; the engine is then of no use, unless it is said ---- */

/* Whether the engine has no market and no account, so that it may load or join. */
bool zl_snapshot_is_empty(const struct zl_engine *engine);
/* An engine that has taken no message yet goes on in place of the one that was saved. Partitions
 * that it does not own are passed over. */
ZL_MUST_CHECK enum zl_err zl_snapshot_load(struct zl_engine *engine, const void *data, size_t size);
/* The same for an engine of another source, which has said nothing so far. If it has heard a clock
 * it keeps that: times by one that is ahead are moved back by as much. */
ZL_MUST_CHECK enum zl_err zl_snapshot_join(struct zl_engine *engine, const void *data, size_t size);
/* A running engine takes over the accounts of the partitions that are there and its own; what is
 * shared it knows better. What it says to that (a stream is whole again) stands in the outbox, and
 * zl_engine_resume gives the pools their turn. Of a partition that cannot be read it knows nothing
 * then. */
ZL_MUST_CHECK enum zl_err zl_snapshot_repair(struct zl_engine *engine, const void *data,
                                             size_t size, struct zl_outbox *outbox);
/* The same for what control messages say, and for nothing else: accounts, prices and funds stay. */
ZL_MUST_CHECK enum zl_err zl_snapshot_repair_control(struct zl_engine *engine, const void *data,
                                                     size_t size, struct zl_outbox *outbox);

#endif
