#include "app/risk/report_table.h"

#include "app/names.h"

/* A pool's line and a position's share their columns, and what they count. */
enum column {
        NAME,
        STATE,       /* QTY */
        EQUITY,      /* NOTIONAL */
        LEFT,        /* PROFIT */
        MAINTENANCE, /* MAINTENANCE */
        ASSET,       /* ASSET */
        RATIO,       /* MARK */
        BELOW,
        ABOVE,
        BANKRUPTCY,
        CLOSEOUT,
        BUFFER,
};

static const char *const pool_heads[ZL_TABLE_COLUMNS] = {
        "POOL", "STATE", "EQUITY", "BANKR. EQUITY", "MAINTENANCE", "IN", "RATIO",
        "",     "",      "",       "",              "",
};

static const char *const position_heads[ZL_TABLE_COLUMNS] = {
        "  POSITION", "QTY",          "NOTIONAL",     "PROFIT",      "MAINTENANCE", "IN",
        "MARK",       "UNSAFE BELOW", "UNSAFE ABOVE", "BANKRUPT AT", "CLOSE OUT",   "BUFFER",
};

/* What asks for somebody is in capitals. */
static const char *const states[] = {
        [ZL_POOL_WAITS] = "WAITS",         [ZL_POOL_SAFE] = "safe",
        [ZL_POOL_WARN] = "WARN",           [ZL_POOL_LIQUIDATE] = "LIQUIDATE",
        [ZL_POOL_BANKRUPT] = "BANKRUPT",
};

enum { CELL_SIZE = 80 };

struct line {
        char cells[ZL_TABLE_COLUMNS][CELL_SIZE];
        char remark[200]; /* behind the last cell, as long as it is */
};

/* ---- cells ---- */

static struct zl_text cell_of(struct line *line, enum column column)
{
        return zl_text_over(line->cells[column], CELL_SIZE);
}

static void put_word(struct line *line, enum column column, const char *word)
{
        struct zl_text text = cell_of(line, column);

        zl_text_put(&text, word);
}

static void put_number(struct line *line, enum column column, bool has, zl_i128 value,
                       uint32_t scale)
{
        struct zl_text text = cell_of(line, column);

        if (has)
                zl_text_decimal(&text, value, scale);
        else
                zl_text_char(&text, '-');
}

/* In percent, up: never better than it is. */
static void put_ratio(struct line *line, const struct zl_pool_figures *figures)
{
        struct zl_text text = cell_of(line, RATIO);

        if (!figures->has_ratio) {
                zl_text_char(&text, '-');
                return;
        }
        zl_text_decimal(&text, zl_div_ceil(figures->ratio, 100000), 2);
        zl_text_char(&text, '%');
}

static void put_point(struct line *line, enum column column, enum zl_reason reason, int64_t price,
                      uint32_t scale)
{
        static const char *const words[] = {
                [ZL_REASON_ALWAYS_SAFE] = "none",
                [ZL_REASON_NEVER_SAFE] = "any",
                [ZL_REASON_OUT_OF_RANGE] = "far",
                [ZL_REASON_NO_PRICE] = "-",
        };

        if (reason == ZL_REASON_NONE)
                put_number(line, column, true, price, scale);
        else
                put_word(line, column, words[reason]);
}

static void put_asset(struct line *line, const struct zl_report_table *table, uint32_t asset)
{
        struct zl_text text = cell_of(line, ASSET);

        zl_name_unit(&text, table->scales, asset);
}

/* ---- lines ---- */

static void clear(struct line *line)
{
        for (uint32_t i = 0; i < ZL_TABLE_COLUMNS; i++)
                line->cells[i][0] = 0;
        line->remark[0] = 0;
}

static enum zl_pool_state pool_line(const struct zl_report_table *table,
                                    const struct zl_subject *subject, struct line *line)
{
        struct zl_pool_figures figures = zl_pool_figures(subject);
        struct zl_text name, remark = zl_text_over(line->remark, sizeof line->remark);
        char pool[ZL_POOL_TEXT_SIZE];

        clear(line);
        name = cell_of(line, NAME);
        zl_text_u64(&name, table->engine->accounts[subject->pool->account].id);
        zl_text_char(&name, '/');
        zl_pool_id_format(subject->pool->id, pool);
        zl_text_put(&name, pool);
        put_word(line, STATE, states[figures.state]);
        if (!subject->has) {
                zl_name_wait(&remark, table->scales, subject);
                return figures.state;
        }
        put_number(line, EQUITY, true, figures.equity, figures.scale);
        put_number(line, LEFT, true, figures.left, figures.scale);
        put_number(line, MAINTENANCE, true, figures.maintenance, figures.scale);
        put_asset(line, table, subject->numeraire->id);
        put_ratio(line, &figures);
        return figures.state;
}

static void position_name(const struct zl_report_table *table,
                          const struct zl_position *position, struct line *line)
{
        static const char *const legs[] = {"", " L", " S"};
        const struct zl_instrument *instrument = &table->engine->instruments[position->instrument];
        struct zl_text name = cell_of(line, NAME);

        zl_text_put(&name, "  ");
        zl_name_instrument(&name, table->scales, instrument->id);
        zl_text_put(&name, legs[position->leg]);
        if (instrument->defined && instrument->status != ZL_STATUS_TRADING)
                zl_text_put(&name, instrument->status == ZL_STATUS_HALTED ? " halted" : " settled");
}

/* The position in this row, which of a pool that is judged is this part of the view. */
static void position_line(const struct zl_report_table *table, const struct zl_subject *subject,
                          uint32_t row, uint32_t at, struct line *line)
{
        const struct zl_position *position = &table->engine->positions[row];
        const struct zl_instrument *instrument = &table->engine->instruments[position->instrument];
        struct zl_position_figures figures = zl_position_figures(subject, at);
        uint32_t scale = instrument->price_scale;

        clear(line);
        position_name(table, position, line);
        put_number(line, STATE, true, position->holding.qty,
                   instrument->defined ? instrument->qty_scale : 0);
        put_number(line, RATIO, instrument->has_mark, instrument->mark, scale);
        if (!subject->has)
                return;
        put_number(line, EQUITY, true, figures.notional, figures.scale);
        put_number(line, LEFT, true, figures.upnl, figures.scale);
        put_number(line, MAINTENANCE, true, figures.maintenance, figures.scale);
        put_asset(line, table, instrument->settle);
        put_point(line, BELOW, figures.points.below_reason, figures.points.below, scale);
        put_point(line, ABOVE, figures.points.above_reason, figures.points.above, scale);
        put_number(line, BANKRUPTCY, figures.has_bankruptcy, figures.bankruptcy, scale);
        put_number(line, CLOSEOUT, figures.has_closeout, figures.closeout, scale);
        if (figures.has_buffer)
                put_number(line, BUFFER, true, zl_div_floor(figures.buffer, 10000000), 2);
}

/* ---- columns ---- */

static bool is_left(enum column column)
{
        return column == NAME || column == ASSET;
}

/* Characters of UTF-8, not bytes. */
static uint32_t width_of(const char *cell, size_t size)
{
        uint32_t width = 0;

        for (size_t i = 0; i < size; i++)
                width += ((unsigned char)cell[i] & 0xc0) != 0x80;
        return width;
}

static void split(enum column column, const char *cell, uint32_t *ret_before, uint32_t *ret_after)
{
        size_t size = strlen(cell), point = is_left(column) ? size : strcspn(cell, ".%");

        *ret_before = width_of(cell, point);
        *ret_after = width_of(cell + point, size - point);
}

static void measure(struct zl_report_table *table, const struct line *line)
{
        uint32_t before, after;

        for (uint32_t i = 0; i < ZL_TABLE_COLUMNS; i++) {
                split(i, line->cells[i], &before, &after);
                if (table->widths[i].before < before)
                        table->widths[i].before = before;
                if (table->widths[i].after < after)
                        table->widths[i].after = after;
        }
}

static bool is_shown(const struct zl_report_table *table, enum column column)
{
        return table->widths[column].before + table->widths[column].after > 0;
}

static uint32_t head_width(enum column column)
{
        uint32_t pool = (uint32_t)strlen(pool_heads[column]);
        uint32_t position = (uint32_t)strlen(position_heads[column]);

        return pool > position ? pool : position;
}

static uint32_t column_width(const struct zl_report_table *table, enum column column)
{
        uint32_t width = table->widths[column].before + table->widths[column].after;
        uint32_t head = head_width(column);

        return width > head ? width : head;
}

static void spaces(struct zl_text *text, uint32_t count)
{
        for (; count > 0; count--)
                zl_text_char(text, ' ');
}

/* The line ends behind its last cell: `blank` spaces are owed until there is another. */
static void put_cell(const struct zl_report_table *table, enum column column, const char *cell,
                     bool head, uint32_t *blank, struct zl_text *text)
{
        uint32_t width = column_width(table, column), before, after;

        split(column, cell, &before, &after);
        uint32_t right = head ? 0 : table->widths[column].after - after;
        if (is_left(column))
                right = width - before;
        if (*cell) {
                spaces(text, *blank + width - right - before - after);
                zl_text_put(text, cell);
                *blank = right;
        } else {
                *blank += width;
        }
        *blank += 2;
}

static void print(const struct zl_report_table *table, const struct line *line,
                  struct zl_text *text)
{
        uint32_t blank = 0;

        for (uint32_t i = 0; i < ZL_TABLE_COLUMNS; i++) {
                if (*line->remark && i > STATE)
                        break;
                if (is_shown(table, i))
                        put_cell(table, i, line->cells[i], false, &blank, text);
        }
        if (*line->remark) {
                spaces(text, blank);
                zl_text_put(text, line->remark);
        }
        zl_text_char(text, '\n');
}

static void print_heads(const struct zl_report_table *table, const char *const *heads,
                        struct zl_text *text)
{
        uint32_t blank = 0;

        for (uint32_t i = 0; i < ZL_TABLE_COLUMNS; i++) {
                if (is_shown(table, i))
                        put_cell(table, i, heads[i], true, &blank, text);
        }
        zl_text_char(text, '\n');
}

/* ---- the table ---- */

/* A pool's lines, one after the other, to be measured or printed. */
struct walk {
        const struct zl_report_table *table;
        uint32_t row, at; /* the position that comes next */
        struct zl_subject subject;
        struct line line;
        enum zl_pool_state state;
};

static void begin(struct walk *walk, const struct zl_report_table *table, uint32_t pool)
{
        walk->table = table;
        zl_report_look(table->engine, pool, &walk->subject);
        walk->row = walk->subject.pool->first_position;
        walk->at = 0;
        walk->state = pool_line(table, &walk->subject, &walk->line);
}

static bool next(struct walk *walk)
{
        if (walk->row == ZL_NONE_AT)
                return false;
        position_line(walk->table, &walk->subject, walk->row, walk->at++, &walk->line);
        walk->row = walk->table->engine->positions[walk->row].next_of_pool;
        return true;
}

static struct walk walking; /* too large for a stack */

void zl_report_table_init(struct zl_report_table *table, const struct zl_engine *engine,
                          const struct zl_scales *scales)
{
        *table = (struct zl_report_table){.engine = engine, .scales = scales};
}

void zl_report_table_measure(struct zl_report_table *table, uint32_t pool)
{
        begin(&walking, table, pool);
        table->counts[walking.state]++;
        do
                measure(table, &walking.line);
        while (next(&walking));
}

void zl_report_table_head(const struct zl_report_table *table, struct zl_text *text)
{
        if (!is_shown(table, NAME)) /* no pool */
                return;
        print_heads(table, pool_heads, text);
        print_heads(table, position_heads, text);
}

void zl_report_table_pool(const struct zl_report_table *table, uint32_t pool, struct zl_text *text)
{
        begin(&walking, table, pool);
        do
                print(table, &walking.line, text);
        while (next(&walking));
}

void zl_report_table_foot(const struct zl_report_table *table, struct zl_text *text)
{
        uint32_t all = 0;
        const char *between = ": ";

        for (uint32_t i = 0; i < ZL_COUNT(states); i++)
                all += table->counts[i];
        zl_text_u64(text, all);
        zl_text_put(text, all == 1 ? " pool" : " pools");
        for (uint32_t i = ZL_COUNT(states); i-- > 0;) {
                if (table->counts[i] == 0)
                        continue;
                zl_text_put(text, between);
                zl_text_u64(text, table->counts[i]);
                zl_text_char(text, ' ');
                zl_text_put(text, states[i]);
                between = ", ";
        }
        zl_text_char(text, '\n');
}
