#include "codec/table.h"

#include <stdlib.h>
#include <string.h>

static void put(struct zl_map *map, uint64_t key, uint32_t value)
{
        bool put = zl_map_put(map, key, value);

        ZL_ASSERT(put);
}

static bool grow(struct zl_table *table)
{
        uint32_t most = table->map.count_max ? 2 * table->map.count_max : 64;
        struct zl_map_slot *slots = calloc(zl_map_slots(most), sizeof *slots);
        void *rows = realloc(table->rows, most * table->row_size);
        struct zl_map old = table->map;

        if (rows)
                table->rows = rows;
        if (!slots || !rows) {
                free(slots);
                return false;
        }
        zl_map_init(&table->map, slots, most);
        for (size_t i = 0; old.slots && i <= old.mask; i++) {
                if (old.slots[i].value_plus_1)
                        put(&table->map, old.slots[i].key, old.slots[i].value_plus_1 - 1);
        }
        free(old.slots);
        return true;
}

void *zl_table_get(const struct zl_table *table, uint64_t key)
{
        uint32_t row;

        if (!table->map.slots || !zl_map_get(&table->map, key, &row))
                return NULL;
        return (uint8_t *)table->rows + row * table->row_size;
}

void *zl_table_row(struct zl_table *table, uint64_t key)
{
        void *row = zl_table_get(table, key);

        if (row)
                return row;
        if (table->map.count == table->map.count_max && !grow(table))
                return NULL;
        uint32_t place = table->map.count;
        put(&table->map, key, place);
        row = (uint8_t *)table->rows + place * table->row_size;
        memset(row, 0, table->row_size);
        return row;
}

void zl_table_free(struct zl_table *table)
{
        free(table->map.slots);
        free(table->rows);
}
