#include "app/report.h"

#include "codec/json.h"

#include <stdlib.h>

static const char *const reasons[] = {
        [ZL_REASON_NONE] = NULL,
        [ZL_REASON_ALWAYS_SAFE] = "always_safe",
        [ZL_REASON_NEVER_SAFE] = "never_safe",
        [ZL_REASON_OUT_OF_RANGE] = "out_of_range",
        [ZL_REASON_NO_PRICE] = "no_price",
};

/* ---- order ---- */

static const struct zl_engine *sorting; /* qsort takes no context */

static int by_id(const void *a, const void *b)
{
        uint64_t x = sorting->accounts[*(const uint32_t *)a].id;
        uint64_t y = sorting->accounts[*(const uint32_t *)b].id;

        return x < y ? -1 : x > y;
}

static int by_pool(const void *a, const void *b)
{
        return zl_pool_id_compare(sorting->pools[*(const uint32_t *)a].id,
                                  sorting->pools[*(const uint32_t *)b].id);
}

uint32_t *zl_report_accounts(const struct zl_engine *engine, uint32_t *ret_count)
{
        uint32_t all = engine->accounts_by_id.count, count = 0;
        uint32_t *rows = malloc((all + 1) * sizeof *rows);

        if (!rows)
                return NULL;
        for (uint32_t row = 0; row < all; row++) {
                if (engine->accounts[row].first_pool != ZL_NONE_AT)
                        rows[count++] = row;
        }
        sorting = engine;
        qsort(rows, count, sizeof *rows, by_id);
        *ret_count = count;
        return rows;
}

uint32_t zl_report_pools(const struct zl_engine *engine, uint32_t account, uint32_t *ret_pools,
                         uint32_t most)
{
        uint32_t count = 0;

        for (uint32_t row = engine->accounts[account].first_pool;
             row != ZL_NONE_AT && count < most; row = engine->pools[row].next_of_account)
                ret_pools[count++] = row;
        sorting = engine;
        qsort(ret_pools, count, sizeof *ret_pools, by_pool);
        return count;
}

/* ---- fields ---- */

static void name(struct zl_text *text, const char *key)
{
        zl_text_char(text, '"');
        zl_text_put(text, key);
        zl_text_put(text, "\":");
}

static void decimal(struct zl_text *text, const char *key, bool has, zl_i128 value, uint32_t scale)
{
        name(text, key);
        if (has)
                zl_json_decimal(text, value, scale);
        else
                zl_text_put(text, "null");
        zl_text_char(text, ',');
}

static void word(struct zl_text *text, const char *key, const char *value)
{
        name(text, key);
        if (value)
                zl_json_string(text, value);
        else
                zl_text_put(text, "null");
        zl_text_char(text, ',');
}

/* What is judged, with all that the lines need; `has` is false for a pool that waits. */
struct subject {
        const struct zl_engine *engine;
        const struct zl_pool *pool;
        const struct zl_instrument *instrument;
        bool has;
        struct zl_terms terms;
        const struct zl_asset *settle, *numeraire;
        int64_t mark;
};

static const char *state_of(const struct subject *subject)
{
        const struct zl_terms *terms = &subject->terms;
        const struct zl_policy *policy = terms->policy;

        if (!subject->has)
                return NULL;
        if (zl_bankruptcy_equity(terms, subject->mark) < 0)
                return "bankrupt";
        if (!zl_is_good(terms, zl_threshold_safe(policy), subject->mark))
                return "liquidate";
        if (policy->warn_count &&
            !zl_is_good(terms, zl_threshold_ratio(policy->warn_ppb[0]), subject->mark))
                return "warn";
        return "safe";
}

static void put_pool(const struct subject *subject, struct zl_text *text)
{
        const struct zl_terms *terms = &subject->terms;
        uint32_t scale = subject->has ? subject->numeraire->scale : 0;
        zl_i128 equity = 0, left = 0, maintenance = 0, ratio = 0;
        bool has_ratio = false;

        if (subject->has) {
                equity = zl_numeraire_floor(zl_equity(terms, subject->mark), subject->settle,
                                            subject->numeraire);
                left = zl_numeraire_floor(zl_bankruptcy_equity(terms, subject->mark),
                                          subject->settle, subject->numeraire);
                maintenance = zl_maintenance_numeraire_ceil(zl_maintenance(terms, subject->mark),
                                                            terms->precision, subject->settle,
                                                            subject->numeraire);
                has_ratio = zl_ratio_ceil(terms, subject->mark, &ratio);
        }
        decimal(text, "equity", subject->has, equity, scale);
        decimal(text, "bankruptcy_equity", subject->has, left, scale);
        decimal(text, "maintenance", subject->has, maintenance, scale);
        decimal(text, "ratio", has_ratio, ratio, 9);
        word(text, "state", state_of(subject));
}

static void put_values(const struct subject *subject, struct zl_text *text)
{
        const struct zl_terms *terms = &subject->terms;
        uint32_t scale = subject->has ? subject->settle->scale : 0;
        zl_i128 notional = 0, upnl = 0, maintenance = 0;

        if (subject->has) {
                zl_i128 value = zl_value(terms, subject->mark);
                notional = zl_amount_ceil(value);
                upnl = zl_amount_floor(zl_profit(terms, subject->mark));
                maintenance = zl_maintenance_ceil(zl_maintenance(terms, subject->mark),
                                                  terms->precision);
        }
        decimal(text, "notional", subject->has, notional, scale);
        decimal(text, "upnl", subject->has, upnl, scale);
        decimal(text, "maintenance", subject->has, maintenance, scale);
}

static void put_prices(const struct subject *subject, struct zl_text *text)
{
        const struct zl_terms *terms = &subject->terms;
        uint32_t scale = subject->instrument->price_scale;
        struct zl_liquidation points = {ZL_REASON_NO_PRICE, ZL_REASON_NO_PRICE, 0, 0};
        zl_i128 bankruptcy = 0, buffer = 0;
        bool has_bankruptcy = false, has_buffer = false;

        if (subject->has) {
                points = zl_liquidation_points(terms, subject->mark);
                has_bankruptcy = zl_bankruptcy_price(terms, &bankruptcy);
        }
        bool has_below = !points.below_reason, has_above = !points.above_reason;
        bool down = has_below && (terms->sign > 0 || !has_above); /* a long's adverse side */
        int64_t nearest = down ? points.below : points.above;
        if (has_bankruptcy && (has_below || has_above))
                has_buffer = zl_buffer_floor(terms, subject->mark, nearest, bankruptcy, &buffer);
        decimal(text, "liquidation_price", has_below || has_above, nearest, scale);
        decimal(text, "liquidation_below", has_below, points.below, scale);
        word(text, "liquidation_below_reason", reasons[points.below_reason]);
        decimal(text, "liquidation_above", has_above, points.above, scale);
        word(text, "liquidation_above_reason", reasons[points.above_reason]);
        decimal(text, "bankruptcy_price", has_bankruptcy, bankruptcy, scale);
        decimal(text, "closeout_price", has_bankruptcy, bankruptcy, scale);
        decimal(text, "buffer", has_buffer, buffer, 9);
}

static void drop_comma(struct zl_text *text)
{
        if (!text->full)
                text->data[--text->size] = 0;
}

static void put_position(const struct subject *subject, struct zl_text *text)
{
        static const char *const legs[] = {NULL, "L", "S"};

        zl_text_char(text, '{');
        name(text, "instrument");
        zl_text_u64(text, subject->pool->id.instrument);
        zl_text_char(text, ',');
        word(text, "leg", legs[subject->pool->id.leg]);
        if (subject->instrument->defined) {
                decimal(text, "qty", true, subject->pool->holding.qty,
                        subject->instrument->qty_scale);
        } else {
                name(text, "qty");
                zl_text_i64(text, subject->pool->holding.qty);
                zl_text_char(text, ',');
        }
        put_values(subject, text);
        put_prices(subject, text);
        drop_comma(text);
        zl_text_char(text, '}');
}

void zl_report_pool(const struct zl_engine *engine, uint32_t row, struct zl_text *text)
{
        const struct zl_pool *pool = &engine->pools[row];
        struct subject subject = {.engine = engine,
                                  .pool = pool,
                                  .instrument = &engine->instruments[pool->instrument]};
        char pool_text[ZL_POOL_TEXT_SIZE];
        zl_refusal refusal;

        subject.has = !engine->accounts[pool->account].suspended &&
                      zl_state_terms(engine, pool, &subject.terms, &refusal);
        if (subject.has) {
                subject.settle = &engine->assets[subject.instrument->settle_at];
                subject.numeraire = &engine->assets[engine->numeraire];
                subject.mark = subject.instrument->mark;
        }
        zl_text_char(text, '{');
        name(text, "account");
        zl_text_u64(text, engine->accounts[pool->account].id);
        zl_text_char(text, ',');
        zl_pool_id_format(pool->id, pool_text);
        word(text, "pool", pool_text);
        put_pool(&subject, text);
        name(text, "positions");
        zl_text_char(text, '[');
        put_position(&subject, text);
        zl_text_put(text, "]}");
}
