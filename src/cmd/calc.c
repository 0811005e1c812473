/* zeroline calc - JSON lines in, the risk points of every account out. */
#include "cmd/command.h"

#include "app/lines.h"
#include "app/liqmap.h"
#include "app/options.h"
#include "app/report_table.h"
#include "app/run.h"
#include "app/say.h"

#include <stdlib.h>

enum { LINE_SIZE = 1 << 18, POOLS_MAX = 4096 };

enum form {
        FORM_JSON,
        FORM_TABLE,
        FORM_MAP,
};

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

static bool read_lines(struct zl_run *run, struct zl_lines *lines)
{
        const struct zl_message *message;
        struct zl_header header;
        bool joins;
        uint32_t place = 0;
        enum zl_err err;

        while ((err = zl_lines_next(lines, &message, &header, &joins)) == ZL_OK) {
                place = joins ? place + 1 : 0;
                zl_run_message(run, &header, place, message, hear, NULL);
        }
        return err == ZL_ERR_END;
}

/* What is done with each pool, in order. */
typedef bool pool_step(void *context, uint32_t pool);

static bool each_pool(const struct zl_engine *engine, pool_step *step, void *context)
{
        static uint32_t pools[POOLS_MAX];
        uint32_t accounts_count;
        uint32_t *accounts = zl_report_accounts(engine, &accounts_count);
        bool good = accounts != NULL;

        for (uint32_t i = 0; good && i < accounts_count; i++) {
                uint32_t count = zl_report_pools(engine, accounts[i], pools, POOLS_MAX);
                for (uint32_t j = 0; good && j < count; j++)
                        good = step(context, pools[j]);
        }
        free(accounts);
        return good;
}

static struct zl_text text_over_lines(void)
{
        static char lines[LINE_SIZE];

        return zl_text_over(lines, sizeof lines);
}

static bool print_json(void *context, uint32_t pool)
{
        struct zl_text text = text_over_lines();

        zl_report_pool(context, pool, &text);
        return puts(text.data) != EOF;
}

static bool measure(void *context, uint32_t pool)
{
        zl_report_table_measure(context, pool);
        return true;
}

static bool print_lines(void *context, uint32_t pool)
{
        struct zl_text text = text_over_lines();

        zl_report_table_pool(context, pool, &text);
        return fputs(text.data, stdout) != EOF;
}

static bool print_table(const struct zl_engine *engine, const struct zl_scales *scales)
{
        struct zl_report_table table;
        struct zl_text text = text_over_lines();

        zl_report_table_init(&table, engine, scales);
        if (!each_pool(engine, measure, &table))
                return false;
        zl_report_table_head(&table, &text);
        if (fputs(text.data, stdout) == EOF || !each_pool(engine, print_lines, &table))
                return false;
        text = text_over_lines();
        zl_report_table_foot(&table, &text);
        return fputs(text.data, stdout) != EOF;
}

static const struct zl_engine *sorting; /* qsort takes no context */

static int by_id(const void *a, const void *b)
{
        uint32_t x = sorting->instruments[*(const uint32_t *)a].id;
        uint32_t y = sorting->instruments[*(const uint32_t *)b].id;

        return x < y ? -1 : x > y;
}

static bool print_map(const struct zl_engine *engine, const struct zl_scales *scales, uint32_t row,
                      struct zl_liqmap *map)
{
        struct zl_text text = text_over_lines();

        if (!engine->instruments[row].has_mark)
                return true;
        if (!zl_liqmap_make(engine, row, map))
                return false;
        zl_liqmap_put(map, scales, &text);
        return puts(text.data) != EOF;
}

static bool print_maps(const struct zl_engine *engine, const struct zl_scales *scales)
{
        uint32_t count = engine->instruments_by_id.count;
        uint32_t *rows = calloc(count + 1, sizeof *rows);
        struct zl_liqmap *map = malloc(sizeof *map);
        bool good = rows && map;

        for (uint32_t i = 0; good && i < count; i++)
                rows[i] = i;
        sorting = engine;
        if (good)
                qsort(rows, count, sizeof *rows, by_id);
        for (uint32_t i = 0; good && i < count; i++)
                good = print_map(engine, scales, rows[i], map);
        free(rows);
        free(map);
        return good;
}

static bool print(struct zl_engine *engine, const struct zl_scales *scales, enum form form)
{
        switch (form) {
        case FORM_TABLE:
                return print_table(engine, scales);
        case FORM_MAP:
                return print_maps(engine, scales);
        default:
                return each_pool(engine, print_json, engine);
        }
}

static enum zl_exit calc(FILE *file, const char *name, enum form form)
{
        struct zl_engine_config config = zl_run_config_default();
        struct zl_lines *lines = zl_lines_open(file, name);
        struct zl_run run;
        bool good = false;

        if (lines && zl_run_open(&run, &config) == ZL_OK) {
                good = read_lines(&run, lines) &&
                       print(run.engine, zl_lines_scales(lines), form);
                zl_run_close(&run);
        }
        zl_lines_close(lines);
        return good ? ZL_EXIT_OK : ZL_EXIT_FAILED;
}

enum zl_exit zl_cmd_calc(int argc, char **argv)
{
        bool table = false, map = false;
        const struct zl_option options[] = {
                {"table", ZL_OPTION_FLAG, &table, NULL, "print a table for a person", 0, 0, 0},
                {"map", ZL_OPTION_FLAG, &map, NULL,
                 "print a line an instrument: what is unsafe at which price", 0, 0, 0},
        };
        const struct zl_usage usage = {
                .arguments = "[FILE]",
                .text = "Reads JSON lines to the end, then prints one JSON line a pool: equity, "
                        "maintenance,\nliquidation, bankruptcy and close-out prices. No bus is "
                        "needed.\n\nA table has a line a pool and one a position. Of its unsafe "
                        "prices `none` says that no\nmark on that side is unsafe, `far` none in "
                        "the instrument's range, `any` that all are.",
                .options = options,
                .options_count = sizeof options / sizeof options[0],
                .arguments_max = 1,
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        if (table && map) {
                zl_say("--table and --map: one of them");
                return ZL_EXIT_USAGE;
        }
        enum form form = map ? FORM_MAP : table ? FORM_TABLE : FORM_JSON;
        if (first == argc)
                return calc(stdin, "stdin", form);
        FILE *file = fopen(argv[first], "rb");
        if (!file) {
                zl_say_errno("cannot read %s", argv[first]);
                return ZL_EXIT_FAILED;
        }
        code = calc(file, argv[first], form);
        fclose(file);
        return code;
}
