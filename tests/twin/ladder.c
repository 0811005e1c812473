#include "ladder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Whether everything the pool's judgement needs has been said. */
static bool find_terms(struct twin *twin, const struct pool *pool, struct money_terms *ret_terms)
{
        struct instrument *instrument = twin_find_instrument(twin, pool->instrument);
        const struct asset *settle = NULL, *numeraire = NULL;

        if (!instrument || !instrument->defined || !instrument->has_mark)
                return false;
        settle = twin_find_asset(twin, instrument->said.settle);
        for (uint32_t i = 0; i < twin->assets_count; i++) {
                if (twin->assets[i].defined && twin->assets[i].said.numeraire)
                        numeraire = &twin->assets[i];
        }
        const struct zl_msg_policy *policy = twin_find_policy(twin, instrument->said.policy);
        if (!settle || !settle->defined || !settle->has_rate || !numeraire || !policy)
                return false;
        *ret_terms = (struct money_terms){.instrument = &instrument->said,
                                          .settle = &settle->said,
                                          .numeraire = &numeraire->said,
                                          .policy = policy,
                                          .position = &pool->position,
                                          .rate = settle->rate,
                                          .mark = instrument->mark,
                                          .funding = instrument->funding};
        return true;
}

/* A pool whose instrument or policy was never said waits for nothing. */
const struct zl_msg_policy *twin_policy_of(struct twin *twin, const struct pool *pool)
{
        const struct instrument *instrument = twin_find_instrument(twin, pool->instrument);

        return instrument && instrument->defined
                       ? twin_find_policy(twin, instrument->said.policy)
                       : NULL;
}

void twin_wait(struct twin *twin, struct pool *pool)
{
        uint64_t wait_ms = twin_policy_of(twin, pool)->answer_ms;

        for (uint32_t i = 0; i < pool->attempts && i < 4; i++)
                wait_ms *= 2;
        pool->due_ns = twin->now_ns + wait_ms * 1000000;
        pool->attempts++;
}

static void send(struct twin *twin, struct pool *pool, const struct money_terms *terms)
{
        uint64_t id = pool->account->id;
        uint32_t partition = twin_partition(id, twin->partitions);
        struct twin_output *output = twin_say(twin, ZL_TYPE_LIQUIDATE, ZL_TOPIC_ORDR, partition,
                                         &twin->orders_said[partition]);
        struct zl_msg_liquidate *order = &output->liquidate;

        output->rank = id + 1;
        twin_print_pool(pool, order->pool, sizeof order->pool);
        snprintf(order->order, sizeof order->order, "%" PRIu64 "/%s/%" PRIu64 "/%" PRIu32 "/0", id,
                 order->pool, pool->base, pool->n);
        order->account = id;
        order->instrument = pool->instrument;
        order->leg = pool->leg;
        order->side = pool->position.qty > 0 ? ZL_SIDE_SELL : ZL_SIDE_BUY;
        order->qty = llabs(pool->position.qty);
        order->price = money_limit_price(&twin->money, terms);
        if (!money_bankruptcy_price(&twin->money, terms, &order->bankruptcy_price))
                order->absent |= 1 << ZL_AT_liquidate_bankruptcy_price;
        order->tif = ZL_TIF_IOC;
        order->reduce_only = true;
        if (twin->now_ns)
                order->expires_ns = twin->now_ns + terms->policy->expires_ms * 1000000;
        order->step = ZL_STEP_FULL;
        order->mark = terms->mark;
        order->mark_seq = twin_find_instrument(twin, pool->instrument)->mark_seq;
        order->equity = money_equity_floor(&twin->money, terms);
        order->maintenance = money_maintenance_ceil(&twin->money, terms);
        order->tier_rev = terms->instrument->rev;
        order->policy_rev = terms->policy->rev;
}

static void say_deficit(struct twin *twin, struct pool *pool, const struct money_terms *terms)
{
        uint64_t id = pool->account->id;
        struct twin_output *output =
                twin_say(twin, ZL_TYPE_DEFICIT, ZL_TOPIC_DEFI,
                    twin_partition(terms->instrument->fund, twin->partitions),
                    &twin->deficits_said[twin_partition(id, twin->partitions)]);
        struct zl_msg_deficit *deficit = &output->deficit;

        output->rank = id + 1;
        deficit->account = id;
        twin_print_pool(pool, deficit->pool, sizeof deficit->pool);
        deficit->base = pool->base;
        deficit->instrument = pool->instrument;
        deficit->leg = pool->leg;
        deficit->side = pool->position.qty > 0 ? ZL_SIDE_SELL : ZL_SIDE_BUY;
        deficit->qty = llabs(pool->position.qty);
        deficit->price = money_limit_price(&twin->money, terms);
        deficit->amount = money_shortfall_ceil(&twin->money, terms);
        deficit->n = pool->n;
}

static void judge_safe(struct twin *twin, struct pool *pool, const struct money_terms *terms)
{
        const struct zl_msg_policy *policy = terms->policy;
        uint32_t reached = 0;
        int64_t ratio;

        pool->halted_said = false;
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

/* Nothing is open, or what is open may be said again. */
static void judge(struct twin *twin, struct pool *pool, const struct money_terms *terms)
{
        if (!money_unsafe(&twin->money, terms)) {
                if (pool->stage == HELD) { /* live at the venue: nothing more is sent */
                        twin_wait(twin, pool);
                        return;
                }
                pool->stage = IDLE;
                pool->attempts = 0;
                judge_safe(twin, pool, terms);
                return;
        }
        pool->level = terms->policy->warn_count;
        if (terms->instrument->status != ZL_STATUS_TRADING) {
                pool->stage = IDLE;
                if (terms->instrument->status == ZL_STATUS_HALTED && !pool->halted_said) {
                        twin_alert_pool(twin, pool, ZL_ALERT_KIND_HALTED, NULL);
                        pool->halted_said = true;
                }
                return;
        }
        if (pool->n > 0) { /* after a full close that filled nothing */
                say_deficit(twin, pool, terms);
                pool->stage = SHORT;
        } else {
                send(twin, pool, terms);
                pool->stage = ASKED;
        }
        twin_wait(twin, pool);
}

void twin_look_at(struct twin *twin, struct pool *pool)
{
        struct money_terms terms;

        if (pool->account->suspended || !find_terms(twin, pool, &terms))
                return;
        if (money_refused(&twin->money, &terms)) {
                if (!pool->refused_said)
                        twin_alert_pool(twin, pool, ZL_ALERT_KIND_REFUSED, NULL);
                pool->refused_said = true;
                return;
        }
        pool->refused_said = false;
        uint64_t age_ns = twin->now_ns - twin_find_instrument(twin, pool->instrument)->mark_ns;
        if (terms.policy->stale_ms && twin->now_ns && age_ns > terms.policy->stale_ms * 1000000)
                return;
        if (pool->stage == DONE)
                return;
        money_judge(&twin->money, &terms);
        if (pool->stage != IDLE && twin->now_ns < pool->due_ns)
                return;
        judge(twin, pool, &terms);
}
