/* subscriptions.h - what a lane listens to.
 *
 * Answers: which topics does an engine depend on? A publisher that restates on subscription is
 * asked anew for what has a hole, at growing spans, until it is whole again. Owns: when it was
 * asked. Thread: the lane's. */
#ifndef ZL_APP_WORKER_SUBSCRIPTIONS_H
#define ZL_APP_WORKER_SUBSCRIPTIONS_H

#include "bus/socket.h"

#include <zeroline/engine.h>

struct zl_repair {
        uint64_t next_ns; /* when to look for holes, by the monotonic clock */
        uint32_t attempts;
        uint64_t patience_ms; /* a journal has so long to fill a hole first; 0: there is none */
        uint64_t since_ns;    /* when the holes were seen; 0: there are none */
};

/* What every pool may depend on first, the accounts last: a publisher that restates on subscription
 * then speaks in that order. */
void zl_subscribe_all(struct zl_socket *socket, const struct zl_engine_config *config);
/* To what other engines say to this one: deficits of funds that it coordinates, queries, bids. */
void zl_subscribe_mesh(struct zl_socket *socket, const struct zl_engine_config *config);
/* To what the ledger says of its own books: for who audits it. */
void zl_subscribe_books(struct zl_socket *socket);
/* Subscribes again, at all sources, to what has a hole, when it is time to. True: it did. */
bool zl_repair_ask(struct zl_repair *repair, const struct zl_engine *engine,
                   struct zl_socket *const *sources, uint32_t sources_count, uint64_t ticks_ns);

#endif
