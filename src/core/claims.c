/* claims.c - the orders in which a round's rows stand. */
#include "core/fund.h"

static int by_claim(const struct zl_claim *a, const struct zl_claim *b)
{
        if (a->account != b->account)
                return a->account < b->account ? -1 : 1;
        int order = zl_pool_id_compare(a->pool, b->pool);
        if (order)
                return order;
        if (a->instrument != b->instrument)
                return a->instrument < b->instrument ? -1 : 1;
        return (int)a->leg - (int)b->leg;
}

void zl_claims_sort(struct zl_claim *claims, uint32_t count)
{
        for (uint32_t i = 1; i < count; i++) {
                struct zl_claim claim = claims[i];
                uint32_t at = i;
                for (; at > 0 && by_claim(&claim, &claims[at - 1]) < 0; at--)
                        claims[at] = claims[at - 1];
                claims[at] = claim;
        }
}

int zl_by_partition(const struct zl_candidate *a, const struct zl_candidate *b)
{
        if (a->winner.partition != b->winner.partition)
                return a->winner.partition < b->winner.partition ? -1 : 1;
        return zl_by_queue(a, b);
}

int zl_by_queue(const struct zl_candidate *a, const struct zl_candidate *b)
{
        if (a->winner.instrument != b->winner.instrument)
                return a->winner.instrument < b->winner.instrument ? -1 : 1;
        if (a->side != b->side)
                return (int)a->side - (int)b->side;
        return zl_by_score(&a->winner, &b->winner);
}

static void sift(struct zl_candidate *rows, uint32_t at, uint32_t count,
                 zl_candidate_order *order)
{
        for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
                if (child + 1 < count && order(&rows[child], &rows[child + 1]) < 0)
                        child++;
                if (order(&rows[at], &rows[child]) >= 0)
                        return;
                struct zl_candidate row = rows[at];
                rows[at] = rows[child];
                rows[child] = row;
        }
}

/* Heapsort: in place, and never worse than n log n. */
void zl_candidates_sort(struct zl_candidate *rows, uint32_t count, zl_candidate_order *order)
{
        for (uint32_t i = count / 2; i-- > 0;)
                sift(rows, i, count, order);
        for (uint32_t end = count; end > 1; end--) {
                struct zl_candidate row = rows[0];
                rows[0] = rows[end - 1];
                rows[end - 1] = row;
                sift(rows, 0, end - 1, order);
        }
}
