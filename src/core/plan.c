#include "core/plan.h"

#include "core/assign.h"
#include "core/audit.h"
#include "core/outbox.h"

/* One deficit under way. */
struct making {
        struct zl_engine *engine;
        struct zl_round *round;
        struct zl_plan *plan;
        const struct zl_fund *fund;
        const struct zl_asset *fund_asset;
        zl_i128 spent; /* by this plan, in units of the fund's asset */
        uint32_t at;   /* place of the deficit */
        const struct zl_claim *claim;
        const struct zl_instrument *instrument;
        const struct zl_asset *settle;
        const struct zl_policy *policy;
        bool short_of; /* the fund pays what it cannot bear */
};

static void add(struct making *making, enum zl_type type, uint32_t candidate, int64_t qty,
                int64_t price, zl_i128 amount)
{
        struct zl_plan *plan = making->plan;

        ZL_ASSERT(plan->rows_count < ZL_PLAN_MAX);
        plan->rows[plan->rows_count++] = (struct zl_plan_row){.type = type,
                                                              .claim = making->at,
                                                              .candidate = candidate,
                                                              .qty = qty,
                                                              .price = price,
                                                              .amount = zl_saturate_i64(amount)};
}

static uint32_t room(const struct making *making)
{
        return ZL_PLAN_MAX - making->plan->rows_count;
}

/* ---- the fund ---- */

/* An amount of one asset in another, up. */
static zl_i128 exchanged_ceil(zl_i128 amount, const struct zl_asset *from,
                              const struct zl_asset *to)
{
        struct zl_wide num = zl_wide_mul(zl_wide_product(amount, from->rate),
                                         zl_wide_pow10(to->scale + to->rate_scale));
        struct zl_wide den = zl_wide_mul(zl_wide_of(to->rate),
                                         zl_wide_pow10(from->scale + from->rate_scale));

        return from == to ? amount : zl_wide_saturate(zl_wide_div_ceil(num, den));
}

/* After all its costs the balance stays at or above the floor, and above what the drawdown leaves
 * of the peak. */
static bool bears(const struct making *making, zl_i128 cost)
{
        const struct zl_engine *engine = making->engine;
        const struct zl_asset *numeraire = &engine->assets[engine->numeraire];
        const struct zl_asset *asset = making->fund_asset;
        zl_i128 left = making->fund->balance - making->spent - cost;
        struct zl_wide worth = zl_wide_mul(zl_wide_product(left, asset->rate),
                                           zl_wide_pow10(numeraire->scale));
        struct zl_wide floor = zl_wide_mul(zl_wide_of(making->policy->fund_floor),
                                           zl_wide_pow10(asset->scale + asset->rate_scale));
        struct zl_wide least = zl_wide_product(making->fund->peak,
                                               ZL_PPB - making->policy->fund_drawdown_ppb);

        return zl_wide_compare(worth, floor) >= 0 &&
               zl_wide_compare(zl_wide_product(left, ZL_PPB), least) >= 0;
}

static bool takes_over(struct making *making)
{
        zl_i128 cost = exchanged_ceil(making->claim->amount, making->settle, making->fund_asset);

        if (making->policy->takeover == ZL_TAKEOVER_WHEN_NEVER ||
            (making->policy->takeover == ZL_TAKEOVER_WHEN_IF_SOLVENT && !bears(making, cost)))
                return false;
        making->spent += cost;
        add(making, ZL_TYPE_TAKEOVER, 0, making->claim->qty, making->claim->price, cost);
        return true;
}

/* ---- winners ---- */

static bool is_counterparty(const struct making *making, const struct zl_candidate *one)
{
        const struct zl_claim *claim = making->claim;

        /* who sells is met by a short */
        return one->instrument == claim->instrument && one->side == claim->side &&
               one->winner.account != claim->account && one->winner.qty > 0;
}

static uint32_t line_up(struct making *making, zl_winner_order *order)
{
        struct zl_plan *plan = making->plan;
        uint32_t count = 0;

        for (uint32_t i = 0; i < making->round->candidates_count; i++) {
                const struct zl_candidate *one = &making->round->candidates[i];
                if (!is_counterparty(making, one))
                        continue;
                plan->line[count] = one->winner;
                plan->line[count++].tag = i;
        }
        zl_winners_sort(plan->line, count, order);
        return count;
}

static zl_i128 coordinate_of(const struct making *making, int64_t price)
{
        return zl_coordinate(making->instrument, price > 0 ? price : 1);
}

/* By how much the fill of a quantity at one price is worth more to the loser than at another, in
 * fine units. */
static zl_i128 difference(const struct making *making, int64_t qty, int64_t price, int64_t other)
{
        const struct zl_instrument *instrument = making->instrument;
        zl_i128 apart = coordinate_of(making, price) - coordinate_of(making, other);
        bool inverse = instrument->kind == ZL_KIND_INVERSE;
        bool sells = making->claim->side == ZL_SIDE_SELL;

        return (sells != inverse ? apart : -apart) * instrument->unit * qty;
}

static int64_t deleverage_price(const struct making *making)
{
        switch (making->policy->adl_price) {
        case ZL_ADL_PRICE_MARK:
                return making->instrument->mark;
        case ZL_ADL_PRICE_INDEX:
                return making->instrument->index;
        default:
                return making->claim->price;
        }
}

static int64_t assign(struct making *making, uint32_t count, int64_t price)
{
        const struct zl_claim *claim = making->claim;
        struct zl_plan *plan = making->plan;
        int64_t lot = making->instrument->lot;

        if (making->policy->adl_score == ZL_ADL_SCORE_PRO_RATA)
                return zl_assign_pro_rata(claim->qty, lot, plan->line, count, plan->gives);
        if (making->policy->adl_score != ZL_ADL_SCORE_LEAST_OVERSHOOT)
                return zl_assign_ranked(claim->qty, plan->line, count, plan->gives);
        zl_i128 gain = difference(making, lot, price, making->instrument->mark);
        struct zl_shortage shortage = {.qty = claim->qty,
                                       .lot = lot,
                                       .deficit = claim->amount * zl_pow10(ZL_FINE),
                                       .lot_gain = gain};
        for (uint32_t i = 0; i < count; i++)
                plan->gives[i] = 0;
        if (gain <= 0)
                return claim->qty;
        return zl_assign_least_overshoot(&shortage, plan->line, count, plan->spread, plan->gives);
}

/* Returns the quantity left over. */
static int64_t deleverage(struct making *making, int64_t price)
{
        bool ranked = making->policy->adl_score != ZL_ADL_SCORE_PRO_RATA &&
                      making->policy->adl_score != ZL_ADL_SCORE_LEAST_OVERSHOOT;
        uint32_t count = line_up(making, ranked ? zl_by_score : zl_by_place);
        int64_t left = assign(making, count, price);

        for (uint32_t i = 0; i < count; i++) {
                int64_t gives = making->plan->gives[i];
                uint32_t tag = making->plan->line[i].tag;
                if (gives == 0)
                        continue;
                if (room(making) < 2) { /* the rest comes back as a deficit */
                        left += gives;
                        continue;
                }
                making->round->candidates[tag].winner.qty -= gives;
                add(making, ZL_TYPE_ADL, tag, gives, price, 0);
        }
        return left;
}

/* ---- what nobody takes ---- */

/* Profit in units of the numeraire, so that instruments of several assets compare. */
static zl_i128 worth_of(const struct zl_engine *engine, const struct zl_candidate *one)
{
        const struct zl_asset *numeraire = &engine->assets[engine->numeraire];
        uint32_t row;

        if (!zl_map_get(&engine->instruments_by_id, one->instrument, &row) ||
            !engine->instruments[row].usable)
                return 0;
        const struct zl_asset *settle = &engine->assets[engine->instruments[row].settle_at];
        struct zl_wide num = zl_wide_mul(zl_wide_product(one->winner.profit, settle->rate),
                                         zl_wide_pow10(numeraire->scale));
        return zl_wide_saturate(zl_wide_div_floor(
                num, zl_wide_pow10(settle->scale + settle->rate_scale)));
}

/* False: nobody has a profit, or too many have for one plan. */
static bool spread(struct making *making, int64_t loss)
{
        struct zl_plan *plan = making->plan;
        uint32_t count = 0;

        for (uint32_t i = 0; i < making->round->candidates_count; i++) {
                const struct zl_candidate *one = &making->round->candidates[i];
                if (one->winner.account == making->claim->account)
                        continue;
                plan->line[count] = one->winner;
                plan->line[count].profit = worth_of(making->engine, one);
                plan->line[count++].tag = i;
        }
        zl_winners_sort(plan->line, count, zl_by_place);
        if (count + 1 >= room(making) || !zl_socialize(loss, plan->line, count, plan->gives))
                return false;
        for (uint32_t i = 0; i < count; i++) {
                if (plan->gives[i] > 0)
                        add(making, ZL_TYPE_SOCIALIZE, plan->line[i].tag, 0, 0, plan->gives[i]);
        }
        return true;
}

/* The fund takes the position that is left, and somebody bears the loss: all winners, or the fund
 * though it cannot. */
static void bear(struct making *making, int64_t qty, int64_t price, zl_i128 loss)
{
        zl_i128 paid = 0;

        if (loss > 0 && !(making->policy->socialize && spread(making, zl_saturate_i64(loss)))) {
                paid = exchanged_ceil(loss, making->settle, making->fund_asset);
                making->spent += paid;
                making->short_of = true;
        }
        if (qty > 0 || paid > 0)
                add(making, ZL_TYPE_TAKEOVER, 0, qty, price, paid);
}

static zl_i128 share_ceil(int64_t amount, int64_t qty, int64_t of)
{
        return zl_div_ceil((zl_i128)amount * qty, of);
}

static void meet(struct making *making)
{
        const struct zl_claim *claim = making->claim;
        int64_t price = deleverage_price(making);
        int64_t left = deleverage(making, price), closed = claim->qty - left;
        zl_i128 fine = zl_pow10(ZL_FINE), loss = 0;

        if (making->policy->adl_score == ZL_ADL_SCORE_LEAST_OVERSHOOT) {
                /* each lot closed at the price, not at the mark, met a part of the deficit */
                zl_i128 met = difference(making, closed, price, making->instrument->mark);
                loss = zl_div_ceil(claim->amount * fine - met, fine);
                bear(making, left, making->instrument->mark, loss > 0 ? loss : 0);
                return;
        }
        if (closed > 0 && claim->amount > 0)
                loss = zl_div_ceil(difference(making, closed, claim->price, price), fine);
        loss = zl_max_i128(loss, 0) + share_ceil(claim->amount, left, claim->qty);
        bear(making, left, claim->price, zl_min_i128(loss, claim->amount));
}

/* ---- making ---- */

static bool begin_claim(struct making *making, uint32_t at)
{
        struct zl_engine *engine = making->engine;
        uint32_t row;

        making->at = at;
        making->claim = &making->round->claims[at];
        if (!zl_map_get(&engine->instruments_by_id, making->claim->instrument, &row) ||
            !engine->instruments[row].usable || !engine->instruments[row].has_mark)
                return false;
        making->instrument = &engine->instruments[row];
        making->settle = &engine->assets[making->instrument->settle_at];
        making->policy = zl_state_find_policy(engine, making->instrument->policy);
        return making->policy && making->settle->has_rate && room(making) >= 2;
}

static const struct zl_asset *asset_of(const struct zl_engine *engine, const struct zl_fund *fund)
{
        uint32_t row;

        if (!zl_map_get(&engine->assets_by_id, fund->asset, &row) ||
            !engine->assets[row].defined || !engine->assets[row].has_rate)
                return NULL;
        return &engine->assets[row];
}

void zl_plan_make(struct zl_engine *engine)
{
        struct zl_round *round = engine->round;
        struct zl_fund *fund = &engine->funds[round->fund];
        struct making making = {.engine = engine,
                                .round = round,
                                .plan = engine->plan,
                                .fund = fund,
                                .fund_asset = asset_of(engine, fund)};

        engine->plan->fund = round->fund;
        engine->plan->rows_count = engine->plan->rows_said = 0;
        round->fund = ZL_NONE_AT;
        if (!making.fund_asset || engine->numeraire == ZL_NONE_AT)
                return;
        zl_claims_sort(round->claims, round->claims_count);
        for (uint32_t i = 0; i < round->claims_count; i++) {
                if (begin_claim(&making, i) && !takes_over(&making))
                        meet(&making);
        }
        const char *wrong = zl_audit_plan(round, engine->plan);
        if (wrong) {
                fund->stopped = true;
                engine->plan->rows_count = 0;
                zl_alert_all(engine, ZL_ALERT_KIND_AUDIT, NULL, wrong);
                return;
        }
        fund->planned = engine->plan->rows_count > 0;
        fund->asked_ns = engine->now_ns;
        if (round->cut)
                zl_alert_all(engine, ZL_ALERT_KIND_CAPACITY, NULL,
                             "bids had more rows than fit a round: raise positions_max");
        if (making.short_of)
                zl_alert_all(engine, ZL_ALERT_KIND_FUND, NULL,
                             "a fund pays more than it can bear: nobody else could");
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

        if (zl_map_get(&engine->instruments_by_id, claim->instrument, &at))
                share.asset = engine->instruments[at].settle;
        name_claim(claim, share.key);
        zl_pool_id_format(one->winner.pool, share.pool);
        zl_say_plan(engine, fund, ZL_TYPE_SOCIALIZE, &share, joins);
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
        return true;
}
