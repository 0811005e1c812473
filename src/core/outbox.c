#include "core/outbox.h"

#include "core/schema.h"
#include "core/text.h"

#include <string.h>

/* An item's head; the message's struct follows it. */
struct item {
        struct zl_header header;
        enum zl_type type;
        bool joins;
        uint64_t rank;
        uint32_t size; /* of both, rounded up to keep the next one aligned */
};

static uint32_t item_size(enum zl_type type)
{
        return (uint32_t)((sizeof(struct item) + zl_message_size(type) + 15) & ~(size_t)15);
}

void zl_outbox_init(struct zl_outbox *outbox, void *buffer, size_t capacity)
{
        *outbox = (struct zl_outbox){.data = buffer, .capacity = capacity};
}

void zl_outbox_clear(struct zl_outbox *outbox)
{
        outbox->size = 0;
}

bool zl_outbox_next(const struct zl_outbox *outbox, size_t *cursor, struct zl_output *ret_output)
{
        if (*cursor >= outbox->size)
                return false;
        const struct item *item = (const struct item *)(const void *)(outbox->data + *cursor);
        *cursor += item->size;
        *ret_output = (struct zl_output){.header = item->header,
                                         .type = item->type,
                                         .joins = item->joins,
                                         .rank = item->rank,
                                         .object = item + 1};
        return true;
}

/* What is left is enough, or will be when the outbox is emptied. */
static bool has_room(const struct zl_outbox *outbox, size_t needed)
{
        ZL_ASSERT(outbox->capacity >= needed);
        return outbox->capacity - outbox->size >= needed;
}

/* An order a position, or a conversion an asset, and the alerts before. */
bool zl_outbox_has_room(const struct zl_outbox *outbox, const struct zl_pool *pool)
{
        size_t orders = pool->positions_count > ZL_STOCKS_MAX ? pool->positions_count
                                                              : ZL_STOCKS_MAX;

        return has_room(outbox, orders * item_size(ZL_TYPE_LIQUIDATE) +
                                        2 * (size_t)item_size(ZL_TYPE_ALERT));
}

bool zl_outbox_has_room_for(const struct zl_outbox *outbox, enum zl_type type)
{
        return has_room(outbox, item_size(type));
}

static void put(struct zl_engine *engine, uint64_t rank, struct zl_topic topic, uint64_t *seq,
                enum zl_type type, const void *object, bool joins)
{
        struct zl_outbox *outbox = engine->outbox;
        uint32_t size = item_size(type);
        struct item *item = (struct item *)(void *)(outbox->data + outbox->size);

        ZL_ASSERT(size <= outbox->capacity - outbox->size);
        *seq += !joins;
        *item = (struct item){.header = {.topic = topic,
                                         .src = engine->config.src,
                                         .epoch = engine->config.epoch,
                                         .seq = *seq,
                                         .ts_ns = engine->now_ns},
                              .type = type,
                              .joins = joins,
                              .rank = rank,
                              .size = size};
        zl_record_copy(zl_schema_message(type), item + 1, object);
        outbox->size += size;
}

void zl_say_order(struct zl_engine *engine, uint64_t account, enum zl_type type,
                  const void *order, bool joins)
{
        uint32_t partition = zl_partition(account, engine->partitions);

        put(engine, account + 1, (struct zl_topic){ZL_TOPIC_ORDR, partition},
            &engine->order_seq[partition], type, order, joins);
        engine->counters.decisions += !joins;
}

void zl_say_deficit(struct zl_engine *engine, uint32_t fund, const struct zl_msg_deficit *deficit,
                    bool joins)
{
        uint32_t from = zl_partition(deficit->account, engine->partitions);
        uint32_t to = zl_partition(fund, engine->partitions);

        /* Counted by the partition that speaks: which others share its engine must not show. */
        put(engine, deficit->account + 1, (struct zl_topic){ZL_TOPIC_DEFI, to},
            &engine->deficit_seq[from], ZL_TYPE_DEFICIT, deficit, joins);
}

void zl_say_query(struct zl_engine *engine, struct zl_fund *fund,
                  const struct zl_msg_adl_query *query)
{
        put(engine, 0, (struct zl_topic){ZL_TOPIC_ADLQ, fund->id}, &fund->query_seq,
            ZL_TYPE_ADL_QUERY, query, false);
}

void zl_say_bid(struct zl_engine *engine, const struct zl_msg_adl_bid *bid)
{
        put(engine, 0, (struct zl_topic){ZL_TOPIC_BIDS, bid->partition},
            &engine->bid_seq[bid->partition], ZL_TYPE_ADL_BID, bid, false);
}

void zl_say_plan(struct zl_engine *engine, struct zl_fund *fund, enum zl_type type,
                 const void *message, bool joins)
{
        put(engine, 0, (struct zl_topic){ZL_TOPIC_PLAN, fund->id}, &fund->plan_seq, type, message,
            joins);
}

void zl_say_rank(struct zl_engine *engine, const struct zl_msg_rank *rank, bool joins)
{
        struct zl_instrument *instrument =
                &engine->instruments[zl_state_instrument(engine, rank->instrument)];

        put(engine, 0, (struct zl_topic){ZL_TOPIC_RANK, rank->instrument}, &instrument->rank_seq,
            ZL_TYPE_RANK, rank, joins);
}

static void say_alert(struct zl_engine *engine, uint64_t rank, uint32_t partition,
                      const struct zl_msg_alert *alert)
{
        put(engine, rank, (struct zl_topic){ZL_TOPIC_ALRT, partition},
            &engine->alert_seq[partition], ZL_TYPE_ALERT, alert, false);
        engine->counters.alerts++;
}

void zl_say_alert(struct zl_engine *engine, uint64_t account, const struct zl_msg_alert *alert)
{
        say_alert(engine, account + 1, zl_partition(account, engine->partitions), alert);
}

static void set_text(struct zl_msg_alert *alert, const char *words)
{
        struct zl_text text = zl_text_over(alert->text, sizeof alert->text);

        zl_text_put(&text, words);
}

static void forget(struct zl_msg_alert *alert, int place)
{
        alert->absent |= (uint64_t)1 << place;
}

void zl_alert_pool(struct zl_engine *engine, const struct zl_pool *pool, enum zl_alert_kind kind,
                   const zl_i128 *ratio_ppb, const char *text)
{
        uint64_t account = engine->accounts[pool->account].id;
        struct zl_msg_alert alert = {.kind = kind,
                                     .account = account,
                                     .instrument = pool->id.instrument,
                                     .ratio = ratio_ppb ? zl_saturate_i64(*ratio_ppb) : 0};

        zl_pool_id_format(pool->id, alert.pool);
        if (pool->id.cross)
                forget(&alert, ZL_AT_alert_instrument);
        if (!ratio_ppb)
                forget(&alert, ZL_AT_alert_ratio);
        set_text(&alert, text);
        zl_say_alert(engine, account, &alert);
}

void zl_alert_account(struct zl_engine *engine, uint64_t account, enum zl_alert_kind kind,
                      const char *text)
{
        struct zl_msg_alert alert = {.kind = kind, .account = account};

        forget(&alert, ZL_AT_alert_pool);
        forget(&alert, ZL_AT_alert_instrument);
        forget(&alert, ZL_AT_alert_ratio);
        set_text(&alert, text);
        zl_say_alert(engine, account, &alert);
}

void zl_alert_all(struct zl_engine *engine, enum zl_alert_kind kind, const uint32_t *instrument,
                  const char *text)
{
        struct zl_msg_alert alert = {.kind = kind, .instrument = instrument ? *instrument : 0};

        if (!zl_state_owns(engine, engine->config.home))
                return;
        forget(&alert, ZL_AT_alert_account);
        forget(&alert, ZL_AT_alert_pool);
        forget(&alert, ZL_AT_alert_ratio);
        if (!instrument)
                forget(&alert, ZL_AT_alert_instrument);
        set_text(&alert, text);
        say_alert(engine, 0, engine->config.home, &alert);
}

void zl_alert_partition(struct zl_engine *engine, uint32_t partition, uint64_t rank,
                        enum zl_alert_kind kind, const char *text)
{
        struct zl_msg_alert alert = {.kind = kind};

        forget(&alert, ZL_AT_alert_account);
        forget(&alert, ZL_AT_alert_pool);
        forget(&alert, ZL_AT_alert_instrument);
        forget(&alert, ZL_AT_alert_ratio);
        set_text(&alert, text);
        say_alert(engine, rank, partition, &alert);
}

void zl_alert_fund(struct zl_engine *engine, uint32_t fund, enum zl_alert_kind kind,
                   const char *words)
{
        char buffer[200];
        struct zl_text text = zl_text_over(buffer, sizeof buffer);

        zl_text_put(&text, "fund ");
        zl_text_u64(&text, fund);
        zl_text_put(&text, ": ");
        zl_text_put(&text, words);
        zl_alert_partition(engine, zl_partition(fund, engine->partitions), 0, kind, buffer);
}

void zl_alert_refusal(struct zl_engine *engine, const uint32_t *instrument, zl_refusal refusal)
{
        engine->counters.refused++;
        zl_alert_all(engine, ZL_ALERT_KIND_REFUSED, instrument, refusal);
}
