#include "app/replay/source.h"

#include "app/replay/cause.h"
#include "app/say.h"
#include "codec/json.h"

#include <json-c/json.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- opening ---- */

static enum zl_err open_tape(struct zl_source *source)
{
        enum zl_err err = zl_tape_open(source->path, &source->tape);

        if (err == ZL_ERR_INVALID)
                zl_say("%s: no tape, and no segment of a journal", source->path);
        else if (err != ZL_OK)
                zl_say_errno("cannot open %s", source->path);
        if (err != ZL_OK)
                return err;
        source->scales = zl_scales_open();
        source->message = malloc(sizeof *source->message);
        source->line_size = ZL_JSON_LINE_MAX;
        source->line = malloc(source->line_size);
        if (source->scales && source->message && source->line)
                return ZL_OK;
        zl_say("out of memory");
        return ZL_ERR_SYSTEM;
}

enum zl_err zl_source_open(struct zl_source *source, const char *path)
{
        enum zl_err err = ZL_OK;

        *source = (struct zl_source){.path = path};
        if (zl_tape_is(path) || zl_tape_is_kept(path))
                err = open_tape(source);
        else if (strcmp(path, "-") != 0)
                source->file = fopen(path, "rb");
        else
                source->file = stdin;
        if (!source->tape && !source->file && err == ZL_OK) {
                zl_say_errno("cannot open %s", path);
                err = ZL_ERR_SYSTEM;
        }
        if (err != ZL_OK)
                zl_source_close(source);
        return err;
}

void zl_source_close(struct zl_source *source)
{
        zl_tape_shut(source->tape);
        zl_scales_close(source->scales);
        free(source->message);
        free(source->line);
        if (source->file && source->file != stdin)
                fclose(source->file);
        *source = (struct zl_source){0};
}

/* ---- reading ---- */

static bool is_wanted(const struct zl_source *source)
{
        enum zl_record_kind kind = source->record.kind;

        if (source->frame.header.topic.kind == ZL_TOPIC_TAPE)
                return source->only == ZL_SOURCE_ALL;
        switch (source->only) {
        case ZL_SOURCE_IN:
                return kind == ZL_RECORD_IN;
        case ZL_SOURCE_OUT:
                return kind == ZL_RECORD_OUT || (source->internal && kind == ZL_RECORD_INTERNAL);
        default:
                return true;
        }
}

static enum zl_err next_frame(struct zl_source *source)
{
        struct zl_frame_reader checked;

        for (;;) {
                zl_tape_forget(source->tape);
                enum zl_err err = zl_tape_next(source->tape, &source->record);
                if (err == ZL_ERR_DAMAGED)
                        zl_say("%s: %s", source->path, zl_tape_why(source->tape));
                else if (err == ZL_ERR_SYSTEM)
                        zl_say_errno("cannot read %s", source->path);
                if (err != ZL_OK)
                        return err;
                /* One that does not decode changed nothing. */
                if (zl_frame_check(source->record.frame, source->record.frame_size,
                                   source->message, &checked) == ZL_OK)
                        return zl_frame_open(&source->frame, source->record.frame,
                                             source->record.frame_size);
        }
}

static enum zl_err next_of_tape(struct zl_source *source)
{
        for (;;) {
                enum zl_err err = source->in_frame ? ZL_OK : next_frame(source);
                if (err != ZL_OK)
                        return err;
                source->in_frame = zl_frame_next(&source->frame, source->message) == ZL_OK;
                if (!source->in_frame)
                        continue;
                zl_scales_learn(source->scales, source->message);
                if (is_wanted(source))
                        break;
        }
        struct zl_text text = zl_text_over(source->line, source->line_size);
        zl_json_message(&text, source->scales, &source->frame.header, source->message);
        zl_json_close(&text);
        return ZL_OK;
}

static enum zl_err next_of_file(struct zl_source *source)
{
        do {
                errno = 0;
                ssize_t size = getline(&source->line, &source->line_size, source->file);
                if (size < 0 && ferror(source->file)) {
                        zl_say_errno("cannot read %s", source->path);
                        return ZL_ERR_SYSTEM;
                }
                if (size < 0)
                        return ZL_ERR_END;
                source->number++;
                source->line[strcspn(source->line, "\r\n")] = 0;
        } while (!source->line[0] || source->line[0] == '#');
        return ZL_OK;
}

enum zl_err zl_source_next(struct zl_source *source)
{
        return source->tape ? next_of_tape(source) : next_of_file(source);
}

void zl_source_where(const struct zl_source *source, FILE *to)
{
        static const char *const kinds[] = {"in", "out", "internal", "kept"};

        if (source->tape)
                fprintf(to, "%s: record %llu, %s", source->path,
                        (unsigned long long)source->record.number, kinds[source->record.kind]);
        else
                fprintf(to, "%s: line %llu", source->path, (unsigned long long)source->number);
}

bool zl_source_at(const char *line, uint64_t *ret_at)
{
        json_object *object = json_tokener_parse(line), *at = NULL;
        bool has = object && json_object_is_type(object, json_type_object) &&
                   json_object_object_get_ex(object, "at", &at) &&
                   json_object_is_type(at, json_type_int);

        if (has)
                *ret_at = json_object_get_uint64(at);
        json_object_put(object);
        return has;
}
