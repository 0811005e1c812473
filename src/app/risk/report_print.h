/* report_print.h - the report of some pools, on stdout, as `calc` and `inspect` print it.
 *
 * Owns: nothing. Thread: one at a time. */
#ifndef ZL_APP_RISK_REPORT_PRINT_H
#define ZL_APP_RISK_REPORT_PRINT_H

#include "app/risk/report.h"
#include "codec/scales.h"

/* One JSON line a pool, in the order given. False: stdout takes no more. */
ZL_MUST_CHECK bool zl_report_print_json(const struct zl_engine *engine, const uint32_t *pools,
                                        uint32_t count);
/* A table of them, which ends with how many are in which state. */
ZL_MUST_CHECK bool zl_report_print_table(const struct zl_engine *engine,
                                         const struct zl_scales *scales, const uint32_t *pools,
                                         uint32_t count);

#endif
