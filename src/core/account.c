#include "core/account.h"

#include "core/ladder.h"
#include "core/outbox.h"

#define ACCOUNT_ID_MAX (((uint64_t)1 << 53) - 1)

static struct zl_pool_id pool_of(const struct zl_row_position *row)
{
        return (struct zl_pool_id){.instrument = row->instrument, .leg = row->leg};
}

static zl_refusal check_position(const struct zl_row_position *row)
{
        if ((row->leg == ZL_LEG_LONG && row->qty < 0) || (row->leg == ZL_LEG_SHORT && row->qty > 0))
                return "a leg L has a quantity of 0 or more, a leg S of 0 or less";
        if (row->qty == 0 || row->mode == ZL_MODE_CROSS)
                return NULL;
        if (ZL_ABSENT(row, position, margin))
                return "an isolated position needs its margin";
        if (ZL_ABSENT(row, position, cost) && ZL_ABSENT(row, position, entry))
                return "a position needs its entry or its cost";
        if (!ZL_ABSENT(row, position, cost) ? row->cost <= 0 : row->entry <= 0)
                return "a position's entry or cost is positive";
        return NULL;
}

static uint32_t count_pools(const struct zl_engine *engine, const struct zl_account *account)
{
        uint32_t count = 0;

        for (uint32_t at = account->first_pool; at != ZL_NONE_AT;
             at = engine->pools[at].next_of_account)
                count++;
        return count;
}

static zl_refusal check_rows(const struct zl_engine *engine, const struct zl_account *account,
                             const struct zl_msg_account *said)
{
        uint32_t room = engine->config.positions_max - engine->pools_used;
        uint32_t row = (uint32_t)(account - engine->accounts), added = 0;

        if (said->full) /* what it does not list makes room, what it lists is counted below */
                room += count_pools(engine, account);

        for (uint32_t i = 0; i < said->positions_count; i++) {
                const struct zl_row_position *position = &said->positions[i];
                zl_refusal refusal = check_position(position);
                if (refusal)
                        return refusal;
                if (position->mode == ZL_MODE_ISOLATED && position->qty != 0)
                        added += said->full || zl_state_find_pool(engine, row, pool_of(position)) ==
                                                       ZL_NONE_AT;
        }
        return added > room ? "no room for more positions: raise positions_max" : NULL;
}

/* Every instrument named gets a row, so that what is said of it later is found. */
static zl_refusal check_instruments(struct zl_engine *engine, const struct zl_msg_account *said)
{
        for (uint32_t i = 0; i < said->positions_count; i++) {
                if (said->positions[i].mode == ZL_MODE_ISOLATED &&
                    zl_state_instrument(engine, said->positions[i].instrument) == ZL_NONE_AT)
                        return "no room for more instruments: raise instruments_max";
        }
        return NULL;
}

/* Left out, the index paid up to is the one current when the position changed: a restatement under
 * the same base forgives nothing. */
static void set_funding(struct zl_holding *holding, const struct zl_row_position *row,
                        const struct zl_holding *before, const struct zl_instrument *instrument)
{
        if (!ZL_ABSENT(row, position, funding)) {
                holding->funding = row->funding;
                holding->funding_known = true;
        } else if (before) {
                holding->funding = before->funding;
                holding->funding_known = before->funding_known;
        } else {
                holding->funding = instrument->funding;
                holding->funding_known = instrument->has_funding;
        }
}

static void apply_position(struct zl_engine *engine, uint32_t account,
                           const struct zl_msg_account *said, const struct zl_row_position *row)
{
        uint32_t instrument = zl_state_instrument(engine, row->instrument);
        uint32_t at = zl_state_find_pool(engine, account, pool_of(row));
        uint64_t base = ZL_ABSENT(row, position, rev) ? said->rev : row->rev;

        if (row->qty == 0) {
                if (at != ZL_NONE_AT)
                        zl_state_drop_pool(engine, at);
                return;
        }
        bool changed = at == ZL_NONE_AT || base > engine->pools[at].base;
        if (at == ZL_NONE_AT) {
                at = zl_state_add_pool(engine, account, instrument, pool_of(row));
                engine->pools[at].base = base;
        }
        struct zl_pool *pool = &engine->pools[at];
        const struct zl_holding before = pool->holding;
        pool->holding = (struct zl_holding){
                .qty = row->qty,
                .entry = row->entry,
                .cost = row->cost,
                .has_cost = !ZL_ABSENT(row, position, cost),
                .margin = row->margin,
                .order_margin = row->order_margin,
        };
        set_funding(&pool->holding, row, changed ? NULL : &before,
                    &engine->instruments[instrument]);
        if (base > pool->base)
                zl_ladder_restart(engine, at, base);
        zl_queue_pool(engine, at);
}

/* A full message replaces everything: what it does not list goes, and makes room for what it does.
 */
static void drop_unlisted(struct zl_engine *engine, uint32_t account,
                          const struct zl_msg_account *said)
{
        uint32_t at = engine->accounts[account].first_pool;

        engine->stamp++;
        for (uint32_t i = 0; i < said->positions_count; i++) {
                if (said->positions[i].mode != ZL_MODE_ISOLATED)
                        continue;
                uint32_t listed = zl_state_find_pool(engine, account, pool_of(&said->positions[i]));
                if (listed != ZL_NONE_AT)
                        engine->pools[listed].stamp = engine->stamp;
        }
        while (at != ZL_NONE_AT) {
                uint32_t next = engine->pools[at].next_of_account;
                if (engine->pools[at].stamp != engine->stamp)
                        zl_state_drop_pool(engine, at);
                at = next;
        }
}

static void mention_cross(struct zl_engine *engine, struct zl_account *account,
                          const struct zl_msg_account *said)
{
        for (uint32_t i = 0; i < said->positions_count && !account->cross_said; i++) {
                if (said->positions[i].mode != ZL_MODE_CROSS || said->positions[i].qty == 0)
                        continue;
                account->cross_said = true;
                zl_alert_account(engine, account->id, ZL_ALERT_KIND_UNSUPPORTED,
                                 "cross positions are not watched yet");
        }
}

static void suspend(struct zl_engine *engine, uint32_t row, const char *why)
{
        struct zl_account *account = &engine->accounts[row];

        engine->counters.refused++;
        if (account->suspended)
                return;
        account->suspended = true;
        zl_alert_account(engine, account->id, ZL_ALERT_KIND_SUSPENDED, why);
        for (uint32_t at = account->first_pool; at != ZL_NONE_AT;
             at = engine->pools[at].next_of_account)
                zl_queue_pool(engine, at);
}

/* Old news change nothing; a hole in the revisions suspends. False: go no further. */
static bool in_order(struct zl_engine *engine, uint32_t row, const struct zl_msg_account *said)
{
        struct zl_account *account = &engine->accounts[row];

        if (said->full ? said->rev < account->rev : said->rev <= account->rev) {
                engine->counters.refused++;
                return false;
        }
        if (said->full)
                return true;
        if (account->suspended) {
                engine->counters.refused++;
                return false;
        }
        if (said->rev != account->rev + 1) {
                suspend(engine, row, "a revision was missed: waits for a full message");
                return false;
        }
        return true;
}

void zl_account_apply(struct zl_engine *engine, const struct zl_msg_account *said)
{
        if (!zl_state_owns(engine, zl_partition(said->account, engine->partitions))) {
                engine->counters.foreign++;
                return;
        }
        if (said->account > ACCOUNT_ID_MAX) {
                engine->counters.refused++;
                zl_alert_account(engine, said->account, ZL_ALERT_KIND_REFUSED,
                                 "an account's number is at most 2^53 - 1");
                return;
        }
        uint32_t row = zl_state_account(engine, said->account);
        if (row == ZL_NONE_AT) {
                engine->counters.refused++;
                zl_alert_account(engine, said->account, ZL_ALERT_KIND_CAPACITY,
                                 "no room for more accounts: raise accounts_max");
                return;
        }
        if (!in_order(engine, row, said))
                return;
        struct zl_account *account = &engine->accounts[row];
        zl_refusal refusal = check_rows(engine, account, said);
        if (!refusal)
                refusal = check_instruments(engine, said);
        if (refusal) {
                suspend(engine, row, refusal);
                return;
        }
        account->rev = said->rev;
        account->suspended = false;
        if (said->full)
                drop_unlisted(engine, row, said);
        for (uint32_t i = 0; i < said->positions_count; i++) {
                if (said->positions[i].mode == ZL_MODE_ISOLATED)
                        apply_position(engine, row, said, &said->positions[i]);
        }
        mention_cross(engine, account, said);
}
