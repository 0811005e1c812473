/* inspect_json.c - what inspect.h tells, as JSON lines. */
#include "app/fields.h"
#include "app/risk/inspect.h"
#include "app/point.h"
#include "app/risk/report_print.h"
#include "app/risk/waits.h"

#include <stdio.h>

enum { LINE_SIZE = 1 << 18 };

/* {"what":"fund", */
static struct zl_text begin(const char *what)
{
        static char line[LINE_SIZE];
        struct zl_text text = zl_text_over(line, sizeof line);

        zl_text_char(&text, '{');
        zl_field_word(&text, "what", what);
        return text;
}

static void end(struct zl_text *text)
{
        zl_end(text, '}');
        puts(text->data);
}

static void time_field(struct zl_text *text, const char *key, uint64_t ns)
{
        char time[ZL_TIME_TEXT_SIZE];

        zl_field_word(text, key, ns ? zl_time_format(ns, time) : NULL);
}

static void print_head(const struct zl_inspect *inspect)
{
        struct zl_text text = begin("point");

        if (inspect->has_record)
                zl_field_u64(&text, "record", inspect->record);
        else
                zl_field_word(&text, "record", NULL);
        time_field(&text, "time", inspect->engine->now_ns);
        zl_field_u64(&text, "time_ns", inspect->engine->now_ns);
        zl_field_u64(&text, "messages", inspect->messages);
        if (inspect->from_state)
                zl_field_u64(&text, "state", inspect->state);
        else
                zl_field_word(&text, "state", NULL);
        zl_field_bool(&text, "missing", inspect->missing);
        end(&text);
}

/* ---- accounts ---- */

static void put_balances(const struct zl_engine *engine, const struct zl_account *account,
                         struct zl_text *text)
{
        zl_begin(text, "balances", '[');
        for (uint32_t at = account->first_balance; at != ZL_NONE_AT;
             at = engine->balances[at].next_of_account) {
                const struct zl_balance *balance = &engine->balances[at];
                const struct zl_asset *asset = &engine->assets[balance->asset];
                uint32_t scale = asset->defined ? asset->scale : 0;
                zl_begin(text, NULL, '{');
                zl_field_u64(text, "asset", asset->id);
                zl_field_decimal(text, "amount", balance->amount, scale);
                zl_field_decimal(text, "order_margin", balance->order_margin, scale);
                zl_end(text, '}');
        }
        zl_end(text, ']');
}

static void put_position(const struct zl_engine *engine, const struct zl_position *position,
                         struct zl_text *text)
{
        static const char *const legs[] = {NULL, "L", "S"};
        const struct zl_instrument *instrument = &engine->instruments[position->instrument];
        const struct zl_holding *holding = &position->holding;
        char pool[ZL_POOL_TEXT_SIZE];
        bool known = instrument->usable;
        uint32_t settle = known ? instrument->settle_scale : 0;

        zl_pool_id_format(engine->pools[position->pool].id, pool);
        zl_begin(text, NULL, '{');
        zl_field_word(text, "pool", pool);
        zl_field_u64(text, "instrument", instrument->id);
        zl_field_word(text, "leg", legs[position->leg]);
        zl_field_u64(text, "rev", position->rev);
        zl_field_decimal(text, "qty", holding->qty, known ? instrument->qty_scale : 0);
        zl_field_decimal(text, "entry", holding->entry, known ? instrument->price_scale : 0);
        zl_field_maybe(text, "cost", holding->has_cost, holding->cost, settle);
        zl_field_decimal(text, "margin", holding->margin, settle);
        zl_field_decimal(text, "order_margin", holding->order_margin, settle);
        zl_field_maybe(text, "mark", instrument->has_mark, instrument->mark,
                       instrument->price_scale);
        zl_end(text, '}');
}

static void put_positions(const struct zl_engine *engine, const struct zl_account *account,
                          struct zl_text *text)
{
        zl_begin(text, "positions", '[');
        for (uint32_t pool = account->first_pool; pool != ZL_NONE_AT;
             pool = engine->pools[pool].next_of_account) {
                for (uint32_t at = engine->pools[pool].first_position; at != ZL_NONE_AT;
                     at = engine->positions[at].next_of_pool) {
                        put_position(engine, &engine->positions[at], text);
                }
        }
        zl_end(text, ']');
}

static void print_account(const struct zl_inspect *inspect, uint32_t row)
{
        const struct zl_engine *engine = inspect->engine;
        const struct zl_account *account = &engine->accounts[row];
        struct zl_text text = begin("account");

        zl_field_u64(&text, "account", account->id);
        zl_field_u64(&text, "partition", zl_partition(account->id, engine->partitions));
        zl_field_u64(&text, "rev", account->rev);
        zl_field_u64(&text, "policy", account->policy);
        zl_field_bool(&text, "suspended", account->suspended);
        put_balances(engine, account, &text);
        put_positions(engine, account, &text);
        end(&text);
}

/* ---- pools ---- */

static bool print_pools(const struct zl_inspect *inspect, const uint32_t *pools, uint32_t count,
                        uint32_t all)
{
        (void)all;
        return zl_report_print_json(inspect->engine, pools, count);
}

static void print_wait(const struct zl_wait *wait)
{
        struct zl_text text = begin("decision");
        char key[ZL_KEY_TEXT_SIZE];

        zl_key_format(&wait->key, key);
        zl_field_word(&text, "key", key);
        zl_field_word(&text, "phase", wait->phase);
        zl_field_word(&text, "step", wait->rung);
        zl_field_u64(&text, "orders", wait->orders);
        zl_field_u64(&text, "orders_done", wait->orders_done);
        zl_field_word(&text, "waits_for", wait->why);
        if (wait->instrument)
                zl_field_u64(&text, "instrument", wait->instrument);
        if (wait->rev)
                zl_field_u64(&text, "rev", wait->rev);
        time_field(&text, "until", wait->until_ns);
        end(&text);
}

static void print_waits(const struct zl_inspect *inspect, const uint32_t *pools, uint32_t count)
{
        struct zl_wait wait;

        for (uint32_t i = 0; i < count; i++) {
                if (zl_wait_of(inspect->engine, pools[i], &wait))
                        print_wait(&wait);
        }
}

/* ---- what all share ---- */

static void print_fund(const struct zl_inspect *inspect, const struct zl_fund *fund)
{
        const struct zl_engine *engine = inspect->engine;
        struct zl_text text = begin("fund");
        uint32_t row, scale = 0;

        if (zl_map_get(&engine->assets_by_id, fund->asset, &row) && engine->assets[row].defined)
                scale = engine->assets[row].scale;
        zl_field_u64(&text, "fund", fund->id);
        zl_field_u64(&text, "asset", fund->asset);
        zl_field_decimal(&text, "balance", fund->balance, scale);
        zl_field_decimal(&text, "peak", fund->peak, scale);
        zl_field_u64(&text, "rev", fund->rev);
        zl_field_u64(&text, "round", fund->round);
        zl_field_bool(&text, "waiting", fund->waiting);
        zl_field_bool(&text, "planned", fund->planned);
        zl_field_bool(&text, "stopped", fund->stopped);
        end(&text);
}

static void print_quarantine(const struct zl_inspect *inspect,
                             const struct zl_instrument *instrument)
{
        const struct zl_policy *policy =
                zl_state_find_policy(inspect->engine, instrument->policy);
        struct zl_text text = begin("quarantine");

        zl_field_u64(&text, "instrument", instrument->id);
        zl_field_maybe(&text, "mark", instrument->has_mark, instrument->mark,
                       instrument->price_scale);
        zl_field_decimal(&text, "jumped_to", instrument->quarantine.first,
                         instrument->price_scale);
        zl_field_u64(&text, "confirmed", instrument->quarantine.confirmed);
        zl_field_u64(&text, "needs", policy ? policy->jump_confirm : 0);
        end(&text);
}

static void print_hole(const struct zl_inspect *inspect, const struct zl_stream *stream)
{
        struct zl_text text = begin("hole");
        char topic[ZL_TOPIC_SIZE + 1];

        (void)inspect;
        zl_topic_format(stream->topic, topic);
        zl_field_word(&text, "topic", topic);
        zl_field_u64(&text, "src", stream->src);
        zl_field_u64(&text, "epoch", stream->epoch);
        zl_field_u64(&text, "seq", stream->seq);
        end(&text);
}

static void print_suspended(const struct zl_inspect *inspect, uint32_t row)
{
        const struct zl_account *account = &inspect->engine->accounts[row];
        struct zl_text text = begin("suspended");

        zl_field_u64(&text, "account", account->id);
        zl_field_u64(&text, "partition", zl_partition(account->id, inspect->engine->partitions));
        end(&text);
}

const struct zl_inspect_form zl_inspect_json = {
        .head = print_head,
        .account = print_account,
        .pools = print_pools,
        .waits = print_waits,
        .fund = print_fund,
        .quarantine = print_quarantine,
        .hole = print_hole,
        .suspended = print_suspended,
};
