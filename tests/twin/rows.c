#include "rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows ---- */

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

static int compare_pool(const struct pool *pool, uint64_t account, uint32_t instrument,
                        enum zl_leg leg)
{
        if (pool->account->id != account)
                return pool->account->id < account ? -1 : 1;
        if (pool->instrument != instrument)
                return pool->instrument < instrument ? -1 : 1;
        return (int)pool->leg - (int)leg;
}

struct pool *twin_find_pool(struct twin *twin, uint64_t account, uint32_t instrument,
                              enum zl_leg leg)
{
        for (uint32_t i = 0; i < twin->pools_count; i++) {
                if (compare_pool(&twin->pools[i], account, instrument, leg) == 0)
                        return &twin->pools[i];
        }
        return NULL;
}

struct pool *twin_add_pool(struct twin *twin, struct account *account, uint32_t instrument,
                             enum zl_leg leg)
{
        uint32_t at = take(&twin->pools_count, TWIN_POOLS);

        for (; at > 0 && compare_pool(&twin->pools[at - 1], account->id, instrument, leg) > 0; at--)
                twin->pools[at] = twin->pools[at - 1];
        twin->pools[at] = (struct pool){
                .account = account, .instrument = instrument, .leg = leg};
        return &twin->pools[at];
}

void twin_drop_pool(struct twin *twin, struct pool *pool)
{
        for (; pool + 1 < twin->pools + twin->pools_count; pool++)
                *pool = pool[1];
        twin->pools_count--;
}

/* ---- outputs ---- */

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

struct twin_output *twin_say(struct twin *twin, enum zl_type type, enum zl_topic_kind topic,
                               uint32_t id, uint64_t *said)
{
        struct twin_output *output =
                &twin->outputs[take(&twin->outputs_count, TWIN_OUTPUTS)];

        memset(output, 0, sizeof *output);
        output->type = type;
        output->header = (struct zl_header){.topic = {topic, id},
                                            .src = twin->src,
                                            .epoch = twin->epoch,
                                            .seq = ++*said,
                                            .ts_ns = twin->now_ns};
        return output;
}

static struct zl_msg_alert *alert(struct twin *twin, uint32_t partition, uint64_t rank,
                                  enum zl_alert_kind kind)
{
        struct twin_output *output = twin_say(twin, ZL_TYPE_ALERT, ZL_TOPIC_ALRT, partition,
                                         &twin->alerts_said[partition]);

        output->rank = rank;
        output->alert.kind = kind;
        output->alert.absent = 1 << ZL_AT_alert_account | 1 << ZL_AT_alert_pool |
                               1 << ZL_AT_alert_instrument | 1 << ZL_AT_alert_ratio;
        return &output->alert;
}

void twin_alert_all(struct twin *twin, enum zl_alert_kind kind, const uint32_t *instrument)
{
        struct zl_msg_alert *said = alert(twin, 0, 0, kind);

        if (!instrument)
                return;
        said->absent &= ~(uint64_t)(1 << ZL_AT_alert_instrument);
        said->instrument = *instrument;
}

struct zl_msg_alert *twin_alert_account(struct twin *twin, uint64_t account,
                                          enum zl_alert_kind kind)
{
        struct zl_msg_alert *said =
                alert(twin, twin_partition(account, twin->partitions), account + 1, kind);

        said->absent &= ~(uint64_t)(1 << ZL_AT_alert_account);
        said->account = account;
        return said;
}

void twin_print_pool(const struct pool *pool, char *text, size_t size)
{
        static const char *const legs[] = {"", "L", "S"};

        snprintf(text, size, "%" PRIu32 "%s", pool->instrument, legs[pool->leg]);
}

void twin_alert_pool(struct twin *twin, const struct pool *pool, enum zl_alert_kind kind,
                       const int64_t *ratio)
{
        struct zl_msg_alert *said = twin_alert_account(twin, pool->account->id, kind);

        said->absent &= ~(uint64_t)(1 << ZL_AT_alert_pool | 1 << ZL_AT_alert_instrument);
        said->instrument = pool->instrument;
        twin_print_pool(pool, said->pool, sizeof said->pool);
        if (!ratio)
                return;
        said->absent &= ~(uint64_t)(1 << ZL_AT_alert_ratio);
        said->ratio = *ratio;
}
