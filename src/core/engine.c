#include "core/account.h"
#include "core/ladder.h"
#include "core/outbox.h"
#include "core/stream.h"

enum {
        PARTITIONS_DEFAULT = 256,
        POLICY_DEFAULT = 1,
        SOURCES_MAX = 4096,
};

/* ---- memory ---- */

/* Hands out parts of one block; with no block it only measures. */
struct arena {
        uint8_t *data;
        size_t used;
};

static void *take(struct arena *arena, size_t count, size_t size)
{
        void *part = arena->data ? arena->data + arena->used : NULL;

        arena->used += (count * size + 63) & ~(size_t)63;
        return part;
}

static void take_map(struct arena *arena, struct zl_map *map, uint32_t count_max)
{
        struct zl_map_slot *slots = take(arena, zl_map_slots(count_max), sizeof *slots);

        zl_map_init(map, slots, count_max);
}

static void take_heap(struct arena *arena, struct zl_heap *heap, struct zl_heap_pages *pages,
                      uint32_t *slots, uint32_t entries_max)
{
        *heap = (struct zl_heap){
                .pages = pages,
                .table = take(arena, zl_heap_table_for(entries_max), sizeof(uint32_t)),
                .slots = slots,
        };
}

static void take_index(struct arena *arena, struct zl_engine *engine)
{
        const struct zl_engine_config *config = &engine->config;
        uint32_t pools = config->positions_max;
        uint32_t pages = zl_heap_pages_for(pools, config->instruments_max);

        pages = 2 * pages + zl_heap_pages_for(pools, 1); /* below, above, deadlines */
        engine->pages.pages_max = pages;
        engine->pages.entries =
                take(arena, (size_t)pages * ZL_HEAP_PAGE, sizeof(struct zl_heap_entry));
        engine->pages.given_back = take(arena, pages, sizeof(uint32_t));
        engine->slots_below = take(arena, pools, sizeof(uint32_t));
        engine->slots_above = take(arena, pools, sizeof(uint32_t));
        engine->slots_deadline = take(arena, pools, sizeof(uint32_t));
        take_heap(arena, &engine->deadlines, &engine->pages, engine->slots_deadline, pools);
        for (uint32_t i = 0; i < config->instruments_max; i++) {
                struct zl_trigger unused;
                struct zl_trigger *trigger =
                        engine->instruments ? &engine->instruments[i].trigger : &unused;
                take_heap(arena, &trigger->below, &engine->pages, engine->slots_below, pools);
                take_heap(arena, &trigger->above, &engine->pages, engine->slots_above, pools);
        }
}

static void lay_out(struct arena *arena, struct zl_engine *engine)
{
        const struct zl_engine_config *config = &engine->config;
        uint32_t partitions = config->partitions ? config->partitions : ZL_PARTITIONS_MAX;

        engine->assets = take(arena, config->assets_max, sizeof *engine->assets);
        engine->instruments = take(arena, config->instruments_max, sizeof *engine->instruments);
        engine->policies = take(arena, config->policies_max, sizeof *engine->policies);
        engine->accounts = take(arena, config->accounts_max, sizeof *engine->accounts);
        engine->pools = take(arena, config->positions_max, sizeof *engine->pools);
        engine->streams = take(arena, config->streams_max, sizeof *engine->streams);
        take_map(arena, &engine->assets_by_id, config->assets_max);
        take_map(arena, &engine->instruments_by_id, config->instruments_max);
        take_map(arena, &engine->policies_by_id, config->policies_max);
        take_map(arena, &engine->accounts_by_id, config->accounts_max);
        take_map(arena, &engine->streams_by_topic, config->streams_max);
        take_map(arena, &engine->sources_by_id, SOURCES_MAX);
        take_index(arena, engine);
        engine->work = take(arena, config->positions_max, sizeof *engine->work);
        engine->crossed = take(arena, 2 * (size_t)config->positions_max, sizeof *engine->crossed);
        engine->order_seq = take(arena, partitions, sizeof(uint64_t));
        engine->alert_seq = take(arena, partitions, sizeof(uint64_t));
        engine->deficit_seq = take(arena, partitions, sizeof(uint64_t));
}

static size_t head_size(void)
{
        return (sizeof(struct zl_engine) + 63) & ~(size_t)63;
}

size_t zl_engine_size(const struct zl_engine_config *config)
{
        struct zl_engine engine = {.config = *config};
        struct arena arena = {.used = head_size()};

        lay_out(&arena, &engine);
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
        return config->accounts_max && config->positions_max && config->instruments_max &&
               config->assets_max && config->policies_max && config->streams_max &&
               (config->accounts_max | config->positions_max | config->streams_max) < 1u << 30 &&
               (config->instruments_max | config->assets_max | config->policies_max) < 1u << 20;
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
                .answer_ms = 500,
                .expires_ms = 2000,
        };
        uint32_t row = zl_state_policy(engine, POLICY_DEFAULT);
        zl_refusal refusal = zl_policy_define(&engine->policies[row], &said);

        ZL_ASSERT(!refusal);
}

enum zl_err zl_engine_init(void *memory, size_t size, const struct zl_engine_config *config,
                           struct zl_engine **ret_engine)
{
        struct zl_engine *engine = memory;
        struct arena arena = {.data = memory, .used = head_size()};

        if (!makes_sense(config))
                return ZL_ERR_INVALID;
        if (size < zl_engine_size(config))
                return ZL_ERR_FULL;
        engine->config = *config;
        engine->partitions = config->partitions ? config->partitions : PARTITIONS_DEFAULT;
        engine->numeraire = ZL_NONE_AT;
        engine->pools_free = ZL_NONE_AT;
        lay_out(&arena, engine);
        define_default_policy(engine);
        *ret_engine = engine;
        return ZL_OK;
}

/* ---- messages ---- */

static void refuse(struct zl_engine *engine, const uint32_t *instrument, zl_refusal refusal)
{
        engine->counters.refused++;
        zl_alert_all(engine, ZL_ALERT_KIND_REFUSED, instrument, refusal);
}

static void take_cluster(struct zl_engine *engine, const struct zl_msg_cluster *said)
{
        if (said->partitions == engine->partitions)
                return;
        if (engine->config.partitions || engine->accounts_by_id.count || said->partitions == 0 ||
            said->partitions > ZL_PARTITIONS_MAX) {
                refuse(engine, NULL, "the cluster has another number of partitions");
                return;
        }
        engine->partitions = said->partitions;
}

static zl_refusal resolve(struct zl_engine *engine, struct zl_instrument *instrument)
{
        const struct zl_asset *settle = &engine->assets[instrument->settle_at];
        zl_refusal refusal = NULL;

        if (settle->defined)
                refusal = zl_instrument_resolve(instrument, settle);
        zl_queue_instrument(engine, instrument);
        return refusal;
}

/* Every instrument that settles in this asset. One refusal is said, of the least number: the room
 * for what one message may say is bounded, and rows stand in an order that other engines do not
 * share. */
static void resolve_all(struct zl_engine *engine, uint32_t asset)
{
        const struct zl_instrument *least = NULL;
        zl_refusal why = NULL;

        for (uint32_t i = 0; i < engine->instruments_by_id.count; i++) {
                struct zl_instrument *instrument = &engine->instruments[i];
                if (!instrument->defined || instrument->settle_at != asset)
                        continue;
                zl_refusal refusal = resolve(engine, instrument);
                if (refusal && (!least || instrument->id < least->id)) {
                        least = instrument;
                        why = refusal;
                }
        }
        if (least)
                refuse(engine, &least->id, why);
}

static void take_asset(struct zl_engine *engine, const struct zl_msg_asset *said)
{
        uint32_t row = zl_state_asset(engine, said->asset);
        zl_refusal refusal;

        if (row == ZL_NONE_AT) {
                refuse(engine, NULL, "no room for more assets: raise assets_max");
                return;
        }
        if (said->numeraire && engine->numeraire != ZL_NONE_AT && engine->numeraire != row) {
                refuse(engine, NULL, "there is a numeraire already");
                return;
        }
        refusal = zl_asset_define(&engine->assets[row], said);
        if (refusal) {
                refuse(engine, NULL, refusal);
                return;
        }
        bool first = said->numeraire && engine->numeraire == ZL_NONE_AT;
        if (first)
                engine->numeraire = row;
        if (first) { /* every pool waited for it */
                for (uint32_t i = 0; i < engine->instruments_by_id.count; i++)
                        zl_queue_instrument(engine, &engine->instruments[i]);
        }
        resolve_all(engine, row);
}

static void take_rate(struct zl_engine *engine, const struct zl_msg_rate *said)
{
        uint32_t row = zl_state_asset(engine, said->asset);

        if (row == ZL_NONE_AT || said->price <= 0) {
                refuse(engine, NULL, "a rate is positive, and of an asset there is room for");
                return;
        }
        if (row == engine->numeraire) /* its own is 1 */
                return;
        struct zl_asset *asset = &engine->assets[row];
        bool first = !asset->has_rate;
        asset->has_rate = true;
        asset->rate = said->price;
        if (first) /* pools waited for it; an isolated pool's safety does not depend on its value */
                resolve_all(engine, row);
}

static void take_instrument(struct zl_engine *engine, const struct zl_msg_instrument *said)
{
        uint32_t row = zl_state_instrument(engine, said->instrument);
        uint32_t settle = zl_state_asset(engine, said->settle);

        if (row == ZL_NONE_AT || settle == ZL_NONE_AT) {
                refuse(engine, &said->instrument,
                       "no room for more instruments or assets: raise instruments_max, assets_max");
                return;
        }
        struct zl_instrument *instrument = &engine->instruments[row];
        zl_refusal refusal = zl_instrument_define(instrument, said);
        if (refusal) {
                refuse(engine, &said->instrument, refusal);
                return;
        }
        instrument->settle_at = settle;
        if (instrument->has_mark && (instrument->mark < instrument->min_price ||
                                     instrument->mark > instrument->max_price))
                instrument->has_mark = false;
        refusal = resolve(engine, instrument);
        if (refusal)
                refuse(engine, &said->instrument, refusal);
}

static void queue_crossed(struct zl_engine *engine, struct zl_instrument *instrument)
{
        if (!zl_trigger_crossed(&instrument->trigger, instrument->mark))
                return;
        uint32_t count =
                zl_trigger_collect(&instrument->trigger, instrument->mark, engine->crossed);
        engine->counters.crossings += count;
        for (uint32_t i = 0; i < count; i++)
                zl_queue_pool(engine, engine->crossed[i]);
}

/* Positions that came before any mark have paid up to the first. */
static void begin_funding(struct zl_engine *engine, struct zl_instrument *instrument,
                          int64_t funding)
{
        instrument->has_funding = true;
        for (uint32_t row = instrument->first_pool; row != ZL_NONE_AT;
             row = engine->pools[row].next_of_instrument) {
                struct zl_holding *holding = &engine->pools[row].holding;
                if (!holding->funding_known)
                        holding->funding = funding;
                holding->funding_known = true;
        }
}

static void take_mark(struct zl_engine *engine, const struct zl_header *header,
                      const struct zl_msg_mark *said)
{
        uint32_t row = zl_state_instrument(engine, said->instrument);

        if (row == ZL_NONE_AT) {
                refuse(engine, &said->instrument,
                       "no room for more instruments: raise instruments_max");
                return;
        }
        struct zl_instrument *instrument = &engine->instruments[row];
        int64_t least = instrument->defined ? instrument->min_price : 1;
        int64_t most = instrument->defined ? instrument->max_price : ZL_PRICE_MAX;
        if (said->price < least || said->price > most) {
                engine->counters.refused++;
                if (!instrument->refusing)
                        zl_alert_all(engine, ZL_ALERT_KIND_REFUSED, &said->instrument,
                                     "a mark outside the instrument's range");
                instrument->refusing = true;
                return;
        }
        bool all = !instrument->has_mark || instrument->funding != said->funding ||
                   instrument->stale_waits;
        if (!instrument->has_funding)
                begin_funding(engine, instrument, said->funding);
        instrument->refusing = false;
        instrument->has_mark = true;
        instrument->mark = said->price;
        instrument->funding = said->funding;
        instrument->mark_seq = header->seq;
        instrument->stale_waits = false;
        /* No publisher freshens a mark by a time of its own, nor ages those of others. */
        instrument->mark_ns = header->ts_ns < engine->now_ns ? header->ts_ns : engine->now_ns;
        if (all)
                zl_queue_instrument(engine, instrument);
        else
                queue_crossed(engine, instrument);
}

static void take_policy(struct zl_engine *engine, const struct zl_msg_policy *said)
{
        uint32_t row = zl_state_policy(engine, said->policy);
        zl_refusal refusal = "no room for more policies: raise policies_max";

        if (row != ZL_NONE_AT)
                refusal = zl_policy_define(&engine->policies[row], said);
        if (refusal) {
                refuse(engine, NULL, refusal);
                return;
        }
        if (said->jump_ppm || said->orders_per_s || said->cure_ms ||
            said->slice_notional)
                zl_alert_all(engine, ZL_ALERT_KIND_UNSUPPORTED, NULL,
                             "jump_ppm, orders_per_s, cure_ms and slices have no effect yet");
        for (uint32_t i = 0; i < engine->instruments_by_id.count; i++) {
                if (engine->instruments[i].defined && engine->instruments[i].policy == said->policy)
                        zl_queue_instrument(engine, &engine->instruments[i]);
        }
}

static void take_clock(struct zl_engine *engine, const struct zl_header *header)
{
        if (header->ts_ns > INT64_MAX) {
                refuse(engine, NULL, "a clock beyond 2^63 ns");
                return;
        }
        if (header->ts_ns > engine->now_ns)
                engine->now_ns = header->ts_ns;
        zl_ladder_clock(engine);
}

static void take_message(struct zl_engine *engine, const struct zl_header *header,
                         const struct zl_message *message)
{
        switch (message->type) {
        case ZL_TYPE_CLUSTER:
                take_cluster(engine, &message->cluster);
                break;
        case ZL_TYPE_ASSET:
                take_asset(engine, &message->asset);
                break;
        case ZL_TYPE_RATE:
                take_rate(engine, &message->rate);
                break;
        case ZL_TYPE_INSTRUMENT:
                take_instrument(engine, &message->instrument);
                break;
        case ZL_TYPE_MARK:
                take_mark(engine, header, &message->mark);
                break;
        case ZL_TYPE_ACCOUNT:
                zl_account_apply(engine, &message->account);
                break;
        case ZL_TYPE_EXEC:
                zl_ladder_answer(engine, &message->exec);
                break;
        case ZL_TYPE_POLICY:
                take_policy(engine, &message->policy);
                break;
        case ZL_TYPE_CLOCK:
                take_clock(engine, header);
                break;
        default:
                break; /* funds, beats and what other workers say: not used yet */
        }
}

/* ---- steps ---- */

/* Gives every queued pool its turn, in canonical order, while there is room for what it may say. */
static enum zl_progress work(struct zl_engine *engine)
{
        while (engine->work_done < engine->work_count) {
                if (!zl_outbox_has_room(engine->outbox))
                        return ZL_MORE;
                zl_ladder_judge(engine, engine->work[engine->work_done++]);
        }
        engine->work_done = engine->work_count = 0;
        return ZL_DONE;
}

enum zl_progress zl_engine_step(struct zl_engine *engine, const struct zl_header *header,
                                uint32_t place, const struct zl_message *message,
                                struct zl_outbox *outbox)
{
        ZL_ASSERT(engine->work_count == 0);
        ZL_ASSERT(outbox->capacity - outbox->size >= ZL_OUTBOX_SIZE_MIN);
        engine->outbox = outbox;
        engine->counters.messages++;
        if (place == 0)
                engine->frame_refused = !zl_stream_accept(engine, header);
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
