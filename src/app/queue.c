#include "app/queue.h"

#include <stdlib.h>
#include <string.h>

bool zl_queue_open(struct zl_queue *queue)
{
        *queue = (struct zl_queue){.entries = calloc(ZL_QUEUE_MAX, sizeof *queue->entries)};
        return queue->entries != NULL;
}

void zl_queue_close(struct zl_queue *queue)
{
        free(queue->entries);
        *queue = (struct zl_queue){0};
}

static struct zl_queue_entry *entry(struct zl_queue *queue, uint32_t i)
{
        return &queue->entries[(queue->first + i) % ZL_QUEUE_MAX];
}

void zl_queue_put(struct zl_queue *queue, const char *key, uint64_t expires_ns,
                  const uint8_t *frame, uint32_t size)
{
        struct zl_queue_entry *at = NULL;

        for (uint32_t i = 0; i < queue->count && !at; i++) {
                if (!strcmp(entry(queue, i)->key, key))
                        at = entry(queue, i);
        }
        if ((!at && queue->count == ZL_QUEUE_MAX) || size > ZL_QUEUE_FRAME_MAX) {
                queue->refused++;
                return;
        }
        if (!at)
                at = entry(queue, queue->count++);
        strcpy(at->key, key);
        at->expires_ns = expires_ns;
        at->size = size;
        memcpy(at->frame, frame, size);
}

void zl_queue_send(struct zl_queue *queue, struct zl_socket *socket, uint64_t now_ns)
{
        while (queue->count) {
                const struct zl_queue_entry *first = entry(queue, 0);
                if (first->expires_ns && first->expires_ns < now_ns)
                        queue->expired++;
                else if (zl_socket_send(socket, first->frame, first->size, false) == ZL_OK)
                        queue->sent++;
                else
                        return;
                queue->first = (queue->first + 1) % ZL_QUEUE_MAX;
                queue->count--;
        }
}
