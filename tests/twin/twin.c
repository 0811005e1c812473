#include "accounts.h"
#include "answers.h"
#include "ladder.h"
#include "markets.h"
#include "pool.h"
#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        *stream = (struct stream){.topic = header->topic,
                                  .src = header->src,
                                  .epoch = header->epoch,
                                  .seq = header->seq - 1,
                                  .intact = header->seq == 1};
        return stream;
}

/* ---- holes ---- */

/* Frames are missing: of accounts, those of the partition are no longer known; of what concerns
 * all, nothing is. */
static void miss(struct twin *twin, struct stream *stream, uint64_t rank)
{
        bool first = !stream->missing;

        switch (stream->topic.kind) {
        case ZL_TOPIC_FUND:
                twin_alert_partition(twin, 0, rank, ZL_ALERT_KIND_GAP);
                return;
        case ZL_TOPIC_CTRL:
                if (first)
                        twin_alert_partition(twin, 0, rank, ZL_ALERT_KIND_GAP);
                break;
        case ZL_TOPIC_ACCT:
                if (stream->topic.id >= twin->partitions)
                        return;
                if (first)
                        twin_alert_partition(twin, stream->topic.id, rank, ZL_ALERT_KIND_GAP);
                for (uint32_t i = 0; i < twin->accounts_count; i++) {
                        if (twin_partition(twin->accounts[i].id, twin->partitions) ==
                            stream->topic.id)
                                twin->accounts[i].suspended = true;
                }
                break;
        default:
                return;
        }
        stream->missing = true;
}

static void take_synced(struct twin *twin, const struct zl_header *header)
{
        struct stream *stream = need_stream(twin, header);

        bool missing = false;

        for (uint32_t i = 0; stream->intact && i < twin->streams_count; i++) {
                struct stream *of_any = &twin->streams[i]; /* its source may be gone */
                if (of_any->topic.kind != header->topic.kind ||
                    of_any->topic.id != header->topic.id)
                        continue;
                missing |= of_any->missing;
                of_any->missing = false;
        }
        if (missing) {
                if (stream->topic.kind == ZL_TOPIC_ACCT)
                        twin_alert_partition(twin, stream->topic.id, 0, ZL_ALERT_KIND_GAP);
                else
                        twin_alert_all(twin, ZL_ALERT_KIND_GAP, NULL);
        }
        stream->intact = true;
}

/* "acct.0000001f"; false: it is not a topic that is listened to. */
static bool read_topic(const struct twin *twin, const char *text, struct zl_topic *ret_topic)
{
        static const struct {
                const char *letters;
                enum zl_topic_kind kind;
        } kinds[] = {{"acct", ZL_TOPIC_ACCT}, {"exec", ZL_TOPIC_EXEC}, {"ctrl", ZL_TOPIC_CTRL},
                     {"fund", ZL_TOPIC_FUND}, {"mark", ZL_TOPIC_MARK}, {"rate", ZL_TOPIC_RATE}};
        char letters[5] = "", digits[9] = "";
        int end = 0;

        if (sscanf(text, "%4[a-z].%8[0-9a-f]%n", letters, digits, &end) != 2 || end != 13 ||
            text[13])
                return false;
        ret_topic->id = (uint32_t)strtoul(digits, NULL, 16);
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
                if (strcmp(letters, kinds[i].letters) != 0)
                        continue;
                ret_topic->kind = kinds[i].kind;
                return (ret_topic->kind != ZL_TOPIC_ACCT && ret_topic->kind != ZL_TOPIC_EXEC) ||
                       ret_topic->id < twin->partitions;
        }
        return false;
}

/* What a source says that it has sent, and was not heard. */
static void take_beat(struct twin *twin, const struct zl_header *header,
                      const struct zl_msg_beat *said)
{
        for (uint32_t i = 0; i < said->topics_count; i++) {
                const struct zl_row_moved *row = &said->topics[i];
                struct zl_header like = {.src = header->src, .epoch = row->epoch, .seq = 1};
                if (row->seq == 0 || !read_topic(twin, row->topic, &like.topic))
                        continue;
                struct stream *stream = need_stream(twin, &like);
                if (row->epoch < stream->epoch ||
                    (row->epoch == stream->epoch && row->seq <= stream->seq))
                        continue;
                stream->epoch = row->epoch;
                stream->seq = row->seq;
                stream->intact = stream->torn = true;
                miss(twin, stream, i + 1);
        }
}

/* ---- frames ---- */

/* What concerns one partition is said under its number. */
static void say_old(struct twin *twin, struct zl_topic topic)
{
        if (topic.kind != ZL_TOPIC_ACCT && topic.kind != ZL_TOPIC_EXEC)
                twin_alert_partition(twin, 0, 0, ZL_ALERT_KIND_EPOCH);
        else if (topic.id < twin->partitions)
                twin_alert_partition(twin, topic.id, 0, ZL_ALERT_KIND_EPOCH);
}

static bool take_frame(struct twin *twin, const struct zl_header *header)
{
        struct stream *stream = need_stream(twin, header);
        bool same = header->epoch == stream->epoch;

        if (header->epoch < stream->epoch) {
                if (!stream->old_said)
                        say_old(twin, header->topic);
                stream->old_said = true;
                return false;
        }
        if (same && header->seq <= stream->seq && header->seq != stream->seq + 1)
                return false;
        bool hole = header->epoch > stream->epoch || header->seq != stream->seq + 1;
        twin->gap = hole || stream->torn;
        if (hole)
                stream->intact = !same && header->seq == 1;
        stream->epoch = header->epoch;
        stream->seq = header->seq;
        stream->old_said = stream->torn = false;
        if (hole)
                miss(twin, stream, 0);
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

static void take_clock(struct twin *twin, uint64_t ts_ns, enum zl_clock_lag lag)
{
        if (ts_ns > INT64_MAX) {
                twin_alert_all(twin, ZL_ALERT_KIND_REFUSED, NULL);
                return;
        }
        if (ts_ns > twin->now_ns)
                twin->now_ns = ts_ns;
        if (lag != ZL_CLOCK_LAG_NONE)
                twin_alert_all(twin, ZL_ALERT_KIND_LAG, NULL);
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
                take_clock(twin, header->ts_ns, message->clock.lag);
                break;
        case ZL_TYPE_SYNCED:
                take_synced(twin, header);
                break;
        case ZL_TYPE_BEAT:
                take_beat(twin, header, &message->beat);
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
