#include "app/show/layout.h"

#include "app/point.h"
#include "app/say.h"
#include "codec/json.h"
#include "core/schema.h"

#include <stdlib.h>
#include <string.h>

/* A letter's value; 0: the text itself; '{': the field that the text names. */
struct piece {
        char what;
        char *text;
        size_t size;
};

struct zl_layout {
        struct piece *pieces;
        uint32_t count;
};

/* ---- parsing ---- */

static const char LETTERS[] = "tmseqnTridzxj";

static char escaped(char letter)
{
        static const char names[] = "ntr0\\", values[] = "\n\t\r\0\\";
        const char *at = letter ? strchr(names, letter) : NULL;

        return at ? values[at - names] : letter;
}

static bool is_escape(char letter)
{
        return letter && strchr("ntr0\\", letter);
}

static bool add(struct zl_layout *layout, char what, const char *text, size_t size)
{
        struct piece *more = realloc(layout->pieces, (layout->count + 1) * sizeof *more);

        if (!more)
                return false;
        layout->pieces = more;
        char *own = malloc(size + 1);
        if (!own)
                return false;
        memcpy(own, text, size);
        own[size] = 0;
        more[layout->count++] = (struct piece){what, own, size};
        return true;
}

static bool wrong(const char *format, const char *at, const char *why)
{
        zl_say("--format, at character %d: %s", (int)(at - format) + 1, why);
        return false;
}

/* One part of the format; moves *at behind it. */
static bool take(struct zl_layout *layout, const char *format, const char **at)
{
        const char *from = *at, *end;
        bool added;

        if (*from == '\\') {
                if (!is_escape(from[1]))
                        return wrong(format, from, "\\n, \\t, \\r, \\0 or \\\\ can stand there");
                const char byte = escaped(from[1]);
                added = add(layout, 0, &byte, 1);
                *at = from + 2;
        } else if (*from != '%') {
                size_t size = strcspn(from, "%\\");
                added = add(layout, 0, from, size);
                *at = from + size;
        } else if (from[1] == '%') {
                added = add(layout, 0, "%", 1);
                *at = from + 2;
        } else if (from[1] == '{') {
                if (!(end = strchr(from, '}')) || end == from + 2)
                        return wrong(format, from, "a field is named as in %{account}");
                added = add(layout, '{', from + 2, (size_t)(end - from - 2));
                *at = end + 1;
        } else {
                if (!from[1] || !strchr(LETTERS, from[1]))
                        return wrong(format, from,
                                     "one of t m s e q n T r i d z x j, {field} or % must follow");
                added = add(layout, from[1], "", 0);
                *at = from + 2;
        }
        if (!added)
                zl_say("out of memory");
        return added;
}

struct zl_layout *zl_layout_open(const char *format)
{
        struct zl_layout *layout = calloc(1, sizeof *layout);
        const char *at = format;

        if (!layout) {
                zl_say("out of memory");
                return NULL;
        }
        while (*at) {
                if (!take(layout, format, &at)) {
                        zl_layout_close(layout);
                        return NULL;
                }
        }
        return layout;
}

void zl_layout_close(struct zl_layout *layout)
{
        if (!layout)
                return;
        for (uint32_t i = 0; i < layout->count; i++)
                free(layout->pieces[i].text);
        free(layout->pieces);
        free(layout);
}

/* ---- writing ---- */

static void put_json(struct zl_text *text, const struct zl_scales *scales,
                     const struct zl_laid *laid)
{
        zl_json_message(text, scales, laid->header, laid->message);
        zl_json_close(text);
}

/* Behind the value that begins there. */
static const char *value_end(const char *at)
{
        int depth = 0;
        bool quoted = false;

        for (; *at; at++) {
                if (quoted && *at == '\\')
                        at++;
                else if (*at == '"')
                        quoted = !quoted;
                else if (!quoted && (*at == '{' || *at == '['))
                        depth++;
                else if (!quoted && depth == 0 && (*at == ',' || *at == '}'))
                        return at;
                else if (!quoted && (*at == '}' || *at == ']'))
                        depth--;
        }
        return at;
}

/* The field's value as the JSON line has it; a string without its quotes. The line stands behind
 * the text for as long as that takes. */
static void put_field(struct zl_text *text, const struct zl_scales *scales,
                      const struct zl_laid *laid, const struct piece *field)
{
        struct zl_text line = zl_text_over(text->data + text->size, text->capacity - text->size);

        put_json(&line, scales, laid);
        text->full |= line.full;
        const char *at = line.data + 1, *end;
        for (; !line.full && *at == '"'; at = *end == ',' ? end + 1 : end) {
                const char *value = strchr(at + 1, '"') + 2;
                end = value_end(value);
                if ((size_t)(value - at - 3) != field->size ||
                    memcmp(at + 1, field->text, field->size) != 0)
                        continue;
                bool string = *value == '"';
                size_t size = (size_t)(end - value) - 2 * string;
                memmove(line.data, value + string, size);
                text->size += size;
                break;
        }
        text->data[text->size] = 0;
}

static void put_hex(struct zl_text *text, const struct zl_laid *laid)
{
        static const char digits[] = "0123456789abcdef";

        for (size_t i = 0; i < laid->frame_size; i++) {
                zl_text_char(text, digits[laid->frame[i] >> 4]);
                zl_text_char(text, digits[laid->frame[i] & 15]);
        }
}

static void put_topic(struct zl_text *text, struct zl_topic topic)
{
        char name[ZL_TOPIC_SIZE + 1];

        zl_topic_format(topic, name);
        zl_text_put(text, name);
}

static void put_time(struct zl_text *text, uint64_t ts_ns)
{
        char date[ZL_TIME_TEXT_SIZE];

        zl_text_put(text, zl_time_format(ts_ns, date));
}

static void put_piece(const struct piece *piece, const struct zl_scales *scales,
                      const struct zl_laid *laid, struct zl_text *text)
{
        static const char *const ways[] = {"in", "out", "internal"};
        const struct zl_header *header = laid->header;

        switch (piece->what) {
        case 0:
                zl_text_bytes(text, piece->text, piece->size);
                break;
        case '{':
                put_field(text, scales, laid, piece);
                break;
        case 'j':
                put_json(text, scales, laid);
                break;
        case 't':
                put_topic(text, header->topic);
                break;
        case 'm':
                zl_text_put(text, zl_schema_message(laid->message->type)->name);
                break;
        case 'T':
                put_time(text, header->ts_ns);
                break;
        case 'd':
                zl_text_put(text, laid->kind < 3 ? ways[laid->kind] : "in");
                break;
        case 'x':
                put_hex(text, laid);
                break;
        default:
                zl_text_u64(text, piece->what == 's'   ? header->src
                                  : piece->what == 'e' ? header->epoch
                                  : piece->what == 'q' ? header->seq
                                  : piece->what == 'n' ? header->ts_ns
                                  : piece->what == 'r' ? laid->number
                                  : piece->what == 'i' ? laid->place
                                                       : laid->frame_size);
        }
}

void zl_layout_write(const struct zl_layout *layout, const struct zl_scales *scales,
                     const struct zl_laid *laid, struct zl_text *text)
{
        if (!layout) {
                put_json(text, scales, laid);
                zl_text_char(text, '\n');
                return;
        }
        for (uint32_t i = 0; i < layout->count; i++)
                put_piece(&layout->pieces[i], scales, laid, text);
}
