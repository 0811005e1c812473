/* zeroline diff - the first difference between two tapes, or two outputs. */
#include "cmd/command.h"

#include "app/replay/cause.h"
#include "app/replay/json_diff.h"
#include "app/options.h"
#include "app/say.h"
#include "app/replay/source.h"

#include <stdio.h>
#include <string.h>

struct settings {
        const char *only, *input;
        bool internal;
        struct zl_option_list ignored;
};

struct job {
        const struct settings *settings;
        struct zl_source a, b;
        bool has_a, has_b; /* a line stands there */
        struct zl_json_names ignored;
        const char *names[ZL_OPTION_LIST_MAX + 1];
        uint64_t same;
};

/* The next line of one side; false after a line on stderr. */
static bool step(struct zl_source *source, bool *ret_has)
{
        enum zl_err err = zl_source_next(source);

        *ret_has = err == ZL_OK;
        return err == ZL_OK || err == ZL_ERR_END;
}

/* A tape beside what `replay --json` prints: only its outputs compare, and it does not say `at`. */
static void adapt(struct job *job, struct zl_source *tape, const struct zl_source *lines,
                  bool has_line)
{
        uint64_t at;

        if (!tape->tape || lines->tape || !has_line || !zl_source_at(lines->line, &at))
                return;
        if (!job->settings->only)
                tape->only = ZL_SOURCE_OUT;
        job->names[job->ignored.count++] = "at";
}

/* Lines before tapes: what they are decides what of a tape is asked for. */
static bool begin(struct job *job)
{
        bool lines_first = job->a.tape && !job->b.tape;
        struct zl_source *first = lines_first ? &job->b : &job->a;
        struct zl_source *second = lines_first ? &job->a : &job->b;
        bool *has_first = lines_first ? &job->has_b : &job->has_a;
        bool *has_second = lines_first ? &job->has_a : &job->has_b;

        if (!step(first, has_first))
                return false;
        adapt(job, second, first, *has_first);
        return step(second, has_second);
}

/* What led to it: by the message that a line names, or by what stands in front of it on a tape. */
static void show_cause(struct job *job)
{
        const struct zl_source *tape = job->a.tape && job->has_a ? &job->a : &job->b;
        const char *input = job->settings->input;
        struct zl_cause cause;
        uint64_t at;
        bool named = (job->has_a && zl_source_at(job->a.line, &at)) ||
                     (job->has_b && zl_source_at(job->b.line, &at));
        enum zl_err err;

        if (!input && tape->tape)
                input = tape->path;
        if (input && named)
                err = zl_cause_of_message(input, at, &cause);
        else if (tape->tape && tape->only != ZL_SOURCE_IN)
                err = zl_cause_of_record(tape->path, tape->record.number, &cause);
        else
                return;
        if (err != ZL_OK)
                return;
        zl_cause_print(&cause, stdout);
        zl_cause_free(&cause);
}

static void show_side(const struct zl_source *source, bool has, const char *mark)
{
        printf("  %s ", mark);
        if (has)
                zl_source_where(source, stdout);
        else
                printf("%s: ends here", source->path);
        putchar('\n');
}

static void show(struct job *job)
{
        printf("they differ behind %llu that are the same:\n", (unsigned long long)job->same);
        show_side(&job->a, job->has_a, "-");
        show_side(&job->b, job->has_b, "+");
        show_cause(job);
        printf("  expected: %s\n  got:      %s\n", job->has_a ? job->a.line : "nothing",
               job->has_b ? job->b.line : "nothing");
        if (job->has_a && job->has_b)
                zl_json_diff(job->a.line, job->b.line, &job->ignored, stdout);
}

static enum zl_exit compare(struct job *job)
{
        if (!begin(job))
                return ZL_EXIT_FAILED;
        while (job->has_a && job->has_b && zl_json_same(job->a.line, job->b.line, &job->ignored)) {
                job->same++;
                if (!step(&job->a, &job->has_a) || !step(&job->b, &job->has_b))
                        return ZL_EXIT_FAILED;
        }
        if (!job->has_a && !job->has_b) {
                printf("the same: %llu messages\n", (unsigned long long)job->same);
                return ZL_EXIT_OK;
        }
        show(job);
        return ZL_EXIT_DIFFERS;
}

static bool set_only(const struct settings *settings, struct zl_source *source)
{
        const char *only = settings->only ? settings->only : "all";

        source->internal = settings->internal;
        source->only = !strcmp(only, "in")    ? ZL_SOURCE_IN
                       : !strcmp(only, "out") ? ZL_SOURCE_OUT
                                              : ZL_SOURCE_ALL;
        return source->only != ZL_SOURCE_ALL || !strcmp(only, "all");
}

static enum zl_exit run(const struct settings *settings, const char *a, const char *b)
{
        struct job job = {.settings = settings};
        enum zl_exit code = ZL_EXIT_FAILED;

        job.ignored = (struct zl_json_names){job.names, settings->ignored.count};
        for (uint32_t i = 0; i < settings->ignored.count; i++)
                job.names[i] = settings->ignored.values[i];
        if (!strcmp(a, "-") && !strcmp(b, "-")) {
                zl_say("stdin can be one of the two, not both");
                return ZL_EXIT_USAGE;
        }
        if (zl_source_open(&job.a, a) != ZL_OK)
                return ZL_EXIT_FAILED;
        if (zl_source_open(&job.b, b) == ZL_OK) {
                if (set_only(settings, &job.a) && set_only(settings, &job.b)) {
                        code = compare(&job);
                } else {
                        zl_say("--only \"%s\": expected all, in or out", settings->only);
                        code = ZL_EXIT_USAGE;
                }
                zl_source_close(&job.b);
        }
        zl_source_close(&job.a);
        return code;
}

enum zl_exit zl_cmd_diff(int argc, char **argv)
{
        struct settings settings = {0};
        const struct zl_option options[] = {
                {"only", ZL_OPTION_TEXT, &settings.only, "WHAT",
                 "of a tape: all, in or out (all; out beside what `replay --json` printed)", 0, 0,
                 0},
                {"internal", ZL_OPTION_FLAG, &settings.internal, NULL,
                 "with --only out: messages between partitions too", 0, 0, 0},
                {"ignore", ZL_OPTION_LIST, &settings.ignored, "FIELD",
                 "an outermost field that does not count: epoch, ts_ns", 0, 0, 0},
                {"input", ZL_OPTION_TEXT, &settings.input, "TAPE",
                 "of two outputs: where the inputs stand that their `at` names", 0, 0, 0},
        };
        const struct zl_usage usage = {
                .arguments = "A B",
                .text = "Shows the first difference between two tapes (or journals), two outputs "
                        "(JSON lines of replay\nor decode; - is stdin), or a tape and an output: "
                        "field by field, with the input that led to it.\nExit code 0: they are "
                        "the same; 3: they differ.",
                .options = options,
                .options_count = sizeof options / sizeof options[0],
                .arguments_max = 2,
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        if (argc - first < 2) {
                zl_say("which two? see --help");
                return ZL_EXIT_USAGE;
        }
        return run(&settings, argv[first], argv[first + 1]);
}
