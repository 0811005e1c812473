/* state.h - everything an engine knows.
 *
 * Owns: tables of a fixed size, laid out in the caller's one block of memory at init. A row is
 * named by its place in its table and never moves. Thread: one at a time. */
#ifndef ZL_CORE_STATE_H
#define ZL_CORE_STATE_H

#include "core/box.h"
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
        ZL_PHASE_FREED,    /* answered; waits for the account that shows what it freed */
        ZL_PHASE_DEFICIT,  /* nothing filled at the close-out price */
};

/* The rungs of the ladder that are orders. */
enum zl_rung {
        ZL_RUNG_NONE,
        ZL_RUNG_CANCEL,
        ZL_RUNG_CONVERT,
        ZL_RUNG_PARTIAL,
        ZL_RUNG_FULL,
        ZL_RUNG_DEFICIT,
};

struct zl_account {
        uint64_t id;
        uint64_t rev;
        uint32_t policy; /* id, of its cross pool */
        bool suspended;
        uint32_t first_pool, first_balance; /* in canonical order; by asset */
        uint32_t next_of_partition; /* its row plus one; 0: none */
};

struct zl_balance {
        uint32_t account, asset; /* rows */
        uint32_t next_of_account; /* or the next free row */
        uint32_t next_of_asset, previous_of_asset;
        int64_t amount, order_margin;
        uint64_t stamp; /* of the message that listed it last */
};

struct zl_position {
        uint32_t pool, instrument; /* rows */
        enum zl_leg leg;
        uint32_t next_of_pool; /* canonical order; or the next free row */
        uint32_t next_of_instrument, previous_of_instrument;
        bool near;
        uint32_t next_near, previous_near;
        struct zl_holding holding;
        uint64_t rev;   /* that last changed it */
        uint64_t stamp; /* of the message that listed it last */
};

struct zl_pool {
        uint32_t account; /* row; ZL_NONE_AT: a free row */
        struct zl_pool_id id;
        uint32_t next_of_account; /* or the next free row */
        uint32_t first_position, positions_count;
        enum zl_phase phase;
        uint64_t base;
        uint32_t n;
        enum zl_rung answered; /* the rung that n stands behind */
        enum zl_rung proposed; /* the lowest at this base and n; none: nothing, by this engine */
        bool taken;            /* the router holds what may be another worker's decision of it */
        uint32_t orders;       /* of what was proposed */
        uint64_t done[2];      /* which of them filled nothing and are over, a bit each */
        uint32_t attempts;     /* of the open decision */
        uint32_t level;        /* warn ratios reached */
        uint64_t shown_by;     /* the account revision that a freed pool waits for */
        uint64_t cure_until_ns, slice_until_ns; /* engine times; 0: none */
        uint64_t held_until_ns; /* nothing is proposed before, whenever it is looked at */
        bool queued, due;
        bool halted_said, refused_said;
        bool stopped; /* a decision did not add up: until a newer base */
};

struct zl_fund {
        uint32_t id;
        bool defined;
        uint32_t asset; /* id */
        int64_t balance, peak;
        uint64_t rev;
        bool waiting; /* a deficit was heard that no round was opened for */
        bool unrated_said; /* that it waits for a rate */
        bool silence_said; /* that partitions do not answer */
        uint64_t silent_ns; /* when the first round that they left open was opened */
        bool planned; /* for this revision */
        bool stopped; /* a plan did not add up: until a newer revision */
        uint64_t round;    /* number of the last one */
        uint64_t asked_ns; /* when it was opened, or planned */
        uint64_t query_seq, plan_seq;
        /* the last plan: the revision it was for, what it may cost the fund, and its digest; 0:
         * nobody told */
        uint64_t plan_rev, plan_digest;
        int64_t plan_cost;
};

struct zl_decision;
struct zl_round;
struct zl_bidding;
struct zl_plan;

/* The end of one topic's stream from one source. */
struct zl_stream {
        uint32_t src;
        struct zl_topic topic;
        bool heard;
        bool whole; /* since its restatement began */
        bool holed; /* what depends on it waits until its topic is restated */
        bool torn;  /* a frame was lost behind the last one heard */
        bool old_said; /* that a frame of an epoch that is over was refused */
        uint64_t epoch;
        uint64_t seq;
};

/* Orders that may still be sent, by partition and policy, in 10^-9 of an order. */
struct zl_bucket {
        uint32_t partition, policy; /* the policy's row */
        int64_t level;
        uint64_t filled_ns;
};

struct zl_rows {
        uint32_t fresh, free, used, max;
};

struct zl_engine {
        struct zl_engine_config config;
        uint32_t partitions;
        uint64_t now_ns;
        uint64_t stamp; /* of account messages */
        bool frame_refused;
        bool frame_after_gap; /* the message under way is the first after one */
        uint32_t ctrl_holes;  /* streams of what all depend on that are not whole */
        uint32_t *acct_holes; /* of each partition's accounts */
        uint32_t *first_of_partition; /* account's row plus one; 0: none */
        uint32_t numeraire; /* row; ZL_NONE_AT */

        struct zl_asset *assets;
        struct zl_instrument *instruments;
        struct zl_policy *policies;
        struct zl_account *accounts;
        struct zl_pool *pools;
        struct zl_position *positions;
        struct zl_balance *balances;
        struct zl_stream *streams;
        struct zl_bucket *buckets;
        struct zl_fund *funds;
        struct zl_rows pool_rows, position_rows, balance_rows;
        struct zl_map assets_by_id, instruments_by_id, policies_by_id, accounts_by_id,
                streams_by_topic, sources_by_id, buckets_by_key, funds_by_id;
        bool streams_full_said;

        struct zl_heap_pages pages;
        struct zl_index_slots slots;
        struct zl_heap deadlines; /* of what pools wait for, by engine time in ns */

        uint32_t *work; /* pools to look at, then those answered */
        uint32_t work_count, work_done;
        uint32_t *crossed; /* scratch for one collection */
        struct zl_view *view, *trial; /* scratch: of one judgement; of one sizing */
        uint32_t *order; /* rows in a canonical order, for a snapshot */
        struct zl_decision *decision;
        struct zl_box *box;
        uint32_t loose; /* instrument whose heaps are, while a gap is worked off; ZL_NONE_AT */
        uint64_t guess_noise;
        bool funds_due; /* a waiting fund may have its turn now */
        struct zl_round *round;     /* that this engine coordinates */
        struct zl_bidding *bidding; /* its answer to a round */
        struct zl_plan *plan;       /* that is being said */

        uint64_t *order_seq, *alert_seq, *deficit_seq, *bid_seq; /* of each partition */
        struct zl_outbox *outbox;                      /* of the step under way */
        struct zl_engine_counters counters;
};

/* ---- rows by id; ZL_NONE_AT when there is none, or no room for a new one ---- */

uint32_t zl_state_instrument(struct zl_engine *engine, uint32_t id);
uint32_t zl_state_asset(struct zl_engine *engine, uint32_t id);
uint32_t zl_state_policy(struct zl_engine *engine, uint32_t id);
uint32_t zl_state_account(struct zl_engine *engine, uint64_t id);
uint32_t zl_state_fund(struct zl_engine *engine, uint32_t id);
uint32_t zl_state_find_account(const struct zl_engine *engine, uint64_t id);
uint32_t zl_state_find_pool(const struct zl_engine *engine, uint32_t account,
                            struct zl_pool_id id);
uint32_t zl_state_find_position(const struct zl_engine *engine, uint32_t pool,
                                uint32_t instrument_id, enum zl_leg leg);
uint32_t zl_state_find_balance(const struct zl_engine *engine, uint32_t account, uint32_t asset);
/* NULL while no message defined it. */
const struct zl_policy *zl_state_find_policy(const struct zl_engine *engine, uint32_t id);
/* Of a pool: its account's, or its instrument's. */
const struct zl_policy *zl_state_policy_of(const struct zl_engine *engine,
                                           const struct zl_pool *pool);

/* ---- rows that come and go; there must be room ---- */

uint32_t zl_state_room(const struct zl_rows *rows);
uint32_t zl_state_add_pool(struct zl_engine *engine, uint32_t account, struct zl_pool_id id);
void zl_state_drop_pool(struct zl_engine *engine, uint32_t pool);
uint32_t zl_state_add_position(struct zl_engine *engine, uint32_t pool, uint32_t instrument,
                               enum zl_leg leg);
void zl_state_drop_position(struct zl_engine *engine, uint32_t position);
uint32_t zl_state_add_balance(struct zl_engine *engine, uint32_t account, uint32_t asset);
void zl_state_drop_balance(struct zl_engine *engine, uint32_t balance);

bool zl_state_owns(const struct zl_engine *engine, uint32_t partition);

/* Whether everything is there that a pool is judged by. */
bool zl_state_is_known(const struct zl_engine *engine, const struct zl_pool *pool);
/* A pool with all that it is judged by: false while an asset, a rate, an instrument, a policy or a
 * mark is missing. `ret_refusal` is set when it breaks a bound. */
ZL_MUST_CHECK bool zl_state_view(const struct zl_engine *engine, const struct zl_pool *pool,
                                 struct zl_view *ret_view, zl_refusal *ret_refusal);

/* ---- the work of a step ---- */

void zl_queue_pool(struct zl_engine *engine, uint32_t pool);
/* The pools with a position in it. */
void zl_queue_instrument(struct zl_engine *engine, const struct zl_instrument *instrument);
/* The cross pools with a balance in it. */
void zl_queue_balances(struct zl_engine *engine, const struct zl_asset *asset);
/* Puts what is queued in canonical order: account, then pool. */
void zl_queue_sort(struct zl_engine *engine);

#endif
