#include "core/meet.h"

#include "core/audit.h"
#include "core/bidding.h"
#include "core/outbox.h"

/* ---- making ---- */

const struct zl_asset *zl_plan_asset(const struct zl_engine *engine, const struct zl_fund *fund)
{
        uint32_t row;

        if (!zl_map_get(&engine->assets_by_id, fund->asset, &row) ||
            !engine->assets[row].defined || !engine->assets[row].has_rate)
                return NULL;
        return &engine->assets[row];
}

enum zl_met zl_plan_meet(struct zl_making *making, uint32_t at)
{
        if (!zl_meet_begin(making, at))
                return ZL_MET_NOT;
        if (zl_meet(making))
                return ZL_MET;
        if (making->plan->rows_count == 0) {
                zl_meet_in_part(making);
                making->plan->in_part = making->full;
        }
        return ZL_MET_NO_MORE;
}

/* The first that does not fit waits for the next plan with all that stand behind it. True: some
 * wait. */
static bool make_all(struct zl_making *making)
{
        for (uint32_t i = 0; i < making->round->claims_count; i++) {
                if (zl_plan_meet(making, i) == ZL_MET_NO_MORE)
                        return true;
        }
        return false;
}

void zl_plan_make(struct zl_engine *engine)
{
        struct zl_round *round = engine->round;
        struct zl_plan *plan = engine->plan;
        struct zl_fund *fund = &engine->funds[round->fund];
        struct zl_making making = {.engine = engine,
                                   .round = round,
                                   .plan = plan,
                                   .fund = fund,
                                   .fund_asset = zl_plan_asset(engine, fund)};

        plan->fund = round->fund;
        plan->rows_count = plan->rows_said = 0;
        plan->in_part = plan->overdrawn = plan->placed = false;
        plan->wrong = NULL;
        round->fund = ZL_NONE_AT;
        if (!making.fund_asset || engine->numeraire == ZL_NONE_AT)
                return;
        zl_claims_sort(round->claims, round->claims_count);
        zl_bidding_set_asked(engine, &plan->query, true);
        fund->waiting |= make_all(&making);
        zl_bidding_set_asked(engine, &plan->query, false);
        plan->overdrawn = making.overdrawn;
        plan->cut = round->cut;
        plan->wrong = zl_audit_plan(round, plan);
        if (plan->wrong) {
                fund->stopped = true;
                plan->rows_count = 0;
        }
        fund->planned = plan->rows_count > 0;
        if (fund->planned) {
                fund->plan_rev = fund->rev;
                fund->plan_cost = zl_audit_cost(plan);
                fund->plan_digest = 0;
        }
        fund->asked_ns = engine->now_ns;
}

/* ---- saying ---- */

static void name_claim(const struct zl_claim *claim, char text[ZL_KEY_TEXT_SIZE])
{
        const struct zl_key key = {.account = claim->account,
                                   .pool = claim->pool,
                                   .base = claim->base,
                                   .n = claim->n};

        zl_key_format(&key, text);
}

static void say_takeover(struct zl_engine *engine, struct zl_fund *fund,
                         const struct zl_plan_row *row, bool joins)
{
        const struct zl_claim *claim = &engine->round->claims[row->claim];
        struct zl_msg_takeover takeover = {.fund = fund->id,
                                           .rev = fund->rev,
                                           .instrument = claim->instrument,
                                           .leg = claim->leg,
                                           .side = claim->side,
                                           .qty = row->qty,
                                           .price = row->price,
                                           .amount = row->amount};

        name_claim(claim, takeover.key);
        zl_say_plan(engine, fund, ZL_TYPE_TAKEOVER, &takeover, joins);
}

static void say_adl(struct zl_engine *engine, struct zl_fund *fund, const struct zl_plan_row *row,
                    uint32_t place, bool joins)
{
        const struct zl_claim *claim = &engine->round->claims[row->claim];
        const struct zl_candidate *one = &engine->round->candidates[row->candidate];
        struct zl_msg_adl adl = {.fund = fund->id,
                                 .rev = fund->rev,
                                 .winner_account = one->winner.account,
                                 .instrument = claim->instrument,
                                 .leg = one->winner.leg,
                                 .side = claim->side,
                                 .qty = row->qty,
                                 .price = row->price,
                                 .score = one->winner.score,
                                 .place = place};

        name_claim(claim, adl.loser_key);
        zl_pool_id_format(one->winner.pool, adl.winner_pool);
        zl_say_plan(engine, fund, ZL_TYPE_ADL, &adl, joins);
}

static void say_socialize(struct zl_engine *engine, struct zl_fund *fund,
                          const struct zl_plan_row *row, bool joins)
{
        const struct zl_claim *claim = &engine->round->claims[row->claim];
        const struct zl_candidate *one = &engine->round->candidates[row->candidate];
        struct zl_msg_socialize share = {.fund = fund->id,
                                         .rev = fund->rev,
                                         .account = one->winner.account,
                                         .amount = row->amount};
        uint32_t at;

        if (zl_map_get(&engine->instruments_by_id, one->winner.instrument, &at))
                share.asset = engine->instruments[at].settle;
        name_claim(claim, share.key);
        zl_pool_id_format(one->winner.pool, share.pool);
        zl_say_plan(engine, fund, ZL_TYPE_SOCIALIZE, &share, joins);
}

/* Behind its messages, and each once. False: there is no room yet. */
static bool say_alerts(struct zl_engine *engine, struct zl_plan *plan)
{
        uint32_t fund = engine->funds[plan->fund].id;

        while (plan->wrong || plan->cut || plan->overdrawn) {
                if (!zl_outbox_has_room_for(engine->outbox, ZL_TYPE_ALERT))
                        return false;
                if (plan->wrong) {
                        zl_alert_fund(engine, fund, ZL_ALERT_KIND_AUDIT, plan->wrong);
                        plan->wrong = NULL;
                        plan->overdrawn = false;
                } else if (plan->cut) {
                        zl_alert_fund(engine, fund, ZL_ALERT_KIND_CAPACITY,
                                      "bids had more rows than fit a round: raise positions_max");
                        plan->cut = false;
                } else {
                        zl_alert_fund(engine, fund, ZL_ALERT_KIND_FUND,
                                      "it pays more than it can bear");
                        plan->overdrawn = false;
                }
        }
        return true;
}

bool zl_plan_go_on(struct zl_engine *engine)
{
        struct zl_plan *plan = engine->plan;

        for (; plan->rows_said < plan->rows_count; plan->rows_said++) {
                struct zl_fund *fund = &engine->funds[plan->fund];
                const struct zl_plan_row *row = &plan->rows[plan->rows_said];
                bool joins = plan->rows_said > 0;
                if (!zl_outbox_has_room_for(engine->outbox, ZL_TYPE_ADL))
                        return false;
                if (row->type == ZL_TYPE_TAKEOVER)
                        say_takeover(engine, fund, row, joins);
                else if (row->type == ZL_TYPE_ADL)
                        say_adl(engine, fund, row, plan->rows_said, joins);
                else
                        say_socialize(engine, fund, row, joins);
        }
        return say_alerts(engine, plan);
}
