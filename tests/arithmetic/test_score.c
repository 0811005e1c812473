/* core/score.h against the venues' formulas in GMP, in values and in prices. */
#include "operand.h"

#include "core/score.h"

enum { ROUNDS = 100000, SCORES = ZL_ADL_SCORE_LEAST_OVERSHOOT + 1 };

/* The pool's numbers of a standing, as GMP has them. */
enum { NOTIONAL, ENTRY_NOTIONAL, EQUITY, BALANCE, MAINTENANCE, OF_POOL };

static mpz_t pool[OF_POOL], want, left, right, most;

/* ---- the twin ---- */

/* floor(scale x num / den), at most 10^12, which it is over 0 or less. */
static void twin_factor(mpz_t result, const mpz_t num, const mpz_t den, uint64_t scale)
{
        mpz_set_str(most, "1000000000000", 10);
        if (mpz_sgn(den) <= 0) {
                mpz_set(result, most);
                return;
        }
        mpz_mul_ui(result, num, scale);
        mpz_fdiv_q(result, result, den);
        if (mpz_cmp(result, most) > 0)
                mpz_set(result, most);
        mpz_neg(most, most);
        if (mpz_cmp(result, most) < 0)
                mpz_set(result, most);
}

/* A quotient of two of the settle asset's values, of which negative ones are magnitudes. */
static void twin_gain(mpz_t result, zl_i128 num, zl_i128 den)
{
        set_i128(trial.a, num);
        set_i128(trial.b, den);
        twin_factor(result, trial.a, trial.b, 1000000000);
}

static void twin_bitmex(const struct zl_standing *s)
{
        set_i128(trial.a, s->mark_value);
        set_i128(trial.b, s->bankrupt_value);
        mpz_sub(trial.b, trial.a, trial.b);
        mpz_abs(trial.b, trial.b);
        twin_factor(right, trial.a, trial.b, 1000000);
        twin_gain(left, s->profit, s->entry_value);
        if (mpz_sgn(left) >= 0) {
                mpz_mul(want, left, right);
                return;
        }
        if (mpz_sgn(right) == 0)
                mpz_set_ui(right, 1);
        mpz_fdiv_q(want, left, right);
}

static void twin_hyperliquid(const struct zl_standing *s)
{
        bool risen = s->mark_value > s->entry_value;

        set_i128(trial.a, risen ? s->mark_value : s->entry_value);
        set_i128(trial.b, risen ? s->entry_value : s->mark_value);
        twin_factor(right, pool[NOTIONAL], pool[EQUITY], 1000000);
        mpz_set_str(most, "1000", 10);
        mpz_mul(left, trial.b, most);
        if (mpz_cmp(trial.a, left) >= 0) {
                mpz_mul_ui(want, right, 1000000000);
                mpz_mul(want, want, most);
                return;
        }
        mpz_mul(want, trial.a, right);
        mpz_mul_ui(want, want, 1000000000);
        mpz_fdiv_q(want, want, trial.b);
}

static void twin_times(zl_i128 profit, zl_i128 value, int num, int den)
{
        twin_gain(left, profit, value);
        twin_factor(right, pool[num], pool[den], 1000000);
        mpz_mul(want, left, right);
}

static void twin_score(enum zl_adl_score by, const struct zl_standing *s)
{
        switch (by) {
        case ZL_ADL_SCORE_BITMEX:
                twin_bitmex(s);
                break;
        case ZL_ADL_SCORE_BINANCE:
                twin_times(s->profit, s->mark_value, NOTIONAL, EQUITY);
                break;
        case ZL_ADL_SCORE_BYBIT:
                twin_times(s->profit, s->entry_value, ENTRY_NOTIONAL, BALANCE);
                break;
        case ZL_ADL_SCORE_OKX:
                twin_times(s->profit, s->entry_value, MAINTENANCE, EQUITY);
                break;
        case ZL_ADL_SCORE_HYPERLIQUID:
                twin_hyperliquid(s);
                break;
        case ZL_ADL_SCORE_PNL:
        case ZL_ADL_SCORE_LEAST_OVERSHOOT:
                set_i128(want, s->profit);
                mpz_fdiv_q_ui(want, want, 10000000000);
                break;
        case ZL_ADL_SCORE_SIZE:
        case ZL_ADL_SCORE_PRO_RATA:
                set_i128(want, s->size);
                break;
        }
        mpz_set_str(most, "18446744073709551615", 10);
        if (s->profit <= 0)
                mpz_set_ui(want, 0);
        if (mpz_cmp(want, most) > 0)
                mpz_set(want, most);
}

static void check_all(const struct zl_standing *s)
{
        for (int by = 0; by < SCORES; by++) {
                twin_score((enum zl_adl_score)by, s);
                REQUIRE(is_i128(want, zl_score((enum zl_adl_score)by, s)));
        }
        twin_bitmex(s);
        REQUIRE(is_i128(want, zl_score_bitmex(s)));
        REQUIRE(zl_is_winner(s) == (s->profit > 0));
        trial.round++;
}

/* ---- standings ---- */

/* At most so many bits, every length as likely as any other. */
static zl_i128 amount(uint32_t bits)
{
        zl_u128 value = (zl_u128)random_u64() << 64 | random_u64();

        return (zl_i128)(value >> (128 - bits + random_below(bits)));
}

/* Somewhere near: from a thousandth of it to twice. */
static zl_i128 near(zl_i128 value)
{
        return value / 1000 * (1 + random_below(2000)) + random_below(3);
}

/* a b, in both worlds. */
static struct zl_wide of_pool(int which, zl_i128 a, zl_i128 b)
{
        set_i128(pool[which], a);
        set_i128(trial.scratch, b);
        mpz_mul(pool[which], pool[which], trial.scratch);
        return zl_wide_product(a, b);
}

static void random_standing(struct zl_standing *s)
{
        zl_i128 rate = 1 + amount(62), value = 1 + amount(random_below(2) ? 119 : 40);
        bool any = random_below(8) == 0;
        zl_i128 entry = any ? 1 + amount(119) : near(value) + 1;

        *s = (struct zl_standing){
                .size = (int64_t)amount(63),
                .mark_value = random_below(50) ? value : 0,
                .entry_value = entry,
                .bankrupt_value = any ? amount(125) - amount(125) : near(value),
                .profit = random_below(20) ? value - entry : 0,
        };
        if (random_below(2))
                s->profit = -s->profit;
        if (random_below(30) == 0)
                s->bankrupt_value = s->mark_value;
        s->notional = of_pool(NOTIONAL, rate, value);
        s->entry_notional = of_pool(ENTRY_NOTIONAL, rate, entry);
        s->equity = of_pool(EQUITY, rate, random_below(9) ? near(value) : -amount(100));
        s->balance = of_pool(BALANCE, rate, random_below(9) ? near(value) : -amount(100));
        s->maintenance = of_pool(MAINTENANCE, rate, near(value) / 10);
}

static void test_random(void **state)
{
        struct zl_standing s;

        (void)state;
        trial_begin(20240701);
        for (int i = 0; i < ROUNDS; i++) {
                random_standing(&s);
                check_all(&s);
        }
}

/* All else equal, who has gained more or has less behind it is never later in the queue. */
static void test_monotone(void **state)
{
        static const enum zl_adl_score venues[] = {ZL_ADL_SCORE_BINANCE, ZL_ADL_SCORE_BYBIT,
                                                   ZL_ADL_SCORE_OKX, ZL_ADL_SCORE_HYPERLIQUID};
        struct zl_standing s, t;

        (void)state;
        trial_begin(20240702);
        for (int i = 0; i < ROUNDS; i++) {
                random_standing(&s);
                t = s;
                t.profit += 1 + amount(100);
                for (int by = 0; by < SCORES; by++) {
                        enum zl_adl_score score = (enum zl_adl_score)by;
                        REQUIRE(zl_score(score, &t) >= zl_score(score, &s));
                }
                t = s;
                zl_i128 less = amount(60);
                t.equity = zl_wide_sub(t.equity, zl_wide_of(less));
                t.balance = zl_wide_sub(t.balance, zl_wide_of(less));
                for (size_t v = 0; v < ZL_COUNT(venues); v++)
                        REQUIRE(zl_score(venues[v], &t) >= zl_score(venues[v], &s));
                trial.round++;
        }
}

/* ---- in prices ---- */

/* Two prices p and q of which 10^18 is a multiple, so that an inverse value loses nothing. */
static int64_t round_price(void)
{
        int64_t price = 1;

        for (int i = 0; i < 8; i++)
                price *= (const int64_t[]){1, 2, 5, 10}[random_below(4)];
        return price;
}

/* floor(10^9 x num / den) x leverage 2, or with the leverage inside. */
static uint64_t by_price(int64_t num, int64_t den, bool rounded_once)
{
        mpz_set_si(left, num);
        mpz_mul_ui(left, left, 1000000000);
        if (rounded_once)
                mpz_mul_ui(left, left, 2000000);
        mpz_fdiv_q_ui(left, left, (uint64_t)den);
        if (!rounded_once)
                mpz_mul_ui(left, left, 2000000);
        return mpz_get_ui(left);
}

/* A position of leverage 2 in every sense, four kinds of which the venues' words are in prices: the
 * move is what they say for a linear contract; of an inverse one it is that of the value. */
static void check_prices(int64_t entry, int64_t mark, bool inverse, bool is_long)
{
        zl_i128 unit = zl_pow10(18);
        zl_i128 v = inverse ? unit / mark : mark, cost = inverse ? unit / entry : entry;
        struct zl_standing s = {
                .size = 1, .mark_value = v, .entry_value = cost, .bankrupt_value = v - v / 2,
                .profit = is_long != inverse ? v - cost : cost - v,
                .notional = zl_wide_of(2 * v), .entry_notional = zl_wide_of(2 * cost),
                .equity = zl_wide_of(v), .balance = zl_wide_of(cost),
                .maintenance = zl_wide_of(2 * v)};
        bool wins = is_long ? mark > entry : mark < entry;
        int64_t better = is_long ? mark : entry, worse = is_long ? entry : mark;

        REQUIRE(zl_is_winner(&s) == wins);
        if (!wins)
                return;
        if (better / worse < 1000)
                REQUIRE(zl_score(ZL_ADL_SCORE_HYPERLIQUID, &s) == by_price(better, worse, true));
        if ((better - worse) / (inverse ? mark : entry) >= 1000)
                return;
        uint64_t return_2 = by_price(better - worse, inverse ? mark : entry, false);
        REQUIRE(zl_score(ZL_ADL_SCORE_BYBIT, &s) == return_2);
        REQUIRE(zl_score(ZL_ADL_SCORE_OKX, &s) == return_2);
        if (v % 2 == 0)
                REQUIRE(zl_score(ZL_ADL_SCORE_BITMEX, &s) == return_2);
}

static void test_prices(void **state)
{
        (void)state;
        trial_begin(20240703);
        for (int i = 0; i < ROUNDS; i++) {
                int64_t entry = round_price(), mark = round_price();
                for (int kind = 0; kind < 4; kind++)
                        check_prices(entry, mark, kind & 1, kind & 2);
                trial.round++;
        }
}

/* ---- published ---- */

/* bitmex_adl_score_profit and _loss: 0.2 and -0.05. */
static void test_bitmex(void **state)
{
        struct zl_standing s = {.size = 1, .mark_value = 110, .entry_value = 100,
                                .bankrupt_value = 55, .profit = 10};

        (void)state;
        assert_int_equal(zl_score(ZL_ADL_SCORE_BITMEX, &s), 200000000000000);
        s = (struct zl_standing){.size = 1, .mark_value = 90, .entry_value = 100,
                                 .bankrupt_value = 45, .profit = -10};
        assert_true(zl_score_bitmex(&s) == -50);
        assert_int_equal(zl_score(ZL_ADL_SCORE_BITMEX, &s), 0);
}

/* hl_adl_rank_formula: 20, 2.5 and 21.052631579. */
static void test_hyperliquid(void **state)
{
        static const int64_t rows[][4] = {/* entry, notional, account value; times 10^15 */
                                          {50, 1000, 100, 20000000000000000},
                                          {80, 1000, 500, 2500000000000000},
                                          {95, 2000, 100, 21052631578947368}};

        (void)state;
        for (size_t i = 0; i < ZL_COUNT(rows); i++) {
                int64_t size = rows[i][1] / 100;
                struct zl_standing s = {.size = size,
                                        .mark_value = rows[i][1],
                                        .entry_value = rows[i][0] * size,
                                        .profit = rows[i][1] - rows[i][0] * size,
                                        .notional = zl_wide_of(rows[i][1]),
                                        .equity = zl_wide_of(rows[i][2])};
                assert_int_equal(zl_score(ZL_ADL_SCORE_HYPERLIQUID, &s), rows[i][3]);
        }
}

/* ---- what is no input ---- */

static volatile uint64_t sink;

static void score(const void *argument)
{
        const zl_i128 *numbers = argument;
        struct zl_standing s = {.entry_value = numbers[1], .mark_value = numbers[2], .profit = 1};

        sink = zl_score((enum zl_adl_score)(int)numbers[0], &s);
}

static void test_asserts(void **state)
{
        (void)state;
        assert_false(traps(score, (const zl_i128[]){0, 1, 0}));
        assert_true(traps(score, (const zl_i128[]){SCORES, 1, 1}));
        assert_true(traps(score, (const zl_i128[]){0, 0, 1}));
        assert_true(traps(score, (const zl_i128[]){0, 1, -1}));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_random),   cmocka_unit_test(test_monotone),
                cmocka_unit_test(test_prices),   cmocka_unit_test(test_bitmex),
                cmocka_unit_test(test_hyperliquid), cmocka_unit_test(test_asserts),
        };

        for (int i = 0; i < OF_POOL; i++)
                mpz_init(pool[i]);
        mpz_inits(want, left, right, most, NULL);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
