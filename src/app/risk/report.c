#include "app/risk/report.h"

#include "app/fields.h"

#include <stdlib.h>

static const char *const reasons[] = {
        [ZL_REASON_NONE] = NULL,
        [ZL_REASON_ALWAYS_SAFE] = "always_safe",
        [ZL_REASON_NEVER_SAFE] = "never_safe",
        [ZL_REASON_OUT_OF_RANGE] = "out_of_range",
        [ZL_REASON_NO_PRICE] = "no_price",
};

static const char *const states[] = {
        [ZL_POOL_WAITS] = NULL,
        [ZL_POOL_SAFE] = "safe",
        [ZL_POOL_WARN] = "warn",
        [ZL_POOL_LIQUIDATE] = "liquidate",
        [ZL_POOL_BANKRUPT] = "bankrupt",
};

/* ---- order ---- */

static const struct zl_engine *sorting; /* qsort takes no context */

/* By account, then in canonical order. */
static int by_account_and_pool(const void *a, const void *b)
{
        uint64_t x = sorting->accounts[sorting->pools[*(const uint32_t *)a].account].id;
        uint64_t y = sorting->accounts[sorting->pools[*(const uint32_t *)b].account].id;

        if (x != y)
                return x < y ? -1 : 1;
        return zl_pool_id_compare(sorting->pools[*(const uint32_t *)a].id,
                                  sorting->pools[*(const uint32_t *)b].id);
}

uint32_t *zl_report_pools(const struct zl_engine *engine, uint32_t *ret_count)
{
        uint32_t all = engine->pool_rows.fresh, count = 0;
        uint32_t *rows = malloc((all + 1) * sizeof *rows);

        if (!rows)
                return NULL;
        for (uint32_t row = 0; row < all; row++) {
                if (engine->pools[row].account != ZL_NONE_AT)
                        rows[count++] = row;
        }
        sorting = engine;
        qsort(rows, count, sizeof *rows, by_account_and_pool);
        *ret_count = count;
        return rows;
}

/* ---- figures ---- */

static enum zl_pool_state state_of(const struct zl_subject *subject)
{
        const struct zl_view *view = &subject->view;
        const struct zl_worth *worth = &subject->worth;

        if (!subject->has)
                return ZL_POOL_WAITS;
        if (zl_wide_negative(worth->left))
                return ZL_POOL_BANKRUPT;
        if (view->open_count == 0)
                return ZL_POOL_SAFE;
        if (!zl_worth_good(view, worth, zl_threshold_safe(view->policy)))
                return ZL_POOL_LIQUIDATE;
        if (view->policy->warn_count &&
            !zl_worth_good(view, worth, zl_threshold_ratio(view->policy->warn_ppb[0])))
                return ZL_POOL_WARN;
        return ZL_POOL_SAFE;
}

void zl_report_look(const struct zl_engine *engine, uint32_t pool, struct zl_subject *ret_subject)
{
        ret_subject->engine = engine;
        ret_subject->pool = &engine->pools[pool];
        ret_subject->refusal = NULL;
        ret_subject->has = zl_state_view(engine, ret_subject->pool, &ret_subject->view,
                                         &ret_subject->refusal);
        if (!ret_subject->has)
                return;
        ret_subject->numeraire = &engine->assets[engine->numeraire];
        zl_view_worth(&ret_subject->view, &ret_subject->worth);
        zl_shares_init(&ret_subject->shares, &ret_subject->view);
}

struct zl_pool_figures zl_pool_figures(const struct zl_subject *subject)
{
        const struct zl_view *view = &subject->view;
        const struct zl_worth *worth = &subject->worth;
        struct zl_pool_figures figures = {.state = state_of(subject)};

        if (!subject->has)
                return figures;
        figures.scale = subject->numeraire->scale;
        figures.equity = zl_equity_floor(view, worth, subject->numeraire);
        figures.left = zl_left_floor(view, worth, subject->numeraire);
        figures.maintenance = zl_maintenance_ceil(view, worth, subject->numeraire);
        figures.has_ratio = zl_ratio_ceil(view, worth, &figures.ratio);
        return figures;
}

struct zl_position_figures zl_position_figures(const struct zl_subject *subject, uint32_t at)
{
        const struct zl_view *view = &subject->view;
        const struct zl_part *part = &view->parts[at];
        struct zl_position_figures figures = {
                .points = {ZL_REASON_NO_PRICE, ZL_REASON_NO_PRICE, 0, 0}};

        if (!subject->has)
                return figures;
        figures.scale = part->instrument->settle_scale;
        figures.notional = zl_amount_ceil(zl_part_value(part));
        figures.upnl = zl_amount_floor(zl_part_profit(part));
        figures.maintenance = zl_part_maintenance_ceil(view, part);
        figures.points = zl_liquidation_points(view, &subject->worth, part->instrument);
        figures.has_bankruptcy =
                zl_bankruptcy_price(view, &subject->worth, at, &figures.bankruptcy);
        figures.has_closeout = zl_closeout_price(view, &subject->worth, &subject->shares, at,
                                                 &figures.closeout);
        bool has_below = !figures.points.below_reason, has_above = !figures.points.above_reason;
        bool down = has_below && (part->sign > 0 || !has_above); /* a long's adverse side */
        figures.has_nearest = has_below || has_above;
        figures.nearest = down ? figures.points.below : figures.points.above;
        if (figures.has_bankruptcy && figures.has_nearest)
                figures.has_buffer = zl_buffer_floor(part->instrument, figures.nearest,
                                                     figures.bankruptcy, &figures.buffer);
        return figures;
}

/* ---- fields ---- */

static void put_pool(const struct zl_subject *subject, struct zl_text *text)
{
        struct zl_pool_figures pool = zl_pool_figures(subject);

        zl_field_maybe(text, "equity", subject->has, pool.equity, pool.scale);
        zl_field_maybe(text, "bankruptcy_equity", subject->has, pool.left, pool.scale);
        zl_field_maybe(text, "maintenance", subject->has, pool.maintenance, pool.scale);
        zl_field_maybe(text, "ratio", pool.has_ratio, pool.ratio, 9);
        zl_field_word(text, "state", states[pool.state]);
}

static void put_figures(const struct zl_subject *subject, uint32_t at, uint32_t price_scale,
                        struct zl_text *text)
{
        struct zl_position_figures figures = zl_position_figures(subject, at);
        const struct zl_liquidation *points = &figures.points;

        zl_field_maybe(text, "notional", subject->has, figures.notional, figures.scale);
        zl_field_maybe(text, "upnl", subject->has, figures.upnl, figures.scale);
        zl_field_maybe(text, "maintenance", subject->has, figures.maintenance, figures.scale);
        zl_field_maybe(text, "liquidation_price", figures.has_nearest, figures.nearest,
                       price_scale);
        zl_field_maybe(text, "liquidation_below", !points->below_reason, points->below,
                       price_scale);
        zl_field_word(text, "liquidation_below_reason", reasons[points->below_reason]);
        zl_field_maybe(text, "liquidation_above", !points->above_reason, points->above,
                       price_scale);
        zl_field_word(text, "liquidation_above_reason", reasons[points->above_reason]);
        zl_field_maybe(text, "bankruptcy_price", figures.has_bankruptcy, figures.bankruptcy,
                       price_scale);
        zl_field_maybe(text, "closeout_price", figures.has_closeout, figures.closeout,
                       price_scale);
        zl_field_maybe(text, "buffer", figures.has_buffer, figures.buffer, 9);
}

/* The position in this row, which of a pool that is judged is this part of the view. */
static void put_position(const struct zl_subject *subject, uint32_t row, uint32_t at,
                         struct zl_text *text)
{
        static const char *const legs[] = {NULL, "L", "S"};
        const struct zl_position *position = &subject->engine->positions[row];
        const struct zl_instrument *instrument =
                &subject->engine->instruments[position->instrument];

        zl_begin(text, NULL, '{');
        zl_field_u64(text, "instrument", instrument->id);
        zl_field_word(text, "leg", legs[position->leg]);
        if (instrument->defined) {
                zl_field_decimal(text, "qty", position->holding.qty, instrument->qty_scale);
        } else {
                zl_field_i64(text, "qty", position->holding.qty);
        }
        put_figures(subject, at, instrument->price_scale, text);
        zl_end(text, '}');
}

static void put_positions(const struct zl_subject *subject, struct zl_text *text)
{
        uint32_t at = 0;

        for (uint32_t row = subject->pool->first_position; row != ZL_NONE_AT;
             row = subject->engine->positions[row].next_of_pool) {
                put_position(subject, row, at++, text);
        }
}

void zl_report_pool(const struct zl_engine *engine, uint32_t row, struct zl_text *text)
{
        static struct zl_subject subject; /* too large for a stack */
        char pool_text[ZL_POOL_TEXT_SIZE];

        zl_report_look(engine, row, &subject);
        zl_text_char(text, '{');
        zl_field_u64(text, "account", engine->accounts[subject.pool->account].id);
        zl_pool_id_format(subject.pool->id, pool_text);
        zl_field_word(text, "pool", pool_text);
        put_pool(&subject, text);
        zl_begin(text, "positions", '[');
        put_positions(&subject, text);
        zl_text_put(text, "]}");
}
