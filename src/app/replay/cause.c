#include "app/replay/cause.h"

#include "app/replay/batch.h"
#include "app/say.h"
#include "codec/json.h"

#include <stdlib.h>

enum { ROOM = 1 << 20 };

static void print_into(struct zl_cause *cause, const struct zl_batch_frame *frame,
                       const struct zl_message *message, uint64_t at)
{
        struct zl_text text = zl_text_over(cause->line, ZL_JSON_LINE_MAX);

        zl_json_message(&text, cause->scales, &frame->place.header, message);
        zl_json_close(&text);
        cause->found = true;
        cause->place = frame->place;
        cause->place.at = at;
}

/* Learns from the batch; keeps its last message in front of both bounds, if that is the last one.
 */
static void look(struct zl_cause *cause, const struct zl_batch *batch, uint64_t at)
{
        for (uint32_t i = 0; i < batch->count; i++) {
                const struct zl_batch_frame *frame = &batch->frames[i];
                const struct zl_message *message = zl_batch_first(batch, frame);
                for (uint32_t k = 0; k < frame->messages; k++) {
                        bool last = i + 1 == batch->count && k + 1 == frame->messages;
                        zl_scales_learn(cause->scales, message);
                        if (last || frame->place.at + k == at) {
                                print_into(cause, frame, message, frame->place.at + k);
                                if (frame->place.at + k == at)
                                        return;
                        }
                        message = zl_batch_next(message);
                }
        }
}

/* Up to message `at`, or up to the point. */
static enum zl_err find(const char *path, uint64_t at, struct zl_point stop,
                        struct zl_cause *ret_cause)
{
        struct zl_batch_settings settings = {.path = path, .room = ROOM};
        struct zl_cause cause = {.scales = zl_scales_open(), .line = malloc(ZL_JSON_LINE_MAX)};
        struct zl_batch batch;
        enum zl_err err = ZL_ERR_SYSTEM;

        if (!cause.scales || !cause.line)
                zl_say("out of memory");
        else
                err = zl_batch_open(&batch, &settings);
        if (err != ZL_OK) {
                zl_cause_free(&cause);
                return err;
        }
        while (err == ZL_OK && (!cause.found || cause.place.at != at)) {
                err = zl_batch_read(&batch, &stop);
                if (err == ZL_OK)
                        look(&cause, &batch, at);
        }
        zl_batch_close(&batch);
        *ret_cause = cause;
        return ZL_OK;
}

enum zl_err zl_cause_of_message(const char *path, uint64_t at, struct zl_cause *ret_cause)
{
        enum zl_err err = find(path, at, (struct zl_point){0}, ret_cause);

        if (err == ZL_OK)
                ret_cause->found &= ret_cause->place.at == at;
        return err;
}

enum zl_err zl_cause_of_record(const char *path, uint64_t record, struct zl_cause *ret_cause)
{
        struct zl_point stop = {.kind = ZL_POINT_RECORD, .value = record};

        return find(path, UINT64_MAX, stop, ret_cause);
}

void zl_cause_free(struct zl_cause *cause)
{
        zl_scales_close(cause->scales);
        free(cause->line);
        *cause = (struct zl_cause){0};
}

void zl_cause_print(const struct zl_cause *cause, FILE *to)
{
        const struct zl_header *header = &cause->place.header;
        char topic[ZL_TOPIC_SIZE + 1], time[ZL_TIME_TEXT_SIZE];

        if (!cause->found) {
                fprintf(to, "  input: none came before\n");
                return;
        }
        zl_topic_format(header->topic, topic);
        fprintf(to, "  input: record %llu, message %llu, %s seq %llu of src %u, %s\n    %s\n",
                (unsigned long long)cause->place.record, (unsigned long long)cause->place.at,
                topic, (unsigned long long)header->seq, header->src,
                zl_time_format(cause->place.time_ns, time), cause->line);
}
