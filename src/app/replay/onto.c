#include "app/replay/onto.h"

#include "app/clock.h"
#include "app/replay/engines.h"
#include "app/replay/progress.h"
#include "app/say.h"
#include "app/stop.h"
#include "bus/socket.h"

#include <stdio.h>

enum { ROOM = 8 << 20 };

struct job {
        const struct zl_onto *onto;
        struct zl_batch batch;
        struct zl_bus *bus;
        struct zl_socket *socket;
        struct zl_filter filter;
        struct zl_tempo tempo;
        struct zl_progress_line progress;
        uint64_t sent, passed_over;
};

static bool on_tapes_only(enum zl_topic_kind kind)
{
        return kind == ZL_TOPIC_TIME || kind == ZL_TOPIC_TAPE || kind == ZL_TOPIC_SNAP;
}

/* A frame goes as it is when one of its messages passes. */
static bool passes(const struct job *job, const struct zl_batch_frame *frame)
{
        const struct zl_message *message = zl_batch_first(&job->batch, frame);
        const struct zl_header *header = &frame->place.header;
        bool any = false;

        for (uint32_t i = 0; i < frame->messages && !any; i++, message = zl_batch_next(message))
                any = zl_filter_passes(&job->filter, header, message);
        return any && !on_tapes_only(header->topic.kind);
}

/* A subscriber that is behind is waited for; a pause of a millisecond costs nothing then. */
static enum zl_err send_frame(struct job *job, const struct zl_batch_frame *frame)
{
        const struct timespec pause = {.tv_nsec = 1000000};
        enum zl_err err;

        while ((err = zl_socket_send(job->socket, frame->bytes, frame->size, false)) ==
                       ZL_ERR_FULL &&
               !zl_stopped())
                nanosleep(&pause, NULL);
        job->sent += err == ZL_OK;
        if (err != ZL_ERR_SYSTEM)
                return ZL_OK;
        zl_progress_hide(&job->progress);
        zl_say_errno("cannot send to %s", job->onto->endpoint);
        return err;
}

static enum zl_err send(struct job *job)
{
        enum zl_err err = ZL_OK;

        for (uint32_t i = 0; i < job->batch.count && err == ZL_OK && !zl_stopped(); i++) {
                const struct zl_batch_frame *frame = &job->batch.frames[i];
                if (frame->first > 0)
                        continue; /* the rest of one that was judged by its beginning */
                zl_tempo_wait(&job->tempo, frame->place.time_ns);
                if (passes(job, frame) && !zl_stopped())
                        err = send_frame(job, frame);
                else
                        job->passed_over++;
                zl_progress_show(&job->progress, job->batch.bytes, zl_tape_size(job->batch.tape),
                                 job->sent, "frames");
        }
        return err;
}

static void await_peers(struct job *job)
{
        uint64_t left = job->onto->peers;
        const uint8_t *data;
        size_t size;

        while (left && !zl_stopped()) {
                zl_socket_wait(&job->socket, 1, -1, 500);
                while (left && zl_socket_receive(job->socket, &data, &size) == ZL_OK)
                        left -= size > 0 && data[0] == 1;
        }
}

/* What stands before `from` is read and not sent. */
static enum zl_err skip(struct job *job)
{
        struct zl_point from = job->onto->replay->from;
        enum zl_err err = ZL_OK;

        while (err == ZL_OK && job->onto->replay->has_from)
                err = zl_batch_read(&job->batch, &from);
        if (err == ZL_ERR_END && !job->batch.holds) {
                zl_say("%s: the tape ends before --from", job->onto->replay->path);
                return ZL_ERR_INVALID;
        }
        return err == ZL_ERR_END ? ZL_OK : err;
}

static enum zl_err run_all(struct job *job)
{
        const struct zl_replay *replay = job->onto->replay;
        struct zl_point to = replay->to;
        enum zl_err err = skip(job);

        if (replay->from.kind == ZL_POINT_TIME && to.kind == ZL_POINT_SPAN)
                to.base_ns = replay->from.value;
        while (err == ZL_OK && !zl_stopped()) {
                err = zl_batch_read(&job->batch, &to);
                if (err == ZL_OK)
                        err = send(job);
        }
        zl_progress_hide(&job->progress);
        return err == ZL_ERR_END ? ZL_OK : err;
}

static enum zl_err open_all(struct job *job)
{
        const struct zl_onto *onto = job->onto;
        const struct zl_batch_settings settings = {.path = onto->replay->path, .room = ROOM};
        struct zl_engine_config config;
        struct zl_net net = *onto->net;
        enum zl_err err = zl_batch_open(&job->batch, &settings);

        net.nothing_lost = true;
        if (err == ZL_OK)
                err = zl_engines_config(&job->batch, &config);
        if (err == ZL_OK)
                job->filter.partitions_all = config.partitions;
        if (err == ZL_OK)
                err = zl_net_open(&net, &job->bus);
        if (err == ZL_OK)
                err = zl_socket_open(job->bus, ZL_SOCKET_XPUB, onto->endpoint, &job->socket);
        return err;
}

enum zl_exit zl_replay_onto(const struct zl_onto *onto)
{
        struct job job = {.onto = onto,
                          .filter = onto->replay->filter,
                          .tempo = onto->replay->tempo};
        enum zl_err err = open_all(&job);
        enum zl_exit code = zl_net_exit(err);
        uint64_t begun_ns = 0;

        if (err == ZL_OK) {
                await_peers(&job);
                if (onto->replay->progress)
                        zl_progress_open(&job.progress);
                begun_ns = zl_ticks_ns();
                err = run_all(&job);
                code = err == ZL_OK ? ZL_EXIT_OK : ZL_EXIT_FAILED;
        }
        double seconds = 1e-9 * (double)(zl_ticks_ns() - begun_ns);
        if (begun_ns)
                printf("%llu frames sent, %llu passed over, %.2f s, %.0f frames/s\n",
                       (unsigned long long)job.sent, (unsigned long long)job.passed_over, seconds,
                       (double)job.sent / seconds);
        zl_socket_close(job.socket, onto->linger_ms);
        zl_bus_close(job.bus);
        zl_batch_close(&job.batch);
        return code;
}
