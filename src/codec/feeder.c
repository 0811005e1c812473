#include <zeroline/feeder.h>

#include "codec/table.h"

#include <stdlib.h>
#include <string.h>

enum { MOVED_MAX = ZL_COUNT(((struct zl_msg_beat *)0)->topics) };

struct stream {
        struct zl_topic topic;
        uint64_t seq;
        bool moved;     /* since the last beat */
        uint64_t beats; /* how many there were when one last told of it */
};

struct zl_feeder {
        uint32_t src;
        uint64_t epoch;
        zl_feeder_send *send;
        void *context;
        struct zl_table streams;
        struct zl_frame_writer writer; /* of the frame under way */
        bool failed;
        struct zl_msg_beat beat;
        uint64_t beats;
        uint32_t turn; /* the row that a beat with room tells of next */
        uint8_t buffer[ZL_FRAME_SIZE_MAX];
};

struct zl_feeder *zl_feeder_new(uint32_t src, uint64_t epoch, zl_feeder_send *send, void *context)
{
        struct zl_feeder *feeder = calloc(1, sizeof *feeder);

        if (!feeder)
                return NULL;
        feeder->src = src;
        feeder->epoch = epoch;
        feeder->send = send;
        feeder->context = context;
        feeder->streams.row_size = sizeof(struct stream);
        return feeder;
}

void zl_feeder_free(struct zl_feeder *feeder)
{
        if (!feeder)
                return;
        zl_table_free(&feeder->streams);
        free(feeder);
}

/* ---- frames ---- */

void zl_feeder_begin(struct zl_feeder *feeder, struct zl_topic topic, uint64_t ts_ns)
{
        struct stream *stream =
                zl_table_row(&feeder->streams, (uint64_t)topic.kind << 32 | topic.id);
        struct zl_header header = {
                .topic = topic, .src = feeder->src, .epoch = feeder->epoch, .ts_ns = ts_ns};

        feeder->failed = !stream;
        if (stream) {
                stream->topic = topic;
                stream->moved = topic.kind != ZL_TOPIC_BEAT;
                header.seq = ++stream->seq;
        }
        zl_frame_begin(&feeder->writer, feeder->buffer, sizeof feeder->buffer, &header);
}

void zl_feeder_add(struct zl_feeder *feeder, enum zl_type type, const void *object)
{
        zl_frame_add_as(&feeder->writer, type, object);
}

void zl_feeder_add_bytes(struct zl_feeder *feeder, const void *messages, size_t size)
{
        zl_frame_add_bytes(&feeder->writer, messages, size);
}

bool zl_feeder_end(struct zl_feeder *feeder)
{
        size_t size;

        return zl_frame_end(&feeder->writer, &size) == ZL_OK && !feeder->failed &&
               feeder->send(feeder->context, feeder->buffer, size);
}

bool zl_feeder_say(struct zl_feeder *feeder, struct zl_topic topic, uint64_t ts_ns,
                   enum zl_type type, const void *object)
{
        zl_feeder_begin(feeder, topic, ts_ns);
        zl_feeder_add(feeder, type, object);
        return zl_feeder_end(feeder);
}

/* ---- restatements and beats ---- */

bool zl_feeder_synced(struct zl_feeder *feeder, struct zl_topic topic, uint64_t ts_ns)
{
        struct zl_msg_synced synced = {0};

        return zl_feeder_say(feeder, topic, ts_ns, ZL_TYPE_SYNCED, &synced);
}

static bool say_beat(struct zl_feeder *feeder, uint64_t ts_ns)
{
        struct zl_topic topic = {ZL_TOPIC_BEAT, feeder->src};
        bool sent = zl_feeder_say(feeder, topic, ts_ns, ZL_TYPE_BEAT, &feeder->beat);

        feeder->beat.topics_count = 0;
        return sent;
}

static void tell(struct zl_feeder *feeder, struct stream *stream)
{
        struct zl_row_moved *row = &feeder->beat.topics[feeder->beat.topics_count++];

        stream->moved = false;
        stream->beats = feeder->beats;
        *row = (struct zl_row_moved){.epoch = feeder->epoch, .seq = stream->seq};
        zl_topic_format(stream->topic, row->topic);
}

/* A beat can be lost as well, with the last frame that it told of: what room there is goes to the
 * topics in turn, so that the next ones make up for it. */
static void fill_up(struct zl_feeder *feeder)
{
        struct stream *streams = feeder->streams.rows;
        uint32_t count = feeder->streams.map.count;

        for (uint32_t i = 0; i < count && feeder->beat.topics_count < MOVED_MAX; i++) {
                struct stream *stream = &streams[feeder->turn++ % count];
                if (stream->beats != feeder->beats && stream->topic.kind != ZL_TOPIC_BEAT)
                        tell(feeder, stream);
        }
        feeder->turn = count ? feeder->turn % count : 0;
}

bool zl_feeder_beat(struct zl_feeder *feeder, uint64_t ts_ns)
{
        uint32_t count = feeder->streams.map.count;
        bool sent = true;

        feeder->beats++;
        feeder->beat.topics_count = 0;
        for (uint32_t i = 0; i < count; i++) {
                struct stream *stream = (struct stream *)feeder->streams.rows + i;
                if (!stream->moved)
                        continue;
                tell(feeder, stream);
                if (feeder->beat.topics_count == MOVED_MAX)
                        sent &= say_beat(feeder, ts_ns);
        }
        fill_up(feeder);
        return say_beat(feeder, ts_ns) && sent;
}

/* ---- subscriptions ---- */

/* A 1 (a 0: taken back), then the subscription: nothing, or the packed text's length and its
 * beginning. */
bool zl_feeder_wanted(const void *data, size_t size, char ret_prefix[ZL_TOPIC_SIZE + 1])
{
        const uint8_t *bytes = data;
        size_t length = size >= 2 ? size - 2 : 0;

        if (size < 1 || bytes[0] != 1 || length > ZL_TOPIC_SIZE)
                return false;
        if (length)
                memcpy(ret_prefix, bytes + 2, length);
        ret_prefix[length] = 0;
        return true;
}

bool zl_feeder_is_wanted(struct zl_topic topic, const char *prefix)
{
        char text[ZL_TOPIC_SIZE + 1];

        zl_topic_format(topic, text);
        return strncmp(text, prefix, strlen(prefix)) == 0;
}
