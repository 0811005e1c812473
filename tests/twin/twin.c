#include "accounts.h"
#include "answers.h"
#include "ladder.h"
#include "markets.h"
#include "pool.h"
#include "say.h"

#include <stdlib.h>

struct twin *twin_create(uint32_t src, uint64_t epoch)
{
        struct twin *twin = calloc(1, sizeof *twin);
        struct zl_message *message = malloc(sizeof *message);

        if (!twin || !message)
                abort();
        twin->src = src;
        twin->epoch = epoch;
        twin->partitions = 256;
        zl_message_init(message, ZL_TYPE_POLICY);
        message->policy.policy = 1;
        message->policy.rev = 0;
        *twin_need_policy(twin, 1) = message->policy;
        free(message);
        money_init(&twin->money);
        return twin;
}

void twin_destroy(struct twin *twin)
{
        money_fini(&twin->money);
        free(twin);
}

/* ---- frames ---- */

static struct stream *need_stream(struct twin *twin, const struct zl_header *header)
{
        for (uint32_t i = 0; i < twin->streams_count; i++) {
                struct stream *stream = &twin->streams[i];
                if (stream->topic.kind == header->topic.kind &&
                    stream->topic.id == header->topic.id && stream->src == header->src)
                        return stream;
        }
        if (twin->streams_count == TWIN_STREAMS)
                abort();
        struct stream *stream = &twin->streams[twin->streams_count++];
        *stream = (struct stream){
                header->topic, header->src, header->epoch, header->seq - 1, false};
        return stream;
}

static bool take_frame(struct twin *twin, const struct zl_header *header)
{
        struct stream *stream = need_stream(twin, header);
        enum zl_topic_kind kind = header->topic.kind;
        bool same = header->epoch == stream->epoch;

        if (header->epoch < stream->epoch) {
                if (!stream->old_said)
                        twin_alert_all(twin, ZL_ALERT_KIND_EPOCH, NULL);
                stream->old_said = true;
                return false;
        }
        if (same && header->seq <= stream->seq && header->seq != stream->seq + 1)
                return false;
        twin->gap = header->epoch > stream->epoch || header->seq != stream->seq + 1;
        /* A hole in prices or answers repairs itself; one in what accounts hold does not. */
        if (same && twin->gap &&
            (kind == ZL_TOPIC_ACCT || kind == ZL_TOPIC_CTRL || kind == ZL_TOPIC_FUND))
                twin_alert_all(twin, ZL_ALERT_KIND_GAP, NULL);
        stream->epoch = header->epoch;
        stream->seq = header->seq;
        stream->old_said = false;
        return true;
}

/* ---- messages ---- */

static void take_cluster(struct twin *twin, const struct zl_msg_cluster *said)
{
        if (said->partitions == twin->partitions)
                return;
        if (twin->accounts_count || said->partitions == 0 || said->partitions > 65536)
                twin_alert_all(twin, ZL_ALERT_KIND_REFUSED, NULL);
        else
                twin->partitions = said->partitions;
}

static void take_clock(struct twin *twin, uint64_t ts_ns)
{
        if (ts_ns > INT64_MAX)
                twin_alert_all(twin, ZL_ALERT_KIND_REFUSED, NULL);
        else if (ts_ns > twin->now_ns)
                twin->now_ns = ts_ns;
}

static void take_message(struct twin *twin, const struct zl_header *header,
                         const struct zl_message *message)
{
        switch (message->type) {
        case ZL_TYPE_CLUSTER:
                take_cluster(twin, &message->cluster);
                break;
        case ZL_TYPE_ASSET:
                markets_take_asset(twin, &message->asset);
                break;
        case ZL_TYPE_RATE:
                markets_take_rate(twin, &message->rate);
                break;
        case ZL_TYPE_INSTRUMENT:
                markets_take_instrument(twin, &message->instrument);
                break;
        case ZL_TYPE_MARK:
                markets_take_mark(twin, &message->mark, header);
                break;
        case ZL_TYPE_POLICY:
                markets_take_policy(twin, &message->policy);
                break;
        case ZL_TYPE_ACCOUNT:
                accounts_take(twin, &message->account);
                break;
        case ZL_TYPE_EXEC:
                answers_take(twin, &message->exec);
                break;
        case ZL_TYPE_CLOCK:
                take_clock(twin, header->ts_ns);
                break;
        default:
                break;
        }
}

/* A price concerns those that hold what it is the price of; anything else may concern all. */
static bool may_concern(struct twin *twin, const struct zl_message *message,
                        const struct pool *pool)
{
        switch (message->type) {
        case ZL_TYPE_MARK:
                return pool_has_instrument(pool, message->mark.instrument);
        case ZL_TYPE_RATE:
                return pool_has_asset(twin, pool, message->rate.asset);
        default:
                return true;
        }
}

const struct twin_output *twin_step(struct twin *twin, const struct zl_header *header,
                                    uint32_t place, const struct zl_message *message,
                                    uint32_t *ret_count)
{
        twin->outputs_count = 0;
        twin->gap = false;
        if (place == 0)
                twin->taken = take_frame(twin, header);
        if (twin->taken) {
                take_message(twin, header, message);
                for (uint32_t i = 0; i < twin->pools_count; i++) {
                        if (may_concern(twin, message, &twin->pools[i]))
                                twin_look_at(twin, &twin->pools[i]);
                }
        }
        *ret_count = twin->outputs_count;
        return twin->outputs;
}
