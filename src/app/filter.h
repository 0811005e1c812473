/* filter.h - which messages are shown or sent.
 *
 * Answers: does this message name an account, instrument or partition that is asked for? One that
 * names none of a kind at all concerns everybody, and passes. The engine hears all, whatever a
 * filter says. Owns: nothing. Thread: its owner's. */
#ifndef ZL_APP_FILTER_H
#define ZL_APP_FILTER_H

#include "app/options.h"

#include <zeroline/engine.h>

struct zl_filter {
        uint64_t accounts[ZL_OPTION_LIST_MAX];
        uint64_t instruments[ZL_OPTION_LIST_MAX];
        uint32_t accounts_count, instruments_count;
        struct zl_partition_range partitions[ZL_RANGES_MAX];
        uint32_t partitions_count;
        uint32_t partitions_all; /* P */
};

/* False after a line on stderr that begins with `where`. */
ZL_MUST_CHECK bool zl_filter_ids(const struct zl_option_list *texts, const char *where,
                                 uint64_t most, uint64_t ret_ids[ZL_OPTION_LIST_MAX],
                                 uint32_t *ret_count);
bool zl_filter_passes(const struct zl_filter *filter, const struct zl_header *header,
                      const struct zl_message *message);

#endif
