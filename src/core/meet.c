#include "core/meet.h"

#include "core/assign.h"
#include "core/line.h"

/* ---- beginning ---- */

/* Positions are bounded where they meet their instrument; what comes over the bus is bounded here.
 */
static bool is_bounded(const struct zl_instrument *instrument, const struct zl_claim *claim)
{
        zl_i128 value;

        return claim->price >= instrument->min_price && claim->price <= instrument->max_price &&
               zl_mul(instrument->unit, claim->qty, &value) &&
               zl_mul(value, zl_coordinate_most(instrument), &value) &&
               value < (zl_i128)1 << ZL_VALUE_BITS;
}

static void set_prices(struct zl_making *making)
{
        const struct zl_msg_adl_query *query = &making->plan->query;

        making->mark = making->instrument->mark;
        making->index = making->instrument->index;
        for (uint32_t i = 0; i < query->marks_count; i++) {
                if (query->marks[i].instrument != making->instrument->id)
                        continue;
                making->mark = query->marks[i].price;
                making->index = query->marks[i].index;
        }
}

/* False: there is nothing to plan it by, and it is heard of again. */
bool zl_meet_begin(struct zl_making *making, uint32_t at)
{
        struct zl_engine *engine = making->engine;
        uint32_t row;

        making->at = at;
        making->taken_over = making->loss_borne = false;
        making->price = making->left = 0;
        making->loss = making->loss_cost = making->takeover_cost = 0;
        making->spent_before = making->spent;
        making->claim = &making->round->claims[at];
        if (!zl_map_get(&engine->instruments_by_id, making->claim->instrument, &row) ||
            !engine->instruments[row].usable || !engine->instruments[row].has_mark ||
            !is_bounded(&engine->instruments[row], making->claim))
                return false;
        making->instrument = &engine->instruments[row];
        making->settle = &engine->assets[making->instrument->settle_at];
        making->policy = zl_state_find_policy(engine, making->instrument->policy);
        set_prices(making);
        return making->policy && making->settle->has_rate;
}

/* ---- messages ---- */

static void add(struct zl_making *making, enum zl_type type, uint32_t candidate, int64_t qty,
                int64_t price, zl_i128 amount)
{
        struct zl_plan *plan = making->plan;

        if (plan->rows_count == plan->rows_max) {
                making->full = true;
                return;
        }
        plan->rows[plan->rows_count++] = (struct zl_plan_row){.type = type,
                                                              .claim = making->at,
                                                              .candidate = candidate,
                                                              .qty = qty,
                                                              .price = price,
                                                              .amount = zl_saturate_i64(amount)};
}

/* ---- the fund ---- */

/* Of the round. */
static int64_t rate_of(const struct zl_asset *asset)
{
        return asset->asked > 0 ? asset->asked : asset->rate;
}

/* An amount of one asset in another, up. */
static zl_i128 exchanged_ceil(zl_i128 amount, const struct zl_asset *from,
                              const struct zl_asset *to)
{
        struct zl_wide num = zl_wide_mul(zl_wide_product(amount, rate_of(from)),
                                         zl_wide_pow10(to->scale + to->rate_scale));
        struct zl_wide den = zl_wide_mul(zl_wide_of(rate_of(to)),
                                         zl_wide_pow10(from->scale + from->rate_scale));

        return from == to ? amount : zl_wide_saturate(zl_wide_div_ceil(num, den));
}

/* After all its costs the balance stays at or above the floor, and above what the drawdown leaves
 * of the peak. */
bool zl_fund_bears(const struct zl_making *making, zl_i128 cost)
{
        const struct zl_engine *engine = making->engine;
        const struct zl_asset *numeraire = &engine->assets[engine->numeraire];
        const struct zl_asset *asset = making->fund_asset;
        zl_i128 left = making->fund->balance - making->spent - cost;
        struct zl_wide worth = zl_wide_mul(zl_wide_product(left, rate_of(asset)),
                                           zl_wide_pow10(numeraire->scale));
        struct zl_wide floor = zl_wide_mul(zl_wide_of(making->policy->fund_floor),
                                           zl_wide_pow10(asset->scale + asset->rate_scale));
        struct zl_wide least = zl_wide_product(making->fund->peak,
                                               ZL_PPB - making->policy->fund_drawdown_ppb);

        return zl_wide_compare(worth, floor) >= 0 &&
               zl_wide_compare(zl_wide_product(left, ZL_PPB), least) >= 0;
}

static bool is_willing(const struct zl_making *making, zl_i128 cost)
{
        switch (making->policy->takeover) {
        case ZL_TAKEOVER_WHEN_NEVER:
                return false;
        case ZL_TAKEOVER_WHEN_ALWAYS:
                return true;
        default:
                return zl_fund_bears(making, cost);
        }
}

static void pay(struct zl_making *making, zl_i128 cost, bool beyond)
{
        making->overdrawn |= beyond || (cost > 0 && !zl_fund_bears(making, cost));
        making->spent += cost;
}

static bool takes_over(struct zl_making *making)
{
        zl_i128 cost = exchanged_ceil(making->claim->amount, making->settle, making->fund_asset);

        making->takeover_cost = cost;
        making->taken_over = is_willing(making, cost);
        if (!making->taken_over)
                return false;
        pay(making, cost, false);
        add(making, ZL_TYPE_TAKEOVER, 0, making->claim->qty, making->claim->price, cost);
        return true;
}

/* ---- winners ---- */

static zl_i128 coordinate_of(const struct zl_making *making, int64_t price)
{
        return zl_coordinate(making->instrument, price > 0 ? price : 1);
}

/* By how much the fill of a quantity at one price is worth more to the loser than at another, in
 * fine units. */
static zl_i128 difference(const struct zl_making *making, int64_t qty, int64_t price, int64_t other)
{
        const struct zl_instrument *instrument = making->instrument;
        zl_i128 apart = coordinate_of(making, price) - coordinate_of(making, other);
        bool inverse = instrument->kind == ZL_KIND_INVERSE;
        bool sells = making->claim->side == ZL_SIDE_SELL;

        return (sells != inverse ? apart : -apart) * instrument->unit * qty;
}

/* An index may lie where no order could; pairs are within the instrument's range. */
static int64_t index_within(const struct zl_making *making)
{
        const struct zl_instrument *instrument = making->instrument;

        return (int64_t)zl_max_i128(instrument->min_price,
                                    zl_min_i128(making->index, instrument->max_price));
}

static int64_t deleverage_price(const struct zl_making *making)
{
        switch (making->policy->adl_price) {
        case ZL_ADL_PRICE_MARK:
                return making->mark;
        case ZL_ADL_PRICE_INDEX:
                return index_within(making);
        default:
                return making->claim->price;
        }
}

static int64_t assign(struct zl_making *making, uint32_t count, int64_t price)
{
        const struct zl_claim *claim = making->claim;
        struct zl_plan *plan = making->plan;
        int64_t lot = making->instrument->lot;

        if (making->policy->adl_score == ZL_ADL_SCORE_PRO_RATA)
                return zl_assign_pro_rata(claim->qty, lot, plan->line, count, plan->gives);
        if (making->policy->adl_score != ZL_ADL_SCORE_LEAST_OVERSHOOT)
                return zl_assign_ranked(claim->qty, plan->line, count, plan->gives);
        zl_i128 gain = difference(making, lot, price, making->mark);
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
static int64_t deleverage(struct zl_making *making, int64_t price)
{
        bool ranked = zl_score_ranks(making->policy->adl_score);
        uint32_t count = zl_line_up(making->round, making->plan, making->claim,
                                    ranked ? making->claim->qty : INT64_MAX);
        int64_t left = assign(making, count, price);
        uint32_t most = making->plan->rows_max / 2;

        for (uint32_t i = 0; i < count; i++) {
                int64_t gives = making->plan->gives[i];
                uint32_t tag = making->plan->line[i].tag;
                if (gives == 0)
                        continue;
                if (making->cut && making->plan->rows_count == most) {
                        making->full = true;
                        return left;
                }
                add(making, ZL_TYPE_ADL, tag, gives, price, 0);
                if (making->full)
                        return left;
                making->round->candidates[tag].winner.qty -= gives;
        }
        return left;
}

/* ---- what the pairs leave uncovered ---- */

static zl_i128 share_ceil(int64_t amount, int64_t qty, int64_t of)
{
        return zl_div_ceil((zl_i128)amount * qty, of);
}

/* The claim's price may have been moved there to be a price at all. */
static bool at_end_of_range(const struct zl_making *making)
{
        const struct zl_instrument *instrument = making->instrument;
        zl_i128 price = making->claim->price, tick = instrument->tick;

        return price < instrument->min_price + tick || price > instrument->max_price - tick;
}

/* The amount is what the loser lacks at the mark. Pairs at a better price bring it so much, pairs
 * at a worse one take so much; what it then lacks is a loss. A loser whose amount is 0 has at least
 * what a fill at its close-out price would take from it. A fill at the close-out price meets its
 * part of the amount, however that was rounded. */
static zl_i128 loss_of(const struct zl_making *making, int64_t left, int64_t price)
{
        const struct zl_claim *claim = making->claim;
        int64_t closed = claim->qty - left;
        zl_i128 fine = zl_pow10(ZL_FINE);
        zl_i128 lacks = claim->amount * fine - difference(making, closed, price, making->mark);

        if (claim->amount == 0)
                lacks += zl_min_i128(difference(making, closed, claim->price, making->mark), 0);
        zl_i128 loss = zl_max_i128(zl_div_ceil(lacks, fine), 0);
        if (claim->amount > 0 && price == claim->price && !at_end_of_range(making))
                loss = zl_min_i128(loss, share_ceil(claim->amount, left, claim->qty));
        return loss;
}

/* ---- what nobody takes ---- */

static const struct zl_asset *settle_of(const struct zl_engine *engine,
                                        const struct zl_candidate *one)
{
        uint32_t row;

        if (!zl_map_get(&engine->instruments_by_id, one->winner.instrument, &row) ||
            !engine->instruments[row].usable)
                return NULL;
        const struct zl_asset *asset = &engine->assets[engine->instruments[row].settle_at];
        return asset->has_rate ? asset : NULL;
}

/* Profit in units of the numeraire, so that instruments of several assets compare. */
static zl_i128 worth_of(const struct zl_engine *engine, const struct zl_candidate *one,
                        const struct zl_asset *settle)
{
        const struct zl_asset *numeraire = &engine->assets[engine->numeraire];
        struct zl_wide num = zl_wide_mul(zl_wide_product(one->winner.profit, rate_of(settle)),
                                         zl_wide_pow10(numeraire->scale));
        struct zl_wide den = zl_wide_pow10(settle->scale + settle->rate_scale);

        /* so that the profits of all together fit too */
        zl_i128 worth = zl_min_i128(zl_wide_saturate(zl_wide_div_floor(num, den)), zl_pow10(29));
        return zl_max_i128(worth, 0);
}

static int by_profit(const struct zl_winner *a, const struct zl_winner *b)
{
        if (a->profit != b->profit)
                return a->profit > b->profit ? -1 : 1;
        return zl_by_place(a, b);
}

uint32_t zl_meet_bearers(struct zl_making *making)
{
        struct zl_plan *plan = making->plan;
        const uint32_t *by_place = zl_line_by_place(making->round, plan);
        uint32_t count = 0;

        for (uint32_t i = 0; i < making->round->candidates_count; i++) {
                const struct zl_candidate *one = &making->round->candidates[by_place[i]];
                const struct zl_asset *settle = settle_of(making->engine, one);
                if (one->winner.account == making->claim->account || !settle)
                        continue;
                plan->line[count] = one->winner;
                plan->line[count].profit = worth_of(making->engine, one, settle);
                plan->line[count++].tag = by_place[i];
        }
        uint32_t most = plan->rows_max - plan->rows_count - 1;
        if (making->cut && count > most) {
                zl_winners_sort(plan->line, count, by_profit);
                count = most;
                zl_winners_sort(plan->line, count, zl_by_place);
        }
        return count;
}

static uint32_t asset_of_winner(const struct zl_making *making, const struct zl_winner *winner)
{
        return settle_of(making->engine, &making->round->candidates[winner->tag])->id;
}

/* The least above `after` among those of the line; false when there is none. */
static bool next_asset(const struct zl_making *making, uint32_t count, int64_t after,
                       uint32_t *ret_asset)
{
        bool found = false;

        for (uint32_t i = 0; i < count; i++) {
                uint32_t asset = asset_of_winner(making, &making->plan->line[i]);
                if (asset > after && (!found || asset < *ret_asset)) {
                        *ret_asset = asset;
                        found = true;
                }
        }
        return found;
}

/* A part of the loss among the winners whose profit is in the asset. */
static void deal(struct zl_making *making, uint32_t count, uint32_t asset, zl_i128 weight,
                 zl_i128 part)
{
        struct zl_plan *plan = making->plan;
        const struct zl_engine *engine = making->engine;
        struct zl_share share;
        uint32_t row;

        if (weight == 0 || !zl_map_get(&engine->assets_by_id, asset, &row))
                return;
        part = exchanged_ceil(part, making->settle, &engine->assets[row]);
        zl_share_init(&share, zl_saturate_i64(part), zl_wide_of(weight), zl_wide_of(0));
        for (uint32_t i = 0; i < count; i++) {
                if (asset_of_winner(making, &plan->line[i]) != asset)
                        continue;
                int64_t bears = zl_share_next(&share, plan->line[i].profit);
                if (bears > 0)
                        add(making, ZL_TYPE_SOCIALIZE, plan->line[i].tag, 0, 0, bears);
        }
}

static zl_i128 weight_of(const struct zl_making *making, uint32_t count, uint32_t asset)
{
        zl_i128 weight = 0;

        for (uint32_t i = 0; i < count; i++) {
                if (asset_of_winner(making, &making->plan->line[i]) == asset)
                        weight += making->plan->line[i].profit;
        }
        return weight;
}

/* First among the assets that winners have their profit in, then of each among those winners.
 * False: nobody has a profit. */
static bool spread(struct zl_making *making, int64_t loss)
{
        uint32_t count = zl_meet_bearers(making), asset = 0;
        struct zl_share share;
        zl_i128 total = 0;

        for (uint32_t i = 0; i < count; i++)
                total += making->plan->line[i].profit;
        if (total == 0)
                return false;
        zl_share_init(&share, loss, zl_wide_of(total), zl_wide_of(0));
        for (int64_t after = -1; next_asset(making, count, after, &asset); after = asset) {
                zl_i128 weight = weight_of(making, count, asset);
                deal(making, count, asset, weight, zl_share_next(&share, weight));
        }
        return true;
}

/* The fund takes the position that is left. A loss is borne by the fund if it can, else by all
 * winners, else by the fund though it cannot. */
static void bear(struct zl_making *making, int64_t qty, int64_t price, zl_i128 loss)
{
        zl_i128 cost = exchanged_ceil(loss, making->settle, making->fund_asset), paid = 0;
        bool willing = loss > 0 && is_willing(making, cost);

        making->loss = loss;
        making->loss_cost = cost;
        making->loss_borne = willing;
        if (willing || (loss > 0 && !(making->policy->socialize &&
                                      spread(making, zl_saturate_i64(loss))))) {
                paid = cost;
                pay(making, cost, !willing);
        }
        if (qty > 0 || paid > 0)
                add(making, ZL_TYPE_TAKEOVER, 0, qty, price, paid);
}

/* ---- all of it ---- */

static void make_messages(struct zl_making *making)
{
        if (takes_over(making))
                return;
        int64_t price = deleverage_price(making);
        int64_t left = deleverage(making, price);
        bool least = making->policy->adl_score == ZL_ADL_SCORE_LEAST_OVERSHOOT;

        making->price = price;
        making->left = left;
        if (!making->full)
                bear(making, left, least ? making->mark : making->claim->price,
                     loss_of(making, left, price));
}

bool zl_meet(struct zl_making *making)
{
        struct zl_plan *plan = making->plan;
        uint32_t before = plan->rows_count;
        zl_i128 spent = making->spent;
        bool overdrawn = making->overdrawn;

        making->cut = making->full = false;
        make_messages(making);
        if (!making->full)
                return true;
        while (plan->rows_count > before) {
                const struct zl_plan_row *row = &plan->rows[--plan->rows_count];
                if (row->type == ZL_TYPE_ADL)
                        making->round->candidates[row->candidate].winner.qty += row->qty;
        }
        making->spent = spent;
        making->overdrawn = overdrawn;
        return false;
}

void zl_meet_in_part(struct zl_making *making)
{
        making->cut = true;
        making->full = false;
        make_messages(making);
}
