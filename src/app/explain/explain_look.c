#include "app/explain/explain.h"

/* ---- a pool ---- */

/* What follows from the state as it is. */
static void decide(struct zl_explanation *of)
{
        struct zl_engine *engine = of->engine;
        const struct zl_subject *subject = &of->subject;

        of->decides = subject->has && !zl_ladder_is_good(&subject->view, &subject->worth) &&
                      zl_ladder_may_trade(&subject->view);
        if (!of->decides)
                return;
        zl_decide(engine, &subject->view, subject->pool->answered, &of->decision);
        of->has_left = of->decision.rung == ZL_RUNG_PARTIAL &&
                       subject->view.policy->partial == ZL_PARTIAL_MINIMAL;
        if (!of->has_left)
                return;
        of->left = engine->trial;
        zl_view_worth(engine->trial, &of->left_worth);
}

static bool same_order(const struct zl_explanation *of, uint32_t place)
{
        const struct zl_message *said = of->scratch;
        const struct zl_subject *subject = &of->subject;
        const struct zl_order *order = &of->decision.orders[place];

        if (said->type == ZL_TYPE_DEFICIT)
                return of->decision.rung == ZL_RUNG_DEFICIT;
        if (place >= of->decision.count)
                return false;
        if (said->type == ZL_TYPE_CONVERT)
                return said->convert.amount == order->qty &&
                       said->convert.asset == subject->view.stocks[order->at].asset->id;
        if (said->type == ZL_TYPE_CANCEL)
                return of->decision.rung == ZL_RUNG_CANCEL;
        return said->liquidate.qty == order->qty &&
               said->liquidate.instrument == subject->view.parts[order->at].instrument->id &&
               said->liquidate.price == zl_limit_price(&subject->view, &subject->worth,
                                                       &subject->shares, order->at);
}

bool zl_explain_matches(struct zl_explanation *of)
{
        struct zl_frame_reader reader;
        const struct zl_said_item *item;
        uint32_t place = 0;

        for (size_t i = 0; (item = zl_said_item(of->said, i)) != NULL; i++) {
                enum zl_err err = zl_frame_open(&reader, zl_said_frame(of->said, item), item->size);
                while (err == ZL_OK && (err = zl_frame_next(&reader, of->scratch)) == ZL_OK) {
                        if (!of->decides || !same_order(of, place++))
                                return false;
                }
        }
        return true;
}

void zl_explain_look(struct zl_explanation *of, uint32_t row)
{
        zl_report_look(of->engine, row, &of->subject);
        zl_explain_wait(of->engine, of->subject.pool, &of->subject.view, &of->subject.worth,
                        &of->waiting);
        decide(of);
}

/* ---- a plan ---- */

/* Of a plan: the same messages, in the same order. */
static bool same_row(const struct zl_replan *replan, const struct zl_plan_row *row,
                     const struct zl_message *said)
{
        const struct zl_winner *winner = &replan->round.candidates[row->candidate].winner;

        if (said->type != row->type)
                return false;
        if (row->type == ZL_TYPE_TAKEOVER)
                return said->takeover.qty == row->qty && said->takeover.price == row->price &&
                       said->takeover.amount == row->amount;
        if (row->type == ZL_TYPE_ADL)
                return said->adl.winner_account == winner->account && said->adl.qty == row->qty &&
                       said->adl.price == row->price && said->adl.score == winner->score;
        return said->socialize.account == winner->account && said->socialize.amount == row->amount;
}

bool zl_explain_plan_matches(struct zl_explanation *of)
{
        const struct zl_said_item *item = zl_said_item(of->said, 0);
        struct zl_replan *replan = of->replan;
        struct zl_frame_reader reader;
        uint32_t place = 0;
        bool same = true;

        if (!zl_replan_begin(replan))
                return false;
        while (zl_replan_next(replan))
                ;
        zl_replan_end(replan);
        enum zl_err err = zl_frame_open(&reader, zl_said_frame(of->said, item), item->size);
        while (err == ZL_OK && (err = zl_frame_next(&reader, of->scratch)) == ZL_OK) {
                same = same && place < replan->plan.rows_count &&
                       same_row(replan, &replan->plan.rows[place], of->scratch);
                place++;
        }
        return same && place == replan->plan.rows_count;
}

const struct zl_msg_exec *zl_explain_answer(const struct zl_explanation *of)
{
        struct zl_key key;

        if (!of->origins->answered.known || !zl_key_parse(of->origins->answer.order, &key) ||
            zl_pool_id_compare(key.pool, of->subject.pool->id))
                return NULL;
        return &of->origins->answer;
}

uint32_t zl_explain_fund(const struct zl_explanation *of)
{
        uint32_t row = of->subject.pool->first_position;

        return row == ZL_NONE_AT
                       ? 0
                       : of->engine->instruments[of->engine->positions[row].instrument].fund;
}

bool zl_explain_meets(const struct zl_explanation *of)
{
        return !of->has_place || (of->place >= of->replan->rows_from &&
                                  of->place < of->replan->plan.rows_count);
}
