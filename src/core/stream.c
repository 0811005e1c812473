#include "core/stream.h"

#include "core/outbox.h"

/* The stream of this topic and source, new or known; NULL: no room. Sources have dense numbers, so
 * that both fit 64 bits: five of the kind, 27 of the source, 32 of the id. */
static struct zl_stream *stream_of(struct zl_engine *engine, const struct zl_header *header)
{
        struct zl_map *sources = &engine->sources_by_id, *topics = &engine->streams_by_topic;
        uint32_t source, at;

        if (!zl_map_get(sources, header->src, &source)) {
                source = sources->count;
                if (!zl_map_put(sources, header->src, source))
                        return NULL;
        }
        uint64_t key = (uint64_t)header->topic.kind << 59 | (uint64_t)source << 32 |
                       header->topic.id;
        if (!zl_map_get(topics, key, &at)) {
                at = topics->count;
                if (!zl_map_put(topics, key, at))
                        return NULL;
        }
        return &engine->streams[at];
}

/* What a hole may hide decides whether a person must know: prices repair themselves. */
static bool state_stream(enum zl_topic_kind kind)
{
        return kind == ZL_TOPIC_ACCT || kind == ZL_TOPIC_FUND || kind == ZL_TOPIC_CTRL;
}

/* What workers say to each other may come twice and in any order: it names what it is about. */
static bool between_workers(enum zl_topic_kind kind)
{
        return kind == ZL_TOPIC_DEFI || kind == ZL_TOPIC_ADLQ || kind == ZL_TOPIC_BIDS;
}

bool zl_stream_accept(struct zl_engine *engine, const struct zl_header *header)
{
        if (between_workers(header->topic.kind))
                return true;
        struct zl_stream *stream = stream_of(engine, header);
        if (!stream) {
                engine->counters.refused++;
                if (!engine->streams_full_said)
                        zl_alert_all(engine, ZL_ALERT_KIND_CAPACITY, NULL,
                                     "no room for more streams or sources: raise streams_max");
                engine->streams_full_said = true;
                return false;
        }
        if (header->epoch < stream->epoch) {
                engine->counters.old_epochs++;
                if (!stream->old_said)
                        zl_alert_all(engine, ZL_ALERT_KIND_EPOCH, NULL,
                                     "a frame of an epoch that is over was refused");
                stream->old_said = true;
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
        engine->frame_after_gap = stream->heard && (header->epoch != stream->epoch ||
                                                    header->seq > stream->seq + 1);
        stream->heard = true;
        stream->old_said = false;
        stream->epoch = header->epoch;
        stream->seq = header->seq;
        return true;
}
