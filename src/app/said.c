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

/* A message takes less than twice its struct, its frame's head less than this. */
enum { HEAD_SIZE = 256 };

static size_t encode(struct zl_said *said, const struct zl_output *output, size_t room,
                     size_t *ret_head)
{
        struct zl_frame_writer writer;
        size_t size;

        zl_frame_begin(&writer, said->bytes + said->bytes_used, room, &output->header);
        *ret_head = writer.size;
        zl_frame_add_as(&writer, output->type, output->object);
        enum zl_err err = zl_frame_end(&writer, &size);
        ZL_ASSERT(err == ZL_OK);
        return size;
}

void zl_said_hear(void *context, const struct zl_output *output)
{
        struct zl_said *said = context;
        size_t room = 2 * zl_message_size(output->type) + HEAD_SIZE, head;

        if (said->failed || !make_room(said, room)) {
                said->failed = true;
                return;
        }
        size_t size = encode(said, output, room, &head);
        if (output->joins) { /* a frame's messages stand one behind the other */
                uint8_t *end = said->bytes + said->bytes_used;
                ZL_ASSERT(said->count > 0);
                memmove(end, end + head, size - head);
                said->items[said->count - 1].size += (uint32_t)(size - head);
                said->bytes_used += size - head;
                return;
        }
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
