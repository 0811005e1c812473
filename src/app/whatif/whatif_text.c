/* whatif_text.c - the report as a table for a person. */
#include "app/whatif/result.h"

#include <stddef.h>
#include <inttypes.h>
#include <stdlib.h>

enum { CELL = 48, DECIMALS = 2 }; /* amounts are cut behind the second decimal */

/* What stands in a row. */
enum form { COUNT, AMOUNT, SHARE };

struct row {
        const char *label;
        enum form form;
        size_t offset; /* in the totals */
};

#define ROW(label, form, field) {label, form, offsetof(struct zl_whatif_totals, field)}

static const struct row rows[] = {
        ROW("liquidations", COUNT, liquidations),
        ROW("  accounts", COUNT, accounts),
        ROW("  notional", AMOUNT, notional),
        ROW("  slippage", AMOUNT, slippage),
        ROW("  orders unfilled", COUNT, unfilled),
        ROW("  cascade", COUNT, cascade),
        ROW("bad debt", AMOUNT, bad_debt),
        ROW("  not covered", AMOUNT, uncovered),
        ROW("takeovers", COUNT, takeovers),
        ROW("  notional", AMOUNT, takeover_notional),
        ROW("deleveraged pairs", COUNT, pairs),
        ROW("  winners hit", COUNT, winners),
        ROW("  notional", AMOUNT, adl_notional),
        ROW("  largest haircut", SHARE, haircut_ppb),
        ROW("  given", AMOUNT, given),
        ROW("  needed", AMOUNT, needed),
        ROW("  overshoot", AMOUNT, overshoot),
        ROW("socialised", AMOUNT, socialized),
        ROW("funds", AMOUNT, fund_change),
};

/* ---- cells ---- */

/* With commas between thousands: "-1,234.50". */
static void group(struct zl_text *text, zl_i128 value, uint32_t scale)
{
        char digits[CELL];
        struct zl_text plain = zl_text_over(digits, sizeof digits);

        for (; scale > DECIMALS; scale--)
                value /= 10;
        zl_text_decimal(&plain, value < 0 ? -value : value, scale);
        if (value < 0)
                zl_text_char(text, '-');
        size_t whole = strcspn(digits, ".");
        size_t behind = digits[whole] ? strlen(digits + whole + 1) : 0;
        if (scale > 0 && !behind)
                zl_text_char(&plain, '.');
        for (; behind < scale; behind++)
                zl_text_char(&plain, '0');
        for (size_t i = 0; i < whole; i++) {
                zl_text_char(text, digits[i]);
                if ((whole - i - 1) % 3 == 0 && i + 1 < whole)
                        zl_text_char(text, ',');
        }
        zl_text_put(text, digits + whole);
}

static void write_cell(const struct zl_whatif_report *report, const struct row *row,
                       const struct zl_whatif_totals *totals, char cell[CELL])
{
        const uint8_t *at = (const uint8_t *)totals + row->offset;
        struct zl_text text = zl_text_over(cell, CELL);
        int scale = zl_scales_numeraire(report->scales);

        if (row->form == COUNT) {
                group(&text, *(const uint64_t *)at, 0);
        } else if (row->form == AMOUNT) {
                group(&text, *(const zl_i128 *)at, scale > 0 ? (uint32_t)scale : 0);
        } else {
                group(&text, *(const int64_t *)at, 7); /* percent of 10^-9 */
                zl_text_char(&text, '%');
        }
}

/* ---- the table ---- */

static void print_cells(const struct zl_whatif_report *report, const char *label,
                        char (*cells)[CELL], FILE *to)
{
        fprintf(to, "%-18s", label);
        for (uint32_t i = 0; i < report->variants_count; i++) {
                bool differs = i > 0 && strcmp(cells[i], cells[0]) != 0;
                fprintf(to, "  %20s%c", cells[i], differs ? '*' : ' ');
        }
        fputc('\n', to);
}

static void print_row(const struct zl_whatif_report *report, const struct row *row,
                      char (*cells)[CELL], FILE *to)
{
        for (uint32_t i = 0; i < report->variants_count; i++)
                write_cell(report, row, &report->variants[i].totals, cells[i]);
        print_cells(report, row->label, cells, to);
}

static void print_fund(const struct zl_whatif_report *report, uint32_t at, char (*cells)[CELL],
                       FILE *to)
{
        const struct zl_whatif_fund *first = &report->variants[0].funds[at];
        const char *symbol = zl_scales_asset_symbol(report->scales, first->asset);
        int scale = zl_scales_asset(report->scales, first->asset);
        const char *const names[] = {"began with", "lowest", "ends with"};
        char label[CELL];

        for (uint32_t line = 0; line < 3; line++) {
                for (uint32_t i = 0; i < report->variants_count; i++) {
                        const struct zl_whatif_fund *fund = &report->variants[i].funds[at];
                        int64_t value = line == 0   ? fund->first
                                        : line == 1 ? fund->low
                                                    : fund->last;
                        struct zl_text text = zl_text_over(cells[i], CELL);
                        group(&text, value, scale > 0 ? (uint32_t)scale : 0);
                }
                snprintf(label, sizeof label, "  %" PRIu32 " %s", first->fund, names[line]);
                print_cells(report, label, cells, to);
        }
        if (symbol)
                fprintf(to, "    (in %s)\n", symbol);
}

static void print_changes(const struct zl_whatif_variant *variant, FILE *to)
{
        const char *line = variant->changes;

        fprintf(to, "%s:", variant->name);
        if (!*line)
                fputs(" as recorded", to);
        while (*line) {
                size_t size = strcspn(line, "\n");
                fprintf(to, " %.*s", (int)size, line);
                line += size + (line[size] == '\n');
                if (*line)
                        fputc(',', to);
        }
        fputc('\n', to);
}

static void print_recorded(const struct zl_whatif_report *report, FILE *to)
{
        const struct zl_whatif_recorded *recorded = &report->recorded;

        if (!recorded->answered) {
                fputs("the tape holds no answers of routers: the base has nothing to be held "
                      "against\n",
                      to);
                return;
        }
        fprintf(to,
                "recorded: %" PRIu64 " liquidations of %" PRIu64 " accounts; the base's loop "
                "closes %" PRIu64 " of these accounts, and %" PRIu64 " others\n",
                recorded->liquidations, recorded->accounts, recorded->both, recorded->only_base);
        if (recorded->plans_unknown)
                fprintf(to,
                        "%" PRIu64 " recorded plans were made elsewhere: what they changed is told "
                        "by its place on the tape only\n",
                        recorded->plans_unknown);
}

enum zl_err zl_whatif_print_table(const struct zl_whatif_report *report, FILE *to)
{
        char (*cells)[CELL] = calloc(report->variants_count, sizeof *cells);
        const char *symbol = zl_scales_asset_symbol(report->scales, report->numeraire);

        if (!cells)
                return ZL_ERR_SYSTEM;
        for (uint32_t i = 0; i < report->variants_count; i++)
                print_changes(&report->variants[i], to);
        fprintf(to, "\n%-18s", symbol ? symbol : "");
        for (uint32_t i = 0; i < report->variants_count; i++)
                fprintf(to, "  %20s ", report->variants[i].name);
        fputc('\n', to);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
                print_row(report, &rows[i], cells, to);
        for (uint32_t i = 0; i < report->funds_count; i++)
                print_fund(report, i, cells, to);
        fputs("\n* differs from the base. ", to);
        print_recorded(report, to);
        free(cells);
        return fflush(to) == 0 ? ZL_OK : ZL_ERR_SYSTEM;
}
