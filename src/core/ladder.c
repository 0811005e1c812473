#include "core/ladder.h"

#include "core/bands.h"
#include "core/limit.h"
#include "core/outbox.h"
#include "core/decision.h"
#include "core/text.h"

enum { DOUBLINGS_MAX = 4 }; /* an unanswered decision waits at most 16 times answer_ms */

/* ---- waiting ---- */

static void wait_until(struct zl_engine *engine, uint32_t row, zl_i128 until_ns)
{
        engine->pools[row].due = false;
        zl_heap_put(&engine->deadlines, row, zl_saturate_i64(until_ns));
}

void zl_ladder_wait_for_answer(struct zl_engine *engine, uint32_t row,
                               const struct zl_policy *policy)
{
        struct zl_pool *pool = &engine->pools[row];
        uint32_t doublings = pool->attempts < DOUBLINGS_MAX ? pool->attempts : DOUBLINGS_MAX;
        uint64_t wait_ns = policy->answer_ms * 1000000 << doublings;

        pool->attempts++;
        wait_until(engine, row, (zl_i128)engine->now_ns + wait_ns);
}

void zl_ladder_stop_waiting(struct zl_engine *engine, uint32_t row)
{
        engine->pools[row].due = false;
        zl_heap_remove(&engine->deadlines, row);
}

void zl_ladder_look_again(struct zl_engine *engine, uint32_t row)
{
        zl_heap_remove(&engine->deadlines, row);
        engine->pools[row].due = true;
        zl_queue_pool(engine, row);
}

/* ---- warnings ---- */

/* A warned pool falls back a level only below the level's ratio less the hysteresis. */
static struct zl_threshold falls_back(const struct zl_policy *policy, uint32_t level)
{
        return zl_threshold_ratio(policy->warn_ppb[level - 1] - policy->warn_hysteresis_ppb);
}

static void warn(struct zl_engine *engine, const struct zl_pool *pool, const struct zl_view *view,
                 const struct zl_worth *worth)
{
        char words[100];
        struct zl_text text = zl_text_over(words, sizeof words);
        zl_i128 ratio;
        bool has_ratio = zl_ratio_ceil(view, worth, &ratio);

        zl_text_put(&text, "maintenance reached ");
        zl_text_decimal(&text, view->policy->warn_ppb[pool->level - 1], 9);
        zl_text_put(&text, " of equity");
        zl_alert_pool(engine, pool, ZL_ALERT_KIND_WARN, has_ratio ? &ratio : NULL, words);
}

static void set_level(struct zl_engine *engine, struct zl_pool *pool, const struct zl_view *view,
                      const struct zl_worth *worth)
{
        const struct zl_policy *policy = view->policy;
        uint32_t reached = 0;

        while (reached < policy->warn_count &&
               !zl_worth_good(view, worth, zl_threshold_ratio(policy->warn_ppb[reached])))
                reached++;
        if (pool->level > policy->warn_count)
                pool->level = policy->warn_count;
        if (reached > pool->level) {
                pool->level = reached;
                warn(engine, pool, view, worth);
        }
        while (pool->level > reached &&
               zl_worth_good(view, worth, falls_back(policy, pool->level)))
                pool->level--;
}

/* ---- bands ---- */

static void watch_good(struct zl_engine *engine, uint32_t row, struct zl_view *view,
                       const struct zl_worth *worth)
{
        const struct zl_policy *policy = view->policy;
        uint32_t level = engine->pools[row].level, count = 0;
        struct zl_keep keeps[ZL_KEEPS_MAX];

        keeps[count++] = (struct zl_keep){zl_threshold_safe(policy), true};
        if (level < policy->warn_count)
                keeps[count++] =
                        (struct zl_keep){zl_threshold_ratio(policy->warn_ppb[level]), true};
        if (level > 0)
                keeps[count++] = (struct zl_keep){falls_back(policy, level), false};
        zl_bands_arm(engine, row, view, worth, keeps, count);
}

/* Until it is good again, by itself. */
static void watch_bad(struct zl_engine *engine, uint32_t row, struct zl_view *view,
                      const struct zl_worth *worth)
{
        const struct zl_keep keep = {zl_threshold_safe(view->policy), false};

        if (view->open_count)
                zl_bands_arm(engine, row, view, worth, &keep, 1);
        else
                zl_bands_arm_left(engine, row, view);
}

/* ---- a pool that is not good ---- */

bool zl_ladder_may_trade(const struct zl_view *view)
{
        for (uint32_t i = 0; i < view->parts_count; i++) {
                if (zl_part_trades(&view->parts[i]))
                        return true;
        }
        return view->open_count == 0;
}

/* Nothing of it can be traded now. */
static bool stand_still(struct zl_engine *engine, uint32_t row, struct zl_view *view,
                        const struct zl_worth *worth)
{
        struct zl_pool *pool = &engine->pools[row];

        if (zl_ladder_may_trade(view))
                return false;
        pool->phase = ZL_PHASE_WATCHED;
        zl_ladder_stop_waiting(engine, row);
        watch_bad(engine, row, view, worth);
        if (!pool->halted_said) {
                pool->halted_said = true;
                zl_alert_pool(engine, pool, ZL_ALERT_KIND_HALTED, NULL,
                              "below maintenance, but its instrument is halted");
        }
        return true;
}

/* The time that the policy gives to cure, from when it was first found bad. */
static bool may_cure(struct zl_engine *engine, struct zl_pool *pool, const struct zl_view *view,
                     const struct zl_worth *worth)
{
        const struct zl_policy *policy = view->policy;

        if (policy->cure_ms == 0 || engine->now_ns == 0 || pool->n > 0 ||
            pool->proposed != ZL_RUNG_NONE)
                return false;
        if (pool->cure_until_ns == 0) {
                pool->cure_until_ns = engine->now_ns + policy->cure_ms * 1000000;
                if (pool->level < policy->warn_count && view->open_count) {
                        pool->level = policy->warn_count;
                        warn(engine, pool, view, worth);
                }
        }
        return engine->now_ns < pool->cure_until_ns;
}

/* Waits for its time without an open decision, or as it was, one being open. */
static void hold_back(struct zl_engine *engine, uint32_t row, struct zl_view *view,
                      const struct zl_worth *worth, uint64_t until_ns)
{
        wait_until(engine, row, until_ns);
        if (engine->pools[row].phase == ZL_PHASE_WATCHED)
                watch_bad(engine, row, view, worth);
}

static void propose(struct zl_engine *engine, uint32_t row, struct zl_view *view,
                    const struct zl_worth *worth)
{
        struct zl_pool *pool = &engine->pools[row];
        const struct zl_policy *policy = view->policy;
        struct zl_decision *decision = engine->decision;

        zl_decide(engine, view, pool->answered, decision);
        bool is_new = pool->proposed == ZL_RUNG_NONE;
        if (decision->rung != ZL_RUNG_DEFICIT) {
                bool sliced = is_new && engine->now_ns < pool->slice_until_ns;
                if (sliced)
                        pool->held_until_ns = pool->slice_until_ns;
                if (sliced || !zl_limit_take(engine, engine->accounts[pool->account].id, policy,
                                             decision->count, &pool->held_until_ns)) {
                        hold_back(engine, row, view, worth, pool->held_until_ns);
                        return;
                }
        }
        pool->held_until_ns = 0;
        zl_bands_disarm(engine, row);
        if (!zl_decision_say(engine, pool, view, worth, decision)) {
                pool->stopped = true;
                return;
        }
        pool->phase = decision->rung == ZL_RUNG_DEFICIT ? ZL_PHASE_DEFICIT : ZL_PHASE_PROPOSED;
        if (decision->rung != ZL_RUNG_DEFICIT) {
                if (is_new || decision->rung < pool->proposed)
                        pool->proposed = decision->rung;
                pool->orders = decision->count;
        }
        if (decision->cut && engine->now_ns)
                pool->slice_until_ns = engine->now_ns + policy->slice_ms * 1000000;
        zl_ladder_wait_for_answer(engine, row, policy);
}

static void bad(struct zl_engine *engine, uint32_t row, struct zl_view *view,
                const struct zl_worth *worth)
{
        struct zl_pool *pool = &engine->pools[row];

        if (stand_still(engine, row, view, worth)) {
                pool->level = view->policy->warn_count;
                return;
        }
        bool cures = may_cure(engine, pool, view, worth);
        pool->level = view->policy->warn_count;
        if (cures) {
                pool->phase = ZL_PHASE_WATCHED;
                hold_back(engine, row, view, worth, pool->cure_until_ns);
        } else if (engine->now_ns < pool->held_until_ns) {
                hold_back(engine, row, view, worth, pool->held_until_ns);
        } else {
                propose(engine, row, view, worth);
        }
}

static void good(struct zl_engine *engine, uint32_t row, struct zl_view *view,
                 const struct zl_worth *worth)
{
        struct zl_pool *pool = &engine->pools[row];

        pool->cure_until_ns = 0;
        if (pool->phase == ZL_PHASE_ADMITTED) { /* live at the venue: nothing more is sent */
                zl_ladder_wait_for_answer(engine, row, view->policy);
                return;
        }
        pool->phase = ZL_PHASE_WATCHED;
        pool->attempts = 0;
        pool->halted_said = false;
        pool->held_until_ns = 0;
        zl_ladder_stop_waiting(engine, row);
        if (view->open_count == 0) {
                pool->level = 0;
                zl_bands_arm_left(engine, row, view);
                return;
        }
        set_level(engine, pool, view, worth);
        watch_good(engine, row, view, worth);
}

/* ---- judging ---- */

bool zl_ladder_is_stale(const struct zl_engine *engine, const struct zl_policy *policy,
                        const struct zl_instrument *instrument)
{
        return policy->stale_ms && engine->now_ns && instrument->status != ZL_STATUS_SETTLED &&
               engine->now_ns - instrument->mark_ns > policy->stale_ms * 1000000;
}

/* A stale instrument knows that it is waited for. */
static bool is_stale(struct zl_engine *engine, const struct zl_pool *pool)
{
        const struct zl_policy *policy = zl_state_policy_of(engine, pool);
        bool stale = false;

        for (uint32_t row = pool->first_position; row != ZL_NONE_AT;
             row = engine->positions[row].next_of_pool) {
                struct zl_instrument *instrument =
                        &engine->instruments[engine->positions[row].instrument];
                if (!zl_ladder_is_stale(engine, policy, instrument))
                        continue;
                instrument->stale_waits = true;
                stale = true;
        }
        return stale;
}

bool zl_ladder_has_turn(const struct zl_pool *pool)
{
        if (pool->stopped || pool->phase == ZL_PHASE_FILLED || pool->phase == ZL_PHASE_FREED)
                return false;
        return pool->phase == ZL_PHASE_WATCHED || pool->due;
}

/* False: its order is under way and not due, or there is nothing to judge it by. A pool that breaks
 * a bound is looked at again with every mark, since what is due may come back within it. */
static bool ready(struct zl_engine *engine, uint32_t row, struct zl_view *view)
{
        struct zl_pool *pool = &engine->pools[row];
        zl_refusal refusal = NULL;

        if (!zl_ladder_has_turn(pool) || !zl_state_is_known(engine, pool) ||
            is_stale(engine, pool)) {
                zl_bands_disarm(engine, row);
                return false;
        }
        if (zl_state_view(engine, pool, view, &refusal)) {
                pool->refused_said = false;
                return true;
        }
        zl_bands_keep_near(engine, row);
        if (!pool->refused_said)
                zl_alert_pool(engine, pool, ZL_ALERT_KIND_REFUSED, NULL, refusal);
        pool->refused_said = true;
        return false;
}

bool zl_ladder_is_good(const struct zl_view *view, const struct zl_worth *worth)
{
        return view->open_count ? zl_worth_good(view, worth, zl_threshold_safe(view->policy))
                                : !zl_wide_negative(worth->left);
}

void zl_ladder_judge(struct zl_engine *engine, uint32_t row)
{
        struct zl_pool *pool = &engine->pools[row];
        struct zl_view *view = engine->view;
        struct zl_worth worth;

        pool->queued = false;
        if (pool->account == ZL_NONE_AT)
                return;
        if (!ready(engine, row, view)) /* and if it was due it stays so */
                return;
        pool->due = false;
        engine->counters.evaluations++;
        zl_view_worth(view, &worth);
        if (zl_ladder_is_good(view, &worth))
                good(engine, row, view, &worth);
        else
                bad(engine, row, view, &worth);
}

void zl_ladder_rearm(struct zl_engine *engine, uint32_t row)
{
        const struct zl_pool *pool = &engine->pools[row];
        struct zl_view *view = engine->view;
        struct zl_worth worth;
        zl_refusal refusal;

        if (pool->account == ZL_NONE_AT || !zl_ladder_has_turn(pool) ||
            !zl_state_is_known(engine, pool) || is_stale(engine, pool))
                return;
        if (!zl_state_view(engine, pool, view, &refusal)) {
                zl_bands_keep_near(engine, row);
                return;
        }
        if (pool->phase != ZL_PHASE_WATCHED)
                return;
        zl_view_worth(view, &worth);
        if (!zl_ladder_is_good(view, &worth))
                watch_bad(engine, row, view, &worth);
        else if (view->open_count)
                watch_good(engine, row, view, &worth);
        else
                zl_bands_arm_left(engine, row, view);
}

void zl_ladder_restart(struct zl_engine *engine, uint32_t row, uint64_t base)
{
        struct zl_pool *pool = &engine->pools[row];

        zl_ladder_stop_waiting(engine, row);
        pool->phase = ZL_PHASE_WATCHED;
        pool->base = base;
        pool->n = 0;
        pool->answered = pool->proposed = ZL_RUNG_NONE;
        pool->taken = false;
        pool->done[0] = pool->done[1] = 0;
        pool->held_until_ns = 0;
        pool->attempts = 0;
        pool->stopped = false;
}

void zl_ladder_shown(struct zl_engine *engine, uint32_t row)
{
        struct zl_pool *pool = &engine->pools[row];

        if (pool->phase != ZL_PHASE_FREED || engine->accounts[pool->account].rev < pool->shown_by)
                return;
        pool->phase = ZL_PHASE_WATCHED;
        zl_queue_pool(engine, row);
}

void zl_ladder_propose_anew(struct zl_engine *engine, uint32_t partition)
{
        for (uint32_t next = engine->first_of_partition[partition]; next;
             next = engine->accounts[next - 1].next_of_partition) {
                for (uint32_t row = engine->accounts[next - 1].first_pool; row != ZL_NONE_AT;
                     row = engine->pools[row].next_of_account) {
                        if (engine->pools[row].phase != ZL_PHASE_PROPOSED)
                                continue;
                        engine->pools[row].attempts = 0;
                        wait_until(engine, row, engine->now_ns);
                }
        }
}

void zl_ladder_clock(struct zl_engine *engine)
{
        uint32_t count = 0;

        if (zl_heap_least(&engine->deadlines) <= (int64_t)engine->now_ns)
                count = zl_heap_collect(&engine->deadlines, (int64_t)engine->now_ns,
                                        engine->crossed);
        for (uint32_t i = 0; i < count; i++)
                zl_ladder_look_again(engine, engine->crossed[i]);
}
