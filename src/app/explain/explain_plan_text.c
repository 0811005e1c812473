#include "app/explain/explain.h"

#include "app/columns.h"
#include "app/explain/explain_words.h"
#include "app/names.h"

#include "core/bidding.h"

static struct zl_columns columns; /* too large for a stack */

enum { BEHIND_SHOWN = 3 }; /* winners in the line behind the last who gives */

static void end_line(struct zl_text *text)
{
        zl_text_char(text, '\n');
}

static void put_amount(const struct zl_explanation *of, struct zl_text *text, zl_i128 amount,
                       const struct zl_asset *asset)
{
        zl_text_decimal(text, amount, asset->scale);
        zl_text_char(text, ' ');
        zl_name_unit(text, of->scales, asset->id);
}

/* ---- the fund ---- */

static void put_fund(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_fund *fund = &of->replan->fund;
        const struct zl_asset *asset = zl_plan_asset(of->engine, fund);

        zl_explain_label(text, "fund");
        zl_text_u64(text, fund->id);
        zl_text_put(text, " revision ");
        zl_text_u64(text, fund->rev);
        zl_text_put(text, ", balance ");
        put_amount(of, text, fund->balance, asset);
        zl_text_put(text, ", peak ");
        put_amount(of, text, fund->peak, asset);
        zl_text_put(text, ": ");
        zl_words_origin(text, &of->origins->funds[of->replan->plan.fund]);
        end_line(text);
        zl_explain_label(text, "round");
        zl_text_u64(text, of->replan->round.number);
        zl_text_put(text, ": ");
        zl_text_u64(text, of->replan->round.claims_count);
        zl_text_put(text, " deficits, ");
        zl_text_u64(text, of->replan->round.candidates_count);
        zl_text_put(text, " positions with profit; ");
        zl_text_u64(text, of->replan->plan.rows_count);
        zl_text_put(text, " messages");
        end_line(text);
}

static void put_takeover(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_making *making = &of->replan->making;
        const struct zl_asset *asset = making->fund_asset;
        const struct zl_policy *policy = making->policy;

        zl_explain_label(text, "takeover");
        zl_text_put(text, making->taken_over ? "yes: costs " : "no: would cost ");
        put_amount(of, text, making->takeover_cost, asset);
        zl_text_put(text, " behind ");
        zl_text_decimal(text, making->spent_before, asset->scale);
        zl_text_put(text, " spent, leaves ");
        zl_text_decimal(text,
                        of->replan->fund.balance - making->spent_before - making->takeover_cost,
                        asset->scale);
        zl_text_put(text, "; it must leave ");
        zl_text_decimal(text,
                        (zl_i128)of->replan->fund.peak * (ZL_PPB - policy->fund_drawdown_ppb),
                        asset->scale + 9);
        zl_text_put(text, " (peak less drawdown), worth ");
        zl_text_decimal(text, policy->fund_floor,
                        of->engine->assets[of->engine->numeraire].scale);
        zl_text_put(text, " (fund_floor); policy `");
        zl_text_put(text, zl_word_choice(ZL_TYPE_POLICY, "takeover", policy->takeover));
        zl_text_char(text, '`');
        end_line(text);
}

/* ---- the line ---- */

static void put_who(const struct zl_winner *winner)
{
        struct zl_text cell = zl_columns_cell(&columns);
        char pool[ZL_POOL_TEXT_SIZE];

        zl_text_u64(&cell, winner->account);
        zl_text_char(&cell, '/');
        zl_pool_id_format(winner->pool, pool);
        zl_text_put(&cell, pool);
}

static void put_score(const struct zl_explanation *of, const struct zl_winner *winner)
{
        struct zl_standing standing;
        struct zl_score_parts parts;

        zl_columns_decimal(&columns, winner->score, 0);
        if (!zl_bidding_standing(of->engine, winner, of->engine->view, &standing)) {
                zl_columns_put(&columns, "elsewhere");
                return;
        }
        zl_score_parts(of->replan->making.policy->adl_score, &standing, &parts);
        if (parts.gain == 0 && parts.leverage == 0)
                return;
        zl_columns_decimal(&columns, parts.gain, 9);
        zl_columns_decimal(&columns, parts.leverage, 6);
}

static void put_line(const struct zl_explanation *of, struct zl_text *text)
{
        static const char *const heads[] = {"LINE", "WINNER", "HOLDS", "GIVES",
                                            "PROFIT", "SCORE", "GAIN", "LEVERAGE"};
        struct zl_making *making = &of->replan->making;
        uint32_t count = zl_replan_line(of->replan), scale = making->instrument->qty_scale;
        uint32_t behind = 0, shown = 0;

        zl_columns_begin(&columns, 2);
        for (size_t i = 0; i < ZL_COUNT(heads); i++)
                zl_columns_put(&columns, heads[i]);
        for (uint32_t i = 0; i < count; i++) {
                const struct zl_winner *winner = &of->replan->plan.line[i];
                int64_t gives = zl_replan_part(of->replan, ZL_TYPE_ADL, winner->tag);
                behind = gives ? 0 : behind + 1;
                if (behind > BEHIND_SHOWN || !zl_columns_next(&columns))
                        continue;
                shown++;
                zl_columns_decimal(&columns, i, 0);
                put_who(winner);
                zl_columns_decimal(&columns, winner->qty, scale);
                zl_columns_decimal(&columns, gives, scale);
                zl_columns_decimal(&columns, winner->profit, making->settle->scale);
                put_score(of, winner);
        }
        zl_columns_print(&columns, text);
        if (shown < count) {
                zl_text_put(text, "  ... and ");
                zl_text_u64(text, count - shown);
                zl_text_put(text, " more\n");
        }
}

static void put_pairs(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_making *making = &of->replan->making;
        const struct zl_policy *policy = making->policy;

        zl_explain_label(text, "adl");
        zl_text_put(text, "by `");
        zl_text_put(text, zl_word_choice(ZL_TYPE_POLICY, "adl_score", policy->adl_score));
        zl_text_put(text, "` at ");
        zl_text_decimal(text, making->price, making->instrument->price_scale);
        zl_text_put(text, ", the ");
        zl_text_put(text, zl_word_choice(ZL_TYPE_POLICY, "adl_price", policy->adl_price));
        zl_text_put(text, "; left over ");
        zl_text_decimal(text, making->left, making->instrument->qty_scale);
        end_line(text);
        put_line(of, text);
}

/* ---- what the pairs leave ---- */

static void put_bearers(const struct zl_explanation *of, struct zl_text *text)
{
        static const char *const heads[] = {"SHARED BY", "PROFIT WORTH", "BEARS"};
        struct zl_replan *replan = of->replan;
        uint32_t count = zl_meet_bearers(&replan->making);
        const struct zl_asset *numeraire = &of->engine->assets[of->engine->numeraire];

        zl_columns_begin(&columns, 1);
        for (size_t i = 0; i < ZL_COUNT(heads); i++)
                zl_columns_put(&columns, heads[i]);
        for (uint32_t i = 0; i < count; i++) {
                const struct zl_winner *winner = &replan->plan.line[i];
                int64_t bears = zl_replan_part(replan, ZL_TYPE_SOCIALIZE, winner->tag);
                uint32_t row;
                if (!bears ||
                    !zl_map_get(&of->engine->instruments_by_id, winner->instrument, &row) ||
                    !zl_columns_next(&columns))
                        continue;
                put_who(winner);
                zl_columns_decimal(&columns, winner->profit, numeraire->scale);
                zl_columns_decimal(&columns, bears, of->engine->instruments[row].settle_scale);
        }
        zl_columns_print(&columns, text);
}

static void put_loss(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_making *making = &of->replan->making;

        zl_explain_label(text, "loss");
        put_amount(of, text, making->loss, making->settle);
        if (making->loss == 0) {
                zl_text_put(text, " that the pairs leave uncovered");
                end_line(text);
                return;
        }
        bool shared = !making->loss_borne && making->policy->socialize;
        zl_text_put(text, making->loss_borne ? ": the fund bears it, at "
                          : shared           ? ": the fund cannot bear it; it would cost "
                                             : ": the fund pays what it cannot bear, ");
        put_amount(of, text, making->loss_cost, making->fund_asset);
        end_line(text);
        if (shared)
                put_bearers(of, text);
}

/* ---- a deficit ---- */

static void put_claim(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_making *making = &of->replan->making;
        const struct zl_claim *claim = making->claim;
        const struct zl_key name = {
                .account = claim->account, .pool = claim->pool, .base = claim->base, .n = claim->n};
        uint32_t scale = making->instrument->price_scale;
        char key[ZL_KEY_TEXT_SIZE];

        zl_key_format(&name, key);
        end_line(text);
        zl_explain_label(text, "DEFICIT");
        zl_text_put(text, key);
        zl_text_put(text, ": ");
        zl_text_put(text, zl_word_side(claim->side));
        zl_text_char(text, ' ');
        zl_text_decimal(text, claim->qty, making->instrument->qty_scale);
        zl_text_put(text, " of ");
        zl_name_instrument(text, of->scales, claim->instrument);
        zl_text_put(text, ", close-out price ");
        zl_text_decimal(text, claim->price, scale);
        zl_text_put(text, ", lacks ");
        put_amount(of, text, claim->amount, making->settle);
        zl_text_put(text, " at the round's mark ");
        zl_text_decimal(text, making->mark, scale);
        end_line(text);
        zl_explain_label(text, "messages");
        zl_text_u64(text, of->replan->rows_from);
        zl_text_put(text, " to ");
        zl_text_u64(text, of->replan->plan.rows_count - 1);
        zl_text_put(text, " of the plan; policy ");
        zl_text_u64(text, making->policy->id);
        zl_text_put(text, " revision ");
        zl_text_u64(text, making->policy->rev);
        end_line(text);
}

void zl_explain_plan_text(const struct zl_explanation *of, struct zl_text *text)
{
        struct zl_replan *replan = of->replan;

        zl_text_put(text, of->asked->id);
        end_line(text);
        zl_explain_title(of, text);
        put_fund(of, text);
        if (!zl_replan_begin(replan))
                return;
        while (zl_replan_next(replan)) {
                if (!zl_explain_meets(of))
                        continue;
                put_claim(of, text);
                put_takeover(of, text);
                if (replan->making.taken_over)
                        continue;
                put_pairs(of, text);
                put_loss(of, text);
        }
        zl_replan_end(replan);
}
