#include "app/replay.h"

#include "app/run.h"
#include "app/said.h"
#include "app/say.h"
#include "app/states.h"
#include "codec/json.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
        BATCH = 2048, /* records between two meetings of the threads */
        THREADS_MAX = 64,
        LINE_SIZE = 1 << 20,
        PARTITIONS_DEFAULT = 256,
};

/* One frame from outside and the number of its first message. */
struct input {
        const uint8_t *frame;
        uint32_t size;
        uint64_t at;
};

/* One engine, its share of the partitions, and what it said to the batch. */
struct lane {
        struct job *job;
        struct zl_run run;
        struct zl_said said;
        size_t cursor; /* of the merge */
};

struct job {
        const struct zl_replay *replay;
        struct zl_replay_result result;
        struct zl_tape_reader *tape;
        enum zl_err end; /* what ended the reading; it is told once what came before has run */
        struct input inputs[BATCH];
        uint32_t inputs_count;
        struct zl_tape_record recorded[BATCH];
        uint32_t recorded_count;
        struct { struct zl_tape_record record; uint32_t input; } parts[BATCH]; /* of states */
        uint32_t parts_count, parts_done;
        struct zl_states states;
        struct zl_said waiting; /* said, not compared yet: its record comes with a later batch */
        struct lane lanes[THREADS_MAX];
        uint32_t lanes_count;
        struct zl_scales *scales;
        struct zl_message *message;
        char *line;
};

/* ---- reading ---- */

static void complain_damage(const struct job *job)
{
        zl_say("%s: %s; what stands behind it was not replayed", job->replay->path,
               zl_tape_why(job->tape));
}

/* Counts a frame's messages and learns their scales. */
static void survey(struct job *job, const struct zl_tape_record *record)
{
        struct zl_frame_reader reader;
        char why[200];

        if (zl_frame_check(record->frame, record->frame_size, job->message, &reader) != ZL_OK) {
                if (job->result.bad_frames++ == 0)
                        zl_say("%s: record %llu does not decode and is passed over, as it was when "
                               "it came: %s",
                               job->replay->path, (unsigned long long)record->number,
                               zl_frame_error(&reader, why, sizeof why));
                return;
        }
        job->inputs[job->inputs_count++] = (struct input){
                record->frame, record->frame_size, job->result.messages};
        job->result.messages += reader.messages;
        if (zl_frame_open(&reader, record->frame, record->frame_size) != ZL_OK)
                return;
        while (zl_frame_next(&reader, job->message) == ZL_OK)
                zl_scales_learn(job->scales, job->message);
}

static bool is_head(const struct zl_tape_record *record)
{
        struct zl_frame_reader reader;

        return zl_frame_open(&reader, record->frame, record->frame_size) == ZL_OK &&
               reader.header.topic.kind == ZL_TOPIC_TAPE;
}

/* Reads the next batch. ZL_ERR_END when nothing was left; what is damaged ends it too. */
static enum zl_err read_batch(struct job *job)
{
        struct zl_tape_record record;
        enum zl_err err = ZL_OK;
        uint32_t count = 0;

        if (job->end != ZL_OK)
                return job->end;
        job->inputs_count = job->recorded_count = job->parts_count = job->parts_done = 0;
        zl_tape_forget(job->tape);
        for (; count < BATCH; count++) {
                err = zl_tape_next(job->tape, &record);
                if (err == ZL_ERR_DAMAGED)
                        complain_damage(job);
                else if (err == ZL_ERR_SYSTEM)
                        zl_say_errno("cannot read %s", job->replay->path);
                if (err != ZL_OK)
                        break;
                if (record.kind == ZL_RECORD_IN) {
                        job->result.frames++;
                        survey(job, &record);
                } else if (record.kind == ZL_RECORD_STATE) {
                        job->parts[job->parts_count].input = job->inputs_count;
                        job->parts[job->parts_count++].record = record;
                } else if (!is_head(&record)) {
                        job->recorded[job->recorded_count++] = record;
                }
        }
        job->end = err;
        return count ? ZL_OK : err;
}

/* ---- running ---- */

/* The states that stand before the next input. One engine has all of them; several share them. */
static void compare_states(struct job *job, struct lane *lane, uint32_t input)
{
        for (; job->parts_done < job->parts_count && job->parts[job->parts_done].input == input;
             job->parts_done++) {
                const struct zl_tape_record *record = &job->parts[job->parts_done].record;
                struct zl_tape_part part;
                if (job->result.differs || !zl_tape_part_get(record, &part))
                        continue;
                job->result.differs = !zl_states_same(&job->states, &lane->run, record);
                job->result.states += part.at == 0;
        }
}

static void *run_lane(void *argument)
{
        struct lane *lane = argument;
        struct job *job = lane->job;
        struct zl_frame_reader reader;

        for (uint32_t i = 0; i < job->inputs_count; i++) {
                if (job->lanes_count == 1)
                        compare_states(job, lane, i);
                const struct input *input = &job->inputs[i];
                uint64_t at = input->at;
                enum zl_err err = zl_frame_open(&reader, input->frame, input->size);
                for (uint32_t place = 0; err == ZL_OK; place++, at++) {
                        err = zl_frame_next(&reader, lane->run.message);
                        lane->said.at = at;
                        if (err == ZL_OK)
                                zl_run_message(&lane->run, &reader.header, place, lane->run.message,
                                               zl_said_hear, &lane->said);
                }
        }
        if (job->lanes_count == 1)
                compare_states(job, lane, job->inputs_count);
        return NULL;
}

static bool run_batch(struct job *job)
{
        pthread_t threads[THREADS_MAX];
        uint32_t started = 1;

        for (uint32_t i = 0; i < job->lanes_count; i++) {
                zl_said_clear(&job->lanes[i].said);
                job->lanes[i].cursor = 0;
        }
        for (; started < job->lanes_count; started++) {
                if (pthread_create(&threads[started], NULL, run_lane, &job->lanes[started]) != 0)
                        break;
        }
        run_lane(&job->lanes[0]);
        for (uint32_t i = 1; i < started; i++)
                pthread_join(threads[i], NULL);
        if (started < job->lanes_count)
                zl_say("cannot start %u threads", job->lanes_count);
        return started == job->lanes_count;
}

/* The next thing said by any lane: by message, then by account. NULL: all are done. */
static const struct zl_said_item *next_said(struct job *job)
{
        struct lane *first = NULL;
        const struct zl_said_item *least = NULL;

        for (uint32_t i = 0; i < job->lanes_count; i++) {
                struct lane *lane = &job->lanes[i];
                const struct zl_said_item *item = zl_said_item(&lane->said, lane->cursor);
                if (item && (!least || item->at < least->at ||
                             (item->at == least->at && item->rank < least->rank))) {
                        least = item;
                        first = lane;
                }
        }
        if (first)
                first->cursor++;
        return least;
}

/* ---- telling ---- */

static bool between_workers(const struct zl_said_item *item)
{
        return item->kind == ZL_RECORD_INTERNAL;
}

static enum zl_err print_said(struct job *job, const struct zl_said_item *item,
                              const uint8_t *frame)
{
        struct zl_frame_reader reader;
        enum zl_err err = zl_frame_open(&reader, frame, item->size);

        if (!job->replay->json || (between_workers(item) && !job->replay->internal))
                return ZL_OK;
        while (err == ZL_OK && (err = zl_frame_next(&reader, job->message)) == ZL_OK) {
                struct zl_text text = zl_text_over(job->line, LINE_SIZE);
                zl_scales_learn(job->scales, job->message);
                zl_json_message(&text, job->scales, &reader.header, job->message);
                zl_text_put(&text, ",\"at\":");
                zl_text_u64(&text, item->at);
                zl_json_close(&text);
                if (text.full || puts(job->line) == EOF) {
                        zl_say_errno("cannot print");
                        return ZL_ERR_SYSTEM;
                }
        }
        return ZL_OK;
}

static void print_frame(struct job *job, const char *whose, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;
        enum zl_err err = zl_frame_open(&reader, frame, size);

        while (err == ZL_OK && (err = zl_frame_next(&reader, job->message)) == ZL_OK) {
                struct zl_text text = zl_text_over(job->line, LINE_SIZE);
                zl_json_message(&text, job->scales, &reader.header, job->message);
                zl_json_close(&text);
                fprintf(stderr, "  %s %s\n", whose, job->line);
        }
}

static void report_difference(struct job *job, const struct zl_said_item *item,
                              const uint8_t *frame, const struct zl_tape_record *record)
{
        job->result.differs = true;
        if (item) {
                zl_say("output %llu differs, at message %llu:",
                       (unsigned long long)job->result.compared, (unsigned long long)item->at);
                print_frame(job, "replayed", frame, item->size);
        } else {
                zl_say("output %llu was recorded and is not said again:",
                       (unsigned long long)job->result.compared);
        }
        print_frame(job, "recorded", record->frame, record->frame_size);
}

/* Holds what was said against the records, each in its order. */
static void compare(struct job *job)
{
        size_t at = 0;

        for (uint32_t i = 0; i < job->recorded_count && !job->result.differs; i++) {
                const struct zl_tape_record *record = &job->recorded[i];
                const struct zl_said_item *item = zl_said_item(&job->waiting, at);
                const uint8_t *frame = item ? zl_said_frame(&job->waiting, item) : NULL;
                job->result.recorded = true;
                if (!item || item->size != record->frame_size ||
                    memcmp(frame, record->frame, item->size) != 0) {
                        report_difference(job, item, frame, record);
                        return;
                }
                job->result.compared++;
                at++;
        }
        zl_said_drop(&job->waiting, at);
}

static enum zl_err tell_batch(struct job *job)
{
        const struct zl_said_item *item;

        while ((item = next_said(job)) != NULL) {
                const struct lane *lane = job->lanes;
                while (!zl_said_owns(&lane->said, item))
                        lane++;
                const uint8_t *frame = zl_said_frame(&lane->said, item);
                job->result.outputs++;
                enum zl_err err = print_said(job, item, frame);
                if (err != ZL_OK)
                        return err;
                zl_said_copy(&job->waiting, item, frame);
        }
        compare(job);
        if (job->waiting.failed)
                zl_say("out of memory");
        return job->waiting.failed ? ZL_ERR_SYSTEM : ZL_OK;
}

/* ---- setting up ---- */

/* Looks for P in one frame: what the tape's head or a cluster message says. True: look no further.
 */
static bool find_config(struct job *job, const struct zl_tape_record *record,
                        struct zl_engine_config *config)
{
        struct zl_frame_reader reader;

        if (zl_frame_open(&reader, record->frame, record->frame_size) != ZL_OK)
                return false;
        enum zl_topic_kind kind = reader.header.topic.kind;
        if (kind == ZL_TOPIC_ACCT)
                return true; /* from here on P stands */
        while ((kind == ZL_TOPIC_TAPE || kind == ZL_TOPIC_CTRL) &&
               zl_frame_next(&reader, job->message) == ZL_OK) {
                if (job->message->type == ZL_TYPE_TAPE && record->number == 0) {
                        *config = zl_run_config_of(&job->message->tape);
                        return true;
                }
                if (job->message->type == ZL_TYPE_CLUSTER) {
                        config->partitions = job->message->cluster.partitions;
                        return true;
                }
        }
        return false;
}

static enum zl_err rewind_tape(struct job *job)
{
        enum zl_err err = zl_tape_rewind(job->tape);

        if (err != ZL_OK)
                zl_say_errno("cannot read %s again", job->replay->path);
        return err;
}

/* What the tape's first record says, or the defaults; P from its first cluster message. */
static enum zl_err config_of_tape(struct job *job, struct zl_engine_config *ret_config)
{
        struct zl_engine_config config = zl_run_config_default();
        struct zl_tape_record record;

        while (zl_tape_next(job->tape, &record) == ZL_OK && !find_config(job, &record, &config))
                zl_tape_forget(job->tape);
        if (config.partitions == 0 || config.partitions > ZL_PARTITIONS_MAX)
                config.partitions = PARTITIONS_DEFAULT;
        if (config.owned_count == 0) {
                config.owned_count = 1;
                config.owned[0] = (struct zl_partition_range){0, config.partitions - 1};
        }
        *ret_config = config;
        return rewind_tape(job);
}

/* The k-th of n shares of the partitions. */
static struct zl_engine_config share_of(const struct zl_engine_config *all, uint32_t k, uint32_t n)
{
        struct zl_engine_config config = *all;
        uint32_t first = (uint32_t)((uint64_t)all->partitions * k / n);
        uint32_t last = (uint32_t)((uint64_t)all->partitions * (k + 1) / n) - 1;

        config.owned_count = 0;
        for (uint32_t i = 0; i < all->owned_count; i++) {
                struct zl_partition_range part = all->owned[i];
                part.first = part.first > first ? part.first : first;
                part.last = part.last < last ? part.last : last;
                if (part.first <= part.last)
                        config.owned[config.owned_count++] = part;
        }
        return config;
}

/* A fund's coordinator and the partitions it asks speak to each other after every message: such a
 * tape runs in one engine. */
static enum zl_err find_funds(struct job *job, bool *ret_found)
{
        struct zl_tape_record record;
        struct zl_frame_reader reader;
        bool found = false;

        while (!found && zl_tape_next(job->tape, &record) == ZL_OK) {
                found = record.kind == ZL_RECORD_IN &&
                        zl_frame_open(&reader, record.frame, record.frame_size) == ZL_OK &&
                        reader.header.topic.kind == ZL_TOPIC_FUND;
                zl_tape_forget(job->tape);
        }
        *ret_found = found;
        return rewind_tape(job);
}

static enum zl_err open_lanes(struct job *job)
{
        struct zl_engine_config all;
        uint32_t threads = job->replay->threads;
        bool funds = false;
        enum zl_err err = config_of_tape(job, &all);

        if (err == ZL_OK && threads > 1)
                err = find_funds(job, &funds);
        if (err != ZL_OK)
                return err;
        if (funds)
                threads = 1;
        if (threads > THREADS_MAX)
                threads = THREADS_MAX;
        if (threads > all.partitions)
                threads = all.partitions;
        for (uint32_t i = 0; i < threads; i++) {
                struct zl_engine_config config = share_of(&all, i, threads);
                struct lane *lane = &job->lanes[job->lanes_count];
                if (config.owned_count == 0)
                        continue;
                lane->job = job;
                err = zl_run_open(&lane->run, &config);
                if (err != ZL_OK)
                        return err;
                job->lanes_count++;
        }
        return ZL_OK;
}

static enum zl_err open_tape(struct job *job)
{
        enum zl_err err = zl_tape_open(job->replay->path, &job->tape);

        if (err == ZL_OK)
                zl_tape_show_states(job->tape);
        if (err == ZL_ERR_INVALID)
                zl_say("%s is not a tape; `zeroline encode -o TAPE` makes one of JSON lines",
                       job->replay->path);
        else if (err != ZL_OK)
                zl_say_errno("cannot open %s", job->replay->path);
        return err;
}

static enum zl_err run_all(struct job *job)
{
        enum zl_err err = open_tape(job);

        if (err == ZL_OK)
                err = open_lanes(job);
        while (err == ZL_OK && !job->result.differs) {
                err = read_batch(job);
                if (err == ZL_OK && !run_batch(job))
                        err = ZL_ERR_SYSTEM;
                if (err == ZL_OK)
                        err = tell_batch(job);
        }
        job->result.missing = job->result.recorded ? job->waiting.count : 0;
        if (err == ZL_ERR_END && zl_tape_torn(job->tape))
                zl_say("%s: the last %llu bytes are a torn record and left out", job->replay->path,
                       (unsigned long long)zl_tape_torn(job->tape));
        return err == ZL_ERR_END ? ZL_OK : err;
}

enum zl_err zl_replay(const struct zl_replay *replay, struct zl_replay_result *ret_result)
{
        struct job *job = calloc(1, sizeof *job);
        enum zl_err err = ZL_ERR_SYSTEM;

        if (job) {
                job->replay = replay;
                job->scales = zl_scales_open();
                job->message = malloc(sizeof *job->message);
                job->line = malloc(LINE_SIZE);
        }
        if (job && job->scales && job->message && job->line)
                err = run_all(job);
        else
                zl_say("out of memory");
        if (!job)
                return err;
        for (uint32_t i = 0; i < job->lanes_count; i++) {
                zl_run_close(&job->lanes[i].run);
                zl_said_free(&job->lanes[i].said);
        }
        if (job->tape)
                zl_tape_shut(job->tape);
        zl_said_free(&job->waiting);
        zl_states_free(&job->states);
        zl_scales_close(job->scales);
        free(job->message);
        free(job->line);
        *ret_result = job->result;
        free(job);
        return err;
}
