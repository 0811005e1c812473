/* queue.h - a worker's orders on their way to one router.
 *
 * Answers: which order next? One entry a decision: a newer proposal of the same key takes the place
 * of the older one. Expired orders are never sent. Owns: its entries. Thread: its owner's. */
#ifndef ZL_APP_QUEUE_H
#define ZL_APP_QUEUE_H

#include "bus/socket.h"

enum { ZL_QUEUE_MAX = 4096, ZL_QUEUE_FRAME_MAX = 1024 };

struct zl_queue_entry {
        char key[96];
        uint64_t expires_ns; /* 0: never */
        uint32_t size;
        uint8_t frame[ZL_QUEUE_FRAME_MAX];
};

struct zl_queue {
        struct zl_queue_entry *entries; /* a ring */
        uint32_t first, count;
        uint64_t sent, expired, refused; /* refused: no room; the engine proposes again */
};

ZL_MUST_CHECK bool zl_queue_open(struct zl_queue *queue);
void zl_queue_close(struct zl_queue *queue);
void zl_queue_put(struct zl_queue *queue, const char *key, uint64_t expires_ns,
                  const uint8_t *frame, uint32_t size);
/* Sends what the socket takes now. */
void zl_queue_send(struct zl_queue *queue, struct zl_socket *socket, uint64_t now_ns);

#endif
