#include "cmd/command.h"

#include "app/say.h"
#include "core/assert.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct zl_command commands[] = {
        {"demo", "a small exchange, two workers and a router in this terminal", zl_cmd_demo},
        {"worker", "subscribe to positions and prices, send liquidations", zl_cmd_worker},
        {"replay", "run a tape through the engine and compare with what was recorded",
         zl_cmd_replay},
        {"diff", "the first difference between two tapes or outputs", zl_cmd_diff},
        {"bisect", "the first message of a tape at which two builds differ", zl_cmd_bisect},
        {"explain", "why was this order sent, or nothing?", zl_cmd_explain},
        {"inspect", "the state at a point of a tape: accounts, decisions, funds", zl_cmd_inspect},
        {"repair", "a clean copy of a damaged tape", zl_cmd_repair},
        {"calc", "JSON lines in, the risk points of every account out", zl_cmd_calc},
        {"encode", "JSON lines to frames, a tape or a socket", zl_cmd_encode},
        {"decode", "frames, a tape or a socket to JSON lines", zl_cmd_decode},
        {"sim", "a small exchange to run against", zl_cmd_sim},
        {"router", "a reference order router", zl_cmd_router},
        {"journal", "keep every frame, serve the state of partitions", zl_cmd_journal},
        {"keygen", "make a CURVE key pair", zl_cmd_keygen},
        {"schema", "the reference of all messages", zl_cmd_schema},
};

static void print_commands(FILE *file)
{
        fprintf(file, "usage: zeroline COMMAND [options]\n\n");
        for (size_t i = 0; i < ZL_COUNT(commands); i++)
                fprintf(file, "  %-8s %s\n", commands[i].name, commands[i].summary);
        fprintf(file, "\n`zeroline COMMAND --help` tells more.\n");
}

int main(int argc, char **argv)
{
        signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of its write */
        signal(SIGPIPE, SIG_IGN);
        if (argc < 2) {
                print_commands(stderr);
                return ZL_EXIT_USAGE;
        }
        if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
                print_commands(stdout);
                return ZL_EXIT_OK;
        }
        if (!strcmp(argv[1], "--version")) {
                printf("zeroline %s\n", ZL_VERSION);
                return ZL_EXIT_OK;
        }
        for (size_t i = 0; i < ZL_COUNT(commands); i++) {
                if (strcmp(argv[1], commands[i].name) != 0)
                        continue;
                zl_say_as(commands[i].name);
                enum zl_exit code = commands[i].run(argc - 1, argv + 1);
                if (fflush(stdout) != 0 && code == ZL_EXIT_OK) {
                        zl_say_errno("cannot write to stdout");
                        code = ZL_EXIT_FAILED;
                }
                return code;
        }
        zl_say("no command \"%s\"; see zeroline --help", argv[1]);
        return ZL_EXIT_USAGE;
}
