/* page.h - the page of a report: one file, which needs nothing else.
 *
 * The page, its style, its scripts and the chart library stand in the program; embed.py puts them
 * there when it is built. Only the data is new. Owns: nothing. Thread: any. */
#ifndef ZL_APP_REPORT_PAGE_H
#define ZL_APP_REPORT_PAGE_H

#include <zeroline/base.h>

#include <stdio.h>

/* What stands before the data and behind it; empty where the program was built without. */
extern const unsigned char zl_page_before[], zl_page_behind[];
extern const size_t zl_page_before_size, zl_page_behind_size;

/* False after a line on stderr that says how to build with it. */
ZL_MUST_CHECK bool zl_page_is_there(void);
/* `data`: one JSON value. ZL_ERR_SYSTEM: errno. */
ZL_MUST_CHECK enum zl_err zl_page_write(const char *data, size_t size, FILE *to);

#endif
