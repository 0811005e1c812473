/* publisher.h - one source of streams on a socket of its own, stamped with the time of day.
 *
 * Owns: its socket and its feeder, which keeps sequences and beats (zeroline/feeder.h). Thread: its
 * owner's. */
#ifndef ZL_APP_PUBLISHER_H
#define ZL_APP_PUBLISHER_H

#include "bus/socket.h"

#include <zeroline/feeder.h>

struct zl_publisher {
        struct zl_socket *socket;
        struct zl_feeder *feeder;
        uint32_t src;
        uint64_t epoch;
        struct zl_socket *also; /* where the frame under way goes besides */
        bool also_sent;
};

ZL_MUST_CHECK enum zl_err zl_publisher_open(struct zl_publisher *publisher, struct zl_bus *bus,
                                            const char *endpoint, uint32_t src);
/* Begins a higher epoch on the same socket. */
ZL_MUST_CHECK enum zl_err zl_publisher_restart(struct zl_publisher *publisher);
void zl_publisher_close(struct zl_publisher *publisher, int linger_ms);
/* One message as a frame of its own. */
void zl_publish(struct zl_publisher *publisher, struct zl_topic topic, enum zl_type type,
                const void *object);
/* Several as one frame: begin, add, add, end. */
void zl_publish_begin(struct zl_publisher *publisher, struct zl_topic topic);
void zl_publish_add(struct zl_publisher *publisher, enum zl_type type, const void *object);
void zl_publish_add_bytes(struct zl_publisher *publisher, const void *messages, size_t size);
void zl_publish_end(struct zl_publisher *publisher);
/* As zl_publish_end, and to this socket too. False: it was not sent there. */
ZL_MUST_CHECK bool zl_publish_end_to(struct zl_publisher *publisher, struct zl_socket *also);
void zl_publish_synced(struct zl_publisher *publisher, struct zl_topic topic);
void zl_publish_beat(struct zl_publisher *publisher);
/* The next subscription somebody made: the beginning of the topics wanted, as text ("acct.0000").
 * False when there is none now. */
ZL_MUST_CHECK bool zl_publisher_heard(struct zl_publisher *publisher,
                                      char ret_prefix[ZL_TOPIC_SIZE + 1]);

#endif
