#include "app/journal/fill.h"

#include "app/clock.h"
#include "app/say.h"
#include "core/stream.h"

#include <stdlib.h>
#include <string.h>

enum {
        AGAIN_MS = 20,   /* when the other journal is behind, too */
        REPEAT_MS = 250, /* when it says nothing */
        PROBE_MS = 1000, /* while it is silent */
};

#define HELD_MAX ((size_t)64 << 20) /* bytes of one source: more wait too long */

enum zl_err zl_fill_open(struct zl_fill *fill, struct zl_journal *journal, struct zl_bus *bus,
                         const char *peer, uint64_t wait_ms)
{
        *fill = (struct zl_fill){.journal = journal,
                                 .wait_ms = wait_ms,
                                 .next_stream = peer ? 0 : UINT32_MAX};
        if (!peer)
                return ZL_OK;
        fill->message = malloc(sizeof *fill->message);
        if (!fill->message)
                return ZL_ERR_SYSTEM;
        return zl_socket_open(bus, ZL_SOCKET_DEALER, peer, &fill->peer);
}

static void keep(struct zl_fill *fill, const uint8_t *frame, size_t size, uint64_t now_ns)
{
        zl_journal_take(fill->journal, frame, size, now_ns);
}

void zl_fill_close(struct zl_fill *fill, uint64_t now_ns)
{
        for (uint32_t i = 0; i < fill->sources_count; i++) {
                struct zl_fill_source *source = &fill->sources[i];
                const uint8_t *frame;
                uint32_t size;
                while ((frame = zl_frames_next(&source->held, &source->cursor, &size)))
                        keep(fill, frame, size, now_ns);
                zl_frames_free(&source->held);
        }
        zl_socket_close(fill->peer, 0);
        free(fill->message);
        *fill = (struct zl_fill){0};
}

/* ---- is something missing before this frame? ---- */

/* Of a stream that was heard: what was not is no gap of this journal's. */
static bool missed(const struct zl_engine *engine, uint32_t src, struct zl_topic topic,
                   uint64_t epoch, uint64_t upto, struct zl_fill_gap *ret_gap)
{
        const struct zl_stream *stream = zl_stream_find(engine, src, topic);

        if (!stream || !stream->heard || epoch < stream->epoch)
                return false;
        uint64_t next = epoch == stream->epoch ? stream->seq + 1 : 1;
        if (next > upto)
                return false;
        *ret_gap = (struct zl_fill_gap){
                .src = src, .topic = topic, .epoch = epoch, .next = next, .last = upto};
        return true;
}

static bool missed_by_beat(struct zl_fill *fill, struct zl_frame_reader *reader, uint32_t *rows,
                           struct zl_fill_gap *ret_gap)
{
        const struct zl_engine *engine = fill->journal->run.engine;
        const struct zl_msg_beat *beat = &fill->message->beat;
        struct zl_topic topic;
        uint32_t at = 0;

        while (zl_frame_next(reader, fill->message) == ZL_OK) {
                for (uint32_t i = 0; fill->message->type == ZL_TYPE_BEAT && i < beat->topics_count;
                     i++) {
                        const struct zl_row_moved *row = &beat->topics[i];
                        if (at++ < *rows ||
                            !zl_topic_parse(row->topic, strlen(row->topic), &topic))
                                continue;
                        *rows = at;
                        if (missed(engine, reader->header.src, topic, row->epoch, row->seq,
                                   ret_gap))
                                return true;
                }
        }
        *rows = UINT32_MAX;
        return false;
}

/* The next gap that the frame shows behind the first `rows`. */
static bool shows_gap(struct zl_fill *fill, const uint8_t *frame, size_t size, uint32_t *rows,
                      struct zl_fill_gap *ret_gap)
{
        const struct zl_engine *engine = fill->journal->run.engine;
        struct zl_frame_reader reader;

        if (*rows == UINT32_MAX || zl_frame_open(&reader, frame, size) != ZL_OK)
                return false;
        const struct zl_header *header = &reader.header;
        if (header->topic.kind == ZL_TOPIC_BEAT)
                return missed_by_beat(fill, &reader, rows, ret_gap);
        *rows = UINT32_MAX;
        return header->seq > 0 && missed(engine, header->src, header->topic, header->epoch,
                                         header->seq - 1, ret_gap);
}

/* ---- asking ---- */

/* Asked again, the same question has the same number: a slow answer is one. */
static void ask(struct zl_fill *fill, struct zl_fill_gap *gap, bool again)
{
        bool of_one = gap->topic.kind == ZL_TOPIC_ACCT || gap->topic.kind == ZL_TOPIC_EXEC;
        struct zl_msg_frames_get said = {.partition = of_one ? gap->topic.id : 0,
                                         .request = again ? gap->request : ++fill->requests,
                                         .of_src = gap->src,
                                         .of_epoch = gap->epoch,
                                         .first = gap->next,
                                         .last = gap->last};
        struct zl_header header = {.topic = {ZL_TOPIC_SNAP, said.partition},
                                   .src = fill->journal->src,
                                   .epoch = fill->journal->epoch,
                                   .seq = fill->requests,
                                   .ts_ns = zl_now_ns()};
        struct zl_frame_writer writer;
        uint8_t frame[256];
        size_t size;

        zl_topic_format(gap->topic, said.of_topic);
        gap->request = said.request;
        gap->asked_ns = zl_ticks_ns();
        gap->again_ns = gap->asked_ns + REPEAT_MS * 1000000u;
        zl_frame_begin(&writer, frame, sizeof frame, &header);
        zl_frame_add_as(&writer, ZL_TYPE_FRAMES_GET, &said);
        if (zl_frame_end(&writer, &size) == ZL_OK)
                (void)!zl_socket_send(fill->peer, frame, size, false); /* or asked again */
}

static void open_gap(struct zl_fill *fill, struct zl_fill_gap *gap)
{
        gap->open = true;
        gap->since_ns = zl_ticks_ns();
        ask(fill, gap, false);
}

static void close_gap(struct zl_fill *fill, struct zl_fill_gap *gap)
{
        char name[ZL_TOPIC_SIZE + 1];

        if (!gap->open)
                return;
        gap->open = false;
        if (gap->last != UINT64_MAX && gap->next <= gap->last)
                gap->lacking += gap->last - gap->next + 1;
        fill->filled += gap->filled;
        fill->lacking += gap->lacking;
        zl_topic_format(gap->topic, name);
        if ((gap->filled || gap->lacking) && zl_pace_may(&fill->words))
                zl_say("%s of source %u: %llu missed frames were filled from the other journal, "
                       "%llu stay missed",
                       name, gap->src, (unsigned long long)gap->filled,
                       (unsigned long long)gap->lacking);
}

/* ---- answers ---- */

/* The next frame of the gap, or a later one when the other journal lacks some: they stay missed. */
static void take_frame(struct zl_fill *fill, struct zl_fill_gap *gap, const uint8_t *frame,
                       size_t size, uint64_t now_ns)
{
        struct zl_frame_reader reader;

        if (zl_frame_check(frame, size, fill->message, &reader) != ZL_OK)
                return;
        const struct zl_header *header = &reader.header;
        if (header->src != gap->src || header->topic.kind != gap->topic.kind ||
            header->topic.id != gap->topic.id || header->epoch != gap->epoch ||
            header->seq < gap->next || header->seq > gap->last)
                return;
        uint64_t seq = header->seq;
        keep(fill, frame, size, now_ns);
        gap->filled++;
        gap->lacking += seq - gap->next;
        gap->next = seq + 1;
}

static void take_frames(struct zl_fill *fill, struct zl_fill_gap *gap, const uint8_t *bytes,
                        size_t size, uint64_t now_ns)
{
        uint32_t length;

        for (size_t at = 0; size - at >= sizeof length; at += length) {
                length = (uint32_t)bytes[at] | (uint32_t)bytes[at + 1] << 8 |
                         (uint32_t)bytes[at + 2] << 16 | (uint32_t)bytes[at + 3] << 24;
                at += sizeof length;
                if (length > size - at)
                        return;
                take_frame(fill, gap, bytes + at, length, now_ns);
        }
}

static void take_part(struct zl_fill *fill, struct zl_fill_gap *gap,
                      const struct zl_msg_frames_part *said, uint64_t now_ns)
{
        uint64_t upto = said->upto < gap->last ? said->upto : gap->last, next = gap->next;
        bool more = said->more;

        take_frames(fill, gap, said->frames, said->frames_size, now_ns);
        gap->answered = true;
        if (more && upto >= next) {
                gap->lacking += upto + 1 - gap->next; /* none of them, up to there */
                gap->next = upto + 1;
                gap->since_ns = zl_ticks_ns();
                ask(fill, gap, false);
        } else if (upto == gap->last || gap->last == UINT64_MAX || gap->next > gap->last) {
                close_gap(fill, gap);
        } else { /* it is not so far yet */
                gap->again_ns = zl_ticks_ns() + AGAIN_MS * 1000000u;
        }
}

static struct zl_fill_gap *gap_of(struct zl_fill *fill, uint64_t request)
{
        if (fill->start.open && fill->start.request == request)
                return &fill->start;
        for (uint32_t i = 0; i < fill->sources_count; i++) {
                struct zl_fill_gap *gap = &fill->sources[i].gap;
                if (gap->open && gap->request == request)
                        return gap;
        }
        return NULL;
}

static uint32_t hear(struct zl_fill *fill, uint64_t now_ns)
{
        struct zl_frame_reader reader;
        const uint8_t *frame;
        size_t size;
        uint32_t heard = 0;

        for (; zl_socket_receive(fill->peer, &frame, &size) == ZL_OK; heard++) {
                if (zl_frame_open(&reader, frame, size) != ZL_OK ||
                    zl_frame_next(&reader, fill->message) != ZL_OK ||
                    fill->message->type != ZL_TYPE_FRAMES_PART)
                        continue;
                const struct zl_msg_frames_part said = fill->message->frames_part;
                struct zl_fill_gap *gap = gap_of(fill, said.request);
                if (fill->silent && fill->behind)
                        fill->next_stream = 0;
                fill->silent = false;
                if (gap)
                        take_part(fill, gap, &said, now_ns);
        }
        return heard;
}

/* ---- who does not answer is not waited for ---- */

/* Whether it is there again: what it says to that is of no use by itself. */
static void probe(struct zl_fill *fill)
{
        struct zl_fill_gap nothing = {.topic = {ZL_TOPIC_CTRL, 0}, .next = 1};

        if (!fill->silent || zl_ticks_ns() < fill->probed_ns + PROBE_MS * 1000000u)
                return;
        fill->probed_ns = zl_ticks_ns();
        ask(fill, &nothing, false);
}

static void give_up(struct zl_fill *fill)
{
        fill->silent = true;
        fill->behind |= fill->next_stream != UINT32_MAX || fill->start.open;
        fill->next_stream = UINT32_MAX;
        close_gap(fill, &fill->start);
        for (uint32_t i = 0; i < fill->sources_count; i++)
                close_gap(fill, &fill->sources[i].gap);
}

static void look_at(struct zl_fill *fill, struct zl_fill_gap *gap)
{
        uint64_t ticks_ns = zl_ticks_ns();

        if (!gap->open || ticks_ns < gap->again_ns)
                return;
        if (ticks_ns < gap->since_ns + fill->wait_ms * 1000000u) {
                ask(fill, gap, true);
        } else if (gap->answered) {
                close_gap(fill, gap);
        } else {
                if (zl_pace_may(&fill->words))
                        zl_say("the other journal does not answer: what is missed stays a hole");
                give_up(fill);
        }
}

/* ---- at the start ---- */

static bool is_kept(enum zl_topic_kind kind)
{
        switch (kind) {
        case ZL_TOPIC_CTRL:
        case ZL_TOPIC_RATE:
        case ZL_TOPIC_MARK:
        case ZL_TOPIC_ACCT:
        case ZL_TOPIC_EXEC:
        case ZL_TOPIC_FUND:
        case ZL_TOPIC_BOOK:
                return true;
        default:
                return false;
        }
}

/* What came while this journal was not there, a stream at a time. */
static void catch_up(struct zl_fill *fill)
{
        const struct zl_engine *engine = fill->journal->run.engine;

        while (fill->next_stream != UINT32_MAX && !fill->start.open) {
                const struct zl_stream *stream = &engine->streams[fill->next_stream++];
                if (fill->next_stream > engine->streams_by_topic.count) {
                        fill->next_stream = UINT32_MAX;
                        fill->behind = false;
                } else if (stream->heard && is_kept(stream->topic.kind)) {
                        fill->start = (struct zl_fill_gap){.src = stream->src,
                                                           .topic = stream->topic,
                                                           .epoch = stream->epoch,
                                                           .next = stream->seq + 1,
                                                           .last = UINT64_MAX};
                        open_gap(fill, &fill->start);
                }
        }
}

/* ---- what is held back ---- */

static bool waits(const struct zl_fill *fill, const struct zl_fill_source *source)
{
        return source->gap.open || fill->next_stream != UINT32_MAX || fill->start.open;
}

/* It came with what was filled. */
static bool is_kept_already(const struct zl_fill *fill, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;

        if (zl_frame_open(&reader, frame, size) != ZL_OK)
                return false;
        const struct zl_header *header = &reader.header;
        const struct zl_stream *stream =
                zl_stream_find(fill->journal->run.engine, header->src, header->topic);
        return stream && stream->heard && header->epoch == stream->epoch &&
               header->seq <= stream->seq;
}

static bool drain(struct zl_fill *fill, struct zl_fill_source *source, uint64_t now_ns)
{
        struct zl_fill_gap gap;
        const uint8_t *frame;
        uint32_t size;
        size_t behind = source->cursor;
        bool any = false;

        while (!waits(fill, source) && (frame = zl_frames_next(&source->held, &behind, &size))) {
                if (shows_gap(fill, frame, size, &source->rows, &gap) && !fill->silent) {
                        source->gap = gap;
                        open_gap(fill, &source->gap);
                        break;
                }
                if (!is_kept_already(fill, frame, size))
                        keep(fill, frame, size, now_ns);
                source->cursor = behind;
                source->rows = 0;
                any = true;
        }
        if (source->cursor == source->held.size) {
                zl_frames_clear(&source->held);
                source->cursor = 0;
        }
        return any;
}

static struct zl_fill_source *source_of(struct zl_fill *fill, uint32_t src)
{
        for (uint32_t i = 0; i < fill->sources_count; i++) {
                if (fill->sources[i].src == src)
                        return &fill->sources[i];
        }
        if (fill->sources_count == ZL_FILL_SOURCES_MAX)
                return NULL;
        fill->sources[fill->sources_count] = (struct zl_fill_source){.src = src};
        return &fill->sources[fill->sources_count++];
}

void zl_fill_take(struct zl_fill *fill, const uint8_t *frame, size_t size, uint64_t now_ns)
{
        struct zl_fill_source *source = NULL;
        struct zl_frame_reader reader;
        struct zl_fill_gap gap;

        if (fill->peer && zl_frame_open(&reader, frame, size) == ZL_OK)
                source = source_of(fill, reader.header.src);
        if (!source) {
                keep(fill, frame, size, now_ns);
                return;
        }
        if (!waits(fill, source) && source->held.size == 0) {
                source->rows = 0;
                if (!shows_gap(fill, frame, size, &source->rows, &gap) || fill->silent) {
                        keep(fill, frame, size, now_ns);
                        return;
                }
                source->gap = gap;
                open_gap(fill, &source->gap);
        }
        if (source->held.size <= HELD_MAX && zl_frames_keep(&source->held, frame, size) == ZL_OK)
                return;
        give_up(fill);
        drain(fill, source, now_ns);
        keep(fill, frame, size, now_ns);
}

bool zl_fill_work(struct zl_fill *fill, uint64_t now_ns)
{
        bool more = false;

        if (!fill->peer)
                return false;
        more |= hear(fill, now_ns) > 0;
        probe(fill);
        catch_up(fill);
        look_at(fill, &fill->start);
        for (uint32_t i = 0; i < fill->sources_count; i++) {
                look_at(fill, &fill->sources[i].gap);
                more |= drain(fill, &fill->sources[i], now_ns);
        }
        return more;
}
