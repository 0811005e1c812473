#include "core/rank.h"

#include "core/fixed.h"

static int compare(uint64_t a, uint64_t b)
{
        return (a > b) - (a < b);
}

static int by_account(const struct zl_winner *a, const struct zl_winner *b)
{
        int order = compare(a->account, b->account);

        if (!order)
                order = zl_pool_id_compare(a->pool, b->pool);
        if (!order)
                order = compare(a->instrument, b->instrument);
        if (!order)
                order = (int)a->leg - (int)b->leg;
        return order ? order : compare(a->tag, b->tag);
}

int zl_by_score(const struct zl_winner *a, const struct zl_winner *b)
{
        int order = compare(b->score, a->score);

        return order ? order : by_account(a, b);
}

int zl_by_place(const struct zl_winner *a, const struct zl_winner *b)
{
        int order = compare(a->partition, b->partition);

        return order ? order : by_account(a, b);
}

/* Moves the winner at `root` of a heap, whose greatest is on top, down to where it belongs. */
static void sift(struct zl_winner *heap, uint32_t root, uint32_t count, zl_winner_order *order)
{
        struct zl_winner moved = heap[root];

        for (;;) {
                uint64_t child = 2 * (uint64_t)root + 1;
                if (child >= count)
                        break;
                if (child + 1 < count && order(&heap[child], &heap[child + 1]) < 0)
                        child++;
                if (order(&heap[child], &moved) <= 0)
                        break;
                heap[root] = heap[child];
                root = (uint32_t)child;
        }
        heap[root] = moved;
}

/* By a heap: in place, and no input makes it slow. */
void zl_winners_sort(struct zl_winner *winners, uint32_t count, zl_winner_order *order)
{
        for (uint32_t i = count / 2; i-- > 0;)
                sift(winners, i, count, order);
        for (uint32_t last = count; last-- > 1;) {
                struct zl_winner greatest = winners[0];
                winners[0] = winners[last];
                winners[last] = greatest;
                sift(winners, 0, last, order);
        }
}

uint32_t zl_winners_merge(const struct zl_winner *a, uint32_t a_count, const struct zl_winner *b,
                          uint32_t b_count, zl_winner_order *order, uint32_t most,
                          struct zl_winner *ret_merged)
{
        uint32_t i = 0, j = 0, count = 0;

        while (count < most && (i < a_count || j < b_count)) {
                bool from_a = j == b_count || (i < a_count && order(&a[i], &b[j]) <= 0);
                ret_merged[count++] = from_a ? a[i++] : b[j++];
        }
        return count;
}

uint32_t zl_winners_enough(const struct zl_winner *winners, uint32_t count, int64_t qty)
{
        uint32_t enough = 0;

        while (enough < count && qty > 0)
                qty -= zl_min_i128(qty, winners[enough++].qty);
        return enough;
}

uint32_t zl_lights(zl_i128 ahead, int64_t qty, zl_i128 total)
{
        ZL_ASSERT(ahead >= 0 && qty >= 0 && ahead + qty <= total);
        if (qty == 0)
                return 0;
        if (ahead == 0)
                return 5;
        return (uint32_t)(6 - zl_div_ceil(5 * (ahead + qty), total));
}
