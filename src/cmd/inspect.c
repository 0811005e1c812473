/* zeroline inspect - the state at a point of a tape or of a journal. */
#include "cmd/command.h"

#include "app/replay/index.h"
#include "app/risk/inspect.h"
#include "app/options.h"
#include "app/say.h"
#include "app/replay/seek.h"

#include <stdio.h>
#include <unistd.h>

enum { TOP_OF_TABLE = 20 };

struct settings {
        const char *at, *account, *copy;
        uint64_t top, every;
        bool json, from_begin;
};

static bool read_account(const char *text, struct zl_inspect *inspect)
{
        const struct zl_option option = {"account", ZL_OPTION_NUMBER, &inspect->account,
                                         "ID", "", 0, UINT64_MAX, 0};

        inspect->has_account = text != NULL;
        return !text || zl_option_set(&option, text, "--account");
}

static bool print(const struct settings *settings, const struct zl_point *point,
                  const struct zl_run *run, const struct zl_sought *sought,
                  struct zl_inspect *inspect)
{
        struct zl_scales *scales = zl_scales_open();
        bool numbered = point->kind == ZL_POINT_RECORD;

        if (!scales) {
                zl_say("out of memory");
                return false;
        }
        zl_seek_learn(run->engine, scales);
        inspect->engine = run->engine;
        inspect->scales = scales;
        inspect->json = settings->json;
        inspect->top = settings->top || settings->json || inspect->has_account ? settings->top
                                                                                : TOP_OF_TABLE;
        inspect->has_record = numbered || sought->records > 0;
        inspect->record = numbered ? point->value : sought->records - 1;
        inspect->missing = sought->missing;
        inspect->from_state = sought->from_state;
        inspect->state = sought->state.number;
        inspect->messages = run->heard;
        bool good = zl_inspect_print(inspect);
        zl_scales_close(scales);
        return good && !sought->missing;
}

static enum zl_exit inspect_tape(const struct settings *settings, const struct zl_point *point,
                                 struct zl_inspect *inspect, const char *path)
{
        struct zl_seek seek = {
                .path = path, .point = *point, .from_begin = settings->from_begin};
        struct zl_run run;
        struct zl_sought sought;
        bool good = false;
        enum zl_err err = zl_tape_open(path, &seek.tape);

        if (err == ZL_ERR_INVALID)
                zl_say("%s is not a tape, nor a journal's folder or segment", path);
        else if (err != ZL_OK)
                zl_say_errno("cannot open %s", path);
        if (err != ZL_OK)
                return ZL_EXIT_FAILED;
        if (zl_seek(&seek, &run, &sought) == ZL_OK) {
                if (zl_tape_torn(seek.tape) && point->kind == ZL_POINT_NONE)
                        zl_say("%s: the last %llu bytes are a torn record and left out", path,
                               (unsigned long long)zl_tape_torn(seek.tape));
                good = print(settings, point, &run, &sought, inspect);
                zl_run_close(&run);
        }
        zl_tape_shut(seek.tape);
        return good ? ZL_EXIT_OK : ZL_EXIT_FAILED;
}

/* Under its name the copy is whole. */
static enum zl_exit copy_tape(const struct settings *settings, const char *path)
{
        struct zl_index index = {.path = path, .messages = settings->every};
        uint64_t states = 0;
        enum zl_err err = zl_tape_is_kept(path) ? ZL_ERR_INVALID
                                                : zl_tape_open(path, &index.from);

        if (err == ZL_ERR_INVALID)
                zl_say("%s is not a tape", path);
        else if (err != ZL_OK)
                zl_say_errno("cannot open %s", path);
        if (err != ZL_OK)
                return ZL_EXIT_FAILED;
        err = zl_tape_create(settings->copy, &index.to);
        if (err != ZL_OK) {
                zl_say_errno("cannot make %s", settings->copy);
                zl_tape_shut(index.from);
                return ZL_EXIT_FAILED;
        }
        err = zl_index_copy(&index, &states);
        zl_tape_shut(index.from);
        if (zl_tape_close(index.to) != ZL_OK && err == ZL_OK) {
                zl_say_errno("cannot write %s", settings->copy);
                err = ZL_ERR_SYSTEM;
        }
        if (err != ZL_OK) {
                unlink(settings->copy);
                return ZL_EXIT_FAILED;
        }
        printf("%s has %llu states\n", settings->copy, (unsigned long long)states);
        return ZL_EXIT_OK;
}

enum zl_exit zl_cmd_inspect(int argc, char **argv)
{
        struct settings settings = {.at = "end", .every = 100000};
        struct zl_inspect inspect = {0};
        struct zl_point point;
        const struct zl_option options[] = {
                {"at", ZL_OPTION_TEXT, &settings.at, "X",
                 "behind this place, as of replay: a time, record:N, ... (end)", 0, 0, 0},
                {"account", ZL_OPTION_TEXT, &settings.account, "ID",
                 "only this account, with what it holds", 0, 0, 0},
                {"top", ZL_OPTION_NUMBER, &settings.top, "N",
                 "so many pools, the nearest to their line first (20; with --json all)", 1,
                 UINT32_MAX, 'n'},
                {"json", ZL_OPTION_FLAG, &settings.json, NULL, "JSON lines instead of a table", 0,
                 0, 0},
                {"from-begin", ZL_OPTION_FLAG, &settings.from_begin, NULL,
                 "do not use the states on the tape: run all of it", 0, 0, 0},
                {"with-states", ZL_OPTION_TEXT, &settings.copy, "OUT",
                 "instead: copy the tape to OUT and put states on it", 0, 0, 0},
                {"every", ZL_OPTION_NUMBER, &settings.every, "N",
                 "with --with-states: messages between two (100000)", 1, INT64_MAX, 0},
        };
        const struct zl_usage usage = {
                .arguments = "TAPE",
                .text = "Prints the state at a point of a tape, or of a journal (its folder or a "
                        "segment): pools by\nhow near they are to their line, what is open and "
                        "what it waits for, funds, marks held\nback, holes. It begins with the "
                        "last state on the tape before the point, so that it need\nnot run all "
                        "that came before. Figures are those of `calc`. Exit code 1: frames are\n"
                        "missing, or the point is not there.",
                .options = options,
                .options_count = sizeof options / sizeof options[0],
                .arguments_max = 1,
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        if (first == argc) {
                zl_say("which tape? see --help");
                return ZL_EXIT_USAGE;
        }
        if (settings.copy)
                return copy_tape(&settings, argv[first]);
        if (!zl_point_parse(settings.at, "--at", &point) ||
            !read_account(settings.account, &inspect))
                return ZL_EXIT_USAGE;
        return inspect_tape(&settings, &point, &inspect, argv[first]);
}
