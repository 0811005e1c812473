/* A whole exchange with the engine in the loop: no unit of money is lost or made.
 *
 *     test_ledger --seed 1 --worlds 300 --messages 1500     what meson runs
 *     test_ledger --seed $RANDOM --minutes 600              for as long as wanted
 *
 * Of every four worlds two are heard in order by one engine, which then must know the books to the
 * unit; in one an engine hears every stream with a delay of its own; in one two replicas propose to
 * one admission book. After every message: of each asset all that anybody holds is what came in, of
 * each instrument the quantities are zero together, a key had one effect, nobody gave more than he
 * held and no position crossed zero. A failure names its seed, and prints the books; `--seed S
 * --worlds 1` prints also what the engine was told, as lines that `zeroline encode` takes. */
#include "arguments.h"
#include "exchange.h"

#include <inttypes.h>

static struct exchange exchange;

static void print_failure(uint64_t seed, uint64_t step, bool all)
{
        struct scenario *scenario = &exchange.bus.scenario;
        uint32_t shown = all ? scenario->count : 30;

        for (uint32_t i = 0; i + shown < scenario->count; i++)
                scenario->steps[i].left_out = true;
        printf("what the engine was told%s:\n", all ? "" : ", the last of it");
        scenario_print(scenario, stdout);
        printf("and it said at last:\n");
        for (uint32_t i = 0; exchange.frame && i < exchange.frame->count; i++)
                scenario_print_output(stdout, &(struct zl_header){.topic = exchange.frame->topic},
                                      exchange.frame->rows[i].type,
                                      &exchange.frame->rows[i].cancel);
        ledger_print(&exchange.ledger, stdout);
        fflush(stdout);
        fprintf(stderr, "seed %" PRIu64 ": step %" PRIu64 ", message %" PRIu32 ": %s\n", seed, step,
                scenario->count, exchange.ledger.why);
}

static bool run_world(uint64_t seed, uint64_t messages, bool alone)
{
        uint32_t engines = seed % 4 == 3 ? 2 : 1;
        uint64_t step = 0;

        exchange_begin(&exchange, seed, engines, seed % 4 < 2);
        while (step < messages && !exchange.ledger.broken) {
                exchange_step(&exchange);
                step++;
        }
        if (!exchange.ledger.broken)
                exchange_rest(&exchange);
        for (uint32_t i = 0; i < exchange.ledger.assets_count; i++)
                exchange.counts.residue += (uint64_t)exchange.ledger.assets[i].residue;
        if (exchange.ledger.broken)
                print_failure(seed, step, alone);
        return !exchange.ledger.broken;
}

static void print_counts(const struct ledger_counts *counts)
{
        const struct {
                uint64_t count;
                const char *name;
        } rows[] = {
                {counts->decisions, "decisions admitted"},
                {counts->refused[0], "answered taken"},
                {counts->refused[1], "answered stale"},
                {counts->refused[2], "answered busy"},
                {counts->refused[3], "answered late"},
                {counts->cancels, "cancels"},
                {counts->converts, "converts"},
                {counts->nothing, "converts worth less than a unit of what they buy"},
                {counts->liquidations, "fills of full steps"},
                {counts->partials, "fills of partial steps"},
                {counts->unfilled, "orders without a fill"},
                {counts->plans, "plans taken"},
                {counts->plans_refused, "plans refused"},
                {counts->rows_refused, "rows of plans refused"},
                {counts->takeovers, "takeovers"},
                {counts->forced, "takeovers beyond the bound"},
                {counts->pairs, "pairs"},
                {counts->shares, "shares"},
                {counts->shares_above, "shares above the winner's profit"},
                {counts->exchanged, "shares, exchanged for what the loser's pool holds"},
                {counts->winners_below, "winners left below zero by a pair"},
                {counts->left_owing, "losers closed by a plan and left owing"},
                {counts->closed, "isolated pools closed"},
                {counts->swept, "of them, the rest swept to a fund"},
                {counts->covered, "of them, the debt covered by a fund"},
                {counts->written_off, "debts of pools without positions written off"},
                {counts->promises, "pools closed at their limits, with nothing left"},
                {counts->socialized, "units socialized"},
                {counts->paid_by_funds, "units paid by funds"},
                {counts->improved, "units of better fills to funds"},
                {counts->residue, "units of residue"},
        };

        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
                printf("%20" PRIu64 " %s\n", rows[i].count, rows[i].name);
}

int main(int argc, char **argv)
{
        struct arguments arguments = arguments_of(
                argc, argv, (struct arguments){.seed = 1, .worlds = 300, .messages = 1500});
        double begin = seconds_now();
        bool holds = true;
        uint64_t worlds = 0;

        exchange_open(&exchange);
        while (holds && worlds < arguments.worlds) {
                if (arguments.minutes && seconds_now() - begin > 60.0 * (double)arguments.minutes)
                        break;
                holds = run_world(arguments.seed + worlds++, arguments.messages,
                                  arguments.worlds == 1);
        }
        printf("%" PRIu64 " worlds, %" PRIu64 " messages heard, %.1f s\n", worlds,
               exchange.bus.heard, seconds_now() - begin);
        print_counts(&exchange.counts);
        exchange_close(&exchange);
        return holds ? 0 : 1;
}
