/* route.h - a router, but for where its sockets come from.
 *
 * Answers: what is said to workers, what is sent to the venue, and when. A frame from a worker
 * goes to zl_router_decide, one from the ledger or the venue to zl_router_hear; behind each, and
 * when nothing comes, zl_router_look_after does what is due. Nothing is taken in while there is
 * a `doubt`. Owns: its tables; sockets, publisher and message are its owner's. Thread: its
 * owner's. */
#ifndef ZL_APP_ROUTER_ROUTE_H
#define ZL_APP_ROUTER_ROUTE_H

#include "app/router/act.h"
#include "app/router/book.h"
#include "app/router/heard.h"
#include "app/options.h"
#include "app/publisher.h"
#include "app/router/recall.h"

struct zl_router {
        struct zl_socket *orders, *venue; /* `venue` is NULL where it acts one */
        struct zl_socket *sources[ZL_OPTION_LIST_MAX];
        uint32_t sources_count;
        bool no_recall;
        uint64_t patience_ns; /* with an order of which nothing final is heard; 0: for ever */
        struct zl_publisher publisher;
        struct zl_message *message; /* scratch */
        struct zl_heard heard;
        struct zl_recall recall;
        struct zl_book book;
        struct zl_act act;
        const char *doubt;  /* why it must forget; NULL: it need not */
        uint64_t later_run; /* of another router under this src; 0: none */
        uint64_t admitted, refused, unsent, forgot, bad_frames, old_frames;
};

void zl_router_init(struct zl_router *router);
void zl_router_fini(struct zl_router *router);

void zl_router_decide(struct zl_router *router, const uint8_t *frame, size_t size);
void zl_router_hear(struct zl_router *router, const uint8_t *frame, size_t size);
/* An error ends the router; a line on stderr says why. */
ZL_MUST_CHECK enum zl_err zl_router_look_after(struct zl_router *router);
/* How long to wait for a frame, at most. */
int zl_router_span_ms(const struct zl_router *router);

#endif
