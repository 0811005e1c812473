#include "app/journal/serve.h"

#include "app/clock.h"
#include "core/stream.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
        PART_BYTES = 256 << 10,
        REQUESTS_A_TURN = 16,
        STATES_A_TURN = 2,  /* each costs a pass over all accounts */
        JOBS_A_PEER = 16,
        PATIENCE_MS = 10000, /* with a peer that takes no part */
};

enum zl_err zl_serve_open(struct zl_serve *serve, struct zl_bus *bus, const char *endpoint)
{
        *serve = (struct zl_serve){.message = malloc(sizeof *serve->message)};
        if (!serve->message)
                return ZL_ERR_SYSTEM;
        return zl_socket_open(bus, ZL_SOCKET_ROUTER, endpoint, &serve->socket);
}

void zl_serve_close(struct zl_serve *serve)
{
        for (uint32_t i = 0; i < ZL_SERVE_JOBS_MAX; i++)
                free(serve->jobs[i].bytes);
        free(serve->message);
        zl_frames_free(&serve->frames);
        zl_socket_close(serve->socket, 0);
}

/* ---- parts ---- */

/* What the state goes up to: the partition's streams first, then what all depend on, then what else
 * all share, as far as there is room. */
static void add_streams(const struct zl_engine *engine, uint32_t partition,
                        struct zl_msg_snapshot_part *part)
{
        for (uint32_t turn = 0; turn < 3; turn++) {
                for (uint32_t i = 0; i < engine->streams_by_topic.count; i++) {
                        const struct zl_stream *stream = &engine->streams[i];
                        bool of_one = stream->topic.kind == ZL_TOPIC_ACCT ||
                                      stream->topic.kind == ZL_TOPIC_EXEC;
                        bool ours = of_one && stream->topic.id == partition;
                        bool control = stream->topic.kind == ZL_TOPIC_CTRL;
                        bool wanted = turn == 0   ? ours
                                      : turn == 1 ? control
                                                  : !of_one && !control;
                        if (!wanted || part->streams_count == ZL_COUNT(part->streams))
                                continue;
                        struct zl_row_position_in_stream *row =
                                &part->streams[part->streams_count++];
                        *row = (struct zl_row_position_in_stream){
                                .src = stream->src, .epoch = stream->epoch, .seq = stream->seq};
                        zl_topic_format(stream->topic, row->topic);
                }
        }
}

static enum zl_err send_part(struct zl_serve *serve, struct zl_journal *journal,
                             const struct zl_serve_job *job, uint64_t now_ns)
{
        static uint8_t frame[ZL_FRAME_SIZE_MAX];
        struct zl_header header = {.topic = {ZL_TOPIC_SNAP, job->partition},
                                   .src = journal->src,
                                   .epoch = journal->epoch,
                                   .seq = ++serve->seq,
                                   .ts_ns = now_ns};
        struct zl_msg_snapshot_part *part = &serve->message->snapshot_part;
        struct zl_frame_writer writer;
        size_t from = (size_t)job->part * PART_BYTES, size = 0;
        size_t left = job->size > from ? job->size - from : 0;

        zl_message_init(serve->message, ZL_TYPE_SNAPSHOT_PART);
        part->partition = job->partition;
        part->request = job->request;
        part->part = job->part;
        part->parts = job->parts;
        part->data = job->bytes ? job->bytes + from : NULL;
        part->data_size = (uint32_t)(left < PART_BYTES ? left : PART_BYTES);
        part->digest = XXH3_64bits(part->data, part->data_size);
        if (job->part == 0 && job->parts)
                add_streams(journal->run.engine, job->partition, part);
        zl_frame_begin(&writer, frame, sizeof frame, &header);
        zl_frame_add(&writer, serve->message);
        if (zl_frame_end(&writer, &size) != ZL_OK)
                return ZL_ERR_END;
        return zl_socket_send_to(serve->socket, &job->peer, frame, size);
}

static void send_parts(struct zl_serve *serve, struct zl_journal *journal,
                       struct zl_serve_job *job, uint64_t now_ns)
{
        enum zl_err err = ZL_OK;

        while (job->part < job->parts &&
               (err = send_part(serve, journal, job, now_ns)) == ZL_OK) {
                job->part++;
                job->moved_ns = zl_ticks_ns();
        }
        if (err == ZL_ERR_FULL && zl_ticks_ns() < job->moved_ns + PATIENCE_MS * 1000000ull)
                return;
        if (err == ZL_ERR_FULL)
                err = ZL_ERR_END;
        serve->served += err == ZL_OK;
        serve->gone += err == ZL_ERR_END;
        free(job->bytes);
        job->bytes = NULL;
}

/* The first part says how far the state goes: while it does not go, the state is taken anew. */
static void go_on(struct zl_serve *serve, struct zl_journal *journal, struct zl_serve_job *job,
                  uint64_t now_ns)
{
        if (job->part == 0) {
                free(job->bytes);
                job->bytes = zl_journal_state(journal, job->partition, &job->size);
                job->parts = (uint32_t)((job->size + PART_BYTES - 1) / PART_BYTES);
        }
        if (job->bytes)
                send_parts(serve, journal, job, now_ns);
        else
                serve->refused++; /* a hole meanwhile: it is asked again */
}

/* ---- requests ---- */

static bool same_peer(const struct zl_peer *a, const struct zl_peer *b)
{
        return a->size == b->size && memcmp(a->name, b->name, a->size) == 0;
}

/* NULL: there is none, or none for this peer. */
static struct zl_serve_job *free_job(struct zl_serve *serve, const struct zl_peer *peer)
{
        struct zl_serve_job *free_one = NULL;
        uint32_t its_own = 0;

        for (uint32_t i = 0; i < ZL_SERVE_JOBS_MAX; i++) {
                if (!serve->jobs[i].bytes)
                        free_one = &serve->jobs[i];
                else
                        its_own += same_peer(&serve->jobs[i].peer, peer);
        }
        return its_own < JOBS_A_PEER ? free_one : NULL;
}

static void take_request(struct zl_serve *serve, struct zl_journal *journal,
                         const struct zl_peer *peer, uint64_t now_ns)
{
        const struct zl_msg_snapshot_get *said = &serve->message->snapshot_get;
        struct zl_serve_job *job = free_job(serve, peer);
        struct zl_serve_job none = {.peer = *peer,
                                    .partition = said->partition,
                                    .request = said->request,
                                    .moved_ns = zl_ticks_ns()};

        if (job) {
                *job = none;
                job->bytes = zl_journal_state(journal, job->partition, &job->size);
                job->parts = (uint32_t)((job->size + PART_BYTES - 1) / PART_BYTES);
        }
        if (job && job->bytes) {
                send_parts(serve, journal, job, now_ns);
                return;
        }
        serve->refused++;
        if (send_part(serve, journal, &none, now_ns) != ZL_OK)
                serve->gone++;
}

/* ---- frames ---- */

/* How far the journal is in the epoch: UINT64_MAX when that is over. */
static uint64_t known_of(const struct zl_stream *stream, uint64_t epoch)
{
        if (!stream || !stream->heard || stream->epoch < epoch)
                return 0;
        return stream->epoch == epoch ? stream->seq : UINT64_MAX;
}

/* From `first` on, in their order, as many as one part holds. */
static void add_frames(const struct zl_journal *journal, uint32_t stream,
                       const struct zl_msg_frames_get *said, struct zl_frames *frames,
                       struct zl_msg_frames_part *part)
{
        const struct zl_recent *recent = &journal->recent;
        uint64_t number = zl_recent_find(recent, stream, said->of_epoch, said->first);
        const struct zl_recent_entry *entry;

        for (; (entry = zl_recent_entry(recent, number)); number = entry->next) {
                if (entry->epoch != said->of_epoch || entry->seq > said->last)
                        return;
                if ((frames->count && frames->size + entry->size > PART_BYTES) ||
                    zl_frames_keep(frames, zl_recent_frame(recent, entry), entry->size) != ZL_OK) {
                        part->upto = entry->seq - 1;
                        part->more = true;
                        return;
                }
        }
}

static enum zl_err send_frames(struct zl_serve *serve, struct zl_journal *journal,
                               const struct zl_peer *peer, const struct zl_msg_frames_get *said,
                               uint64_t now_ns)
{
        static uint8_t frame[ZL_FRAME_SIZE_MAX];
        const struct zl_engine *engine = journal->run.engine;
        struct zl_header header = {.topic = {ZL_TOPIC_SNAP, said->partition},
                                   .src = journal->src,
                                   .epoch = journal->epoch,
                                   .seq = ++serve->seq,
                                   .ts_ns = now_ns};
        struct zl_msg_frames_part part = {.partition = said->partition, .request = said->request};
        struct zl_stream *stream = NULL;
        struct zl_frame_writer writer;
        struct zl_topic topic;
        size_t size = 0;

        if (zl_topic_parse(said->of_topic, strlen(said->of_topic), &topic))
                stream = zl_stream_find(engine, said->of_src, topic);
        part.upto = known_of(stream, said->of_epoch);
        if (part.upto > said->last)
                part.upto = said->last;
        zl_frames_clear(&serve->frames);
        if (stream)
                add_frames(journal, (uint32_t)(stream - engine->streams), said, &serve->frames,
                           &part);
        part.frames = serve->frames.bytes;
        part.frames_size = (uint32_t)serve->frames.size;
        zl_frame_begin(&writer, frame, sizeof frame, &header);
        zl_frame_add_as(&writer, ZL_TYPE_FRAMES_PART, &part);
        if (zl_frame_end(&writer, &size) != ZL_OK) { /* one that fills a frame by itself */
                part.frames_size = 0;
                serve->frames.count = 0;
                zl_frame_begin(&writer, frame, sizeof frame, &header);
                zl_frame_add_as(&writer, ZL_TYPE_FRAMES_PART, &part);
                if (zl_frame_end(&writer, &size) != ZL_OK)
                        return ZL_ERR_END;
        }
        serve->frames_given += serve->frames.count;
        return zl_socket_send_to(serve->socket, peer, frame, size);
}

static void take_asked(struct zl_serve *serve, struct zl_journal *journal,
                       const struct zl_peer *peer, uint64_t now_ns)
{
        struct zl_msg_frames_get frames = serve->message->frames_get;

        switch (serve->message->type) {
        case ZL_TYPE_SNAPSHOT_GET:
                take_request(serve, journal, peer, now_ns);
                break;
        case ZL_TYPE_FRAMES_GET:
                if (send_frames(serve, journal, peer, &frames, now_ns) != ZL_OK)
                        serve->gone++; /* it asks again */
                break;
        default:
                serve->bad_frames++;
        }
}

void zl_serve_work(struct zl_serve *serve, struct zl_journal *journal, uint64_t now_ns)
{
        struct zl_frame_reader reader;
        struct zl_peer peer;
        const uint8_t *frame;
        size_t size;

        uint32_t states = 0;

        for (uint32_t i = 0; i < ZL_SERVE_JOBS_MAX && states < STATES_A_TURN; i++) {
                struct zl_serve_job *job = &serve->jobs[serve->turn++ % ZL_SERVE_JOBS_MAX];
                if (!job->bytes)
                        continue;
                states += job->part == 0;
                go_on(serve, journal, job, now_ns);
        }
        for (int i = 0; i < REQUESTS_A_TURN; i++) {
                if (zl_socket_receive_from(serve->socket, &peer, &frame, &size) != ZL_OK)
                        return;
                if (zl_frame_open(&reader, frame, size) != ZL_OK ||
                    zl_frame_next(&reader, serve->message) != ZL_OK)
                        serve->bad_frames++;
                else
                        take_asked(serve, journal, &peer, now_ns);
        }
}
