#include "ladder.h"

#include "guards.h"
#include "points.h"
#include "pool.h"
#include "say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void twin_wait(struct twin *twin, struct pool *pool)
{
        uint64_t wait_ms = pool_policy(twin, pool)->answer_ms;

        for (uint32_t i = 0; i < pool->attempts && i < 4; i++)
                wait_ms *= 2;
        pool->due_ns = twin->now_ns + wait_ms * 1000000;
        pool->attempts++;
}

void twin_restart(struct pool *pool, uint64_t base)
{
        pool->base = base;
        pool->n = 0;
        pool->answered = pool->tried = pool->proposed = STEP_NONE;
        pool->taken = false;
        memset(pool->done, 0, sizeof pool->done);
        pool->stage = IDLE;
        pool->attempts = 0;
        pool->held_ns = 0;
}

/* ---- what is sent ---- */

static void print_order(const struct pool *pool, uint32_t place, char *text, size_t size)
{
        char name[16];

        twin_print_pool(pool, name, sizeof name);
        snprintf(text, size, "%" PRIu64 "/%s/%" PRIu64 "/%" PRIu32 "/%" PRIu32, pool->account->id,
                 name, pool->base, pool->n, place);
}

static void send_cancel(struct twin *twin, const struct pool *pool)
{
        struct zl_msg_cancel *cancel = &twin_say(twin, pool, ZL_TYPE_CANCEL, false)->cancel;

        print_order(pool, 0, cancel->order, sizeof cancel->order);
        cancel->account = pool->account->id;
        twin_print_pool(pool, cancel->pool, sizeof cancel->pool);
        cancel->absent = 1 << ZL_AT_cancel_instrument;
}

static void send_convert(struct twin *twin, const struct pool *pool, const struct terms *terms,
                         const struct plan *plan, uint32_t place)
{
        struct zl_msg_convert *convert =
                &twin_say(twin, pool, ZL_TYPE_CONVERT, place > 0)->convert;

        print_order(pool, place, convert->order, sizeof convert->order);
        convert->account = pool->account->id;
        twin_print_pool(pool, convert->pool, sizeof convert->pool);
        convert->asset = terms->holdings[plan->rows[place].at].asset->id;
        convert->amount = plan->rows[place].qty;
}

static void send_order(struct twin *twin, const struct pool *pool, const struct terms *terms,
                       const struct plan *plan, uint32_t place)
{
        uint32_t at = plan->rows[place].at;
        const struct term *term = &terms->positions[at];
        struct zl_msg_liquidate *order =
                &twin_say(twin, pool, ZL_TYPE_LIQUIDATE, place > 0)->liquidate;

        print_order(pool, place, order->order, sizeof order->order);
        order->account = pool->account->id;
        twin_print_pool(pool, order->pool, sizeof order->pool);
        order->instrument = term->instrument->id;
        order->leg = term->said->leg;
        order->side = term->said->qty > 0 ? ZL_SIDE_SELL : ZL_SIDE_BUY;
        order->qty = plan->rows[place].qty;
        order->price = points_limit_price(&twin->money, terms, at);
        if (!points_bankruptcy_price(&twin->money, terms, at, &order->bankruptcy_price))
                order->absent |= 1 << ZL_AT_liquidate_bankruptcy_price;
        order->tif = ZL_TIF_IOC;
        order->reduce_only = true;
        if (twin->now_ns)
                order->expires_ns = twin->now_ns + terms->policy->expires_ms * 1000000;
        order->step = plan->step == STEP_PARTIAL ? ZL_STEP_PARTIAL : ZL_STEP_FULL;
        order->mark = term->instrument->mark;
        order->mark_seq = term->instrument->mark_seq;
        order->equity = money_equity_floor(&twin->money, terms);
        order->maintenance = money_maintenance_ceil(&twin->money, terms);
        order->tier_rev = term->instrument->said.rev;
        order->policy_rev = terms->policy->rev;
}

static void send(struct twin *twin, const struct pool *pool, const struct terms *terms,
                 const struct plan *plan)
{
        if (plan->step == STEP_CANCEL) {
                send_cancel(twin, pool);
                return;
        }
        for (uint32_t i = 0; i < plan->count; i++) {
                if (plan->step == STEP_CONVERT)
                        send_convert(twin, pool, terms, plan, i);
                else
                        send_order(twin, pool, terms, plan, i);
        }
}

static struct zl_msg_deficit *add_deficit(struct twin *twin, const struct pool *pool,
                                          uint32_t fund)
{
        struct zl_msg_deficit *deficit = &twin_say_deficit(twin, pool, fund)->deficit;

        deficit->account = pool->account->id;
        twin_print_pool(pool, deficit->pool, sizeof deficit->pool);
        deficit->base = pool->base;
        deficit->n = pool->n;
        return deficit;
}

static void say_deficits(struct twin *twin, const struct pool *pool, const struct terms *terms)
{
        if (terms->open_count == 0)
                add_deficit(twin, pool, 0)->amount =
                        points_pool_shortfall_ceil(&twin->money, terms);
        for (uint32_t i = 0; i < terms->positions_count; i++) {
                const struct term *term = &terms->positions[i];
                if (!term->open)
                        continue;
                struct zl_msg_deficit *deficit =
                        add_deficit(twin, pool, term->instrument->said.fund);
                deficit->instrument = term->instrument->id;
                deficit->leg = term->said->leg;
                deficit->side = term->said->qty > 0 ? ZL_SIDE_SELL : ZL_SIDE_BUY;
                deficit->qty = term->size;
                deficit->price = points_limit_price(&twin->money, terms, i);
                deficit->amount = points_shortfall_ceil(&twin->money, terms, i);
        }
}

/* ---- judging ---- */

static void set_level(struct twin *twin, struct pool *pool, const struct terms *terms)
{
        const struct zl_msg_policy *policy = terms->policy;
        uint32_t reached = 0;
        int64_t ratio;

        if (terms->open_count == 0) { /* nothing to warn about */
                pool->level = 0;
                return;
        }
        if (pool->level > policy->warn_count)
                pool->level = policy->warn_count;
        while (reached < policy->warn_count &&
               money_reaches(&twin->money, policy->warn[reached].ratio))
                reached++;
        if (reached > pool->level) {
                bool has_ratio = money_ratio_ceil(&twin->money, &ratio);
                twin_alert_pool(twin, pool, ZL_ALERT_KIND_WARN, has_ratio ? &ratio : NULL);
                pool->level = reached;
                return;
        }
        while (pool->level > 0 &&
               !money_reaches(&twin->money,
                              policy->warn[pool->level - 1].ratio - policy->warn_hysteresis))
                pool->level--;
}

static void judge_safe(struct twin *twin, struct pool *pool, const struct terms *terms)
{
        pool->curing = false;
        if (pool->stage == HELD) { /* live at the venue: nothing more is sent */
                twin_wait(twin, pool);
                return;
        }
        pool->halted_said = false;
        pool->stage = IDLE;
        pool->attempts = 0;
        pool->held_ns = 0;
        set_level(twin, pool, terms);
}

static void propose(struct twin *twin, struct pool *pool, const struct terms *terms)
{
        struct plan plan;

        steps_next(&twin->money, terms, pool->answered, &plan);
        if (plan.step == STEP_DEFICIT) {
                say_deficits(twin, pool, terms);
                pool->stage = SHORT;
                twin_wait(twin, pool);
                return;
        }
        if (guards_hold_back(twin, pool, plan.count)) {
                pool->due_ns = pool->held_ns;
                return;
        }
        guards_slice(twin, pool, terms, &plan);
        send(twin, pool, terms, &plan);
        pool->tried = plan.step;
        if (pool->proposed == STEP_NONE || plan.step < pool->proposed)
                pool->proposed = plan.step;
        pool->places = plan.count;
        pool->stage = ASKED;
        pool->held_ns = 0;
        twin_wait(twin, pool);
}

static void judge_bad(struct twin *twin, struct pool *pool, const struct terms *terms)
{
        bool was_top = pool->level >= terms->policy->warn_count;

        pool->level = terms->policy->warn_count;
        if (terms->open_count > 0 && terms->trading_count == 0) {
                pool->stage = IDLE;
                if (!pool->halted_said)
                        twin_alert_pool(twin, pool, ZL_ALERT_KIND_HALTED, NULL);
                pool->halted_said = true;
                return;
        }
        if (guards_cure(twin, pool, terms, was_top))
                pool->stage = IDLE;
        else if (twin->now_ns >= pool->held_ns)
                propose(twin, pool, terms);
}

/* An answer, a revision or a moment that the pool waits for. */
static bool waits(const struct twin *twin, const struct pool *pool)
{
        if (pool->stage == DONE)
                return true;
        if (pool->stage == LEDGER)
                return pool->account->rev < pool->rev_wanted;
        return pool->stage != IDLE && twin->now_ns < pool->due_ns;
}

void twin_look_at(struct twin *twin, struct pool *pool)
{
        struct terms terms;

        if (waits(twin, pool) || !pool_terms(twin, pool, &terms) ||
            pool_is_stale(twin, &terms) || pool_refused(twin, pool, &terms))
                return;
        money_judge(&twin->money, &terms);
        if (money_bad(&twin->money, &terms))
                judge_bad(twin, pool, &terms);
        else
                judge_safe(twin, pool, &terms);
}
