#include "core/account.h"
#include "core/answer.h"
#include "core/bands.h"
#include "core/bidding.h"
#include "core/feed.h"
#include "core/ladder.h"
#include "core/layout.h"
#include "core/lights.h"
#include "core/outbox.h"
#include "core/plan.h"
#include "core/stream.h"
#include "core/text.h"

enum {
        PARTITIONS_DEFAULT = 256,
        POLICY_DEFAULT = 1,
};

/* ---- memory ---- */

static size_t head_size(void)
{
        return (sizeof(struct zl_engine) + 63) & ~(size_t)63;
}

size_t zl_engine_size(const struct zl_engine_config *config)
{
        struct zl_engine engine = {.config = *config};
        struct zl_arena arena = {.used = head_size()};

        zl_lay_out(&arena, &engine);
        return arena.used;
}

static bool makes_sense(const struct zl_engine_config *config)
{
        if (config->partitions > ZL_PARTITIONS_MAX || config->owned_count > ZL_RANGES_MAX ||
            (config->partitions && !config->owned_count))
                return false;
        for (uint32_t i = 0; i < config->owned_count; i++) {
                if (config->owned[i].first > config->owned[i].last ||
                    config->owned[i].last >= config->partitions)
                        return false;
        }
        return config->accounts_max && config->positions_max && config->balances_max &&
               config->instruments_max && config->assets_max && config->policies_max &&
               config->funds_max && config->streams_max &&
               (config->accounts_max | config->positions_max | config->balances_max |
                config->streams_max) < 1u << 30 &&
               (config->instruments_max | config->assets_max | config->policies_max |
                config->funds_max) < 1u << 20;
}

/* Policy 1 exists, with the defaults, before any message. */
static void define_default_policy(struct zl_engine *engine)
{
        static const struct zl_msg_policy said = {
                .policy = POLICY_DEFAULT,
                .rev = 0,
                .fee_in_maintenance = true,
                .warn_count = 1,
                .warn = {{.ratio = 800000000}},
                .warn_hysteresis = 20000000,
                .cancel_first = true,
                .target_ratio = 800000000,
                .fraction = 500000000,
                .answer_ms = 500,
                .expires_ms = 2000,
                .fund_drawdown = 1000000000,
                .socialize = true,
        };
        uint32_t row = zl_state_policy(engine, POLICY_DEFAULT);
        zl_refusal refusal = zl_policy_define(&engine->policies[row], &said);

        ZL_ASSERT(!refusal);
}

enum zl_err zl_engine_init(void *memory, size_t size, const struct zl_engine_config *config,
                           struct zl_engine **ret_engine)
{
        struct zl_engine *engine = memory;
        struct zl_arena arena = {.data = memory, .used = head_size()};

        if (!makes_sense(config))
                return ZL_ERR_INVALID;
        if (size < zl_engine_size(config))
                return ZL_ERR_FULL;
        engine->config = *config;
        engine->partitions = config->partitions ? config->partitions : PARTITIONS_DEFAULT;
        engine->numeraire = ZL_NONE_AT;
        engine->loose = ZL_NONE_AT;
        engine->guess_noise = config->guess_noise;
        zl_lay_out(&arena, engine);
        define_default_policy(engine);
        *ret_engine = engine;
        return ZL_OK;
}

/* ---- messages ---- */

static void take_cluster(struct zl_engine *engine, const struct zl_msg_cluster *said)
{
        if (said->partitions == engine->partitions)
                return;
        if (engine->config.partitions || engine->accounts_by_id.count || said->partitions == 0 ||
            said->partitions > ZL_PARTITIONS_MAX) {
                zl_alert_refusal(engine, NULL, "the cluster has another number of partitions");
                return;
        }
        engine->partitions = said->partitions;
}

static void say_lag(struct zl_engine *engine, const struct zl_msg_clock *said)
{
        char words[100];
        struct zl_text text = zl_text_over(words, sizeof words);

        zl_text_put(&text, said->lag == ZL_CLOCK_LAG_BEGINS ? "input is late by "
                                                            : "input is on time again: ");
        zl_text_u64(&text, said->lag_ms);
        zl_text_put(&text, " ms");
        zl_alert_all(engine, ZL_ALERT_KIND_LAG, NULL, words);
}

static void take_clock(struct zl_engine *engine, const struct zl_header *header,
                       const struct zl_msg_clock *said)
{
        if (header->ts_ns > INT64_MAX) {
                zl_alert_refusal(engine, NULL, "a clock beyond 2^63 ns");
                return;
        }
        if (header->ts_ns > engine->now_ns)
                engine->now_ns = header->ts_ns;
        if (said->lag != ZL_CLOCK_LAG_NONE)
                say_lag(engine, said);
        zl_ladder_clock(engine);
        zl_fund_clock(engine);
}

static void take_message(struct zl_engine *engine, const struct zl_header *header,
                         const struct zl_message *message)
{
        switch (message->type) {
        case ZL_TYPE_CLUSTER:
                take_cluster(engine, &message->cluster);
                break;
        case ZL_TYPE_ASSET:
                zl_feed_asset(engine, &message->asset);
                break;
        case ZL_TYPE_RATE:
                zl_feed_rate(engine, &message->rate);
                break;
        case ZL_TYPE_INSTRUMENT:
                zl_feed_instrument(engine, &message->instrument);
                break;
        case ZL_TYPE_MARK:
                zl_feed_mark(engine, header, &message->mark);
                break;
        case ZL_TYPE_ACCOUNT:
                zl_account_apply(engine, &message->account);
                break;
        case ZL_TYPE_EXEC:
                zl_answer_take(engine, &message->exec);
                break;
        case ZL_TYPE_POLICY:
                zl_feed_policy(engine, &message->policy);
                break;
        case ZL_TYPE_FUND:
                zl_fund_take(engine, &message->fund);
                break;
        case ZL_TYPE_DEFICIT:
                zl_fund_hear_deficit(engine, &message->deficit);
                break;
        case ZL_TYPE_ADL_QUERY:
                zl_bidding_take(engine, header, &message->adl_query);
                break;
        case ZL_TYPE_ADL_BID:
                zl_fund_hear_bid(engine, header, &message->adl_bid);
                break;
        case ZL_TYPE_CLOCK:
                take_clock(engine, header, &message->clock);
                break;
        case ZL_TYPE_BEAT:
                zl_stream_beat(engine, header, &message->beat);
                break;
        case ZL_TYPE_SYNCED:
                zl_stream_synced(engine, header);
                break;
        default:
                break; /* what workers and routers say to others */
        }
}

/* ---- steps ---- */

/* Gives every queued pool its turn, in canonical order, while there is room for what it may say. */
static enum zl_progress work(struct zl_engine *engine)
{
        while (engine->work_done < engine->work_count) {
                uint32_t pool = engine->work[engine->work_done];
                if (!zl_outbox_has_room(engine->outbox, &engine->pools[pool]))
                        return ZL_MORE;
                engine->work_done++;
                zl_ladder_judge(engine, pool);
        }
        zl_bands_settle(engine);
        if (!zl_bidding_go_on(engine) || !zl_plan_go_on(engine) || !zl_lights_go_on(engine) ||
            !zl_fund_go_on(engine)) /* which may begin another round: the last is all said */
                return ZL_MORE;
        engine->work_done = engine->work_count = 0;
        return ZL_DONE;
}

enum zl_progress zl_engine_step(struct zl_engine *engine, const struct zl_header *header,
                                uint32_t place, const struct zl_message *message,
                                struct zl_outbox *outbox)
{
        ZL_ASSERT(engine->work_count == 0);
        ZL_ASSERT(outbox->capacity - outbox->size >= ZL_OUTBOX_STEP_MIN);
        engine->outbox = outbox;
        engine->counters.messages++;
        if (place == 0)
                engine->frame_refused = !zl_stream_accept(engine, header);
        else
                engine->frame_after_gap = false;
        if (engine->frame_refused)
                return ZL_DONE;
        take_message(engine, header, message);
        zl_queue_sort(engine);
        return work(engine);
}

enum zl_progress zl_engine_resume(struct zl_engine *engine, struct zl_outbox *outbox)
{
        engine->outbox = outbox;
        return work(engine);
}

struct zl_engine_counters zl_engine_counters(const struct zl_engine *engine)
{
        return engine->counters;
}
