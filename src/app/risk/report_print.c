#include "app/risk/report_print.h"

#include "app/risk/report_table.h"

#include <stdio.h>

enum { LINE_SIZE = 1 << 18 };

static struct zl_text text_over_lines(void)
{
        static char lines[LINE_SIZE];

        return zl_text_over(lines, sizeof lines);
}

bool zl_report_print_json(const struct zl_engine *engine, const uint32_t *pools, uint32_t count)
{
        for (uint32_t i = 0; i < count; i++) {
                struct zl_text text = text_over_lines();
                zl_report_pool(engine, pools[i], &text);
                if (puts(text.data) == EOF)
                        return false;
        }
        return true;
}

bool zl_report_print_table(const struct zl_engine *engine, const struct zl_scales *scales,
                           const uint32_t *pools, uint32_t count)
{
        struct zl_report_table table;
        struct zl_text text = text_over_lines();

        zl_report_table_init(&table, engine, scales);
        for (uint32_t i = 0; i < count; i++)
                zl_report_table_measure(&table, pools[i]);
        zl_report_table_head(&table, &text);
        if (fputs(text.data, stdout) == EOF)
                return false;
        for (uint32_t i = 0; i < count; i++) {
                text = text_over_lines();
                zl_report_table_pool(&table, pools[i], &text);
                if (fputs(text.data, stdout) == EOF)
                        return false;
        }
        text = text_over_lines();
        zl_report_table_foot(&table, &text);
        return fputs(text.data, stdout) != EOF;
}
