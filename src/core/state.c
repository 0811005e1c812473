#include "core/state.h"

#include "core/bands.h"

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
                struct zl_instrument *instrument = &engine->instruments[row];
                instrument->id = id;
                instrument->first_position = instrument->first_near = ZL_NONE_AT;
                instrument->settle_at = ZL_NONE_AT;
        }
        return row;
}

uint32_t zl_state_asset(struct zl_engine *engine, uint32_t id)
{
        bool is_new;
        uint32_t row = row_of(&engine->assets_by_id, id, &is_new);

        if (is_new) {
                engine->assets[row].id = id;
                engine->assets[row].first_balance = ZL_NONE_AT;
        }
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

uint32_t zl_state_fund(struct zl_engine *engine, uint32_t id)
{
        bool is_new;
        uint32_t row = row_of(&engine->funds_by_id, id, &is_new);

        if (is_new)
                engine->funds[row].id = id;
        return row;
}

uint32_t zl_state_account(struct zl_engine *engine, uint64_t id)
{
        bool is_new;
        uint32_t row = row_of(&engine->accounts_by_id, id, &is_new);

        if (is_new) {
                engine->accounts[row].id = id;
                engine->accounts[row].first_pool = ZL_NONE_AT;
                engine->accounts[row].first_balance = ZL_NONE_AT;
                uint32_t *first = &engine->first_of_partition[zl_partition(id, engine->partitions)];
                engine->accounts[row].next_of_partition = *first;
                *first = row + 1;
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

/* Canonical order of a pool's positions: by instrument, then none, L, S. */
static int compare_position(const struct zl_engine *engine, uint32_t row, uint32_t instrument_id,
                            enum zl_leg leg)
{
        const struct zl_position *position = &engine->positions[row];
        uint32_t id = engine->instruments[position->instrument].id;

        if (id != instrument_id)
                return id < instrument_id ? -1 : 1;
        return (int)position->leg - (int)leg;
}

uint32_t zl_state_find_position(const struct zl_engine *engine, uint32_t pool,
                                uint32_t instrument_id, enum zl_leg leg)
{
        uint32_t row = engine->pools[pool].first_position;

        while (row != ZL_NONE_AT && compare_position(engine, row, instrument_id, leg) < 0)
                row = engine->positions[row].next_of_pool;
        if (row != ZL_NONE_AT && compare_position(engine, row, instrument_id, leg) == 0)
                return row;
        return ZL_NONE_AT;
}

uint32_t zl_state_find_balance(const struct zl_engine *engine, uint32_t account, uint32_t asset)
{
        uint32_t row = engine->accounts[account].first_balance;

        while (row != ZL_NONE_AT && engine->balances[row].asset != asset)
                row = engine->balances[row].next_of_account;
        return row;
}

const struct zl_policy *zl_state_find_policy(const struct zl_engine *engine, uint32_t id)
{
        uint32_t row;

        if (!zl_map_get(&engine->policies_by_id, id, &row) || !engine->policies[row].defined)
                return NULL;
        return &engine->policies[row];
}

const struct zl_policy *zl_state_policy_of(const struct zl_engine *engine,
                                           const struct zl_pool *pool)
{
        if (pool->id.cross)
                return zl_state_find_policy(engine, engine->accounts[pool->account].policy);
        const struct zl_position *position = &engine->positions[pool->first_position];
        const struct zl_instrument *instrument = &engine->instruments[position->instrument];
        return instrument->defined ? zl_state_find_policy(engine, instrument->policy) : NULL;
}

/* ---- rows that come and go ---- */

uint32_t zl_state_room(const struct zl_rows *rows)
{
        return rows->max - rows->used;
}

/* A free row, or one never used; `next` is the free row's link to the next. */
static uint32_t take_row(struct zl_rows *rows, const uint32_t *next)
{
        uint32_t row = rows->free;

        if (row != ZL_NONE_AT)
                rows->free = *next;
        else
                row = rows->fresh++;
        ZL_ASSERT(row < rows->max);
        rows->used++;
        return row;
}

static void give_row(struct zl_rows *rows, uint32_t row, uint32_t *link)
{
        *link = rows->free;
        rows->free = row;
        rows->used--;
}

uint32_t zl_state_add_pool(struct zl_engine *engine, uint32_t account, struct zl_pool_id id)
{
        struct zl_rows *rows = &engine->pool_rows;
        uint32_t row = take_row(rows, rows->free == ZL_NONE_AT
                                              ? NULL
                                              : &engine->pools[rows->free].next_of_account);
        struct zl_pool *pool = &engine->pools[row];
        bool queued = pool->queued; /* a row given back in this step may still be in the queue */
        uint32_t *link = &engine->accounts[account].first_pool;

        while (*link != ZL_NONE_AT && zl_pool_id_compare(engine->pools[*link].id, id) < 0)
                link = &engine->pools[*link].next_of_account;
        *pool = (struct zl_pool){.account = account,
                                 .id = id,
                                 .next_of_account = *link,
                                 .first_position = ZL_NONE_AT,
                                 .queued = queued};
        *link = row;
        return row;
}

void zl_state_drop_pool(struct zl_engine *engine, uint32_t row)
{
        struct zl_pool *pool = &engine->pools[row];
        uint32_t *link = &engine->accounts[pool->account].first_pool;

        zl_bands_disarm(engine, row);
        while (pool->first_position != ZL_NONE_AT)
                zl_state_drop_position(engine, pool->first_position);
        zl_heap_remove(&engine->deadlines, row);
        while (*link != row)
                link = &engine->pools[*link].next_of_account;
        *link = pool->next_of_account;
        pool->account = ZL_NONE_AT;
        give_row(&engine->pool_rows, row, &pool->next_of_account);
}

uint32_t zl_state_add_position(struct zl_engine *engine, uint32_t pool, uint32_t instrument,
                               enum zl_leg leg)
{
        struct zl_rows *rows = &engine->position_rows;
        uint32_t row = take_row(rows, rows->free == ZL_NONE_AT
                                              ? NULL
                                              : &engine->positions[rows->free].next_of_pool);
        struct zl_instrument *of = &engine->instruments[instrument];
        uint32_t *link = &engine->pools[pool].first_position;

        while (*link != ZL_NONE_AT && compare_position(engine, *link, of->id, leg) < 0)
                link = &engine->positions[*link].next_of_pool;
        engine->positions[row] = (struct zl_position){.pool = pool,
                                                      .instrument = instrument,
                                                      .leg = leg,
                                                      .next_of_pool = *link,
                                                      .next_of_instrument = of->first_position,
                                                      .previous_of_instrument = ZL_NONE_AT};
        *link = row;
        if (of->first_position != ZL_NONE_AT)
                engine->positions[of->first_position].previous_of_instrument = row;
        of->first_position = row;
        of->positions_count++;
        engine->pools[pool].positions_count++;
        return row;
}

void zl_state_drop_position(struct zl_engine *engine, uint32_t row)
{
        struct zl_position *position = &engine->positions[row];
        struct zl_instrument *of = &engine->instruments[position->instrument];
        uint32_t *link = &engine->pools[position->pool].first_position;

        zl_bands_forget_position(engine, row);
        while (*link != row)
                link = &engine->positions[*link].next_of_pool;
        *link = position->next_of_pool;
        if (position->next_of_instrument != ZL_NONE_AT)
                engine->positions[position->next_of_instrument].previous_of_instrument =
                        position->previous_of_instrument;
        if (position->previous_of_instrument != ZL_NONE_AT)
                engine->positions[position->previous_of_instrument].next_of_instrument =
                        position->next_of_instrument;
        else
                of->first_position = position->next_of_instrument;
        of->positions_count--;
        engine->pools[position->pool].positions_count--;
        give_row(&engine->position_rows, row, &position->next_of_pool);
}

uint32_t zl_state_add_balance(struct zl_engine *engine, uint32_t account, uint32_t asset)
{
        struct zl_rows *rows = &engine->balance_rows;
        uint32_t row = take_row(rows, rows->free == ZL_NONE_AT
                                              ? NULL
                                              : &engine->balances[rows->free].next_of_account);
        struct zl_asset *of = &engine->assets[asset];
        uint32_t *link = &engine->accounts[account].first_balance;

        while (*link != ZL_NONE_AT && engine->assets[engine->balances[*link].asset].id < of->id)
                link = &engine->balances[*link].next_of_account;
        engine->balances[row] =
                (struct zl_balance){.account = account,
                                    .asset = asset,
                                    .next_of_account = *link,
                                    .next_of_asset = of->first_balance,
                                    .previous_of_asset = ZL_NONE_AT};
        *link = row;
        if (of->first_balance != ZL_NONE_AT)
                engine->balances[of->first_balance].previous_of_asset = row;
        of->first_balance = row;
        return row;
}

void zl_state_drop_balance(struct zl_engine *engine, uint32_t row)
{
        struct zl_balance *balance = &engine->balances[row];
        uint32_t *link = &engine->accounts[balance->account].first_balance;

        zl_bands_forget_balance(engine, row);
        while (*link != row)
                link = &engine->balances[*link].next_of_account;
        *link = balance->next_of_account;
        if (balance->next_of_asset != ZL_NONE_AT)
                engine->balances[balance->next_of_asset].previous_of_asset =
                        balance->previous_of_asset;
        if (balance->previous_of_asset != ZL_NONE_AT)
                engine->balances[balance->previous_of_asset].next_of_asset =
                        balance->next_of_asset;
        else
                engine->assets[balance->asset].first_balance = balance->next_of_asset;
        give_row(&engine->balance_rows, row, &balance->next_of_account);
}

bool zl_state_owns(const struct zl_engine *engine, uint32_t partition)
{
        const struct zl_engine_config *config = &engine->config;

        if (config->partitions == 0)
                return partition < engine->partitions;
        for (uint32_t i = 0; i < config->owned_count; i++) {
                if (partition >= config->owned[i].first && partition <= config->owned[i].last)
                        return true;
        }
        return false;
}

/* ---- views ---- */

static bool add_balances(const struct zl_engine *engine, const struct zl_account *account,
                         struct zl_view *view, zl_refusal *ret_refusal)
{
        for (uint32_t row = account->first_balance; row != ZL_NONE_AT;
             row = engine->balances[row].next_of_account) {
                const struct zl_balance *balance = &engine->balances[row];
                const struct zl_asset *asset = &engine->assets[balance->asset];
                uint32_t at = zl_view_stock(view, asset);
                if (at == ZL_NONE_AT) {
                        *ret_refusal = "a pool holds at most 32 assets";
                        return false;
                }
                view->stocks[at].balance = row;
                view->stocks[at].amount = balance->amount * zl_pow10(ZL_FINE);
                view->stocks[at].order_margin = balance->order_margin * zl_pow10(ZL_FINE);
        }
        return true;
}

/* Whether all of the pool's positions and balances can be valued. */
static bool has_prices(const struct zl_engine *engine, const struct zl_pool *pool)
{
        const struct zl_account *account = &engine->accounts[pool->account];

        for (uint32_t row = pool->first_position; row != ZL_NONE_AT;
             row = engine->positions[row].next_of_pool) {
                const struct zl_instrument *instrument =
                        &engine->instruments[engine->positions[row].instrument];
                if (!instrument->usable || !instrument->has_mark ||
                    !engine->assets[instrument->settle_at].has_rate)
                        return false;
        }
        for (uint32_t row = pool->id.cross ? account->first_balance : ZL_NONE_AT;
             row != ZL_NONE_AT; row = engine->balances[row].next_of_account) {
                const struct zl_asset *asset = &engine->assets[engine->balances[row].asset];
                if (!asset->defined || !asset->has_rate)
                        return false;
        }
        return true;
}

static bool add_position(const struct zl_engine *engine, uint32_t row, struct zl_view *view,
                         zl_refusal *ret_refusal)
{
        const struct zl_position *position = &engine->positions[row];
        const struct zl_instrument *instrument = &engine->instruments[position->instrument];

        uint32_t at = zl_view_stock(view, &engine->assets[instrument->settle_at]);
        if (at == ZL_NONE_AT)
                *ret_refusal = "a pool holds at most 32 assets";
        else
                *ret_refusal = zl_view_add(view, &position->holding, instrument, position->leg,
                                           at, row);
        if (!*ret_refusal && view->flat) {
                view->stocks[at].amount = position->holding.margin * zl_pow10(ZL_FINE);
                view->stocks[at].order_margin = position->holding.order_margin *
                                                zl_pow10(ZL_FINE);
        }
        return !*ret_refusal;
}

bool zl_state_is_known(const struct zl_engine *engine, const struct zl_pool *pool)
{
        return !engine->ctrl_holes && !engine->accounts[pool->account].suspended &&
               engine->numeraire != ZL_NONE_AT &&
               zl_state_policy_of(engine, pool) && has_prices(engine, pool);
}

bool zl_state_view(const struct zl_engine *engine, const struct zl_pool *pool,
                   struct zl_view *ret_view, zl_refusal *ret_refusal)
{
        const struct zl_account *account = &engine->accounts[pool->account];

        *ret_refusal = NULL;
        if (!zl_state_is_known(engine, pool))
                return false;
        zl_view_begin(ret_view, zl_state_policy_of(engine, pool), !pool->id.cross);
        if (pool->id.cross && !add_balances(engine, account, ret_view, ret_refusal))
                return false;
        for (uint32_t row = pool->first_position; row != ZL_NONE_AT;
             row = engine->positions[row].next_of_pool) {
                if (!add_position(engine, row, ret_view, ret_refusal))
                        return false;
        }
        zl_view_end(ret_view);
        return true;
}
