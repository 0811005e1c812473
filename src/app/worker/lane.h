/* lane.h - one engine of a worker, in a thread of its own.
 *
 * Reads frames from its SUB sockets, tapes them, gives them to its engine, tapes what that says,
 * and only then sends it: decisions to the routers, plans to the ledger, alerts and what concerns
 * other engines' partitions to the worker's own thread, which passes it on. Makes the clock. Owns:
 * its sockets, tape, engine and queues. Thread: the one it starts. */
#ifndef ZL_APP_WORKER_LANE_H
#define ZL_APP_WORKER_LANE_H

#include "app/worker/lag.h"
#include "bus/socket.h"

#include <zeroline/engine.h>

#include <stdatomic.h>

enum {
        ZL_LANE_ENDPOINTS_MAX = 16,
        ZL_LANE_PEERS_MAX = 12,
};

struct zl_route {
        const char *endpoint;
        struct zl_partition_range ranges[ZL_RANGES_MAX];
        uint32_t ranges_count;
};

struct zl_lane_settings {
        struct zl_engine_config config;
        const char *sources[ZL_LANE_ENDPOINTS_MAX];
        uint32_t sources_count;
        const char *peers[ZL_LANE_PEERS_MAX]; /* other workers' publishers */
        uint32_t peers_count;
        const char *ledger; /* where plans go; NULL: nowhere */
        struct zl_route routes[ZL_LANE_ENDPOINTS_MAX];
        uint32_t routes_count;
        const char *tape; /* NULL: none */
        uint64_t state_ns; /* engine time between two states on it; 0: none */
        const char *journal; /* where it asks for states; NULL: nowhere */
        uint64_t journal_wait_ms;
        int linger_ms;
        uint32_t number; /* among the worker's engines */
        struct zl_bus *bus;
        struct zl_lag_shared *lags; /* of all engines of the worker */
        atomic_bool *stop;
        atomic_uint *ready; /* counts lanes whose sockets are open */
};

#define ZL_LANE_ALERTS "inproc://alerts"
#define ZL_LANE_MESH "inproc://mesh" /* what the worker's lanes say to each other */

struct zl_lane_result {
        bool failed;
        uint64_t frames, bad_frames, sent, expired, left, dropped, unanswered, alerts_lost;
        uint64_t restatements; /* asked for, of what had a hole */
        uint64_t healed;       /* holes that a journal filled */
        uint64_t plans, plans_lost;
        uint64_t lag_ms_max, lags;    /* how late input was, how often that was said */
        uint64_t joined, without; /* partitions begun with a journal's state, and with none */
};

/* A thread's body: `argument` is a struct zl_lane. */
struct zl_lane {
        struct zl_lane_settings settings;
        struct zl_lane_result result;
};
void *zl_lane_run(void *argument);

#endif
