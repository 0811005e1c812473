#include "core/assign.h"

int64_t zl_assign_ranked(int64_t qty, const struct zl_winner *winners, uint32_t count,
                         int64_t *ret_gives)
{
        ZL_ASSERT(qty >= 0);
        for (uint32_t i = 0; i < count; i++) {
                ret_gives[i] = (int64_t)zl_min_i128(qty, winners[i].qty);
                qty -= ret_gives[i];
        }
        return qty;
}

int64_t zl_assign_pro_rata(int64_t qty, int64_t lot, const struct zl_winner *winners,
                           uint32_t count, int64_t *ret_gives)
{
        zl_i128 held = 0;
        struct zl_share share;

        ZL_ASSERT(qty >= 0 && lot > 0);
        for (uint32_t i = 0; i < count; i++)
                held += winners[i].qty / lot;
        int64_t lots = (int64_t)zl_min_i128(qty / lot, held);
        if (held)
                zl_share_init(&share, lots, zl_wide_of(held), zl_wide_of(0));
        for (uint32_t i = 0; i < count; i++)
                ret_gives[i] = held ? zl_share_next(&share, winners[i].qty / lot) * lot : 0;
        return qty - lots * lot;
}

bool zl_socialize(int64_t loss, const struct zl_winner *winners, uint32_t count,
                  int64_t *ret_bears)
{
        struct zl_wide total = zl_wide_of(0);
        struct zl_share share;

        for (uint32_t i = 0; i < count; i++)
                total = zl_wide_add(total, zl_wide_of(zl_max_i128(winners[i].profit, 0)));
        if (zl_wide_sign(total) == 0)
                return false;
        zl_share_init(&share, loss, total, zl_wide_of(0));
        for (uint32_t i = 0; i < count; i++)
                ret_bears[i] = zl_share_next(&share, zl_max_i128(winners[i].profit, 0));
        return true;
}

/* ---- least overshoot ---- */

int64_t zl_shortage_lots(const struct zl_shortage *shortage)
{
        ZL_ASSERT(shortage->qty >= 0 && shortage->lot > 0 && shortage->lot_gain > 0);
        if (shortage->deficit <= 0)
                return 0;
        return (int64_t)zl_min_i128(shortage->qty / shortage->lot,
                                    zl_div_ceil(shortage->deficit, shortage->lot_gain));
}

/* Winners with the least lots[i] / profit on top; of equals the one with more profit, since another
 * is spared more by keeping a lot; then the first in the list. */
struct queue {
        const struct zl_winner *winners;
        const int64_t *lots;
        uint32_t *at; /* of the winners */
        uint32_t count;
};

static bool precedes(const struct queue *queue, uint32_t a, uint32_t b)
{
        struct zl_wide left = zl_wide_product(queue->lots[a], queue->winners[b].profit);
        struct zl_wide right = zl_wide_product(queue->lots[b], queue->winners[a].profit);
        int order = zl_wide_compare(left, right);

        if (order)
                return order < 0;
        if (queue->winners[a].profit != queue->winners[b].profit)
                return queue->winners[a].profit > queue->winners[b].profit;
        return a < b;
}

static void sift(struct queue *queue, uint32_t root)
{
        uint32_t moved = queue->at[root];

        for (;;) {
                uint64_t child = 2 * (uint64_t)root + 1;
                if (child >= queue->count)
                        break;
                if (child + 1 < queue->count &&
                    precedes(queue, queue->at[child + 1], queue->at[child]))
                        child++;
                if (precedes(queue, moved, queue->at[child]))
                        break;
                queue->at[root] = queue->at[child];
                root = (uint32_t)child;
        }
        queue->at[root] = moved;
}

static void build(struct queue *queue)
{
        for (uint32_t i = queue->count / 2; i-- > 0;)
                sift(queue, i);
}

static void drop_first(struct queue *queue)
{
        queue->at[0] = queue->at[--queue->count];
        if (queue->count)
                sift(queue, 0);
}

/* The part of a winner is n profit / all profit. Who holds no more than that gives all of it: first
 * who holds the fewest lots for its profit, since without it the others' parts only grow. Returns
 * what is then still to be given. */
static int64_t give_all(struct queue *queue, int64_t n, struct zl_wide *profit)
{
        build(queue);
        while (queue->count) {
                uint32_t i = queue->at[0];
                struct zl_wide own = zl_wide_of(queue->winners[i].profit);
                struct zl_wide part = zl_wide_mul(zl_wide_of(n), own);
                if (zl_wide_compare(zl_wide_mul(zl_wide_of(queue->lots[i]), *profit), part) > 0)
                        break;
                n -= queue->lots[i];
                *profit = zl_wide_sub(*profit, own);
                drop_first(queue);
        }
        return n;
}

/* The others give their parts rounded down, which leaves less than a lot each still to be given.
 * Their lots become the number of the next one each would give. */
static int64_t give_parts(struct queue *queue, int64_t n, struct zl_wide profit, int64_t *lots)
{
        int64_t rest = n;

        for (uint32_t at = 0; at < queue->count; at++) {
                uint32_t i = queue->at[at];
                struct zl_wide own = zl_wide_of(queue->winners[i].profit);
                struct zl_wide part = zl_wide_mul(zl_wide_of(n), own);
                lots[i] = (int64_t)zl_wide_saturate(zl_wide_div_floor(part, profit));
                rest -= lots[i]++;
        }
        return rest;
}

/* A winner's k-th lot brings its share of profit to k v / profit. The n lots where that is least
 * are given, so that no other n have a smaller largest share. Lots that could be divided would fill
 * all winners to one level; every lot up to that level is among the n, and the few above it go one
 * by one, the least first. */
int64_t zl_assign_least_overshoot(const struct zl_shortage *shortage,
                                  const struct zl_winner *winners, uint32_t count,
                                  uint32_t *scratch, int64_t *ret_gives)
{
        struct queue queue = {winners, ret_gives, scratch, 0};
        struct zl_wide profit = zl_wide_of(0);
        int64_t given = 0;

        for (uint32_t i = 0; i < count; i++) {
                ret_gives[i] = winners[i].profit > 0 ? winners[i].qty / shortage->lot : 0;
                if (ret_gives[i] == 0)
                        continue;
                scratch[queue.count++] = i;
                profit = zl_wide_add(profit, zl_wide_of(winners[i].profit));
        }
        int64_t rest = give_all(&queue, zl_shortage_lots(shortage), &profit);
        rest = give_parts(&queue, rest, profit, ret_gives);
        build(&queue);
        for (; queue.count && rest; rest--) {
                uint32_t i = scratch[0];
                if (ret_gives[i] * shortage->lot > winners[i].qty - shortage->lot)
                        drop_first(&queue); /* its last; the number is what it gives */
                else {
                        ret_gives[i]++;
                        sift(&queue, 0);
                }
        }
        for (uint32_t at = 0; at < queue.count; at++)
                ret_gives[scratch[at]]--;
        for (uint32_t i = 0; i < count; i++) {
                ret_gives[i] *= shortage->lot;
                given += ret_gives[i];
        }
        return shortage->qty - given;
}
