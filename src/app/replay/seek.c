#include "app/replay/seek.h"

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

enum zl_err zl_seek_base(struct zl_tape_reader *tape, struct zl_point *point)
{
        struct zl_tape_time time = {0};
        struct zl_frame_reader reader;
        struct zl_tape_record record;

        if (point->kind != ZL_POINT_SPAN || point->base_ns)
                return ZL_OK;
        while (!point->base_ns && zl_tape_next(tape, &record) == ZL_OK) {
                if (record.kind == ZL_RECORD_IN &&
                    zl_frame_open(&reader, record.frame, record.frame_size) == ZL_OK)
                        point->base_ns = zl_place_of(&time, 0, 0, &reader.header).time_ns;
                zl_tape_forget(tape);
        }
        enum zl_err err = zl_tape_rewind(tape);
        if (err != ZL_OK)
                zl_say_errno("cannot read the tape again");
        return err;
}

/* ---- from a state ---- */

struct zl_tape_time zl_seek_time(const char *path, const struct zl_engine *engine)
{
        return (struct zl_tape_time){.now_ns = engine->now_ns,
                                     .has_clock = engine->now_ns > 0 && !zl_tape_is_kept(path)};
}

/* What a state before the point is: at most this record, time and number of messages. */
struct bounds {
        uint64_t number, time_ns, messages;
};

/* The greatest that is still before it; false: nothing is. */
static bool up_to(const struct zl_seek *seek, uint64_t value, bool next, uint64_t *ret_most)
{
        if (seek->in_front && !next && value == 0)
                return false;
        *ret_most = next ? value + (!seek->in_front && value < UINT64_MAX)
                         : value - seek->in_front;
        return true;
}

/* False: no state is known to be before the point. Of a sequence nobody knows where it is reached;
 * the states of a journal do not say how many messages came before. */
static bool bound(const struct zl_seek *seek, struct bounds *ret_bounds)
{
        const struct zl_point *point = &seek->point;
        struct bounds bounds = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
        bool good = true;

        switch (point->kind) {
        case ZL_POINT_NONE:
                break;
        case ZL_POINT_RECORD: /* a state stands behind the record before its own */
                good = up_to(seek, point->value, true, &bounds.number);
                break;
        case ZL_POINT_TIME:
                good = up_to(seek, point->value, false, &bounds.time_ns);
                break;
        case ZL_POINT_SPAN:
                good = point->base_ns && point->value <= UINT64_MAX - point->base_ns &&
                       up_to(seek, point->base_ns + point->value, false, &bounds.time_ns);
                break;
        case ZL_POINT_AT:
                good = !zl_tape_is_kept(seek->path) &&
                       up_to(seek, point->value, true, &bounds.messages);
                break;
        default:
                good = false;
        }
        *ret_bounds = bounds;
        return good;
}

/* One that does not hold, or is not taken, gives way to the one before it. */
static enum zl_err try_state(const struct zl_seek *seek, const struct zl_tape_state *state,
                             zl_seek_take *take, void *context)
{
        uint8_t *bytes = malloc(state->size + 1);

        if (!bytes) {
                zl_say("no memory for a state of %llu MiB", (unsigned long long)state->size >> 20);
                return ZL_ERR_SYSTEM;
        }
        enum zl_err err = zl_tape_read_state(seek->tape, state, bytes);
        if (err == ZL_OK)
                err = take(context, state, bytes);
        if (err == ZL_ERR_INVALID)
                zl_say("%s: the state at record %llu is another version's, or does not fit "
                       "the engine: it is not used",
                       seek->path, (unsigned long long)state->number);
        free(bytes);
        return err == ZL_ERR_SYSTEM ? err : err == ZL_OK ? ZL_OK : ZL_ERR_END;
}

enum zl_err zl_seek_state(const struct zl_seek *seek, zl_seek_take *take, void *context,
                          struct zl_tape_state *ret_state)
{
        struct bounds bounds;
        struct zl_tape_state state;
        enum zl_err err = ZL_ERR_END;

        if (seek->from_begin || !bound(seek, &bounds))
                return ZL_ERR_END;
        while ((err = zl_tape_find_state(seek->tape, bounds.number, bounds.time_ns, &state)) ==
               ZL_OK) {
                err = state.messages <= bounds.messages ? try_state(seek, &state, take, context)
                                                        : ZL_ERR_END;
                if (err != ZL_ERR_END)
                        break;
                if (state.number == 0)
                        return ZL_ERR_END;
                bounds.number = state.number - 1;
        }
        if (err != ZL_OK)
                return err;
        *ret_state = state;
        err = zl_tape_go_behind(seek->tape, &state);
        if (err != ZL_OK)
                zl_say_errno("cannot read %s from record %llu on", seek->path,
                             (unsigned long long)state.number);
        return err;
}

/* One run takes it. */
struct taking {
        const struct zl_engine_config *config;
        struct zl_run *run;
        uint64_t time_max;
};

static enum zl_err take_state(void *context, const struct zl_tape_state *state,
                              const uint8_t *bytes)
{
        const struct taking *taking = context;
        enum zl_err err = zl_run_load(taking->run, bytes, state->size, state->messages);

        if (err != ZL_OK || taking->run->engine->now_ns <= taking->time_max)
                return err;
        /* made before, by a clock that went back: later all the same */
        zl_run_close(taking->run);
        err = zl_run_open(taking->run, taking->config);
        return err == ZL_OK ? ZL_ERR_END : ZL_ERR_SYSTEM;
}

static enum zl_err begin_with_state(const struct zl_seek *seek,
                                    const struct zl_engine_config *config, struct zl_run *run,
                                    struct zl_sought *sought)
{
        struct bounds bounds = {.time_ns = UINT64_MAX};
        (void)bound(seek, &bounds);
        struct taking taking = {config, run, bounds.time_ns};
        enum zl_err err = zl_seek_state(seek, take_state, &taking, &sought->state);

        sought->from_state = err == ZL_OK;
        if (err == ZL_OK)
                sought->records = sought->state.number + sought->state.records;
        return err;
}

/* ---- from there to the point ---- */

static void hear_nothing(void *context, const struct zl_output *output)
{
        (void)context;
        (void)output;
}

struct way {
        const struct zl_seek *seek;
        struct zl_run *run;
        struct zl_sought *sought;
        struct zl_point point;
        struct zl_tape_time time;
        bool reached; /* something at the point was taken */
};

/* Whether nothing of the record is to be taken. */
static bool is_behind(struct way *way, const struct zl_tape_record *record)
{
        struct zl_point *point = &way->point;
        struct zl_frame_reader reader;

        if (point->kind == ZL_POINT_RECORD)
                return record->number > point->value;
        if (record->kind != ZL_RECORD_IN)
                return false;
        bool opened = zl_frame_open(&reader, record->frame, record->frame_size) == ZL_OK;
        struct zl_place place = zl_place_of(&way->time, record->number, way->run->heard,
                                            opened ? &reader.header : NULL);
        way->reached |= zl_point_reached(point, &place);
        return zl_point_passed(point, &place);
}

static void feed(struct way *way, const struct zl_tape_record *record)
{
        const struct zl_seek *seek = way->seek;
        zl_run_said *said = seek->said ? seek->said : hear_nothing;
        struct zl_frame_reader reader;

        way->sought->records = record->number + 1;
        if (record->kind != ZL_RECORD_IN)
                return;
        way->sought->frames++;
        if (zl_run_frame(way->run, record->frame, record->frame_size, said, seek->context,
                         &reader) != ZL_OK)
                way->sought->bad_frames++;
}

/* ZL_OK: at the point; ZL_ERR_END, ZL_ERR_DAMAGED: no further. */
static enum zl_err read_on(struct way *way)
{
        const struct zl_seek *seek = way->seek;
        struct zl_sought *sought = way->sought;
        struct zl_tape_record record;
        enum zl_err err;

        for (;;) {
                zl_tape_forget(seek->tape);
                err = zl_tape_next(seek->tape, &record);
                if (err == ZL_ERR_DAMAGED) {
                        if (way->point.kind == ZL_POINT_RECORD &&
                            record.number > way->point.value)
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
                if (is_behind(way, &record)) {
                        sought->records = record.number;
                        sought->has_next = true;
                        sought->next = record;
                        return ZL_OK;
                }
                feed(way, &record);
        }
}

/* The end is as good as a time behind it; what is named by its number must be there. */
static enum zl_err judge_end(const struct way *way, enum zl_err err)
{
        const struct zl_seek *seek = way->seek;
        const struct zl_point *point = &way->point;
        bool timed = point->kind == ZL_POINT_TIME || point->kind == ZL_POINT_SPAN;
        const char *more = err == ZL_ERR_DAMAGED
                                   ? "; `zeroline repair` saves what stands behind" : "";

        if (err == ZL_ERR_SYSTEM)
                zl_say_errno("cannot read %s", seek->path);
        if (err != ZL_ERR_END && err != ZL_ERR_DAMAGED)
                return err;
        if (point->kind == ZL_POINT_RECORD && point->value >= way->sought->records) {
                zl_say("%s: record %llu is not there to be read: the last one is %lld%s",
                       seek->path, (unsigned long long)point->value,
                       (long long)way->sought->records - 1, more);
                return ZL_ERR_END;
        }
        if (point->kind == ZL_POINT_AT && point->value >= way->run->heard) {
                zl_say("%s: message %llu is not there to be read: there are %llu%s", seek->path,
                       (unsigned long long)point->value, (unsigned long long)way->run->heard, more);
                return ZL_ERR_END;
        }
        if (point->kind == ZL_POINT_SEQ && !way->reached) {
                zl_say("%s: the sequence is not reached%s", seek->path, more);
                return ZL_ERR_END;
        }
        if (timed && err == ZL_ERR_DAMAGED) {
                zl_say("%s: that time lies behind what is damaged, and no state stands between; "
                       "`zeroline repair` saves what stands behind", seek->path);
                return ZL_ERR_END;
        }
        return ZL_OK;
}

enum zl_err zl_seek(const struct zl_seek *asked, struct zl_run *ret_run,
                    struct zl_sought *ret_sought)
{
        struct zl_engine_config config;
        struct zl_seek seek = *asked;
        struct zl_sought sought = {0};
        struct way way = {.seek = &seek, .run = ret_run, .sought = &sought};
        enum zl_err err = zl_seek_config(seek.tape, &config);

        if (err == ZL_OK)
                err = zl_seek_base(seek.tape, &seek.point);
        if (err == ZL_OK)
                err = zl_run_open(ret_run, &config);
        if (err != ZL_OK)
                return err;
        err = begin_with_state(&seek, &config, ret_run, &sought);
        way.point = seek.point;
        way.time = zl_seek_time(seek.path, ret_run->engine);
        if (err == ZL_OK || err == ZL_ERR_END)
                err = judge_end(&way, read_on(&way));
        if (err != ZL_OK)
                zl_run_close(ret_run);
        *ret_sought = sought;
        return err;
}

/* ---- names ---- */

static void learn_funds(const struct zl_engine *engine, struct zl_scales *scales,
                        struct zl_message *message)
{
        for (uint32_t i = 0; i < engine->funds_by_id.count; i++) {
                const struct zl_fund *fund = &engine->funds[i];
                if (!fund->defined)
                        continue;
                message->type = ZL_TYPE_FUND;
                message->fund = (struct zl_msg_fund){.fund = fund->id, .asset = fund->asset};
                zl_scales_learn(scales, message);
        }
}

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

        if (message) {
                learn_markets(engine, scales, message);
                learn_funds(engine, scales, message);
        }
        free(message);
}
