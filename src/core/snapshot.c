#include "core/snapshot.h"

#include "core/bands.h"
#include "core/ladder.h"
#include "core/pass.h"

/* What follows from the rest. */
static void tie_markets(struct zl_engine *engine)
{
        for (uint32_t i = 0; i < engine->instruments_by_id.count; i++) {
                struct zl_instrument *instrument = &engine->instruments[i];
                if (instrument->defined)
                        instrument->settle_at = zl_state_asset(engine, instrument->settle);
        }
        for (uint32_t i = 0; i < engine->assets_by_id.count; i++) {
                if (engine->assets[i].defined && engine->assets[i].numeraire)
                        engine->numeraire = i;
        }
}

/* ---- accounts ---- */

static void carry_holding(struct zl_pass *pass, struct zl_holding *holding)
{
        zl_pass_i64(pass, &holding->qty);
        zl_pass_i64(pass, &holding->entry);
        zl_pass_i64(pass, &holding->cost);
        zl_pass_bool(pass, &holding->has_cost);
        zl_pass_i64(pass, &holding->margin);
        zl_pass_i64(pass, &holding->order_margin);
        zl_pass_i64(pass, &holding->funding);
        zl_pass_bool(pass, &holding->funding_known);
}

static void carry_pool(struct zl_pass *pass, struct zl_pool *pool)
{
        ZL_PASS_CHOICE(pass, pool->phase);
        zl_pass_u64(pass, &pool->base);
        zl_pass_u32(pass, &pool->n);
        ZL_PASS_CHOICE(pass, pool->answered);
        ZL_PASS_CHOICE(pass, pool->proposed);
        zl_pass_bool(pass, &pool->taken);
        zl_pass_u32(pass, &pool->orders);
        zl_pass_u64(pass, &pool->done[0]);
        zl_pass_u64(pass, &pool->done[1]);
        zl_pass_u32(pass, &pool->attempts);
        zl_pass_u32(pass, &pool->level);
        zl_pass_u64(pass, &pool->shown_by);
        zl_pass_u64(pass, &pool->cure_until_ns);
        zl_pass_u64(pass, &pool->slice_until_ns);
        zl_pass_u64(pass, &pool->held_until_ns);
        zl_pass_bool(pass, &pool->due);
        zl_pass_bool(pass, &pool->halted_said);
        zl_pass_bool(pass, &pool->refused_said);
        zl_pass_bool(pass, &pool->stopped);
}

static void carry_position(struct zl_pass *pass, struct zl_engine *engine, uint32_t pool,
                           uint32_t row)
{
        struct zl_position *position = row == ZL_NONE_AT ? NULL : &engine->positions[row];
        uint32_t instrument = position ? engine->instruments[position->instrument].id : 0;
        enum zl_leg leg = position ? position->leg : ZL_LEG_NET;

        zl_pass_u32(pass, &instrument);
        ZL_PASS_CHOICE(pass, leg);
        if (pass->way == ZL_READING) {
                uint32_t at = zl_state_instrument(engine, instrument);
                if (pass->failed || at == ZL_NONE_AT || !zl_state_room(&engine->position_rows)) {
                        pass->failed = true;
                        return;
                }
                position = &engine->positions[zl_state_add_position(engine, pool, at, leg)];
        }
        carry_holding(pass, &position->holding);
        zl_pass_u64(pass, &position->rev);
}

/* The deadline stands in the index of deadlines, and must be known again. */
static void carry_deadline(struct zl_pass *pass, struct zl_engine *engine, uint32_t pool)
{
        int64_t deadline = zl_heap_key(&engine->deadlines, pool);

        zl_pass_i64(pass, &deadline);
        if (pass->way == ZL_READING && !pass->failed && deadline != INT64_MAX)
                zl_heap_put(&engine->deadlines, pool, deadline);
}

static void carry_pool_rows(struct zl_pass *pass, struct zl_engine *engine, uint32_t account,
                            uint32_t row)
{
        struct zl_pool none = {.first_position = ZL_NONE_AT};
        struct zl_pool *pool = row == ZL_NONE_AT ? &none : &engine->pools[row];
        struct zl_pool_id id = pool->id;

        zl_pass_bool(pass, &id.cross);
        zl_pass_u32(pass, &id.instrument);
        ZL_PASS_CHOICE(pass, id.leg);
        if (pass->way == ZL_READING) {
                if (pass->failed || !zl_state_room(&engine->pool_rows)) {
                        pass->failed = true;
                        return;
                }
                row = zl_state_add_pool(engine, account, id);
                pool = &engine->pools[row];
        }
        carry_pool(pass, pool);
        carry_deadline(pass, engine, row);
        uint32_t count = zl_pass_count(pass, pool->positions_count, engine->config.positions_max);
        uint32_t at = pass->way == ZL_READING ? ZL_NONE_AT : pool->first_position;
        for (uint32_t i = 0; i < count && !pass->failed; i++) {
                carry_position(pass, engine, row, at);
                at = at == ZL_NONE_AT ? at : engine->positions[at].next_of_pool;
        }
}

static void carry_balance(struct zl_pass *pass, struct zl_engine *engine, uint32_t account,
                          uint32_t row)
{
        struct zl_balance *balance = row == ZL_NONE_AT ? NULL : &engine->balances[row];
        uint32_t asset = balance ? engine->assets[balance->asset].id : 0;

        zl_pass_u32(pass, &asset);
        if (pass->way == ZL_READING) {
                uint32_t at = zl_state_asset(engine, asset);
                if (pass->failed || at == ZL_NONE_AT || !zl_state_room(&engine->balance_rows)) {
                        pass->failed = true;
                        return;
                }
                balance = &engine->balances[zl_state_add_balance(engine, account, at)];
        }
        zl_pass_i64(pass, &balance->amount);
        zl_pass_i64(pass, &balance->order_margin);
}

static uint32_t pools_of(const struct zl_engine *engine, const struct zl_account *account)
{
        uint32_t count = 0;

        for (uint32_t at = account->first_pool; at != ZL_NONE_AT;
             at = engine->pools[at].next_of_account)
                count++;
        return count;
}

static uint32_t balances_of(const struct zl_engine *engine, const struct zl_account *account)
{
        uint32_t count = 0;

        for (uint32_t at = account->first_balance; at != ZL_NONE_AT;
             at = engine->balances[at].next_of_account)
                count++;
        return count;
}

static void carry_account(struct zl_pass *pass, struct zl_engine *engine, uint32_t row)
{
        struct zl_account *account = &engine->accounts[row];
        bool reading = pass->way == ZL_READING;

        zl_pass_u64(pass, &account->rev);
        zl_pass_u32(pass, &account->policy);
        zl_pass_bool(pass, &account->suspended);
        uint32_t count = zl_pass_count(pass, pools_of(engine, account), engine->pool_rows.max);
        uint32_t at = reading ? ZL_NONE_AT : account->first_pool;
        for (uint32_t i = 0; i < count && !pass->failed; i++) {
                carry_pool_rows(pass, engine, row, at);
                at = at == ZL_NONE_AT ? at : engine->pools[at].next_of_account;
        }
        count = zl_pass_count(pass, balances_of(engine, account), engine->balance_rows.max);
        at = reading ? ZL_NONE_AT : account->first_balance;
        for (uint32_t i = 0; i < count && !pass->failed; i++) {
                carry_balance(pass, engine, row, at);
                at = at == ZL_NONE_AT ? at : engine->balances[at].next_of_account;
        }
}

static void carry_accounts(struct zl_pass *pass, struct zl_engine *engine)
{
        uint32_t count =
            zl_pass_count(pass, engine->accounts_by_id.count, engine->config.accounts_max);

        for (uint32_t i = 0; i < count && !pass->failed; i++) {
                uint64_t id = engine->accounts[i].id;
                uint32_t row = i;
                zl_pass_u64(pass, &id);
                if (pass->way == ZL_READING && !pass->failed)
                        row = zl_state_account(engine, id);
                pass->failed |= row == ZL_NONE_AT;
                if (!pass->failed)
                        carry_account(pass, engine, row);
        }
}

/* ---- streams and counters ---- */

/* Every key of a map with its row. */
static void carry_keys(struct zl_pass *pass, struct zl_map *map)
{
        uint32_t count = zl_pass_count(pass, map->count, map->count_max), seen = 0;

        for (uint32_t slot = 0; seen < count && !pass->failed; seen++) {
                uint64_t key = 0;
                uint32_t row = 0;
                while (pass->way != ZL_READING && !map->slots[slot].value_plus_1)
                        slot++;
                if (pass->way != ZL_READING) {
                        key = map->slots[slot].key;
                        row = map->slots[slot++].value_plus_1 - 1;
                }
                zl_pass_u64(pass, &key);
                zl_pass_u32(pass, &row);
                if (pass->way == ZL_READING && !pass->failed &&
                    (row >= map->count_max || !zl_map_put(map, key, row)))
                        pass->failed = true;
        }
}

static void carry_streams(struct zl_pass *pass, struct zl_engine *engine)
{
        carry_keys(pass, &engine->sources_by_id);
        carry_keys(pass, &engine->streams_by_topic);
        for (uint32_t i = 0; i < engine->streams_by_topic.count; i++) {
                zl_pass_bool(pass, &engine->streams[i].heard);
                zl_pass_bool(pass, &engine->streams[i].old_said);
                zl_pass_u64(pass, &engine->streams[i].epoch);
                zl_pass_u64(pass, &engine->streams[i].seq);
        }
        zl_pass_bool(pass, &engine->streams_full_said);
        zl_pass_bool(pass, &engine->frame_refused);
        zl_pass_bool(pass, &engine->frame_after_gap);
}

/* Buckets are named by the policy's row, which is the same again: rows are read in their order. */
static void carry_buckets(struct zl_pass *pass, struct zl_engine *engine)
{
        carry_keys(pass, &engine->buckets_by_key);
        for (uint32_t i = 0; i < engine->buckets_by_key.count; i++) {
                zl_pass_i64(pass, &engine->buckets[i].level);
                zl_pass_u64(pass, &engine->buckets[i].filled_ns);
        }
}

static void carry_counters(struct zl_pass *pass, struct zl_engine *engine)
{
        for (uint32_t i = 0; i < engine->partitions && !pass->failed; i++) {
                zl_pass_u64(pass, &engine->order_seq[i]);
                zl_pass_u64(pass, &engine->alert_seq[i]);
                zl_pass_u64(pass, &engine->deficit_seq[i]);
                zl_pass_u64(pass, &engine->bid_seq[i]);
        }
}

/* ---- all of it ---- */

static void carry_all(struct zl_pass *pass, struct zl_engine *engine)
{
        static const uint32_t version = 2;
        uint32_t said = version, partitions = engine->partitions;

        zl_pass_u32(pass, &said);
        zl_pass_u32(pass, &partitions);
        if (said != version || partitions == 0 || partitions > ZL_PARTITIONS_MAX ||
            (engine->config.partitions && partitions != engine->config.partitions)) {
                pass->failed = true;
                return;
        }
        engine->partitions = partitions;
        zl_pass_u64(pass, &engine->now_ns);
        zl_pass_markets(pass, engine);
        if (pass->way == ZL_READING && !pass->failed)
                tie_markets(engine);
        carry_accounts(pass, engine);
        carry_streams(pass, engine);
        carry_buckets(pass, engine);
        carry_counters(pass, engine);
}

size_t zl_snapshot_size(struct zl_engine *engine)
{
        struct zl_pass pass = {.way = ZL_MEASURING};

        carry_all(&pass, engine);
        return pass.size;
}

enum zl_err zl_snapshot_save(struct zl_engine *engine, void *buffer, size_t capacity,
                             size_t *ret_size)
{
        struct zl_pass pass = {.way = ZL_WRITING, .out = buffer, .capacity = capacity};

        carry_all(&pass, engine);
        *ret_size = pass.size;
        return pass.failed ? ZL_ERR_FULL : ZL_OK;
}

enum zl_err zl_snapshot_load(struct zl_engine *engine, const void *data, size_t size)
{
        struct zl_pass pass = {.way = ZL_READING, .in = data, .capacity = size};

        ZL_ASSERT(engine->accounts_by_id.count == 0 && engine->instruments_by_id.count == 0);
        carry_all(&pass, engine);
        if (pass.failed || pass.size != size)
                return ZL_ERR_INVALID;
        engine->funds_due = true;
        for (uint32_t row = 0; row < engine->pool_rows.fresh; row++)
                zl_ladder_rearm(engine, row);
        return ZL_OK;
}
