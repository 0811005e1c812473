/* outside.c - what came from outside, as differences.
 *
 * A message of the tape is held against the recorded state before it. Where the account is still
 * what it was then, the rows are taken as they stand and money moves by its difference. Where it is
 * not, or the price is another one, a position's difference is a trade at the mark:
 *     closed   the same quantity, as far as there is any left
 *     opened   the same quantity, at its recorded cost times mark / recorded mark; an account that
 *              has lost what it would add to opens nothing
 * and money moves by its difference, less what closing brought then, and more what it brings here;
 * so too with the funding that was due. */
#include "app/whatif/branch.h"

#include <stdlib.h>

#define BIT(field) ((uint64_t)1 << ZL_AT_position_##field)

/* One message, being applied. */
struct difference {
        struct zl_branch *branch;
        struct zl_house *books;
        struct zl_house_account *account;
        const struct zl_holdings *before, *after;
        bool diverged;
};

static bool index_now(const void *context, uint32_t instrument, int64_t *ret_index)
{
        const struct zl_house *books = context;
        const struct zl_house_market *market = zl_house_market(books, instrument);

        if (!market || !market->has_mark)
                return false;
        *ret_index = market->mark.funding;
        return true;
}

static int64_t size_of(int64_t qty)
{
        return qty < 0 ? -qty : qty;
}

static bool same_side(int64_t a, int64_t b)
{
        return (a > 0 && b > 0) || (a < 0 && b < 0);
}

/* ---- positions ---- */

/* Of what a position is made, but for its money. */
static bool same_position(const struct zl_row_position *a, const struct zl_row_position *b)
{
        const uint64_t terms = BIT(entry) | BIT(cost) | BIT(funding);

        if (!a || !b)
                return a == b;
        return a->qty == b->qty && ((a->absent ^ b->absent) & terms) == 0 &&
               (ZL_ABSENT(a, position, entry) || a->entry == b->entry) &&
               (ZL_ABSENT(a, position, cost) || a->cost == b->cost) &&
               (ZL_ABSENT(a, position, funding) || a->funding == b->funding);
}

static void pay(struct difference *difference, const struct zl_house_market *market,
                struct zl_row_position *row, zl_i128 amount)
{
        bool own = row && row->mode == ZL_MODE_ISOLATED; /* then it needs no market */
        int64_t *money = NULL;

        if (amount && (own || market))
                money = zl_house_money(difference->books, difference->account, market, row);
        if (money)
                zl_house_add(money, amount);
}

/* Money less what funding took then, and more what it takes here, up to the index paid then. */
static zl_i128 funding_of(const struct zl_house_market *market,
                          const struct zl_row_position *before,
                          const struct zl_row_position *after, struct zl_row_position *own)
{
        int64_t index = after && !ZL_ABSENT(after, position, funding) ? after->funding
                                                                      : zl_house_index(market);
        zl_i128 amount = 0;

        if (after && (!before || after->funding == before->funding))
                return 0; /* nothing was paid */
        if (before)
                amount += zl_house_due(market, before, index);
        if (own && own->qty) {
                amount -= zl_house_due(market, own, index);
                own->funding = index;
                own->absent &= ~BIT(funding);
        }
        return amount;
}

/* What closing so much brings, in units; nothing while no mark tells a price. */
static zl_i128 close_of(struct zl_house *books, const struct zl_house_market *market,
                        struct zl_row_position *row, int64_t qty, int64_t price)
{
        zl_i128 gain = zl_house_close_part(market, row, qty, price);

        if (!market->has_mark || !zl_house_asset(books, market->is.settle))
                return 0;
        return zl_div_floor(gain, zl_pow10(ZL_FINE));
}

/* A cost then, at the prices here: the value of a linear position goes with the mark, that of an
 * inverse one against it. */
static zl_i128 at_our_mark(const struct zl_house_market *market, zl_i128 cost)
{
        bool inverse = market->is.kind == ZL_KIND_INVERSE;
        int64_t ours = market->mark.price, theirs = market->recorded;

        if (!market->has_mark || ours == theirs)
                return cost;
        return zl_wide_saturate(
                zl_wide_div_floor(zl_wide_product(cost, inverse ? theirs : ours),
                                  zl_wide_of(inverse ? ours : theirs)));
}

/* The part of `after` that is not in `before`, added to the branch's row. */
static void open_position(struct difference *difference, const struct zl_house_market *market,
                          const struct zl_row_position *before,
                          const struct zl_row_position *after)
{
        struct zl_holdings *own = &difference->account->own;
        struct zl_row_position *row = zl_holdings_position(own, after->instrument, after->leg,
                                                           after->mode);
        bool adds = before && same_side(before->qty, after->qty);
        int64_t has = row ? row->qty : 0;
        zl_i128 cost = zl_house_cost(market, after);

        if ((has && !same_side(has, after->qty)) ||
            (adds && size_of(has) < size_of(before->qty))) {
                difference->branch->variant->inputs.declined++;
                return;
        }
        if (adds)
                cost -= zl_house_cost(market, before);
        cost = at_our_mark(market, cost);
        if (row && has)
                cost += zl_house_cost(market, row);
        row = zl_holdings_need_position(own, after);
        if (!row) {
                difference->books->failed = true;
                return;
        }
        row->qty += after->qty - (adds ? before->qty : 0);
        row->cost = zl_saturate_i64(zl_div_ceil(cost, zl_pow10(ZL_FINE)));
        row->cost = row->cost < 1 ? 1 : row->cost;
        row->absent = (row->absent & ~BIT(cost)) | BIT(entry);
        if (!has) {
                row->funding = after->funding;
                row->absent = (row->absent & ~BIT(funding)) | (after->absent & BIT(funding));
        }
}

/* The account is not what it was: the difference is a trade. */
static void trade(struct difference *difference, const struct zl_house_market *market,
                  const struct zl_row_position *before, const struct zl_row_position *after,
                  struct zl_row_position *own)
{
        int64_t had = before ? before->qty : 0, has = after ? after->qty : 0;
        int64_t stays = same_side(had, has) ? size_of(has) : 0;
        int64_t closed = size_of(had) > stays ? size_of(had) - stays : 0;
        bool opens = has && (!same_side(had, has) || size_of(has) > size_of(had));
        zl_i128 amount = funding_of(market, before, after, own);

        if (closed) {
                struct zl_row_position then = *before;
                amount -= close_of(difference->books, market, &then, closed, market->recorded);
        }
        if (closed && own && same_side(own->qty, had)) {
                int64_t qty = closed < size_of(own->qty) ? closed : size_of(own->qty);
                amount += close_of(difference->books, market, own, qty, market->mark.price);
        }
        pay(difference, market, own, amount);
        if (opens)
                open_position(difference, market, before, after);
}

/* The account is what it was: the row is as it stands. */
static void take_row(struct difference *difference, const struct zl_row_position *after,
                     struct zl_row_position *own)
{
        struct zl_row_position *row = own;

        if (!after) {
                if (row)
                        row->qty = 0;
                return;
        }
        row = zl_holdings_need_position(&difference->account->own, after);
        if (!row) {
                difference->books->failed = true;
                return;
        }
        row->qty = after->qty;
        row->entry = after->entry;
        row->cost = after->cost;
        row->funding = after->funding;
        row->absent = after->absent;
}

/* Its margin, and what orders hold of it, by their difference. */
static void take_margin(struct difference *difference, const struct zl_house_market *market,
                        const struct zl_row_position *before, const struct zl_row_position *after)
{
        const struct zl_row_position *like = after ? after : before;
        struct zl_row_position *row = zl_holdings_position(&difference->account->own,
                                                           like->instrument, like->leg,
                                                           like->mode);
        zl_i128 margin = (zl_i128)(after ? after->margin : 0) - (before ? before->margin : 0);
        zl_i128 held = (zl_i128)(after ? after->order_margin : 0) -
                       (before ? before->order_margin : 0);

        if (like->mode != ZL_MODE_ISOLATED)
                return;
        if (row) {
                zl_house_add(&row->order_margin, held);
                row->order_margin = row->order_margin < 0 ? 0 : row->order_margin;
        }
        pay(difference, market, row, margin);
}

static void take_position(struct difference *difference, const struct zl_row_position *before,
                          const struct zl_row_position *after)
{
        const struct zl_row_position *like = after ? after : before;
        const struct zl_house_market *market = zl_house_market(difference->books,
                                                               like->instrument);
        struct zl_holdings *own = &difference->account->own;
        struct zl_row_position *row = zl_holdings_position(own, like->instrument, like->leg,
                                                           like->mode);
        bool moved = !before || !after || after->rev > before->rev;

        if (same_position(before, after) && before->margin == after->margin &&
            before->order_margin == after->order_margin && !moved)
                return;
        zl_house_touch(difference->books, difference->account);
        bool priced = market && market->has_mark && market->mark.price != market->recorded;
        if (!same_position(before, after) && market && market->is.usable &&
            (priced || !same_position(before, row))) {
                difference->diverged = true;
                trade(difference, market, before, after, row);
        } else if (same_position(before, row)) {
                take_row(difference, after, row);
        }
        take_margin(difference, market, before, after);
        row = zl_holdings_position(own, like->instrument, like->leg, like->mode);
        if (moved && row)
                zl_house_move(difference->books, difference->account, row);
}

/* ---- balances ---- */

static void take_balance(struct difference *difference, uint32_t asset)
{
        const struct zl_row_balance none = {0};
        const struct zl_row_balance *before = zl_holdings_balance(difference->before, asset);
        const struct zl_row_balance *after = zl_holdings_balance(difference->after, asset);

        before = before ? before : &none;
        after = after ? after : &none;
        if (before->amount == after->amount && before->order_margin == after->order_margin)
                return;
        zl_house_touch(difference->books, difference->account);
        struct zl_row_balance *row =
                zl_holdings_need_balance(&difference->account->own, asset);
        if (!row) {
                difference->books->failed = true;
                return;
        }
        zl_house_add(&row->amount, (zl_i128)after->amount - before->amount);
        zl_house_add(&row->order_margin, (zl_i128)after->order_margin - before->order_margin);
        row->order_margin = row->order_margin < 0 ? 0 : row->order_margin;
}

/* ---- accounts ---- */

static void apply(struct difference *difference)
{
        const struct zl_holdings *before = difference->before, *after = difference->after;
        struct zl_house_account *account = difference->account;

        for (uint32_t i = 0; i < after->balances_count; i++)
                take_balance(difference, after->balances[i].asset);
        for (uint32_t i = 0; i < before->balances_count; i++) {
                if (!zl_holdings_balance(after, before->balances[i].asset))
                        take_balance(difference, before->balances[i].asset);
        }
        for (uint32_t i = 0; i < after->positions_count; i++) {
                const struct zl_row_position *row = &after->positions[i];
                take_position(difference,
                              zl_holdings_position(before, row->instrument, row->leg, row->mode),
                              row);
        }
        for (uint32_t i = 0; i < before->positions_count; i++) {
                const struct zl_row_position *row = &before->positions[i];
                if (!zl_holdings_position(after, row->instrument, row->leg, row->mode))
                        take_position(difference, row, NULL);
        }
        if (after->policy != before->policy || after->cross_rev > before->cross_rev)
                zl_house_touch(difference->books, account);
        account->own.policy = after->policy;
        if (after->cross_rev > before->cross_rev)
                account->own.cross_rev = account->own.rev;
        zl_house_tidy(difference->books, account);
}

static void begin(struct zl_branch *branch, struct zl_house_account *account)
{
        if (!zl_holdings_copy(&account->own, &account->recorded)) {
                branch->books.failed = true;
                return;
        }
        zl_house_touch(&branch->books, account);
        account->own.rev = account->recorded.rev; /* it is stated as it was */
        for (uint32_t i = 0; i < account->own.positions_count; i++) {
                if (account->own.positions[i].rev > account->own.rev) /* no base goes back */
                        account->own.rev = account->own.positions[i].rev;
        }
}

void zl_branch_take_account(struct zl_branch *branch, const struct zl_msg_account *said)
{
        struct zl_house *books = &branch->books;
        struct zl_house_account *account = zl_house_need_account(books, said->account);
        struct zl_whatif_inputs *inputs = &branch->variant->inputs;
        struct zl_holdings *recorded = &account->recorded;

        if (!account)
                return;
        if (!zl_holdings_accept(recorded, said) || (account->broken && !said->full)) {
                account->broken |= !said->full && said->rev > recorded->rev;
                return;
        }
        if (!zl_holdings_copy(&branch->next, recorded) ||
            !zl_holdings_take(&branch->next, said, index_now, books)) {
                books->failed = true;
                return;
        }
        uint64_t answers = zl_answers_of(&branch->survey->answers, said->account, recorded->rev,
                                         said->rev);
        struct difference difference = {branch, books, account, recorded, &branch->next, false};
        if (account->heard && answers) {
                inputs->answers++;
                inputs->mixed += answers < said->rev - recorded->rev;
        } else if (account->heard) {
                apply(&difference);
                inputs->outside += account->touched;
                inputs->diverged += difference.diverged;
        }
        struct zl_holdings swap = *recorded;
        *recorded = branch->next;
        branch->next = swap;
        account->broken = false;
        if (!account->heard)
                begin(branch, account);
        account->heard = true;
        zl_branch_state(branch, 0);
}

/* ---- funds ---- */

void zl_branch_take_fund(struct zl_branch *branch, const struct zl_msg_fund *said)
{
        struct zl_house_fund *fund = zl_house_need_fund(&branch->books, said->fund);
        struct zl_whatif_inputs *inputs = &branch->variant->inputs;
        struct zl_msg_fund first = *said;

        if (!fund || (fund->heard && (said->rev <= fund->recorded_rev ||
                                      said->asset != fund->asset)))
                return;
        if (!fund->heard) {
                zl_changes_apply_fund(branch->changes, branch->survey->scales, &first);
                fund->asset = said->asset;
                fund->rev = said->rev;
                fund->balance = first.balance;
                fund->peak = first.peak;
                fund->touched = true;
        } else if (zl_answers_of_fund(&branch->survey->answers, said->fund, fund->recorded_rev,
                                      said->rev)) {
                inputs->answers++;
        } else if (said->balance != fund->recorded_balance) {
                inputs->outside++;
                zl_house_add(&fund->balance, (zl_i128)said->balance - fund->recorded_balance);
                fund->rev++;
                fund->touched = true;
        }
        fund->heard = true;
        fund->recorded_rev = said->rev;
        fund->recorded_balance = said->balance;
        fund->plan = 0;
        zl_branch_state(branch, 0);
}
