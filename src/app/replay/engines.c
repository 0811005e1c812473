#include "app/replay/engines.h"

#include "app/say.h"
#include "core/state.h"

#include <pthread.h>
#include <stdlib.h>

enum {
        ENGINES_MAX = 64,
        PARTITIONS_DEFAULT = 256,
};

/* One engine, its share of the partitions, and what it said to the batch. */
struct engine {
        struct zl_engines *all;
        struct zl_run run;
        struct zl_said said;
        size_t cursor;       /* of the merge */
        uint64_t stopped_at; /* UINT64_MAX: it has not */
        pthread_t thread;
};

struct zl_engines {
        struct engine engines[ENGINES_MAX];
        uint32_t count, threads; /* threads started */
        uint32_t partitions;
        struct zl_states states; /* of the only engine, beside those on the tape */
        zl_engines_stop *stop;
        const void *context;
        const struct zl_batch *batch; /* NULL: the threads end */
        pthread_mutex_t gate;         /* closed until all threads are there */
        bool fewer;                   /* they are not: those that are end */
        pthread_barrier_t begin, end;
};

/* ---- running ---- */

/* An account's slot in the engine's map is rarely in a cache: it is asked for while the message in
 * front of it is heard. */
static void look_ahead(const struct engine *engine, const struct zl_message *message)
{
        if (message->type == ZL_TYPE_ACCOUNT)
                zl_map_prefetch(&engine->run.engine->accounts_by_id, message->account.account);
}

static void run_frame(struct engine *engine, const struct zl_batch *batch,
                      const struct zl_batch_frame *frame)
{
        const struct zl_engines *all = engine->all;
        const struct zl_message *message = zl_batch_first(batch, frame);

        for (uint32_t i = 0; i < frame->messages; i++, message = zl_batch_next(message)) {
                engine->said.at = frame->place.at + i;
                if (i + 1 < frame->messages)
                        look_ahead(engine, zl_batch_next(message));
                zl_run_message(&engine->run, &frame->place.header, frame->first + i, message,
                               zl_said_hear, &engine->said);
                if (all->stop && all->stop(all->context, &engine->run, message)) {
                        engine->stopped_at = engine->said.at;
                        return;
                }
        }
}

/* The states behind so many frames. One engine has all of them; several share them. */
static void compare_states(struct engine *engine, uint32_t frames, uint32_t *next)
{
        struct zl_engines *all = engine->all;
        const struct zl_batch *batch = all->batch;

        for (; *next < batch->parts_count && batch->parts[*next].frames == frames; ++*next) {
                if (all->count == 1)
                        zl_states_compare(&all->states, &engine->run, &batch->parts[*next].part);
        }
}

static void run_batch(struct engine *engine)
{
        const struct zl_batch *batch = engine->all->batch;
        uint32_t part = 0;

        zl_said_clear(&engine->said);
        engine->cursor = 0;
        for (uint32_t i = 0; engine->stopped_at == UINT64_MAX; i++) {
                compare_states(engine, i, &part);
                if (i == batch->count)
                        return;
                run_frame(engine, batch, &batch->frames[i]);
        }
}

static void *work(void *argument)
{
        struct engine *engine = argument;
        struct zl_engines *all = engine->all;

        pthread_mutex_lock(&all->gate);
        bool fewer = all->fewer;
        pthread_mutex_unlock(&all->gate);
        while (!fewer) {
                pthread_barrier_wait(&all->begin);
                if (!all->batch)
                        return NULL;
                run_batch(engine);
                pthread_barrier_wait(&all->end);
        }
        return NULL;
}

void zl_engines_run(struct zl_engines *engines, const struct zl_batch *batch)
{
        engines->batch = batch;
        if (engines->threads)
                pthread_barrier_wait(&engines->begin);
        run_batch(&engines->engines[0]);
        if (engines->threads)
                pthread_barrier_wait(&engines->end);
}

const struct zl_said_item *zl_engines_next(struct zl_engines *engines, const uint8_t **ret_frame)
{
        struct engine *first = NULL;
        const struct zl_said_item *least = NULL;

        for (uint32_t i = 0; i < engines->count; i++) {
                struct engine *engine = &engines->engines[i];
                const struct zl_said_item *item = zl_said_item(&engine->said, engine->cursor);
                if (item && (!least || item->at < least->at ||
                             (item->at == least->at && item->rank < least->rank))) {
                        least = item;
                        first = engine;
                }
        }
        if (first) {
                first->cursor++;
                *ret_frame = zl_said_frame(&first->said, least);
        }
        return least;
}

uint64_t zl_engines_stopped(const struct zl_engines *engines)
{
        uint64_t first = UINT64_MAX;

        for (uint32_t i = 0; i < engines->count; i++) {
                if (engines->engines[i].stopped_at < first)
                        first = engines->engines[i].stopped_at;
        }
        return first;
}

bool zl_engines_failed(const struct zl_engines *engines)
{
        for (uint32_t i = 0; i < engines->count; i++) {
                if (engines->engines[i].said.failed)
                        return true;
        }
        return false;
}

const struct zl_states_difference *zl_engines_state(const struct zl_engines *engines)
{
        return engines->states.difference.found ? &engines->states.difference : NULL;
}

uint32_t zl_engines_count(const struct zl_engines *engines)
{
        return engines->count;
}

uint32_t zl_engines_partitions(const struct zl_engines *engines)
{
        return engines->partitions;
}

/* ---- what the tape says of them ---- */

/* Looks for P in one frame: what the tape's head or a cluster message says. True: look no further.
 */
static bool find_config(const struct zl_tape_record *record, struct zl_message *message,
                        struct zl_engine_config *config)
{
        struct zl_frame_reader reader;

        if (zl_frame_open(&reader, record->frame, record->frame_size) != ZL_OK)
                return false;
        enum zl_topic_kind kind = reader.header.topic.kind;
        if (kind == ZL_TOPIC_ACCT)
                return true; /* from here on P stands */
        while ((kind == ZL_TOPIC_TAPE || kind == ZL_TOPIC_CTRL) &&
               zl_frame_next(&reader, message) == ZL_OK) {
                if (message->type == ZL_TYPE_TAPE && record->number == 0) {
                        *config = zl_run_config_of(&message->tape);
                        return true;
                }
                if (message->type == ZL_TYPE_CLUSTER) {
                        config->partitions = message->cluster.partitions;
                        return true;
                }
        }
        return false;
}

enum zl_err zl_engines_config(struct zl_batch *batch, struct zl_engine_config *ret_config)
{
        struct zl_engine_config config = zl_run_config_default();
        struct zl_message *message = malloc(sizeof *message);
        struct zl_tape_record record;

        if (!message) {
                zl_say("out of memory");
                return ZL_ERR_SYSTEM;
        }
        while (zl_tape_next(batch->tape, &record) == ZL_OK &&
               !find_config(&record, message, &config))
                zl_tape_forget(batch->tape);
        free(message);
        if (config.partitions == 0 || config.partitions > ZL_PARTITIONS_MAX)
                config.partitions = PARTITIONS_DEFAULT;
        if (config.owned_count == 0) {
                config.owned_count = 1;
                config.owned[0] = (struct zl_partition_range){0, config.partitions - 1};
        }
        *ret_config = config;
        return zl_batch_rewind(batch);
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

static enum zl_err find_funds(struct zl_batch *batch, bool *ret_found)
{
        struct zl_tape_record record;
        struct zl_frame_reader reader;
        bool found = false;

        while (!found && zl_tape_next(batch->tape, &record) == ZL_OK) {
                found = record.kind == ZL_RECORD_IN &&
                        zl_frame_open(&reader, record.frame, record.frame_size) == ZL_OK &&
                        reader.header.topic.kind == ZL_TOPIC_FUND;
                zl_tape_forget(batch->tape);
        }
        *ret_found = found;
        return zl_batch_rewind(batch);
}

/* ---- from a state ---- */

enum zl_err zl_engines_load(struct zl_engines *engines, const struct zl_tape_state *state,
                            const uint8_t *bytes)
{
        enum zl_err err = ZL_OK;

        for (uint32_t i = 0; i < engines->count && err == ZL_OK; i++)
                err = zl_run_load(&engines->engines[i].run, bytes, state->size, state->messages);
        if (err == ZL_OK && zl_engines_first(engines)->now_ns == 0)
                err = ZL_ERR_END;
        for (uint32_t i = 0; i < engines->count && err != ZL_OK; i++)
                zl_run_begin_anew(&engines->engines[i].run);
        return err;
}

const struct zl_engine *zl_engines_first(const struct zl_engines *engines)
{
        return engines->engines[0].run.engine;
}

/* ---- opening ---- */

static enum zl_err open_all(struct zl_engines *engines, const struct zl_engine_config *all,
                            uint32_t shares)
{
        for (uint32_t i = 0; i < shares; i++) {
                struct zl_engine_config config = share_of(all, i, shares);
                struct engine *engine = &engines->engines[engines->count];
                if (config.owned_count == 0)
                        continue;
                enum zl_err err = zl_run_open(&engine->run, &config);
                if (err != ZL_OK)
                        return err;
                engine->all = engines;
                engine->stopped_at = UINT64_MAX;
                engines->count++;
        }
        return ZL_OK;
}

static void join(struct zl_engines *engines)
{
        for (uint32_t i = 1; i <= engines->threads; i++)
                pthread_join(engines->engines[i].thread, NULL);
        engines->threads = 0;
}

/* A thread for each engine but the first, or none at all. */
static enum zl_err start(struct zl_engines *engines)
{
        uint32_t wanted = engines->count;

        if (wanted <= 1)
                return ZL_OK;
        pthread_mutex_lock(&engines->gate);
        while (!engines->fewer && engines->threads < wanted - 1) {
                struct engine *engine = &engines->engines[engines->threads + 1];
                engines->fewer = pthread_create(&engine->thread, NULL, work, engine) != 0;
                engines->threads += !engines->fewer;
        }
        if (!engines->fewer) {
                pthread_barrier_init(&engines->begin, NULL, wanted);
                pthread_barrier_init(&engines->end, NULL, wanted);
        }
        pthread_mutex_unlock(&engines->gate);
        if (!engines->fewer)
                return ZL_OK;
        join(engines);
        zl_say("cannot start %u threads", wanted);
        return ZL_ERR_SYSTEM;
}

enum zl_err zl_engines_open(struct zl_batch *batch, uint32_t threads, zl_engines_stop *stop,
                            const void *context, struct zl_engines **ret_engines)
{
        struct zl_engines *engines = calloc(1, sizeof *engines);
        struct zl_engine_config all = {0};
        bool funds = false;

        if (!engines) {
                zl_say("out of memory");
                return ZL_ERR_SYSTEM;
        }
        pthread_mutex_init(&engines->gate, NULL);
        engines->stop = stop;
        engines->context = context;
        enum zl_err err = zl_engines_config(batch, &all);
        if (err == ZL_OK && threads > 1)
                err = find_funds(batch, &funds);
        engines->partitions = all.partitions;
        if (funds)
                threads = 1;
        if (threads > ENGINES_MAX)
                threads = ENGINES_MAX;
        if (err == ZL_OK && threads > all.partitions)
                threads = all.partitions;
        if (err == ZL_OK)
                err = open_all(engines, &all, threads);
        if (err == ZL_OK)
                err = start(engines);
        if (err == ZL_OK)
                *ret_engines = engines;
        else
                zl_engines_close(engines);
        return err;
}

void zl_engines_close(struct zl_engines *engines)
{
        if (!engines)
                return;
        engines->batch = NULL;
        if (engines->threads) {
                pthread_barrier_wait(&engines->begin);
                join(engines);
                pthread_barrier_destroy(&engines->begin);
                pthread_barrier_destroy(&engines->end);
        }
        for (uint32_t i = 0; i < engines->count; i++) {
                zl_run_close(&engines->engines[i].run);
                zl_said_free(&engines->engines[i].said);
        }
        zl_states_free(&engines->states);
        pthread_mutex_destroy(&engines->gate);
        free(engines);
}
