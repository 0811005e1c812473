/* ranges.h - lists of partitions as text: "0-63,70". Thread: any. */
#ifndef ZL_APP_RANGES_H
#define ZL_APP_RANGES_H

#include <zeroline/engine.h>

/* Reads a list of at most ZL_RANGES_MAX ranges below `partitions`; false after a line on stderr. */
ZL_MUST_CHECK bool zl_ranges_parse(const char *text, uint32_t partitions,
                                   struct zl_partition_range *ret_ranges, uint32_t *ret_count);
bool zl_ranges_have(const struct zl_partition_range *ranges, uint32_t count, uint32_t partition);

#endif
