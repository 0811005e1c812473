/* table.h - a map from ids to rows that grows, for tools; the engine's tables do not grow.
 * Owns: its slots and rows. A row moves when the table grows. Thread: its owner's. */
#ifndef ZL_CODEC_TABLE_H
#define ZL_CODEC_TABLE_H

#include "core/map.h"

struct zl_table {
        struct zl_map map;
        void *rows;
        size_t row_size; /* set before first use */
};

/* NULL: no such row. */
void *zl_table_get(const struct zl_table *table, uint64_t key);
/* The row of a key, zeroed when new. NULL: out of memory. */
void *zl_table_row(struct zl_table *table, uint64_t key);
void zl_table_free(struct zl_table *table);

#endif
