/* zeroline calc - JSON lines in, the risk points of every account out. */
#include "cmd/command.h"

#include "app/lines.h"
#include "app/risk/liqmap.h"
#include "app/options.h"
#include "app/risk/report_print.h"
#include "app/run.h"
#include "app/say.h"

#include <stdlib.h>

enum { LINE_SIZE = 1 << 18 };

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

static bool print_pools(const struct zl_engine *engine, const struct zl_scales *scales, bool table)
{
        uint32_t count;
        uint32_t *pools = zl_report_pools(engine, &count);
        bool good = false;

        if (!pools)
                zl_say("out of memory");
        else if (table)
                good = zl_report_print_table(engine, scales, pools, count);
        else
                good = zl_report_print_json(engine, pools, count);
        free(pools);
        return good;
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
        static char line[LINE_SIZE];
        struct zl_text text = zl_text_over(line, sizeof line);

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

static bool print(const struct zl_engine *engine, const struct zl_scales *scales, enum form form)
{
        return form == FORM_MAP ? print_maps(engine, scales)
                                : print_pools(engine, scales, form == FORM_TABLE);
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
