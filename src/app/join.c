#include "app/join.h"

#include "app/clock.h"

#include <zeroline/frame.h>

#include <stdlib.h>
#include <string.h>

enum {
        BEAT_WAIT_MS = 2000, /* for every source to be heard */
        ASK_AGAIN_MS = 1000,
        TURN_MS = 10,
        WINDOW = 8, /* partitions asked for at once */
        SOURCES_MAX = 16,
        FRAMES_A_TURN = 4096, /* from one source, before the journal and the time have theirs */
};

#define HEARD_MAX ((size_t)1 << 30) /* bytes of frames that came meanwhile: more wait too long */

/* Frames one behind the other, each behind its length. */
struct frames {
        uint8_t *bytes;
        size_t size, capacity;
        uint64_t count;
};

enum progress { TO_ASK, ASKED, HERE, NOTHING };

struct partition {
        uint32_t number, parts;
        enum progress progress;
        uint64_t request, asked_ns;
        struct frames frames;
};

struct job {
        const struct zl_join *join;
        struct zl_message *message;
        struct partition *partitions;
        uint32_t count, done;
        struct frames heard;
        bool *beaten; /* a beat was heard there */
        uint64_t requests;
        bool failed;
};

static void keep(struct job *job, struct frames *frames, const uint8_t *frame, size_t size)
{
        uint32_t length = (uint32_t)size;

        if (frames->capacity - frames->size < size + sizeof length) {
                size_t capacity = 2 * frames->capacity + size + 4096;
                uint8_t *bytes = realloc(frames->bytes, capacity);
                if (!bytes) {
                        job->failed = true;
                        return;
                }
                frames->bytes = bytes;
                frames->capacity = capacity;
        }
        memcpy(frames->bytes + frames->size, &length, sizeof length);
        memcpy(frames->bytes + frames->size + sizeof length, frame, size);
        frames->size += sizeof length + size;
        frames->count++;
}

static void give(const struct zl_join *join, const struct frames *frames)
{
        uint32_t length;

        for (size_t at = 0; at < frames->size; at += sizeof length + length) {
                memcpy(&length, frames->bytes + at, sizeof length);
                join->take(join->context, frames->bytes + at + sizeof length, length);
        }
}

/* ---- sources ---- */

static void hear(struct job *job)
{
        for (uint32_t i = 0; i < job->join->sources_count; i++) {
                struct zl_frame_reader reader;
                const uint8_t *frame;
                size_t size;
                for (uint32_t n = 0; n < FRAMES_A_TURN; n++) {
                        if (zl_socket_receive(job->join->sources[i], &frame, &size) != ZL_OK)
                                break;
                        keep(job, &job->heard, frame, size);
                        job->beaten[i] |= zl_frame_open(&reader, frame, size) == ZL_OK &&
                                          reader.header.topic.kind == ZL_TOPIC_BEAT;
                }
        }
}

static bool all_beaten(const struct job *job)
{
        for (uint32_t i = 0; i < job->join->sources_count; i++) {
                if (!job->beaten[i])
                        return false;
        }
        return true;
}

static bool goes_on(const struct job *job, uint64_t end_ns)
{
        return !job->failed && !atomic_load(job->join->stop) && zl_ticks_ns() < end_ns &&
               job->heard.size < HEARD_MAX;
}

static void wait_a_turn(struct job *job)
{
        struct zl_socket *sockets[SOURCES_MAX + 1] = {job->join->journal};
        uint32_t count = job->join->sources_count;

        for (uint32_t i = 0; i < count; i++)
                sockets[i + 1] = job->join->sources[i];
        zl_socket_wait(sockets, count + 1, -1, TURN_MS);
}

/* ---- the journal ---- */

static void ask(struct job *job, struct partition *partition)
{
        struct zl_header header = {.topic = {ZL_TOPIC_SNAP, partition->number},
                                   .src = job->join->config->src,
                                   .epoch = job->join->config->epoch,
                                   .seq = ++job->requests,
                                   .ts_ns = zl_now_ns()};
        struct zl_msg_snapshot_get said = {.partition = partition->number,
                                           .request = job->requests};
        struct zl_frame_writer writer;
        uint8_t frame[256];
        size_t size;

        partition->progress = ASKED;
        partition->request = job->requests;
        partition->asked_ns = zl_ticks_ns();
        partition->frames.size = partition->frames.count = 0;
        zl_frame_begin(&writer, frame, sizeof frame, &header);
        zl_frame_add_as(&writer, ZL_TYPE_SNAPSHOT_GET, &said);
        if (zl_frame_end(&writer, &size) == ZL_OK)
                (void)!zl_socket_send(job->join->journal, frame, size, false); /* or asked again */
}

/* What comes to an earlier request is of another state. */
static struct partition *find(struct job *job, const struct zl_msg_snapshot_part *said)
{
        for (uint32_t i = 0; i < job->count; i++) {
                struct partition *partition = &job->partitions[i];
                if (partition->number == said->partition && partition->progress == ASKED &&
                    partition->request == said->request)
                        return partition;
        }
        return NULL;
}

/* An answer that comes too late, or a part that does not follow, is asked for again. */
static void take_part(struct job *job, const uint8_t *frame, size_t size)
{
        const struct zl_msg_snapshot_part *said = &job->message->snapshot_part;
        struct zl_frame_reader reader;

        if (zl_frame_open(&reader, frame, size) != ZL_OK ||
            zl_frame_next(&reader, job->message) != ZL_OK ||
            job->message->type != ZL_TYPE_SNAPSHOT_PART)
                return;
        struct partition *partition = find(job, said);
        if (!partition)
                return;
        if (said->parts == 0) {
                partition->progress = NOTHING;
                job->done++;
                return;
        }
        if (said->part == 0)
                partition->frames.size = partition->frames.count = 0;
        if (said->part != partition->frames.count)
                return;
        partition->asked_ns = zl_ticks_ns();
        keep(job, &partition->frames, frame, size);
        if (said->part + 1 < said->parts)
                return;
        partition->progress = HERE;
        job->done++;
}

static void ask_all(struct job *job)
{
        uint64_t now_ns = zl_ticks_ns();
        uint32_t open = 0;

        for (uint32_t i = 0; i < job->count && open < WINDOW; i++) {
                struct partition *partition = &job->partitions[i];
                bool late = now_ns >= partition->asked_ns + ASK_AGAIN_MS * 1000000u;
                if (partition->progress == TO_ASK || (partition->progress == ASKED && late))
                        ask(job, partition);
                open += partition->progress == ASKED;
        }
}

static void fetch(struct job *job)
{
        uint64_t end_ns = zl_ticks_ns() + job->join->wait_ms * 1000000u;
        const uint8_t *frame;
        size_t size;

        while (job->done < job->count && goes_on(job, end_ns)) {
                ask_all(job);
                wait_a_turn(job);
                while (zl_socket_receive(job->join->journal, &frame, &size) == ZL_OK)
                        take_part(job, frame, size);
                hear(job);
        }
}

/* ---- all of it ---- */

static bool prepare(struct job *job, const struct zl_engine_config *config)
{
        for (uint32_t i = 0; i < config->owned_count; i++)
                job->count += config->owned[i].last - config->owned[i].first + 1;
        job->message = malloc(sizeof *job->message);
        job->partitions = calloc(job->count, sizeof *job->partitions);
        job->beaten = calloc(job->join->sources_count + 1, sizeof *job->beaten);
        if (!job->message || !job->partitions || !job->beaten)
                return false;
        uint32_t at = 0;
        for (uint32_t i = 0; i < config->owned_count; i++) {
                for (uint32_t p = config->owned[i].first; p <= config->owned[i].last; p++)
                        job->partitions[at++].number = p;
        }
        return true;
}

static void hand_over(struct job *job, struct zl_join_result *ret_result)
{
        for (uint32_t i = 0; i < job->count; i++) {
                bool here = job->partitions[i].progress == HERE;
                if (here)
                        give(job->join, &job->partitions[i].frames);
                ret_result->joined += here;
                ret_result->without += !here;
        }
        ret_result->buffered = job->heard.count;
        give(job->join, &job->heard);
}

enum zl_err zl_join(const struct zl_join *join, struct zl_join_result *ret_result)
{
        struct job job = {.join = join};
        uint64_t end_ns = zl_ticks_ns() + BEAT_WAIT_MS * 1000000u;

        *ret_result = (struct zl_join_result){0};
        job.failed = !prepare(&job, join->config);
        while (goes_on(&job, end_ns) && !all_beaten(&job)) {
                wait_a_turn(&job);
                hear(&job);
        }
        fetch(&job);
        if (!job.failed)
                hand_over(&job, ret_result);
        for (uint32_t i = 0; job.partitions && i < job.count; i++)
                free(job.partitions[i].frames.bytes);
        free(job.heard.bytes);
        free(job.partitions);
        free(job.beaten);
        free(job.message);
        return job.failed ? ZL_ERR_SYSTEM : ZL_OK;
}
