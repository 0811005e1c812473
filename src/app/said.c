#include "app/said.h"

#include "core/assert.h"

#include <stdlib.h>

static bool make_room(struct zl_said *said, size_t bytes)
{
        if (said->count == said->capacity) {
                size_t capacity = said->capacity ? 2 * said->capacity : 256;
                void *more = realloc(said->items, capacity * sizeof *said->items);
                if (!more)
                        return false;
                said->items = more;
                said->capacity = capacity;
        }
        while (said->bytes_capacity - said->bytes_used < bytes) {
                size_t capacity = said->bytes_capacity ? 2 * said->bytes_capacity : 1 << 16;
                void *more = realloc(said->bytes, capacity);
                if (!more)
                        return false;
                said->bytes = more;
                said->bytes_capacity = capacity;
        }
        return true;
}

static bool between_workers(enum zl_topic_kind kind)
{
        return kind == ZL_TOPIC_DEFI || kind == ZL_TOPIC_ADLQ || kind == ZL_TOPIC_BIDS;
}

void zl_said_hear(void *context, const struct zl_output *output)
{
        enum { FRAME_SIZE = 4096 };
        struct zl_said *said = context;
        struct zl_frame_writer writer;
        size_t size;

        /* The engine's frames hold one message until decisions have several orders. */
        ZL_ASSERT(!output->joins);
        if (said->failed || !make_room(said, FRAME_SIZE)) {
                said->failed = true;
                return;
        }
        zl_frame_begin(&writer, said->bytes + said->bytes_used, FRAME_SIZE, &output->header);
        zl_frame_add_as(&writer, output->type, output->object);
        enum zl_err err = zl_frame_end(&writer, &size);
        ZL_ASSERT(err == ZL_OK);
        said->items[said->count++] = (struct zl_said_item){
                .at = said->at,
                .rank = output->rank,
                .kind = between_workers(output->header.topic.kind) ? ZL_RECORD_INTERNAL
                                                                   : ZL_RECORD_OUT,
                .topic = output->header.topic,
                .offset = said->bytes_used,
                .size = (uint32_t)size,
        };
        said->bytes_used += size;
}

void zl_said_copy(struct zl_said *said, const struct zl_said_item *item, const uint8_t *frame)
{
        if (said->failed || !make_room(said, item->size)) {
                said->failed = true;
                return;
        }
        struct zl_said_item copy = *item;
        copy.offset = said->bytes_used;
        memcpy(said->bytes + said->bytes_used, frame, item->size);
        said->bytes_used += item->size;
        said->items[said->count++] = copy;
}

void zl_said_drop(struct zl_said *said, size_t count)
{
        ZL_ASSERT(count <= said->count);
        if (count == said->count) {
                zl_said_clear(said);
                return;
        }
        if (count == 0)
                return;
        size_t gone = said->items[count].offset;
        said->count -= count;
        memmove(said->items, said->items + count, said->count * sizeof *said->items);
        for (size_t i = 0; i < said->count; i++)
                said->items[i].offset -= gone;
        said->bytes_used -= gone;
        memmove(said->bytes, said->bytes + gone, said->bytes_used);
}

void zl_said_clear(struct zl_said *said)
{
        said->count = 0;
        said->bytes_used = 0;
}

void zl_said_free(struct zl_said *said)
{
        free(said->items);
        free(said->bytes);
        *said = (struct zl_said){0};
}
