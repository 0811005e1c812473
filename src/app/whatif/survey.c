#include "app/whatif/survey.h"

#include "app/point.h"
#include "app/run.h"
#include "app/say.h"

#include <stdlib.h>
#include <string.h>

enum { FORGET_EVERY = 4096, PARTITIONS_DEFAULT = 256 };

/* The tape as it is, once. */
struct pass {
        struct zl_survey *survey;
        struct zl_tape_reader *tape;
        struct zl_run run;
        struct zl_said said;
        struct zl_message *message;
        struct zl_engine_config config;
        struct zl_tape_time time;
        uint64_t first_ns, last_ns;
        uint32_t src_most;
        bool has_snapshot, failed;
        struct zl_point point;
};

/* ---- what is known ---- */

static void keep(struct pass *pass, const struct zl_message *message, uint32_t id)
{
        size_t size = offsetof(struct zl_message, cluster) + zl_message_size(message->type);
        struct zl_survey_known *known = zl_table_row(
                &pass->survey->known, (uint64_t)message->type << 32 | id);

        if (known && !known->message)
                known->message = malloc(size);
        if (!known || !known->message)
                pass->failed = true;
        else
                memcpy(known->message, message, size);
}

static void learn(struct pass *pass, const struct zl_message *message)
{
        struct zl_house *books = &pass->survey->books;

        switch (message->type) {
        case ZL_TYPE_CLUSTER:
                keep(pass, message, 0);
                break;
        case ZL_TYPE_ASSET:
                keep(pass, message, message->asset.asset);
                zl_house_learn_asset(books, &message->asset);
                break;
        case ZL_TYPE_INSTRUMENT:
                keep(pass, message, message->instrument.instrument);
                zl_house_learn_instrument(books, &message->instrument);
                break;
        case ZL_TYPE_POLICY:
                keep(pass, message, message->policy.policy);
                break;
        case ZL_TYPE_RATE:
                zl_house_learn_rate(books, &message->rate);
                break;
        case ZL_TYPE_MARK:
                zl_house_learn_mark(books, &message->mark, message->mark.price);
                break;
        case ZL_TYPE_SNAPSHOT_PART:
                pass->has_snapshot = true;
                break;
        default:
                break;
        }
        zl_scales_learn(pass->survey->scales, message);
}

/* ---- the pass ---- */

/* Once clocks tell it, what headers told before is no time of the tape. */
static void keep_time(struct pass *pass, const struct zl_place *place, bool had_clock)
{
        if (pass->first_ns == 0 || (pass->time.has_clock && !had_clock))
                pass->first_ns = place->time_ns;
        pass->last_ns = place->time_ns;
}

/* Of the frames that decode. */
static uint64_t frames_before(const struct zl_survey *survey)
{
        return survey->report.frames - survey->report.bad_frames - 1;
}

static void keep_place(struct pass *pass, uint64_t number, const struct zl_header *header)
{
        struct zl_survey *survey = pass->survey;
        bool had_clock = pass->time.has_clock;
        struct zl_place place =
                zl_place_of(&pass->time, number, survey->report.messages, header);

        keep_time(pass, &place, had_clock);
        if (survey->asked == UINT64_MAX && zl_point_reached(&pass->point, &place))
                survey->asked = frames_before(survey);
}

static void take_frame(struct pass *pass, const struct zl_tape_record *record)
{
        struct zl_survey *survey = pass->survey;
        struct zl_message *message = pass->run.message;
        struct zl_frame_reader reader;

        survey->report.frames++;
        if (zl_frame_check(record->frame, record->frame_size, pass->message, &reader) != ZL_OK ||
            zl_frame_open(&reader, record->frame, record->frame_size) != ZL_OK) {
                survey->report.bad_frames++;
                return;
        }
        keep_place(pass, record->number, &reader.header);
        if (reader.header.src > pass->src_most)
                pass->src_most = reader.header.src;
        for (uint32_t place = 0; zl_frame_next(&reader, message) == ZL_OK; place++) {
                survey->report.messages++;
                learn(pass, message);
                zl_answers_take(&survey->answers, &reader.header, message);
                zl_run_message(&pass->run, &reader.header, place, message, zl_said_hear,
                               &pass->said);
                zl_answers_hear(&survey->answers, &pass->said, pass->message);
                pass->failed |= pass->said.failed;
                zl_said_clear(&pass->said);
        }
        if (survey->calm == UINT64_MAX && survey->report.recorded.decisions > 0)
                survey->calm = frames_before(survey);
        pass->failed |= survey->answers.failed || survey->books.failed;
}

/* The head of a tape that a worker wrote; else what tools have. */
static struct zl_engine_config config_of(struct pass *pass)
{
        struct zl_frame_reader reader;
        struct zl_tape_record record;

        if (zl_tape_next(pass->tape, &record) == ZL_OK &&
            zl_frame_open(&reader, record.frame, record.frame_size) == ZL_OK &&
            reader.header.topic.kind == ZL_TOPIC_TAPE &&
            zl_frame_next(&reader, pass->message) == ZL_OK && pass->message->type == ZL_TYPE_TAPE)
                return zl_run_config_of(&pass->message->tape);
        return zl_run_config_default();
}

static enum zl_err read_all(struct pass *pass)
{
        const char *path = pass->survey->path;
        struct zl_tape_record record;
        enum zl_err err = zl_tape_rewind(pass->tape);

        for (uint64_t i = 1; err == ZL_OK && !pass->failed && !pass->has_snapshot; i++) {
                err = zl_tape_next(pass->tape, &record);
                if (err == ZL_OK && record.kind == ZL_RECORD_IN)
                        take_frame(pass, &record);
                if (i % FORGET_EVERY == 0)
                        zl_tape_forget(pass->tape);
        }
        if (pass->failed) {
                zl_say("out of memory");
                return ZL_ERR_SYSTEM;
        }
        if (pass->has_snapshot) {
                zl_say("%s: it begins with the state of a journal, whose accounts are not on it; "
                       "take the journal's own folder instead",
                       path);
                return ZL_ERR_INVALID;
        }
        if (err == ZL_ERR_DAMAGED)
                zl_say("%s: %s", path, zl_tape_why(pass->tape));
        else if (err == ZL_ERR_SYSTEM)
                zl_say_errno("cannot read %s", path);
        return err == ZL_ERR_END ? ZL_OK : err;
}

/* ---- the end ---- */

static uint32_t *ids_of(const struct zl_table *table, uint32_t *ret_count)
{
        uint32_t *ids = malloc((table->map.count + 1) * sizeof *ids), count = 0;

        for (size_t i = 0; ids && table->map.slots && i <= table->map.mask; i++) {
                if (!table->map.slots[i].value_plus_1)
                        continue;
                uint32_t at = count++;
                for (; at > 0 && ids[at - 1] > table->map.slots[i].key; at--)
                        ids[at] = ids[at - 1];
                ids[at] = (uint32_t)table->map.slots[i].key;
        }
        *ret_count = count;
        return ids;
}

static void settle_axis(struct pass *pass)
{
        struct zl_whatif_report *report = &pass->survey->report;
        uint64_t first = pass->first_ns, last = pass->last_ns;

        report->timed = first > 0 && last > first;
        if (!report->timed) {
                first = 0;
                last = report->messages ? report->messages - 1 : 0;
        }
        report->first = first;
        report->step = (last - first) / ZL_WHATIF_POINTS_MAX + 1;
        report->points = (uint32_t)((last - first) / report->step) + 1;
}

static void settle_config(struct pass *pass)
{
        struct zl_survey *survey = pass->survey;
        const struct zl_survey_known *cluster =
                zl_table_get(&survey->known, (uint64_t)ZL_TYPE_CLUSTER << 32);
        uint32_t partitions = pass->config.partitions;

        if (!partitions && cluster)
                partitions = cluster->message->cluster.partitions;
        if (!partitions || partitions > ZL_PARTITIONS_MAX)
                partitions = PARTITIONS_DEFAULT;
        survey->config = pass->config;
        survey->config.partitions = partitions;
        survey->config.owned_count = 1;
        survey->config.owned[0] = (struct zl_partition_range){0, partitions - 1};
        survey->src = pass->src_most + 1; /* behind the largest of all stands 0 */
}

static enum zl_err settle(struct pass *pass)
{
        struct zl_survey *survey = pass->survey;
        struct zl_whatif_report *report = &survey->report;

        zl_answers_settle(&survey->answers);
        settle_axis(pass);
        settle_config(pass);
        report->tape = survey->path;
        report->scales = survey->scales;
        report->numeraire = survey->books.numeraire;
        survey->instruments = ids_of(&survey->books.markets, &report->instruments_count);
        survey->funds = ids_of(&survey->answers.funds, &report->funds_count);
        if (survey->instruments && survey->funds && !survey->answers.failed)
                return ZL_OK;
        zl_say("out of memory");
        return ZL_ERR_SYSTEM;
}

static enum zl_err run_tape(struct pass *pass)
{
        pass->config = config_of(pass);
        enum zl_err err = zl_run_open(&pass->run, &pass->config);

        if (err != ZL_OK)
                return err;
        err = read_all(pass);
        zl_run_close(&pass->run);
        return err == ZL_OK ? settle(pass) : err;
}

enum zl_err zl_survey_open(struct zl_survey *survey, const char *path, struct zl_point point)
{
        struct pass pass = {.survey = survey,
                            .message = malloc(sizeof *pass.message),
                            .point = point};

        *survey = (struct zl_survey){.path = path,
                                     .scales = zl_scales_open(),
                                     .calm = UINT64_MAX,
                                     .asked = UINT64_MAX,
                                     .known = {.row_size = sizeof(struct zl_survey_known)}};
        zl_house_open(&survey->books);
        zl_answers_open(&survey->answers, &survey->books, &survey->report.recorded);
        enum zl_err err = zl_tape_open(path, &pass.tape);
        if (err == ZL_ERR_INVALID)
                zl_say("%s is not a tape; `zeroline encode -o TAPE` makes one of JSON lines", path);
        else if (err != ZL_OK)
                zl_say_errno("cannot open %s", path);
        else if (!survey->scales || !pass.message)
                err = ZL_ERR_SYSTEM;
        else
                err = run_tape(&pass);
        if (pass.tape)
                zl_tape_shut(pass.tape);
        zl_said_free(&pass.said);
        free(pass.message);
        return err;
}

void zl_survey_close(struct zl_survey *survey)
{
        struct zl_survey_known *known = survey->known.rows;

        for (uint32_t i = 0; i < survey->known.map.count; i++)
                free(known[i].message);
        zl_table_free(&survey->known);
        zl_answers_close(&survey->answers);
        zl_house_close(&survey->books);
        zl_scales_close(survey->scales);
        free(survey->instruments);
        free(survey->funds);
}

const struct zl_message *zl_survey_known(const struct zl_survey *survey, uint32_t i)
{
        const struct zl_survey_known *known = survey->known.rows;

        return i < survey->known.map.count ? known[i].message : NULL;
}
