/* report_table.h - what report.h tells, as a table for a person.
 *
 * A line a pool and below it a line for each of its positions. Columns are as wide as their widest
 * number, and points stand below each other: so every pool is measured before any is printed.
 * Order: init, measure for each pool, head, pool for each pool again, foot. Owns: nothing. Thread:
 * its owner's. */
#ifndef ZL_APP_RISK_REPORT_TABLE_H
#define ZL_APP_RISK_REPORT_TABLE_H

#include "app/risk/report.h"
#include "codec/scales.h"

enum { ZL_TABLE_COLUMNS = 12 };

struct zl_report_table {
        const struct zl_engine *engine;
        const struct zl_scales *scales; /* knows symbols */
        struct {
                uint32_t before, after; /* characters, up to the point and from it on */
        } widths[ZL_TABLE_COLUMNS];
        uint32_t counts[ZL_POOL_BANKRUPT + 1]; /* pools, by state */
};

void zl_report_table_init(struct zl_report_table *table, const struct zl_engine *engine,
                          const struct zl_scales *scales);
void zl_report_table_measure(struct zl_report_table *table, uint32_t pool);
/* Whole lines, each with its end. */
void zl_report_table_head(const struct zl_report_table *table, struct zl_text *text);
void zl_report_table_pool(const struct zl_report_table *table, uint32_t pool,
                          struct zl_text *text);
void zl_report_table_foot(const struct zl_report_table *table, struct zl_text *text);

#endif
