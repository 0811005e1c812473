#include "app/worker/ask.h"

#include "app/clock.h"

#include <stdlib.h>
#include <string.h>

enum { ASK_AGAIN_MS = 1000 };

/* ---- frames ---- */

enum zl_err zl_frames_keep(struct zl_frames *frames, const void *frame, size_t size)
{
        uint32_t length = (uint32_t)size;

        if (frames->capacity - frames->size < size + sizeof length) {
                size_t capacity = 2 * frames->capacity + size + 4096;
                uint8_t *bytes = realloc(frames->bytes, capacity);
                if (!bytes)
                        return ZL_ERR_SYSTEM;
                frames->bytes = bytes;
                frames->capacity = capacity;
        }
        memcpy(frames->bytes + frames->size, &length, sizeof length);
        memcpy(frames->bytes + frames->size + sizeof length, frame, size);
        frames->size += sizeof length + size;
        frames->count++;
        return ZL_OK;
}

const uint8_t *zl_frames_next(const struct zl_frames *frames, size_t *cursor, uint32_t *ret_size)
{
        if (*cursor >= frames->size)
                return NULL;
        const uint8_t *frame = frames->bytes + *cursor + sizeof *ret_size;
        memcpy(ret_size, frames->bytes + *cursor, sizeof *ret_size);
        *cursor += sizeof *ret_size + *ret_size;
        return frame;
}

void zl_frames_clear(struct zl_frames *frames)
{
        frames->size = frames->count = 0;
}

void zl_frames_free(struct zl_frames *frames)
{
        free(frames->bytes);
        *frames = (struct zl_frames){0};
}

/* ---- asking ---- */

void zl_ask_send(struct zl_ask *ask, struct zl_asker *asker)
{
        struct zl_header header = {.topic = {ZL_TOPIC_SNAP, ask->partition},
                                   .src = asker->src,
                                   .epoch = asker->epoch,
                                   .seq = ++asker->requests,
                                   .ts_ns = zl_now_ns()};
        struct zl_msg_snapshot_get said = {.partition = ask->partition,
                                           .request = asker->requests};
        struct zl_frame_writer writer;
        uint8_t frame[256];
        size_t size;

        ask->progress = ZL_ASK_SENT;
        ask->request = asker->requests;
        ask->asked_ns = zl_ticks_ns();
        zl_frames_clear(&ask->frames);
        zl_frame_begin(&writer, frame, sizeof frame, &header);
        zl_frame_add_as(&writer, ZL_TYPE_SNAPSHOT_GET, &said);
        if (zl_frame_end(&writer, &size) == ZL_OK)
                (void)!zl_socket_send(asker->journal, frame, size, false); /* or asked again */
}

bool zl_ask_is_late(const struct zl_ask *ask, uint64_t ticks_ns)
{
        return ask->progress == ZL_ASK_SENT &&
               ticks_ns >= ask->asked_ns + ASK_AGAIN_MS * 1000000u;
}

/* What comes to an earlier request is of another state. */
static struct zl_ask *find(struct zl_ask *asks, uint32_t count,
                           const struct zl_msg_snapshot_part *said)
{
        for (uint32_t i = 0; i < count; i++) {
                if (asks[i].partition == said->partition && asks[i].progress == ZL_ASK_SENT &&
                    asks[i].request == said->request)
                        return &asks[i];
        }
        return NULL;
}

/* An answer that comes too late, or a part that does not follow, is asked for again. */
enum zl_err zl_ask_take(struct zl_ask *asks, uint32_t count, const uint8_t *frame, size_t size,
                        struct zl_message *scratch, struct zl_ask **ret_done)
{
        const struct zl_msg_snapshot_part *said = &scratch->snapshot_part;
        struct zl_frame_reader reader;

        *ret_done = NULL;
        if (zl_frame_open(&reader, frame, size) != ZL_OK ||
            zl_frame_next(&reader, scratch) != ZL_OK || scratch->type != ZL_TYPE_SNAPSHOT_PART)
                return ZL_OK;
        struct zl_ask *ask = find(asks, count, said);
        if (!ask)
                return ZL_OK;
        if (said->parts == 0) {
                ask->progress = ZL_ASK_NOTHING;
                *ret_done = ask;
                return ZL_OK;
        }
        if (said->part == 0)
                zl_frames_clear(&ask->frames);
        if (said->part != ask->frames.count)
                return ZL_OK;
        ask->asked_ns = zl_ticks_ns();
        if (zl_frames_keep(&ask->frames, frame, size) != ZL_OK)
                return ZL_ERR_SYSTEM;
        if (said->part + 1 < said->parts)
                return ZL_OK;
        ask->progress = ZL_ASK_HERE;
        *ret_done = ask;
        return ZL_OK;
}
