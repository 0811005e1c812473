#include "app/replay/replay.h"

#include "app/replay/bring.h"
#include "app/replay/cause.h"
#include "app/clock.h"
#include "app/replay/compare.h"
#include "app/replay/progress.h"
#include "app/say.h"
#include "app/replay/seek.h"
#include "app/stop.h"
#include "codec/json.h"

#include <stdlib.h>

enum {
        ROOM = 8 << 20,          /* of a batch; what is in use of it stays in a cache */
        ROOM_THREADS = 64 << 20, /* several meet behind each batch: it is worth their while */
};

struct job {
        const struct zl_replay *replay;
        struct zl_replay_result result;
        struct zl_batch batch;
        struct zl_engines *engines;
        struct zl_compare compare;
        struct zl_progress_line progress;
        struct zl_filter filter;
        struct zl_point to;
        struct zl_tempo tempo;
        bool armed;       /* predicates are asked */
        bool learns;      /* units, as it goes */
        uint64_t stop_at; /* behind this message */
        struct zl_scales *scales;
        struct zl_message *message;
        char *line;
};

/* ---- telling ---- */

static bool between_workers(const struct zl_said_item *item)
{
        return item->kind == ZL_RECORD_INTERNAL;
}

static enum zl_err print(struct job *job, const struct zl_said_item *item,
                         const struct zl_header *header)
{
        struct zl_text text = zl_text_over(job->line, ZL_JSON_LINE_MAX);

        zl_json_message(&text, job->scales, header, job->message);
        zl_text_put(&text, ",\"at\":");
        zl_text_u64(&text, item->at);
        zl_json_close(&text);
        zl_text_char(&text, '\n');
        if (!text.full && fwrite(text.data, 1, text.size, stdout) == text.size)
                return ZL_OK;
        zl_say_errno("cannot print");
        return ZL_ERR_SYSTEM;
}

/* Counts an output's messages, prints them, asks whether to stop. */
static enum zl_err tell(struct job *job, const struct zl_said_item *item, const uint8_t *frame)
{
        const struct zl_replay *replay = job->replay;
        bool prints = replay->json && (!between_workers(item) || replay->internal);
        struct zl_frame_reader reader;
        enum zl_err err = zl_frame_open(&reader, frame, item->size);

        while (err == ZL_OK && zl_frame_next(&reader, job->message) == ZL_OK) {
                zl_tally_count(&job->result.tally, job->message);
                for (uint32_t i = 0; job->armed && i < replay->untils_count; i++) {
                        if (zl_until_said(&replay->untils[i], job->message))
                                job->stop_at = item->at;
                }
                if (prints && zl_filter_passes(&job->filter, &reader.header, job->message))
                        err = print(job, item, &reader.header);
        }
        return err;
}

static enum zl_err tell_batch(struct job *job)
{
        const struct zl_batch *batch = &job->batch;
        const struct zl_said_item *item;
        const uint8_t *frame;
        enum zl_err err = ZL_OK;

        while (err == ZL_OK && (item = zl_engines_next(job->engines, &frame)) != NULL) {
                if (item->at > job->stop_at)
                        return ZL_OK;
                job->result.outputs++;
                err = tell(job, item, frame);
                zl_compare_said(&job->compare, batch, item, frame);
        }
        if (err == ZL_OK && job->stop_at == UINT64_MAX && batch->count)
                zl_compare_up_to(&job->compare, batch->frames[batch->count - 1].place.record);
        return err;
}

/* The batch's states that stand before the replay's end; a difference, unless an output differed
 * before it. */
static void tell_states(struct job *job)
{
        const struct zl_states_difference *difference = zl_engines_state(job->engines);
        struct zl_replay_result *result = &job->result;

        if (result->state_differs)
                return;
        for (uint32_t i = 0; i < job->batch.parts_count; i++) {
                const struct zl_tape_part *part = &job->batch.parts[i].part;
                if (difference && part->number == difference->record)
                        break;
                result->states += part->at == 0 && part->messages <= job->stop_at;
        }
        if (!difference || difference->messages > job->stop_at ||
            (job->compare.differs && job->compare.first_record < difference->record))
                return;
        zl_progress_hide(&job->progress);
        zl_states_say(difference);
        result->state_differs = true;
        result->first_record = difference->record;
}

/* ---- hearing ---- */

/* What a batch says of units; at which message it meets a predicate. */
static void look(struct job *job)
{
        const struct zl_replay *replay = job->replay;

        for (uint32_t i = 0; job->learns && i < job->batch.count; i++) {
                const struct zl_batch_frame *frame = &job->batch.frames[i];
                const struct zl_message *message = zl_batch_first(&job->batch, frame);
                for (uint32_t k = 0; k < frame->messages; k++, message = zl_batch_next(message)) {
                        uint64_t at = frame->place.at + k;
                        zl_scales_learn(job->scales, message);
                        for (uint32_t u = 0; job->armed && u < replay->untils_count; u++) {
                                if (at < job->stop_at &&
                                    zl_until_heard(&replay->untils[u], job->scales, message))
                                        job->stop_at = at;
                        }
                }
        }
}

static bool any_ratio(const void *context, const struct zl_run *run,
                      const struct zl_message *message)
{
        const struct job *job = context;
        bool any = false;

        for (uint32_t i = 0; job->armed && i < job->replay->untils_count; i++) {
                const struct zl_until *until = &job->replay->untils[i];
                any |= until->kind == ZL_UNTIL_RATIO && zl_until_ratio(until, run, message);
        }
        return any;
}

static void show_progress(struct job *job)
{
        zl_progress_show(&job->progress, job->batch.bytes, zl_tape_size(job->batch.tape),
                         job->batch.messages, "messages");
}

static bool failed(const struct job *job)
{
        if (zl_engines_failed(job->engines))
                zl_say("out of memory");
        return zl_engines_failed(job->engines);
}

static bool heard_before(void *context)
{
        struct job *job = context;

        look(job);
        show_progress(job);
        if (failed(job))
                return false;
        if (job->replay->before) {
                zl_progress_hide(&job->progress);
                if (tell_batch(job) != ZL_OK)
                        return false;
        }
        tell_states(job);
        return !zl_stopped();
}

/* What the messages before the state said of units is asked of the engine. */
static void begun_with(void *context, const struct zl_tape_state *state)
{
        struct job *job = context;

        job->result.skipped = state->messages;
        job->result.state = state->number;
        zl_seek_learn(zl_engines_first(job->engines), job->scales);
}

static void count_heard(struct job *job)
{
        struct zl_replay_result *result = &job->result;

        for (uint32_t i = 0; i < job->batch.count; i++) {
                const struct zl_batch_frame *frame = &job->batch.frames[i];
                if (frame->place.at > job->stop_at)
                        return;
                result->frames += frame->first == 0;
                uint64_t most = job->stop_at - frame->place.at;
                result->messages += frame->messages <= most ? frame->messages : most + 1;
        }
}

static bool may_go_on(const struct job *job)
{
        const struct zl_replay *replay = job->replay;

        return job->stop_at == UINT64_MAX && !zl_stopped() &&
               ((!job->compare.differs && !job->result.state_differs) || replay->go_on ||
                replay->json);
}

static enum zl_err run_batch(struct job *job)
{
        if (job->batch.count)
                zl_tempo_wait(&job->tempo, job->batch.frames[0].place.time_ns);
        zl_engines_run(job->engines, &job->batch);
        look(job);
        uint64_t stopped_at = zl_engines_stopped(job->engines);
        if (stopped_at < job->stop_at)
                job->stop_at = stopped_at;
        if (failed(job))
                return ZL_ERR_SYSTEM;
        enum zl_err err = tell_batch(job);
        tell_states(job);
        count_heard(job);
        if (job->tempo.kind != ZL_TEMPO_MOST)
                fflush(stdout);
        return err;
}

/* ---- all of it ---- */

/* To the point, from the last state before it unless what stands before is asked for. */
static enum zl_err bring(struct job *job, struct zl_point *from)
{
        const struct zl_bring bring = {.batch = &job->batch,
                                       .engines = job->engines,
                                       .point = from,
                                       .from_begin = job->replay->from_begin ||
                                                     job->replay->before,
                                       .heard = heard_before,
                                       .begun = begun_with,
                                       .context = job};

        return zl_bring(&bring);
}

static enum zl_err begin(struct job *job)
{
        const struct zl_replay *replay = job->replay;
        struct zl_point from = replay->from;

        if (!replay->has_from)
                return ZL_OK;
        enum zl_err err = bring(job, &from);
        if (err == ZL_ERR_END) {
                zl_progress_hide(&job->progress);
                zl_say("%s: the tape ends before --from", replay->path);
                return ZL_ERR_INVALID;
        }
        if (err != ZL_OK)
                return err;
        if (!replay->before)
                zl_compare_begin(&job->compare, job->batch.held.number);
        if (from.kind == ZL_POINT_TIME && job->to.kind == ZL_POINT_SPAN)
                job->to.base_ns = from.value;
        job->result.before = job->batch.messages;
        return ZL_OK;
}

static enum zl_err run_all(struct job *job)
{
        enum zl_err err = begin(job);
        uint64_t begun_ns = zl_ticks_ns();

        job->armed = true;
        while (err == ZL_OK && may_go_on(job)) {
                err = zl_batch_read(&job->batch, &job->to);
                if (err == ZL_OK)
                        err = run_batch(job);
                show_progress(job);
        }
        job->result.ran_ns = zl_ticks_ns() - begun_ns;
        zl_progress_hide(&job->progress);
        if (err == ZL_ERR_END)
                zl_compare_up_to(&job->compare,
                                 job->batch.holds ? job->batch.held.number : UINT64_MAX);
        return err == ZL_ERR_END || zl_stopped() ? ZL_OK : err;
}

static enum zl_err open_all(struct job *job)
{
        const struct zl_replay *replay = job->replay;
        const struct zl_batch_settings settings = {
                .path = replay->path,
                .room = replay->threads > 1 ? ROOM_THREADS : ROOM,
                .one_frame = replay->tempo.kind != ZL_TEMPO_MOST,
        };

        bool ratio = false;
        job->learns = replay->json;
        for (uint32_t i = 0; i < replay->untils_count; i++) {
                ratio |= replay->untils[i].kind == ZL_UNTIL_RATIO;
                job->learns |= replay->untils[i].kind == ZL_UNTIL_MARK;
        }
        enum zl_err err = zl_batch_open(&job->batch, &settings);
        if (err == ZL_OK)
                err = zl_compare_open(&job->compare, replay->path);
        if (err == ZL_OK)
                err = zl_engines_open(&job->batch, replay->threads, ratio ? any_ratio : NULL, job,
                                      &job->engines);
        if (err == ZL_OK && zl_engines_count(job->engines) == 1)
                err = zl_batch_show_states(&job->batch);
        if (err == ZL_OK)
                job->filter.partitions_all = zl_engines_partitions(job->engines);
        return err;
}

static void conclude(struct job *job)
{
        struct zl_replay_result *result = &job->result;
        const struct zl_compare *compare = &job->compare;

        result->bad_frames = job->batch.bad_frames;
        result->compared = compare->compared;
        result->missing = compare->missing;
        result->recorded = compare->recorded.any;
        result->differs = compare->differs || result->state_differs;
        result->first_output = compare->first_output;
        if (!result->state_differs)
                result->first_record = compare->first_record;
        result->stopped = job->stop_at != UINT64_MAX;
        result->stop_at = job->stop_at;
}

enum zl_err zl_replay(const struct zl_replay *replay, struct zl_replay_result *ret_result)
{
        struct job job = {.replay = replay,
                          .filter = replay->filter,
                          .to = replay->to,
                          .tempo = replay->tempo,
                          .stop_at = UINT64_MAX,
                          .scales = zl_scales_open(),
                          .message = malloc(sizeof *job.message),
                          .line = malloc(ZL_JSON_LINE_MAX)};
        enum zl_err err = ZL_ERR_SYSTEM;

        if (replay->progress)
                zl_progress_open(&job.progress);
        if (!job.scales || !job.message || !job.line)
                zl_say("out of memory");
        else
                err = open_all(&job);
        if (err == ZL_OK)
                err = run_all(&job);
        conclude(&job);
        zl_engines_close(job.engines);
        zl_compare_close(&job.compare);
        zl_batch_close(&job.batch);
        zl_scales_close(job.scales);
        free(job.message);
        free(job.line);
        *ret_result = job.result;
        return err;
}
