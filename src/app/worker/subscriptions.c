#include "app/worker/subscriptions.h"

#include "core/state.h"

#include <zeroline/frame.h>

enum {
        KIND_PREFIX_SIZE = 6, /* "\xad" "acct." */
        LOOK_MS = 20,         /* how often it is looked for holes */
        WAIT_MS = 250,        /* for a restatement, before it is asked for again */
        DOUBLINGS_MAX = 6,
};

static size_t prefix_of(struct zl_topic topic, uint8_t prefix[ZL_TOPIC_PREFIX_SIZE])
{
        zl_topic_prefix(topic, prefix);
        switch (topic.kind) {
        case ZL_TOPIC_ACCT:
        case ZL_TOPIC_EXEC:
        case ZL_TOPIC_DEFI:
                return ZL_TOPIC_PREFIX_SIZE;
        default:
                return KIND_PREFIX_SIZE;
        }
}

static void subscribe(struct zl_socket *socket, enum zl_topic_kind kind, uint32_t id)
{
        uint8_t prefix[ZL_TOPIC_PREFIX_SIZE];
        size_t size = prefix_of((struct zl_topic){kind, id}, prefix);

        zl_socket_subscribe(socket, prefix, size);
}

static void subscribe_partitions(struct zl_socket *socket, const struct zl_engine_config *config,
                                 enum zl_topic_kind kind)
{
        for (uint32_t i = 0; i < config->owned_count; i++) {
                for (uint32_t p = config->owned[i].first; p <= config->owned[i].last; p++)
                        subscribe(socket, kind, p);
        }
}

void zl_subscribe_all(struct zl_socket *socket, const struct zl_engine_config *config)
{
        static const enum zl_topic_kind shared[] = {ZL_TOPIC_CTRL, ZL_TOPIC_RATE, ZL_TOPIC_MARK,
                                                    ZL_TOPIC_FUND, ZL_TOPIC_BEAT};

        for (size_t i = 0; i < ZL_COUNT(shared); i++)
                subscribe(socket, shared[i], 0);
        subscribe_partitions(socket, config, ZL_TOPIC_EXEC);
        subscribe_partitions(socket, config, ZL_TOPIC_ACCT);
}

void zl_subscribe_mesh(struct zl_socket *socket, const struct zl_engine_config *config)
{
        subscribe(socket, ZL_TOPIC_ADLQ, 0);
        subscribe(socket, ZL_TOPIC_BIDS, 0);
        subscribe_partitions(socket, config, ZL_TOPIC_DEFI);
}

void zl_subscribe_books(struct zl_socket *socket)
{
        subscribe(socket, ZL_TOPIC_BOOK, 0);
}

/* ---- asking again ---- */

static void subscribe_again(struct zl_socket *const *sources, uint32_t count,
                            enum zl_topic_kind kind, uint32_t id)
{
        uint8_t prefix[ZL_TOPIC_PREFIX_SIZE];
        size_t size = prefix_of((struct zl_topic){kind, id}, prefix);

        for (uint32_t i = 0; i < count; i++)
                zl_socket_subscribe_again(sources[i], prefix, size);
}

/* A fund's last message was lost: nothing moves the fund until a plan for its present revision. */
static bool has_torn_fund(const struct zl_engine *engine)
{
        for (uint32_t i = 0; i < engine->streams_by_topic.count; i++) {
                const struct zl_stream *stream = &engine->streams[i];
                if (stream->torn && stream->topic.kind == ZL_TOPIC_FUND)
                        return true;
        }
        return false;
}

static bool has_holes(const struct zl_engine *engine)
{
        for (uint32_t p = 0; p < engine->partitions; p++) {
                if (engine->acct_holes[p])
                        return true;
        }
        return engine->ctrl_holes > 0 || has_torn_fund(engine);
}

bool zl_repair_ask(struct zl_repair *repair, const struct zl_engine *engine,
                   struct zl_socket *const *sources, uint32_t sources_count, uint64_t ticks_ns)
{
        if (ticks_ns < repair->next_ns)
                return false;
        repair->next_ns = ticks_ns + LOOK_MS * 1000000;
        if (!has_holes(engine)) {
                repair->since_ns = repair->attempts = 0;
                return false;
        }
        if (!repair->since_ns)
                repair->since_ns = ticks_ns;
        if (ticks_ns < repair->since_ns + repair->patience_ms * 1000000)
                return false;
        if (engine->ctrl_holes)
                subscribe_again(sources, sources_count, ZL_TOPIC_CTRL, 0);
        if (has_torn_fund(engine))
                subscribe_again(sources, sources_count, ZL_TOPIC_FUND, 0);
        for (uint32_t p = 0; p < engine->partitions; p++) {
                if (engine->acct_holes[p])
                        subscribe_again(sources, sources_count, ZL_TOPIC_ACCT, p);
        }
        uint32_t doublings = repair->attempts < DOUBLINGS_MAX ? repair->attempts : DOUBLINGS_MAX;
        repair->attempts++;
        repair->next_ns = ticks_ns + ((uint64_t)WAIT_MS * 1000000 << doublings);
        return true;
}
