/* arguments.h - what the property tests are told on their command line. Thread: the test's. */
#ifndef ZL_TESTS_ARGUMENTS_H
#define ZL_TESTS_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Worlds have the seeds from `seed` on. `minutes` ends the run before all worlds are done. The last
 * four are 0 or 1: what random worlds may hold. */
struct arguments {
        uint64_t seed, worlds, messages, minutes;
        uint64_t cross, ladder, guards, extremes;
};

static inline struct arguments arguments_of(int argc, char **argv, struct arguments usual)
{
        struct {
                const char *name;
                uint64_t *value;
        } known[] = {{"--seed", &usual.seed},
                     {"--worlds", &usual.worlds},
                     {"--messages", &usual.messages},
                     {"--minutes", &usual.minutes},
                     {"--cross", &usual.cross},
                     {"--ladder", &usual.ladder},
                     {"--guards", &usual.guards},
                     {"--extremes", &usual.extremes}};
        bool taken;

        for (int i = 1; i < argc; i += 2) {
                taken = false;
                for (size_t j = 0; j < sizeof known / sizeof known[0] && i + 1 < argc; j++) {
                        if (strcmp(argv[i], known[j].name) != 0)
                                continue;
                        *known[j].value = strtoull(argv[i + 1], NULL, 0);
                        taken = true;
                }
                if (!taken) {
                        fprintf(stderr,
                                "usage: %s [--seed N] [--worlds N] [--messages N a world]"
                                " [--minutes N]\n"
                                "       [--cross 0|1] [--ladder 0|1] [--guards 0|1]"
                                " [--extremes 0|1]\n",
                                argv[0]);
                        exit(2);
                }
        }
        if (usual.minutes) /* so long, however many worlds that makes */
                usual.worlds = UINT64_MAX;
        return usual;
}

static inline double seconds_now(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
