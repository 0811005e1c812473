/* rows.c - plans, row by row, as proto/README.md has the ledger take them.
 *
 * The first plan for the fund's present revision is carried out, every other refused. A loser is
 * touched only while its base is the key's, or moved by an earlier row of this plan; a pair moves
 * both sides or neither, a winner up to what it still holds. The accounts are stated first, then
 * the fund's next revision with the plan's digest. When nothing is left to carry out, funds sell
 * what they took over in the market, for what it gets; that and what fills paid them is their
 * revision behind it. */
#include "app/whatif/branch.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* A plan, being carried out. */
struct planning {
        struct zl_branch *branch;
        struct zl_house *books;
        uint32_t fund; /* id */
        char loser[ZL_KEY_TEXT_SIZE]; /* of the pairs before, and what they gave and lacked */
        uint32_t instrument;
        zl_i128 given;
};

/* One pool of an account. */
struct side {
        struct zl_house_account *account;
        struct zl_row_position *row; /* of the instrument; NULL: none */
};

/* ---- what losers lack ---- */

static uint64_t need_name(const char *key, uint32_t instrument)
{
        return XXH3_64bits_withSeed(key, strlen(key), instrument);
}

static void set_need(struct zl_branch *branch, const char *key, uint32_t instrument,
                     int64_t amount)
{
        int64_t *row = zl_table_row(&branch->needed, need_name(key, instrument));

        branch->books.failed |= !row;
        if (row)
                *row = amount;
}

void zl_branch_hear_need(struct zl_branch *branch, const struct zl_output *output)
{
        const struct zl_msg_deficit *deficit = output->object;
        const struct zl_msg_adl_bid *bid = output->object;
        char text[ZL_KEY_TEXT_SIZE];

        if (output->type == ZL_TYPE_DEFICIT) {
                struct zl_key key = {.account = deficit->account, .base = deficit->base,
                                     .n = deficit->n};
                if (!zl_pool_id_parse(deficit->pool, &key.pool))
                        return;
                zl_key_format(&key, text);
                set_need(branch, text, deficit->instrument, deficit->amount);
        } else if (output->type == ZL_TYPE_ADL_BID) {
                for (uint32_t i = 0; i < bid->deficits_count; i++)
                        set_need(branch, bid->deficits[i].key, bid->deficits[i].instrument,
                                 bid->deficits[i].amount);
        }
}

/* All pairs of one loser and instrument are through: what did they give beyond what it lacked? */
static void end_loser(struct planning *planning)
{
        struct zl_whatif_totals *totals = &planning->branch->variant->totals;
        const struct zl_house_market *market =
                zl_house_market(planning->books, planning->instrument);
        const int64_t *need = zl_table_get(&planning->branch->needed,
                                           need_name(planning->loser, planning->instrument));

        if (*planning->loser && market) {
                zl_i128 needed = (need ? *need : 0) * zl_pow10(ZL_FINE);
                zl_i128 beyond = planning->given - needed;
                totals->needed += zl_house_numeraire(planning->books, market, needed);
                if (beyond > 0)
                        totals->overshoot +=
                                zl_house_numeraire(planning->books, market, beyond);
        }
        planning->loser[0] = 0;
        planning->given = 0;
}

static void begin_loser(struct planning *planning, const char *key, uint32_t instrument)
{
        if (!strcmp(planning->loser, key) && planning->instrument == instrument)
                return;
        end_loser(planning);
        strcpy(planning->loser, key);
        planning->instrument = instrument;
}

/* ---- who ---- */

static bool find(struct planning *planning, uint64_t id, struct zl_pool_id pool,
                 uint32_t instrument, enum zl_leg leg, struct side *ret_side)
{
        struct side side = {.account = zl_house_account(planning->books, id)};

        if (!side.account)
                return false;
        side.row = zl_holdings_position(&side.account->own,
                                        pool.cross ? instrument : pool.instrument,
                                        pool.cross ? leg : pool.leg,
                                        pool.cross ? ZL_MODE_CROSS : ZL_MODE_ISOLATED);
        *ret_side = side;
        return pool.cross || side.row;
}

/* The loser, while its base is the key's, or was before this plan. `closing`: the side that closes
 * its position; of hedge legs it tells which one. */
static bool find_loser(struct planning *planning, const char *text, uint32_t instrument,
                       enum zl_side closing, struct side *ret_side)
{
        static const enum zl_leg legs[] = {ZL_LEG_NET, ZL_LEG_LONG, ZL_LEG_SHORT};
        struct side side;
        struct zl_key key;

        if (!zl_key_parse(text, &key))
                return false;
        for (size_t i = 0; i < ZL_COUNT(legs); i++) {
                if (!find(planning, key.account, key.pool, instrument, legs[i], &side))
                        return false;
                if (side.row && side.row->qty &&
                    (side.row->qty > 0) == (closing == ZL_SIDE_SELL))
                        break;
        }
        uint64_t base = key.pool.cross ? side.account->own.cross_rev : side.row->rev;
        bool moved = side.account->touched && base == side.account->own.rev;
        *ret_side = side;
        return base == key.base || moved;
}

static int64_t held(const struct zl_row_position *row, enum zl_side closing)
{
        int64_t qty = row ? row->qty : 0;

        if ((qty > 0) != (closing == ZL_SIDE_SELL))
                return 0;
        return qty < 0 ? -qty : qty;
}

/* The pool's base moves, also where only money does. */
static void move_base(struct planning *planning, const struct side *side, struct zl_pool_id pool)
{
        zl_house_touch(planning->books, side->account);
        if (pool.cross)
                side->account->own.cross_rev = side->account->own.rev;
        else if (side->row)
                side->row->rev = side->account->own.rev;
}

/* A part of a side's position goes at a price, its due funding first. */
static void close_at(struct planning *planning, const struct side *side,
                     const struct zl_house_market *market, int64_t qty, int64_t price)
{
        struct zl_house *books = planning->books;

        zl_house_move(books, side->account, side->row);
        zl_house_pay_funding(books, side->account, market, side->row);
        int64_t *money = zl_house_money(books, side->account, market, side->row);
        zl_i128 gain = zl_house_close_part(market, side->row, qty, price);
        if (money)
                zl_house_add(money, zl_house_floor(books, market, gain));
}

/* ---- takeovers ---- */

static void hold(struct planning *planning, struct zl_house_fund *fund,
                 const struct zl_house_market *market, int64_t qty, int64_t price)
{
        zl_i128 value = zl_house_value(market, qty < 0 ? -qty : qty, price);
        struct zl_house_stake *stake = NULL;

        for (uint32_t i = 0; i < fund->stakes_count && !stake; i++) {
                if (fund->stakes[i].instrument == market->is.id &&
                    (fund->stakes[i].qty > 0) == (qty > 0))
                        stake = &fund->stakes[i];
        }
        if (!stake) {
                struct zl_house_stake *more =
                        realloc(fund->stakes, (fund->stakes_count + 1) * sizeof *more);
                if (!more) {
                        planning->books->failed = true;
                        return;
                }
                fund->stakes = more;
                stake = &fund->stakes[fund->stakes_count++];
                *stake = (struct zl_house_stake){.instrument = market->is.id};
        }
        stake->qty += qty;
        stake->cost += value;
}

static void pay_loser(struct planning *planning, struct side *loser, uint32_t from, int64_t amount,
                      uint32_t settle)
{
        zl_i128 worth = zl_house_change(planning->books, from, amount, settle);
        struct zl_row_balance *balance = NULL;

        if (loser->row && loser->row->mode == ZL_MODE_ISOLATED) {
                zl_house_add(&loser->row->margin, worth);
                return;
        }
        balance = zl_holdings_need_balance(&loser->account->own, settle);
        planning->books->failed |= !balance;
        if (balance)
                zl_house_add(&balance->amount, worth);
}

/* The fund pays the amount, and has the position at the price, or at the mark where that is worse
 * for the loser: beyond the mark the price says what the amount pays. */
static void take_over(struct planning *planning, const struct zl_msg_takeover *said)
{
        struct zl_house *books = planning->books;
        struct zl_whatif_totals *totals = &planning->branch->variant->totals;
        const struct zl_house_market *market = zl_house_market(books, said->instrument);
        struct zl_house_fund *fund = zl_house_fund(books, planning->fund);
        struct side loser;
        struct zl_key key;

        if (!market || !market->has_mark || !market->is.usable || said->qty < 0 ||
            said->amount < 0 || !zl_key_parse(said->key, &key) ||
            !find_loser(planning, said->key, said->instrument, said->side, &loser) ||
            said->qty > held(loser.row, said->side))
                return;
        int64_t mark = market->mark.price, price = said->price;
        if (said->side == ZL_SIDE_SELL ? price > mark : price < mark)
                price = mark;
        move_base(planning, &loser, key.pool);
        pay_loser(planning, &loser, fund->asset, said->amount, market->is.settle);
        zl_house_add(&fund->balance, -(zl_i128)said->amount);
        zl_meter_bad_debt(&planning->branch->meter, fund->asset, said->amount);
        totals->takeovers++;
        zl_meter_loser(&planning->branch->meter, loser.account);
        if (said->qty == 0)
                return;
        totals->takeover_notional += zl_house_numeraire(books, market,
                                                        zl_house_value(market, said->qty, price));
        close_at(planning, &loser, market, said->qty, price);
        hold(planning, fund, market, said->side == ZL_SIDE_SELL ? said->qty : -said->qty, price);
}

/* ---- pairs ---- */

static void pair(struct planning *planning, const struct zl_msg_adl *said)
{
        struct zl_house *books = planning->books;
        const struct zl_house_market *market = zl_house_market(books, said->instrument);
        enum zl_side gives = said->side == ZL_SIDE_SELL ? ZL_SIDE_BUY : ZL_SIDE_SELL;
        struct zl_pool_id pool;
        struct side loser, winner;

        if (!market || !market->has_mark || !market->is.usable || said->qty <= 0 ||
            !find_loser(planning, said->loser_key, said->instrument, said->side, &loser) ||
            !loser.row || said->qty > held(loser.row, said->side) ||
            !zl_pool_id_parse(said->winner_pool, &pool) ||
            !find(planning, said->winner_account, pool, said->instrument, said->leg, &winner) ||
            !winner.row || winner.account == loser.account)
                return;
        int64_t qty = held(winner.row, gives) < said->qty ? held(winner.row, gives) : said->qty;
        if (qty == 0)
                return;
        int slope = zl_house_slope(market, winner.row->qty);
        int64_t mark = market->mark.price;
        zl_i128 value = zl_house_value(market, qty, said->price);
        zl_i128 given = slope * (zl_house_value(market, qty, mark) - value);
        struct zl_meter_hit hit = {.market = market,
                                   .account = said->winner_account,
                                   .pool = said->winner_pool,
                                   .leg = winner.row->leg,
                                   .qty = qty,
                                   .value = value,
                                   .given = given > 0 ? given : 0,
                                   .profit = zl_house_profit(market, winner.row, mark)};
        begin_loser(planning, said->loser_key, said->instrument);
        planning->given += hit.given;
        zl_meter_hit(&planning->branch->meter, &hit, winner.account);
        zl_meter_bad_debt(&planning->branch->meter, market->is.settle,
                          zl_div_floor(hit.given, zl_pow10(ZL_FINE)));
        zl_meter_loser(&planning->branch->meter, loser.account);
        close_at(planning, &loser, market, qty, said->price);
        close_at(planning, &winner, market, qty, said->price);
}

/* ---- shares ---- */

/* A position of the winner's pool that settles in the asset: the share is told under its name. */
static struct zl_row_position *of_asset(struct planning *planning,
                                        struct zl_house_account *account, struct zl_pool_id pool,
                                        uint32_t asset)
{
        struct zl_holdings *own = &account->own;

        for (uint32_t i = 0; i < own->positions_count; i++) {
                struct zl_row_position *row = &own->positions[i];
                const struct zl_house_market *market =
                        zl_house_market(planning->books, row->instrument);
                bool in = pool.cross ? row->mode == ZL_MODE_CROSS
                                     : row->mode == ZL_MODE_ISOLATED &&
                                               row->instrument == pool.instrument &&
                                               row->leg == pool.leg;
                if (in && market && market->has_mark && market->is.settle == asset)
                        return row;
        }
        return NULL;
}

static void share(struct planning *planning, const struct zl_msg_socialize *said)
{
        struct zl_house *books = planning->books;
        struct zl_house_account *winner = zl_house_account(books, said->account);
        struct zl_pool_id pool;
        struct zl_key key;
        struct side loser;

        if (!winner || said->amount <= 0 || !zl_key_parse(said->key, &key) ||
            !zl_pool_id_parse(said->pool, &pool) ||
            !find_loser(planning, said->key, key.pool.instrument, ZL_SIDE_SELL, &loser))
                return;
        struct zl_row_position *row = of_asset(planning, winner, pool, said->asset);
        if (!row)
                return;
        const struct zl_house_market *market = zl_house_market(books, row->instrument);
        const struct zl_house_market *of = zl_house_market(books, key.pool.instrument);
        struct zl_meter_hit hit = {.market = market,
                                   .account = said->account,
                                   .pool = said->pool,
                                   .leg = row->leg,
                                   .share = said->amount * zl_pow10(ZL_FINE),
                                   .profit = zl_house_profit(market, row, market->mark.price)};
        zl_meter_hit(&planning->branch->meter, &hit, winner);
        zl_meter_bad_debt(&planning->branch->meter, said->asset, said->amount);
        int64_t *money = zl_house_money(books, winner, market, row);
        zl_house_touch(books, winner);
        if (money)
                zl_house_add(money, -(zl_i128)said->amount);
        move_base(planning, &loser, key.pool);
        pay_loser(planning, &loser, said->asset, said->amount,
                  key.pool.cross || !of ? said->asset : of->is.settle);
}

/* ---- plans ---- */

static bool is_for(const struct zl_house_fund *fund, const struct zl_message *message)
{
        uint64_t rev = message->type == ZL_TYPE_TAKEOVER ? message->takeover.rev
                       : message->type == ZL_TYPE_ADL    ? message->adl.rev
                                                         : message->socialize.rev;

        return fund && fund->heard && rev == fund->rev;
}

static void take_row(struct planning *planning, const struct zl_message *message)
{
        if (message->type == ZL_TYPE_TAKEOVER)
                take_over(planning, &message->takeover);
        else if (message->type == ZL_TYPE_ADL)
                pair(planning, &message->adl);
        else
                share(planning, &message->socialize);
}

void zl_branch_plan(struct zl_branch *branch, const uint8_t *frame, size_t size)
{
        struct planning planning = {.branch = branch, .books = &branch->books};
        struct zl_whatif_totals *totals = &branch->variant->totals;
        struct zl_frame_reader reader;

        if (zl_frame_open(&reader, frame, size) != ZL_OK)
                return;
        size_t body = reader.offset;
        planning.fund = reader.header.topic.id;
        for (bool first = true; zl_frame_next(&reader, branch->scratch) == ZL_OK; first = false) {
                if (first &&
                    !is_for(zl_house_fund(&branch->books, planning.fund), branch->scratch)) {
                        totals->plans_refused++;
                        return;
                }
                take_row(&planning, branch->scratch);
        }
        end_loser(&planning);
        totals->plans++;
        for (uint32_t i = 0; i < branch->books.touched_count; i++)
                zl_house_tidy(&branch->books, branch->books.touched[i]);
        struct zl_house_fund *fund = zl_house_fund(&branch->books, planning.fund);
        fund->rev++;
        fund->plan = XXH3_64bits(frame + body, size - body);
        fund->touched = true;
        zl_branch_state(branch, ++branch->commit);
}

/* ---- stakes ---- */

/* For what it gets, however little; its taker_fee is the exchange's. */
static zl_i128 sell(struct zl_branch *branch, const struct zl_house_stake *stake)
{
        struct zl_house *books = &branch->books;
        struct zl_house_market *market = zl_house_market(books, stake->instrument);
        struct zl_house_asset *asset = zl_house_asset(books, market->is.settle);
        enum zl_side side = stake->qty > 0 ? ZL_SIDE_SELL : ZL_SIDE_BUY;
        int64_t qty = stake->qty < 0 ? -stake->qty : stake->qty;
        struct zl_exchange_market at;

        if (!zl_branch_market(branch, market, &at))
                return 0;
        zl_exchange_rest(&market->exchange, &at);
        int64_t price = zl_exchange_average(&market->exchange, &at, side, qty);
        price = price < at.min_price ? at.min_price : price > at.max_price ? at.max_price : price;
        zl_exchange_trade(&market->exchange, &at, qty);
        zl_i128 value = zl_house_value(market, qty, price);
        int64_t fee = zl_house_fee(value, market->taker_fee_ppb);
        asset->fees += fee;
        asset->market += zl_house_slope(market, stake->qty) * value;
        zl_i128 gain = zl_house_slope(market, stake->qty) * (value - stake->cost);
        zl_i128 units = (zl_i128)zl_house_floor(books, market, gain) - fee;
        struct zl_house_fund *fund = zl_house_fund(books, market->is.fund);
        return zl_house_change(books, market->is.settle, units,
                               fund ? fund->asset : market->is.settle);
}

bool zl_branch_settle_funds(struct zl_branch *branch)
{
        struct zl_house_fund *funds = branch->books.funds.rows;
        bool any = false;

        for (uint32_t i = 0; i < branch->books.funds.map.count; i++) {
                for (uint32_t k = 0; k < funds[i].stakes_count; k++)
                        funds[i].pending += sell(branch, &funds[i].stakes[k]);
                funds[i].stakes_count = 0;
                any |= zl_house_settle_fund(&funds[i]);
        }
        if (any) /* it belongs to the last transaction */
                zl_branch_state(branch, branch->commit);
        return any;
}
