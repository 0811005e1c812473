#include "app/explain/explain.h"

#include "app/explain/explain_words.h"
#include "app/fields.h"
#include "core/order.h"

/* ---- assets ---- */

static void put_asset(const struct zl_subject *subject, uint32_t at, struct zl_text *text)
{
        const struct zl_stock *stock = &subject->view.stocks[at];
        uint32_t fine = stock->asset->scale + ZL_FINE, digits = subject->view.digits;
        struct zl_stock_terms terms;

        zl_stock_terms(&subject->view, at, &terms);
        zl_begin(text, NULL, '{');
        zl_field_u64(text, "asset", stock->asset->id);
        zl_field_decimal(text, "rate", stock->rate, stock->asset->rate_scale);
        zl_field_u64(text, "volatility", (uint64_t)stock->asset->volatility);
        zl_field_decimal(text, "balance", stock->amount, fine);
        zl_field_decimal(text, "profit", terms.profit, fine);
        zl_field_decimal(text, "funding_due", terms.due, fine);
        zl_field_decimal(text, "amount", terms.amount, fine);
        zl_field_decimal(text, "order_margin", stock->order_margin, fine);
        zl_field_decimal(text, "counted", terms.counted, fine);
        zl_field_wide(text, "weighted", terms.weighted, fine + 9);
        zl_field_wide(text, "equity", terms.equity, digits + 9);
        zl_field_wide(text, "bankruptcy_equity", terms.left, digits);
        zl_end(text, '}');
}

/* ---- positions ---- */

static void put_margin(const struct zl_subject *subject, const struct zl_part *part,
                       const struct zl_part_terms *terms, struct zl_text *text)
{
        const struct zl_instrument *instrument = part->instrument;
        const struct zl_tier *tier = &instrument->tiers[terms->tier];
        uint32_t fine = instrument->settle_scale + ZL_FINE;
        bool by_size = instrument->tier_by == ZL_TIER_BY_SIZE;

        zl_field_decimal(text, "basis", terms->basis, fine);
        zl_field_u64(text, "tier", terms->tier + 1);
        zl_field_decimal(text, "mmr", tier->mmr_ppb, 9);
        zl_field_decimal(text, "mmr_slope", instrument->mmr_slope_ppb, 9);
        zl_field_decimal(text, "deduct", tier->deduct_ppb,
                         9 + (by_size ? instrument->qty_scale : instrument->settle_scale));
        zl_field_decimal(text, "fee", instrument->fee_ppb, 9);
        zl_field_wide(text, "maintenance", terms->maintenance,
                      fine + 9 + subject->view.slope_digits);
        if (terms->rest.num == 0) {
                zl_field_null(text, "maintenance_rest");
                return;
        }
        zl_begin(text, "maintenance_rest", '{');
        zl_field_u64(text, "num", terms->rest.num);
        zl_field_u64(text, "den", terms->rest.den);
        zl_field_u64(text, "digits", fine + 9 + subject->view.slope_digits);
        zl_end(text, '}');
}

static void put_price(struct zl_text *text, const char *name, bool has, zl_i128 price,
                      uint32_t scale)
{
        if (has)
                zl_field_decimal(text, name, price, scale);
        else
                zl_field_null(text, name);
}

static void put_points(const struct zl_part *part, const struct zl_part_terms *terms,
                       struct zl_text *text)
{
        const struct zl_liquidation *points = &terms->points;
        uint32_t scale = part->instrument->price_scale;

        put_price(text, "liquidation_below", !points->below_reason, points->below, scale);
        zl_field_word(text, "liquidation_below_reason", zl_word_reason(points->below_reason));
        put_price(text, "liquidation_above", !points->above_reason, points->above, scale);
        zl_field_word(text, "liquidation_above_reason", zl_word_reason(points->above_reason));
        put_price(text, "bankruptcy_price", terms->has_bankruptcy, terms->bankruptcy, scale);
        put_price(text, "closeout_price", terms->has_closeout, terms->closeout, scale);
        put_price(text, "limit_price", part->open, terms->limit, scale);
        put_price(text, "shortfall", part->open, terms->shortfall, part->instrument->settle_scale);
}

static void put_position(const struct zl_subject *subject, uint32_t at, struct zl_text *text)
{
        const struct zl_part *part = &subject->view.parts[at];
        uint32_t fine = part->instrument->settle_scale + ZL_FINE;
        struct zl_part_terms terms;

        zl_part_terms(&subject->view, &subject->worth, &subject->shares, at, &terms);
        zl_begin(text, NULL, '{');
        zl_field_u64(text, "instrument", part->instrument->id);
        zl_field_word(text, "leg", zl_word_leg(part->leg));
        zl_field_decimal(text, "qty", part->sign * part->size, part->instrument->qty_scale);
        zl_field_decimal(text, "coordinate", part->u, 0);
        zl_field_decimal(text, "unit", part->instrument->unit, 0);
        zl_field_decimal(text, "value", terms.value, fine);
        zl_field_decimal(text, "cost", part->cost, fine);
        zl_field_decimal(text, "profit", terms.profit, fine);
        zl_field_decimal(text, "funding_due", part->due, fine);
        zl_field_u64(text, "volatility", (uint64_t)part->instrument->volatility);
        put_margin(subject, part, &terms, text);
        zl_field_wide(text, "share", terms.share, 0);
        put_points(part, &terms, text);
        zl_end(text, '}');
}

/* ---- the whole pool ---- */

static void put_levels(const struct zl_subject *subject, struct zl_text *text)
{
        const struct zl_policy *policy = subject->view.policy;

        zl_begin(text, "warn", '[');
        for (uint32_t i = 0; i < policy->warn_count; i++) {
                struct zl_threshold level = zl_threshold_ratio(policy->warn_ppb[i]);
                zl_begin(text, NULL, '{');
                zl_field_decimal(text, "ratio", policy->warn_ppb[i], 9);
                zl_field_bool(text, "reached",
                              !zl_worth_good(&subject->view, &subject->worth, level));
                zl_end(text, '}');
        }
        zl_end(text, ']');
}

static void put_worth(const struct zl_subject *subject, struct zl_text *text)
{
        const struct zl_view *view = &subject->view;
        const struct zl_worth *worth = &subject->worth;
        struct zl_pool_figures figures = zl_pool_figures(subject);
        uint32_t digits = view->digits + 9 + view->slope_digits;

        zl_begin(text, "worth", '{');
        zl_field_decimal(text, "equity", figures.equity, figures.scale);
        zl_field_decimal(text, "bankruptcy_equity", figures.left, figures.scale);
        zl_field_decimal(text, "maintenance", figures.maintenance, figures.scale);
        zl_field_wide(text, "equity_exact", worth->equity, digits);
        zl_field_wide(text, "bankruptcy_equity_exact", worth->left, view->digits);
        zl_field_wide(text, "maintenance_exact", worth->maintenance, digits);
        zl_field_u64(text, "maintenance_rests", worth->fractions_count);
        put_price(text, "ratio", figures.has_ratio, figures.ratio, 9);
        zl_field_word(text, "trigger", view->policy->unsafe_at_equal ? "at_or_below" : "below");
        zl_field_bool(text, "safe", zl_ladder_is_good(view, worth));
        zl_field_wide(text, "excess",
                      zl_worth_excess(view, worth, zl_threshold_safe(view->policy)), digits);
        put_levels(subject, text);
        zl_field_word(text, "shares_by", zl_word_shares(subject->shares.by));
        zl_field_wide(text, "shares_total", subject->shares.total, 0);
        zl_end(text, '}');
}

/* ---- the ladder ---- */

static void put_ladder(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_decision *decision = &of->decision;

        if (!of->decides) {
                zl_field_null(text, "ladder");
                return;
        }
        zl_begin(text, "ladder", '[');
        for (enum zl_rung rung = ZL_RUNG_CANCEL; rung <= decision->rung; rung++) {
                zl_begin(text, NULL, '{');
                zl_field_word(text, "step", zl_word_rung(rung));
                zl_field_word(text, "skip", zl_word_skip(decision->skips[rung]));
                zl_end(text, '}');
        }
        zl_end(text, ']');
}

static void put_order(const struct zl_explanation *of, uint32_t place, struct zl_text *text)
{
        const struct zl_view *view = &of->subject.view;
        const struct zl_order *order = &of->decision.orders[place];

        zl_begin(text, NULL, '{');
        zl_field_u64(text, "place", place);
        if (of->decision.rung == ZL_RUNG_CONVERT) {
                const struct zl_asset *asset = view->stocks[order->at].asset;
                zl_field_u64(text, "asset", asset->id);
                zl_field_decimal(text, "amount", order->qty, asset->scale);
        } else {
                const struct zl_part *part = &view->parts[order->at];
                uint32_t scale = part->instrument->qty_scale;
                zl_field_u64(text, "instrument", part->instrument->id);
                zl_field_word(text, "leg", zl_word_leg(part->leg));
                zl_field_decimal(text, "qty", order->qty, scale);
                zl_field_decimal(text, "whole", order->whole, scale);
        }
        zl_end(text, '}');
}

static void put_orders(const struct zl_explanation *of, struct zl_text *text)
{
        if (!of->decides || of->decision.rung == ZL_RUNG_DEFICIT) {
                zl_field_null(text, "orders");
                return;
        }
        zl_begin(text, "orders", '[');
        for (uint32_t i = 0; of->decision.rung != ZL_RUNG_CANCEL && i < of->decision.count; i++)
                put_order(of, i, text);
        zl_end(text, ']');
}

/* Which position a reduction closes first. */
static void put_sequence(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_view *view = &of->subject.view;
        uint32_t places[ZL_PARTS_MAX];

        if (!of->decides || of->decision.rung != ZL_RUNG_PARTIAL) {
                zl_field_null(text, "sequence");
                return;
        }
        zl_order_parts(view, places);
        zl_begin(text, "sequence", '[');
        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_part *part = &view->parts[places[i]];
                zl_begin(text, NULL, '{');
                zl_field_u64(text, "instrument", part->instrument->id);
                zl_field_word(text, "leg", zl_word_leg(part->leg));
                zl_end(text, '}');
        }
        zl_end(text, ']');
}

/* What is left by the reduction that was sized, at the estimated fills. */
static void put_left(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_view *view = &of->subject.view, *left = of->left;
        uint32_t digits = left->digits + 9 + left->slope_digits;
        zl_i128 ratio = 0;
        bool has_ratio = zl_ratio_ceil(left, &of->left_worth, &ratio);

        zl_begin(text, "left", '{');
        zl_begin(text, "closed", '[');
        for (uint32_t i = 0; i < of->decision.count; i++) {
                const struct zl_order *order = &of->decision.orders[i];
                const struct zl_part *part = &view->parts[order->at];
                const struct zl_instrument *instrument = part->instrument;
                uint32_t fine = instrument->settle_scale + ZL_FINE;
                zl_begin(text, NULL, '{');
                zl_field_u64(text, "instrument", instrument->id);
                zl_field_word(text, "leg", zl_word_leg(part->leg));
                zl_field_u64(text, "lots", (uint64_t)(order->whole / instrument->lot));
                zl_field_decimal(text, "loss_of_lot", zl_loss_ceil(part, instrument->lot), fine);
                zl_field_decimal(text, "cost_of_lot", zl_cost_of_lot_floor(part), fine);
                zl_end(text, '}');
        }
        zl_end(text, ']');
        zl_field_wide(text, "equity_exact", of->left_worth.equity, digits);
        zl_field_wide(text, "maintenance_exact", of->left_worth.maintenance, digits);
        put_price(text, "ratio", has_ratio, ratio, 9);
        zl_field_decimal(text, "target", view->policy->target_ppb, 9);
        zl_end(text, '}');
}

void zl_explain_terms(const struct zl_explanation *of, struct zl_text *text)
{
        static const char *const names[] = {"assets", "positions", "worth",    "ladder",
                                            "step",   "orders",    "sequence", "left"};
        const struct zl_subject *subject = &of->subject;

        if (!subject->has) {
                for (size_t i = 0; i < ZL_COUNT(names); i++)
                        zl_field_null(text, names[i]);
                return;
        }
        zl_begin(text, "assets", '[');
        for (uint32_t i = 0; i < subject->view.stocks_count; i++)
                put_asset(subject, i, text);
        zl_end(text, ']');
        zl_begin(text, "positions", '[');
        for (uint32_t i = 0; i < subject->view.parts_count; i++)
                put_position(subject, i, text);
        zl_end(text, ']');
        put_worth(subject, text);
        put_ladder(of, text);
        zl_field_word(text, "step", of->decides ? zl_word_rung(of->decision.rung) : NULL);
        put_orders(of, text);
        put_sequence(of, text);
        if (of->has_left)
                put_left(of, text);
        else
                zl_field_null(text, "left");
}
