/* zeroline calc - JSON lines in, the risk points of every account out. */
#include "cmd/command.h"

#include "app/lines.h"
#include "app/options.h"
#include "app/report.h"
#include "app/run.h"
#include "app/say.h"

#include <stdlib.h>

enum { LINE_SIZE = 1 << 16, POOLS_MAX = 4096 };

/* What the engine refused to take is said; its decisions are not asked for here. */
static void hear(void *context, const struct zl_output *output)
{
        const struct zl_msg_alert *alert = output->object;

        (void)context;
        if (output->type != ZL_TYPE_ALERT || alert->kind == ZL_ALERT_KIND_WARN ||
            alert->kind == ZL_ALERT_KIND_HALTED)
                return;
        if (!ZL_ABSENT(alert, alert, account))
                zl_say("account %llu: %s", (unsigned long long)alert->account, alert->text);
        else if (!ZL_ABSENT(alert, alert, instrument))
                zl_say("instrument %u: %s", alert->instrument, alert->text);
        else
                zl_say("%s", alert->text);
}

static bool read_lines(struct zl_run *run, FILE *file, const char *name)
{
        struct zl_lines *lines = zl_lines_open(file, name);
        const struct zl_message *message;
        struct zl_header header;
        bool joins;
        uint32_t place = 0;
        enum zl_err err = ZL_ERR_SYSTEM;

        while (lines && (err = zl_lines_next(lines, &message, &header, &joins)) == ZL_OK) {
                place = joins ? place + 1 : 0;
                zl_run_message(run, &header, place, message, hear, NULL);
        }
        zl_lines_close(lines);
        return err == ZL_ERR_END;
}

static bool print_pools(const struct zl_engine *engine)
{
        static char line[LINE_SIZE];
        static uint32_t pools[POOLS_MAX];
        uint32_t accounts_count;
        uint32_t *accounts = zl_report_accounts(engine, &accounts_count);
        bool good = accounts != NULL;

        for (uint32_t i = 0; good && i < accounts_count; i++) {
                uint32_t count = zl_report_pools(engine, accounts[i], pools, POOLS_MAX);
                for (uint32_t j = 0; good && j < count; j++) {
                        struct zl_text text = zl_text_over(line, sizeof line);
                        zl_report_pool(engine, pools[j], &text);
                        good = puts(line) != EOF;
                }
        }
        free(accounts);
        return good;
}

static enum zl_exit calc(FILE *file, const char *name)
{
        struct zl_engine_config config = zl_run_config_default();
        struct zl_run run;

        if (zl_run_open(&run, &config) != ZL_OK)
                return ZL_EXIT_FAILED;
        bool good = read_lines(&run, file, name) && print_pools(run.engine);
        zl_run_close(&run);
        return good ? ZL_EXIT_OK : ZL_EXIT_FAILED;
}

enum zl_exit zl_cmd_calc(int argc, char **argv)
{
        const struct zl_usage usage = {
                .arguments = "[FILE]",
                .text = "Reads JSON lines to the end, then prints one JSON line a pool: equity, "
                        "maintenance,\nliquidation, bankruptcy and close-out prices. No bus is "
                        "needed.",
                .arguments_max = 1,
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        if (first == argc)
                return calc(stdin, "stdin");
        FILE *file = fopen(argv[first], "rb");
        if (!file) {
                zl_say_errno("cannot read %s", argv[first]);
                return ZL_EXIT_FAILED;
        }
        code = calc(file, argv[first]);
        fclose(file);
        return code;
}
