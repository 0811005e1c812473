/* zeroline replay - a tape through the engine, compared with what was recorded. */
#include "cmd/command.h"

#include "app/net.h"
#include "app/replay/onto.h"
#include "app/options.h"
#include "app/ranges.h"
#include "app/replay/replay.h"
#include "app/say.h"
#include "app/stop.h"
#include "app/whatif/whatif.h"

#include <stdio.h>

/* What the command line says, as it says it. */
struct settings {
        const char *from, *to, *pace, *partitions, *onto;
        struct zl_option_list untils, accounts, instruments;
        uint64_t threads, peers, linger_ms;
        struct zl_net net;
        struct zl_replay replay;
        struct zl_whatif whatif;
};

typedef unsigned long long ull;

/* ---- the command line ---- */

static bool read_points(const struct settings *settings, struct zl_replay *replay)
{
        replay->has_from = settings->from != NULL;
        return (!settings->from || zl_point_parse(settings->from, "--from", &replay->from)) &&
               (!settings->to || zl_point_parse(settings->to, "--to", &replay->to)) &&
               (!settings->pace || zl_tempo_parse(settings->pace, &replay->tempo));
}

static bool read_filter(const struct settings *settings, struct zl_filter *filter)
{
        return zl_filter_ids(&settings->accounts, "--account", UINT64_MAX, filter->accounts,
                             &filter->accounts_count) &&
               zl_filter_ids(&settings->instruments, "--instrument", UINT32_MAX,
                             filter->instruments, &filter->instruments_count) &&
               (!settings->partitions ||
                zl_ranges_parse(settings->partitions, ZL_PARTITIONS_MAX, filter->partitions,
                                &filter->partitions_count));
}

static bool read_untils(const struct settings *settings, struct zl_replay *replay)
{
        for (uint32_t i = 0; i < settings->untils.count; i++) {
                if (!zl_until_parse(settings->untils.values[i], &replay->untils[i]))
                        return false;
        }
        replay->untils_count = settings->untils.count;
        return true;
}

/* False: these options do not go together. */
static bool fit(const struct settings *settings)
{
        const struct zl_replay *replay = &settings->replay;
        const char *fault = NULL;

        if (settings->onto && (replay->json || replay->untils_count || replay->go_on))
                fault = "--onto sends what came in; --json, --until and --go-on are for what the "
                        "engine says, and it is not asked";
        else if (zl_whatif_asked(&settings->whatif) &&
                 (settings->onto || settings->from || settings->to || settings->pace ||
                  settings->partitions || settings->accounts.count ||
                  settings->instruments.count || replay->untils_count || replay->go_on ||
                  replay->internal))
                fault = "--set, --tiers, --fund, --shock, --variant and --write run the whole "
                        "tape; of the other options only --json and --threads go with them";
        else if (replay->before && !settings->from)
                fault = "--before is for what stands before --from, which is not given";
        if (fault)
                zl_say("%s", fault);
        return !fault;
}

/* ---- the summary ---- */

static void print_found(const struct zl_replay_result *result)
{
        if (result->state_differs)
                printf("first difference: the state at record %llu\n", (ull)result->first_record);
        else if (!result->recorded)
                printf("the tape holds no outputs to compare with\n");
        else if (!result->differs)
                printf("identical: %llu outputs, byte for byte\n", (ull)result->compared);
        else
                printf("first difference: output %llu, at record %llu\n",
                       (ull)result->first_output, (ull)result->first_record);
        if (result->states)
                printf("%llu states on the tape, each as it was\n", (ull)result->states);
        if (result->missing)
                printf("%llu more were said behind the last one recorded\n",
                       (ull)result->missing);
}

static void print_summary(const struct zl_replay_result *result)
{
        double seconds = 1e-9 * (double)result->ran_ns;

        printf("%llu frames, %llu messages in, %llu out, %.2f s, %.0f messages/s\n",
               (ull)result->frames, (ull)result->messages, (ull)result->outputs, seconds,
               seconds > 0 ? (double)result->messages / seconds : 0);
        if (result->skipped)
                printf("%llu messages before: the state at record %llu stands for %llu, the rest "
                       "were heard too\n",
                       (ull)result->before, (ull)result->state, (ull)result->skipped);
        else if (result->before)
                printf("%llu messages before were heard too\n", (ull)result->before);
        if (result->bad_frames)
                printf("%llu frames did not decode\n", (ull)result->bad_frames);
        zl_tally_print(&result->tally, stdout);
        if (result->stopped)
                printf("stopped behind message %llu, as was asked\n", (ull)result->stop_at);
        print_found(result);
}

static enum zl_exit run(const struct settings *settings)
{
        const struct zl_replay *replay = &settings->replay;
        struct zl_replay_result result;

        zl_stop_listen();
        if (settings->onto) {
                const struct zl_onto onto = {.replay = replay,
                                             .net = &settings->net,
                                             .endpoint = settings->onto,
                                             .peers = settings->peers,
                                             .linger_ms = (int)settings->linger_ms};
                return zl_replay_onto(&onto);
        }
        if (zl_replay(replay, &result) != ZL_OK)
                return ZL_EXIT_FAILED;
        if (!replay->json)
                print_summary(&result);
        if (zl_stopped())
                zl_say("%s: stopped by a signal", replay->path);
        if (replay->untils_count && !result.stopped && !result.differs && !zl_stopped())
                zl_say("%s: what --until names did not come", replay->path);
        return result.differs ? ZL_EXIT_DIFFERS : ZL_EXIT_OK;
}

static const char text[] =
        "Runs a tape, or a journal (its folder or a segment), through the engine and compares what "
        "it\nsays with what the tape recorded. The first difference is shown with the input that "
        "led to it.\nExit code 3: they differ.\n\n"
        "The engine hears everything, from the beginning of the tape or, with --from, from the "
        "last state on\nit before that; --from, --account, --instrument and --partition choose "
        "what is printed, compared\nor sent. What names no account (instrument, partition) passes "
        "that filter.\n\n"
        "PLACE is 2026-10-10T21:15:00Z, nanoseconds since 1970, +5m (from the beginning; for --to, "
        "from\n--from; ns us ms s m h d), record:1000, at:500 (a message's number, as --json says "
        "it),\nseq:mark.00000001:500, or end. A tape's time is that of its clock messages.\n\n"
        "WHAT is one of\n"
        "  order [ACCOUNT]              a cancel, convert or liquidate\n"
        "  NAME [ACCOUNT]               a message out: liquidate, takeover, adl, rank, ...\n"
        "  alert [KIND] [ACCOUNT]       \"alert warn 4711\"\n"
        "  ratio ACCOUNT[/POOL] OP N    maintenance/equity: \"ratio 4711/x >= 0.95\"\n"
        "  mark INSTRUMENT OP PRICE     \"mark 7 < 60000\"\n"
        "OP is < <= > or >=. The replay stops behind the message at which the first of them holds."
        "\n\n"
        "A what-if (--set, --tiers, --fund, --shock, --variant, --report) runs the tape "
        "against changed\nparameters, each variant in an engine of its own, with a simulated "
        "exchange that fills its orders\nand a ledger that carries out its plans; the base, "
        "nothing changed, goes through the same loop, and\nstands first in the table or the "
        "JSON object. PATH is a field of policy, instrument, asset or\ncluster, with [WHO], a "
        "number or a symbol, for one of them; or exchange.impact_ppm (250: how far a\ntrade of "
        "a million pushes the price), .depth_ppm (1000: a trade of the mark's depth), "
        ".half_life_ms\n(1000: of a push), .convert_ppm (500: the cost of selling collateral).";

enum zl_exit zl_cmd_replay(int argc, char **argv)
{
        struct settings s = {
                .threads = 0, .peers = 1, .linger_ms = 10000, .net = ZL_NET_DEFAULT};
        struct zl_replay *replay = &s.replay;
        const struct zl_option options[] = {
                {"json", ZL_OPTION_FLAG, &replay->json, NULL,
                 "print every output message as a line, instead of a summary", 0, 0, 0},
                {"internal", ZL_OPTION_FLAG, &replay->internal, NULL,
                 "with --json: messages between workers and partitions too", 0, 0, 0},
                {"threads", ZL_OPTION_NUMBER, &s.threads, "N",
                 "spread the partitions over so many engines (1); of a what-if, the variants (all)",
                 1, 64, 'j'},
                {"from", ZL_OPTION_TEXT, &s.from, "PLACE", "begin there", 0, 0, 0},
                {"to", ZL_OPTION_TEXT, &s.to, "PLACE", "end in front of that", 0, 0, 0},
                {"before", ZL_OPTION_FLAG, &replay->before, NULL,
                 "print and compare what was said before --from too", 0, 0, 0},
                {"from-begin", ZL_OPTION_FLAG, &replay->from_begin, NULL,
                 "with --from: do not use the states on the tape: hear all of it", 0, 0, 0},
                {"until", ZL_OPTION_LIST, &s.untils, "WHAT", "stop when this holds", 0, 0, 0},
                {"go-on", ZL_OPTION_FLAG, &replay->go_on, NULL,
                 "behind the first difference too, as --json does", 0, 0, 0},
                {"pace", ZL_OPTION_TEXT, &s.pace, "PACE",
                 "max, 1x or 0.5x of the tape's own, 5000/s frames a second (max)", 0, 0, 0},
                {"account", ZL_OPTION_LIST, &s.accounts, "ID", "print or send what is about it",
                 0, 0, 0},
                {"instrument", ZL_OPTION_LIST, &s.instruments, "ID",
                 "print or send what is about it", 0, 0, 0},
                {"partition", ZL_OPTION_TEXT, &s.partitions, "LIST",
                 "print or send what is about these: 0-63,70", 0, 0, 'p'},
                {"onto", ZL_OPTION_TEXT, &s.onto, "ENDPOINT",
                 "bind a PUB socket there and send what came in, as recorded, to no engine", 0, 0,
                 0},
                {"await", ZL_OPTION_NUMBER, &s.peers, "N",
                 "with --onto: begin after so many subscriptions (1)", 0, 1000000, 0},
                {"linger", ZL_OPTION_NUMBER, &s.linger_ms, "MS",
                 "with --onto: try for so long to send what is left at the end (10000)", 0,
                 86400000, 0},
                ZL_WHATIF_OPTIONS(s.whatif),
                ZL_NET_OPTIONS(s.net),
        };
        const struct zl_usage usage = {
                .arguments = "TAPE",
                .text = text,
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
        replay->path = argv[first];
        replay->threads = s.threads ? (uint32_t)s.threads : 1;
        replay->progress = true;
        if (!read_points(&s, replay) || !read_filter(&s, &replay->filter) ||
            !read_untils(&s, replay) || !fit(&s))
                return ZL_EXIT_USAGE;
        if (zl_whatif_asked(&s.whatif))
                return zl_whatif(&s.whatif, replay->path, (uint32_t)s.threads, replay->json);
        return run(&s);
}
