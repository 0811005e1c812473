#include "core/stream.h"

#include "core/outbox.h"
#include "core/text.h"

#include <string.h>

/* ---- finding ---- */

/* Sources have dense numbers, so that both fit 64 bits: five of the kind, 27 of the source, 32 of
 * the id. */
static uint64_t key_of(uint32_t source, struct zl_topic topic)
{
        return (uint64_t)topic.kind << 59 | (uint64_t)source << 32 | topic.id;
}

struct zl_stream *zl_stream_of(struct zl_engine *engine, uint32_t src, struct zl_topic topic)
{
        struct zl_map *sources = &engine->sources_by_id, *topics = &engine->streams_by_topic;
        uint32_t source, at;

        if (!zl_map_get(sources, src, &source)) {
                source = sources->count;
                if (!zl_map_put(sources, src, source))
                        return NULL;
        }
        uint64_t key = key_of(source, topic);
        if (!zl_map_get(topics, key, &at)) {
                at = topics->count;
                if (!zl_map_put(topics, key, at))
                        return NULL;
                engine->streams[at] = (struct zl_stream){.src = src, .topic = topic};
        }
        return &engine->streams[at];
}

struct zl_stream *zl_stream_find(const struct zl_engine *engine, uint32_t src,
                                 struct zl_topic topic)
{
        uint32_t source, at;

        if (!zl_map_get(&engine->sources_by_id, src, &source) ||
            !zl_map_get(&engine->streams_by_topic, key_of(source, topic), &at))
                return NULL;
        return &engine->streams[at];
}

/* What workers say to each other may come twice and in any order: it names what it is about. */
static bool between_workers(enum zl_topic_kind kind)
{
        return kind == ZL_TOPIC_DEFI || kind == ZL_TOPIC_ADLQ || kind == ZL_TOPIC_BIDS;
}

/* ---- holes ---- */

/* What an account holds is known again when it is stated in full. */
static void suspend_partition(struct zl_engine *engine, uint32_t partition)
{
        uint32_t next = engine->first_of_partition[partition];

        while (next) {
                struct zl_account *account = &engine->accounts[next - 1];
                next = account->next_of_partition;
                if (account->suspended)
                        continue;
                account->suspended = true;
                for (uint32_t at = account->first_pool; at != ZL_NONE_AT;
                     at = engine->pools[at].next_of_account)
                        zl_queue_pool(engine, at);
        }
}

/* By the engine that listens to it, under the partition that it concerns. */
static void say_of(struct zl_engine *engine, struct zl_topic topic, uint64_t rank,
                   enum zl_alert_kind kind, const char *words)
{
        bool of_one = topic.kind == ZL_TOPIC_ACCT || topic.kind == ZL_TOPIC_EXEC;
        uint32_t partition = of_one ? topic.id : engine->config.home;
        char buffer[160], name[ZL_TOPIC_SIZE + 1];
        struct zl_text text = zl_text_over(buffer, sizeof buffer);

        zl_topic_format(topic, name);
        zl_text_put(&text, name);
        zl_text_put(&text, words);
        if (zl_state_owns(engine, partition))
                zl_alert_partition(engine, partition, rank, kind, buffer);
}

/* A state stream stops what depends on it until it is stated anew; a price or an answer repairs
 * itself. `rank` tells alerts to one message apart. */
static void lose(struct zl_engine *engine, struct zl_stream *stream, struct zl_topic topic,
                 uint64_t rank)
{
        bool is_new = !stream->holed;

        switch (topic.kind) {
        case ZL_TOPIC_ACCT:
                if (!zl_state_owns(engine, topic.id))
                        return;
                engine->acct_holes[topic.id] += is_new;
                suspend_partition(engine, topic.id);
                if (is_new)
                        say_of(engine, topic, rank, ZL_ALERT_KIND_GAP,
                               ": frames were missed; an account waits for its next full message");
                break;
        case ZL_TOPIC_CTRL:
                engine->ctrl_holes += is_new;
                if (is_new)
                        say_of(engine, topic, rank, ZL_ALERT_KIND_GAP,
                               ": frames were missed; all decisions wait for a restatement");
                break;
        case ZL_TOPIC_FUND:
                say_of(engine, topic, rank, ZL_ALERT_KIND_GAP,
                       ": frames were missed; the next one repairs it");
                return;
        default:
                return;
        }
        stream->holed = true;
}

/* NULL: nothing waits for what the topic's streams lack. */
static uint32_t *holes_of(struct zl_engine *engine, struct zl_topic topic)
{
        if (topic.kind == ZL_TOPIC_CTRL)
                return &engine->ctrl_holes;
        return topic.kind == ZL_TOPIC_ACCT && zl_state_owns(engine, topic.id)
                       ? &engine->acct_holes[topic.id]
                       : NULL;
}

/* False: the topic's streams were whole. */
static bool fill_holes(struct zl_engine *engine, struct zl_topic topic)
{
        uint32_t *holes = holes_of(engine, topic), count = engine->streams_by_topic.count;
        bool any = false;

        for (uint32_t i = 0; holes && *holes && i < count; i++) {
                struct zl_stream *stream = &engine->streams[i];
                if (!stream->holed || stream->topic.kind != topic.kind ||
                    stream->topic.id != topic.id)
                        continue;
                stream->holed = false;
                --*holes;
                any = true;
        }
        return any;
}

static void say_whole(struct zl_engine *engine, struct zl_topic topic)
{
        say_of(engine, topic, 0, ZL_ALERT_KIND_GAP, ": whole again");
        if (topic.kind != ZL_TOPIC_CTRL || engine->ctrl_holes > 0)
                return;
        for (uint32_t row = 0; row < engine->pool_rows.fresh; row++) {
                if (engine->pools[row].account != ZL_NONE_AT)
                        zl_queue_pool(engine, row);
        }
}

/* The restatement that ends here had no hole: it began behind the last `synced`, or with the
 * epoch. A topic has one writer at a time: what another one missed before is repaired too, as its
 * source may never come back. */
static void repair(struct zl_engine *engine, struct zl_topic topic)
{
        if (fill_holes(engine, topic))
                say_whole(engine, topic);
}

void zl_stream_repaired(struct zl_engine *engine, struct zl_topic topic)
{
        fill_holes(engine, topic);
        say_whole(engine, topic);
}

/* ---- frames ---- */

static bool is_old_epoch(struct zl_engine *engine, struct zl_stream *stream,
                         const struct zl_header *header)
{
        if (header->epoch >= stream->epoch)
                return false;
        engine->counters.old_epochs++;
        if (!stream->old_said)
                say_of(engine, header->topic, 0, ZL_ALERT_KIND_EPOCH,
                       ": a frame of an epoch that is over was refused");
        stream->old_said = true;
        return true;
}

bool zl_stream_accept(struct zl_engine *engine, const struct zl_header *header)
{
        engine->frame_after_gap = false;
        if (between_workers(header->topic.kind))
                return true;
        struct zl_stream *stream = zl_stream_of(engine, header->src, header->topic);
        if (!stream) {
                engine->counters.refused++;
                if (!engine->streams_full_said)
                        zl_alert_all(engine, ZL_ALERT_KIND_CAPACITY, NULL,
                                     "no room for more streams or sources: raise streams_max");
                engine->streams_full_said = true;
                return false;
        }
        if (is_old_epoch(engine, stream, header))
                return false;
        bool same = header->epoch == stream->epoch;
        if (same && stream->heard && header->seq <= stream->seq) {
                engine->counters.duplicates++;
                return false;
        }
        bool skips = same && header->seq > stream->seq + 1;
        bool hole = stream->heard && (skips || !same);
        engine->counters.gaps += hole && same ? header->seq - stream->seq - 1 : 0;
        engine->frame_after_gap = hole || stream->torn;
        if (hole || !stream->heard) /* an epoch begins with a restatement */
                stream->whole = (!stream->heard || !same) && header->seq == 1;
        stream->heard = true;
        stream->old_said = stream->torn = false;
        stream->epoch = header->epoch;
        stream->seq = header->seq;
        if (hole)
                lose(engine, stream, header->topic, 0);
        return true;
}

void zl_stream_synced(struct zl_engine *engine, const struct zl_header *header)
{
        struct zl_stream *stream = zl_stream_find(engine, header->src, header->topic);

        if (!stream)
                return;
        if (stream->whole)
                repair(engine, header->topic);
        stream->whole = true;
}

/* ---- beats ---- */

/* Whether this engine listens to the topic, so that not to have heard of it is a loss. */
static bool concerns(const struct zl_engine *engine, struct zl_topic topic)
{
        switch (topic.kind) {
        case ZL_TOPIC_ACCT:
        case ZL_TOPIC_EXEC:
                return zl_state_owns(engine, topic.id);
        case ZL_TOPIC_CTRL:
        case ZL_TOPIC_FUND:
        case ZL_TOPIC_MARK:
        case ZL_TOPIC_RATE:
                return true;
        default:
                return false;
        }
}

static bool is_heard(const struct zl_stream *stream, const struct zl_row_moved *row)
{
        return stream->heard && (row->epoch < stream->epoch ||
                                 (row->epoch == stream->epoch && row->seq <= stream->seq));
}

static void take_moved(struct zl_engine *engine, uint32_t src, const struct zl_row_moved *row,
                       uint64_t rank)
{
        struct zl_topic topic;

        if (!zl_topic_parse(row->topic, strlen(row->topic), &topic) || row->seq == 0 ||
            !concerns(engine, topic))
                return;
        struct zl_stream *stream = zl_stream_of(engine, src, topic);
        if (!stream || is_heard(stream, row))
                return;
        bool same = stream->heard && row->epoch == stream->epoch;
        engine->counters.gaps += same ? row->seq - stream->seq : row->seq;
        stream->heard = stream->torn = true;
        stream->whole = true; /* no beat comes amid a restatement */
        stream->epoch = row->epoch;
        stream->seq = row->seq;
        lose(engine, stream, topic, rank);
}

void zl_stream_beat(struct zl_engine *engine, const struct zl_header *header,
                    const struct zl_msg_beat *said)
{
        for (uint32_t i = 0; i < said->topics_count; i++)
                take_moved(engine, header->src, &said->topics[i], i + 1);
}
