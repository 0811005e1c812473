#include "app/explain/explain.h"

#include "app/columns.h"
#include "app/explain/explain_words.h"
#include "app/names.h"
#include "core/wide_text.h"

static struct zl_columns columns; /* too large for a stack */

static void heads(uint32_t words, const char *const *names, size_t count)
{
        zl_columns_begin(&columns, words);
        for (size_t i = 0; i < count; i++)
                zl_columns_put(&columns, names[i]);
}

static void put_wide(struct zl_wide value, uint32_t scale)
{
        struct zl_text text = zl_columns_cell(&columns);

        zl_text_wide(&text, value, scale);
}

static void line(struct zl_text *text, const char *words)
{
        zl_text_put(text, words);
        zl_text_char(text, '\n');
}

/* ---- assets ---- */

static void put_assets(const struct zl_explanation *of, struct zl_text *text)
{
        static const char *const names[] = {"ASSET",  "BALANCE", "PROFIT", "FUNDING DUE", "x",
                                            "ORDERS", "H(x - orders)", "RATE r", "r H", "r x"};
        const struct zl_view *view = &of->subject.view;

        heads(1, names, ZL_COUNT(names));
        for (uint32_t i = 0; i < view->stocks_count && zl_columns_next(&columns); i++) {
                const struct zl_stock *stock = &view->stocks[i];
                uint32_t fine = stock->asset->scale + ZL_FINE;
                struct zl_stock_terms terms;
                zl_stock_terms(view, i, &terms);
                struct zl_text name = zl_columns_cell(&columns);
                zl_name_asset(&name, of->scales, stock->asset->id);
                zl_columns_decimal(&columns, stock->amount, fine);
                zl_columns_decimal(&columns, terms.profit, fine);
                zl_columns_decimal(&columns, terms.due, fine);
                zl_columns_decimal(&columns, terms.amount, fine);
                zl_columns_decimal(&columns, stock->order_margin, fine);
                put_wide(terms.weighted, fine + 9);
                zl_columns_decimal(&columns, stock->rate, stock->asset->rate_scale);
                put_wide(terms.equity, view->digits + 9);
                put_wide(terms.left, view->digits);
        }
        zl_columns_print(&columns, text);
}

/* ---- positions ---- */

static void put_position_name(const struct zl_explanation *of, const struct zl_part *part)
{
        static const char *const states[] = {"", " halted", " settled"};
        struct zl_text name = zl_columns_cell(&columns);

        zl_name_instrument(&name, of->scales, part->instrument->id);
        if (part->leg) {
                zl_text_char(&name, ' ');
                zl_text_put(&name, zl_word_leg(part->leg));
        }
        zl_text_put(&name, states[part->instrument->status]);
}

static void put_maintenance(const struct zl_view *view, const struct zl_part *part,
                            const struct zl_part_terms *terms)
{
        uint32_t digits = part->instrument->settle_scale + ZL_FINE + 9 + view->slope_digits;
        struct zl_text cell = zl_columns_cell(&columns);

        zl_text_wide(&cell, terms->maintenance, digits);
        if (terms->rest.num) /* less than the last place of it */
                zl_text_put(&cell, "+");
}

static void put_positions(const struct zl_explanation *of, struct zl_text *text)
{
        static const char *const names[] = {"POSITION", "QTY",  "MARK",     "VALUE V",
                                            "COST",     "PROFIT", "FUNDING DUE", "TIER",
                                            "RATE m",   "DEDUCT c", "FEE f", "MAINTENANCE mm"};
        const struct zl_view *view = &of->subject.view;

        heads(1, names, ZL_COUNT(names));
        for (uint32_t i = 0; i < view->parts_count && zl_columns_next(&columns); i++) {
                const struct zl_part *part = &view->parts[i];
                const struct zl_instrument *instrument = part->instrument;
                uint32_t fine = instrument->settle_scale + ZL_FINE;
                bool by_size = instrument->tier_by == ZL_TIER_BY_SIZE;
                struct zl_part_terms terms;
                zl_part_terms(view, &of->subject.worth, &of->subject.shares, i, &terms);
                put_position_name(of, part);
                zl_columns_decimal(&columns, part->sign * part->size, instrument->qty_scale);
                zl_columns_decimal(&columns, instrument->mark, instrument->price_scale);
                zl_columns_decimal(&columns, terms.value, fine);
                zl_columns_decimal(&columns, part->cost, fine);
                zl_columns_decimal(&columns, terms.profit, fine);
                zl_columns_decimal(&columns, part->due, fine);
                zl_columns_decimal(&columns, terms.tier + 1, 0);
                zl_columns_decimal(&columns, instrument->tiers[terms.tier].mmr_ppb, 9);
                zl_columns_decimal(&columns, instrument->tiers[terms.tier].deduct_ppb,
                                   9 + (by_size ? instrument->qty_scale
                                                : instrument->settle_scale));
                zl_columns_decimal(&columns, instrument->fee_ppb, 9);
                put_maintenance(view, part, &terms);
        }
        zl_columns_print(&columns, text);
}

/* ---- prices ---- */

static void put_point(enum zl_reason reason, int64_t price, uint32_t scale)
{
        static const char *const words[] = {
                [ZL_REASON_ALWAYS_SAFE] = "none",
                [ZL_REASON_NEVER_SAFE] = "any",
                [ZL_REASON_OUT_OF_RANGE] = "far",
                [ZL_REASON_NO_PRICE] = "-",
        };

        if (reason == ZL_REASON_NONE)
                zl_columns_decimal(&columns, price, scale);
        else
                zl_columns_put(&columns, words[reason]);
}

static void put_price(bool has, zl_i128 price, uint32_t scale)
{
        if (has)
                zl_columns_decimal(&columns, price, scale);
        else
                zl_columns_put(&columns, "-");
}

/* In percent, down at two decimals. */
static void put_share(struct zl_wide share, struct zl_wide total)
{
        struct zl_text cell = zl_columns_cell(&columns);
        struct zl_wide num = zl_wide_mul(share, zl_wide_of(10000));

        if (zl_wide_sign(total) > 0)
                zl_text_wide(&cell, zl_wide_div_floor(num, total), 2);
        zl_text_char(&cell, '%');
}

static void put_prices(const struct zl_explanation *of, struct zl_text *text)
{
        static const char *const names[] = {"PRICES",      "UNSAFE BELOW", "UNSAFE ABOVE",
                                            "BANKRUPT AT", "SHARE OF B",   "CLOSE OUT",
                                            "LIMIT",       "SHORTFALL"};
        const struct zl_subject *subject = &of->subject;

        heads(1, names, ZL_COUNT(names));
        for (uint32_t i = 0; i < subject->view.parts_count && zl_columns_next(&columns); i++) {
                const struct zl_part *part = &subject->view.parts[i];
                uint32_t scale = part->instrument->price_scale;
                struct zl_part_terms terms;
                zl_part_terms(&subject->view, &subject->worth, &subject->shares, i, &terms);
                put_position_name(of, part);
                put_point(terms.points.below_reason, terms.points.below, scale);
                put_point(terms.points.above_reason, terms.points.above, scale);
                put_price(terms.has_bankruptcy, terms.bankruptcy, scale);
                put_share(terms.share, subject->shares.total);
                put_price(terms.has_closeout, terms.closeout, scale);
                put_price(part->open, terms.limit, scale);
                put_price(part->open, terms.shortfall, part->instrument->settle_scale);
        }
        zl_columns_print(&columns, text);
}

/* ---- the sums ---- */

static void put_sum(const struct zl_explanation *of, const char *name, struct zl_wide exact,
                    uint32_t digits, const char *formula)
{
        struct zl_text cell;

        if (!zl_columns_next(&columns))
                return;
        zl_columns_put(&columns, name);
        cell = zl_columns_cell(&columns);
        zl_text_wide(&cell, exact, digits);
        cell = zl_columns_cell(&columns);
        zl_name_unit(&cell, of->scales, of->subject.numeraire->id);
        zl_columns_put(&columns, formula);
}

static void put_sums(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_view *view = &of->subject.view;
        const struct zl_worth *worth = &of->subject.worth;
        uint32_t digits = view->digits + 9 + view->slope_digits;
        const char *by_size = "sum r mm";

        zl_columns_begin(&columns, 1 | 4 | 8);
        zl_columns_put(&columns, "SUMS");
        put_sum(of, "equity E", worth->equity, digits, "sum r H(x - orders), by which margin goes");
        put_sum(of, "really there B", worth->left, view->digits, "sum r x");
        put_sum(of, "maintenance MM", worth->maintenance, digits, by_size);
        zl_columns_print(&columns, text);
}

void zl_explain_tables(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_view *view = &of->subject.view;
        bool entry = view->policy->mm_basis == ZL_MM_BASIS_ENTRY;

        zl_text_char(text, '\n');
        put_assets(of, text);
        zl_text_char(text, '\n');
        if (view->parts_count) {
                put_positions(of, text);
                line(text, entry ? "  mm = max(0, COST m - c) + f COST, of the policy's mm_basis "
                                   "entry"
                                 : "  mm = max(0, V m - c) + f V; by size V / |q| max(0, m |q| - "
                                   "c) + f V");
                zl_text_char(text, '\n');
        }
        put_sums(of, text);
        if (view->parts_count == 0)
                return;
        zl_text_char(text, '\n');
        put_prices(of, text);
        line(text, "  unsafe: the first marks that are, all else equal. Bankrupt: a fill of this "
                   "alone leaves B = 0, its fee paid.");
        line(text, "  Close out: the same with its share of B; a long's up to the tick, a short's "
                   "down. Limit: that within the range.");
}
