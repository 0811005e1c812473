/* engines.h - the engines of a replay: one, or several that share the partitions.
 *
 * Answers: what is said to this batch, in the order in which one engine would say it? That is: by
 * message, then by account. A tape with a fund runs in one engine, since a fund's partitions speak
 * to each other after every message.
 * Owns: the engines, a thread for each but the first, and what they said to the batch. Thread: its
 * owner's; the others wait while zl_engines_run is not called. */
#ifndef ZL_APP_REPLAY_ENGINES_H
#define ZL_APP_REPLAY_ENGINES_H

#include "app/replay/batch.h"
#include "app/run.h"
#include "app/said.h"
#include "app/replay/states.h"

struct zl_engines;

/* Asked after every message, by the thread of each engine. True: the engine stops behind it. */
typedef bool zl_engines_stop(const void *context, const struct zl_run *run,
                             const struct zl_message *message);

/* What the tape's first record says, or the defaults; P from its first cluster message. Leaves the
 * batch at the tape's beginning. The batch must be open, and nothing read. */
ZL_MUST_CHECK enum zl_err zl_engines_config(struct zl_batch *batch,
                                            struct zl_engine_config *ret_config);
/* ZL_ERR_SYSTEM or ZL_ERR_INVALID after a line on stderr. */
ZL_MUST_CHECK enum zl_err zl_engines_open(struct zl_batch *batch, uint32_t threads,
                                          zl_engines_stop *stop, const void *context,
                                          struct zl_engines **ret_engines);
/* NULL is allowed. */
void zl_engines_close(struct zl_engines *engines);

/* All take over this state, which knows the time; else they know nothing: ZL_ERR_END, or
 * ZL_ERR_INVALID when it does not fit them. */
ZL_MUST_CHECK enum zl_err zl_engines_load(struct zl_engines *engines,
                                          const struct zl_tape_state *state,
                                          const uint8_t *bytes);
/* What all of them know can be asked of it. */
const struct zl_engine *zl_engines_first(const struct zl_engines *engines);

/* Gives a batch to all engines. What they said to the one before is forgotten. */
void zl_engines_run(struct zl_engines *engines, const struct zl_batch *batch);
/* The next thing said. NULL: that was all. */
const struct zl_said_item *zl_engines_next(struct zl_engines *engines, const uint8_t **ret_frame);
/* Behind which message the first of them stopped; UINT64_MAX: none has. */
uint64_t zl_engines_stopped(const struct zl_engines *engines);
/* Memory ran out: not all was heard. */
bool zl_engines_failed(const struct zl_engines *engines);
/* The first of the tape's states that is not the engine's; NULL: none is. Several engines do not
 * compare them. */
const struct zl_states_difference *zl_engines_state(const struct zl_engines *engines);
uint32_t zl_engines_count(const struct zl_engines *engines);
/* P */
uint32_t zl_engines_partitions(const struct zl_engines *engines);

#endif
