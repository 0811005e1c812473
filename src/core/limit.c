#include "core/limit.h"

#include "core/outbox.h"

#define ORDER ((int64_t)ZL_PPB) /* one order, in what a bucket counts */

/* ---- orders a second ---- */

struct zl_bucket *zl_limit_bucket(struct zl_engine *engine, uint32_t partition,
                                  const struct zl_policy *policy)
{
        uint64_t key = (uint64_t)partition << 32 | (uint32_t)(policy - engine->policies);
        uint32_t row;

        if (zl_map_get(&engine->buckets_by_key, key, &row))
                return &engine->buckets[row];
        row = engine->buckets_by_key.count;
        if (!zl_map_put(&engine->buckets_by_key, key, row))
                return NULL;
        engine->buckets[row] = (struct zl_bucket){.partition = partition,
                                                  .policy = (uint32_t)(policy - engine->policies),
                                                  .level = policy->orders_per_s * ORDER,
                                                  .filled_ns = engine->now_ns};
        return &engine->buckets[row];
}

static void fill(struct zl_bucket *bucket, uint64_t now_ns, uint32_t orders_per_s)
{
        zl_i128 level = bucket->level +
                        (zl_i128)(now_ns - bucket->filled_ns) * orders_per_s;

        bucket->level = (int64_t)zl_min_i128(level, (zl_i128)orders_per_s * ORDER);
        bucket->filled_ns = now_ns;
}

bool zl_limit_take(struct zl_engine *engine, uint64_t account, const struct zl_policy *policy,
                   uint32_t orders, uint64_t *ret_until_ns)
{
        uint32_t partition = zl_partition(account, engine->partitions);

        if (policy->orders_per_s == 0 || engine->now_ns == 0)
                return true;
        struct zl_bucket *bucket = zl_limit_bucket(engine, partition, policy);
        if (!bucket) /* more buckets than there is room for: better late than not at all */
                return true;
        fill(bucket, engine->now_ns, policy->orders_per_s);
        int64_t needed = (orders < policy->orders_per_s ? orders : policy->orders_per_s) * ORDER;
        if (bucket->level >= needed) {
                bucket->level -= orders * ORDER;
                return true;
        }
        *ret_until_ns = engine->now_ns +
                        (uint64_t)zl_div_ceil((zl_i128)needed - bucket->level,
                                              policy->orders_per_s);
        return false;
}

void zl_limit_change_rate(struct zl_engine *engine, const struct zl_policy *policy,
                          uint32_t before)
{
        const struct zl_map *map = &engine->buckets_by_key;
        uint32_t row = (uint32_t)(policy - engine->policies);

        for (uint32_t i = 0; map->count && i <= map->mask; i++) {
                const struct zl_map_slot *slot = &map->slots[i];
                if (!slot->value_plus_1 || (uint32_t)slot->key != row)
                        continue;
                fill(&engine->buckets[slot->value_plus_1 - 1], engine->now_ns, before);
                fill(&engine->buckets[slot->value_plus_1 - 1], engine->now_ns,
                     policy->orders_per_s);
        }
}

/* ---- marks that jump ---- */

static bool within(int64_t mark, int64_t of, uint32_t ppm)
{
        return (zl_i128)zl_magnitude((zl_i128)mark - of) * 1000000 <= (zl_i128)of * ppm;
}

bool zl_limit_accept_mark(struct zl_engine *engine, struct zl_instrument *instrument, int64_t mark)
{
        const struct zl_policy *policy =
                instrument->defined ? zl_state_find_policy(engine, instrument->policy) : NULL;
        struct zl_quarantine *quarantine = &instrument->quarantine;

        if (engine->frame_after_gap)
                quarantine->confirmed = 0;
        if (!policy || policy->jump_ppm == 0 || policy->jump_confirm == 0 ||
            !instrument->has_mark || within(mark, instrument->mark, policy->jump_ppm)) {
                quarantine->open = false;
                return true;
        }
        if (quarantine->open && within(mark, quarantine->first, policy->jump_ppm)) {
                quarantine->open = ++quarantine->confirmed < policy->jump_confirm;
                return !quarantine->open;
        }
        *quarantine = (struct zl_quarantine){.open = true, .first = mark};
        zl_alert_all(engine, ZL_ALERT_KIND_JUMP, &instrument->id,
                     "a mark jumped: it is quarantined until others confirm it");
        return false;
}
