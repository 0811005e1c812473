#include "app/explain/explain.h"

#include "app/explain/explain_words.h"
#include "app/names.h"
#include "core/order.h"

enum { SHOWN_MOST = 6 }; /* positions in a line */

static void end_line(struct zl_text *text)
{
        zl_text_char(text, '\n');
}

/* ---- the ladder ---- */

static void put_target(const struct zl_explanation *of, struct zl_text *text)
{
        zl_text_put(text, " ratio of ");
        zl_text_decimal(text, of->subject.view.policy->target_ppb, 7);
        zl_text_char(text, '%');
}

/* What is owed, an asset at a time. */
static void put_debts(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_view *view = &of->subject.view;
        const char *before = ": ";

        for (uint32_t i = 0; i < view->stocks_count; i++) {
                zl_i128 amount = zl_stock_amount(view, i);
                if (amount >= 0)
                        continue;
                zl_text_put(text, before);
                zl_text_decimal(text, -amount, view->stocks[i].asset->scale + ZL_FINE);
                zl_text_char(text, ' ');
                zl_name_unit(text, of->scales, view->stocks[i].asset->id);
                before = ", ";
        }
        zl_text_put(text, " owed; what no order holds is sold, the least volatile first, until "
                          "that is covered at these rates");
}

static void put_steps(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_decision *decision = &of->decision;

        end_line(text);
        zl_text_put(text, of->kind == ZL_EXPLAINED_POOL ? "  LADDER: what is next\n"
                                                        : "  LADDER\n");
        for (enum zl_rung rung = ZL_RUNG_CANCEL; rung <= decision->rung; rung++) {
                zl_explain_label(text, zl_word_rung(rung));
                zl_text_put(text, zl_words_skip(rung, decision->skips[rung]));
                if (rung == ZL_RUNG_PARTIAL && decision->skips[rung] == ZL_SKIP_UNREACHED)
                        put_target(of, text);
                if (rung == ZL_RUNG_CONVERT && decision->rung == rung)
                        put_debts(of, text);
                if (rung == ZL_RUNG_CANCEL && decision->rung == rung)
                        zl_text_put(text, ": orders hold margin, which counts for nothing in E");
                end_line(text);
        }
}

/* "0.5 of 7 BTC-USDT, 500 lots" and what each is expected to lose. */
static void put_closed(const struct zl_explanation *of, const struct zl_order *order,
                       struct zl_text *text)
{
        const struct zl_part *part = &of->subject.view.parts[order->at];
        const struct zl_instrument *instrument = part->instrument;
        zl_i128 share = ZL_PPB - part->sign * (zl_i128)instrument->slippage_ppb;

        zl_explain_label(text, "size");
        zl_text_decimal(text, order->whole, instrument->qty_scale);
        zl_text_put(text, " of ");
        zl_name_instrument(text, of->scales, instrument->id);
        zl_text_put(text, " is ");
        zl_text_decimal(text, order->whole / instrument->lot, 0);
        zl_text_put(text, " lots; estimated fill ");
        zl_text_decimal(text, instrument->mark * share, instrument->price_scale + 9);
        zl_text_put(text, ", which loses ");
        zl_text_decimal(text, zl_loss_ceil(part, instrument->lot),
                        instrument->settle_scale + ZL_FINE);
        zl_text_put(text, " a lot with its fee");
        if (order->qty != order->whole) {
                zl_text_put(text, "; cut to a slice of ");
                zl_text_decimal(text, order->qty, instrument->qty_scale);
        }
        end_line(text);
}

/* "first 3 SOL-USDT, then 1 BTC-USDT" */
static void put_sequence(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_view *view = &of->subject.view;
        uint32_t places[ZL_PARTS_MAX];

        if (view->parts_count < 2)
                return;
        zl_order_parts(view, places);
        for (uint32_t i = 0; i < view->parts_count && i < SHOWN_MOST; i++) {
                const struct zl_part *part = &view->parts[places[i]];
                zl_text_put(text, i ? ", then " : ": first ");
                zl_name_instrument(text, of->scales, part->instrument->id);
                if (part->leg) {
                        zl_text_char(text, ' ');
                        zl_text_put(text, zl_word_leg(part->leg));
                }
        }
        if (view->parts_count > SHOWN_MOST)
                zl_text_put(text, ", ...");
}

static void put_partial(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_policy *policy = of->subject.view.policy;
        zl_i128 ratio;

        for (uint32_t i = 0; i < of->decision.count; i++)
                put_closed(of, &of->decision.orders[i], text);
        zl_explain_label(text, "target");
        zl_text_put(text, "policy `");
        zl_text_put(text, zl_word_choice(ZL_TYPE_POLICY, "partial", policy->partial));
        zl_text_put(text, "`, position order `");
        zl_text_put(text, zl_word_choice(ZL_TYPE_POLICY, "position_order",
                                         policy->position_order));
        zl_text_char(text, '`');
        put_sequence(of, text);
        if (of->has_left && zl_ratio_ceil(of->left, &of->left_worth, &ratio)) {
                zl_text_put(text, "; the least lots that reach a ratio of ");
                zl_text_decimal(text, policy->target_ppb, 7);
                zl_text_put(text, "%; what is left has ");
                zl_text_decimal(text, zl_div_ceil(ratio, 100000), 2);
                zl_text_char(text, '%');
        }
        end_line(text);
}

void zl_explain_ladder(const struct zl_explanation *of, struct zl_text *text)
{
        put_steps(of, text);
        if (of->decision.rung == ZL_RUNG_PARTIAL)
                put_partial(of, text);
}

/* ---- what was said ---- */

static void put_liquidate(const struct zl_explanation *of, const struct zl_msg_liquidate *order,
                          struct zl_text *text)
{
        int price = zl_scales_instrument_price(of->scales, order->instrument);
        int qty = zl_scales_instrument_qty(of->scales, order->instrument);

        zl_explain_label(text, order->step == ZL_STEP_PARTIAL ? "partial" : "full");
        zl_text_put(text, order->order);
        zl_text_put(text, "  ");
        zl_text_put(text, zl_word_side(order->side));
        zl_text_char(text, ' ');
        zl_text_decimal(text, order->qty, qty < 0 ? 0 : (uint32_t)qty);
        zl_text_put(text, " of ");
        zl_name_instrument(text, of->scales, order->instrument);
        zl_text_put(text, order->side == ZL_SIDE_SELL ? " at no less than " : " at no more than ");
        zl_text_decimal(text, order->price, price < 0 ? 0 : (uint32_t)price);
        if (order->expires_ns) {
                zl_text_put(text, ", until ");
                zl_words_time(text, order->expires_ns);
        }
}

static void put_said(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_message *said = of->scratch;
        int scale;

        switch (said->type) {
        case ZL_TYPE_LIQUIDATE:
                put_liquidate(of, &said->liquidate, text);
                break;
        case ZL_TYPE_CANCEL:
                zl_explain_label(text, "cancel");
                zl_text_put(text, said->cancel.order);
                zl_text_put(text, "  all open orders of the pool");
                break;
        case ZL_TYPE_CONVERT:
                zl_explain_label(text, "convert");
                zl_text_put(text, said->convert.order);
                zl_text_put(text, "  sell ");
                for (uint32_t i = 0; i < of->subject.view.stocks_count; i++) {
                        const struct zl_asset *asset = of->subject.view.stocks[i].asset;
                        if (asset->id == said->convert.asset)
                                zl_text_decimal(text, said->convert.amount, asset->scale);
                }
                zl_text_put(text, " of ");
                zl_name_asset(text, of->scales, said->convert.asset);
                break;
        default:
                zl_explain_label(text, "deficit");
                scale = zl_scales_instrument_price(of->scales, said->deficit.instrument);
                zl_name_instrument(text, of->scales, said->deficit.instrument);
                zl_text_put(text, " at its close-out price ");
                zl_text_decimal(text, said->deficit.price, scale < 0 ? 0 : (uint32_t)scale);
        }
        end_line(text);
}

void zl_explain_orders(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_said_item *item;

        for (size_t i = 0; (item = zl_said_item(of->said, i)) != NULL; i++) {
                struct zl_frame_reader reader;
                enum zl_err err = zl_frame_open(&reader, zl_said_frame(of->said, item), item->size);
                while (err == ZL_OK && (err = zl_frame_next(&reader, of->scratch)) == ZL_OK)
                        put_said(of, text);
        }
}
