#include "core/bidding.h"

#include "core/outbox.h"
#include "core/text.h"

/* ---- at the query's prices ---- */

void zl_bidding_set_asked(struct zl_engine *engine, const struct zl_msg_adl_query *query, bool on)
{
        uint32_t row;

        for (uint32_t i = 0; i < query->marks_count; i++) {
                if (zl_map_get(&engine->instruments_by_id, query->marks[i].instrument, &row))
                        engine->instruments[row].asked = on ? query->marks[i].price : 0;
        }
        for (uint32_t i = 0; i < query->rates_count; i++) {
                if (zl_map_get(&engine->assets_by_id, query->rates[i].asset, &row))
                        engine->assets[row].asked = on ? query->rates[i].price : 0;
        }
}

static bool view_asked(const struct zl_engine *engine, const struct zl_pool *pool,
                       struct zl_view *view, struct zl_worth *ret_worth)
{
        zl_refusal refusal;

        if (!zl_state_view(engine, pool, view, &refusal))
                return false;
        for (uint32_t i = 0; i < view->parts_count; i++) {
                struct zl_part *part = &view->parts[i];
                int64_t asked = part->instrument->asked;
                if (asked >= part->instrument->min_price && asked <= part->instrument->max_price)
                        part->u = zl_coordinate(part->instrument, asked);
        }
        for (uint32_t i = 0; i < view->stocks_count; i++) {
                if (view->stocks[i].asset->asked > 0)
                        zl_stock_set_rate(&view->stocks[i], view->stocks[i].asset->asked);
        }
        zl_view_worth(view, ret_worth);
        return true;
}

/* ---- winners ---- */

static struct zl_wide common(const struct zl_view *view, const struct zl_part *part, zl_i128 fine)
{
        return zl_wide_mul(view->stocks[part->stock].weight, zl_wide_of(fine));
}

/* What the whole pool would have were all of it closed without a profit. */
static struct zl_wide balance_of(const struct zl_view *view, const struct zl_worth *worth)
{
        struct zl_wide balance = worth->left;

        for (uint32_t i = 0; i < view->parts_count; i++)
                balance = zl_wide_sub(balance, common(view, &view->parts[i],
                                                      zl_part_profit(&view->parts[i])));
        return balance;
}

/* V at the price at which the part alone makes its pool bankrupt: V - slope B / r. */
static zl_i128 bankrupt_value(const struct zl_view *view, const struct zl_worth *worth,
                              const struct zl_part *part)
{
        struct zl_wide weight = view->stocks[part->stock].weight;
        zl_i128 away = zl_wide_saturate(zl_wide_div_floor(worth->left, weight));

        return zl_part_value(part) - part->slope * away;
}

static struct zl_standing standing_of(const struct zl_view *view, const struct zl_worth *worth,
                                      const struct zl_part *part)
{
        struct zl_wide carried = zl_wide_pow10(9 + view->slope_digits);

        return (struct zl_standing){
                .size = zl_saturate_i64(part->size),
                .mark_value = zl_part_value(part),
                .entry_value = part->cost,
                .bankrupt_value = bankrupt_value(view, worth, part),
                .profit = zl_part_profit(part),
                .notional = common(view, part, zl_part_value(part)),
                .entry_notional = common(view, part, part->cost),
                .equity = worth->left,
                .balance = balance_of(view, worth),
                .maintenance = zl_wide_div_ceil(worth->maintenance, carried),
        };
}

bool zl_bidding_standing(const struct zl_engine *engine, const struct zl_winner *winner,
                         struct zl_view *view, struct zl_standing *ret_standing)
{
        struct zl_worth worth;
        uint32_t account = zl_state_find_account(engine, winner->account);
        uint32_t pool = account == ZL_NONE_AT
                                ? ZL_NONE_AT
                                : zl_state_find_pool(engine, account, winner->pool);

        if (pool == ZL_NONE_AT || !view_asked(engine, &engine->pools[pool], view, &worth))
                return false;
        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_part *part = &view->parts[i];
                if (part->instrument->id != winner->instrument || part->leg != winner->leg)
                        continue;
                *ret_standing = standing_of(view, &worth, part);
                return true;
        }
        return false;
}

static void add_candidate(struct zl_engine *engine, const struct zl_pool *pool,
                          const struct zl_worth *worth, const struct zl_part *part)
{
        struct zl_bidding *bidding = engine->bidding;
        const struct zl_policy *policy = zl_state_find_policy(engine, part->instrument->policy);
        uint64_t account = engine->accounts[pool->account].id;
        struct zl_standing standing = standing_of(engine->view, worth, part);

        if (!policy || !zl_is_winner(&standing))
                return;
        bidding->candidates[bidding->candidates_count++] = (struct zl_candidate){
                .winner = {.partition = zl_partition(account, engine->partitions),
                           .account = account,
                           .pool = pool->id,
                           .instrument = part->instrument->id,
                           .leg = part->leg,
                           .score = zl_score(policy->adl_score, &standing),
                           .qty = standing.size,
                           .profit = zl_amount_floor(standing.profit)},
                .side = part->sign > 0 ? ZL_SIDE_BUY : ZL_SIDE_SELL};
}

/* ---- losers ---- */

static void add_claim(struct zl_engine *engine, const struct zl_pool *pool,
                      const struct zl_worth *worth, const struct zl_shares *shares, uint32_t at)
{
        struct zl_bidding *bidding = engine->bidding;
        const struct zl_part *part = &engine->view->parts[at];

        if (bidding->claims_count == bidding->claims_max)
                return; /* stated again when these are met */
        bidding->claims[bidding->claims_count++] = (struct zl_claim){
                .account = engine->accounts[pool->account].id,
                .pool = pool->id,
                .base = pool->base,
                .n = pool->n,
                .instrument = part->instrument->id,
                .leg = part->leg,
                .side = part->sign > 0 ? ZL_SIDE_SELL : ZL_SIDE_BUY,
                .qty = zl_saturate_i64(part->size),
                .price = zl_limit_price(engine->view, worth, shares, at),
                .amount = zl_saturate_i64(zl_shortfall_ceil(engine->view, worth, shares, at))};
}

/* ---- gathering ---- */

/* Who has profit and who owes is not known there now. */
static bool is_repairing(const struct zl_engine *engine, uint32_t partition)
{
        return engine->ctrl_holes || engine->acct_holes[partition];
}

/* A pool that is bankrupt itself, or waits for a fund, is no counterparty. */
static void gather_pool(struct zl_engine *engine, const struct zl_pool *pool, uint32_t fund)
{
        struct zl_view *view = engine->view;
        struct zl_worth worth;
        struct zl_shares shares;
        bool loses = pool->phase == ZL_PHASE_DEFICIT;
        uint64_t account = engine->accounts[pool->account].id;

        if (is_repairing(engine, zl_partition(account, engine->partitions)) ||
            !view_asked(engine, pool, view, &worth))
                return;
        if (loses && zl_worth_good(view, &worth, zl_threshold_safe(view->policy)))
                return;
        if (loses)
                zl_shares_init(&shares, view);
        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_part *part = &view->parts[i];
                if (!part->open || part->instrument->fund != fund)
                        continue;
                if (loses)
                        add_claim(engine, pool, &worth, &shares, i);
                else if (!zl_wide_negative(worth.left))
                        add_candidate(engine, pool, &worth, part);
        }
}

/* Every pool once: of those in an instrument of the fund, the row that comes first there. */
static bool is_first_of_fund(const struct zl_engine *engine, uint32_t row, uint32_t fund)
{
        uint32_t at = engine->pools[engine->positions[row].pool].first_position;

        while (engine->instruments[engine->positions[at].instrument].fund != fund)
                at = engine->positions[at].next_of_pool;
        return at == row;
}

static void gather(struct zl_engine *engine, uint32_t fund)
{
        for (uint32_t i = 0; i < engine->instruments_by_id.count; i++) {
                const struct zl_instrument *instrument = &engine->instruments[i];
                if (!instrument->defined || instrument->fund != fund)
                        continue;
                for (uint32_t row = instrument->first_position; row != ZL_NONE_AT;
                     row = engine->positions[row].next_of_instrument) {
                        if (is_first_of_fund(engine, row, fund))
                                gather_pool(engine, &engine->pools[engine->positions[row].pool],
                                            fund);
                }
        }
}

/* ---- saying ---- */

void zl_bidding_take(struct zl_engine *engine, const struct zl_header *header,
                     const struct zl_msg_adl_query *query)
{
        struct zl_bidding *bidding = engine->bidding;

        bidding->claims_count = bidding->candidates_count = 0;
        bidding->candidates_done = bidding->totals_done = bidding->part = 0;
        bidding->fund = query->fund;
        bidding->rev = query->rev;
        bidding->round = query->round;
        bidding->asker = header->src;
        bidding->asker_epoch = header->epoch;
        bidding->partition = 0;
        bidding->active = true;
        zl_bidding_set_asked(engine, query, true);
        gather(engine, query->fund);
        zl_bidding_set_asked(engine, query, false);
        zl_claims_sort(bidding->claims, bidding->claims_count);
        zl_candidates_sort(bidding->candidates, bidding->candidates_count, zl_by_partition);
}

static void fill_claims(struct zl_engine *engine, struct zl_bidding *bidding)
{
        struct zl_msg_adl_bid *bid = &bidding->bid;

        for (uint32_t i = 0; i < bidding->claims_count; i++) {
                struct zl_claim *claim = &bidding->claims[i];
                const struct zl_key key = {.account = claim->account,
                                           .pool = claim->pool,
                                           .base = claim->base,
                                           .n = claim->n};
                if (claim->qty == 0 ||
                    zl_partition(claim->account, engine->partitions) != bidding->partition)
                        continue;
                if (bid->deficits_count == ZL_COUNT(bid->deficits)) {
                        bid->more = true;
                        return;
                }
                struct zl_row_shortfall *row = &bid->deficits[bid->deficits_count++];
                *row = (struct zl_row_shortfall){.instrument = claim->instrument,
                                                 .leg = claim->leg,
                                                 .side = claim->side,
                                                 .qty = claim->qty,
                                                 .price = claim->price,
                                                 .amount = claim->amount};
                zl_key_format(&key, row->key);
                claim->qty = 0; /* said */
        }
}

static void fill_candidates(struct zl_bidding *bidding)
{
        struct zl_msg_adl_bid *bid = &bidding->bid;

        while (bidding->candidates_done < bidding->candidates_count) {
                const struct zl_candidate *one = &bidding->candidates[bidding->candidates_done];
                if (one->winner.partition != bidding->partition)
                        return;
                if (bid->candidates_count == ZL_COUNT(bid->candidates)) {
                        bid->more = true;
                        return;
                }
                struct zl_row_candidate *row = &bid->candidates[bid->candidates_count++];
                *row = (struct zl_row_candidate){.account = one->winner.account,
                                                 .instrument = one->winner.instrument,
                                                 .leg = one->winner.leg,
                                                 .qty = one->winner.qty,
                                                 .score = one->winner.score,
                                                 .profit = zl_saturate_i64(one->winner.profit),
                                                 .side = one->side};
                zl_pool_id_format(one->winner.pool, row->pool);
                bidding->candidates_done++;
        }
}

/* Of all winners of the partition, which stand by instrument and side. */
static void fill_totals(struct zl_bidding *bidding)
{
        struct zl_msg_adl_bid *bid = &bidding->bid;
        const struct zl_candidate *rows = bidding->candidates;

        while (bidding->totals_done < bidding->candidates_count) {
                const struct zl_candidate *first = &rows[bidding->totals_done];
                zl_i128 qty = 0, profit = 0;
                uint32_t at = bidding->totals_done;
                if (first->winner.partition != bidding->partition)
                        return;
                if (bid->totals_count == ZL_COUNT(bid->totals)) {
                        bid->more = true;
                        return;
                }
                for (; at < bidding->candidates_count &&
                       rows[at].winner.partition == bidding->partition &&
                       rows[at].winner.instrument == first->winner.instrument &&
                       rows[at].side == first->side;
                     at++) {
                        qty += rows[at].winner.qty;
                        profit += rows[at].winner.profit;
                }
                bid->totals[bid->totals_count++] =
                        (struct zl_row_total){.instrument = first->winner.instrument,
                                              .side = first->side,
                                              .qty = zl_saturate_i64(qty),
                                              .profit = zl_saturate_i64(profit)};
                bidding->totals_done = at;
        }
}

bool zl_bidding_go_on(struct zl_engine *engine)
{
        struct zl_bidding *bidding = engine->bidding;
        struct zl_msg_adl_bid *bid = &bidding->bid;

        while (bidding->active && bidding->partition < engine->partitions) {
                if (!zl_state_owns(engine, bidding->partition)) {
                        bidding->partition++;
                        continue;
                }
                if (!zl_outbox_has_room_for(engine->outbox, ZL_TYPE_ADL_BID))
                        return false;
                bid->absent = 0;
                bid->fund = bidding->fund;
                bid->rev = bidding->rev;
                bid->round = bidding->round;
                bid->asker = bidding->asker;
                bid->asker_epoch = bidding->asker_epoch;
                bid->partition = bidding->partition;
                bid->deficits_count = bid->candidates_count = bid->totals_count = 0;
                bid->more = false;
                bid->repairing = is_repairing(engine, bidding->partition);
                fill_claims(engine, bidding);
                fill_candidates(bidding);
                fill_totals(bidding);
                bid->part = bidding->part;
                zl_say_bid(engine, bid);
                bidding->part = bid->more ? bidding->part + 1 : 0;
                bidding->partition += !bid->more;
        }
        bidding->active = false;
        return true;
}
