#include "core/ladder.h"

#include "core/outbox.h"
#include "core/text.h"

enum { DOUBLINGS_MAX = 4 }; /* an unanswered decision waits at most 16 times answer_ms */

/* ---- bands ---- */

static void lower(struct zl_edges *edges, int64_t mark)
{
        if (!edges->has_below || mark > edges->below)
                edges->below = mark;
        edges->has_below = true;
}

static void upper(struct zl_edges *edges, int64_t mark)
{
        if (!edges->has_above || mark < edges->above)
                edges->above = mark;
        edges->has_above = true;
}

/* Narrows the band to the marks where the pool stays good by a threshold, or stays not good. */
static void keep(struct zl_edges *edges, const struct zl_terms *terms,
                 struct zl_threshold threshold, bool good)
{
        const struct zl_instrument *instrument = terms->instrument;
        int64_t mark;

        if (zl_nearest(terms, threshold, !good, instrument->mark - 1, ZL_DOWN,
                       instrument->min_price, instrument->max_price, &mark))
                lower(edges, mark);
        if (zl_nearest(terms, threshold, !good, instrument->mark + 1, ZL_UP, instrument->min_price,
                       instrument->max_price, &mark))
                upper(edges, mark);
}

/* A warned pool falls back a level only below the level's ratio less the hysteresis. */
static struct zl_threshold falls_back(const struct zl_policy *policy, uint32_t level)
{
        return zl_threshold_ratio(policy->warn_ppb[level - 1] - policy->warn_hysteresis_ppb);
}

static void arm(struct zl_engine *engine, uint32_t row, const struct zl_terms *terms)
{
        const struct zl_pool *pool = &engine->pools[row];
        const struct zl_policy *policy = terms->policy;
        struct zl_edges edges = {0};

        keep(&edges, terms, zl_threshold_safe(policy), true);
        if (pool->level < policy->warn_count)
                keep(&edges, terms, zl_threshold_ratio(policy->warn_ppb[pool->level]), true);
        if (pool->level > 0)
                keep(&edges, terms, falls_back(policy, pool->level), false);
        zl_trigger_arm(&engine->instruments[pool->instrument].trigger, row, &edges);
}

static void disarm(struct zl_engine *engine, uint32_t row)
{
        zl_trigger_disarm(&engine->instruments[engine->pools[row].instrument].trigger, row);
}

/* ---- warnings ---- */

static void warn(struct zl_engine *engine, const struct zl_pool *pool, const struct zl_terms *terms)
{
        char words[100];
        struct zl_text text = zl_text_over(words, sizeof words);
        zl_i128 ratio;
        bool has_ratio = zl_ratio_ceil(terms, terms->instrument->mark, &ratio);

        zl_text_put(&text, "maintenance reached ");
        zl_text_decimal(&text, terms->policy->warn_ppb[pool->level - 1], 9);
        zl_text_put(&text, " of equity");
        zl_alert_pool(engine, pool, ZL_ALERT_KIND_WARN, has_ratio ? &ratio : NULL, words);
}

static void set_level(struct zl_engine *engine, struct zl_pool *pool, const struct zl_terms *terms)
{
        const struct zl_policy *policy = terms->policy;
        int64_t mark = terms->instrument->mark;
        uint32_t reached = 0;

        while (reached < policy->warn_count &&
               !zl_is_good(terms, zl_threshold_ratio(policy->warn_ppb[reached]), mark))
                reached++;
        if (pool->level > policy->warn_count)
                pool->level = policy->warn_count;
        if (reached > pool->level) {
                pool->level = reached;
                warn(engine, pool, terms);
        }
        while (pool->level > reached && zl_is_good(terms, falls_back(policy, pool->level), mark))
                pool->level--;
}

/* ---- proposals ---- */

static void wait_for_answer(struct zl_engine *engine, uint32_t row, const struct zl_policy *policy)
{
        struct zl_pool *pool = &engine->pools[row];
        uint32_t doublings = pool->attempts < DOUBLINGS_MAX ? pool->attempts : DOUBLINGS_MAX;
        uint64_t wait_ns = policy->answer_ms * 1000000 << doublings;

        pool->attempts++;
        pool->due = false;
        zl_heap_put(&engine->deadlines, row, zl_saturate_i64((zl_i128)engine->now_ns + wait_ns));
}

static struct zl_key key_of(const struct zl_engine *engine, const struct zl_pool *pool)
{
        return (struct zl_key){.account = engine->accounts[pool->account].id,
                               .pool = pool->id,
                               .base = pool->base,
                               .n = pool->n};
}

static enum zl_side closing_side(const struct zl_pool *pool)
{
        return pool->holding.qty > 0 ? ZL_SIDE_SELL : ZL_SIDE_BUY;
}

static void fill_evidence(const struct zl_engine *engine, const struct zl_terms *terms,
                          struct zl_msg_liquidate *order)
{
        const struct zl_instrument *instrument = terms->instrument;
        const struct zl_asset *settle = &engine->assets[instrument->settle_at];
        const struct zl_asset *numeraire = &engine->assets[engine->numeraire];

        order->mark = instrument->mark;
        order->mark_seq = instrument->mark_seq;
        order->equity = zl_saturate_i64(
                zl_numeraire_floor(zl_equity(terms, instrument->mark), settle, numeraire));
        order->maintenance = zl_saturate_i64(zl_maintenance_numeraire_ceil(
                zl_maintenance(terms, instrument->mark), terms->precision, settle, numeraire));
        order->tier_rev = instrument->rev;
        order->policy_rev = terms->policy->rev;
}

/* Full: the whole position, immediate or cancel, at the close-out price. */
static void propose(struct zl_engine *engine, uint32_t row, const struct zl_terms *terms)
{
        struct zl_pool *pool = &engine->pools[row];
        struct zl_key key = key_of(engine, pool);
        struct zl_msg_liquidate order = {.account = key.account,
                                         .instrument = pool->id.instrument,
                                         .leg = pool->id.leg,
                                         .side = closing_side(pool),
                                         .qty = zl_saturate_i64(terms->size),
                                         .price = zl_limit_price(terms),
                                         .tif = ZL_TIF_IOC,
                                         .reduce_only = true,
                                         .step = ZL_STEP_FULL};
        zl_i128 bankruptcy;

        key.has_place = true;
        zl_key_format(&key, order.order);
        zl_pool_id_format(pool->id, order.pool);
        if (zl_bankruptcy_price(terms, &bankruptcy))
                order.bankruptcy_price = zl_saturate_i64(bankruptcy);
        else
                order.absent |= (uint64_t)1 << ZL_AT_liquidate_bankruptcy_price;
        if (engine->now_ns)
                order.expires_ns = engine->now_ns + terms->policy->expires_ms * 1000000;
        fill_evidence(engine, terms, &order);
        zl_say_order(engine, key.account, &order);
        pool->phase = ZL_PHASE_PROPOSED;
        wait_for_answer(engine, row, terms->policy);
}

static void propose_deficit(struct zl_engine *engine, uint32_t row, const struct zl_terms *terms)
{
        struct zl_pool *pool = &engine->pools[row];
        zl_i128 left = zl_bankruptcy_equity(terms, terms->instrument->mark);
        struct zl_msg_deficit deficit = {
                .account = engine->accounts[pool->account].id,
                .base = pool->base,
                .instrument = pool->id.instrument,
                .leg = pool->id.leg,
                .side = closing_side(pool),
                .qty = zl_saturate_i64(terms->size),
                .price = zl_limit_price(terms),
                .amount = left < 0 ? zl_saturate_i64(zl_amount_ceil(-left)) : 0,
                .n = pool->n};

        zl_pool_id_format(pool->id, deficit.pool);
        zl_say_deficit(engine, terms->instrument->fund, &deficit);
        pool->phase = ZL_PHASE_DEFICIT;
        wait_for_answer(engine, row, terms->policy);
}

/* ---- judging ---- */

static void unsafe(struct zl_engine *engine, uint32_t row, const struct zl_terms *terms)
{
        struct zl_pool *pool = &engine->pools[row];

        disarm(engine, row);
        pool->level = terms->policy->warn_count;
        if (terms->instrument->status == ZL_STATUS_TRADING) {
                if (pool->n == 0) /* the step follows from (base, n) alone */
                        propose(engine, row, terms);
                else
                        propose_deficit(engine, row, terms);
                return;
        }
        struct zl_edges edges = {0}; /* nothing to do until a mark makes it safe */
        pool->phase = ZL_PHASE_WATCHED;
        zl_heap_remove(&engine->deadlines, row);
        keep(&edges, terms, zl_threshold_safe(terms->policy), false);
        zl_trigger_arm(&engine->instruments[pool->instrument].trigger, row, &edges);
        if (terms->instrument->status == ZL_STATUS_HALTED && !pool->halted_said) {
                pool->halted_said = true;
                zl_alert_pool(engine, pool, ZL_ALERT_KIND_HALTED, NULL,
                              "below maintenance, but its instrument is halted");
        }
}

static void safe(struct zl_engine *engine, uint32_t row, const struct zl_terms *terms)
{
        struct zl_pool *pool = &engine->pools[row];

        if (pool->phase == ZL_PHASE_ADMITTED) { /* live at the venue: nothing more is sent */
                wait_for_answer(engine, row, terms->policy);
                return;
        }
        pool->phase = ZL_PHASE_WATCHED;
        pool->attempts = 0;
        pool->halted_said = false;
        zl_heap_remove(&engine->deadlines, row);
        set_level(engine, pool, terms);
        arm(engine, row, terms);
}

/* While engine time is zero nothing goes stale. */
static bool is_stale(const struct zl_engine *engine, const struct zl_terms *terms)
{
        uint64_t limit_ns = terms->policy->stale_ms * 1000000;

        return limit_ns && engine->now_ns &&
               engine->now_ns - terms->instrument->mark_ns > limit_ns;
}

/* False: there is nothing to judge it by, or its order is under way and not due. */
static bool ready(struct zl_engine *engine, uint32_t row, struct zl_terms *ret_terms)
{
        struct zl_pool *pool = &engine->pools[row];
        zl_refusal refusal = NULL;

        if (!engine->accounts[pool->account].suspended &&
            zl_state_terms(engine, pool, ret_terms, &refusal)) {
                pool->refused_said = false;
                if (is_stale(engine, ret_terms)) {
                        engine->instruments[pool->instrument].stale_waits = true;
                        return false;
                }
                return pool->phase == ZL_PHASE_WATCHED ||
                       (pool->due && pool->phase != ZL_PHASE_FILLED);
        }
        if (refusal && !pool->refused_said) {
                pool->refused_said = true;
                zl_alert_pool(engine, pool, ZL_ALERT_KIND_REFUSED, NULL, refusal);
        }
        return false;
}

void zl_ladder_judge(struct zl_engine *engine, uint32_t row)
{
        struct zl_pool *pool = &engine->pools[row];
        struct zl_terms terms;

        pool->queued = false;
        if (pool->account == ZL_NONE_AT)
                return;
        if (!ready(engine, row, &terms)) { /* and if it was due it stays so */
                disarm(engine, row);
                return;
        }
        pool->due = false;
        engine->counters.evaluations++;
        if (zl_is_good(&terms, zl_threshold_safe(terms.policy), terms.instrument->mark))
                safe(engine, row, &terms);
        else
                unsafe(engine, row, &terms);
}

void zl_ladder_restart(struct zl_engine *engine, uint32_t row, uint64_t base)
{
        struct zl_pool *pool = &engine->pools[row];

        zl_heap_remove(&engine->deadlines, row);
        pool->phase = ZL_PHASE_WATCHED;
        pool->base = base;
        pool->n = 0;
        pool->attempts = 0;
        pool->due = false;
}

/* ---- answers ---- */

static void look_again(struct zl_engine *engine, uint32_t row)
{
        zl_heap_remove(&engine->deadlines, row);
        engine->pools[row].due = true;
        zl_queue_pool(engine, row);
}

static void final_answer(struct zl_engine *engine, uint32_t row, const struct zl_msg_exec *exec)
{
        struct zl_pool *pool = &engine->pools[row];

        if (exec->filled > 0) {
                zl_heap_remove(&engine->deadlines, row);
                pool->phase = ZL_PHASE_FILLED;
                pool->due = false;
                return;
        }
        pool->n++; /* it changed nothing: the next step, which after full is the deficit */
        pool->attempts = 0;
        pool->phase = ZL_PHASE_DEFICIT;
        look_again(engine, row);
}

static void refused_answer(struct zl_engine *engine, uint32_t row, const struct zl_msg_exec *exec,
                           const struct zl_policy *policy)
{
        struct zl_pool *pool = &engine->pools[row];

        if (exec->status == ZL_EXEC_STATUS_STALE && exec->rev > pool->base) {
                zl_heap_remove(&engine->deadlines, row);
                pool->phase = ZL_PHASE_FILLED;
                pool->due = false;
                return;
        }
        pool->phase = ZL_PHASE_PROPOSED;
        if (exec->status == ZL_EXEC_STATUS_LATE)
                look_again(engine, row);
        else
                wait_for_answer(engine, row, policy); /* busy, or a router behind this engine */
}

static void take_answer(struct zl_engine *engine, uint32_t row, const struct zl_msg_exec *exec,
                        const struct zl_policy *policy)
{
        struct zl_pool *pool = &engine->pools[row];

        disarm(engine, row);
        switch (exec->status) {
        case ZL_EXEC_STATUS_STALE:
        case ZL_EXEC_STATUS_BUSY:
        case ZL_EXEC_STATUS_LATE:
                refused_answer(engine, row, exec, policy);
                return;
        case ZL_EXEC_STATUS_ACCEPTED:
        case ZL_EXEC_STATUS_TAKEN:
                break;
        default:
                if (exec->final) {
                        final_answer(engine, row, exec);
                        return;
                }
        }
        pool->phase = ZL_PHASE_ADMITTED;
        pool->attempts = 0;
        wait_for_answer(engine, row, policy);
}

void zl_ladder_answer(struct zl_engine *engine, const struct zl_msg_exec *exec)
{
        struct zl_key key;
        uint32_t policy;

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
        const struct zl_pool *pool = row == ZL_NONE_AT ? NULL : &engine->pools[row];
        if (!pool || pool->base != key.base || pool->n != key.n ||
            pool->n > 0 || pool->phase == ZL_PHASE_FILLED ||
            !zl_map_get(&engine->policies_by_id, engine->instruments[pool->instrument].policy,
                        &policy) ||
            !engine->policies[policy].defined) {
                engine->counters.answers_late++;
                return;
        }
        take_answer(engine, row, exec, &engine->policies[policy]);
}

void zl_ladder_clock(struct zl_engine *engine)
{
        uint32_t count = 0;

        if (zl_heap_least(&engine->deadlines) <= (int64_t)engine->now_ns)
                count = zl_heap_collect(&engine->deadlines, (int64_t)engine->now_ns,
                                        engine->crossed);
        for (uint32_t i = 0; i < count; i++)
                look_again(engine, engine->crossed[i]);
}
