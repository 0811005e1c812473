/* state.h - everything an engine knows.
 *
 * Owns: tables of a fixed size, laid out in the caller's one block of memory at init. A row is
 * named by its place in its table and never moves. Thread: one at a time. */
#ifndef ZL_CORE_STATE_H
#define ZL_CORE_STATE_H

#include "core/key.h"
#include "core/map.h"
#include "core/points.h"

#include <zeroline/engine.h>

/* Where a pool stands on the ladder. */
enum zl_phase {
        ZL_PHASE_WATCHED,  /* no decision is open; its band is in the index, or it waits for data */
        ZL_PHASE_PROPOSED, /* a decision was sent and not answered */
        ZL_PHASE_ADMITTED, /* the router has it */
        ZL_PHASE_FILLED,   /* final; waits for a newer base */
        ZL_PHASE_DEFICIT,  /* nothing filled at the close-out price */
};

struct zl_account {
        uint64_t id;
        uint64_t rev;
        bool suspended;
        bool cross_said; /* that its cross positions are not watched yet */
        uint32_t first_pool;
};

struct zl_pool {
        uint32_t account; /* rows; ZL_NONE_AT: a free row */
        uint32_t instrument;
        struct zl_pool_id id;
        uint32_t next_of_account; /* or the next free row */
        uint32_t next_of_instrument, previous_of_instrument;
        struct zl_holding holding;
        uint64_t stamp; /* of the message that listed it last */
        enum zl_phase phase;
        uint64_t base;
        uint32_t n;
        uint32_t attempts; /* of the open decision */
        uint32_t level;    /* warn ratios reached */
        bool queued, due;
        bool halted_said, refused_said;
};

/* The end of one topic's stream from one source. */
struct zl_stream {
        bool heard;
        bool old_said; /* that a frame of an epoch that is over was refused */
        uint64_t epoch;
        uint64_t seq;
};

struct zl_engine {
        struct zl_engine_config config;
        uint32_t partitions;
        uint64_t now_ns;
        uint64_t stamp; /* of account messages */
        bool frame_refused;
        uint32_t numeraire; /* row; ZL_NONE_AT */

        struct zl_asset *assets;
        struct zl_instrument *instruments;
        struct zl_policy *policies;
        struct zl_account *accounts;
        struct zl_pool *pools;
        struct zl_stream *streams;
        uint32_t pools_fresh, pools_free, pools_used;
        struct zl_map assets_by_id, instruments_by_id, policies_by_id, accounts_by_id,
                streams_by_topic, sources_by_id;
        bool streams_full_said;

        struct zl_heap_pages pages;
        uint32_t *slots_below, *slots_above, *slots_deadline;
        struct zl_heap deadlines; /* of open decisions, by engine time in ns */

        uint32_t *work; /* pools to look at, then those answered */
        uint32_t work_count, work_done;
        uint32_t *crossed; /* scratch for one collection */

        uint64_t *order_seq, *alert_seq, *deficit_seq; /* of each partition */
        struct zl_outbox *outbox;                      /* of the step under way */
        struct zl_engine_counters counters;
};

/* ---- rows by id; ZL_NONE_AT when there is none, or no room for a new one ---- */

uint32_t zl_state_instrument(struct zl_engine *engine, uint32_t id);
uint32_t zl_state_asset(struct zl_engine *engine, uint32_t id);
uint32_t zl_state_policy(struct zl_engine *engine, uint32_t id);
uint32_t zl_state_account(struct zl_engine *engine, uint64_t id);
uint32_t zl_state_find_account(const struct zl_engine *engine, uint64_t id);
uint32_t zl_state_find_pool(const struct zl_engine *engine, uint32_t account,
                            struct zl_pool_id id);

/* A new pool in both its lists. There must be room. */
uint32_t zl_state_add_pool(struct zl_engine *engine, uint32_t account, uint32_t instrument,
                           struct zl_pool_id id);
void zl_state_drop_pool(struct zl_engine *engine, uint32_t pool);

bool zl_state_owns(const struct zl_engine *engine, uint32_t partition);

/* What a pool needs before it can be judged: false while an asset, a rate, an instrument, a policy
 * or a mark is missing. `ret_refusal` is set when the position breaks a bound. */
ZL_MUST_CHECK bool zl_state_terms(const struct zl_engine *engine, const struct zl_pool *pool,
                                  struct zl_terms *ret_terms, zl_refusal *ret_refusal);

/* ---- the work of a step ---- */

void zl_queue_pool(struct zl_engine *engine, uint32_t pool);
void zl_queue_instrument(struct zl_engine *engine, const struct zl_instrument *instrument);
/* Puts what is queued in canonical order: account, then pool. */
void zl_queue_sort(struct zl_engine *engine);

#endif
