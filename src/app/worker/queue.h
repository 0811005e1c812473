/* queue.h - a worker's decisions on their way to one router.
 *
 * Answers: which decision next? One entry a key: a newer proposal takes the place of the older one.
 * Order: cancels and conversions first, since they may make the rest needless; then by shortfall,
 * the largest first; then by arrival. What has expired is never sent. Bounded in entries and bytes:
 * when it is full, what has expired goes, then what is least urgent, which is counted and which the
 * engine proposes again. Owns: its entries. Thread: its owner's. */
#ifndef ZL_APP_WORKER_QUEUE_H
#define ZL_APP_WORKER_QUEUE_H

#include "app/proposal.h"
#include "bus/socket.h"

enum {
        ZL_QUEUE_MAX = 4096,
        ZL_QUEUE_BYTES_MAX = 1 << 24, /* of all frames: more than one of any size */
};

struct zl_queue_entry {
        struct zl_key key;
        int64_t urgency;
        uint64_t number;     /* of arrivals */
        uint64_t expires_ns; /* 0: never */
        uint8_t *frame;
        uint32_t size;
};

struct zl_queue {
        struct zl_queue_entry *entries; /* a heap, the next one first */
        uint32_t count;
        size_t bytes;
        uint64_t arrivals;
        uint64_t sent, expired;
        uint64_t refused; /* no room, or no memory */
};

ZL_MUST_CHECK bool zl_queue_open(struct zl_queue *queue);
void zl_queue_close(struct zl_queue *queue);
/* `expires_ns`: not sent after; 0: never expires. */
void zl_queue_put(struct zl_queue *queue, const struct zl_proposal *proposal, uint64_t expires_ns,
                  const uint8_t *frame, uint32_t size, uint64_t now_ns);
/* Sends what the socket takes now. */
void zl_queue_send(struct zl_queue *queue, struct zl_socket *socket, uint64_t now_ns);

#endif
