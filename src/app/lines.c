#include "app/lines.h"

#include "app/say.h"
#include "codec/table.h"

#include <stdlib.h>

struct zl_lines {
        FILE *file;
        const char *name;
        uint64_t number;
        char *line;
        size_t line_capacity;
        struct zl_scales *scales;
        struct zl_table sources;   /* src -> dense number */
        struct zl_table sequences; /* (topic, source) -> last seq */
        struct zl_header last;
        bool has_last;
        struct zl_message message;
};

struct zl_lines *zl_lines_open(FILE *file, const char *name)
{
        struct zl_lines *lines = calloc(1, sizeof *lines);

        if (!lines)
                return NULL;
        lines->file = file;
        lines->name = name;
        lines->sources.row_size = sizeof(uint32_t);
        lines->sequences.row_size = sizeof(uint64_t);
        lines->scales = zl_scales_open();
        if (!lines->scales) {
                zl_lines_close(lines);
                return NULL;
        }
        return lines;
}

void zl_lines_close(struct zl_lines *lines)
{
        if (!lines)
                return;
        zl_scales_close(lines->scales);
        zl_table_free(&lines->sources);
        zl_table_free(&lines->sequences);
        free(lines->line);
        free(lines);
}

struct zl_scales *zl_lines_scales(struct zl_lines *lines)
{
        return lines->scales;
}

/* The counter of a (topic, source). NULL: out of memory. */
static uint64_t *sequence_of(struct zl_lines *lines, const struct zl_header *header)
{
        uint32_t *source = zl_table_row(&lines->sources, header->src);

        if (!source)
                return NULL;
        if (!*source)
                *source = lines->sources.map.count;
        return zl_table_row(&lines->sequences, (uint64_t)header->topic.kind << 59 |
                                                       (uint64_t)*source << 32 | header->topic.id);
}

static bool same_frame(const struct zl_header *a, const struct zl_header *b)
{
        return a->topic.kind == b->topic.kind && a->topic.id == b->topic.id && a->src == b->src &&
               a->epoch == b->epoch && a->seq == b->seq;
}

static enum zl_err complain(const struct zl_lines *lines, const char *what)
{
        zl_say("%s, line %llu: %s", lines->name, (unsigned long long)lines->number, what);
        return ZL_ERR_INVALID;
}

static enum zl_err place(struct zl_lines *lines, const struct zl_json_frame *frame,
                         struct zl_header *ret_header, bool *ret_joins)
{
        struct zl_header header = frame->header;

        if (!frame->has_topic &&
            !zl_scales_topic(lines->scales, &lines->message, header.src, &header.topic))
                return complain(lines, "this message's topic is not known: give \"topic\"");
        uint64_t *sequence = sequence_of(lines, &header);
        if (!sequence)
                return complain(lines, "out of memory");
        if (!frame->has_seq)
                header.seq = *sequence + 1;
        *sequence = header.seq;
        *ret_joins = frame->has_seq && lines->has_last && same_frame(&header, &lines->last);
        lines->last = header;
        lines->has_last = true;
        *ret_header = header;
        return ZL_OK;
}

static bool blank(char c)
{
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

enum zl_err zl_lines_next(struct zl_lines *lines, const struct zl_message **ret_message,
                          struct zl_header *ret_header, bool *ret_joins)
{
        struct zl_json_frame frame;
        char error[512];
        struct zl_text text = zl_text_over(error, sizeof error);
        char *line;
        ssize_t size;

        do { /* blank lines and comments are passed over */
                size = getline(&lines->line, &lines->line_capacity, lines->file);
                if (size < 0)
                        break;
                lines->number++;
                line = lines->line;
                for (; size > 0 && blank(line[size - 1]); size--)
                        ;
                for (; size > 0 && blank(*line); size--)
                        line++;
        } while (size == 0 || *line == '#');
        if (size < 0 && ferror(lines->file)) {
                zl_say_errno("cannot read %s", lines->name);
                return ZL_ERR_SYSTEM;
        }
        if (size < 0)
                return ZL_ERR_END;
        if (zl_json_read(line, (size_t)size, lines->scales, &lines->message, &frame, &text) !=
            ZL_OK)
                return complain(lines, error);
        zl_scales_learn(lines->scales, &lines->message);
        enum zl_err err = place(lines, &frame, ret_header, ret_joins);
        if (err == ZL_OK)
                *ret_message = &lines->message;
        return err;
}
