/* columns.h - a small table for a person: columns as wide as their widest cell.
 *
 * Numbers stand with their points below each other, words at the left. The first row is the head.
 * Order: begin; a cell after the other, then the next row; print. Owns: nothing. Thread: its
 * owner's. */
#ifndef ZL_APP_COLUMNS_H
#define ZL_APP_COLUMNS_H

#include "core/text.h"

enum { ZL_COLUMNS_MAX = 14, ZL_COLUMN_ROWS_MAX = 140, ZL_COLUMN_CELL_SIZE = 96 };

struct zl_columns {
        uint32_t rows, column;
        uint32_t words; /* a bit for each column that is left-aligned */
        char cells[ZL_COLUMN_ROWS_MAX][ZL_COLUMNS_MAX][ZL_COLUMN_CELL_SIZE];
};

void zl_columns_begin(struct zl_columns *columns, uint32_t words);
/* The next cell of this row, to be written at once; one too many stays unseen. */
struct zl_text zl_columns_cell(struct zl_columns *columns);
void zl_columns_put(struct zl_columns *columns, const char *word);
void zl_columns_decimal(struct zl_columns *columns, zl_i128 value, uint32_t scale);
/* False: there is room for no more. */
bool zl_columns_next(struct zl_columns *columns);
/* Whole lines, indented by two. */
void zl_columns_print(const struct zl_columns *columns, struct zl_text *text);

#endif
