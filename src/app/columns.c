#include "app/columns.h"

#include <string.h>

struct width {
        uint32_t before, after; /* characters, up to the point and from it on */
};

/* Characters of UTF-8, not bytes. */
static uint32_t length_of(const char *cell, size_t size)
{
        uint32_t length = 0;

        for (size_t i = 0; i < size; i++)
                length += ((unsigned char)cell[i] & 0xc0) != 0x80;
        return length;
}

static struct width width_of(const char *cell, bool point)
{
        size_t size = strlen(cell), at = point ? strcspn(cell, ".%") : size;

        return (struct width){length_of(cell, at), length_of(cell + at, size - at)};
}

static bool is_word(const struct zl_columns *columns, uint32_t column)
{
        return columns->words >> column & 1;
}

/* The head has no points. */
static struct width cell_width(const struct zl_columns *columns, uint32_t row, uint32_t column)
{
        return width_of(columns->cells[row][column], row > 0 && !is_word(columns, column));
}

void zl_columns_begin(struct zl_columns *columns, uint32_t words)
{
        columns->rows = 1;
        columns->column = 0;
        columns->words = words;
        memset(columns->cells[0], 0, sizeof columns->cells[0]);
}

struct zl_text zl_columns_cell(struct zl_columns *columns)
{
        uint32_t column = columns->column;

        if (column + 1 < ZL_COLUMNS_MAX)
                columns->column++;
        return zl_text_over(columns->cells[columns->rows - 1][column], ZL_COLUMN_CELL_SIZE);
}

void zl_columns_put(struct zl_columns *columns, const char *word)
{
        struct zl_text text = zl_columns_cell(columns);

        zl_text_put(&text, word);
}

void zl_columns_decimal(struct zl_columns *columns, zl_i128 value, uint32_t scale)
{
        struct zl_text text = zl_columns_cell(columns);

        zl_text_decimal(&text, value, scale);
}

bool zl_columns_next(struct zl_columns *columns)
{
        if (columns->rows == ZL_COLUMN_ROWS_MAX)
                return false;
        memset(columns->cells[columns->rows++], 0, sizeof columns->cells[0]);
        columns->column = 0;
        return true;
}

/* Its point's place, then all of it. */
static void measure(const struct zl_columns *columns, uint32_t column, struct width *ret_point,
                    uint32_t *ret_all)
{
        struct width most = {0, 0};

        for (uint32_t row = 1; row < columns->rows; row++) {
                struct width width = cell_width(columns, row, column);
                most.before = width.before > most.before ? width.before : most.before;
                most.after = width.after > most.after ? width.after : most.after;
        }
        uint32_t head = cell_width(columns, 0, column).before;
        *ret_point = most;
        *ret_all = head > most.before + most.after ? head : most.before + most.after;
}

static void spaces(struct zl_text *text, uint32_t count)
{
        for (; count > 0; count--)
                zl_text_char(text, ' ');
}

static void print_row(const struct zl_columns *columns, uint32_t row, struct zl_text *text)
{
        uint32_t owed = 2; /* spaces before the next cell that is not empty */

        for (uint32_t column = 0; column < ZL_COLUMNS_MAX; column++) {
                const char *cell = columns->cells[row][column];
                struct width point, width = cell_width(columns, row, column);
                uint32_t all, right;
                measure(columns, column, &point, &all);
                if (all == 0)
                        continue;
                right = row == 0 ? 0 : point.after - width.after;
                if (is_word(columns, column))
                        right = all - width.before;
                if (*cell) {
                        spaces(text, owed + all - right - width.before - width.after);
                        zl_text_put(text, cell);
                        owed = right + 2;
                } else {
                        owed += all + 2;
                }
        }
        zl_text_char(text, '\n');
}

void zl_columns_print(const struct zl_columns *columns, struct zl_text *text)
{
        for (uint32_t row = 0; row < columns->rows; row++)
                print_row(columns, row, text);
}
