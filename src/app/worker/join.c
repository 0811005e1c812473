#include "app/worker/join.h"

#include "app/clock.h"

#include <stdlib.h>

enum {
        BEAT_WAIT_MS = 2000, /* for every source to be heard */
        TURN_MS = 10,
        WINDOW = 8, /* partitions asked for at once */
        SOURCES_MAX = 16,
        FRAMES_A_TURN = 4096, /* from one source, before the journal and the time have theirs */
};

#define HEARD_MAX ((size_t)1 << 30) /* bytes of frames that came meanwhile: more wait too long */

struct job {
        const struct zl_join *join;
        struct zl_message *message;
        struct zl_ask *asks; /* one a partition */
        uint32_t count, done;
        struct zl_frames heard;
        bool *beaten; /* a beat was heard there */
        bool failed;
};

static void give(const struct zl_join *join, const struct zl_frames *frames)
{
        const uint8_t *frame;
        size_t cursor = 0;
        uint32_t size;

        while ((frame = zl_frames_next(frames, &cursor, &size)))
                join->take(join->context, frame, size);
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
                        job->failed |= zl_frames_keep(&job->heard, frame, size) != ZL_OK;
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
        struct zl_socket *sockets[SOURCES_MAX + 1] = {job->join->asker->journal};
        uint32_t count = job->join->sources_count;

        for (uint32_t i = 0; i < count; i++)
                sockets[i + 1] = job->join->sources[i];
        zl_socket_wait(sockets, count + 1, -1, TURN_MS);
}

/* ---- the journal ---- */

static void ask_all(struct job *job)
{
        uint64_t now_ns = zl_ticks_ns();
        uint32_t open = 0;

        for (uint32_t i = 0; i < job->count && open < WINDOW; i++) {
                struct zl_ask *ask = &job->asks[i];
                if (ask->progress == ZL_ASK_TO_DO || zl_ask_is_late(ask, now_ns))
                        zl_ask_send(ask, job->join->asker);
                open += ask->progress == ZL_ASK_SENT;
        }
}

static void fetch(struct job *job)
{
        uint64_t end_ns = zl_ticks_ns() + job->join->wait_ms * 1000000u;
        struct zl_ask *done;
        const uint8_t *frame;
        size_t size;

        while (job->done < job->count && goes_on(job, end_ns)) {
                ask_all(job);
                wait_a_turn(job);
                while (zl_socket_receive(job->join->asker->journal, &frame, &size) == ZL_OK) {
                        job->failed |= zl_ask_take(job->asks, job->count, frame, size,
                                                   job->message, &done) != ZL_OK;
                        job->done += done != NULL;
                }
                hear(job);
        }
}

/* ---- all of it ---- */

static bool prepare(struct job *job, const struct zl_engine_config *config)
{
        for (uint32_t i = 0; i < config->owned_count; i++)
                job->count += config->owned[i].last - config->owned[i].first + 1;
        job->message = malloc(sizeof *job->message);
        job->asks = calloc(job->count, sizeof *job->asks);
        job->beaten = calloc(job->join->sources_count + 1, sizeof *job->beaten);
        if (!job->message || !job->asks || !job->beaten)
                return false;
        uint32_t at = 0;
        for (uint32_t i = 0; i < config->owned_count; i++) {
                for (uint32_t p = config->owned[i].first; p <= config->owned[i].last; p++)
                        job->asks[at++].partition = p;
        }
        return true;
}

static void hand_over(struct job *job, struct zl_join_result *ret_result)
{
        for (uint32_t i = 0; i < job->count; i++) {
                bool here = job->asks[i].progress == ZL_ASK_HERE;
                if (here)
                        give(job->join, &job->asks[i].frames);
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
        for (uint32_t i = 0; job.asks && i < job.count; i++)
                zl_frames_free(&job.asks[i].frames);
        zl_frames_free(&job.heard);
        free(job.asks);
        free(job.beaten);
        free(job.message);
        return job.failed ? ZL_ERR_SYSTEM : ZL_OK;
}
