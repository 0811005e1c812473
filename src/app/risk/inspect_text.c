/* inspect_text.c - what inspect.h tells, for a person. */
#include "app/risk/inspect.h"
#include "app/point.h"
#include "app/risk/report_print.h"
#include "app/risk/waits.h"

#include <stdio.h>

enum { NUMBER_SIZE = 64 };

static const char *number(zl_i128 value, uint32_t scale, char text[NUMBER_SIZE])
{
        struct zl_text over = zl_text_over(text, NUMBER_SIZE);

        zl_text_decimal(&over, value, scale);
        return text;
}

/* Its control characters would be the terminal's. */
static const char *plain(const char symbol[ZL_SYMBOL_SIZE], char text[ZL_SYMBOL_SIZE])
{
        uint32_t i = 0;

        for (; symbol[i]; i++)
                text[i] = (unsigned char)symbol[i] < 0x20 || symbol[i] == 0x7f ? '?' : symbol[i];
        text[i] = 0;
        return text;
}

static void print_head(const struct zl_inspect *inspect)
{
        char time[ZL_TIME_TEXT_SIZE];

        if (inspect->has_record)
                printf("behind record %llu", (unsigned long long)inspect->record);
        else
                printf("before any record");
        if (inspect->engine->now_ns)
                printf(", %s", zl_time_format(inspect->engine->now_ns, time));
        printf(", %llu messages", (unsigned long long)inspect->messages);
        if (inspect->missing)
                printf("; FRAMES ARE MISSING");
        printf("\n\n");
}

/* ---- accounts ---- */

static void print_positions(const struct zl_engine *engine, uint32_t pool)
{
        static const char *const legs[] = {"", " long leg", " short leg"};
        char qty[NUMBER_SIZE], entry[NUMBER_SIZE], margin[NUMBER_SIZE], name[ZL_POOL_TEXT_SIZE];
        char symbol[ZL_SYMBOL_SIZE];

        zl_pool_id_format(engine->pools[pool].id, name);
        for (uint32_t at = engine->pools[pool].first_position; at != ZL_NONE_AT;
             at = engine->positions[at].next_of_pool) {
                const struct zl_position *position = &engine->positions[at];
                const struct zl_instrument *one = &engine->instruments[position->instrument];
                bool known = one->usable;
                printf("  position in pool %s: %s of %u %s%s, entry %s", name,
                       number(position->holding.qty, known ? one->qty_scale : 0, qty), one->id,
                       plain(one->symbol, symbol), legs[position->leg],
                       number(position->holding.entry, known ? one->price_scale : 0, entry));
                if (!engine->pools[pool].id.cross)
                        printf(", margin %s",
                               number(position->holding.margin, known ? one->settle_scale : 0,
                                      margin));
                printf(", changed by revision %llu\n", (unsigned long long)position->rev);
        }
}

/* Only the one that is asked for: of all there would be too many. */
static void print_account(const struct zl_inspect *inspect, uint32_t row)
{
        const struct zl_engine *engine = inspect->engine;
        const struct zl_account *account = &engine->accounts[row];
        char amount[NUMBER_SIZE], margin[NUMBER_SIZE], symbol[ZL_SYMBOL_SIZE];

        if (!inspect->has_account)
                return;
        printf("account %llu: revision %llu, policy %u, partition %u%s\n",
               (unsigned long long)account->id, (unsigned long long)account->rev, account->policy,
               zl_partition(account->id, engine->partitions),
               account->suspended ? ", SUSPENDED until it is stated in full" : "");
        for (uint32_t at = account->first_balance; at != ZL_NONE_AT;
             at = engine->balances[at].next_of_account) {
                const struct zl_balance *balance = &engine->balances[at];
                const struct zl_asset *asset = &engine->assets[balance->asset];
                uint32_t scale = asset->defined ? asset->scale : 0;
                printf("  balance of %u %s: %s, orders hold %s\n", asset->id,
                       plain(asset->symbol, symbol), number(balance->amount, scale, amount),
                       number(balance->order_margin, scale, margin));
        }
        for (uint32_t pool = account->first_pool; pool != ZL_NONE_AT;
             pool = engine->pools[pool].next_of_account)
                print_positions(engine, pool);
        printf("\n");
}

/* ---- pools ---- */

static bool print_pools(const struct zl_inspect *inspect, const uint32_t *pools, uint32_t count,
                        uint32_t all)
{
        bool good = zl_report_print_table(inspect->engine, inspect->scales, pools, count);

        if (count < all)
                printf("the nearest to their line; %u more are farther (--top N shows more)\n",
                       all - count);
        return good;
}

static void print_wait(const struct zl_wait *wait)
{
        char key[ZL_KEY_TEXT_SIZE], time[ZL_TIME_TEXT_SIZE];

        zl_key_format(&wait->key, key);
        printf("  %s %s", key, wait->phase);
        if (wait->rung)
                printf(" (%s)", wait->rung);
        if (wait->orders)
                printf(", %u orders, %u of them done", wait->orders, wait->orders_done);
        printf(": waits for %s", wait->why);
        if (wait->instrument)
                printf(" of %u", wait->instrument);
        if (wait->rev)
                printf(", revision %llu", (unsigned long long)wait->rev);
        if (wait->until_ns)
                printf(", until %s", zl_time_format(wait->until_ns, time));
        printf("\n");
}

static void print_waits(const struct zl_inspect *inspect, const uint32_t *pools, uint32_t count)
{
        uint64_t most = inspect->top ? inspect->top : UINT64_MAX, shown = 0, more = 0;
        struct zl_wait wait;

        for (uint32_t i = 0; i < count; i++) {
                if (!zl_wait_of(inspect->engine, pools[i], &wait))
                        continue;
                if (shown == most) {
                        more++;
                        continue;
                }
                if (shown++ == 0)
                        printf("\ndecisions\n");
                print_wait(&wait);
        }
        if (more)
                printf("  and %llu more\n", (unsigned long long)more);
}

/* ---- what all share ---- */

static void print_fund(const struct zl_inspect *inspect, const struct zl_fund *fund)
{
        const struct zl_engine *engine = inspect->engine;
        char balance[NUMBER_SIZE], peak[NUMBER_SIZE], symbol[ZL_SYMBOL_SIZE] = "";
        uint32_t row, scale = 0;

        if (zl_map_get(&engine->assets_by_id, fund->asset, &row) && engine->assets[row].defined) {
                scale = engine->assets[row].scale;
                plain(engine->assets[row].symbol, symbol);
        }
        printf("\nfund %u: %s %s, peak %s, revision %llu%s%s%s\n", fund->id,
               number(fund->balance, scale, balance), symbol, number(fund->peak, scale, peak),
               (unsigned long long)fund->rev, fund->waiting ? ", deficits wait" : "",
               fund->planned ? ", a plan is out" : "",
               fund->stopped ? ", STOPPED: a plan did not add up" : "");
}

static void print_quarantine(const struct zl_inspect *inspect,
                             const struct zl_instrument *instrument)
{
        const struct zl_policy *policy =
                zl_state_find_policy(inspect->engine, instrument->policy);
        char mark[NUMBER_SIZE], jumped[NUMBER_SIZE], symbol[ZL_SYMBOL_SIZE];

        printf("\nmark of %u %s held back: it stands at %s and jumped to %s, %u of %u confirm it\n",
               instrument->id, plain(instrument->symbol, symbol),
               number(instrument->mark, instrument->price_scale, mark),
               number(instrument->quarantine.first, instrument->price_scale, jumped),
               instrument->quarantine.confirmed, policy ? policy->jump_confirm : 0);
}

static void print_hole(const struct zl_inspect *inspect, const struct zl_stream *stream)
{
        char topic[ZL_TOPIC_SIZE + 1];

        (void)inspect;
        zl_topic_format(stream->topic, topic);
        printf("\nhole in %s of source %u, behind epoch %llu, seq %llu: what depends on it waits\n",
               topic, stream->src, (unsigned long long)stream->epoch,
               (unsigned long long)stream->seq);
}

static void print_suspended(const struct zl_inspect *inspect, uint32_t row)
{
        if (!inspect->has_account)
                printf("suspended: account %llu\n",
                       (unsigned long long)inspect->engine->accounts[row].id);
}

const struct zl_inspect_form zl_inspect_text = {
        .head = print_head,
        .account = print_account,
        .pools = print_pools,
        .waits = print_waits,
        .fund = print_fund,
        .quarantine = print_quarantine,
        .hole = print_hole,
        .suspended = print_suspended,
};
