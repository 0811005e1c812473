#include "bus/allow.h"

#include "bus/endpoint.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 2048, WORDS_MAX = 3 + ZL_ALLOW_TOPICS_MAX };

/* ---- reading a line ---- */

struct reader {
        const char *path;
        uint32_t number; /* of the line */
        char *why;
};

__attribute__((format(printf, 2, 3))) static enum zl_err wrong(const struct reader *reader,
                                                               const char *format, ...)
{
        va_list arguments;
        int size = snprintf(reader->why, ZL_CURVE_WHY_SIZE, "%s, line %u: ", reader->path,
                            reader->number);

        if (size >= ZL_CURVE_WHY_SIZE)
                return ZL_ERR_INVALID;
        va_start(arguments, format);
        vsnprintf(reader->why + size, (size_t)(ZL_CURVE_WHY_SIZE - size), format, arguments);
        va_end(arguments);
        return ZL_ERR_INVALID;
}

/* All of `text` as a number in this base, no sign, no blanks. */
static bool parse_number(const char *text, size_t size, int base, uint32_t *ret_number)
{
        const char *digits = base == 10 ? "0123456789" : "0123456789abcdef";
        uint64_t number = 0;

        if (size == 0 || size > 10)
                return false;
        for (size_t i = 0; i < size; i++) {
                const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
                if (!digit)
                        return false;
                number = number * (uint64_t)base + (uint64_t)(digit - digits);
        }
        *ret_number = (uint32_t)number;
        return number <= UINT32_MAX;
}

static bool parse_src(const char *text, struct zl_allow_line *line)
{
        const char *dash = strchr(text, '-');
        size_t size = dash ? (size_t)(dash - text) : strlen(text);
        const char *last = dash ? dash + 1 : text;

        return parse_number(text, size, 10, &line->src_first) &&
               parse_number(last, strlen(last), 10, &line->src_last) &&
               line->src_first <= line->src_last;
}

/* "acct", "acct.0000000a", "acct.0000000a-000000ff" */
static bool parse_topics(const char *text, struct zl_allow_topics *ret_topics)
{
        struct zl_topic topic;
        char whole[ZL_TOPIC_SIZE + 1];
        size_t size = strlen(text);

        snprintf(whole, sizeof whole, "%.4s.00000000", text);
        if (size < 4 || !zl_topic_parse(whole, ZL_TOPIC_SIZE, &topic))
                return false;
        *ret_topics = (struct zl_allow_topics){topic.kind, 0, UINT32_MAX};
        if (size == 4)
                return true;
        if (size < ZL_TOPIC_SIZE || !zl_topic_parse(text, ZL_TOPIC_SIZE, &topic))
                return false;
        ret_topics->first = ret_topics->last = topic.id;
        if (size == ZL_TOPIC_SIZE)
                return true;
        return size == ZL_TOPIC_SIZE + 9 && text[ZL_TOPIC_SIZE] == '-' &&
               parse_number(text + ZL_TOPIC_SIZE + 1, 8, 16, &ret_topics->last) &&
               ret_topics->first <= ret_topics->last;
}

static enum zl_err take_topics(const struct reader *reader, char **words, uint32_t count,
                               struct zl_allow_line *line)
{
        if (count > ZL_ALLOW_TOPICS_MAX)
                return wrong(reader, "more than %d topics: write wider ranges",
                             ZL_ALLOW_TOPICS_MAX);
        for (uint32_t i = 0; i < count; i++) {
                struct zl_allow_topics *topics = &line->topics[line->topics_count++];
                if (!parse_topics(words[i], topics))
                        return wrong(reader,
                                     "\"%s\" is no topic: four letters (acct), or with an id "
                                     "(mark.00000007) or a range of ids (acct.00000000-0000007f)",
                                     words[i]);
                if (topics->kind == ZL_TOPIC_TIME || topics->kind == ZL_TOPIC_TAPE)
                        return wrong(reader, "\"%s\" stands on tapes only: nobody publishes it",
                                     words[i]);
        }
        return ZL_OK;
}

static enum zl_err take_words(const struct reader *reader, char **words, uint32_t count,
                              struct zl_allow_line *line)
{
        uint32_t at = 0;

        *line = (struct zl_allow_line){.number = reader->number};
        if (strstr(words[0], "://")) {
                const char *fault = zl_endpoint_fault(words[0], true);
                if (fault)
                        return wrong(reader, "\"%s\" %s", words[0], fault);
                if (strlen(words[0]) >= sizeof line->endpoint)
                        return wrong(reader, "the endpoint is too long");
                strcpy(line->endpoint, words[at++]);
        }
        if (at == count)
                return wrong(reader, "no public key behind the endpoint (- for none)");
        if (line->endpoint[0] && !strcmp(words[at], "-"))
                at++;
        else if (zl_curve_is_key(words[at]))
                strcpy(line->key, words[at++]);
        else
                return wrong(reader,
                             "\"%s\" is no public key: 40 characters, as in the .pub file that "
                             "`zeroline keygen` writes",
                             words[at]);
        if (at == count)
                return wrong(reader, "no src behind the key: which number has its owner?");
        if (!parse_src(words[at], line))
                return wrong(reader, "\"%s\" is no src: a number, or a range (1-9)", words[at]);
        at++;
        return take_topics(reader, words + at, count - at, line);
}

/* A comment by itself has no words. */
static enum zl_err split(const struct reader *reader, char *text, char **words, uint32_t *ret_count)
{
        char *rest;
        uint32_t count = 0;

        for (char *word = strtok_r(text, " \t\r\n", &rest); word;
             word = strtok_r(NULL, " \t\r\n", &rest)) {
                if (word[0] == '#' && (count > 1 || !zl_curve_is_key(word)))
                        break;
                if (count == WORDS_MAX)
                        return wrong(reader, "more than %d words", WORDS_MAX);
                words[count++] = word;
        }
        *ret_count = count;
        return ZL_OK;
}

/* ---- reading the file ---- */

static int compare(const void *a, const void *b)
{
        const struct zl_allow_line *x = a, *y = b;
        int order = strcmp(x->endpoint, y->endpoint);

        if (order == 0)
                order = strcmp(x->key, y->key);
        if (order == 0)
                order = (x->src_first > y->src_first) - (x->src_first < y->src_first);
        return order;
}

/* Lines are in order: what clashes stands side by side. */
static enum zl_err check_neighbours(struct reader *reader, const struct zl_allow *allow)
{
        for (uint32_t i = 1; i < allow->count; i++) {
                const struct zl_allow_line *a = &allow->lines[i - 1], *b = &allow->lines[i];
                bool later = b->number > a->number;
                reader->number = later ? b->number : a->number;
                uint32_t other = later ? a->number : b->number;
                if (strcmp(a->endpoint, b->endpoint) != 0)
                        continue;
                bool same_key = !strcmp(a->key, b->key);
                if (a->endpoint[0] && !same_key)
                        return wrong(reader, "%s has another key on line %u", a->endpoint, other);
                if (same_key && b->src_first <= a->src_last)
                        return wrong(reader, "src %u of this writer stands on line %u already",
                                     b->src_first, other);
        }
        return ZL_OK;
}

static enum zl_err add(const struct reader *reader, struct zl_allow *allow,
                       const struct zl_allow_line *line)
{
        if (allow->count == ZL_ALLOW_LINES_MAX)
                return wrong(reader, "more than %d entries", ZL_ALLOW_LINES_MAX);
        if ((allow->count & (allow->count - 1)) == 0) { /* room for the next power of two */
                uint32_t room = allow->count ? 2 * allow->count : 1;
                void *more = realloc(allow->lines, room * sizeof *line);
                if (!more)
                        return wrong(reader, "out of memory");
                allow->lines = more;
        }
        allow->lines[allow->count++] = *line;
        return ZL_OK;
}

static enum zl_err read_lines(struct reader *reader, FILE *file, struct zl_allow *allow)
{
        char text[LINE_SIZE], *words[WORDS_MAX];
        enum zl_err err = ZL_OK;

        while (err == ZL_OK && fgets(text, sizeof text, file)) {
                struct zl_allow_line line;
                uint32_t count = 0;

                reader->number++;
                if (!strchr(text, '\n') && !feof(file))
                        return wrong(reader, "longer than %d characters", LINE_SIZE - 2);
                err = split(reader, text, words, &count);
                if (err == ZL_OK && count > 0)
                        err = take_words(reader, words, count, &line);
                if (err == ZL_OK && count > 0)
                        err = add(reader, allow, &line);
        }
        if (err == ZL_OK && ferror(file))
                err = wrong(reader, "cannot be read on: %s", strerror(errno));
        return err;
}

enum zl_err zl_allow_read(const char *path, struct zl_allow *ret_allow,
                          char ret_why[ZL_CURVE_WHY_SIZE])
{
        struct reader reader = {.path = path, .why = ret_why};
        struct zl_allow allow = {0};
        FILE *file = fopen(path, "re");

        if (!file) {
                snprintf(ret_why, ZL_CURVE_WHY_SIZE, "cannot read the allow-list %s: %s", path,
                         strerror(errno));
                return ZL_ERR_SYSTEM;
        }
        enum zl_err err = read_lines(&reader, file, &allow);
        fclose(file);
        if (allow.count)
                qsort(allow.lines, allow.count, sizeof *allow.lines, compare);
        if (err == ZL_OK)
                err = check_neighbours(&reader, &allow);
        if (err == ZL_OK)
                *ret_allow = allow;
        else
                zl_allow_free(&allow);
        return err;
}

void zl_allow_free(struct zl_allow *allow)
{
        free(allow->lines);
        *allow = (struct zl_allow){0};
}

/* ---- asking ---- */

/* The lines of this endpoint; of this key too where it is not NULL. */
static struct zl_allow_span find(const struct zl_allow *allow, const char *endpoint,
                                 const char *key)
{
        uint32_t low = 0, high = allow->count, end;

        while (low < high) { /* the first that does not stand before */
                uint32_t middle = low + (high - low) / 2;
                const struct zl_allow_line *line = &allow->lines[middle];
                int order = strcmp(line->endpoint, endpoint);
                if (order == 0 && key)
                        order = strcmp(line->key, key);
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        for (end = low; end < allow->count; end++) {
                if (strcmp(allow->lines[end].endpoint, endpoint) != 0 ||
                    (key && strcmp(allow->lines[end].key, key) != 0))
                        break;
        }
        return (struct zl_allow_span){allow->lines + low, end - low};
}

struct zl_allow_span zl_allow_of_endpoint(const struct zl_allow *allow, const char *endpoint)
{
        return find(allow, endpoint, NULL);
}

struct zl_allow_span zl_allow_of_key(const struct zl_allow *allow, const char *key)
{
        return find(allow, "", key);
}

static bool may_write(const struct zl_allow_line *line, const struct zl_header *header)
{
        if (header->topic.kind == ZL_TOPIC_BEAT && header->topic.id == header->src)
                return true;
        for (uint32_t i = 0; i < line->topics_count; i++) {
                const struct zl_allow_topics *topics = &line->topics[i];
                if (topics->kind == header->topic.kind && topics->first <= header->topic.id &&
                    header->topic.id <= topics->last)
                        return true;
        }
        return false;
}

enum zl_allow_verdict zl_allow_judge(struct zl_allow_span span, const struct zl_header *header)
{
        enum zl_allow_verdict verdict = ZL_ALLOW_SRC;

        for (uint32_t i = 0; i < span.count; i++) {
                const struct zl_allow_line *line = &span.lines[i];
                if (header->src < line->src_first || header->src > line->src_last)
                        continue;
                if (may_write(line, header))
                        return ZL_ALLOW_GOOD;
                verdict = ZL_ALLOW_TOPIC;
        }
        return verdict;
}
