#include "core/answer.h"

#include "core/bands.h"
#include "core/ladder.h"
#include "core/outbox.h"

_Static_assert((int)ZL_RUNG_NONE == (int)ZL_EXEC_STEP_NONE, "a step is a rung");
_Static_assert((int)ZL_RUNG_FULL == (int)ZL_EXEC_STEP_FULL, "a step is a rung");

static void wait_for_newer_base(struct zl_engine *engine, uint32_t row)
{
        zl_ladder_stop_waiting(engine, row);
        engine->pools[row].phase = ZL_PHASE_FILLED;
}

/* Whether what is answered is what this engine proposed: not when another worker did at this n, or
 * the router says that it holds another decision of the key. */
static bool is_ours(const struct zl_pool *pool)
{
        return pool->proposed != ZL_RUNG_NONE && !pool->taken;
}

/* The rung that was answered, as the router says; else the lowest that was proposed under the key,
 * if it is ours. None: it is not known. */
static enum zl_rung rung_answered(const struct zl_pool *pool, const struct zl_msg_exec *exec)
{
        if (exec->step != ZL_EXEC_STEP_NONE)
                return (enum zl_rung)exec->step;
        return is_ours(pool) ? pool->proposed : ZL_RUNG_NONE;
}

/* No engine proposes a lower rung at this n: each answer puts at least one behind it. What is not
 * known counts as this one, so that replicas get ahead and leave no rung out. */
static enum zl_rung lowest_rung(uint32_t n)
{
        return n < ZL_RUNG_FULL ? (enum zl_rung)(n + 1) : ZL_RUNG_FULL;
}

static bool is_shown(const struct zl_engine *engine, const struct zl_pool *pool, uint64_t rev)
{
        return engine->accounts[pool->account].rev >= rev;
}

/* It changed no position: the next rung, which after full is the deficit, when the account shows
 * what it did change, such as orders cancelled. */
static void move_on(struct zl_engine *engine, uint32_t row, const struct zl_msg_exec *exec,
                    enum zl_rung rung)
{
        enum zl_rung lowest = lowest_rung(engine->pools[row].n);
        struct zl_pool *pool = &engine->pools[row];

        pool->n++;
        pool->answered = rung > lowest ? rung : lowest;
        pool->proposed = ZL_RUNG_NONE;
        pool->taken = false;
        pool->done[0] = pool->done[1] = 0;
        pool->attempts = 0;
        pool->phase = ZL_PHASE_WATCHED;
        if (!is_shown(engine, pool, exec->rev)) {
                zl_ladder_stop_waiting(engine, row);
                pool->phase = ZL_PHASE_FREED;
                pool->shown_by = exec->rev;
                return;
        }
        zl_ladder_look_again(engine, row);
}

/* Whether all orders of the decision are over now, this one having filled nothing. */
static bool all_done(struct zl_pool *pool, const struct zl_key *key)
{
        if (!is_ours(pool) || !key->has_place || key->place >= pool->orders)
                return true;
        pool->done[key->place / 64] |= (uint64_t)1 << key->place % 64;
        for (uint32_t i = 0; i < pool->orders; i++) {
                if (!(pool->done[i / 64] >> i % 64 & 1))
                        return false;
        }
        return true;
}

static void refused(struct zl_engine *engine, uint32_t row, const struct zl_msg_exec *exec,
                    const struct zl_policy *policy)
{
        struct zl_pool *pool = &engine->pools[row];

        if (exec->status == ZL_EXEC_STATUS_STALE && exec->rev > pool->base) {
                wait_for_newer_base(engine, row);
                return;
        }
        pool->phase = ZL_PHASE_PROPOSED;
        if (exec->status == ZL_EXEC_STATUS_LATE)
                zl_ladder_look_again(engine, row);
        else /* busy, or a router behind this engine */
                zl_ladder_wait_for_answer(engine, row, policy);
}

/* False: other orders of the decision are still out. */
static bool final(struct zl_engine *engine, uint32_t row, const struct zl_msg_exec *exec,
                  const struct zl_key *key)
{
        struct zl_pool *pool = &engine->pools[row];
        enum zl_rung rung = rung_answered(pool, exec);
        bool converted = rung == ZL_RUNG_CONVERT && exec->status == ZL_EXEC_STATUS_FILLED;

        if ((exec->filled > 0 || converted) && rung != ZL_RUNG_CANCEL) {
                wait_for_newer_base(engine, row);
                return true;
        }
        if (!all_done(pool, key))
                return false;
        move_on(engine, row, exec, rung);
        return true;
}

static void take(struct zl_engine *engine, uint32_t row, const struct zl_msg_exec *exec,
                 const struct zl_key *key, const struct zl_policy *policy)
{
        struct zl_pool *pool = &engine->pools[row];

        pool->held_until_ns = 0;
        zl_bands_disarm(engine, row);
        switch (exec->status) {
        case ZL_EXEC_STATUS_STALE:
        case ZL_EXEC_STATUS_BUSY:
        case ZL_EXEC_STATUS_LATE:
                refused(engine, row, exec, policy);
                return;
        case ZL_EXEC_STATUS_TAKEN:
                pool->taken = true;
                break;
        case ZL_EXEC_STATUS_ACCEPTED:
                break;
        default:
                if (exec->final && final(engine, row, exec, key))
                        return;
        }
        pool->phase = ZL_PHASE_ADMITTED;
        pool->attempts = 0;
        zl_ladder_wait_for_answer(engine, row, policy);
}

static bool is_open(const struct zl_pool *pool, const struct zl_key *key)
{
        return pool->base == key->base && pool->n == key->n && pool->answered != ZL_RUNG_FULL &&
               pool->phase != ZL_PHASE_FILLED && pool->phase != ZL_PHASE_DEFICIT;
}

void zl_answer_take(struct zl_engine *engine, const struct zl_msg_exec *exec)
{
        struct zl_key key;

        if (!zl_key_parse(exec->order, &key)) {
                engine->counters.refused++;
                zl_alert_all(engine, ZL_ALERT_KIND_REFUSED, NULL,
                             "an exec names no order: expected account/pool/base/n");
                return;
        }
        if (!zl_state_owns(engine, zl_partition(key.account, engine->partitions))) {
                engine->counters.foreign++;
                return;
        }
        uint32_t account = zl_state_find_account(engine, key.account);
        uint32_t row = account == ZL_NONE_AT ? ZL_NONE_AT
                                             : zl_state_find_pool(engine, account, key.pool);
        const struct zl_policy *policy =
                row == ZL_NONE_AT ? NULL : zl_state_policy_of(engine, &engine->pools[row]);
        if (!policy || !is_open(&engine->pools[row], &key)) {
                engine->counters.answers_late++;
                return;
        }
        take(engine, row, exec, &key, policy);
}
