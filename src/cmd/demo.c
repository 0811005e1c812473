/* zeroline demo - a small exchange, two workers and a router, watched in this terminal. */
#include "cmd/command.h"

#include "app/child.h"
#include "app/clock.h"
#include "app/options.h"
#include "app/replay/replay.h"
#include "app/say.h"
#include "app/screen.h"
#include "app/stop.h"
#include "bus/socket.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORKERS = 2, SOURCES = 2 + WORKERS, ARGUMENTS_MAX = 24, DRAW_MS = 200 };

struct demo {
        char dir[256];
        uint64_t seconds, accounts, seed;
        bool terminal;
        struct zl_child sim, router, workers[WORKERS];
        struct zl_bus *bus;
        struct zl_socket *sources[SOURCES];
        struct zl_screen *screen;
};

/* ---- processes ---- */

static bool start(struct demo *demo, struct zl_child *child, const char *name, const char *line)
{
        char words[2048], *arguments[ARGUMENTS_MAX] = {NULL}, *rest;
        int count = 0;

        snprintf(words, sizeof words, "zeroline %s", line);
        for (char *word = strtok_r(words, " ", &rest); word && count < ARGUMENTS_MAX - 1;
             word = strtok_r(NULL, " ", &rest))
                arguments[count++] = word;
        return zl_child_start(child, name, demo->dir, arguments);
}

/* The folder's name has no spaces, so a line of words is enough. */
static bool start_all(struct demo *demo)
{
        static const char *const names[WORKERS] = {"worker-1", "worker-2"};
        const char *dir = demo->dir;
        char line[1536];

        snprintf(line, sizeof line,
                 "sim --pub ipc://%s/sim --fills ipc://%s/fills --orders ipc://%s/venue --await %d "
                 "--seconds %llu --accounts %llu --seed %llu",
                 dir, dir, dir, WORKERS + 1, (unsigned long long)demo->seconds,
                 (unsigned long long)demo->accounts, (unsigned long long)demo->seed);
        if (!start(demo, &demo->sim, "sim", line))
                return false;
        snprintf(line, sizeof line,
                 "router --pull ipc://%s/orders --pub ipc://%s/answers --sub ipc://%s/sim --sub "
                 "ipc://%s/fills --venue ipc://%s/venue",
                 dir, dir, dir, dir, dir);
        if (!start(demo, &demo->router, "router", line))
                return false;
        for (int i = 0; i < WORKERS; i++) {
                snprintf(line, sizeof line,
                         "worker --src %d --partitions %d-%d --sub ipc://%s/sim --sub "
                         "ipc://%s/answers --router ipc://%s/orders --pub ipc://%s/alerts-%d "
                         "--tape %s",
                         i + 1, 128 * i, 128 * i + 127, dir, dir, dir, dir, i + 1, dir);
                if (!start(demo, &demo->workers[i], names[i], line))
                        return false;
        }
        return true;
}

static bool listen_to(struct demo *demo, int i, const char *name, bool everything)
{
        char endpoint[512];

        snprintf(endpoint, sizeof endpoint, "ipc://%s/%s", demo->dir, name);
        if (zl_socket_open(demo->bus, ZL_SOCKET_SUB, endpoint, &demo->sources[i]) != ZL_OK)
                return false;
        if (everything)
                zl_socket_subscribe(demo->sources[i], "", 0);
        return true;
}

/* A child that ends before the market closes is a failure: its log says why. */
static bool all_running(struct demo *demo)
{
        struct zl_child *children[] = {&demo->router, &demo->workers[0], &demo->workers[1]};

        for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
                if (!zl_child_ended(children[i]))
                        continue;
                zl_say("%s ended too early; see %s", children[i]->name, children[i]->log);
                return false;
        }
        return true;
}

static bool listen_to_all(struct demo *demo)
{
        static const char *const kinds[] = {"fund.", "rate.", "mark.", "acct.", "ctrl."};

        if (zl_bus_open(&zl_bus_default, &demo->bus) != ZL_OK ||
            !listen_to(demo, 0, "sim", false) || !listen_to(demo, 1, "answers", true) ||
            !listen_to(demo, 2, "alerts-1", true) || !listen_to(demo, 3, "alerts-2", true))
                return false;
        /* The router's beat says that its answers are heard; the market waits for the subscription
         * to ctrl. */
        while (!zl_stopped() && !zl_socket_wait(&demo->sources[1], 1, -1, DRAW_MS)) {
                if (!all_running(demo))
                        return false;
        }
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
                char prefix[8];
                snprintf(prefix, sizeof prefix, "\xad%s", kinds[i]);
                zl_socket_subscribe(demo->sources[0], prefix, strlen(prefix));
        }
        return true;
}

/* ---- watching ---- */

static void hear_all(struct demo *demo)
{
        const uint8_t *frame;
        size_t size;

        for (int i = 0; i < SOURCES; i++) {
                while (zl_socket_receive(demo->sources[i], &frame, &size) == ZL_OK)
                        zl_screen_hear(demo->screen, frame, size);
        }
}

static bool watch(struct demo *demo)
{
        uint64_t begun_ns = 0, drawn_ns = 0;
        uint64_t every_ns = (demo->terminal ? DRAW_MS : 1000) * (uint64_t)1000000;
        bool good = true;

        while (good && !zl_child_ended(&demo->sim) && !zl_stopped()) {
                zl_socket_wait(demo->sources, SOURCES, -1, DRAW_MS);
                hear_all(demo);
                uint64_t now_ns = zl_ticks_ns();
                if (!begun_ns && demo->screen->markets_count)
                        begun_ns = now_ns;
                demo->screen->seconds = begun_ns ? 1e-9 * (double)(now_ns - begun_ns) : 0;
                if (begun_ns && now_ns - drawn_ns >= every_ns) {
                        drawn_ns = now_ns;
                        if (demo->terminal)
                                zl_screen_draw(demo->screen, (double)demo->seconds);
                        else
                                zl_screen_line(demo->screen);
                }
                good = all_running(demo);
        }
        hear_all(demo);
        return good;
}

/* ---- the end ---- */

static bool stop_all(struct demo *demo)
{
        struct zl_child *children[] = {&demo->workers[0], &demo->workers[1], &demo->router,
                                       &demo->sim};
        bool good = true;

        for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
                zl_child_stop(children[i]);
                hear_all(demo);
                if (zl_child_code(children[i]) != 0) {
                        zl_say("%s failed; see %s", children[i]->name, children[i]->log);
                        good = false;
                }
        }
        return good;
}

static bool is_tape(const struct dirent *entry)
{
        size_t size = strlen(entry->d_name);

        return size > 5 && !strcmp(entry->d_name + size - 5, ".tape");
}

/* The command to paste names this very program: it may not be installed. */
static void print_command(const struct demo *demo, const char *tape)
{
        char self[512];
        ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);

        self[size > 0 ? size : 0] = 0;
        printf("\nthe tapes are in %s; replay one yourself:\n  %s replay %s\n", demo->dir,
               size > 0 ? self : "zeroline", tape);
}

/* Replays what the workers recorded: the same bytes must come out. */
static bool replay_all(struct demo *demo)
{
        DIR *dir = opendir(demo->dir);
        struct dirent *entry;
        bool good = dir != NULL;
        char path[1024] = "";

        while (dir && (entry = readdir(dir)) != NULL) {
                struct zl_replay replay = {.path = path, .threads = 1};
                struct zl_replay_result result;
                if (!is_tape(entry))
                        continue;
                snprintf(path, sizeof path, "%s/%s", demo->dir, entry->d_name);
                if (zl_replay(&replay, &result) != ZL_OK || result.differs) {
                        good = false;
                        continue;
                }
                printf("replayed %s: %llu messages in, the same %llu out, byte for byte\n", path,
                       (unsigned long long)result.messages, (unsigned long long)result.compared);
        }
        if (dir)
                closedir(dir);
        if (path[0])
                print_command(demo, path);
        return good && path[0];
}

static bool make_folder(struct demo *demo)
{
        const char *where = getenv("TMPDIR");

        /* An ipc path must fit a socket's address, and a line of words has no spaces in it. */
        if (!where || strlen(where) > 60 || strpbrk(where, " \t\n"))
                where = "/tmp";
        snprintf(demo->dir, sizeof demo->dir, "%s/zeroline-demo-XXXXXX", where);
        if (mkdtemp(demo->dir))
                return true;
        zl_say_errno("cannot make a folder in %s", where);
        return false;
}

static enum zl_exit run(struct demo *demo)
{
        zl_stop_listen();
        bool good = make_folder(demo) && start_all(demo) && listen_to_all(demo);
        if (good) {
                if (demo->terminal)
                        fputs("\x1b[2J\x1b[?25l\x1b[?7l", stdout); /* long lines are cut */
                good = watch(demo);
                if (demo->terminal)
                        fputs("\x1b[?7h\x1b[?25h\n", stdout);
        }
        good &= stop_all(demo);
        for (int i = 0; i < SOURCES; i++)
                zl_socket_close(demo->sources[i], 0);
        zl_bus_close(demo->bus);
        if (!good)
                return ZL_EXIT_FAILED;
        zl_screen_summary(demo->screen);
        return replay_all(demo) ? ZL_EXIT_OK : ZL_EXIT_FAILED;
}

enum zl_exit zl_cmd_demo(int argc, char **argv)
{
        struct demo demo = {.seconds = 15, .accounts = 3000, .seed = 1010};
        bool plain = false;
        const struct zl_option options[] = {
                {"seconds", ZL_OPTION_NUMBER, &demo.seconds, "N", "how long (15)", 1, 3600, 0},
                {"accounts", ZL_OPTION_NUMBER, &demo.accounts, "N", "how many (3000)", 1, 100000,
                 0},
                {"seed", ZL_OPTION_NUMBER, &demo.seed, "N", "of prices and accounts (1010)", 0,
                 UINT64_MAX / 4, 0},
                {"plain", ZL_OPTION_FLAG, &plain, NULL, "a line a second instead of a picture", 0,
                 0, 0},
        };
        const struct zl_usage usage = {
            .arguments = "",
            .text = "Runs a simulated market with a crash in it, two workers and a router on ipc "
                    "sockets in\na temporary folder, shows what happens, and replays the tapes "
                    "they wrote.",
            .options = options,
            .options_count = sizeof options / sizeof options[0],
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        demo.terminal = !plain && isatty(STDOUT_FILENO);
        demo.screen = malloc(sizeof *demo.screen);
        if (!demo.screen || !zl_screen_open(demo.screen))
                return ZL_EXIT_FAILED;
        code = run(&demo);
        zl_screen_close(demo.screen);
        free(demo.screen);
        return code;
}
