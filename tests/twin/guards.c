#include "guards.h"

#include "pool.h"
#include "say.h"

/* ---- time to cure: before the first step, once while the pool stays bad ---- */

bool guards_cure(struct twin *twin, struct pool *pool, const struct terms *terms, bool was_top)
{
        int64_t ratio;

        if (!terms->policy->cure_ms || !twin->now_ns || pool->n > 0 || pool->tried != STEP_NONE)
                return false;
        if (!pool->curing) {
                pool->curing = true;
                pool->cure_ns = twin->now_ns + terms->policy->cure_ms * 1000000;
                bool has_ratio = money_ratio_ceil(&twin->money, &ratio);
                if (!was_top && terms->open_count > 0)
                        twin_alert_pool(twin, pool, ZL_ALERT_KIND_WARN,
                                        has_ratio ? &ratio : NULL);
        }
        return twin->now_ns < pool->cure_ns;
}

/* ---- slices ---- */

/* The first decision after a slice waits for its time; the slice itself may be said again. */
static bool slice_waits(const struct twin *twin, const struct pool *pool)
{
        bool same = pool->slice_base == pool->base && pool->slice_n == pool->n;

        return !same && twin->now_ns < pool->slice_ns;
}

void guards_slice(struct twin *twin, struct pool *pool, const struct terms *terms,
                  struct plan *plan)
{
        struct money *money = &twin->money;
        bool cut = false;

        if (!terms->policy->slice_notional || plan->step < STEP_PARTIAL)
                return;
        for (uint32_t i = 0; i < plan->count; i++) {
                const struct term *term = &terms->positions[plan->rows[i].at];
                int64_t lot = term->instrument->said.lot, lots = 1;
                /* a: what one lot is worth; b: a slice */
                mpz_mul_si(money->a, money->unit[plan->rows[i].at], lot);
                money_worth(money->a, money->a, terms->holdings[term->holding].asset);
                mpz_mul_si(money->b,
                           money_power(SUM_DIGITS - terms->numeraire->said.scale),
                           terms->policy->slice_notional);
                mpz_mul_si(money->c, money->b, lot);
                mpz_mul_si(money->d, money->a, plan->rows[i].qty);
                if (mpz_cmp(money->d, money->c) <= 0)
                        continue;
                mpz_fdiv_q(money->c, money->b, money->a);
                if (mpz_sgn(money->c) > 0)
                        lots = mpz_get_si(money->c);
                if (lots * lot >= plan->rows[i].qty) /* less than a lot there is not */
                        continue;
                plan->rows[i].qty = lots * lot;
                cut = true;
        }
        if (!cut || !twin->now_ns)
                return;
        pool->slice_ns = twin->now_ns + terms->policy->slice_ms * 1000000;
        pool->slice_base = pool->base;
        pool->slice_n = pool->n;
}

/* ---- tokens ---- */

static struct bucket *bucket_of(struct twin *twin, uint32_t partition,
                                const struct zl_msg_policy *policy)
{
        return &twin->buckets[partition][policy - twin->policies];
}

static void refill(struct bucket *bucket, uint64_t now_ns, uint32_t rate)
{
        zl_i128 most = (zl_i128)rate * PPB;

        bucket->tokens += (zl_i128)rate * (now_ns - bucket->filled_ns);
        bucket->filled_ns = now_ns;
        if (bucket->tokens > most)
                bucket->tokens = most;
}

/* False where there are not enough, and when there will be. */
static bool take_tokens(struct twin *twin, const struct pool *pool, uint32_t messages,
                        uint64_t *ret_until_ns)
{
        const struct zl_msg_policy *policy = pool_policy(twin, pool);
        uint32_t rate = policy->orders_per_s;
        struct bucket *bucket = bucket_of(
                twin, twin_partition(pool->account->id, twin->partitions), policy);

        if (!rate || !twin->now_ns)
                return true;
        if (!bucket->used)
                *bucket = (struct bucket){true, (zl_i128)rate * PPB, twin->now_ns};
        refill(bucket, twin->now_ns, rate);
        zl_i128 wanted = (zl_i128)(messages < rate ? messages : rate) * PPB;
        if (bucket->tokens < wanted) {
                *ret_until_ns =
                        twin->now_ns + (uint64_t)((wanted - bucket->tokens + rate - 1) / rate);
                return false;
        }
        bucket->tokens -= (zl_i128)messages * PPB;
        return true;
}

bool guards_hold_back(struct twin *twin, struct pool *pool, uint32_t messages)
{
        if (slice_waits(twin, pool)) {
                pool->held_ns = pool->slice_ns;
                return true;
        }
        return !take_tokens(twin, pool, messages, &pool->held_ns);
}

/* What came in so far came at the old rate; no more is kept than the new one allows. */
void guards_change_rate(struct twin *twin, const struct zl_msg_policy *policy, uint32_t rate)
{
        for (uint32_t i = 0; i < TWIN_PARTITIONS; i++) {
                struct bucket *bucket = bucket_of(twin, i, policy);
                if (!bucket->used)
                        continue;
                refill(bucket, twin->now_ns, policy->orders_per_s);
                refill(bucket, twin->now_ns, rate);
        }
}
