/* The venues' rules, as published, and what stands for them here. Where a venue speaks of prices,
 * a linear contract's values are in the same proportion, an inverse one's in the reverse.
 *
 * | adl_score   | the rule, for a winner              | published under                        |
 * |-------------|-------------------------------------|----------------------------------------|
 * | bitmex      | profit/entry value x mark value/    | BitMEX, "What is Auto-Deleveraging"    |
 * |             | (mark value - bankrupt value)       |                                        |
 * | binance     | profit/notional x                   | Binance, "What Is Auto-Deleveraging    |
 * |             | notional/(wallet + unrealised)      | (ADL) and How Does It Work", in 2025   |
 * | bybit       | leveraged return: the price's move  | Bybit, "Auto-Deleveraging (ADL)        |
 * |             | since entry x leverage              | Mechanism"                             |
 * | okx         | profit ratio / margin ratio, and    | OKX, "Introduction to Auto-            |
 * |             | that is equity/maintenance          | deleveraging (ADL)"                    |
 * | hyperliquid | mark/entry price x                  | Hyperliquid Docs, "Auto-deleveraging"  |
 * |             | notional/account value              |                                        |
 *
 * Losers follow winners: BitMEX, Binance and Bybit divide by what they multiply with here, OKX
 * multiplies. Binance used to go by profit/wallet x maintenance/(wallet + unrealised). */
#include "core/score.h"

#include "core/market.h"

static const zl_i128 FACTOR_MOST = 1000000000000; /* 10^12 */

enum { GAIN = 1000000000, LEVERAGE = 1000000 };

/* floor(scale x num / den) within -10^12 and 10^12; over nothing or less it is 10^12. */
static zl_i128 factor(struct zl_wide num, struct zl_wide den, int64_t scale)
{
        if (zl_wide_sign(den) <= 0)
                return FACTOR_MOST;
        num = zl_wide_mul(num, zl_wide_of(scale));
        zl_i128 quotient = zl_wide_saturate(zl_wide_div_floor(num, den));
        return zl_max_i128(-FACTOR_MOST, zl_min_i128(quotient, FACTOR_MOST));
}

static zl_i128 gain(zl_i128 profit, zl_i128 value)
{
        return factor(zl_wide_of(profit), zl_wide_of(value), GAIN);
}

static zl_i128 leverage(struct zl_wide notional, struct zl_wide money)
{
        return factor(notional, money, LEVERAGE);
}

static zl_i128 product(const struct zl_score_parts *parts)
{
        return parts->gain * parts->leverage;
}

/* p = profit/entry value, L = mark value/|mark value - bankrupt value|: p L, of losers p / L. */
static zl_i128 bitmex(const struct zl_standing *standing, struct zl_score_parts *parts)
{
        struct zl_wide mark = zl_wide_of(standing->mark_value);
        struct zl_wide distance = zl_wide_sub(mark, zl_wide_of(standing->bankrupt_value));

        if (zl_wide_negative(distance))
                distance = zl_wide_neg(distance);
        parts->gain = gain(standing->profit, standing->entry_value);
        parts->leverage = leverage(mark, distance);
        return parts->gain >= 0 ? product(parts)
                                : zl_div_floor(parts->gain, zl_max_i128(parts->leverage, 1));
}

zl_i128 zl_score_bitmex(const struct zl_standing *standing)
{
        struct zl_score_parts parts;

        return bitmex(standing, &parts);
}

/* profit/notional x notional/equity. The wallet with what is unrealised is the equity. */
static zl_i128 binance(const struct zl_standing *standing, struct zl_score_parts *parts)
{
        parts->gain = gain(standing->profit, standing->mark_value);
        parts->leverage = leverage(standing->notional, standing->equity);
        return product(parts);
}

/* profit/entry value x entry value/balance. Nobody tells the engine which leverage a trader chose;
 * it is the one that his own money, before profit, makes it. */
static zl_i128 bybit(const struct zl_standing *standing, struct zl_score_parts *parts)
{
        parts->gain = gain(standing->profit, standing->entry_value);
        parts->leverage = leverage(standing->entry_notional, standing->balance);
        return product(parts);
}

/* profit/entry value / (equity/maintenance). */
static zl_i128 okx(const struct zl_standing *standing, struct zl_score_parts *parts)
{
        parts->gain = gain(standing->profit, standing->entry_value);
        parts->leverage = leverage(standing->maintenance, standing->equity);
        return product(parts);
}

/* mark/entry x notional/equity, of shorts entry/mark, or gaining would move them back in the queue.
 * So it is the price that is better for the winner over the worse: by value, linear and inverse,
 * the larger over the smaller. Rounded once, since it is no gain but lies near 1. */
static zl_i128 hyperliquid(const struct zl_standing *standing, struct zl_score_parts *parts)
{
        struct zl_wide larger =
                zl_wide_of(zl_max_i128(standing->mark_value, standing->entry_value));
        struct zl_wide smaller =
                zl_wide_of(zl_min_i128(standing->mark_value, standing->entry_value));
        zl_i128 l = leverage(standing->notional, standing->equity);

        parts->gain = factor(larger, smaller, GAIN);
        parts->leverage = l;
        if (parts->gain == FACTOR_MOST)
                return product(parts);
        larger = zl_wide_mul(larger, zl_wide_product(l, GAIN));
        return zl_wide_saturate(zl_wide_div_floor(larger, smaller));
}

/* In units of the settle asset. */
static zl_i128 pnl(const struct zl_standing *standing, struct zl_score_parts *parts)
{
        *parts = (struct zl_score_parts){0, 0};
        return zl_div_floor(standing->profit, zl_pow10(ZL_FINE));
}

static zl_i128 size(const struct zl_standing *standing, struct zl_score_parts *parts)
{
        *parts = (struct zl_score_parts){0, 0};
        return standing->size;
}

uint64_t zl_score(enum zl_adl_score by, const struct zl_standing *standing)
{
        struct zl_score_parts parts;

        return zl_score_parts(by, standing, &parts);
}

uint64_t zl_score_parts(enum zl_adl_score by, const struct zl_standing *standing,
                        struct zl_score_parts *ret_parts)
{
        static zl_i128 (*const formulas[])(const struct zl_standing *, struct zl_score_parts *) = {
                [ZL_ADL_SCORE_BITMEX] = bitmex,
                [ZL_ADL_SCORE_BINANCE] = binance,
                [ZL_ADL_SCORE_BYBIT] = bybit,
                [ZL_ADL_SCORE_OKX] = okx,
                [ZL_ADL_SCORE_HYPERLIQUID] = hyperliquid,
                [ZL_ADL_SCORE_PNL] = pnl,
                [ZL_ADL_SCORE_SIZE] = size,
                [ZL_ADL_SCORE_PRO_RATA] = size,
                [ZL_ADL_SCORE_LEAST_OVERSHOOT] = pnl,
        };

        ZL_ASSERT((size_t)by < ZL_COUNT(formulas));
        ZL_ASSERT(standing->entry_value > 0 && standing->mark_value >= 0 && standing->size >= 0);
        *ret_parts = (struct zl_score_parts){0, 0};
        if (!zl_is_winner(standing))
                return 0;
        zl_i128 score = formulas[by](standing, ret_parts);
        return score > (zl_i128)UINT64_MAX ? UINT64_MAX : (uint64_t)score;
}
