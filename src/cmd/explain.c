/* zeroline explain - why was this order sent, or nothing? */
#include "cmd/command.h"

#include "app/explain/explain.h"
#include "app/options.h"
#include "app/say.h"

static const char text[] =
        "Runs a tape up to the message that caused an order, a decision, a deficit or a plan, and "
        "tells the\nwhole chain in words and numbers: the state, each price and where it came "
        "from, equity and\nmaintenance term by term, the step of the ladder and why not the one "
        "before.\n\nID is an order (42/x/17/0/1), a decision's or a deficit's key (42/x/17/0), a "
        "plan of a fund\n(plan/FUND/REV) or one of its messages (plan/FUND/REV/PLACE).\n\nWith "
        "--account it tells of an account at a time: what it is worth, and why nothing is sent.";

/* False after a line on stderr. */
static bool check(struct zl_explain *asked, int argc, char **argv, int first, bool has_account,
                  const char *at)
{
        if (first == argc) {
                zl_say("which tape? see --help");
                return false;
        }
        asked->path = argv[first];
        asked->id = first + 1 < argc ? argv[first + 1] : NULL;
        if (!asked->id == !has_account) {
                zl_say("either an ID or --account; see --help");
                return false;
        }
        if (asked->id && (at || asked->pool)) {
                zl_say("--at and --pool go with --account");
                return false;
        }
        return !at || zl_point_parse(at, "--at", &asked->at);
}

enum zl_exit zl_cmd_explain(int argc, char **argv)
{
        struct zl_explain asked = {.nth = 1};
        const char *account = NULL, *at = NULL;
        const struct zl_option options[] = {
                {"account", ZL_OPTION_TEXT, &account, "ID", "tell of an account, not of an order",
                 0, 0, 'a'},
                {"pool", ZL_OPTION_TEXT, &asked.pool, "POOL",
                 "of the account: x, or of an isolated position 7, 7L, 7S (all)", 0, 0, 0},
                {"at", ZL_OPTION_TEXT, &at, "X",
                 "when: a time, record:N or at:N, that one included (the tape's end)", 0, 0,
                 0},
                {"nth", ZL_OPTION_NUMBER, &asked.nth, "N",
                 "the N-th time that it was said: decisions are proposed again (1)", 1, UINT32_MAX,
                 'n'},
                {"json", ZL_OPTION_FLAG, &asked.json, NULL, "one JSON object a pool or a plan", 0,
                 0, 0},
        };
        const struct zl_usage usage = {
                .arguments = "TAPE [ID]",
                .text = text,
                .options = options,
                .options_count = sizeof options / sizeof options[0],
                .arguments_max = 2,
        };
        struct zl_option number = {"account", ZL_OPTION_NUMBER, &asked.account, "ID", "", 0,
                                   UINT64_MAX, 0};
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        if (account && !zl_option_set(&number, account, "--account"))
                return ZL_EXIT_USAGE;
        if (!check(&asked, argc, argv, first, account != NULL, at))
                return ZL_EXIT_USAGE;
        return zl_explain(&asked) == ZL_OK ? ZL_EXIT_OK : ZL_EXIT_FAILED;
}
