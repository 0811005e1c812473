#include "app/seek.h"

#include "app/say.h"
#include "core/state.h"
#include "tape/tape.h"

#include <stdlib.h>
#include <string.h>

/* ---- which engine ---- */

static bool read_head(const struct zl_tape_record *record, struct zl_message *message)
{
        struct zl_frame_reader reader;

        return zl_frame_open(&reader, record->frame, record->frame_size) == ZL_OK &&
               reader.header.topic.kind == ZL_TOPIC_TAPE &&
               zl_frame_next(&reader, message) == ZL_OK && message->type == ZL_TYPE_TAPE;
}

enum zl_err zl_seek_config(struct zl_tape_reader *tape, struct zl_engine_config *ret_config)
{
        struct zl_message *message = malloc(sizeof *message);
        struct zl_tape_record record;

        if (!message) {
                zl_say("out of memory");
                return ZL_ERR_SYSTEM;
        }
        *ret_config = zl_run_config_default();
        if (zl_tape_next(tape, &record) == ZL_OK && record.kind == ZL_RECORD_INTERNAL &&
            read_head(&record, message))
                *ret_config = zl_run_config_of(&message->tape);
        free(message);
        enum zl_err err = zl_tape_rewind(tape);
        if (err != ZL_OK)
                zl_say_errno("cannot read the tape again");
        return err;
}

/* ---- from a state ---- */

/* One that does not hold, or not fit, gives way to the one before it. */
static enum zl_err load(const struct zl_seek *seek, const struct zl_tape_state *state,
                        struct zl_run *run)
{
        uint8_t *bytes = malloc(state->size + 1);

        if (!bytes) {
                zl_say("no memory for a state of %llu MiB", (unsigned long long)state->size >> 20);
                return ZL_ERR_SYSTEM;
        }
        enum zl_err err = zl_tape_read_state(seek->tape, state, bytes);
        if (err == ZL_OK) {
                err = zl_run_load(run, bytes, state->size, state->messages);
                if (err != ZL_OK)
                        zl_say("%s: the state at record %llu is another version's, or does not fit "
                               "the engine: it is not used",
                               seek->path, (unsigned long long)state->number);
        }
        free(bytes);
        return err == ZL_ERR_SYSTEM ? err : err == ZL_OK ? ZL_OK : ZL_ERR_END;
}

/* ZL_ERR_END: there is none. */
static enum zl_err begin_with_state(const struct zl_seek *seek,
                                    const struct zl_engine_config *config, struct zl_run *run,
                                    struct zl_sought *sought)
{
        const struct zl_moment *point = &seek->point;
        uint64_t number_max = UINT64_MAX, time_max = UINT64_MAX;
        struct zl_tape_state state;
        enum zl_err err;

        if (point->kind == ZL_MOMENT_RECORD && point->value < UINT64_MAX)
                number_max = point->value + 1; /* the state behind the record */
        if (point->kind == ZL_MOMENT_TIME)
                time_max = point->value;
        while ((err = zl_tape_find_state(seek->tape, number_max, time_max, &state)) == ZL_OK) {
                err = load(seek, &state, run);
                if (err == ZL_OK && run->engine->now_ns <= time_max)
                        break;
                if (err == ZL_OK) { /* made before, by a clock that went back: later all the same */
                        zl_run_close(run);
                        err = zl_run_open(run, config);
                }
                if (err == ZL_ERR_SYSTEM || err == ZL_ERR_INVALID)
                        return err;
                if (state.number == 0)
                        return ZL_ERR_END;
                number_max = state.number - 1;
        }
        if (err != ZL_OK)
                return err;
        sought->from_state = true;
        sought->state = state.number;
        sought->records = state.number + state.records;
        err = zl_tape_go_behind(seek->tape, &state);
        if (err != ZL_OK)
                zl_say_errno("cannot read %s from record %llu on", seek->path,
                             (unsigned long long)state.number);
        return err;
}

/* ---- from there to the point ---- */

static void hear_nothing(void *context, const struct zl_output *output)
{
        (void)context;
        (void)output;
}

/* Whether the record stands behind the point. */
static bool is_behind(const struct zl_moment *point, const struct zl_tape_record *record)
{
        struct zl_frame_reader reader;

        if (point->kind == ZL_MOMENT_RECORD)
                return record->number > point->value;
        return point->kind == ZL_MOMENT_TIME && record->kind == ZL_RECORD_IN &&
               zl_frame_open(&reader, record->frame, record->frame_size) == ZL_OK &&
               reader.header.topic.kind == ZL_TOPIC_TIME && reader.header.ts_ns > point->value;
}

static void feed(const struct zl_seek *seek, const struct zl_tape_record *record,
                 struct zl_run *run, struct zl_sought *sought)
{
        zl_run_said *said = seek->said ? seek->said : hear_nothing;
        struct zl_frame_reader reader;

        sought->records = record->number + 1;
        if (record->kind != ZL_RECORD_IN)
                return;
        sought->frames++;
        if (zl_run_frame(run, record->frame, record->frame_size, said, seek->context, &reader) !=
            ZL_OK)
                sought->bad_frames++;
}

/* ZL_OK: at the point; ZL_ERR_END, ZL_ERR_DAMAGED: no further. */
static enum zl_err read_on(const struct zl_seek *seek, struct zl_run *run,
                           struct zl_sought *sought)
{
        struct zl_tape_record record;
        enum zl_err err;

        for (;;) {
                zl_tape_forget(seek->tape);
                err = zl_tape_next(seek->tape, &record);
                if (err == ZL_ERR_DAMAGED) {
                        if (seek->point.kind == ZL_MOMENT_RECORD &&
                            record.number > seek->point.value)
                                return ZL_OK;
                        zl_say("%s: %s", seek->path, zl_tape_why(seek->tape));
                        sought->missing = true;
                        if (zl_tape_goes_on(seek->tape))
                                continue; /* the engine sees what is missing, by its sequences */
                }
                if (err == ZL_ERR_END || err == ZL_ERR_DAMAGED)
                        sought->records = zl_tape_number(seek->tape);
                if (err != ZL_OK)
                        return err;
                if (is_behind(&seek->point, &record)) {
                        sought->records = record.number;
                        sought->has_next = true;
                        sought->next = record;
                        return ZL_OK;
                }
                feed(seek, &record, run, sought);
        }
}

/* The end is as good as a time behind it; what is named by its number must be there. */
static enum zl_err judge_end(const struct zl_seek *seek, enum zl_err err,
                             const struct zl_sought *sought)
{
        if (err == ZL_ERR_SYSTEM)
                zl_say_errno("cannot read %s", seek->path);
        if (err != ZL_ERR_END && err != ZL_ERR_DAMAGED)
                return err;
        if (seek->point.kind == ZL_MOMENT_RECORD && seek->point.value >= sought->records) {
                zl_say("%s: record %llu is not there to be read: the last one is %lld%s",
                       seek->path, (unsigned long long)seek->point.value,
                       (long long)sought->records - 1,
                       err == ZL_ERR_DAMAGED ? "; `zeroline repair` saves what stands behind" : "");
                return ZL_ERR_END;
        }
        if (seek->point.kind == ZL_MOMENT_TIME && err == ZL_ERR_DAMAGED) {
                zl_say("%s: that time lies behind what is damaged, and no state stands between; "
                       "`zeroline repair` saves what stands behind", seek->path);
                return ZL_ERR_END;
        }
        return ZL_OK;
}

enum zl_err zl_seek(const struct zl_seek *seek, struct zl_run *ret_run,
                    struct zl_sought *ret_sought)
{
        struct zl_engine_config config;
        struct zl_sought sought = {0};
        enum zl_err err = zl_seek_config(seek->tape, &config);

        if (err == ZL_OK)
                err = zl_run_open(ret_run, &config);
        if (err != ZL_OK)
                return err;
        err = seek->from_begin ? ZL_ERR_END : begin_with_state(seek, &config, ret_run, &sought);
        if (err == ZL_OK || err == ZL_ERR_END)
                err = judge_end(seek, read_on(seek, ret_run, &sought), &sought);
        if (err != ZL_OK)
                zl_run_close(ret_run);
        *ret_sought = sought;
        return err;
}

/* ---- names ---- */

static void learn_markets(const struct zl_engine *engine, struct zl_scales *scales,
                          struct zl_message *message)
{
        for (uint32_t i = 0; i < engine->instruments_by_id.count; i++) {
                const struct zl_instrument *instrument = &engine->instruments[i];
                struct zl_msg_instrument *said = &message->instrument;
                if (!instrument->defined)
                        continue;
                memset(said, 0, sizeof *said);
                message->type = ZL_TYPE_INSTRUMENT;
                said->instrument = instrument->id;
                said->settle = instrument->settle;
                said->fund = instrument->fund;
                said->price_scale = instrument->price_scale;
                said->qty_scale = instrument->qty_scale;
                said->tier_by = instrument->tier_by;
                memcpy(said->symbol, instrument->symbol, sizeof instrument->symbol);
                zl_scales_learn(scales, message);
        }
        for (uint32_t i = 0; i < engine->assets_by_id.count; i++) {
                const struct zl_asset *asset = &engine->assets[i];
                struct zl_msg_asset *said = &message->asset;
                if (!asset->defined)
                        continue;
                memset(said, 0, sizeof *said);
                message->type = ZL_TYPE_ASSET;
                said->asset = asset->id;
                said->scale = asset->scale;
                said->rate_scale = asset->rate_scale;
                said->numeraire = asset->numeraire;
                memcpy(said->symbol, asset->symbol, sizeof asset->symbol);
                zl_scales_learn(scales, message);
        }
}

void zl_seek_learn(const struct zl_engine *engine, struct zl_scales *scales)
{
        struct zl_message *message = malloc(sizeof *message);

        if (message)
                learn_markets(engine, scales, message);
        free(message);
}
