/* run.h - an engine with its memory, fed with frames.
 *
 * Answers: what does the engine say to this frame? Live workers, replays and tools all call this.
 * What its partitions say to each other (deficits, a fund's query, the bids) is given back to the
 * engine after the message that caused it, in the order it was said; so is the digest of a plan,
 * which the engine cannot know. A snapshot of a partition, in its parts, is no message to the
 * engine but becomes its state. Owns: the engine's block, an outbox, one decoded message, and what
 * waits to be given back. Thread: its owner's. */
#ifndef ZL_APP_RUN_H
#define ZL_APP_RUN_H

#include "app/parts.h"

#include <zeroline/engine.h>
#include <zeroline/frame.h>

struct zl_run_between;
struct zl_run_watch;
struct XXH3_state_s;

struct zl_run {
        struct zl_engine *engine;
        void *memory;
        size_t memory_size;
        struct zl_outbox outbox;
        struct zl_message *message;
        struct zl_run_between *first, **last; /* said to other partitions, not heard there yet */
        struct zl_message *between;
        uint8_t *frame; /* room for one */
        struct zl_parts parts; /* of a snapshot that is being read */
        uint64_t joined, refused_parts; /* partitions taken over; parts that were not */
        uint64_t heard; /* messages from outside */
        struct XXH3_state_s *plan; /* the digest of the plan being said */
        bool planning;
        uint32_t plan_fund;
        uint64_t plan_rev;
        const struct zl_run_watch *watch; /* NULL; else told of every step before it is taken */
};

/* Who looks on: `before` may ask the engine, and changes nothing. */
struct zl_run_watch {
        void (*before)(void *context, const struct zl_header *header,
                       const struct zl_message *message);
        void *context;
};

/* Called once for each thing said, in order. */
typedef void zl_run_said(void *context, const struct zl_output *output);

/* The capacities of tools that do not know how much will come; memory is touched as it is used. */
struct zl_engine_config zl_run_config_default(void);
/* What the first record of a live tape says, and back. */
struct zl_engine_config zl_run_config_of(const struct zl_msg_tape *said);
void zl_run_describe(const struct zl_engine_config *config, struct zl_msg_tape *ret_said);

/* ZL_ERR_INVALID or ZL_ERR_SYSTEM after a line on stderr. */
ZL_MUST_CHECK enum zl_err zl_run_open(struct zl_run *run, const struct zl_engine_config *config);
void zl_run_close(struct zl_run *run);

void zl_run_message(struct zl_run *run, const struct zl_header *header, uint32_t place,
                    const struct zl_message *message, zl_run_said *said, void *context);
/* All messages of a frame, or none when it does not decode: then ret_reader tells why. */
ZL_MUST_CHECK enum zl_err zl_run_frame(struct zl_run *run, const void *frame, size_t size,
                                       zl_run_said *said, void *context,
                                       struct zl_frame_reader *ret_reader);

/* Goes on where a state was taken, `heard` messages after its begin; the run has heard nothing yet.
 * ZL_ERR_INVALID: it is another version's, or does not fit the engine; the run is as it was. */
ZL_MUST_CHECK enum zl_err zl_run_load(struct zl_run *run, const void *state, size_t size,
                                      uint64_t heard);
/* Knows nothing again; of a run that heard nothing since it was opened or loaded. */
void zl_run_begin_anew(struct zl_run *run);
/* Whether a state taken now is all that is needed to go on exactly. Between frames. */
bool zl_run_rests(const struct zl_run *run);

#endif
