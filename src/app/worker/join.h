/* join.h - how a lane starts from what a journal knows.
 *
 * Answers: the state of each partition of an engine, in frames for its tape and its engine, and
 * what the publishers said meanwhile. Sources are heard first, so that nothing falls between the
 * state and the first frame; what does all the same is a hole like any other. When the journal does
 * not answer, or has no whole state, the partition begins with nothing, and is restated.
 * Owns: nothing behind its end. Thread: the lane's. */
#ifndef ZL_APP_WORKER_JOIN_H
#define ZL_APP_WORKER_JOIN_H

#include "app/worker/ask.h"

#include <zeroline/engine.h>

#include <stdatomic.h>

struct zl_join {
        struct zl_asker *asker;
        struct zl_socket *const *sources;
        uint32_t sources_count;
        const struct zl_engine_config *config;
        uint64_t wait_ms; /* for the journal */
        atomic_bool *stop;
        void (*take)(void *context, const uint8_t *frame, size_t size); /* states, then the rest */
        void *context;
};

struct zl_join_result {
        uint32_t joined, without; /* partitions */
        uint64_t buffered;        /* frames */
};

/* ZL_ERR_SYSTEM: no memory. */
ZL_MUST_CHECK enum zl_err zl_join(const struct zl_join *join, struct zl_join_result *ret_result);

#endif
