#include "app/replay/compare.h"

#include "app/replay/cause.h"
#include "app/replay/json_diff.h"
#include "app/say.h"
#include "codec/json.h"

#include <stdlib.h>

enum zl_err zl_compare_open(struct zl_compare *compare, const char *path)
{
        *compare = (struct zl_compare){.path = path};
        return zl_recorded_open(&compare->recorded, path);
}

void zl_compare_close(struct zl_compare *compare)
{
        zl_recorded_close(&compare->recorded);
}

void zl_compare_begin(struct zl_compare *compare, uint64_t record)
{
        zl_recorded_skip(&compare->recorded, record);
}

/* ---- showing ---- */

/* Two frames, a message at a time; either may be missing. */
struct show {
        const struct zl_scales *scales;
        struct zl_message *message;
        char *lines[2];
};

/* The next message of a frame as JSON; NULL when there is none. */
static const char *line_of(struct show *show, int side, struct zl_frame_reader *reader, bool has)
{
        struct zl_text text = zl_text_over(show->lines[side], ZL_JSON_LINE_MAX);

        if (!has || zl_frame_next(reader, show->message) != ZL_OK)
                return NULL;
        zl_json_message(&text, show->scales, &reader->header, show->message);
        zl_json_close(&text);
        return show->lines[side];
}

static void show_frames(struct show *show, const struct zl_tape_record *expected,
                        const uint8_t *got, size_t got_size)
{
        struct zl_frame_reader a = {0}, b = {0};
        bool has_a = expected &&
                     zl_frame_open(&a, expected->frame, expected->frame_size) == ZL_OK;
        bool has_b = got && zl_frame_open(&b, got, got_size) == ZL_OK;

        for (;;) {
                const char *x = line_of(show, 0, &a, has_a), *y = line_of(show, 1, &b, has_b);
                if (!x && !y)
                        return;
                if (x && y && !strcmp(x, y))
                        continue;
                fprintf(stderr, "  expected: %s\n  got:      %s\n", x ? x : "nothing",
                        y ? y : "nothing");
                if (x && y)
                        zl_json_diff(x, y, NULL, stderr);
        }
}

static void show(const struct zl_cause *cause, const struct zl_tape_record *expected,
                 const uint8_t *got, size_t got_size)
{
        struct show show = {.scales = cause->scales,
                            .message = malloc(sizeof *show.message),
                            .lines = {malloc(ZL_JSON_LINE_MAX), malloc(ZL_JSON_LINE_MAX)}};

        zl_cause_print(cause, stderr);
        if (show.message && show.lines[0] && show.lines[1])
                show_frames(&show, expected, got, got_size);
        free(show.message);
        free(show.lines[0]);
        free(show.lines[1]);
}

/* ---- comparing ---- */

static void found(struct zl_compare *compare)
{
        compare->differs = true;
        compare->first_output = compare->compared;
}

static void report_missed(struct zl_compare *compare, const struct zl_tape_record *expected)
{
        struct zl_cause cause;

        found(compare);
        compare->first_record = compare->recorded.input;
        zl_say("output %llu was recorded and is not said again:",
               (unsigned long long)compare->first_output);
        if (zl_cause_of_record(compare->path, expected->number, &cause) != ZL_OK)
                return;
        show(&cause, expected, NULL, 0);
        zl_cause_free(&cause);
}

static void report_said(struct zl_compare *compare, uint64_t input,
                        const struct zl_said_item *item, const uint8_t *frame,
                        const struct zl_tape_record *expected)
{
        struct zl_cause cause;

        found(compare);
        compare->first_record = input;
        if (expected)
                zl_say("output %llu differs, at message %llu:",
                       (unsigned long long)compare->first_output, (unsigned long long)item->at);
        else
                zl_say("output %llu, at message %llu, was not recorded:",
                       (unsigned long long)compare->first_output, (unsigned long long)item->at);
        if (zl_cause_of_message(compare->path, item->at, &cause) != ZL_OK)
                return;
        show(&cause, expected, frame, item->size);
        zl_cause_free(&cause);
}

/* The record that holds message `at`. */
static uint64_t input_of(const struct zl_batch *batch, uint64_t at)
{
        uint32_t low = 0, high = batch->count;

        while (high - low > 1) {
                uint32_t middle = low + (high - low) / 2;
                if (batch->frames[middle].place.at <= at)
                        low = middle;
                else
                        high = middle;
        }
        return batch->frames[low].place.record;
}

void zl_compare_said(struct zl_compare *compare, const struct zl_batch *batch,
                     const struct zl_said_item *item, const uint8_t *frame)
{
        struct zl_recorded *recorded = &compare->recorded;

        if (compare->differs)
                return;
        const struct zl_tape_record *expected = zl_recorded_peek(recorded);
        if (expected && expected->frame_size == item->size &&
            !memcmp(expected->frame, frame, item->size)) {
                zl_recorded_take(recorded);
                compare->compared++;
                return;
        }
        uint64_t input = input_of(batch, item->at);
        if (expected && recorded->input < input)
                report_missed(compare, expected);
        else if (expected)
                report_said(compare, input, item, frame,
                            recorded->input == input || !recorded->live ? expected : NULL);
        else if (recorded->live && input != recorded->input)
                report_said(compare, input, item, frame, NULL);
        else
                compare->missing += recorded->any || recorded->live;
}

void zl_compare_up_to(struct zl_compare *compare, uint64_t record)
{
        const struct zl_tape_record *expected =
                compare->differs ? NULL : zl_recorded_peek(&compare->recorded);

        if (expected && expected->number < record)
                report_missed(compare, expected);
}
