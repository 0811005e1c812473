/* queue.c - the pools that a step must look at, in canonical order. */
#include "core/sort.h"
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

void zl_queue_sort(struct zl_engine *engine)
{
        zl_sort(engine, engine->work, engine->work_count, before);
}
