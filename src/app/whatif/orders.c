/* orders.c - decisions: a router, a venue and a ledger in one step.
 *
 * A decision is admitted if its base is the ledger's, and carried out whole. What closes goes
 * immediate-or-cancel at its limit or better. A partial step's fill is the account's as it is. Of
 * a full step the account gets the limit, and its fund what the fill is better; what an isolated
 * pool has left when it is closed is its fund's. Where the instrument has no fund in its settle
 * asset, all of it is the account's. The fee is taker_fee + liq_fee of the fill. */
#include "app/whatif/branch.h"

#include "app/proposal.h"

#include <string.h>

/* One decision, being carried out. */
struct deciding {
        struct zl_branch *branch;
        struct zl_house *books;
        struct zl_house_account *account;
        struct zl_pool_id pool;
};

/* ---- the market ---- */

/* A side that is not told, or that makes no sense, is the mark. */
static int64_t side_or_mark(int64_t price, const struct zl_msg_mark *mark)
{
        return price > 0 && mark->bid <= mark->ask ? price : mark->price;
}

bool zl_branch_market(const struct zl_branch *branch, const struct zl_house_market *of,
                      struct zl_exchange_market *ret_market)
{
        const struct zl_msg_mark *mark = &of->mark;
        zl_i128 value;

        if (!of->has_mark || !of->is.usable)
                return false;
        *ret_market = (struct zl_exchange_market){
                .terms = &branch->changes->terms,
                .bid = side_or_mark(mark->bid, mark),
                .ask = side_or_mark(mark->ask, mark),
                .depth = mark->depth,
                .tick = of->is.tick,
                .lot = of->is.lot,
                .min_price = of->is.min_price,
                .max_price = of->is.max_price,
                .now_ns = branch->now_ns,
        };
        value = zl_house_value(of, of->is.lot, mark->price);
        ret_market->lot_value = zl_house_numeraire_ppb(&branch->books, of, value);
        return true;
}

/* ---- answers ---- */

static struct zl_msg_exec answer_to(const char *order)
{
        struct zl_msg_exec exec = {.status = ZL_EXEC_STATUS_REJECTED,
                                   .final = true,
                                   .absent = (uint64_t)1 << ZL_AT_exec_price};

        strcpy(exec.order, order);
        return exec;
}

/* ---- cancel ---- */

static bool in_pool(const struct zl_row_position *row, struct zl_pool_id pool)
{
        if (row->mode == ZL_MODE_CROSS)
                return pool.cross;
        return !pool.cross && row->instrument == pool.instrument && row->leg == pool.leg;
}

static void cancel(struct deciding *deciding, struct zl_msg_exec *exec)
{
        struct zl_holdings *own = &deciding->account->own;

        for (uint32_t i = 0; deciding->pool.cross && i < own->balances_count; i++) {
                if (own->balances[i].order_margin)
                        zl_house_touch(deciding->books, deciding->account);
                own->balances[i].order_margin = 0;
        }
        for (uint32_t i = 0; !deciding->pool.cross && i < own->positions_count; i++) {
                struct zl_row_position *row = &own->positions[i];
                if (!in_pool(row, deciding->pool) || !row->order_margin)
                        continue;
                zl_house_touch(deciding->books, deciding->account);
                row->order_margin = 0;
        }
        exec->status = ZL_EXEC_STATUS_FILLED;
        deciding->branch->variant->totals.cancels++;
}

/* ---- convert ---- */

/* What the cross pool has of an asset, unrealised profit in it, in units. */
static zl_i128 amount_of(const struct deciding *deciding, uint32_t asset)
{
        const struct zl_holdings *own = &deciding->account->own;
        const struct zl_row_balance *balance = zl_holdings_balance(own, asset);
        zl_i128 amount = balance ? balance->amount : 0;

        for (uint32_t i = 0; i < own->positions_count; i++) {
                const struct zl_row_position *row = &own->positions[i];
                const struct zl_house_market *market =
                        zl_house_market(deciding->books, row->instrument);
                if (row->mode != ZL_MODE_CROSS || !market || !market->has_mark ||
                    !market->is.usable || market->is.settle != asset)
                        continue;
                amount += zl_div_floor(zl_house_profit(market, row, market->mark.price),
                                       zl_pow10(ZL_FINE)) -
                          zl_house_due(market, row, zl_house_index(market));
        }
        return amount;
}

/* The asset that the pool owes most of, by its worth; the numeraire where it owes none. */
static uint32_t debt_of(const struct deciding *deciding)
{
        const struct zl_house *books = deciding->books;
        const struct zl_house_asset *assets = books->assets.rows;
        uint32_t debt = books->numeraire;
        zl_i128 most = 0;

        for (uint32_t i = 0; i < books->assets.map.count; i++) {
                uint32_t asset = assets[i].is.id;
                zl_i128 amount = amount_of(deciding, asset);
                zl_i128 owed = amount < 0 ? zl_house_exchange(books, asset, -amount,
                                                              books->numeraire)
                                          : 0;
                if (owed > most || (owed > 0 && owed == most && asset < debt)) {
                        most = owed;
                        debt = asset;
                }
        }
        return debt;
}

static void convert(struct deciding *deciding, const struct zl_msg_convert *order,
                    struct zl_msg_exec *exec)
{
        struct zl_holdings *own = &deciding->account->own;
        const struct zl_row_balance *from = zl_holdings_balance(own, order->asset);
        zl_i128 cost_ppm = (zl_i128)deciding->branch->changes->terms.convert_ppm;
        uint32_t debt = debt_of(deciding);

        if (!deciding->pool.cross || !from || order->amount <= 0 ||
            order->amount > from->amount - from->order_margin || debt == order->asset)
                return;
        zl_i128 worth = zl_house_exchange(deciding->books, order->asset, order->amount, debt);
        worth -= zl_div_ceil(worth * cost_ppm, 1000000);
        struct zl_row_balance *to = worth > 0 ? zl_holdings_need_balance(own, debt) : NULL;
        if (!to) /* what brings nothing is not sold: it would be proposed again, for ever */
                return;
        zl_house_asset(deciding->books, order->asset)->market -=
                order->amount * zl_pow10(ZL_FINE);
        zl_house_asset(deciding->books, debt)->market += worth * zl_pow10(ZL_FINE);
        zl_house_add(&to->amount, worth);
        zl_house_add(&zl_holdings_balance(own, order->asset)->amount, -(zl_i128)order->amount);
        zl_house_touch(deciding->books, deciding->account);
        own->cross_rev = own->rev;
        exec->status = ZL_EXEC_STATUS_FILLED;
        exec->filled = order->amount;
        deciding->branch->variant->totals.conversions++;
}

/* ---- liquidate ---- */

/* A fill, and the row that it closes a part of. */
struct closing {
        struct zl_house_market *market;
        struct zl_row_position *row;
        const struct zl_msg_liquidate *order;
        int64_t qty, price, fee;
};

static void pay_fund(struct deciding *deciding, struct zl_house_fund *fund, zl_i128 amount)
{
        struct zl_house *books = deciding->books;

        if (amount == 0)
                return;
        fund->pending += amount;
        deciding->branch->variant->totals.improvement +=
                zl_house_exchange(books, fund->asset, amount, books->numeraire);
}

/* The account's side of it; where a fund gets what is better than the limit, at the limit. */
static void settle(struct deciding *deciding, const struct closing *closing)
{
        struct zl_house *books = deciding->books;
        struct zl_row_position *row = closing->row;
        struct zl_house_market *market = closing->market;
        bool full = closing->order->step == ZL_STEP_FULL;
        struct zl_house_fund *fund = full ? zl_house_fund_of(books, market) : NULL;
        int64_t share = market->is.fee_ppb, limit = closing->order->price;
        int slope = zl_house_slope(market, row->qty);

        zl_house_pay_funding(books, deciding->account, market, row);
        int64_t *money = zl_house_money(books, deciding->account, market, row);
        if (!money)
                return;
        zl_i128 filled = zl_house_value(market, closing->qty, closing->price);
        if (!fund) {
                zl_i128 gain = zl_house_close_part(market, row, closing->qty, closing->price);
                zl_house_add(money, (zl_i128)zl_house_floor(books, market, gain) - closing->fee);
                return;
        }
        zl_i128 at_limit = zl_house_value(market, closing->qty, limit);
        int64_t fee = zl_house_fee(at_limit, share);
        zl_i128 gain = zl_house_close_part(market, row, closing->qty, limit);
        zl_house_add(money, (zl_i128)zl_house_floor(books, market, gain) - fee);
        zl_i128 better = zl_house_floor(books, market, slope * (filled - at_limit));
        pay_fund(deciding, fund, better - (closing->fee - fee));
        if (row->mode == ZL_MODE_ISOLATED && row->qty == 0) {
                pay_fund(deciding, fund, row->margin);
                row->margin = 0;
        }
}

static void fill(struct deciding *deciding, const struct closing *closing,
                 const struct zl_exchange_market *market)
{
        struct zl_exchange_state *state = &closing->market->exchange;
        int64_t mark = closing->market->mark.price;
        zl_i128 value = zl_house_value(closing->market, closing->qty, closing->price);
        zl_i128 at_mark = zl_house_value(closing->market, closing->qty, mark);
        int slope = zl_house_slope(closing->market, closing->row->qty);
        struct zl_house_asset *asset =
                zl_house_asset(deciding->books, closing->market->is.settle);

        zl_exchange_trade(state, market, closing->qty);
        asset->fees += closing->fee;
        asset->market += slope * value;
        zl_meter_fill(&deciding->branch->meter,
                      &(struct zl_meter_fill){.market = closing->market,
                                              .value = value,
                                              .slippage = slope * (at_mark - value),
                                              .fee = closing->fee,
                                              .chain = state->chain});
        zl_meter_loser(&deciding->branch->meter, deciding->account);
        zl_house_move(deciding->books, deciding->account, closing->row);
        settle(deciding, closing);
}

/* NULL: there is nothing of the pool to close so. */
static struct zl_row_position *row_of(struct deciding *deciding,
                                      const struct zl_msg_liquidate *order)
{
        enum zl_mode mode = deciding->pool.cross ? ZL_MODE_CROSS : ZL_MODE_ISOLATED;
        struct zl_row_position *row = zl_holdings_position(
                &deciding->account->own, order->instrument, order->leg, mode);

        if (!row || !in_pool(row, deciding->pool) || row->qty == 0 || order->qty <= 0 ||
            (row->qty > 0) != (order->side == ZL_SIDE_SELL))
                return NULL;
        return row;
}

static void liquidate(struct deciding *deciding, const struct zl_msg_liquidate *order,
                      struct zl_msg_exec *exec)
{
        struct zl_branch *branch = deciding->branch;
        struct zl_house_market *of = zl_house_market(deciding->books, order->instrument);
        struct zl_row_position *row = row_of(deciding, order);
        struct zl_exchange_market market;

        if (!row || !of || !zl_branch_market(branch, of, &market))
                return;
        int64_t size = row->qty < 0 ? -row->qty : row->qty;
        int64_t wanted = order->qty < size ? order->qty : size;
        zl_exchange_rest(&of->exchange, &market);
        struct closing closing = {.market = of, .row = row, .order = order};
        closing.qty = zl_exchange_fillable(&of->exchange, &market, order->side, order->price,
                                           wanted);
        exec->status = closing.qty == order->qty ? ZL_EXEC_STATUS_FILLED : ZL_EXEC_STATUS_EXPIRED;
        if (closing.qty == 0) {
                branch->variant->totals.unfilled++;
                return;
        }
        closing.price = zl_exchange_average(&of->exchange, &market, order->side, closing.qty);
        closing.fee = zl_house_fee(zl_house_value(of, closing.qty, closing.price),
                                   of->is.fee_ppb);
        exec->absent = 0;
        exec->filled = closing.qty;
        exec->price = closing.price;
        exec->fee = closing.fee;
        fill(deciding, &closing, &market);
}

/* ---- decisions ---- */

static uint64_t base_of(const struct zl_house_account *account, struct zl_pool_id pool)
{
        const struct zl_row_position *row;

        if (pool.cross)
                return account->own.cross_rev;
        row = zl_holdings_position(&account->own, pool.instrument, pool.leg, ZL_MODE_ISOLATED);
        return row ? row->rev : account->own.rev;
}

static void refuse(struct zl_branch *branch, const struct zl_proposal *proposal, uint64_t base)
{
        char text[ZL_KEY_TEXT_SIZE];

        zl_key_format(&proposal->key, text);
        struct zl_msg_exec exec = answer_to(text);
        exec.status = ZL_EXEC_STATUS_STALE;
        exec.final = false;
        exec.rev = base;
        zl_branch_say(branch, (struct zl_topic){ZL_TOPIC_EXEC, proposal->topic.id}, ZL_TYPE_EXEC,
                      &exec, 1);
}

static void carry_out(struct deciding *deciding, const struct zl_message *order,
                      struct zl_msg_exec *exec)
{
        *exec = answer_to(zl_proposal_order(order));
        switch (order->type) {
        case ZL_TYPE_CANCEL:
                cancel(deciding, exec);
                break;
        case ZL_TYPE_CONVERT:
                convert(deciding, &order->convert, exec);
                break;
        default:
                liquidate(deciding, &order->liquidate, exec);
        }
}

void zl_branch_decide(struct zl_branch *branch, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;
        struct zl_proposal proposal;
        struct deciding deciding = {.branch = branch, .books = &branch->books};
        uint32_t count = 0;

        if (zl_proposal_read(frame, size, branch->scratch, &proposal, &reader) ||
            zl_frame_open(&reader, frame, size) != ZL_OK)
                return;
        deciding.account = zl_house_account(&branch->books, proposal.key.account);
        deciding.pool = proposal.key.pool;
        if (!deciding.account)
                return;
        uint64_t base = base_of(deciding.account, deciding.pool);
        if (base != proposal.key.base) {
                refuse(branch, &proposal, base);
                return;
        }
        branch->variant->totals.decisions++;
        while (zl_frame_next(&reader, branch->scratch) == ZL_OK)
                carry_out(&deciding, branch->scratch, &branch->execs[count++]);
        uint64_t rev = deciding.account->own.rev;
        for (uint32_t i = 0; i < count; i++) {
                branch->execs[i].step = proposal.step;
                if (branch->execs[i].status == ZL_EXEC_STATUS_FILLED || branch->execs[i].filled)
                        branch->execs[i].rev = rev;
        }
        zl_house_tidy(&branch->books, deciding.account);
        branch->commit += deciding.account->touched;
        zl_branch_state(branch, branch->commit);
        zl_branch_say(branch, (struct zl_topic){ZL_TOPIC_EXEC, proposal.topic.id}, ZL_TYPE_EXEC,
                      branch->execs, count);
}
