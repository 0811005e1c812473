/* zeroline replay - a tape through the engine, compared with what was recorded. */
#include "cmd/command.h"

#include "app/options.h"
#include "app/replay.h"
#include "app/say.h"

#include <stdio.h>
#include <time.h>

static double seconds_since(const struct timespec *start)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)(now.tv_sec - start->tv_sec) +
               1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

static void print_summary(const struct zl_replay_result *result, double seconds)
{
        FILE *to = stdout;

        fprintf(to, "%llu frames, %llu messages in, %llu out, %.2f s\n",
                (unsigned long long)result->frames, (unsigned long long)result->messages,
                (unsigned long long)result->outputs, seconds);
        if (result->bad_frames)
                fprintf(to, "%llu frames did not decode\n", (unsigned long long)result->bad_frames);
        if (!result->recorded)
                fprintf(to, "the tape holds no outputs to compare with\n");
        else if (!result->differs)
                fprintf(to, "identical: %llu outputs, byte for byte\n",
                        (unsigned long long)result->compared);
        if (result->states && !result->differs)
                fprintf(to, "%llu states on the tape, each as it was\n",
                        (unsigned long long)result->states);
        if (result->missing)
                fprintf(to, "%llu more were said behind the last one recorded\n",
                        (unsigned long long)result->missing);
}

enum zl_exit zl_cmd_replay(int argc, char **argv)
{
        uint64_t threads = 1;
        struct zl_replay replay = {0};
        struct zl_replay_result result;
        struct timespec start;
        const struct zl_option options[] = {
                {"json", ZL_OPTION_FLAG, &replay.json, NULL,
                 "print every output message as a line, instead of a summary", 0, 0, 0},
                {"internal", ZL_OPTION_FLAG, &replay.internal, NULL,
                 "with --json: messages between workers and partitions too", 0, 0, 0},
                {"threads", ZL_OPTION_NUMBER, &threads, "N",
                 "spread the partitions over so many engines (1)", 1, 64, 'j'},
        };
        const struct zl_usage usage = {
            .arguments = "TAPE",
            .text = "Runs a tape, or a journal (its folder or a segment), through the engine as "
                    "fast as the\nmachine can and compares what it says with what the tape "
                    "recorded. Exit code 3: they differ.",
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
        replay.path = argv[first];
        replay.threads = (uint32_t)threads;
        clock_gettime(CLOCK_MONOTONIC, &start);
        if (zl_replay(&replay, &result) != ZL_OK)
                return ZL_EXIT_FAILED;
        if (!replay.json)
                print_summary(&result, seconds_since(&start));
        return result.differs ? ZL_EXIT_DIFFERS : ZL_EXIT_OK;
}
