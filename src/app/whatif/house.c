#include "app/whatif/house.h"

#include <stdlib.h>
#include <string.h>

/* A value beyond this the engine refuses, and nothing is decided about it. */
#define VALUE_MOST ((zl_i128)1 << ZL_VALUE_BITS)

void zl_house_open(struct zl_house *books)
{
        *books = (struct zl_house){
                .partitions = 256,
                .markets = {.row_size = sizeof(struct zl_house_market)},
                .assets = {.row_size = sizeof(struct zl_house_asset)},
                .funds = {.row_size = sizeof(struct zl_house_fund)},
                .accounts = {.row_size = sizeof(struct zl_house_account *)},
        };
}

void zl_house_close(struct zl_house *books)
{
        struct zl_house_account **accounts = books->accounts.rows;
        struct zl_house_fund *funds = books->funds.rows;

        for (uint32_t i = 0; i < books->accounts.map.count; i++) {
                if (!accounts[i])
                        continue;
                zl_holdings_free(&accounts[i]->recorded);
                zl_holdings_free(&accounts[i]->own);
                free(accounts[i]);
        }
        for (uint32_t i = 0; i < books->funds.map.count; i++)
                free(funds[i].stakes);
        zl_table_free(&books->markets);
        zl_table_free(&books->assets);
        zl_table_free(&books->funds);
        zl_table_free(&books->accounts);
        free(books->touched);
}

/* ---- what the tape says ---- */

static void resolve(struct zl_house *books, struct zl_house_market *market)
{
        const struct zl_house_asset *settle = zl_house_asset(books, market->is.settle);
        zl_refusal refusal = NULL;

        market->is.usable = false;
        if (market->defined && settle && settle->is.defined)
                refusal = zl_instrument_resolve(&market->is, &settle->is);
        if (refusal)
                market->is.usable = false; /* the engine says why */
}

void zl_house_learn_asset(struct zl_house *books, const struct zl_msg_asset *said)
{
        struct zl_house_asset *row = zl_table_row(&books->assets, said->asset);
        struct zl_house_market *markets = books->markets.rows;

        if (!row) {
                books->failed = true;
                return;
        }
        row->is.id = said->asset;
        if ((said->numeraire && books->has_numeraire && books->numeraire != said->asset) ||
            zl_asset_define(&row->is, said) != NULL)
                return;
        if (said->numeraire) {
                books->has_numeraire = true;
                books->numeraire = said->asset;
                books->numeraire_scale = said->scale;
        }
        for (uint32_t i = 0; i < books->markets.map.count; i++) {
                if (markets[i].defined && markets[i].is.settle == said->asset)
                        resolve(books, &markets[i]);
        }
}

void zl_house_learn_rate(struct zl_house *books, const struct zl_msg_rate *said)
{
        struct zl_house_asset *row = zl_table_row(&books->assets, said->asset);

        if (!row) {
                books->failed = true;
                return;
        }
        row->is.id = said->asset;
        if (said->price <= 0 || row->is.numeraire)
                return;
        row->is.has_rate = true;
        row->is.rate = said->price;
}

void zl_house_learn_instrument(struct zl_house *books, const struct zl_msg_instrument *said)
{
        struct zl_house_market *row = zl_table_row(&books->markets, said->instrument);

        if (!row) {
                books->failed = true;
                return;
        }
        row->is.id = said->instrument;
        if (zl_instrument_define(&row->is, said) != NULL)
                return;
        row->defined = true;
        row->taker_fee_ppb = said->taker_fee;
        resolve(books, row);
}

void zl_house_learn_mark(struct zl_house *books, const struct zl_msg_mark *said, int64_t recorded)
{
        struct zl_house_market *row = zl_table_row(&books->markets, said->instrument);

        if (!row) {
                books->failed = true;
                return;
        }
        row->is.id = said->instrument;
        int64_t least = row->defined ? row->is.min_price : 1;
        int64_t most = row->defined ? row->is.max_price : ZL_PRICE_MAX;
        if (said->price < least || said->price > most || said->index <= 0)
                return;
        if (!row->has_mark)
                row->first_funding = said->funding;
        row->has_mark = true;
        row->mark = *said;
        row->recorded = recorded;
}

/* ---- rows ---- */

struct zl_house_market *zl_house_market(const struct zl_house *books, uint32_t instrument)
{
        return zl_table_get(&books->markets, instrument);
}

struct zl_house_asset *zl_house_asset(const struct zl_house *books, uint32_t asset)
{
        return zl_table_get(&books->assets, asset);
}

struct zl_house_fund *zl_house_fund(const struct zl_house *books, uint32_t fund)
{
        return zl_table_get(&books->funds, fund);
}

struct zl_house_account *zl_house_account(const struct zl_house *books, uint64_t account)
{
        struct zl_house_account **row = zl_table_get(&books->accounts, account);

        return row ? *row : NULL;
}

struct zl_house_account *zl_house_need_account(struct zl_house *books, uint64_t account)
{
        struct zl_house_account **row = zl_table_row(&books->accounts, account);

        if (row && !*row) {
                *row = calloc(1, sizeof **row);
                if (*row)
                        (*row)->id = account;
        }
        books->failed |= !row || !*row;
        return row ? *row : NULL;
}

struct zl_house_fund *zl_house_need_fund(struct zl_house *books, uint32_t fund)
{
        struct zl_house_fund *row = zl_table_row(&books->funds, fund);

        books->failed |= !row;
        if (row)
                row->id = fund;
        return row;
}

struct zl_house_fund *zl_house_fund_of(const struct zl_house *books,
                                       const struct zl_house_market *market)
{
        struct zl_house_fund *fund = zl_house_fund(books, market->is.fund);

        return fund && fund->heard && fund->asset == market->is.settle ? fund : NULL;
}

/* ---- worth ---- */

zl_i128 zl_house_value(const struct zl_house_market *market, int64_t qty, int64_t price)
{
        zl_i128 value;

        if (!market->is.usable || price <= 0 || !zl_mul(market->is.unit, qty, &value) ||
            !zl_mul(value, zl_coordinate(&market->is, price), &value))
                return market->is.usable && price > 0 ? VALUE_MOST : 0;
        return zl_min_i128(value, VALUE_MOST);
}

int zl_house_slope(const struct zl_house_market *market, int64_t qty)
{
        int sign = (qty > 0) - (qty < 0);

        return market->is.kind == ZL_KIND_INVERSE ? -sign : sign;
}

static int64_t size_of(int64_t qty)
{
        return qty < 0 ? -qty : qty;
}

zl_i128 zl_house_cost(const struct zl_house_market *market, const struct zl_row_position *row)
{
        if (!ZL_ABSENT(row, position, cost))
                return row->cost * zl_pow10(ZL_FINE);
        return zl_house_value(market, size_of(row->qty), row->entry);
}

zl_i128 zl_house_profit(const struct zl_house_market *market, const struct zl_row_position *row,
                        int64_t price)
{
        return zl_house_slope(market, row->qty) *
               (zl_house_value(market, size_of(row->qty), price) - zl_house_cost(market, row));
}

int64_t zl_house_index(const struct zl_house_market *market)
{
        return market->has_mark ? market->mark.funding : 0;
}

/* qty x index, in 10^-12 of the settle asset for a quantity of 1. */
int64_t zl_house_due(const struct zl_house_market *market, const struct zl_row_position *row,
                     int64_t index)
{
        bool known = !ZL_ABSENT(row, position, funding);

        if (!market->has_mark || !market->is.usable)
                return 0;
        int64_t paid = known ? row->funding : market->first_funding;
        struct zl_wide due = zl_wide_product(row->qty, (zl_i128)index - paid);
        due = zl_wide_mul(due, zl_wide_pow10(market->is.settle_scale));
        return zl_saturate_i64(zl_wide_saturate(
                zl_wide_div_ceil(due, zl_wide_pow10(12 + market->is.qty_scale))));
}

zl_i128 zl_house_exchange(const struct zl_house *books, uint32_t from, zl_i128 amount, uint32_t to)
{
        const struct zl_house_asset *a = zl_house_asset(books, from);
        const struct zl_house_asset *b = zl_house_asset(books, to);

        if (from == to)
                return amount;
        if (!a || !b || !a->is.defined || !b->is.defined || !a->is.has_rate || !b->is.has_rate)
                return 0;
        struct zl_wide worth = zl_wide_product(amount, a->is.rate);
        worth = zl_wide_mul(worth, zl_wide_pow10(b->is.scale + b->is.rate_scale));
        struct zl_wide unit = zl_wide_product(b->is.rate, 1);
        unit = zl_wide_mul(unit, zl_wide_pow10(a->is.scale + a->is.rate_scale));
        return zl_wide_saturate(zl_wide_div_floor(worth, unit));
}

zl_i128 zl_house_change(struct zl_house *books, uint32_t from, zl_i128 amount, uint32_t to)
{
        zl_i128 worth = zl_house_exchange(books, from, amount, to);

        if (from == to)
                return worth;
        zl_house_asset(books, from)->market -= amount * zl_pow10(ZL_FINE);
        zl_house_asset(books, to)->market += worth * zl_pow10(ZL_FINE);
        return worth;
}

zl_i128 zl_house_numeraire(const struct zl_house *books, const struct zl_house_market *market,
                           zl_i128 fine)
{
        return zl_house_exchange(books, market->is.settle, zl_div_floor(fine, zl_pow10(ZL_FINE)),
                                 books->numeraire);
}

zl_i128 zl_house_numeraire_ppb(const struct zl_house *books, const struct zl_house_market *market,
                               zl_i128 fine)
{
        const struct zl_house_asset *settle = zl_house_asset(books, market->is.settle);
        const struct zl_house_asset *numeraire = zl_house_asset(books, books->numeraire);

        if (!settle || !numeraire || !settle->is.has_rate || !numeraire->is.has_rate)
                return 0;
        struct zl_wide worth = zl_wide_product(fine, settle->is.rate);
        worth = zl_wide_mul(worth, zl_wide_pow10(9));
        return zl_wide_saturate(zl_wide_div_floor(
                worth, zl_wide_pow10(settle->is.scale + ZL_FINE + settle->is.rate_scale)));
}

int64_t zl_house_fee(zl_i128 value, int64_t share_ppb)
{
        struct zl_wide fee = zl_wide_product(value, share_ppb);

        return zl_saturate_i64(
                zl_wide_saturate(zl_wide_div_ceil(fee, zl_wide_pow10(9 + ZL_FINE))));
}

int64_t zl_house_floor(struct zl_house *books, const struct zl_house_market *market, zl_i128 fine)
{
        struct zl_house_asset *asset = zl_house_asset(books, market->is.settle);
        zl_i128 units = zl_div_floor(fine, zl_pow10(ZL_FINE));

        asset->residue += fine - units * zl_pow10(ZL_FINE);
        return zl_saturate_i64(units);
}

/* ---- moving ---- */

zl_i128 zl_house_close_part(const struct zl_house_market *market, struct zl_row_position *row,
                            int64_t qty, int64_t price)
{
        int slope = zl_house_slope(market, row->qty);
        int64_t size = size_of(row->qty), rest = size - qty;
        zl_i128 cost = zl_house_value(market, qty, row->entry);

        if (!ZL_ABSENT(row, position, cost)) { /* what is left over stays with the rest */
                int64_t left = (int64_t)zl_div_ceil((zl_i128)row->cost * rest, size);
                cost = (row->cost - left) * zl_pow10(ZL_FINE);
                row->cost = left;
        }
        row->qty = row->qty > 0 ? rest : -rest;
        return slope * (zl_house_value(market, qty, price) - cost);
}

int64_t *zl_house_money(struct zl_house *books, struct zl_house_account *account,
                        const struct zl_house_market *market, struct zl_row_position *row)
{
        if (row && row->mode == ZL_MODE_ISOLATED)
                return &row->margin;
        struct zl_row_balance *balance =
                zl_holdings_need_balance(&account->own, market->is.settle);
        books->failed |= !balance;
        return balance ? &balance->amount : NULL;
}

void zl_house_pay_funding(struct zl_house *books, struct zl_house_account *account,
                          const struct zl_house_market *market, struct zl_row_position *row)
{
        int64_t due = zl_house_due(market, row, zl_house_index(market));
        int64_t *money = due ? zl_house_money(books, account, market, row) : NULL;

        if (money) {
                zl_house_add(money, -(zl_i128)due);
                zl_house_asset(books, market->is.settle)->funding += due;
        }
        if (market->has_mark) {
                row->funding = market->mark.funding;
                row->absent &= ~((uint64_t)1 << ZL_AT_position_funding);
        }
}

bool zl_house_settle_fund(struct zl_house_fund *fund)
{
        if (fund->pending == 0)
                return false;
        zl_house_add(&fund->balance, fund->pending);
        fund->pending = 0;
        fund->rev++;
        fund->plan = 0;
        fund->touched = true;
        return true;
}

void zl_house_touch(struct zl_house *books, struct zl_house_account *account)
{
        if (account->touched)
                return;
        if (books->touched_count == books->touched_room) {
                uint32_t room = books->touched_room ? 2 * books->touched_room : 64;
                void *more = realloc(books->touched, room * sizeof(struct zl_house_account *));
                if (!more) {
                        books->failed = true;
                        return;
                }
                books->touched = more;
                books->touched_room = room;
        }
        books->touched[books->touched_count++] = account;
        account->touched = true;
        account->own.rev++;
}

void zl_house_move(struct zl_house *books, struct zl_house_account *account,
                   struct zl_row_position *row)
{
        zl_house_touch(books, account);
        row->rev = account->own.rev;
        if (row->mode == ZL_MODE_CROSS)
                account->own.cross_rev = account->own.rev;
}

void zl_house_tidy(struct zl_house *books, struct zl_house_account *account)
{
        for (uint32_t i = account->own.positions_count; i-- > 0;) {
                struct zl_row_position *row = &account->own.positions[i];
                const struct zl_house_market *market = zl_house_market(books, row->instrument);
                if (row->qty)
                        continue;
                if (row->mode == ZL_MODE_ISOLATED && row->margin && market) {
                        struct zl_row_balance *balance =
                                zl_holdings_need_balance(&account->own, market->is.settle);
                        books->failed |= !balance;
                        if (balance)
                                zl_house_add(&balance->amount, row->margin);
                }
                zl_holdings_drop_position(&account->own, row);
        }
}
