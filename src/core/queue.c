/* queue.c - the pools that a step must look at, in canonical order. */
#include "core/state.h"

void zl_queue_pool(struct zl_engine *engine, uint32_t row)
{
        if (engine->pools[row].queued)
                return;
        ZL_ASSERT(engine->work_count < engine->pool_rows.max);
        engine->pools[row].queued = true;
        engine->work[engine->work_count++] = row;
}

void zl_queue_instrument(struct zl_engine *engine, const struct zl_instrument *instrument)
{
        for (uint32_t row = instrument->first_position; row != ZL_NONE_AT;
             row = engine->positions[row].next_of_instrument)
                zl_queue_pool(engine, engine->positions[row].pool);
}

void zl_queue_balances(struct zl_engine *engine, const struct zl_asset *asset)
{
        const struct zl_pool_id cross = {.cross = true};

        for (uint32_t row = asset->first_balance; row != ZL_NONE_AT;
             row = engine->balances[row].next_of_asset) {
                uint32_t pool = zl_state_find_pool(engine, engine->balances[row].account, cross);
                if (pool != ZL_NONE_AT)
                        zl_queue_pool(engine, pool);
        }
}

static bool before(const struct zl_engine *engine, uint32_t a, uint32_t b)
{
        const struct zl_pool *x = &engine->pools[a], *y = &engine->pools[b];
        uint64_t of_x = x->account == ZL_NONE_AT ? 0 : engine->accounts[x->account].id;
        uint64_t of_y = y->account == ZL_NONE_AT ? 0 : engine->accounts[y->account].id;

        if (of_x != of_y)
                return of_x < of_y;
        return zl_pool_id_compare(x->id, y->id) < 0;
}

static void sift(const struct zl_engine *engine, uint32_t *rows, uint32_t at, uint32_t count)
{
        for (;;) {
                uint32_t child = 2 * at + 1;
                if (child >= count)
                        return;
                if (child + 1 < count && before(engine, rows[child], rows[child + 1]))
                        child++;
                if (!before(engine, rows[at], rows[child]))
                        return;
                uint32_t row = rows[at];
                rows[at] = rows[child];
                rows[child] = row;
                at = child;
        }
}

/* Heapsort: in place, and never worse than n log n. */
void zl_queue_sort(struct zl_engine *engine)
{
        uint32_t *rows = engine->work;
        uint32_t count = engine->work_count;

        for (uint32_t i = count / 2; i-- > 0;)
                sift(engine, rows, i, count);
        for (uint32_t end = count; end > 1; end--) {
                uint32_t row = rows[0];
                rows[0] = rows[end - 1];
                rows[end - 1] = row;
                sift(engine, rows, 0, end - 1);
        }
}
