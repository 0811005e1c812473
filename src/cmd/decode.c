/* zeroline decode - frames from a file, a tape, a journal or a socket to JSON lines, or to lines of
 * the caller's own form. */
#include "cmd/command.h"

#include "app/show/census.h"
#include "app/filter.h"
#include "app/show/intake.h"
#include "app/show/layout.h"
#include "app/point.h"
#include "app/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE_MAX = 8 << 20 };

struct settings {
        const char *sub, *pull, *format, *kinds, *from, *to;
        struct zl_option_list topics, accounts, instruments;
        uint64_t most;
        bool hex, stats, json;
        struct zl_net net;
};

struct decoder {
        const struct settings *settings;
        struct zl_layout *layout; /* NULL: JSON lines */
        struct zl_scales *scales;
        struct zl_message *message;
        struct zl_census census;
        struct zl_filter filter;
        struct zl_point from, to;
        struct zl_tape_time time;
        uint64_t at; /* the number of the next message from outside */
        char *line;
        uint64_t frames, shown, bad;
};

/* ---- which ---- */

static bool is_wanted(const struct settings *settings, const struct zl_header *header)
{
        char name[ZL_TOPIC_SIZE + 1];

        if (settings->topics.count == 0)
                return true;
        zl_topic_format(header->topic, name);
        for (uint32_t i = 0; i < settings->topics.count; i++) {
                const char *begin = settings->topics.values[i];
                if (strncmp(name, begin, strlen(begin)) == 0)
                        return true;
        }
        return false;
}

/* "in,out": of a tape's records. */
static bool is_of_kind(const struct settings *settings, enum zl_record_kind kind)
{
        static const char *const names[] = {"in", "out", "internal"};
        const char *at = settings->kinds;
        size_t size;

        for (; at && *at; at += size + (at[size] == ',')) {
                size = strcspn(at, ",");
                if (kind <= ZL_RECORD_INTERNAL && strlen(names[kind]) == size &&
                    memcmp(at, names[kind], size) == 0)
                        return true;
        }
        return !settings->kinds;
}

static bool kinds_are_good(const char *kinds)
{
        for (size_t size; kinds && *kinds; kinds += size + (kinds[size] == ',')) {
                size = strcspn(kinds, ",");
                if ((size == 2 && !memcmp(kinds, "in", 2)) ||
                    (size == 3 && !memcmp(kinds, "out", 3)) ||
                    (size == 8 && !memcmp(kinds, "internal", 8)))
                        continue;
                zl_say("--kind: in, out and internal are the kinds of records, not %s", kinds);
                return false;
        }
        return true;
}

/* False after a line on stderr. */
static bool read_choice(struct decoder *decoder)
{
        const struct settings *settings = decoder->settings;
        struct zl_filter *filter = &decoder->filter;

        if (!kinds_are_good(settings->kinds) ||
            !zl_filter_ids(&settings->accounts, "--account", UINT64_MAX, filter->accounts,
                           &filter->accounts_count) ||
            !zl_filter_ids(&settings->instruments, "--instrument", UINT32_MAX,
                           filter->instruments, &filter->instruments_count))
                return false;
        return (!settings->from || zl_point_parse(settings->from, "--from", &decoder->from)) &&
               (!settings->to || zl_point_parse(settings->to, "--to", &decoder->to));
}

/* Whether it is between both places; `ret_behind`: nothing more will be. */
static bool is_between(struct decoder *decoder, const struct zl_header *header, bool *ret_behind)
{
        struct zl_place place =
                zl_place_of(&decoder->time, decoder->frames, decoder->at, header);
        struct zl_point *from = &decoder->from, *to = &decoder->to;

        if (from->kind != ZL_POINT_NONE && !zl_point_reached(from, &place))
                return false;
        if (to->kind == ZL_POINT_SPAN && !to->base_ns) /* from where it begins */
                to->base_ns = place.time_ns;
        *ret_behind = zl_point_reached(to, &place);
        return !*ret_behind;
}

/* ---- printing ---- */

static bool print_message(struct decoder *decoder, const struct zl_laid *laid)
{
        struct zl_text text = zl_text_over(decoder->line, LINE_SIZE_MAX);

        zl_layout_write(decoder->layout, decoder->scales, laid, &text);
        if (text.full) {
                zl_say("a message is too long to print");
                return false;
        }
        if (fwrite(text.data, 1, text.size, stdout) != text.size) {
                zl_say_errno("cannot write to stdout");
                return false;
        }
        return true;
}

/* Scales are learnt from what is not shown too. */
static bool take_message(struct decoder *decoder, const struct zl_laid *laid, bool shown)
{
        zl_scales_learn(decoder->scales, laid->message);
        decoder->at += laid->kind == ZL_RECORD_IN;
        if (!shown || !zl_filter_passes(&decoder->filter, laid->header, laid->message))
                return true;
        if (!decoder->settings->stats)
                return print_message(decoder, laid);
        zl_census_count(&decoder->census, laid->header, laid->message, laid->place,
                        laid->frame_size);
        return true;
}

/* A frame that does not decode is said and passed over. */
static enum zl_intake_next take_frame(void *context, const uint8_t *frame, size_t size,
                                      enum zl_record_kind kind)
{
        struct decoder *decoder = context;
        const struct settings *settings = decoder->settings;
        struct zl_frame_reader reader;
        char why[200];
        bool shown = false, behind = false;
        enum zl_err err = zl_frame_check(frame, size, decoder->message, &reader);

        if (err == ZL_OK && (err = zl_frame_open(&reader, frame, size)) == ZL_OK) {
                struct zl_laid laid = {frame, size, decoder->frames, 0, kind, &reader.header,
                                       decoder->message};
                shown = is_between(decoder, &reader.header, &behind) &&
                        is_wanted(settings, &reader.header) && is_of_kind(settings, kind);
                for (; (err = zl_frame_next(&reader, decoder->message)) == ZL_OK; laid.place++) {
                        if (!take_message(decoder, &laid, shown))
                                return ZL_INTAKE_FAILED;
                }
        }
        if (err == ZL_ERR_INVALID) {
                zl_say("frame %llu does not decode: %s", (unsigned long long)decoder->frames,
                       zl_frame_error(&reader, why, sizeof why));
                decoder->bad++;
        }
        decoder->frames++;
        decoder->shown += shown || err == ZL_ERR_INVALID;
        bool enough = settings->most && decoder->shown == settings->most;
        return enough || behind ? ZL_INTAKE_ENOUGH : ZL_INTAKE_GO_ON;
}

static enum zl_exit decode(struct decoder *decoder, const char *path)
{
        const struct settings *settings = decoder->settings;
        const struct zl_intake intake = {take_frame, decoder, settings->hex};
        const struct zl_intake_socket from = {settings->sub, settings->pull, &settings->topics,
                                              &settings->net};
        enum zl_exit code = settings->sub || settings->pull ? zl_intake_socket(&intake, &from)
                                                            : zl_intake_file(&intake, path);

        if (settings->stats && !zl_census_print(&decoder->census, settings->json))
                code = ZL_EXIT_FAILED;
        return decoder->bad && code == ZL_EXIT_OK ? ZL_EXIT_FAILED : code;
}

static enum zl_exit run(const struct settings *settings, const char *path)
{
        struct decoder decoder = {
                .settings = settings,
                .layout = settings->format ? zl_layout_open(settings->format) : NULL,
                .scales = zl_scales_open(),
                .message = malloc(sizeof *decoder.message),
                .line = malloc(LINE_SIZE_MAX),
        };
        enum zl_exit code = ZL_EXIT_FAILED;

        if ((settings->format && !decoder.layout) || !read_choice(&decoder))
                code = ZL_EXIT_USAGE;
        else if (!decoder.scales || !decoder.message || !decoder.line)
                zl_say("out of memory");
        else
                code = decode(&decoder, path);
        zl_layout_close(decoder.layout);
        zl_scales_close(decoder.scales);
        free(decoder.message);
        free(decoder.line);
        return code;
}

enum zl_exit zl_cmd_decode(int argc, char **argv)
{
        struct settings settings = {.net = ZL_NET_DEFAULT};
        const struct zl_option options[] = {
                {"hex", ZL_OPTION_FLAG, &settings.hex, NULL, "the input is hex, a frame a line",
                 0, 0, 0},
                {"sub", ZL_OPTION_TEXT, &settings.sub, "ENDPOINT", "connect a SUB socket there", 0,
                 0, 0},
                {"pull", ZL_OPTION_TEXT, &settings.pull, "ENDPOINT", "bind a PULL socket there", 0,
                 0, 0},
                {"topic", ZL_OPTION_LIST, &settings.topics, "TOPIC",
                 "these topics only, or how they begin", 0, 0, 't'},
                {"kind", ZL_OPTION_TEXT, &settings.kinds, "LIST",
                 "of a tape: in, out, internal, or several with commas", 0, 0, 0},
                {"account", ZL_OPTION_LIST, &settings.accounts, "ID", "what is about it", 0, 0,
                 'a'},
                {"instrument", ZL_OPTION_LIST, &settings.instruments, "ID", "what is about it", 0,
                 0, 0},
                {"from", ZL_OPTION_TEXT, &settings.from, "PLACE",
                 "begin there: a time, +5m, record:1000, ...; see replay --help", 0, 0, 0},
                {"to", ZL_OPTION_TEXT, &settings.to, "PLACE", "end in front of that", 0, 0, 0},
                {"count", ZL_OPTION_NUMBER, &settings.most, "N", "stop after so many frames", 0,
                 UINT64_MAX, 'n'},
                {"format", ZL_OPTION_TEXT, &settings.format, "FORMAT",
                 "instead of JSON: %t topic, %m type, %s src, %q seq, %T date, %{field}, ...; see "
                 "the README", 0, 0, 'f'},
                {"stats", ZL_OPTION_FLAG, &settings.stats, NULL,
                 "count messages, frames and bytes by type instead of printing them", 0, 0, 0},
                {"json", ZL_OPTION_FLAG, &settings.json, NULL, "with --stats: as JSON lines", 0, 0,
                 0},
                ZL_NET_OPTIONS(settings.net),
        };
        const struct zl_usage usage = {
                .arguments = "[FILE]",
                .text = "Prints every message of a tape, of a journal (its folder or a segment), "
                        "of frames one\nbehind the other (from FILE or stdin), or of a socket, as "
                        "a JSON line.",
                .options = options,
                .options_count = sizeof options / sizeof options[0],
                .arguments_max = 1,
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        return run(&settings, first < argc ? argv[first] : NULL);
}
