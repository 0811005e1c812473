/* socket.h - ZeroMQ sockets as this project uses them.
 *
 * XPUB, PULL and ROUTER bind; SUB, PUSH and DEALER connect. Every socket has a bounded queue and a
 * bounded message size, and notices a peer that is gone. With a key TCP is encrypted; without one a
 * non-loopback TCP endpoint is refused unless it is said to be insecure. What is received was
 * written by whom the allow-list says: the rest is counted and passed over.
 * Thread: a socket belongs to the thread that opened it; a bus may be used by all. */
#ifndef ZL_BUS_SOCKET_H
#define ZL_BUS_SOCKET_H

#include "bus/bus.h"

struct zl_socket;

/* ZL_ERR_INVALID or ZL_ERR_SYSTEM after a line on stderr that names the endpoint and what to do. */
ZL_MUST_CHECK enum zl_err zl_socket_open(struct zl_bus *bus, enum zl_socket_kind kind,
                                         const char *endpoint, struct zl_socket **ret_socket);
/* Tries for so long to send what is queued. NULL is allowed. */
void zl_socket_close(struct zl_socket *socket, int linger_ms);

void zl_socket_subscribe(struct zl_socket *socket, const void *prefix, size_t size);
/* To what it is subscribed to: the publisher hears of it, and may restate. */
void zl_socket_subscribe_again(struct zl_socket *socket, const void *prefix, size_t size);

/* ZL_ERR_FULL: the queue is full, or nobody is connected; only when `wait` is false. */
ZL_MUST_CHECK enum zl_err zl_socket_send(struct zl_socket *socket, const void *data, size_t size,
                                         bool wait);
/* Without waiting; ZL_ERR_END when there is nothing now, or after many that were passed over. The
 * bytes stay valid until the next call. */
ZL_MUST_CHECK enum zl_err zl_socket_receive(struct zl_socket *socket, const uint8_t **ret_data,
                                            size_t *ret_size);
/* ROUTER: the same, and from whom. Peer names are ZeroMQ's own, of at most 255 bytes. */
struct zl_peer {
        uint8_t name[255];
        uint8_t size;
};
ZL_MUST_CHECK enum zl_err zl_socket_receive_from(struct zl_socket *socket,
                                                 struct zl_peer *ret_peer,
                                                 const uint8_t **ret_data, size_t *ret_size);
/* ZL_ERR_FULL: its queue is; ZL_ERR_END: it is gone. */
ZL_MUST_CHECK enum zl_err zl_socket_send_to(struct zl_socket *socket, const struct zl_peer *peer,
                                            const void *data, size_t size);
/* Waits until one of the sockets has something to receive; a socket may be NULL. `fd` too, unless
 * it is -1. False on time-out or on a signal. */
bool zl_socket_wait(struct zl_socket *const *sockets, uint32_t count, int fd, int timeout_ms);
/* The same for room to send. */
bool zl_socket_wait_to_send(struct zl_socket *socket, int timeout_ms);

/* XPUB: waits for so many subscriptions. */
void zl_socket_await_subscriptions(struct zl_socket *socket, uint64_t count);

#endif
