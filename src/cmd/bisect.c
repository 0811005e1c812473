/* zeroline bisect - the first message of a tape at which two builds differ. */
#include "cmd/command.h"

#include "app/replay/cause.h"
#include "app/child.h"
#include "app/replay/json_diff.h"
#include "app/options.h"
#include "app/say.h"
#include "app/replay/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One build, and the line of its replay at hand. */
struct build {
        const char *path;
        struct zl_child child;
        FILE *out;
        char *line;
        size_t line_size;
        bool has;
        uint64_t at;
};

static bool start(struct build *build, const char *name, const char *tape)
{
        char *const arguments[] = {(char *)(uintptr_t)build->path, "replay", "--json", "--internal",
                                   "--", (char *)(uintptr_t)tape, NULL};

        return zl_child_read(&build->child, name, arguments, &build->out);
}

/* The next output; false after a line on stderr. */
static bool step(struct build *build)
{
        ssize_t size = getline(&build->line, &build->line_size, build->out);

        build->has = size >= 0;
        if (!build->has)
                return true;
        build->line[strcspn(build->line, "\n")] = 0;
        if (zl_source_at(build->line, &build->at))
                return true;
        zl_say("%s: what it printed is no output of a replay: %.80s", build->path, build->line);
        return false;
}

/* Whether its replay came to its end, as it ran: identical or not to what was recorded. */
static bool ended_well(struct build *build)
{
        zl_child_wait(&build->child);
        int code = zl_child_code(&build->child);

        if (code == ZL_EXIT_OK || code == ZL_EXIT_DIFFERS)
                return true;
        if (code < 0)
                zl_say("%s: its replay was killed", build->path);
        else
                zl_say("%s: its replay ended with exit code %d", build->path, code);
        return false;
}

/* What one of them says to an earlier message than the other, the other does not say. */
static void show(struct build *a, struct build *b, const char *tape, uint64_t same)
{
        uint64_t at_a = a->has ? a->at : UINT64_MAX, at_b = b->has ? b->at : UINT64_MAX;
        const char *line_a = at_a <= at_b ? a->line : NULL;
        const char *line_b = at_b <= at_a ? b->line : NULL;
        struct zl_cause cause;

        printf("they differ at message %llu, behind %llu outputs that are the same:\n"
               "  - %s\n  + %s\n",
               (unsigned long long)(at_a < at_b ? at_a : at_b), (unsigned long long)same, a->path,
               b->path);
        if (zl_cause_of_message(tape, at_a < at_b ? at_a : at_b, &cause) == ZL_OK) {
                zl_cause_print(&cause, stdout);
                zl_cause_free(&cause);
        }
        printf("  a says: %s\n  b says: %s\n", line_a ? line_a : "nothing",
               line_b ? line_b : "nothing");
        if (line_a && line_b)
                zl_json_diff(line_a, line_b, NULL, stdout);
}

static enum zl_exit compare(struct build *a, struct build *b, const char *tape)
{
        uint64_t same = 0;

        for (;;) {
                if (!step(a) || !step(b))
                        return ZL_EXIT_FAILED;
                if ((!a->has && !ended_well(a)) || (!b->has && !ended_well(b)))
                        return ZL_EXIT_FAILED;
                if (!a->has || !b->has || strcmp(a->line, b->line) != 0)
                        break;
                same++;
        }
        if (!a->has && !b->has) {
                printf("the same: %llu outputs\n", (unsigned long long)same);
                return ZL_EXIT_OK;
        }
        show(a, b, tape, same);
        return ZL_EXIT_DIFFERS;
}

static void end(struct build *build)
{
        zl_child_kill(&build->child);
        if (build->out)
                fclose(build->out);
        free(build->line);
}

static enum zl_exit run(const char *path_a, const char *path_b, const char *tape)
{
        struct build a = {.path = path_a}, b = {.path = path_b};
        enum zl_exit code = ZL_EXIT_FAILED;

        if (start(&a, "a", tape) && start(&b, "b", tape))
                code = compare(&a, &b, tape);
        end(&a);
        end(&b);
        return code;
}

enum zl_exit zl_cmd_bisect(int argc, char **argv)
{
        const char *a = NULL, *b = NULL;
        const struct zl_option options[] = {
                {"a", ZL_OPTION_TEXT, &a, "BINARY", "one build of zeroline", 0, 0, 'a'},
                {"b", ZL_OPTION_TEXT, &b, "BINARY", "the other", 0, 0, 'b'},
        };
        const struct zl_usage usage = {
                .arguments = "TAPE",
                .text = "Replays a tape with two builds at once and shows the first message at "
                        "which they differ: the\ninput, and what each of them says to it. Exit "
                        "code 0: they do not; 3: they do.",
                .options = options,
                .options_count = sizeof options / sizeof options[0],
                .arguments_max = 1,
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        if (first == argc || !a || !b) {
                zl_say("a tape and two builds are needed: --a BINARY --b BINARY TAPE");
                return ZL_EXIT_USAGE;
        }
        return run(a, b, argv[first]);
}
