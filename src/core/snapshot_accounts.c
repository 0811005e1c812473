/* snapshot_accounts.c - what an account holds and where its pools stand, in a snapshot. */
#include "core/pass.h"

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
        ZL_PASS_CHOICE(pass, pool->phase, ZL_PHASE_DEFICIT + 1);
        zl_pass_u64(pass, &pool->base);
        zl_pass_u32(pass, &pool->n);
        ZL_PASS_CHOICE(pass, pool->answered, ZL_RUNG_DEFICIT + 1);
        ZL_PASS_CHOICE(pass, pool->proposed, ZL_RUNG_DEFICIT + 1);
        zl_pass_bool(pass, &pool->taken);
        zl_pass_u32(pass, &pool->orders);
        zl_pass_u64(pass, &pool->done[0]);
        zl_pass_u64(pass, &pool->done[1]);
        zl_pass_u32(pass, &pool->attempts);
        zl_pass_u32(pass, &pool->level);
        zl_pass_u64(pass, &pool->shown_by);
        zl_pass_time(pass, &pool->cure_until_ns);
        zl_pass_time(pass, &pool->slice_until_ns);
        zl_pass_time(pass, &pool->held_until_ns);
        pass->failed |= pool->orders > 128 || pool->level > ZL_WARN_MAX;
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
        ZL_PASS_CHOICE(pass, leg, ZL_LEG_SHORT + 1);
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
        ZL_PASS_CHOICE(pass, id.leg, ZL_LEG_SHORT + 1);
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

void zl_pass_account(struct zl_pass *pass, struct zl_engine *engine, uint32_t row)
{
        bool reading = pass->way == ZL_READING;
        uint64_t id = reading ? 0 : engine->accounts[row].id;

        zl_pass_u64(pass, &id);
        if (reading && !pass->failed)
                row = zl_state_account(engine, id);
        pass->failed |= row == ZL_NONE_AT;
        if (pass->failed)
                return;
        struct zl_account *account = &engine->accounts[row];
        pass->failed |= reading && account->first_pool != ZL_NONE_AT; /* listed twice */
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
