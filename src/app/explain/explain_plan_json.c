#include "app/explain/explain.h"

#include "app/explain/defined.h"
#include "app/explain/explain_words.h"
#include "app/fields.h"

#include "core/bidding.h"

static const struct zl_asset *settle_of(const struct zl_explanation *of, uint32_t instrument)
{
        uint32_t row;
        bool known = zl_map_get(&of->engine->instruments_by_id, instrument, &row);

        return known ? &of->engine->assets[of->engine->instruments[row].settle_at] : NULL;
}

/* ---- the fund ---- */

static void put_fund(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_fund *fund = &of->replan->fund;
        const struct zl_origin *origin = &of->origins->funds[of->replan->plan.fund];
        struct zl_header header = {.src = 1, .epoch = 1, .seq = 1};

        if (origin->known)
                header = origin->header;
        header.topic = (struct zl_topic){ZL_TOPIC_FUND, fund->id};
        zl_defined_fund(fund, of->scratch);
        zl_field(text, "fund");
        zl_json_message(text, of->scales, &header, of->scratch);
        zl_json_close(text);
}

/* Of the fund, and of what its instruments are priced and judged by. */
static void put_sources(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_engine *engine = of->engine;
        const struct zl_msg_adl_query *query = &of->replan->plan.query;
        uint32_t row, policy;

        zl_begin(text, "sources", '[');
        zl_explain_source(text, "fund", of->replan->fund.id,
                          &of->origins->funds[of->replan->plan.fund]);
        for (uint32_t i = 0; i < query->marks_count; i++) {
                if (!zl_map_get(&engine->instruments_by_id, query->marks[i].instrument, &row))
                        continue;
                const struct zl_instrument *instrument = &engine->instruments[row];
                zl_explain_source(text, "instrument", instrument->id,
                                  &of->origins->instruments[row]);
                zl_explain_source(text, "mark", instrument->id, &of->origins->marks[row]);
                if (zl_map_get(&engine->policies_by_id, instrument->policy, &policy))
                        zl_explain_source(text, "policy", instrument->policy,
                                          &of->origins->policies[policy]);
        }
        for (uint32_t i = 0; i < query->rates_count; i++) {
                if (zl_map_get(&engine->assets_by_id, query->rates[i].asset, &row))
                        zl_explain_source(text, "rate", query->rates[i].asset,
                                          &of->origins->rates[row]);
        }
        zl_end(text, ']');
}

static void put_query(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_fund *fund = &of->replan->fund;
        const struct zl_header header = {.topic = {ZL_TOPIC_ADLQ, fund->id},
                                         .src = of->engine->config.src,
                                         .epoch = of->engine->config.epoch,
                                         .seq = fund->query_seq};

        of->scratch->type = ZL_TYPE_ADL_QUERY;
        of->scratch->adl_query = of->replan->plan.query;
        zl_field(text, "query");
        zl_json_message(text, of->scales, &header, of->scratch);
        zl_json_close(text);
}

static void put_takeover(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_making *making = &of->replan->making;
        const struct zl_fund *fund = &of->replan->fund;
        uint32_t scale = making->fund_asset->scale;
        struct zl_making before = *making;

        before.spent = making->spent_before;
        zl_begin(text, "takeover", '{');
        zl_field_word(text, "when",
                      zl_word_choice(ZL_TYPE_POLICY, "takeover", making->policy->takeover));
        zl_field_decimal(text, "spent", making->spent_before, scale);
        zl_field_decimal(text, "cost", making->takeover_cost, scale);
        zl_field_decimal(text, "left", fund->balance - making->spent_before - making->takeover_cost,
                         scale);
        zl_field_decimal(text, "floor", making->policy->fund_floor,
                         of->engine->assets[of->engine->numeraire].scale);
        zl_field_decimal(text, "least",
                         (zl_i128)fund->peak * (ZL_PPB - making->policy->fund_drawdown_ppb),
                         scale + 9);
        zl_field_bool(text, "bears", zl_fund_bears(&before, making->takeover_cost));
        zl_field_bool(text, "taken", making->taken_over);
        zl_end(text, '}');
}

/* ---- winners ---- */

static void put_standing(const struct zl_explanation *of, const struct zl_standing *standing,
                         struct zl_text *text)
{
        const struct zl_view *view = of->engine->view;
        uint32_t fine = of->replan->making.settle->scale + ZL_FINE;

        zl_begin(text, "standing", '{');
        zl_field_decimal(text, "mark_value", standing->mark_value, fine);
        zl_field_decimal(text, "entry_value", standing->entry_value, fine);
        zl_field_decimal(text, "bankrupt_value", standing->bankrupt_value, fine);
        zl_field_decimal(text, "profit", standing->profit, fine);
        zl_field_wide(text, "notional", standing->notional, view->digits);
        zl_field_wide(text, "entry_notional", standing->entry_notional, view->digits);
        zl_field_wide(text, "equity", standing->equity, view->digits);
        zl_field_wide(text, "balance", standing->balance, view->digits);
        zl_field_wide(text, "maintenance", standing->maintenance, view->digits);
        zl_end(text, '}');
}

/* What its score is made of, as far as this engine knows its pool. */
static void put_score(const struct zl_explanation *of, const struct zl_winner *winner,
                      struct zl_text *text)
{
        struct zl_view *view = of->engine->view; /* scratch, between two steps */
        struct zl_standing standing;
        struct zl_score_parts parts;

        zl_field_u64(text, "score", winner->score);
        if (!zl_bidding_standing(of->engine, winner, view, &standing)) {
                zl_field_null(text, "standing");
                return;
        }
        uint64_t score =
                zl_score_parts(of->replan->making.policy->adl_score, &standing, &parts);
        zl_field_u64(text, "score_again", score);
        zl_field_decimal(text, "gain", parts.gain, 9);
        zl_field_decimal(text, "leverage", parts.leverage, 6);
        put_standing(of, &standing, text);
}

static void put_holds(const struct zl_explanation *of, const struct zl_winner *winner,
                      struct zl_text *text)
{
        const struct zl_engine *engine = of->engine;
        uint32_t account = zl_state_find_account(engine, winner->account);
        uint32_t pool = account == ZL_NONE_AT
                                ? ZL_NONE_AT
                                : zl_state_find_pool(engine, account, winner->pool);
        struct zl_header header = {.src = 1, .epoch = 1, .seq = 1};

        zl_field(text, "holds");
        if (pool == ZL_NONE_AT) {
                zl_text_put(text, "null");
                return;
        }
        zl_defined_pool(engine, &engine->pools[pool], of->scratch);
        if (zl_scales_topic(of->scales, of->scratch, 1, &header.topic)) {
                zl_json_message(text, of->scales, &header, of->scratch);
                zl_json_close(text);
        }
}

static void put_who(const struct zl_winner *winner, struct zl_text *text)
{
        char pool[ZL_POOL_TEXT_SIZE];

        zl_pool_id_format(winner->pool, pool);
        zl_field_u64(text, "account", winner->account);
        zl_field_word(text, "pool", pool);
        zl_field_u64(text, "instrument", winner->instrument);
        zl_field_word(text, "leg", zl_word_leg(winner->leg));
        zl_field_u64(text, "partition", winner->partition);
}

static void put_winner(const struct zl_explanation *of, const struct zl_winner *winner,
                       struct zl_text *text)
{
        const struct zl_making *making = &of->replan->making;
        int64_t gives = zl_replan_part(of->replan, ZL_TYPE_ADL, winner->tag);
        uint32_t scale = making->instrument->qty_scale;

        zl_begin(text, NULL, '{');
        put_who(winner, text);
        zl_field_decimal(text, "qty", winner->qty, scale);
        zl_field_decimal(text, "gives", gives, scale);
        zl_field_decimal(text, "profit", winner->profit, making->settle->scale);
        put_score(of, winner, text);
        put_holds(of, winner, text);
        zl_end(text, '}');
}

static void put_pairs(const struct zl_explanation *of, struct zl_text *text)
{
        struct zl_making *making = &of->replan->making;
        uint32_t scale = making->instrument->price_scale;

        if (making->taken_over) {
                zl_field_null(text, "adl");
                return;
        }
        zl_begin(text, "adl", '{');
        zl_field_word(text, "score",
                      zl_word_choice(ZL_TYPE_POLICY, "adl_score", making->policy->adl_score));
        zl_field_word(text, "price_by",
                      zl_word_choice(ZL_TYPE_POLICY, "adl_price", making->policy->adl_price));
        zl_field_decimal(text, "price", making->price, scale);
        zl_field_decimal(text, "left", making->left, making->instrument->qty_scale);
        zl_begin(text, "line", '[');
        uint32_t count = zl_replan_line(of->replan);
        for (uint32_t i = 0; i < count; i++)
                put_winner(of, &of->replan->plan.line[i], text);
        zl_end(text, ']');
        zl_end(text, '}');
}

/* ---- what the pairs leave ---- */

static void put_bearers(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_replan *replan = of->replan;
        uint32_t count = zl_meet_bearers(&of->replan->making);

        zl_begin(text, "bearers", '[');
        for (uint32_t i = 0; i < count; i++) {
                const struct zl_winner *winner = &replan->plan.line[i];
                const struct zl_asset *asset = settle_of(of, winner->instrument);
                zl_begin(text, NULL, '{');
                put_who(winner, text);
                zl_field_u64(text, "asset", asset->id);
                zl_field_decimal(text, "profit",
                                 replan->round.candidates[winner->tag].winner.profit, asset->scale);
                zl_field_decimal(text, "worth", winner->profit,
                                 of->engine->assets[of->engine->numeraire].scale);
                zl_field_decimal(text, "amount",
                                 zl_replan_part(replan, ZL_TYPE_SOCIALIZE, winner->tag),
                                 asset->scale);
                zl_end(text, '}');
        }
        zl_end(text, ']');
}

static void put_loss(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_making *making = &of->replan->making;

        if (making->taken_over) {
                zl_field_null(text, "loss");
                return;
        }
        zl_begin(text, "loss", '{');
        zl_field_decimal(text, "amount", making->loss, making->settle->scale);
        zl_field_decimal(text, "cost", making->loss_cost, making->fund_asset->scale);
        zl_field_bool(text, "borne", making->loss_borne);
        zl_field_bool(text, "socialize", making->policy->socialize);
        if (making->loss > 0 && !making->loss_borne && making->policy->socialize)
                put_bearers(of, text);
        else
                zl_field_null(text, "bearers");
        zl_end(text, '}');
}

/* ---- a deficit ---- */

static void put_deficit(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_making *making = &of->replan->making;
        const struct zl_claim *claim = making->claim;
        const struct zl_key name = {
                .account = claim->account, .pool = claim->pool, .base = claim->base, .n = claim->n};
        uint32_t price_scale = making->instrument->price_scale;
        char key[ZL_KEY_TEXT_SIZE];

        zl_key_format(&name, key);
        zl_begin(text, NULL, '{');
        zl_field_word(text, "key", key);
        zl_field_u64(text, "instrument", claim->instrument);
        zl_field_word(text, "leg", zl_word_leg(claim->leg));
        zl_field_word(text, "side", zl_word_side(claim->side));
        zl_field_decimal(text, "qty", claim->qty, making->instrument->qty_scale);
        zl_field_decimal(text, "price", claim->price, price_scale);
        zl_field_decimal(text, "amount", claim->amount, making->settle->scale);
        zl_field_decimal(text, "mark", making->mark, price_scale);
        zl_field_decimal(text, "index", making->index, price_scale);
        zl_field_u64(text, "policy", making->policy->id);
        zl_field_u64(text, "first", of->replan->rows_from);
        zl_field_u64(text, "count", of->replan->plan.rows_count - of->replan->rows_from);
        put_takeover(of, text);
        put_pairs(of, text);
        put_loss(of, text);
        zl_end(text, '}');
}

void zl_explain_plan_json(const struct zl_explanation *of, struct zl_text *text)
{
        struct zl_replan *replan = of->replan;

        zl_text_char(text, '{');
        zl_explain_head(of, text);
        put_fund(of, text);
        put_query(of, text);
        zl_begin(text, "deficits", '[');
        if (zl_replan_begin(replan)) {
                while (zl_replan_next(replan)) {
                        if (zl_explain_meets(of))
                                put_deficit(of, text);
                }
                zl_replan_end(replan);
        }
        zl_end(text, ']');
        put_sources(of, text);
        zl_explain_world(of, NULL, text);
        zl_text_put(text, "}\n");
}
