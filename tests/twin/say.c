#include "say.h"

#include <stdlib.h>
#include <string.h>

static struct twin_output *add(struct twin *twin, enum zl_type type, uint64_t rank)
{
        if (twin->outputs_count == TWIN_OUTPUTS)
                abort();
        struct twin_output *output = &twin->outputs[twin->outputs_count++];
        memset(output, 0, sizeof *output);
        output->type = type;
        output->rank = rank;
        return output;
}

static void begin_frame(struct twin *twin, struct twin_output *output, enum zl_topic_kind kind,
                        uint32_t id, uint64_t *said)
{
        output->header = (struct zl_header){.topic = {kind, id},
                                            .src = twin->src,
                                            .epoch = twin->epoch,
                                            .seq = ++*said,
                                            .ts_ns = twin->now_ns};
}

static void join_frame(struct twin_output *output)
{
        output->joins = true;
        output->header = output[-1].header;
}

struct twin_output *twin_say(struct twin *twin, const struct pool *pool, enum zl_type type,
                             bool joins)
{
        uint32_t partition = twin_partition(pool->account->id, twin->partitions);
        struct twin_output *output = add(twin, type, pool->account->id + 1);

        if (joins)
                join_frame(output);
        else
                begin_frame(twin, output, ZL_TOPIC_ORDR, partition, &twin->orders_said[partition]);
        return output;
}

/* Frames are counted by the partition that speaks. Deficits that stand side by side, of one pool
 * and for one topic, share a frame. */
struct twin_output *twin_say_deficit(struct twin *twin, const struct pool *pool, uint32_t fund)
{
        uint32_t from = twin_partition(pool->account->id, twin->partitions);
        uint32_t to = twin_partition(fund, twin->partitions);
        struct twin_output *output = add(twin, ZL_TYPE_DEFICIT, pool->account->id + 1);
        char name[sizeof output->deficit.pool];

        twin_print_pool(pool, name, sizeof name);
        if (twin->outputs_count > 1 && output[-1].type == ZL_TYPE_DEFICIT &&
            output[-1].deficit.account == pool->account->id &&
            strcmp(output[-1].deficit.pool, name) == 0 && output[-1].header.topic.id == to)
                join_frame(output);
        else
                begin_frame(twin, output, ZL_TOPIC_DEFI, to, &twin->deficits_said[from]);
        return output;
}

static struct zl_msg_alert *alert(struct twin *twin, uint32_t partition, uint64_t rank,
                                  enum zl_alert_kind kind)
{
        struct twin_output *output = add(twin, ZL_TYPE_ALERT, rank);

        begin_frame(twin, output, ZL_TOPIC_ALRT, partition, &twin->alerts_said[partition]);
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

void twin_alert_partition(struct twin *twin, uint32_t partition, uint64_t rank,
                          enum zl_alert_kind kind)
{
        (void)alert(twin, partition, rank, kind);
}

static struct zl_msg_alert *alert_account(struct twin *twin, uint64_t account,
                                          enum zl_alert_kind kind)
{
        struct zl_msg_alert *said =
                alert(twin, twin_partition(account, twin->partitions), account + 1, kind);

        said->absent &= ~(uint64_t)(1 << ZL_AT_alert_account);
        said->account = account;
        return said;
}

void twin_alert_account(struct twin *twin, uint64_t account, enum zl_alert_kind kind)
{
        alert_account(twin, account, kind);
}

/* The cross pool is of no instrument. */
void twin_alert_pool(struct twin *twin, const struct pool *pool, enum zl_alert_kind kind,
                     const int64_t *ratio)
{
        struct zl_msg_alert *said = alert_account(twin, pool->account->id, kind);

        said->absent &= ~(uint64_t)(1 << ZL_AT_alert_pool);
        twin_print_pool(pool, said->pool, sizeof said->pool);
        if (!pool->cross) {
                said->absent &= ~(uint64_t)(1 << ZL_AT_alert_instrument);
                said->instrument = pool->instrument;
        }
        if (!ratio)
                return;
        said->absent &= ~(uint64_t)(1 << ZL_AT_alert_ratio);
        said->ratio = *ratio;
}
