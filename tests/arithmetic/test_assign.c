/* core/assign.h against the slow ways: unit by unit, and every way there is. */
#include "winners.h"

#include "core/assign.h"

enum { WINNERS_MAX = 24 };

static mpz_t left, right;

static zl_i128 sum(const int64_t *parts, uint32_t count)
{
        zl_i128 all = 0;

        for (uint32_t i = 0; i < count; i++)
                all += parts[i];
        return all;
}

static int64_t least(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

/* ---- ranked ---- */

/* One unit after the other, each from the first who has one. */
static void test_ranked(void **state)
{
        struct zl_winner winners[WINNERS_MAX];
        int64_t gives[WINNERS_MAX];

        (void)state;
        trial_begin(20240731);
        for (int i = 0; i < 20000; i++, trial.round++) {
                uint32_t count = random_below(WINNERS_MAX + 1);
                int64_t qty = random_below(80), rest = qty, want[WINNERS_MAX] = {0};

                random_winners(winners, count, 9, 100);
                zl_winners_sort(winners, count, zl_by_score);
                for (uint32_t at = 0; rest > 0 && at < count;) {
                        if (want[at] == winners[at].qty)
                                at++;
                        else {
                                want[at]++;
                                rest--;
                        }
                }
                REQUIRE(zl_assign_ranked(qty, winners, count, gives) == rest);
                for (uint32_t w = 0; w < count; w++)
                        REQUIRE(gives[w] == want[w]);
        }
        winners[0].qty = winners[1].qty = INT64_MAX;
        assert_int_equal(zl_assign_ranked(INT64_MAX, winners, 2, gives), 0);
        assert_true(gives[0] == INT64_MAX && gives[1] == 0);
}

/* ---- pro rata ---- */

/* floor(D C / W) by GMP. */
static int64_t part_floor(int64_t d, zl_i128 c, zl_i128 w)
{
        set_i128(left, c);
        set_i128(right, w);
        mpz_mul_si(left, left, d);
        mpz_fdiv_q(left, left, right);
        return mpz_get_si(left);
}

static void check_pro_rata(int64_t qty, int64_t lot, const struct zl_winner *winners,
                           uint32_t count)
{
        int64_t gives[WINNERS_MAX], rest = zl_assign_pro_rata(qty, lot, winners, count, gives);
        zl_i128 held = 0, dealt = 0;

        for (uint32_t i = 0; i < count; i++)
                held += winners[i].qty / lot;
        int64_t lots = held < qty / lot ? (int64_t)held : qty / lot;
        REQUIRE(sum(gives, count) == (zl_i128)lots * lot && rest == qty - lots * lot);
        for (uint32_t i = 0; i < count; i++) {
                int64_t own = winners[i].qty / lot;
                REQUIRE(gives[i] >= 0 && gives[i] <= winners[i].qty && gives[i] % lot == 0);
                if (held == 0)
                        continue;
                REQUIRE(gives[i] / lot ==
                        part_floor(lots, dealt + own, held) - part_floor(lots, dealt, held));
                dealt += own;
                if (held == lots)
                        REQUIRE(gives[i] == own * lot);
        }
}

/* Partition by partition, each knowing the totals and what those before it hold. */
static void check_partitions(int64_t lots, int64_t lot, const struct zl_winner *winners,
                             uint32_t count)
{
        struct zl_wide before = zl_wide_of(0), total = zl_wide_of(0);
        int64_t gives[WINNERS_MAX];
        struct zl_share share;

        zl_assign_pro_rata(lots * lot, lot, winners, count, gives);
        for (uint32_t i = 0; i < count; i++)
                total = zl_wide_add(total, zl_wide_of(winners[i].qty / lot));
        if (zl_wide_compare(zl_wide_of(lots), total) > 0 || zl_wide_sign(total) == 0)
                return;
        for (uint32_t i = 0; i < count; i++) {
                if (i == 0 || winners[i].partition != winners[i - 1].partition)
                        zl_share_init(&share, lots, total, before);
                REQUIRE(zl_share_next(&share, winners[i].qty / lot) * lot == gives[i]);
                before = zl_wide_add(before, zl_wide_of(winners[i].qty / lot));
        }
}

static void test_pro_rata(void **state)
{
        struct zl_winner winners[WINNERS_MAX];

        (void)state;
        trial_begin(20240732);
        for (int i = 0; i < 20000; i++, trial.round++) {
                uint32_t count = random_below(WINNERS_MAX + 1);
                bool large = random_below(3) == 0;
                int64_t lot = 1 + random_below(large ? 1000000 : 5);
                int64_t qty = large ? (int64_t)(random_u64() >> 1) : random_below(200);

                random_winners(winners, count, large ? INT64_MAX - 1 : 30, 100);
                zl_winners_sort(winners, count, zl_by_place);
                check_pro_rata(qty, lot, winners, count);
                check_partitions(qty / lot, lot, winners, count);
        }
}

/* ---- socialised loss ---- */

static void test_socialize(void **state)
{
        struct zl_winner winners[WINNERS_MAX];
        int64_t bears[WINNERS_MAX];

        (void)state;
        trial_begin(20240733);
        for (int i = 0; i < 20000; i++, trial.round++) {
                uint32_t count = random_below(WINNERS_MAX + 1);
                int64_t loss = (int64_t)(random_u64() >> (1 + random_below(63)));
                zl_i128 all = 0, before = 0;

                random_winners(winners, count, 9, random_below(2) ? 100 : (zl_i128)1 << 118);
                for (uint32_t w = 0; w < count; w++) {
                        if (random_below(3) == 0)
                                winners[w].profit = -winners[w].profit * random_below(2);
                        all += winners[w].profit > 0 ? winners[w].profit : 0;
                }
                bears[0] = -1;
                REQUIRE(zl_socialize(loss, winners, count, bears) == (all > 0));
                if (all == 0) {
                        REQUIRE(bears[0] == -1);
                        continue;
                }
                REQUIRE(sum(bears, count) == loss);
                for (uint32_t w = 0; w < count; w++) {
                        zl_i128 upto = before + (winners[w].profit > 0 ? winners[w].profit : 0);
                        REQUIRE(bears[w] ==
                                part_floor(loss, upto, all) - part_floor(loss, before, all));
                        REQUIRE(loss > all || bears[w] <= upto - before);
                        before = upto;
                }
        }
}

/* ---- least overshoot ---- */

/* k / profit against l / other, as products. */
static int compare_shares(int64_t k, zl_i128 profit, int64_t l, zl_i128 other)
{
        set_i128(left, other);
        mpz_mul_si(left, left, k);
        set_i128(right, profit);
        mpz_mul_si(right, right, l);
        return mpz_cmp(left, right);
}

/* Whether a winner's k-th lot goes before another's l-th. */
static bool goes_first(int64_t k, uint32_t i, int64_t l, uint32_t j,
                       const struct zl_winner *winners)
{
        int order = compare_shares(k, winners[i].profit, l, winners[j].profit);

        if (order)
                return order < 0;
        if (winners[i].profit == winners[j].profit)
                return i < j;
        return winners[i].profit > winners[j].profit;
}

/* One lot after the other, each from whom it takes the smallest share of profit, all his lots
 * counted. */
static void one_by_one(int64_t n, int64_t lot, const struct zl_winner *winners, uint32_t count,
                       int64_t *ret_lots)
{
        for (uint32_t i = 0; i < count; i++)
                ret_lots[i] = 0;
        for (; n > 0; n--) {
                uint32_t best = count;
                for (uint32_t i = 0; i < count; i++) {
                        if (winners[i].profit <= 0 || (ret_lots[i] + 1) * lot > winners[i].qty)
                                continue;
                        if (best == count ||
                            goes_first(ret_lots[i] + 1, i, ret_lots[best] + 1, best, winners))
                                best = i;
                }
                if (best == count)
                        return;
                ret_lots[best]++;
        }
}

static void random_shortage(struct zl_shortage *shortage, bool large)
{
        *shortage = (struct zl_shortage){
                .qty = large ? (int64_t)(random_u64() >> 1) : random_below(120),
                .lot = 1 + random_below(large ? 1000 : 4),
                .deficit = (zl_i128)(random_u64() >> random_below(64)) - 5,
                .lot_gain = 1 + (zl_i128)(random_u64() >> random_below(64)),
        };
        if (!large)
                shortage->deficit = random_below(80) * shortage->lot_gain / (1 + random_below(3));
}

/* n v reaches the deficit and n - 1 do not, unless the loser has no more. */
static void check_lots(const struct zl_shortage *s)
{
        int64_t n = zl_shortage_lots(s), all = s->qty / s->lot;

        REQUIRE(n >= 0 && n <= all);
        REQUIRE(n == all || n * s->lot_gain >= s->deficit);
        REQUIRE(n == 0 || (n - 1) * s->lot_gain < s->deficit);
}

static void test_least_overshoot(void **state)
{
        struct zl_winner winners[WINNERS_MAX];
        int64_t gives[WINNERS_MAX], lots[WINNERS_MAX];
        uint32_t scratch[WINNERS_MAX];

        (void)state;
        trial_begin(20240734);
        for (int i = 0; i < 20000; i++, trial.round++) {
                uint32_t count = random_below(WINNERS_MAX + 1);
                zl_i128 profit = random_below(3) ? 12 : (zl_i128)1 << random_below(119);
                struct zl_shortage s;

                random_shortage(&s, false);
                random_winners(winners, count, 20, profit);
                zl_winners_sort(winners, count, zl_by_place);
                if (count && random_below(4) == 0)
                        winners[random_below(count)].profit = -(zl_i128)random_below(2);
                check_lots(&s);
                one_by_one(zl_shortage_lots(&s), s.lot, winners, count, lots);
                int64_t rest = zl_assign_least_overshoot(&s, winners, count, scratch, gives);
                REQUIRE(rest == s.qty - (int64_t)sum(gives, count));
                for (uint32_t w = 0; w < count; w++)
                        REQUIRE(gives[w] == lots[w] * s.lot);
        }
}

/* What can be said without doing it lot by lot: all lots needed are given if they are held, and no
 * lot not given would have been better than one that was. */
static void test_large_overshoot(void **state)
{
        struct zl_winner w[WINNERS_MAX];
        int64_t gives[WINNERS_MAX];
        uint32_t scratch[WINNERS_MAX];

        (void)state;
        trial_begin(20240735);
        for (int round = 0; round < 20000; round++, trial.round++) {
                uint32_t count = 1 + random_below(WINNERS_MAX);
                struct zl_shortage s;
                zl_i128 held = 0;

                random_shortage(&s, true);
                random_winners(w, count, INT64_MAX >> random_below(60),
                               (zl_i128)1 << random_below(120));
                zl_winners_sort(w, count, zl_by_place);
                check_lots(&s);
                zl_assign_least_overshoot(&s, w, count, scratch, gives);
                for (uint32_t i = 0; i < count; i++)
                        held += w[i].qty / s.lot;
                zl_i128 n = zl_shortage_lots(&s);
                REQUIRE(sum(gives, count) == (n < held ? n : held) * s.lot);
                for (uint32_t i = 0; i < count; i++) {
                        REQUIRE(gives[i] >= 0 && gives[i] <= w[i].qty && gives[i] % s.lot == 0);
                        for (uint32_t j = 0; j < count && gives[i]; j++) {
                                int64_t next = gives[j] / s.lot + 1;
                                REQUIRE(next > w[j].qty / s.lot ||
                                        goes_first(gives[i] / s.lot, i, next, j, w));
                        }
                }
        }
}

/* Shares of profit from the largest down, in 840ths, which any profit up to 8 divides. */
static void sorted_shares(const int64_t *lots, const struct zl_winner *winners, uint32_t count,
                          int64_t *ret_shares)
{
        for (uint32_t i = 0; i < count; i++) {
                int64_t share = lots[i] * 840 / (int64_t)winners[i].profit;
                uint32_t at = i;
                for (; at > 0 && ret_shares[at - 1] < share; at--)
                        ret_shares[at] = ret_shares[at - 1];
                ret_shares[at] = share;
        }
}

/* Tries every way to give n lots: none has smaller shares, the largest compared first. */
static void try_all(int64_t n, uint32_t at, int64_t *lots, const struct zl_winner *winners,
                    uint32_t count, const int64_t *best)
{
        int64_t shares[WINNERS_MAX];

        if (at < count) {
                for (lots[at] = 0; lots[at] <= least(n, winners[at].qty); lots[at]++)
                        try_all(n - lots[at], at + 1, lots, winners, count, best);
                return;
        }
        if (n > 0)
                return;
        sorted_shares(lots, winners, count, shares);
        for (uint32_t i = 0; i < count && shares[i] <= best[i]; i++)
                REQUIRE(shares[i] == best[i]);
}

static void test_every_way(void **state)
{
        struct zl_winner winners[4];
        int64_t gives[4], lots[4], best[4];
        uint32_t scratch[4];

        (void)state;
        trial_begin(20240736);
        for (int i = 0; i < 4000; i++, trial.round++) {
                uint32_t count = 1 + random_below(4);
                int64_t held = 0;

                random_winners(winners, count, 6, 8);
                zl_winners_sort(winners, count, zl_by_place);
                for (uint32_t w = 0; w < count; w++)
                        held += winners[w].qty;
                int64_t n = random_below((uint32_t)held + 1);
                struct zl_shortage s = {.qty = n, .lot = 1, .deficit = n, .lot_gain = 1};
                assert_int_equal(zl_assign_least_overshoot(&s, winners, count, scratch, gives), 0);
                sorted_shares(gives, winners, count, best);
                try_all(n, 0, lots, winners, count, best);
        }
}

/* ---- published ---- */

/* flox_rank_pnlratio_vs_binance: two pairs by one score, one by the other; and the page of
 * bitmex_adl_rank_1 goes on to close a short of 20 against accounts 2 and 5. */
static void test_published_pairs(void **state)
{
        struct zl_winner flox[2] = {{.account = 2, .qty = 1, .score = 6},
                                    {.account = 3, .qty = 5, .score = 3}};
        struct zl_winner bitmex[3] = {{.account = 2, .qty = 10, .score = 6},
                                      {.account = 4, .qty = 30, .score = 4},
                                      {.account = 5, .qty = 20, .score = 5}};
        int64_t gives[3];

        (void)state;
        zl_winners_sort(flox, 2, zl_by_score);
        assert_int_equal(zl_assign_ranked(5, flox, 2, gives), 0);
        assert_true(flox[0].account == 2 && gives[0] == 1 && gives[1] == 4);
        flox[0].score = 240;
        flox[1].score = 600;
        zl_winners_sort(flox, 2, zl_by_score);
        assert_int_equal(zl_assign_ranked(5, flox, 2, gives), 0);
        assert_true(flox[0].account == 3 && gives[0] == 5 && gives[1] == 0);

        zl_winners_sort(bitmex, 3, zl_by_score);
        assert_int_equal(zl_assign_ranked(20, bitmex, 3, gives), 0);
        assert_true(bitmex[0].account == 2 && gives[0] == 10);
        assert_true(bitmex[1].account == 5 && gives[1] == 10 && gives[2] == 0);
}

/* paper_adl_prorata: 7.5 over profits of 8, 4, 0.5 and two losses. */
static void test_published_shares(void **state)
{
        struct zl_winner winners[] = {
                {.profit = 80}, {.profit = 40}, {.profit = 5}, {.profit = -30}, {.profit = -120}};
        const int64_t want[] = {48, 24, 3, 0, 0};
        int64_t bears[5];

        (void)state;
        assert_true(zl_socialize(75, winners, 5, bears));
        for (int i = 0; i < 5; i++)
                assert_int_equal(bears[i], want[i]);
        assert_false(zl_socialize(75, winners + 3, 2, bears));
}

/* ---- what is no input ---- */

static volatile int64_t sink;

static void lots_of(const void *argument)
{
        const int64_t *numbers = argument;
        struct zl_shortage s = {numbers[0], numbers[1], numbers[2], numbers[3]};

        sink = zl_shortage_lots(&s);
}

static void pro_rata(const void *argument)
{
        const int64_t *numbers = argument;

        sink = zl_assign_pro_rata(numbers[0], numbers[1], NULL, 0, NULL);
}

static void ranked(const void *argument)
{
        sink = zl_assign_ranked(*(const int64_t *)argument, NULL, 0, NULL);
}

static void test_asserts(void **state)
{
        (void)state;
        assert_false(traps(lots_of, (const int64_t[]){0, 1, -5, 1}));
        assert_true(traps(lots_of, (const int64_t[]){-1, 1, 5, 1}));
        assert_true(traps(lots_of, (const int64_t[]){1, 0, 5, 1}));
        assert_true(traps(lots_of, (const int64_t[]){1, 1, 5, 0}));
        assert_false(traps(pro_rata, (const int64_t[]){0, 1}));
        assert_true(traps(pro_rata, (const int64_t[]){1, 0}));
        assert_true(traps(pro_rata, (const int64_t[]){-1, 1}));
        assert_false(traps(ranked, (const int64_t[]){0}));
        assert_true(traps(ranked, (const int64_t[]){-1}));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ranked),
                cmocka_unit_test(test_pro_rata),
                cmocka_unit_test(test_socialize),
                cmocka_unit_test(test_least_overshoot),
                cmocka_unit_test(test_large_overshoot),
                cmocka_unit_test(test_every_way),
                cmocka_unit_test(test_published_pairs),
                cmocka_unit_test(test_published_shares),
                cmocka_unit_test(test_asserts),
        };

        mpz_inits(left, right, NULL);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
