#include "core/explain.h"

#include "core/ladder.h"

/* What it waits for by its place on the ladder alone. */
static enum zl_wait open_wait(const struct zl_pool *pool)
{
        if (pool->stopped)
                return ZL_WAIT_STOPPED;
        switch (pool->phase) {
        case ZL_PHASE_PROPOSED:
                return ZL_WAIT_ANSWER;
        case ZL_PHASE_ADMITTED:
                return ZL_WAIT_VENUE;
        case ZL_PHASE_FILLED:
                return ZL_WAIT_BASE;
        case ZL_PHASE_FREED:
                return ZL_WAIT_REVISION;
        case ZL_PHASE_DEFICIT:
                return ZL_WAIT_FUND;
        default:
                return ZL_WAIT_TURN;
        }
}

static const struct zl_instrument *stale_of(const struct zl_engine *engine,
                                            const struct zl_pool *pool)
{
        const struct zl_policy *policy = zl_state_policy_of(engine, pool);

        for (uint32_t row = pool->first_position; row != ZL_NONE_AT;
             row = engine->positions[row].next_of_pool) {
                const struct zl_instrument *instrument =
                        &engine->instruments[engine->positions[row].instrument];
                if (zl_ladder_is_stale(engine, policy, instrument))
                        return instrument;
        }
        return NULL;
}

static enum zl_wait missing(const struct zl_engine *engine, const struct zl_pool *pool)
{
        if (engine->ctrl_holes)
                return ZL_WAIT_CTRL;
        return engine->accounts[pool->account].suspended ? ZL_WAIT_ACCOUNT : ZL_WAIT_DATA;
}

/* Of one that is not good and has its turn. */
static void bad_wait(const struct zl_engine *engine, const struct zl_pool *pool,
                     const struct zl_view *view, struct zl_waiting *waiting)
{
        waiting->wait = ZL_WAIT_TURN;
        if (!zl_ladder_may_trade(view)) {
                waiting->wait = ZL_WAIT_TRADING;
        } else if (engine->now_ns < pool->cure_until_ns && pool->n == 0 &&
                   pool->proposed == ZL_RUNG_NONE) {
                waiting->wait = ZL_WAIT_CURE;
                waiting->until_ns = pool->cure_until_ns;
        } else if (engine->now_ns < pool->held_until_ns) {
                bool slice = pool->held_until_ns == pool->slice_until_ns;
                waiting->wait = slice ? ZL_WAIT_SLICE : ZL_WAIT_LIMIT;
                waiting->until_ns = pool->held_until_ns;
        }
}

void zl_explain_wait(const struct zl_engine *engine, const struct zl_pool *pool,
                     struct zl_view *ret_view, struct zl_worth *ret_worth,
                     struct zl_waiting *ret_waiting)
{
        struct zl_waiting *waiting = ret_waiting;
        uint32_t row = (uint32_t)(pool - engine->pools);
        int64_t deadline = zl_heap_key(&engine->deadlines, row);
        bool has_turn = zl_ladder_has_turn(pool);

        *waiting = (struct zl_waiting){.wait = open_wait(pool)};
        waiting->judged = zl_state_view(engine, pool, ret_view, &waiting->refusal);
        if (waiting->judged)
                zl_view_worth(ret_view, ret_worth);
        if (!has_turn) {
                waiting->until_ns = deadline == INT64_MAX ? 0 : (uint64_t)deadline;
        } else if (!zl_state_is_known(engine, pool)) {
                waiting->wait = missing(engine, pool);
        } else if ((waiting->instrument = stale_of(engine, pool)) != NULL) {
                waiting->wait = ZL_WAIT_FRESH;
        } else if (!waiting->judged) {
                waiting->wait = ZL_WAIT_BOUND;
        } else if (zl_ladder_is_good(ret_view, ret_worth)) {
                waiting->wait = ZL_WAIT_NOTHING;
        } else {
                bad_wait(engine, pool, ret_view, waiting);
        }
}
