#include "ladder.h"

#include <inttypes.h>
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
        twin->policies[twin->policies_count++] = message->policy;
        free(message);
        money_init(&twin->money);
        return twin;
}

void twin_destroy(struct twin *twin)
{
        money_fini(&twin->money);
        free(twin);
}

static bool take_frame(struct twin *twin, const struct zl_header *header)
{
        struct stream *stream = NULL;

        for (uint32_t i = 0; i < twin->streams_count; i++) {
                struct stream *one = &twin->streams[i];
                if (one->topic.kind == header->topic.kind && one->topic.id == header->topic.id &&
                    one->src == header->src)
                        stream = one;
        }
        if (!stream) {
                if (twin->streams_count == TWIN_STREAMS)
                        abort();
                stream = &twin->streams[twin->streams_count++];
                *stream =
                    (struct stream){header->topic, header->src, header->epoch, header->seq, false};
                return true;
        }
        if (header->epoch < stream->epoch) {
                if (!stream->old_said)
                        twin_alert_all(twin, ZL_ALERT_KIND_EPOCH, NULL);
                stream->old_said = true;
                return false;
        }
        if (header->epoch == stream->epoch && header->seq <= stream->seq)
                return false;
        /* A hole in prices or answers repairs itself; one in what accounts hold does not. */
        if (header->epoch == stream->epoch && header->seq != stream->seq + 1 &&
            (header->topic.kind == ZL_TOPIC_ACCT || header->topic.kind == ZL_TOPIC_CTRL))
                twin_alert_all(twin, ZL_ALERT_KIND_GAP, NULL);
        stream->epoch = header->epoch;
        stream->seq = header->seq;
        stream->old_said = false;
        return true;
}

static void take_asset(struct twin *twin, const struct zl_msg_asset *said)
{
        struct asset *asset = twin_need_asset(twin, said->asset);

        asset->defined = true;
        asset->said = *said;
        if (!said->numeraire)
                return;
        asset->has_rate = true;
        asset->rate = 1;
        for (uint32_t i = 0; i < said->rate_scale; i++)
                asset->rate *= 10;
}

static void take_rate(struct twin *twin, const struct zl_msg_rate *said)
{
        struct asset *asset = twin_need_asset(twin, said->asset);

        if (asset->defined && asset->said.numeraire)
                return;
        if (said->price <= 0) {
                twin_alert_all(twin, ZL_ALERT_KIND_REFUSED, NULL);
                return;
        }
        asset->has_rate = true;
        asset->rate = said->price;
}

static void take_policy(struct twin *twin, const struct zl_msg_policy *said)
{
        struct zl_msg_policy *policy = twin_find_policy(twin, said->policy);

        if (!policy) {
                if (twin->policies_count == TWIN_POLICIES)
                        abort();
                policy = &twin->policies[twin->policies_count++];
        }
        *policy = *said;
        if (said->jump_ppm || said->orders_per_s || said->cure_ms ||
            said->slice_notional)
                twin_alert_all(twin, ZL_ALERT_KIND_UNSUPPORTED, NULL);
}

static void take_instrument(struct twin *twin, const struct zl_msg_instrument *said)
{
        struct instrument *instrument = twin_need_instrument(twin, said->instrument);

        instrument->defined = true;
        instrument->said = *said;
        if (instrument->mark < said->min_price || instrument->mark > said->max_price)
                instrument->has_mark = false;
}

static void take_mark(struct twin *twin, const struct zl_msg_mark *said,
                      const struct zl_header *header)
{
        struct instrument *instrument = twin_need_instrument(twin, said->instrument);
        int64_t least = 1, most = (int64_t)1 << 44;

        if (instrument->defined) {
                least = instrument->said.min_price;
                most = instrument->said.max_price;
        }
        if (said->price < least || said->price > most) {
                if (!instrument->refusing)
                        twin_alert_all(twin, ZL_ALERT_KIND_REFUSED, &said->instrument);
                instrument->refusing = true;
                return;
        }
        instrument->refusing = false;
        instrument->has_mark = true;
        instrument->mark = said->price;
        instrument->funding = said->funding;
        for (uint32_t i = 0; !instrument->has_funding && i < twin->pools_count; i++) {
                struct pool *pool = &twin->pools[i];
                if (pool->instrument == said->instrument && !pool->position.funding_known) {
                        pool->position.funding = said->funding;
                        pool->position.funding_known = true;
                }
        }
        instrument->has_funding = true;
        instrument->mark_seq = header->seq;
        instrument->mark_ns = twin->now_ns < header->ts_ns ? twin->now_ns : header->ts_ns;
}

/* Why a row cannot be believed. */
static bool is_bad(const struct zl_row_position *row)
{
        bool has_cost = !ZL_ABSENT(row, position, cost);

        if ((row->leg == ZL_LEG_LONG && row->qty < 0) || (row->leg == ZL_LEG_SHORT && row->qty > 0))
                return true;
        if (row->mode == ZL_MODE_CROSS || row->qty == 0)
                return false;
        if (ZL_ABSENT(row, position, margin) || (!has_cost && ZL_ABSENT(row, position, entry)))
                return true;
        return has_cost ? row->cost <= 0 : row->entry <= 0;
}

static void suspend(struct twin *twin, struct account *account)
{
        if (!account->suspended)
                twin_alert_account(twin, account->id, ZL_ALERT_KIND_SUSPENDED);
        account->suspended = true;
}

static void take_position(struct twin *twin, struct account *account,
                          const struct zl_row_position *row)
{
        struct pool *pool = twin_find_pool(twin, account->id, row->instrument, row->leg);
        const struct instrument *instrument = twin_find_instrument(twin, row->instrument);
        uint64_t rev = ZL_ABSENT(row, position, rev) ? account->rev : row->rev;

        if (row->qty == 0) {
                if (pool)
                        twin_drop_pool(twin, pool);
                return;
        }
        bool unchanged = pool && rev <= pool->base;
        if (!pool) {
                pool = twin_add_pool(twin, account, row->instrument, row->leg);
                pool->base = rev;
        }
        pool->listed = true;
        const struct twin_position before = pool->position;
        pool->position = (struct twin_position){.qty = row->qty,
                                                .has_cost = !ZL_ABSENT(row, position, cost),
                                                .cost = row->cost,
                                                .entry = row->entry,
                                                .margin = row->margin,
                                                .order_margin = row->order_margin,
                                                .funding = row->funding,
                                                .funding_known = true};
        if (ZL_ABSENT(row, position, funding)) {
                pool->position.funding_known = instrument && instrument->has_funding;
                pool->position.funding = pool->position.funding_known ? instrument->funding : 0;
                if (unchanged) { /* a restatement forgives nothing */
                        pool->position.funding = before.funding;
                        pool->position.funding_known = before.funding_known;
                }
        }
        if (rev <= pool->base)
                return;
        pool->base = rev;
        pool->n = 0;
        pool->stage = IDLE;
        pool->attempts = 0;
}

/* Positions that a full message does not list are gone. */
static void drop_unlisted(struct twin *twin, const struct account *account)
{
        for (uint32_t i = twin->pools_count; i-- > 0;) {
                if (twin->pools[i].account == account && !twin->pools[i].listed)
                        twin_drop_pool(twin, &twin->pools[i]);
        }
}

/* Whether this revision may be applied; a hole suspends. */
static bool follows(struct twin *twin, struct account *account, const struct zl_msg_account *said)
{
        if (said->full)
                return said->rev >= account->rev;
        if (account->suspended || said->rev <= account->rev)
                return false;
        if (said->rev != account->rev + 1) {
                suspend(twin, account);
                return false;
        }
        return true;
}

static void take_account(struct twin *twin, const struct zl_msg_account *said)
{
        struct account *account = twin_find_account(twin, said->account);
        bool cross = false;

        if (said->account >> 53 != 0) {
                twin_alert_account(twin, said->account, ZL_ALERT_KIND_REFUSED);
                return;
        }
        if (!account) {
                if (twin->accounts_count == TWIN_ACCOUNTS)
                        abort();
                account = &twin->accounts[twin->accounts_count++];
                account->id = said->account;
        }
        if (!follows(twin, account, said))
                return;
        for (uint32_t i = 0; i < said->positions_count; i++) {
                if (is_bad(&said->positions[i])) {
                        suspend(twin, account);
                        return;
                }
                cross |= said->positions[i].mode == ZL_MODE_CROSS && said->positions[i].qty != 0;
        }
        account->suspended = false;
        account->rev = said->rev;
        for (uint32_t i = 0; i < twin->pools_count; i++)
                twin->pools[i].listed = false;
        for (uint32_t i = 0; i < said->positions_count; i++) {
                if (said->positions[i].mode == ZL_MODE_ISOLATED)
                        take_position(twin, account, &said->positions[i]);
        }
        if (said->full)
                drop_unlisted(twin, account);
        if (cross && !account->cross_said) {
                twin_alert_account(twin, account->id, ZL_ALERT_KIND_UNSUPPORTED);
                account->cross_said = true;
        }
}

/* "42/7L/17/0" or "42/7L/17/0/0"; false for anything else. */
static struct pool *find_asked(struct twin *twin, const char *order, uint64_t *ret_base,
                               uint32_t *ret_n)
{
        uint64_t account;
        uint32_t instrument;
        char leg[2] = "", slash;
        int used = 0;

        if (sscanf(order, "%" SCNu64 "/%" SCNu32 "%1[LS]%c%n", &account, &instrument, leg, &slash,
                   &used) != 4 &&
            sscanf(order, "%" SCNu64 "/%" SCNu32 "%c%n", &account, &instrument, &slash, &used) != 3)
                return NULL;
        if (sscanf(order + used, "%" SCNu64 "/%" SCNu32, ret_base, ret_n) != 2)
                return NULL;
        enum zl_leg side = leg[0] == 'L' ? ZL_LEG_LONG : leg[0] == 'S' ? ZL_LEG_SHORT : ZL_LEG_NET;
        return twin_find_pool(twin, account, instrument, side);
}

static void take_final(struct twin *twin, struct pool *pool, const struct zl_msg_exec *said)
{
        if (said->filled > 0) {
                pool->stage = DONE;
                return;
        }
        pool->n++;
        pool->stage = SHORT;
        pool->attempts = 0;
        pool->due_ns = twin->now_ns;
}

static void take_exec(struct twin *twin, const struct zl_msg_exec *said)
{
        uint64_t base;
        uint32_t n;
        struct pool *pool = find_asked(twin, said->order, &base, &n);

        if (!pool || base != pool->base || n != pool->n || pool->stage == DONE ||
            n > 0 || !twin_policy_of(twin, pool))
                return;
        if (said->status == ZL_EXEC_STATUS_STALE && said->rev > pool->base) {
                pool->stage = DONE;
        } else if (said->status == ZL_EXEC_STATUS_STALE || said->status == ZL_EXEC_STATUS_BUSY) {
                pool->stage = ASKED;
                twin_wait(twin, pool);
        } else if (said->status == ZL_EXEC_STATUS_LATE) {
                pool->stage = ASKED;
                pool->due_ns = twin->now_ns;
        } else if (said->final && said->status != ZL_EXEC_STATUS_ACCEPTED &&
                   said->status != ZL_EXEC_STATUS_TAKEN) {
                take_final(twin, pool, said);
        } else {
                pool->stage = HELD;
                pool->attempts = 0;
                twin_wait(twin, pool);
        }
}

static void take_message(struct twin *twin, const struct zl_header *header,
                         const struct zl_message *message)
{
        switch (message->type) {
        case ZL_TYPE_CLUSTER:
                twin->partitions = message->cluster.partitions;
                break;
        case ZL_TYPE_ASSET:
                take_asset(twin, &message->asset);
                break;
        case ZL_TYPE_RATE:
                take_rate(twin, &message->rate);
                break;
        case ZL_TYPE_INSTRUMENT:
                take_instrument(twin, &message->instrument);
                break;
        case ZL_TYPE_MARK:
                take_mark(twin, &message->mark, header);
                break;
        case ZL_TYPE_POLICY:
                take_policy(twin, &message->policy);
                break;
        case ZL_TYPE_ACCOUNT:
                take_account(twin, &message->account);
                break;
        case ZL_TYPE_EXEC:
                take_exec(twin, &message->exec);
                break;
        case ZL_TYPE_CLOCK:
                if (header->ts_ns > twin->now_ns)
                        twin->now_ns = header->ts_ns;
                break;
        default:
                break;
        }
}

const struct twin_output *twin_step(struct twin *twin, const struct zl_header *header,
                                    uint32_t place, const struct zl_message *message,
                                    uint32_t *ret_count)
{
        twin->outputs_count = 0;
        if (place == 0)
                twin->taken = take_frame(twin, header);
        if (twin->taken) {
                take_message(twin, header, message);
                for (uint32_t i = 0; i < twin->pools_count; i++)
                        twin_look_at(twin, &twin->pools[i]);
        }
        *ret_count = twin->outputs_count;
        return twin->outputs;
}
