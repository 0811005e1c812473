/* core/rank.h against lists put in order by counting who comes before whom. */
#include "winners.h"

enum { ROUNDS = 20000, WINNERS_MAX = 40 };

static bool same(const struct zl_winner *a, const struct zl_winner *b)
{
        return a->partition == b->partition && a->account == b->account && a->leg == b->leg &&
               !zl_pool_id_compare(a->pool, b->pool) && a->score == b->score && a->qty == b->qty &&
               a->profit == b->profit;
}

/* ---- the twin: the place of each is the number of those before it ---- */

/* A number that grows along accounts, pools, instruments, legs, in that order. */
static uint64_t along(const struct zl_winner *w)
{
        uint64_t pool = w->pool.cross ? 0 : (uint64_t)w->pool.instrument * 4 + 1 + w->pool.leg;

        return ((w->account * 1000 + pool) * 100 + w->instrument) * 10 + w->leg;
}

static bool before_by_score(const struct zl_winner *a, const struct zl_winner *b)
{
        return a->score > b->score || (a->score == b->score && along(a) < along(b));
}

static bool before_by_place(const struct zl_winner *a, const struct zl_winner *b)
{
        return a->partition < b->partition ||
               (a->partition == b->partition && along(a) < along(b));
}

static void put_in_order(const struct zl_winner *from, uint32_t count, bool score,
                         struct zl_winner *to)
{
        for (uint32_t i = 0; i < count; i++) {
                uint32_t place = 0;
                for (uint32_t j = 0; j < count; j++)
                        place += score ? before_by_score(&from[j], &from[i])
                                       : before_by_place(&from[j], &from[i]);
                to[place] = from[i];
        }
}

static void require_same(const struct zl_winner *a, const struct zl_winner *b, uint32_t count)
{
        for (uint32_t i = 0; i < count; i++)
                REQUIRE(same(&a[i], &b[i]));
}

/* ---- one list, and the same in parts ---- */

static uint32_t only_of(const struct zl_winner *all, uint32_t count, uint32_t partition,
                        struct zl_winner *ret_own)
{
        uint32_t own = 0;

        for (uint32_t i = 0; i < count; i++) {
                if (all[i].partition == partition)
                        ret_own[own++] = all[i];
        }
        return own;
}

/* The partitions' lists, each only as far as the quantity needs it, make the same beginning. */
static void check_parts(const struct zl_winner *all, const struct zl_winner *sorted, uint32_t count,
                        int64_t qty)
{
        struct zl_winner own[WINNERS_MAX], merged[2][WINNERS_MAX];
        uint32_t total = 0, cut = 0;

        for (uint32_t p = 0; p < PARTITIONS; p++) {
                uint32_t n = only_of(all, count, p, own);
                zl_winners_sort(own, n, zl_by_score);
                total = zl_winners_merge(merged[p % 2], total, own, n, zl_by_score, WINNERS_MAX,
                                         merged[(p + 1) % 2]);
        }
        REQUIRE(total == count);
        require_same(merged[PARTITIONS % 2], sorted, count);

        uint32_t enough = zl_winners_enough(sorted, count, qty);
        for (uint32_t p = 0; p < PARTITIONS; p++) {
                uint32_t n = only_of(all, count, p, own);
                zl_winners_sort(own, n, zl_by_score);
                n = zl_winners_enough(own, n, qty);
                cut = zl_winners_merge(merged[p % 2], cut, own, n, zl_by_score, enough,
                                       merged[(p + 1) % 2]);
        }
        REQUIRE(cut == enough);
        require_same(merged[PARTITIONS % 2], sorted, enough);
}

static void check_enough(const struct zl_winner *sorted, uint32_t count, int64_t qty)
{
        uint32_t enough = zl_winners_enough(sorted, count, qty);
        zl_i128 held = 0;

        for (uint32_t i = 0; i < enough; i++) {
                REQUIRE(held < qty);
                held += sorted[i].qty;
        }
        REQUIRE(held >= qty || enough == count);
}

static void test_lists(void **state)
{
        struct zl_winner all[WINNERS_MAX], sorted[WINNERS_MAX], want[WINNERS_MAX];

        (void)state;
        trial_begin(20240711);
        for (int i = 0; i < ROUNDS; i++) {
                uint32_t count = random_below(WINNERS_MAX + 1);
                int64_t most = random_below(4) ? 20 : INT64_MAX - 1;
                int64_t qty = (int64_t)(random_u64() % (uint64_t)most) * (1 + (most == 20) * 5);

                random_winners(all, count, most, 100);
                for (int by = 0; by < 2; by++) {
                        memcpy(sorted, all, sizeof all);
                        zl_winners_sort(sorted, count, by ? zl_by_score : zl_by_place);
                        put_in_order(all, count, by, want);
                        require_same(sorted, want, count);
                }
                check_enough(sorted, count, qty);
                check_parts(all, sorted, count, qty);
                trial.round++;
        }
}

/* ---- lights ---- */

/* The fifth that the position's last unit lies in, found by trying one after the other. */
static uint32_t count_lights(uint32_t ahead, uint32_t qty, uint32_t total)
{
        uint32_t fifth = 1;

        if (qty == 0)
                return 0;
        if (ahead == 0)
                return 5;
        while ((ahead + qty) * 5 > fifth * total)
                fifth++;
        return 6 - fifth;
}

static void test_lights(void **state)
{
        const zl_i128 large = (zl_i128)INT64_MAX << 40;

        (void)state;
        trial_begin(0);
        for (uint32_t total = 0; total < 60; total++) {
                for (uint32_t ahead = 0; ahead <= total; ahead++) {
                        for (uint32_t qty = 0; ahead + qty <= total; qty++) {
                                uint32_t lights = zl_lights(ahead, qty, total);
                                REQUIRE(lights == count_lights(ahead, qty, total));
                                REQUIRE(lights <= 5 && (lights > 0) == (qty > 0));
                        }
                }
        }
        assert_int_equal(zl_lights(large, 1, 5 * large), 4);
        assert_int_equal(zl_lights(large - 1, 1, 5 * large), 5);
        assert_int_equal(zl_lights(5 * large - 1, 1, 5 * large), 1);
}

/* bitmex_adl_rank_1: the order, and each one's fifth of the queue. */
static void test_bitmex(void **state)
{
        static const int64_t rows[][4] = {/* account, quantity, score, per cent */
                                          {1, 10, 3, 80}, {2, 10, 6, 20}, {3, 20, 1, 100},
                                          {4, 30, 4, 60}, {5, 20, 5, 40}, {6, 10, 2, 80}};
        static const uint64_t order[] = {2, 5, 4, 1, 6, 3};
        struct zl_winner queue[6];
        zl_i128 ahead = 0;

        (void)state;
        for (int i = 0; i < 6; i++)
                queue[i] = (struct zl_winner){.account = (uint64_t)rows[i][0], .qty = rows[i][1],
                                              .score = (uint64_t)rows[i][2], .profit = 1};
        zl_winners_sort(queue, 6, zl_by_score);
        for (int i = 0; i < 6; i++) {
                assert_int_equal(queue[i].account, order[i]);
                int64_t percent = rows[order[i] - 1][3];
                assert_int_equal(zl_lights(ahead, queue[i].qty, 100), 6 - percent / 20);
                ahead += queue[i].qty;
        }
        assert_int_equal(zl_winners_enough(queue, 6, 20), 2);
}

/* flox_adl_tie: equal scores, the lower account first. */
static void test_tie(void **state)
{
        struct zl_winner queue[] = {{.account = 3, .score = 6}, {.account = 2, .score = 6}};

        (void)state;
        zl_winners_sort(queue, 2, zl_by_score);
        assert_int_equal(queue[0].account, 2);
}

static volatile uint32_t sink;

static void light(const void *argument)
{
        const int64_t *numbers = argument;

        sink = zl_lights(numbers[0], numbers[1], numbers[2]);
}

static void test_asserts(void **state)
{
        (void)state;
        assert_false(traps(light, (const int64_t[]){1, 2, 3}));
        assert_true(traps(light, (const int64_t[]){1, 3, 3}));
        assert_true(traps(light, (const int64_t[]){-1, 3, 3}));
        assert_true(traps(light, (const int64_t[]){1, -1, 3}));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lists), cmocka_unit_test(test_lights),
                cmocka_unit_test(test_bitmex), cmocka_unit_test(test_tie),
                cmocka_unit_test(test_asserts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
