#include "core/walk.h"

uint32_t zl_walk_of_account(const struct zl_engine *engine, uint32_t row)
{
        return zl_partition(engine->accounts[row].id, engine->partitions);
}

uint32_t zl_walk_of_stream(const struct zl_engine *engine, uint32_t row)
{
        struct zl_topic topic = engine->streams[row].topic;

        return topic.kind == ZL_TOPIC_ACCT || topic.kind == ZL_TOPIC_EXEC ? topic.id : ZL_NONE_AT;
}

static bool account_before(const struct zl_engine *engine, uint32_t a, uint32_t b)
{
        uint32_t of_a = zl_walk_of_account(engine, a), of_b = zl_walk_of_account(engine, b);

        return of_a != of_b ? of_a < of_b : engine->accounts[a].id < engine->accounts[b].id;
}

static bool stream_before(const struct zl_engine *engine, uint32_t a, uint32_t b)
{
        const struct zl_stream *x = &engine->streams[a], *y = &engine->streams[b];
        uint32_t of_a = zl_walk_of_stream(engine, a), of_b = zl_walk_of_stream(engine, b);

        if (of_a != of_b)
                return of_a < of_b;
        if (x->src != y->src)
                return x->src < y->src;
        return x->topic.kind != y->topic.kind ? x->topic.kind < y->topic.kind
                                              : x->topic.id < y->topic.id;
}

static bool bucket_before(const struct zl_engine *engine, uint32_t a, uint32_t b)
{
        const struct zl_bucket *x = &engine->buckets[a], *y = &engine->buckets[b];

        if (x->partition != y->partition)
                return x->partition < y->partition;
        return engine->policies[x->policy].id < engine->policies[y->policy].id;
}

typedef uint32_t of_row(const struct zl_engine *engine, uint32_t row);

static uint32_t of_bucket(const struct zl_engine *engine, uint32_t row)
{
        return engine->buckets[row].partition;
}

/* The rows of the partition, or all, in order. */
static uint32_t gather(struct zl_engine *engine, uint32_t *rows, uint32_t count, of_row *of,
                       zl_before *before, uint32_t partition)
{
        uint32_t gathered = 0;

        for (uint32_t row = 0; row < count; row++) {
                uint32_t of_this = partition == ZL_NONE_AT ? partition : of(engine, row);
                if (of_this == partition || of_this == ZL_NONE_AT)
                        rows[gathered++] = row;
        }
        zl_sort(engine, rows, gathered, before);
        return gathered;
}

struct zl_walk zl_walk_over(struct zl_engine *engine, uint32_t partition)
{
        uint32_t *rows = engine->order;
        struct zl_walk walk = {.accounts = rows};

        walk.accounts_count = gather(engine, rows, engine->accounts_by_id.count, zl_walk_of_account,
                                     account_before, partition);
        rows += walk.accounts_count;
        walk.streams = rows;
        walk.streams_count = gather(engine, rows, engine->streams_by_topic.count, zl_walk_of_stream,
                                    stream_before, partition);
        rows += walk.streams_count;
        walk.buckets = rows;
        walk.buckets_count = gather(engine, rows, engine->buckets_by_key.count, of_bucket,
                                    bucket_before, partition);
        return walk;
}

void zl_walk_advance(const uint32_t **rows, uint32_t *count, uint32_t written)
{
        if (written == 0) /* read: there are no rows */
                return;
        *rows += written;
        *count -= written;
}

void zl_walk_skip_to(struct zl_engine *engine, struct zl_walk *walk, uint32_t partition)
{
        while (walk->accounts_count && zl_walk_of_account(engine, *walk->accounts) < partition) {
                walk->accounts++;
                walk->accounts_count--;
        }
        while (walk->streams_count && zl_walk_of_stream(engine, *walk->streams) < partition) {
                walk->streams++;
                walk->streams_count--;
        }
        while (walk->buckets_count && engine->buckets[*walk->buckets].partition < partition) {
                walk->buckets++;
                walk->buckets_count--;
        }
}
