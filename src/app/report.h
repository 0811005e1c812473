/* report.h - the risk points of every pool, as `zeroline calc` prints them. Thread: its owner's. */
#ifndef ZL_APP_REPORT_H
#define ZL_APP_REPORT_H

#include "core/state.h"
#include "core/text.h"

/* The accounts that have something to report, by number; the caller frees the answer. NULL: out of
 * memory. */
uint32_t *zl_report_accounts(const struct zl_engine *engine, uint32_t *ret_count);
/* The pools of an account in canonical order, at most `most` of them. */
uint32_t zl_report_pools(const struct zl_engine *engine, uint32_t account, uint32_t *ret_pools,
                         uint32_t most);
/* One JSON object, without an end of line. */
void zl_report_pool(const struct zl_engine *engine, uint32_t pool, struct zl_text *text);

#endif
