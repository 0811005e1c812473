#include "scenario.h"

#include "codec/json.h"

#include <stdlib.h>
#include <string.h>

/* An account's unused rows are most of its size. */
static uint32_t used_size(const struct zl_message *message)
{
        if (message->type == ZL_TYPE_ACCOUNT)
                return (uint32_t)(offsetof(struct zl_msg_account, positions) +
                                  message->account.positions_count *
                                          sizeof(struct zl_row_position));
        return (uint32_t)zl_message_size(message->type);
}

void scenario_add(struct scenario *scenario, const struct zl_header *header, uint32_t place,
                  const struct zl_message *message)
{
        if (scenario->count == scenario->capacity) {
                scenario->capacity = 2 * scenario->capacity + 64;
                scenario->steps = realloc(scenario->steps,
                                          scenario->capacity * sizeof *scenario->steps);
                if (!scenario->steps)
                        abort();
        }
        struct scenario_step *step = &scenario->steps[scenario->count++];
        *step = (struct scenario_step){.header = *header,
                                       .place = place,
                                       .size = used_size(message),
                                       .type = message->type};
        step->object = malloc(step->size);
        if (!step->object)
                abort();
        memcpy(step->object, &message->cluster, step->size);
}

void scenario_get(const struct scenario *scenario, uint32_t at, struct zl_message *ret_message)
{
        const struct scenario_step *step = &scenario->steps[at];

        ret_message->type = step->type;
        memcpy(&ret_message->cluster, step->object, step->size);
}

uint32_t scenario_place(const struct scenario *scenario, uint32_t at)
{
        const struct scenario_step *step = &scenario->steps[at], *before = NULL;

        for (uint32_t i = at; i-- > 0 && !before;) {
                if (!scenario->steps[i].left_out)
                        before = &scenario->steps[i];
        }
        if (!before || before->header.topic.kind != step->header.topic.kind ||
            before->header.topic.id != step->header.topic.id ||
            before->header.epoch != step->header.epoch || before->header.seq != step->header.seq)
                return 0;
        return step->place;
}

void scenario_free(struct scenario *scenario)
{
        for (uint32_t i = 0; i < scenario->count; i++)
                free(scenario->steps[i].object);
        free(scenario->steps);
        *scenario = (struct scenario){0};
}

static void print(FILE *file, const struct zl_scales *scales, const struct zl_header *header,
                  uint32_t place, const struct zl_message *message)
{
        static char line[1 << 16];
        struct zl_text text = zl_text_over(line, sizeof line);

        zl_json_message(&text, scales, header, message);
        zl_json_close(&text);
        fprintf(file, "%s%s\n", line, place ? "  (same frame)" : "");
}

void scenario_print(const struct scenario *scenario, FILE *file)
{
        struct zl_scales *scales = zl_scales_open();
        struct zl_message *message = malloc(sizeof *message);

        if (!scales || !message)
                abort();
        for (uint32_t i = 0; i < scenario->count; i++) {
                if (scenario->steps[i].left_out)
                        continue;
                scenario_get(scenario, i, message);
                print(file, scales, &scenario->steps[i].header, scenario_place(scenario, i),
                      message);
                zl_scales_learn(scales, message);
        }
        free(message);
        zl_scales_close(scales);
}

void scenario_print_output(FILE *file, const struct zl_header *header, enum zl_type type,
                           const void *object)
{
        struct zl_scales *scales = zl_scales_open();
        struct zl_message *message = malloc(sizeof *message);

        if (!scales || !message)
                abort();
        message->type = type;
        memcpy(&message->cluster, object, zl_message_size(type));
        print(file, scales, header, 0, message);
        free(message);
        zl_scales_close(scales);
}
