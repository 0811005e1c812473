/* ranges.h - partitions as text: "0-63,70", or "2/4", the third of four equal shares.
 *
 * The number of a share may end a name, as that of a replica in a set of them does: "worker-2/4" is
 * "2/4". Shares count from 0, and together they are all partitions. Thread: any. */
#ifndef ZL_APP_RANGES_H
#define ZL_APP_RANGES_H

#include <zeroline/engine.h>

/* At most ZL_RANGES_MAX ranges below `partitions`; false after a line on stderr. */
ZL_MUST_CHECK bool zl_ranges_parse(const char *text, uint32_t partitions,
                                   struct zl_partition_range *ret_ranges, uint32_t *ret_count);
bool zl_ranges_have(const struct zl_partition_range *ranges, uint32_t count, uint32_t partition);

#endif
