#include "core/snapshot.h"

#include "core/bands.h"
#include "core/ladder.h"
#include "core/limit.h"
#include "core/pass.h"
#include "core/stream.h"
#include "core/walk.h"

enum { VERSION = 5 };

/* ---- streams ---- */

/* Holes are counted anew: what waits for them must not depend on a number. */
static void count_hole(struct zl_engine *engine, const struct zl_stream *stream)
{
        if (!stream->holed)
                return;
        if (stream->topic.kind == ZL_TOPIC_CTRL)
                engine->ctrl_holes++;
        else if (stream->topic.kind == ZL_TOPIC_ACCT && stream->topic.id < engine->partitions)
                engine->acct_holes[stream->topic.id]++;
}

/* Those of one partition, or of none, stand side by side. */
static void carry_streams(struct zl_pass *pass, struct zl_engine *engine, struct zl_walk *walk,
                          uint32_t partition)
{
        uint32_t count = 0;

        while (count < walk->streams_count &&
               zl_walk_of_stream(engine, walk->streams[count]) == partition)
                count++;
        uint32_t written = count;
        count = zl_pass_count(pass, count, engine->config.streams_max);
        for (uint32_t i = 0; i < count && !pass->failed; i++) {
                struct zl_stream none = {0};
                struct zl_stream *stream =
                        pass->way == ZL_READING ? &none : &engine->streams[walk->streams[i]];
                struct zl_topic topic = stream->topic;
                uint32_t src = stream->src;
                zl_pass_stream_name(pass, &src, &topic);
                if (pass->way == ZL_READING)
                        stream = pass->failed ? NULL : zl_stream_of(engine, src, topic);
                pass->failed |= !stream;
                if (pass->failed)
                        return;
                zl_pass_stream(pass, stream);
                if (pass->way == ZL_READING)
                        count_hole(engine, stream);
        }
        zl_walk_advance(&walk->streams, &walk->streams_count, written);
}

/* ---- the parts ---- */

/* An engine that has a clock of its own keeps it. */
static void carry_clock(struct zl_pass *pass, struct zl_engine *engine)
{
        uint64_t now_ns = engine->now_ns, own_ns = now_ns;

        zl_pass_u64(pass, &now_ns);
        if (pass->way != ZL_READING)
                return;
        if (own_ns == 0)
                engine->now_ns = now_ns;
        else if (now_ns > own_ns)
                pass->ahead_ns = now_ns - own_ns;
}

static void carry_shared(struct zl_pass *pass, struct zl_engine *engine)
{
        carry_clock(pass, engine);
        zl_pass_bool(pass, &engine->streams_full_said);
        zl_pass_bool(pass, &engine->frame_refused);
        zl_pass_bool(pass, &engine->frame_after_gap);
        zl_pass_markets(pass, engine);
}

static void carry_buckets(struct zl_pass *pass, struct zl_engine *engine, struct zl_walk *walk,
                          uint32_t partition)
{
        uint32_t count = 0;

        while (count < walk->buckets_count &&
               engine->buckets[walk->buckets[count]].partition == partition)
                count++;
        uint32_t written = count;
        count = zl_pass_count(pass, count, engine->config.policies_max);
        for (uint32_t i = 0; i < count && !pass->failed; i++) {
                struct zl_bucket *bucket =
                        pass->way == ZL_READING ? NULL : &engine->buckets[walk->buckets[i]];
                uint32_t id = bucket ? engine->policies[bucket->policy].id : 0;
                zl_pass_u32(pass, &id);
                if (!bucket && !pass->failed) {
                        uint32_t row = zl_state_policy(engine, id);
                        if (row != ZL_NONE_AT)
                                bucket = zl_limit_bucket(engine, partition, &engine->policies[row]);
                }
                pass->failed |= !bucket;
                if (pass->failed)
                        return;
                zl_pass_i64(pass, &bucket->level);
                zl_pass_time(pass, &bucket->filled_ns);
        }
        zl_walk_advance(&walk->buckets, &walk->buckets_count, written);
}

static void carry_partition(struct zl_pass *pass, struct zl_engine *engine, struct zl_walk *walk,
                            uint32_t partition)
{
        uint32_t count = 0;

        while (count < walk->accounts_count &&
               zl_walk_of_account(engine, walk->accounts[count]) == partition)
                count++;
        uint32_t written = count;
        count = zl_pass_count(pass, count, engine->config.accounts_max);
        for (uint32_t i = 0; i < count && !pass->failed; i++)
                zl_pass_account(pass, engine,
                                pass->way == ZL_READING ? ZL_NONE_AT : walk->accounts[i]);
        zl_walk_advance(&walk->accounts, &walk->accounts_count, written);
        carry_streams(pass, engine, walk, partition);
        carry_buckets(pass, engine, walk, partition);
}

static void carry_said(struct zl_pass *pass, struct zl_engine *engine)
{
        for (uint32_t i = 0; i < engine->partitions && !pass->failed; i++) {
                zl_pass_u64(pass, &engine->order_seq[i]);
                zl_pass_u64(pass, &engine->alert_seq[i]);
                zl_pass_u64(pass, &engine->deficit_seq[i]);
                zl_pass_u64(pass, &engine->bid_seq[i]);
        }
        zl_pass_markets_said(pass, engine);
}

static bool carry_head(struct zl_pass *pass, struct zl_engine *engine, uint32_t *sections)
{
        uint32_t version = VERSION, partitions = engine->partitions;

        zl_pass_u32(pass, &version);
        zl_pass_u32(pass, &partitions);
        *sections = zl_pass_count(pass, *sections, partitions);
        if (version != VERSION || partitions == 0 || partitions > ZL_PARTITIONS_MAX ||
            (partitions != engine->partitions &&
             (engine->config.partitions || engine->accounts_by_id.count)))
                pass->failed = true;
        if (!pass->failed)
                engine->partitions = partitions;
        return !pass->failed;
}

/* ---- writing ---- */

static uint32_t count_owned(const struct zl_engine *engine)
{
        uint32_t count = 0;

        for (uint32_t p = 0; p < engine->partitions; p++)
                count += zl_state_owns(engine, p);
        return count;
}

static void write(struct zl_pass *pass, struct zl_engine *engine, uint32_t partition)
{
        bool all = partition == ZL_NONE_AT;
        uint32_t sections = all ? count_owned(engine) : 1;

        if (!carry_head(pass, engine, &sections))
                return;
        size_t mark = zl_pass_open_part(pass);
        carry_shared(pass, engine);
        struct zl_walk walk = zl_walk_over(engine, partition), shared = walk;
        zl_walk_skip_to(engine, &shared, ZL_NONE_AT);
        carry_streams(pass, engine, &shared, ZL_NONE_AT);
        zl_pass_close_part(pass, mark);
        uint32_t first = all ? 0 : partition, end = all ? engine->partitions : partition + 1;
        for (uint32_t p = first; p < end; p++) {
                if (!zl_state_owns(engine, p))
                        continue;
                zl_walk_skip_to(engine, &walk, p);
                zl_pass_u32(pass, &p);
                mark = zl_pass_open_part(pass);
                carry_partition(pass, engine, &walk, p);
                zl_pass_close_part(pass, mark);
        }
        mark = zl_pass_open_part(pass);
        carry_said(pass, engine);
        zl_pass_close_part(pass, mark);
}

size_t zl_snapshot_size(struct zl_engine *engine, uint32_t partition)
{
        struct zl_pass pass = {.way = ZL_MEASURING};

        write(&pass, engine, partition);
        return pass.size;
}

enum zl_err zl_snapshot_save(struct zl_engine *engine, uint32_t partition, void *buffer,
                             size_t capacity, size_t *ret_size)
{
        struct zl_pass pass = {.way = ZL_WRITING, .out = buffer, .capacity = capacity};

        write(&pass, engine, partition);
        *ret_size = pass.size;
        return pass.failed ? ZL_ERR_FULL : ZL_OK;
}

/* ---- reading ---- */

/* Nothing of the partition stays but the numbers of its accounts and streams, as if nothing had
 * been heard of them. */
static void empty_partition(struct zl_engine *engine, uint32_t partition)
{
        for (uint32_t row = 0; row < engine->accounts_by_id.count; row++) {
                struct zl_account *account = &engine->accounts[row];
                if (zl_walk_of_account(engine, row) != partition)
                        continue;
                while (account->first_pool != ZL_NONE_AT)
                        zl_state_drop_pool(engine, account->first_pool);
                while (account->first_balance != ZL_NONE_AT)
                        zl_state_drop_balance(engine, account->first_balance);
                account->rev = 0;
                account->suspended = false;
        }
        for (uint32_t row = 0; row < engine->streams_by_topic.count; row++) {
                struct zl_stream *stream = &engine->streams[row];
                if (zl_walk_of_stream(engine, row) == partition)
                        *stream = (struct zl_stream){.src = stream->src, .topic = stream->topic};
        }
        engine->acct_holes[partition] = 0;
}

/* The next partition's number. False: it is another engine's, and was passed over. */
static bool next_partition(struct zl_pass *pass, struct zl_engine *engine, uint32_t *ret_partition)
{
        *ret_partition = 0;
        zl_pass_u32(pass, ret_partition);
        pass->failed |= *ret_partition >= engine->partitions;
        if (pass->failed)
                return false;
        if (zl_state_owns(engine, *ret_partition))
                return true;
        zl_pass_skip_part(pass);
        return false;
}

static void read_partition(struct zl_pass *pass, struct zl_engine *engine, uint32_t partition)
{
        struct zl_walk nothing = {0};
        size_t end = zl_pass_open_part(pass);

        carry_partition(pass, engine, &nothing, partition);
        zl_pass_close_part(pass, end);
}

static void read_shared(struct zl_pass *pass, struct zl_engine *engine)
{
        struct zl_walk nothing = {0};
        size_t end = zl_pass_open_part(pass);

        carry_shared(pass, engine);
        carry_streams(pass, engine, &nothing, ZL_NONE_AT);
        zl_pass_close_part(pass, end);
}

/* But for its writer's time. */
static void skip_shared(struct zl_pass *pass, struct zl_engine *engine)
{
        size_t begin = pass->size;

        zl_pass_open_part(pass);
        carry_clock(pass, engine);
        pass->size = begin;
        zl_pass_skip_part(pass);
}

bool zl_snapshot_is_empty(const struct zl_engine *engine)
{
        return engine->accounts_by_id.count == 0 && engine->instruments_by_id.count == 0 &&
               engine->assets_by_id.count == 0 && engine->funds_by_id.count == 0;
}

static struct zl_pass read_all(struct zl_engine *engine, const void *data, size_t size)
{
        struct zl_pass pass = {.way = ZL_READING, .in = data, .capacity = size};
        uint32_t sections = 0, partition;

        ZL_ASSERT(zl_snapshot_is_empty(engine));
        if (carry_head(&pass, engine, &sections))
                read_shared(&pass, engine);
        for (uint32_t i = 0; i < sections && !pass.failed; i++) {
                if (next_partition(&pass, engine, &partition))
                        read_partition(&pass, engine, partition);
        }
        return pass;
}

static enum zl_err begin_anew(struct zl_engine *engine, const struct zl_pass *pass)
{
        if (pass->failed || pass->size != pass->capacity)
                return ZL_ERR_INVALID;
        engine->funds_due = true;
        for (uint32_t row = 0; row < engine->pool_rows.fresh; row++)
                zl_ladder_rearm(engine, row);
        return ZL_OK;
}

enum zl_err zl_snapshot_load(struct zl_engine *engine, const void *data, size_t size)
{
        struct zl_pass pass = read_all(engine, data, size);

        if (!pass.failed) {
                size_t end = zl_pass_open_part(&pass);
                carry_said(&pass, engine);
                zl_pass_close_part(&pass, end);
        }
        return begin_anew(engine, &pass);
}

enum zl_err zl_snapshot_join(struct zl_engine *engine, const void *data, size_t size)
{
        struct zl_pass pass = read_all(engine, data, size);

        if (!pass.failed)
                zl_pass_skip_part(&pass);
        return begin_anew(engine, &pass);
}

static void rearm_partition(struct zl_engine *engine, uint32_t partition)
{
        for (uint32_t row = 0; row < engine->accounts_by_id.count; row++) {
                if (zl_walk_of_account(engine, row) != partition)
                        continue;
                for (uint32_t at = engine->accounts[row].first_pool; at != ZL_NONE_AT;
                     at = engine->pools[at].next_of_account)
                        zl_ladder_rearm(engine, at);
        }
}

/* An account that stands still is known again, whatever it is now. */
static void say_repaired(struct zl_engine *engine, uint32_t partition)
{
        zl_stream_repaired(engine, (struct zl_topic){ZL_TOPIC_ACCT, partition});
        for (uint32_t next = engine->first_of_partition[partition]; next;
             next = engine->accounts[next - 1].next_of_partition) {
                for (uint32_t at = engine->accounts[next - 1].first_pool; at != ZL_NONE_AT;
                     at = engine->pools[at].next_of_account)
                        zl_queue_pool(engine, at);
        }
}

static void repair_partition(struct zl_pass *pass, struct zl_engine *engine, uint32_t partition)
{
        bool holed = engine->acct_holes[partition] > 0;

        empty_partition(engine, partition);
        read_partition(pass, engine, partition);
        if (pass->failed) {
                empty_partition(engine, partition);
                return;
        }
        rearm_partition(engine, partition);
        if (holed && engine->acct_holes[partition] == 0)
                say_repaired(engine, partition);
}

enum zl_err zl_snapshot_repair(struct zl_engine *engine, const void *data, size_t size,
                               struct zl_outbox *outbox)
{
        struct zl_pass pass = {.way = ZL_READING, .in = data, .capacity = size};
        uint32_t sections = 0, partition;

        ZL_ASSERT(engine->work_count == 0);
        engine->outbox = outbox;
        if (carry_head(&pass, engine, &sections))
                skip_shared(&pass, engine);
        for (uint32_t i = 0; i < sections && !pass.failed; i++) {
                if (next_partition(&pass, engine, &partition))
                        repair_partition(&pass, engine, partition);
        }
        if (!pass.failed)
                zl_pass_skip_part(&pass);
        zl_queue_sort(engine);
        return pass.failed || pass.size != size ? ZL_ERR_INVALID : ZL_OK;
}

enum zl_err zl_snapshot_repair_control(struct zl_engine *engine, const void *data, size_t size,
                                       struct zl_outbox *outbox)
{
        struct zl_pass pass = {.way = ZL_READING, .in = data, .capacity = size};
        uint32_t sections = 0;

        ZL_ASSERT(engine->work_count == 0);
        engine->outbox = outbox;
        if (carry_head(&pass, engine, &sections))
                zl_pass_control(&pass, engine);
        if (pass.failed)
                return ZL_ERR_INVALID;
        zl_stream_repaired(engine, (struct zl_topic){ZL_TOPIC_CTRL, 0});
        zl_queue_sort(engine);
        return ZL_OK;
}
