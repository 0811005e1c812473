#include "rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct instrument *twin_find_instrument(struct twin *twin, uint32_t id)
{
        for (uint32_t i = 0; i < twin->instruments_count; i++) {
                if (twin->instruments[i].id == id)
                        return &twin->instruments[i];
        }
        return NULL;
}

struct asset *twin_find_asset(struct twin *twin, uint32_t id)
{
        for (uint32_t i = 0; i < twin->assets_count; i++) {
                if (twin->assets[i].id == id)
                        return &twin->assets[i];
        }
        return NULL;
}

struct zl_msg_policy *twin_find_policy(struct twin *twin, uint32_t id)
{
        for (uint32_t i = 0; i < twin->policies_count; i++) {
                if (twin->policies[i].policy == id)
                        return &twin->policies[i];
        }
        return NULL;
}

struct account *twin_find_account(struct twin *twin, uint64_t id)
{
        for (uint32_t i = 0; i < twin->accounts_count; i++) {
                if (twin->accounts[i].id == id)
                        return &twin->accounts[i];
        }
        return NULL;
}

/* A place for one more row; a world that needs more is the test's mistake. */
static uint32_t take(uint32_t *count, uint32_t most)
{
        if (*count == most)
                abort();
        return (*count)++;
}

struct instrument *twin_need_instrument(struct twin *twin, uint32_t id)
{
        struct instrument *instrument = twin_find_instrument(twin, id);

        if (!instrument) {
                instrument = &twin->instruments[take(&twin->instruments_count, TWIN_INSTRUMENTS)];
                instrument->id = id;
        }
        return instrument;
}

struct asset *twin_need_asset(struct twin *twin, uint32_t id)
{
        struct asset *asset = twin_find_asset(twin, id);

        if (!asset) {
                asset = &twin->assets[take(&twin->assets_count, TWIN_ASSETS)];
                asset->id = id;
        }
        return asset;
}

struct zl_msg_policy *twin_need_policy(struct twin *twin, uint32_t id)
{
        struct zl_msg_policy *policy = twin_find_policy(twin, id);

        if (!policy) {
                policy = &twin->policies[take(&twin->policies_count, TWIN_POLICIES)];
                policy->policy = id;
        }
        return policy;
}

struct account *twin_need_account(struct twin *twin, uint64_t id)
{
        struct account *account = twin_find_account(twin, id);

        if (!account) {
                account = &twin->accounts[take(&twin->accounts_count, TWIN_ACCOUNTS)];
                account->id = id;
        }
        return account;
}

/* ---- pools ---- */

/* By account; then x, then by instrument; then no leg, L, S. */
static int compare_pool(const struct pool *pool, struct pool_name name)
{
        if (pool->account->id != name.account)
                return pool->account->id < name.account ? -1 : 1;
        if (pool->cross || name.cross)
                return (int)name.cross - (int)pool->cross;
        if (pool->instrument != name.instrument)
                return pool->instrument < name.instrument ? -1 : 1;
        return (int)pool->leg - (int)name.leg;
}

struct pool *twin_find_pool(struct twin *twin, struct pool_name name)
{
        for (uint32_t i = 0; i < twin->pools_count; i++) {
                if (compare_pool(&twin->pools[i], name) == 0)
                        return &twin->pools[i];
        }
        return NULL;
}

struct pool *twin_add_pool(struct twin *twin, struct account *account, struct pool_name name)
{
        uint32_t at = take(&twin->pools_count, TWIN_POOLS);

        for (; at > 0 && compare_pool(&twin->pools[at - 1], name) > 0; at--)
                twin->pools[at] = twin->pools[at - 1];
        twin->pools[at] = (struct pool){.account = account,
                                        .cross = name.cross,
                                        .instrument = name.cross ? 0 : name.instrument,
                                        .leg = name.cross ? ZL_LEG_NET : name.leg};
        return &twin->pools[at];
}

void twin_drop_pool(struct twin *twin, struct pool *pool)
{
        struct pool *end = twin->pools + twin->pools_count--;

        memmove(pool, pool + 1, (size_t)(end - pool - 1) * sizeof *pool);
}

void twin_print_pool(const struct pool *pool, char *text, size_t size)
{
        static const char *const legs[] = {"", "L", "S"};

        if (pool->cross)
                snprintf(text, size, "x");
        else
                snprintf(text, size, "%" PRIu32 "%s", pool->instrument, legs[pool->leg]);
}

/* mix64 of the wire's page, mod P. */
uint32_t twin_partition(uint64_t id, uint32_t partitions)
{
        id ^= id >> 30;
        id *= 0xbf58476d1ce4e5b9;
        id ^= id >> 27;
        id *= 0x94d049bb133111eb;
        id ^= id >> 31;
        return (uint32_t)(id % partitions);
}
