#include "core/state.h"

#include <string.h>

static uint32_t row_of(struct zl_map *map, uint64_t id, bool *ret_new)
{
        uint32_t row;

        *ret_new = false;
        if (zl_map_get(map, id, &row))
                return row;
        row = map->count;
        if (!zl_map_put(map, id, row))
                return ZL_NONE_AT;
        *ret_new = true;
        return row;
}

uint32_t zl_state_instrument(struct zl_engine *engine, uint32_t id)
{
        bool is_new;
        uint32_t row = row_of(&engine->instruments_by_id, id, &is_new);

        if (is_new) {
                engine->instruments[row].id = id;
                engine->instruments[row].first_pool = ZL_NONE_AT;
                engine->instruments[row].settle_at = ZL_NONE_AT;
        }
        return row;
}

uint32_t zl_state_asset(struct zl_engine *engine, uint32_t id)
{
        bool is_new;
        uint32_t row = row_of(&engine->assets_by_id, id, &is_new);

        if (is_new)
                engine->assets[row].id = id;
        return row;
}

uint32_t zl_state_policy(struct zl_engine *engine, uint32_t id)
{
        bool is_new;
        uint32_t row = row_of(&engine->policies_by_id, id, &is_new);

        if (is_new)
                engine->policies[row].id = id;
        return row;
}

uint32_t zl_state_account(struct zl_engine *engine, uint64_t id)
{
        bool is_new;
        uint32_t row = row_of(&engine->accounts_by_id, id, &is_new);

        if (is_new) {
                engine->accounts[row].id = id;
                engine->accounts[row].first_pool = ZL_NONE_AT;
        }
        return row;
}

uint32_t zl_state_find_account(const struct zl_engine *engine, uint64_t id)
{
        uint32_t row;

        return zl_map_get(&engine->accounts_by_id, id, &row) ? row : ZL_NONE_AT;
}

uint32_t zl_state_find_pool(const struct zl_engine *engine, uint32_t account, struct zl_pool_id id)
{
        uint32_t pool = engine->accounts[account].first_pool;

        while (pool != ZL_NONE_AT && zl_pool_id_compare(engine->pools[pool].id, id) != 0)
                pool = engine->pools[pool].next_of_account;
        return pool;
}

static uint32_t take_row(struct zl_engine *engine)
{
        uint32_t row = engine->pools_free;

        if (row != ZL_NONE_AT)
                engine->pools_free = engine->pools[row].next_of_account;
        else
                row = engine->pools_fresh++;
        ZL_ASSERT(row < engine->config.positions_max);
        engine->pools_used++;
        return row;
}

uint32_t zl_state_add_pool(struct zl_engine *engine, uint32_t account, uint32_t instrument,
                           struct zl_pool_id id)
{
        uint32_t row = take_row(engine);
        struct zl_pool *pool = &engine->pools[row];
        struct zl_instrument *of = &engine->instruments[instrument];
        bool queued = pool->queued; /* a row given back in this step may still be in the queue */

        *pool = (struct zl_pool){.account = account,
                                 .instrument = instrument,
                                 .id = id,
                                 .next_of_account = engine->accounts[account].first_pool,
                                 .next_of_instrument = of->first_pool,
                                 .previous_of_instrument = ZL_NONE_AT,
                                 .queued = queued};
        engine->accounts[account].first_pool = row;
        if (of->first_pool != ZL_NONE_AT)
                engine->pools[of->first_pool].previous_of_instrument = row;
        of->first_pool = row;
        return row;
}

void zl_state_drop_pool(struct zl_engine *engine, uint32_t row)
{
        struct zl_pool *pool = &engine->pools[row];
        struct zl_instrument *of = &engine->instruments[pool->instrument];
        uint32_t *link = &engine->accounts[pool->account].first_pool;

        zl_trigger_disarm(&of->trigger, row);
        zl_heap_remove(&engine->deadlines, row);
        while (*link != row)
                link = &engine->pools[*link].next_of_account;
        *link = pool->next_of_account;
        if (pool->next_of_instrument != ZL_NONE_AT)
                engine->pools[pool->next_of_instrument].previous_of_instrument =
                        pool->previous_of_instrument;
        if (pool->previous_of_instrument != ZL_NONE_AT)
                engine->pools[pool->previous_of_instrument].next_of_instrument =
                        pool->next_of_instrument;
        else
                of->first_pool = pool->next_of_instrument;
        pool->account = ZL_NONE_AT;
        pool->next_of_account = engine->pools_free;
        engine->pools_free = row;
        engine->pools_used--;
}

bool zl_state_owns(const struct zl_engine *engine, uint32_t partition)
{
        const struct zl_engine_config *config = &engine->config;

        if (config->partitions == 0)
                return true;
        for (uint32_t i = 0; i < config->owned_count; i++) {
                if (partition >= config->owned[i].first && partition <= config->owned[i].last)
                        return true;
        }
        return false;
}

bool zl_state_terms(const struct zl_engine *engine, const struct zl_pool *pool,
                    struct zl_terms *ret_terms, zl_refusal *ret_refusal)
{
        const struct zl_instrument *instrument = &engine->instruments[pool->instrument];
        uint32_t policy;

        *ret_refusal = NULL;
        if (!instrument->usable || !instrument->has_mark || engine->numeraire == ZL_NONE_AT ||
            !engine->assets[instrument->settle_at].has_rate ||
            !zl_map_get(&engine->policies_by_id, instrument->policy, &policy) ||
            !engine->policies[policy].defined)
                return false;
        *ret_refusal =
            zl_terms_of(&pool->holding, instrument, &engine->policies[policy], ret_terms);
        return *ret_refusal == NULL;
}

/* ---- the queue ---- */

void zl_queue_pool(struct zl_engine *engine, uint32_t row)
{
        if (engine->pools[row].queued)
                return;
        ZL_ASSERT(engine->work_count < engine->config.positions_max);
        engine->pools[row].queued = true;
        engine->work[engine->work_count++] = row;
}

void zl_queue_instrument(struct zl_engine *engine, const struct zl_instrument *instrument)
{
        for (uint32_t row = instrument->first_pool; row != ZL_NONE_AT;
             row = engine->pools[row].next_of_instrument)
                zl_queue_pool(engine, row);
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
