#include "ledger.h"

#include <stdarg.h>
#include <stdlib.h>

void ledger_fail(struct ledger *ledger, const char *format, ...)
{
        va_list arguments;

        if (ledger->broken)
                return;
        ledger->broken = true;
        va_start(arguments, format);
        vsnprintf(ledger->why, sizeof ledger->why, format, arguments);
        va_end(arguments);
}

/* ---- numbers ---- */

zl_i128 ledger_div_floor(zl_i128 num, zl_i128 den)
{
        return num >= 0 ? num / den : -((-num + den - 1) / den);
}

zl_i128 ledger_div_ceil(zl_i128 num, zl_i128 den)
{
        return -ledger_div_floor(-num, den);
}

zl_i128 ledger_pow10(uint32_t exponent)
{
        zl_i128 power = 1;

        while (exponent--)
                power *= 10;
        return power;
}

/* Linear: multiplier x qty x price. Inverse: multiplier x qty x U, a whole multiplier, U being the
 * reciprocal of the price cut off LEDGER_FINE digits behind the last one of an amount. */
struct ledger_value ledger_value(const struct ledger *ledger, uint32_t instrument, int64_t qty,
                                 int64_t price)
{
        const struct zl_msg_instrument *said = &ledger->instruments[instrument].said;
        uint32_t scale = ledger->assets[ledger_settle(ledger, instrument)].said.scale;
        uint32_t decimals = 9;
        zl_i128 digits = said->multiplier;

        for (; decimals > 0 && digits % 10 == 0; decimals--)
                digits /= 10;
        if (said->kind == ZL_KIND_INVERSE) {
                uint32_t exponent = scale + LEDGER_FINE + said->price_scale - said->qty_scale;
                return (struct ledger_value){digits * qty * (ledger_pow10(exponent) / price),
                                             ledger_pow10(LEDGER_FINE)};
        }
        decimals += said->price_scale + said->qty_scale;
        return (struct ledger_value){
                digits * qty * price * ledger_pow10(scale > decimals ? scale - decimals : 0),
                ledger_pow10(decimals > scale ? decimals - scale : 0)};
}

int64_t ledger_value_floor(const struct ledger *ledger, uint32_t instrument, int64_t qty,
                           int64_t price)
{
        struct ledger_value value = ledger_value(ledger, instrument, qty, price);

        return (int64_t)ledger_div_floor(value.num, value.den);
}

struct ledger_value ledger_exchange(const struct ledger *ledger, uint32_t from, int64_t amount,
                                    uint32_t to)
{
        const struct ledger_asset *a = &ledger->assets[from], *b = &ledger->assets[to];

        if (from == to)
                return (struct ledger_value){amount, 1};
        return (struct ledger_value){
                (zl_i128)amount * a->rate * ledger_pow10(b->said.scale),
                (zl_i128)b->rate * ledger_pow10(a->said.scale)}; /* equal rate scales */
}

int ledger_direction(const struct ledger *ledger, uint32_t instrument, int sign)
{
        return ledger->instruments[instrument].said.kind == ZL_KIND_INVERSE ? -sign : sign;
}

uint32_t ledger_settle(const struct ledger *ledger, uint32_t instrument)
{
        return ledger->instruments[instrument].said.settle - 1;
}

uint32_t ledger_find_instrument(const struct ledger *ledger, uint32_t id)
{
        uint32_t at = 0;

        while (at < ledger->instruments_count && ledger->instruments[at].said.instrument != id)
                at++;
        return at;
}

uint32_t ledger_find_account(const struct ledger *ledger, uint64_t id)
{
        uint32_t at = 0;

        while (at < ledger->accounts_count && ledger->accounts[at].id != id)
                at++;
        return at;
}

struct ledger_fund *ledger_fund_of(struct ledger *ledger, uint32_t instrument)
{
        return &ledger->funds[ledger->instruments[instrument].said.fund - 1];
}

/* ---- sides ---- */

struct ledger_side ledger_side_of(struct ledger *ledger, uint32_t account, uint32_t pool,
                                  uint32_t instrument, uint32_t leg)
{
        struct ledger_pool *of = &ledger->accounts[account].pools[pool];

        return (struct ledger_side){&of->purses[ledger_settle(ledger, instrument)],
                                    &of->positions[instrument][leg]};
}

struct ledger_side ledger_side_venue(struct ledger *ledger, uint32_t instrument)
{
        return (struct ledger_side){&ledger->assets[ledger_settle(ledger, instrument)].venue,
                                    &ledger->instruments[instrument].venue};
}

struct ledger_side ledger_side_fund(struct ledger *ledger, struct ledger_fund *fund,
                                    uint32_t instrument)
{
        return (struct ledger_side){&fund->purses[ledger_settle(ledger, instrument)],
                                    &fund->positions[instrument]};
}

/* ---- postings ---- */

static int sign_of(int64_t value)
{
        return (value > 0) - (value < 0);
}

/* qty x index, in 10^-12 of the settle asset for a quantity of 1. */
struct ledger_value ledger_due(const struct ledger *ledger, uint32_t instrument,
                               const struct ledger_position *position)
{
        const struct ledger_instrument *of = &ledger->instruments[instrument];
        uint32_t scale = ledger->assets[ledger_settle(ledger, instrument)].said.scale;

        return (struct ledger_value){
                (zl_i128)position->qty * (of->funding - position->funding) * ledger_pow10(scale),
                ledger_pow10(12 + of->said.qty_scale)};
}

void ledger_pay_funding(struct ledger *ledger, uint32_t instrument, struct ledger_side side)
{
        struct ledger_instrument *of = &ledger->instruments[instrument];
        struct ledger_value due = ledger_due(ledger, instrument, side.position);
        int64_t amount = (int64_t)ledger_div_ceil(due.num, due.den);

        side.purse->free -= amount;
        side.position->funding = of->funding;
        of->clearing += due.num;
        of->dust += amount * due.den - due.num;
        ledger->assets[ledger_settle(ledger, instrument)].residue += (int64_t)(of->dust / due.den);
        of->dust %= due.den;
}

/* Either opens or closes, and does not do both. */
static void post(struct ledger *ledger, uint32_t instrument, struct ledger_side side, int64_t qty,
                 int64_t price)
{
        struct ledger_position *position = side.position;
        struct ledger_value value = ledger_value(ledger, instrument, llabs(qty), price);
        int direction = ledger_direction(ledger, instrument, sign_of(qty));
        int64_t signed_value = (int64_t)ledger_div_ceil(direction * value.num, value.den);
        int64_t paid = position->paid + signed_value;

        if (sign_of(position->qty) == -sign_of(qty)) {
                zl_i128 rest = llabs(position->qty + qty);
                /* of what was paid, what is left over stays with the rest */
                paid = (int64_t)ledger_div_ceil(llabs(position->paid) * rest,
                                                llabs(position->qty));
                paid *= sign_of(position->paid);
        }
        side.purse->free += paid - position->paid - signed_value;
        position->paid = paid;
        position->qty += qty;
        ledger->assets[ledger_settle(ledger, instrument)].residue += signed_value;
}

static void move(struct ledger *ledger, uint32_t instrument, struct ledger_side side, int64_t qty,
                 int64_t price)
{
        int64_t before = side.position->qty;

        ledger_pay_funding(ledger, instrument, side);
        if (sign_of(before) == -sign_of(qty) && llabs(qty) > llabs(before)) {
                post(ledger, instrument, side, -before, price);
                qty += before;
        }
        if (qty)
                post(ledger, instrument, side, qty, price);
}

void ledger_trade(struct ledger *ledger, uint32_t instrument, struct ledger_side one,
                  struct ledger_side other, int64_t qty, int64_t price)
{
        move(ledger, instrument, one, qty, price);
        move(ledger, instrument, other, -qty, price);
}

void ledger_pay(struct ledger_purse *from, struct ledger_purse *to, int64_t amount)
{
        from->free -= amount;
        to->free += amount;
}

int64_t ledger_charge(struct ledger *ledger, uint32_t instrument, struct ledger_purse *purse,
                      int64_t qty, int64_t price, int64_t share)
{
        struct ledger_value value = ledger_value(ledger, instrument, qty, price);
        int64_t fee = (int64_t)ledger_div_ceil(value.num * share, value.den * 1000000000);

        purse->free -= fee;
        ledger->assets[ledger_settle(ledger, instrument)].fees += fee;
        return fee;
}

void ledger_convert(struct ledger *ledger, struct ledger_purse *purse_from, uint32_t from,
                    int64_t amount, struct ledger_purse *purse_to, uint32_t to)
{
        struct ledger_value value = ledger_exchange(ledger, from, amount, to);
        int64_t got = (int64_t)ledger_div_floor(value.num, value.den);
        int64_t given = (int64_t)ledger_div_ceil(value.num, value.den);

        ledger_pay(purse_from, &ledger->assets[from].venue, amount);
        ledger->assets[to].venue.free -= given;
        purse_to->free += got;
        ledger->assets[to].residue += given - got;
}

/* ---- what is to be published ---- */

void ledger_touch(struct ledger *ledger, uint32_t account, uint32_t pool)
{
        struct ledger_account *of = &ledger->accounts[account];
        uint32_t at = pool - 1;

        of->changed = true;
        if (pool)
                of->pools[pool].positions[at / LEDGER_LEGS][at % LEDGER_LEGS].listed = true;
}

void ledger_move(struct ledger *ledger, uint32_t account, uint32_t pool, uint32_t instrument,
                 uint32_t leg)
{
        struct ledger_pool *of = &ledger->accounts[account].pools[pool];

        ledger->accounts[account].changed = true;
        of->moved = true;
        of->positions[instrument][leg].listed = of->positions[instrument][leg].changed = true;
}

/* ---- pools ---- */

bool ledger_pool_empty(const struct ledger *ledger, const struct ledger_pool *pool)
{
        for (uint32_t i = 0; i < ledger->instruments_count; i++) {
                for (uint32_t leg = 0; leg < LEDGER_LEGS; leg++) {
                        if (pool->positions[i][leg].qty)
                                return false;
                }
        }
        return true;
}

long double ledger_profit(const struct ledger *ledger, uint32_t instrument,
                          const struct ledger_position *position)
{
        int direction = ledger_direction(ledger, instrument, sign_of(position->qty));
        struct ledger_value value = ledger_value(ledger, instrument, llabs(position->qty),
                                                 ledger->instruments[instrument].mark);

        return direction * ((long double)value.num / (long double)value.den) -
               (long double)position->paid;
}

long double ledger_amount(const struct ledger *ledger, const struct ledger_pool *pool,
                          uint32_t asset)
{
        long double amount = (long double)pool->purses[asset].free +
                             (long double)pool->purses[asset].held;

        for (uint32_t i = 0; i < ledger->instruments_count; i++) {
                if (ledger_settle(ledger, i) != asset)
                        continue;
                for (uint32_t leg = 0; leg < LEDGER_LEGS; leg++) {
                        const struct ledger_position *position = &pool->positions[i][leg];
                        struct ledger_value due = ledger_due(ledger, i, position);
                        if (position->qty)
                                amount += ledger_profit(ledger, i, position) -
                                          (long double)due.num / (long double)due.den;
                }
        }
        return amount;
}

long double ledger_unit(const struct ledger *ledger, uint32_t asset)
{
        struct ledger_value value = ledger_exchange(ledger, asset, 1, 0);

        return (long double)value.num / (long double)value.den;
}

long double ledger_worth(const struct ledger *ledger, const struct ledger_pool *pool)
{
        long double worth = 0;

        for (uint32_t i = 0; i < ledger->assets_count; i++)
                worth += ledger_amount(ledger, pool, i) * ledger_unit(ledger, i);
        return worth;
}
