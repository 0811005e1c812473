#include "app/explain.h"

#include "app/columns.h"
#include "app/explain_words.h"
#include "app/names.h"
#include "core/wide_text.h"

static struct zl_columns columns; /* too large for a stack */

/* ---- small things ---- */

static void end_line(struct zl_text *text)
{
        zl_text_char(text, '\n');
}

static void label(struct zl_text *text, const char *name)
{
        zl_text_put(text, "  ");
        zl_text_put(text, name);
        for (size_t i = strlen(name); i < 10; i++)
                zl_text_char(text, ' ');
}

static void put_numeraire(const struct zl_explanation *of, struct zl_text *text, zl_i128 amount)
{
        const struct zl_asset *numeraire = of->subject.numeraire;

        zl_text_decimal(text, amount, numeraire->scale);
        zl_text_char(text, ' ');
        zl_name_unit(text, of->scales, numeraire->id);
}

/* ---- when, who ---- */

static void put_cause(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_walk_step *step = of->step;
        struct zl_origin origin = {true, step->header, step->at, step->record, step->place};

        label(text, "behind");
        zl_text_put(text, "message ");
        zl_text_u64(text, step->at);
        if (step->message) {
                zl_text_put(text, ", ");
                zl_text_put(text, zl_schema_message(step->message->type)->name);
                if (step->message->type == ZL_TYPE_MARK) {
                        zl_text_put(text, " of ");
                        zl_name_instrument(text, of->scales, step->message->mark.instrument);
                }
        }
        zl_text_put(text, ": ");
        zl_words_origin(text, &origin);
        end_line(text);
        label(text, "time");
        if (of->engine->now_ns)
                zl_words_time(text, of->engine->now_ns);
        else
                zl_text_put(text, "not begun: nothing expires or goes stale");
        end_line(text);
}

void zl_explain_title(const struct zl_explanation *of, struct zl_text *text)
{
        if (!of->matches)
                zl_text_put(text, "  NOTE: what was said is not what follows from this state now\n");
        put_cause(of, text);
}

static void put_account(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_pool *pool = of->subject.pool;
        const struct zl_account *account = &of->engine->accounts[pool->account];
        const struct zl_policy *policy = zl_state_policy_of(of->engine, pool);

        label(text, "account");
        zl_text_u64(text, account->id);
        zl_text_put(text, " revision ");
        zl_text_u64(text, account->rev);
        zl_text_put(text, ": ");
        zl_words_origin(text, &of->origins->stated);
        end_line(text);
        label(text, "ladder");
        zl_text_put(text, "base ");
        zl_text_u64(text, pool->base);
        zl_text_put(text, ", n ");
        zl_text_u64(text, pool->n);
        if (of->before) {
                zl_text_put(text, ", was ");
                zl_text_put(text, zl_word_phase(of->before->phase));
        }
        if (pool->answered) {
                zl_text_put(text, "; behind ");
                zl_text_put(text, zl_word_rung(pool->answered));
        }
        if (policy) {
                zl_text_put(text, "; policy ");
                zl_text_u64(text, policy->id);
                zl_text_put(text, " revision ");
                zl_text_u64(text, policy->rev);
        }
        end_line(text);
}

/* ---- the verdict ---- */

static void put_verdict(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_subject *subject = &of->subject;
        struct zl_pool_figures figures = zl_pool_figures(subject);
        bool good = zl_ladder_is_good(&subject->view, &subject->worth);

        label(text, "verdict");
        zl_text_put(text, good ? "SAFE: " : "NOT SAFE: ");
        if (subject->view.open_count == 0) {
                zl_text_put(text, "without positions, ");
                put_numeraire(of, text, figures.left);
                zl_text_put(text, good ? " are there" : " are owed");
                end_line(text);
                return;
        }
        zl_text_put(text, "equity ");
        put_numeraire(of, text, figures.equity);
        if (good)
                zl_text_put(text, subject->view.policy->unsafe_at_equal ? " > " : " >= ");
        else
                zl_text_put(text, subject->view.policy->unsafe_at_equal ? " <= " : " < ");
        zl_text_put(text, "maintenance ");
        put_numeraire(of, text, figures.maintenance);
        if (figures.has_ratio) {
                zl_text_put(text, ", ratio ");
                zl_text_decimal(text, zl_div_ceil(figures.ratio, 100000), 2);
                zl_text_char(text, '%');
        }
        zl_text_put(text, subject->view.policy->unsafe_at_equal ? " (trigger at_or_below)"
                                                                : " (trigger below)");
        end_line(text);
}

/* ---- why nothing ---- */

static void put_hole(const struct zl_explanation *of, const struct zl_stream *stream,
                     struct zl_text *text)
{
        uint64_t account = of->engine->accounts[of->subject.pool->account].id;
        uint32_t partition = zl_partition(account, of->engine->partitions);
        struct zl_origin last = {.header = {stream->topic, stream->src, stream->epoch,
                                            stream->seq, 0}};
        char topic[ZL_TOPIC_SIZE + 1];

        if (!stream->holed ||
            (stream->topic.kind != ZL_TOPIC_CTRL && stream->topic.id != partition))
                return;
        zl_topic_format(last.header.topic, topic);
        label(text, "hole");
        zl_text_put(text, topic);
        zl_text_put(text, " of src ");
        zl_text_u64(text, stream->src);
        zl_text_put(text, ", heard up to epoch ");
        zl_text_u64(text, stream->epoch);
        zl_text_put(text, " seq ");
        zl_text_u64(text, stream->seq);
        end_line(text);
}

static void put_answer(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_msg_exec *answer = &of->origins->answer;

        if (!of->origins->answered.known)
                return;
        label(text, "answer");
        zl_text_put(text, answer->order);
        zl_text_put(text, ": ");
        zl_text_put(text, zl_word_choice(ZL_TYPE_EXEC, "status", answer->status));
        zl_text_put(text, answer->final ? ", final; " : "; ");
        zl_words_origin(text, &of->origins->answered);
        end_line(text);
}

static void put_quarantines(const struct zl_explanation *of, struct zl_text *text)
{
        for (uint32_t row = of->subject.pool->first_position; row != ZL_NONE_AT;
             row = of->engine->positions[row].next_of_pool) {
                const struct zl_instrument *instrument =
                        &of->engine->instruments[of->engine->positions[row].instrument];
                if (!instrument->quarantine.open)
                        continue;
                label(text, "held back");
                zl_text_put(text, "the mark of ");
                zl_name_instrument(text, of->scales, instrument->id);
                zl_text_put(text, " jumped to ");
                zl_text_decimal(text, instrument->quarantine.first, instrument->price_scale);
                zl_text_put(text, " and is not used; confirmed ");
                zl_text_u64(text, instrument->quarantine.confirmed);
                zl_text_put(text, " times so far");
                end_line(text);
        }
}

static void put_waits(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_waiting *waiting = &of->waiting;

        label(text, "nothing");
        zl_text_put(text, zl_words_wait(waiting->wait));
        if (waiting->refusal) {
                zl_text_put(text, ": ");
                zl_text_put(text, waiting->refusal);
        } else if (waiting->wait == ZL_WAIT_DATA) {
                zl_text_put(text, ": it waits ");
                zl_name_wait(text, of->scales, &of->subject);
        }
        if (waiting->instrument) {
                zl_text_put(text, ": ");
                zl_name_instrument(text, of->scales, waiting->instrument->id);
        }
        if (waiting->until_ns) {
                zl_text_put(text, "; looked at again ");
                zl_words_time(text, waiting->until_ns);
        }
        end_line(text);
        put_quarantines(of, text);
        for (uint32_t i = 0; i < of->engine->streams_by_topic.count; i++)
                put_hole(of, &of->engine->streams[i], text);
        put_answer(of, text);
}

/* ---- the ladder ---- */

static void put_ladder(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_decision *decision = &of->decision;

        end_line(text);
        zl_text_put(text, of->kind == ZL_EXPLAINED_POOL ? "  LADDER: what is next\n"
                                                        : "  LADDER\n");
        for (enum zl_rung rung = ZL_RUNG_CANCEL; rung <= decision->rung; rung++) {
                label(text, zl_word_rung(rung));
                zl_text_put(text, zl_words_skip(rung, decision->skips[rung]));
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

        label(text, "size");
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

static void put_partial(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_policy *policy = of->subject.view.policy;
        zl_i128 ratio;

        for (uint32_t i = 0; i < of->decision.count; i++)
                put_closed(of, &of->decision.orders[i], text);
        label(text, "target");
        zl_text_put(text, "policy `");
        zl_text_put(text, zl_word_choice(ZL_TYPE_POLICY, "partial", policy->partial));
        zl_text_put(text, "`, position order `");
        zl_text_put(text, zl_word_choice(ZL_TYPE_POLICY, "position_order",
                                         policy->position_order));
        zl_text_char(text, '`');
        if (of->has_left && zl_ratio_ceil(of->left, &of->left_worth, &ratio)) {
                zl_text_put(text, ": the least lots that reach a ratio of ");
                zl_text_decimal(text, policy->target_ppb, 7);
                zl_text_put(text, "%; what is left has ");
                zl_text_decimal(text, zl_div_ceil(ratio, 100000), 2);
                zl_text_char(text, '%');
        }
        end_line(text);
}

/* ---- what was said ---- */

static void put_liquidate(const struct zl_explanation *of, const struct zl_msg_liquidate *order,
                          struct zl_text *text)
{
        int price = zl_scales_instrument_price(of->scales, order->instrument);
        int qty = zl_scales_instrument_qty(of->scales, order->instrument);

        label(text, order->step == ZL_STEP_PARTIAL ? "partial" : "full");
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
                label(text, "cancel");
                zl_text_put(text, said->cancel.order);
                zl_text_put(text, "  all open orders of the pool");
                break;
        case ZL_TYPE_CONVERT:
                label(text, "convert");
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
                label(text, "deficit");
                scale = zl_scales_instrument_price(of->scales, said->deficit.instrument);
                zl_name_instrument(text, of->scales, said->deficit.instrument);
                zl_text_put(text, " at its close-out price ");
                zl_text_decimal(text, said->deficit.price, scale < 0 ? 0 : (uint32_t)scale);
        }
        end_line(text);
}

static void put_all_said(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_said_item *item;

        for (size_t i = 0; (item = zl_said_item(of->said, i)) != NULL; i++) {
                struct zl_frame_reader reader;
                enum zl_err err = zl_frame_open(&reader, zl_said_frame(of->said, item), item->size);
                while (err == ZL_OK && (err = zl_frame_next(&reader, of->scratch)) == ZL_OK)
                        put_said(of, text);
        }
}

/* ---- where the prices came from ---- */

static void put_source(const struct zl_explanation *of, const char *what, uint32_t id,
                       const struct zl_origin *origin)
{
        struct zl_text cell;

        if (!zl_columns_next(&columns))
                return;
        zl_columns_put(&columns, what);
        cell = zl_columns_cell(&columns);
        if (!strcmp(what, "rate"))
                zl_name_asset(&cell, of->scales, id);
        else
                zl_name_instrument(&cell, of->scales, id);
        cell = zl_columns_cell(&columns);
        zl_words_origin(&cell, origin);
}

static void put_sources(const struct zl_explanation *of, struct zl_text *text)
{
        static const char *const heads[] = {"SOURCES", "", "", "AGE ms"};
        const struct zl_view *view = &of->subject.view;

        zl_columns_begin(&columns, 1 | 2 | 4);
        for (size_t i = 0; i < ZL_COUNT(heads); i++)
                zl_columns_put(&columns, heads[i]);
        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_instrument *instrument = view->parts[i].instrument;
                uint32_t row = (uint32_t)(instrument - of->engine->instruments);
                if (i && view->parts[i - 1].instrument == instrument)
                        continue;
                put_source(of, "mark", instrument->id, &of->origins->marks[row]);
                zl_columns_decimal(&columns, of->engine->now_ns - instrument->mark_ns, 6);
                put_source(of, "table", instrument->id, &of->origins->instruments[row]);
        }
        for (uint32_t i = 0; i < view->stocks_count; i++) {
                const struct zl_asset *asset = view->stocks[i].asset;
                if (!asset->numeraire)
                        put_source(of, "rate", asset->id,
                                   &of->origins->rates[asset - of->engine->assets]);
        }
        end_line(text);
        zl_columns_print(&columns, text);
}

void zl_explain_text(const struct zl_explanation *of, struct zl_text *text)
{
        char pool[ZL_POOL_TEXT_SIZE];

        if (of->kind == ZL_EXPLAINED_POOL) {
                zl_text_u64(text, of->asked->account);
                zl_text_char(text, '/');
                zl_pool_id_format(of->subject.pool->id, pool);
                zl_text_put(text, pool);
        } else {
                zl_text_put(text, of->asked->id);
        }
        end_line(text);
        zl_explain_title(of, text);
        put_account(of, text);
        if (of->kind == ZL_EXPLAINED_POOL)
                put_waits(of, text);
        else
                put_all_said(of, text);
        if (!of->subject.has) {
                end_line(text);
                return;
        }
        put_verdict(of, text);
        zl_explain_tables(of, text);
        if (of->decides) {
                put_ladder(of, text);
                if (of->decision.rung == ZL_RUNG_PARTIAL)
                        put_partial(of, text);
        }
        put_sources(of, text);
}
