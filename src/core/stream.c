#include "core/stream.h"

#include "core/outbox.h"

static uint64_t topic_key(struct zl_topic topic)
{
        return (uint64_t)topic.kind << 32 | topic.id;
}

/* The stream of this topic and source, new or known; NULL: no room. */
static struct zl_stream *stream_of(struct zl_engine *engine, const struct zl_header *header)
{
        uint32_t first = ZL_NONE_AT, at;

        if (zl_map_get(&engine->streams_by_topic, topic_key(header->topic), &first)) {
                for (at = first; at != ZL_NONE_AT; at = engine->streams[at].next) {
                        if (engine->streams[at].src == header->src)
                                return &engine->streams[at];
                }
        }
        at = engine->streams_count;
        if (at == engine->config.streams_max ||
            !zl_map_put(&engine->streams_by_topic, topic_key(header->topic), at))
                return NULL;
        engine->streams_count++;
        engine->streams[at] = (struct zl_stream){.src = header->src, .next = first};
        return &engine->streams[at];
}

/* What a hole may hide decides whether a person must know: prices repair themselves. */
static bool state_stream(enum zl_topic_kind kind)
{
        return kind == ZL_TOPIC_ACCT || kind == ZL_TOPIC_FUND || kind == ZL_TOPIC_CTRL;
}

bool zl_stream_accept(struct zl_engine *engine, const struct zl_header *header)
{
        struct zl_stream *stream = stream_of(engine, header);

        if (!stream) {
                engine->counters.refused++;
                zl_alert_all(engine, ZL_ALERT_KIND_CAPACITY, NULL,
                             "no room for more streams: raise streams_max");
                return false;
        }
        if (header->epoch < stream->epoch) {
                if (engine->counters.old_epochs++ == 0)
                        zl_alert_all(engine, ZL_ALERT_KIND_EPOCH, NULL,
                                     "a frame of an epoch that is over was refused");
                return false;
        }
        if (header->epoch == stream->epoch && stream->heard && header->seq <= stream->seq) {
                engine->counters.duplicates++;
                return false;
        }
        if (header->epoch == stream->epoch && stream->heard && header->seq > stream->seq + 1) {
                engine->counters.gaps += header->seq - stream->seq - 1;
                if (state_stream(header->topic.kind))
                        zl_alert_all(engine, ZL_ALERT_KIND_GAP, NULL,
                                     "frames of a state stream were missed");
        }
        stream->heard = true;
        stream->epoch = header->epoch;
        stream->seq = header->seq;
        return true;
}
