#include "app/worker/queue.h"

#include "core/assert.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)ZL_QUEUE_BYTES_MAX >= (int)ZL_FRAME_SIZE_MAX, "an empty queue takes any frame");

bool zl_queue_open(struct zl_queue *queue)
{
        *queue = (struct zl_queue){.entries = calloc(ZL_QUEUE_MAX, sizeof *queue->entries)};
        return queue->entries != NULL;
}

void zl_queue_close(struct zl_queue *queue)
{
        for (uint32_t i = 0; i < queue->count; i++)
                free(queue->entries[i].frame);
        free(queue->entries);
        *queue = (struct zl_queue){0};
}

/* ---- the heap ---- */

static bool sooner(const struct zl_queue_entry *a, const struct zl_queue_entry *b)
{
        if (a->urgency != b->urgency)
                return a->urgency > b->urgency;
        return a->number < b->number;
}

static void swap(struct zl_queue *queue, uint32_t i, uint32_t j)
{
        struct zl_queue_entry entry = queue->entries[i];

        queue->entries[i] = queue->entries[j];
        queue->entries[j] = entry;
}

/* Puts the entry at `i` in its place; all others are in theirs. */
static void settle(struct zl_queue *queue, uint32_t i)
{
        const struct zl_queue_entry *entries = queue->entries;

        for (; i > 0 && sooner(&entries[i], &entries[(i - 1) / 2]); i = (i - 1) / 2)
                swap(queue, i, (i - 1) / 2);
        for (;;) {
                uint32_t least = i;
                for (uint32_t child = 2 * i + 1; child <= 2 * i + 2; child++) {
                        if (child < queue->count && sooner(&entries[child], &entries[least]))
                                least = child;
                }
                if (least == i)
                        return;
                swap(queue, i, least);
                i = least;
        }
}

static void take_out(struct zl_queue *queue, uint32_t i)
{
        queue->bytes -= queue->entries[i].size;
        free(queue->entries[i].frame);
        queue->entries[i] = queue->entries[--queue->count];
        if (i < queue->count)
                settle(queue, i);
}

/* ---- room ---- */

static bool is_expired(const struct zl_queue_entry *entry, uint64_t now_ns)
{
        return entry->expires_ns && entry->expires_ns < now_ns;
}

static void drop_expired(struct zl_queue *queue, uint64_t now_ns)
{
        uint32_t count = queue->count;

        queue->count = 0;
        for (uint32_t i = 0; i < count; i++) {
                struct zl_queue_entry entry = queue->entries[i];
                if (is_expired(&entry, now_ns)) {
                        queue->bytes -= entry.size;
                        free(entry.frame);
                        queue->expired++;
                        continue;
                }
                queue->entries[queue->count++] = entry;
                settle(queue, queue->count - 1);
        }
}

static uint32_t find_last(const struct zl_queue *queue)
{
        uint32_t last = 0;

        for (uint32_t i = 1; i < queue->count; i++) {
                if (sooner(&queue->entries[last], &queue->entries[i]))
                        last = i;
        }
        return last;
}

static bool has_room(const struct zl_queue *queue, uint32_t size)
{
        return queue->count < ZL_QUEUE_MAX && queue->bytes + size <= ZL_QUEUE_BYTES_MAX;
}

/* False: everything that is queued is more urgent. */
static bool make_room(struct zl_queue *queue, const struct zl_queue_entry *entry, uint64_t now_ns)
{
        if (!has_room(queue, entry->size))
                drop_expired(queue, now_ns);
        while (!has_room(queue, entry->size)) {
                uint32_t last = find_last(queue);
                if (!sooner(entry, &queue->entries[last]))
                        return false;
                take_out(queue, last);
                queue->refused++;
        }
        return true;
}

/* ---- in and out ---- */

static bool same_key(const struct zl_key *a, const struct zl_key *b)
{
        return a->account == b->account && a->base == b->base && a->n == b->n &&
               zl_pool_id_compare(a->pool, b->pool) == 0;
}

/* What is queued under the key gives way, and its turn with it. */
static void forget(struct zl_queue *queue, struct zl_queue_entry *by)
{
        for (uint32_t i = 0; i < queue->count; i++) {
                if (!same_key(&queue->entries[i].key, &by->key))
                        continue;
                by->number = queue->entries[i].number;
                take_out(queue, i);
                return;
        }
}

void zl_queue_put(struct zl_queue *queue, const struct zl_proposal *proposal, uint64_t expires_ns,
                  const uint8_t *frame, uint32_t size, uint64_t now_ns)
{
        struct zl_queue_entry entry = {
                .key = proposal->key,
                .urgency = proposal->closes ? proposal->shortfall : INT64_MAX,
                .number = queue->arrivals++,
                .expires_ns = expires_ns,
                .size = size};

        ZL_ASSERT(size <= ZL_FRAME_SIZE_MAX);
        forget(queue, &entry);
        if (make_room(queue, &entry, now_ns))
                entry.frame = malloc(size);
        if (!entry.frame) {
                queue->refused++;
                return;
        }
        memcpy(entry.frame, frame, size);
        queue->bytes += size;
        queue->entries[queue->count++] = entry;
        settle(queue, queue->count - 1);
}

void zl_queue_send(struct zl_queue *queue, struct zl_socket *socket, uint64_t now_ns)
{
        while (queue->count) {
                const struct zl_queue_entry *first = &queue->entries[0];
                if (is_expired(first, now_ns))
                        queue->expired++;
                else if (zl_socket_send(socket, first->frame, first->size, false) == ZL_OK)
                        queue->sent++;
                else
                        return;
                take_out(queue, 0);
        }
}
