#include "app/risk/waits.h"

static const char *const phases[] = {
        [ZL_PHASE_WATCHED] = "watched", [ZL_PHASE_PROPOSED] = "proposed",
        [ZL_PHASE_ADMITTED] = "live",   [ZL_PHASE_FILLED] = "filled",
        [ZL_PHASE_FREED] = "freed",     [ZL_PHASE_DEFICIT] = "deficit",
};

static const char *const rungs[] = {
        [ZL_RUNG_NONE] = NULL,           [ZL_RUNG_CANCEL] = "cancel",
        [ZL_RUNG_CONVERT] = "convert",   [ZL_RUNG_PARTIAL] = "partial",
        [ZL_RUNG_FULL] = "full",         [ZL_RUNG_DEFICIT] = "deficit",
};

static const char *const why_of_phase[] = {
        [ZL_PHASE_PROPOSED] = "the router's answer; without one it is proposed again",
        [ZL_PHASE_ADMITTED] = "the router's final answer",
        [ZL_PHASE_FILLED] = "an account with a newer base",
        [ZL_PHASE_FREED] = "the account that shows what was freed",
        [ZL_PHASE_DEFICIT] = "the fund's plan; without one the deficit is said again",
};

/* The instrument of a position for which this holds; 0: none. */
static uint32_t first_that(const struct zl_engine *engine, const struct zl_pool *pool,
                           bool (*is)(const struct zl_engine *, const struct zl_pool *,
                                      const struct zl_instrument *))
{
        for (uint32_t row = pool->first_position; row != ZL_NONE_AT;
             row = engine->positions[row].next_of_pool) {
                const struct zl_instrument *instrument =
                        &engine->instruments[engine->positions[row].instrument];
                if (is(engine, pool, instrument))
                        return instrument->id;
        }
        return 0;
}

static bool is_stale(const struct zl_engine *engine, const struct zl_pool *pool,
                     const struct zl_instrument *instrument)
{
        const struct zl_policy *policy = zl_state_policy_of(engine, pool);

        return policy && policy->stale_ms && engine->now_ns &&
               instrument->status != ZL_STATUS_SETTLED &&
               engine->now_ns - instrument->mark_ns > policy->stale_ms * 1000000;
}

static bool is_halted(const struct zl_engine *engine, const struct zl_pool *pool,
                      const struct zl_instrument *instrument)
{
        (void)engine;
        (void)pool;
        return instrument->status == ZL_STATUS_HALTED;
}

/* Of a pool that is not good, or cannot be judged, and has nothing out. In the ladder's order. */
static void say_watched(const struct zl_engine *engine, const struct zl_pool *pool,
                        struct zl_wait *wait)
{
        uint32_t stale = first_that(engine, pool, is_stale);
        uint32_t halted = first_that(engine, pool, is_halted);

        if (engine->ctrl_holes) {
                wait->why = "a restatement of what all depend on: frames were missed";
        } else if (engine->accounts[pool->account].suspended) {
                wait->why = "its account in full: frames were missed, or one was refused";
        } else if (stale) {
                wait->why = "a fresh mark";
                wait->instrument = stale;
        } else if (engine->now_ns < pool->cure_until_ns) {
                wait->why = "the time it has to cure";
                wait->until_ns = pool->cure_until_ns;
        } else if (engine->now_ns < pool->held_until_ns) {
                wait->why = pool->held_until_ns == pool->slice_until_ns
                                    ? "the time between two slices"
                                    : "the limit of orders a second";
                wait->until_ns = pool->held_until_ns;
        } else if (halted) {
                wait->why = "its instrument to trade again";
                wait->instrument = halted;
        } else {
                wait->why = "its turn";
        }
}

static enum zl_pool_state state_of(const struct zl_engine *engine, uint32_t row)
{
        static struct zl_subject subject; /* too large for a stack */

        zl_report_look(engine, row, &subject);
        return zl_pool_figures(&subject).state;
}

static uint32_t count_done(const struct zl_pool *pool)
{
        return (uint32_t)(__builtin_popcountll(pool->done[0]) +
                          __builtin_popcountll(pool->done[1]));
}

bool zl_wait_of(const struct zl_engine *engine, uint32_t row, struct zl_wait *ret_wait)
{
        enum zl_pool_state state = state_of(engine, row);
        const struct zl_pool *pool = &engine->pools[row];
        int64_t deadline = zl_heap_key(&engine->deadlines, row);
        bool bad = state == ZL_POOL_LIQUIDATE || state == ZL_POOL_BANKRUPT;
        bool open = pool->phase != ZL_PHASE_WATCHED;

        if (!open && !bad && !pool->stopped && state != ZL_POOL_WAITS)
                return false;
        *ret_wait = (struct zl_wait){.phase = phases[pool->phase],
                                     .rung = rungs[pool->proposed],
                                     .key = {.account = engine->accounts[pool->account].id,
                                             .pool = pool->id,
                                             .base = pool->base,
                                             .n = pool->n}};
        if (open && pool->phase != ZL_PHASE_DEFICIT) {
                ret_wait->orders = pool->orders;
                ret_wait->orders_done = count_done(pool);
        }
        if (pool->stopped)
                ret_wait->why = "a newer base: a decision of it did not add up";
        else if (open)
                ret_wait->why = why_of_phase[pool->phase];
        else if (state == ZL_POOL_WAITS && !engine->ctrl_holes &&
                 !engine->accounts[pool->account].suspended)
                ret_wait->why = "what it is judged by";
        else
                say_watched(engine, pool, ret_wait);
        if (open && deadline != INT64_MAX)
                ret_wait->until_ns = (uint64_t)deadline;
        if (pool->phase == ZL_PHASE_FREED)
                ret_wait->rev = pool->shown_by;
        return true;
}
