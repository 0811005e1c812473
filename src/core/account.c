#include "core/account.h"

#include "core/bands.h"
#include "core/ladder.h"
#include "core/outbox.h"

#define ACCOUNT_ID_MAX (((uint64_t)1 << 53) - 1)

static const struct zl_pool_id cross_pool = {.cross = true};

static struct zl_pool_id pool_id_of(const struct zl_row_position *row)
{
        if (row->mode == ZL_MODE_CROSS)
                return cross_pool;
        return (struct zl_pool_id){.instrument = row->instrument, .leg = row->leg};
}

static bool is_empty(const struct zl_row_balance *row)
{
        return row->amount == 0 && row->order_margin == 0;
}

/* ---- what may not be ---- */

static zl_refusal check_position(const struct zl_row_position *row)
{
        if ((row->leg == ZL_LEG_LONG && row->qty < 0) || (row->leg == ZL_LEG_SHORT && row->qty > 0))
                return "a leg L has a quantity of 0 or more, a leg S of 0 or less";
        if (row->qty == 0)
                return NULL;
        if (row->mode == ZL_MODE_ISOLATED && ZL_ABSENT(row, position, margin))
                return "an isolated position needs its margin";
        if (ZL_ABSENT(row, position, cost) && ZL_ABSENT(row, position, entry))
                return "a position needs its entry or its cost";
        if (!ZL_ABSENT(row, position, cost) ? row->cost <= 0 : row->entry <= 0)
                return "a position's entry or cost is positive";
        return NULL;
}

/* What the account would hold; a row listed twice counts twice. */
struct tally {
        uint32_t pools, positions, cross_positions, balances;
};

static struct tally held(const struct zl_engine *engine, const struct zl_account *account)
{
        struct tally tally = {0};

        for (uint32_t at = account->first_pool; at != ZL_NONE_AT;
             at = engine->pools[at].next_of_account) {
                tally.pools++;
                tally.positions += engine->pools[at].positions_count;
                if (engine->pools[at].id.cross)
                        tally.cross_positions = engine->pools[at].positions_count;
        }
        for (uint32_t at = account->first_balance; at != ZL_NONE_AT;
             at = engine->balances[at].next_of_account)
                tally.balances++;
        return tally;
}

static uint32_t find_listed(const struct zl_engine *engine, uint32_t account,
                            const struct zl_row_position *row)
{
        uint32_t pool = zl_state_find_pool(engine, account, pool_id_of(row));

        return pool == ZL_NONE_AT
                       ? ZL_NONE_AT
                       : zl_state_find_position(engine, pool, row->instrument, row->leg);
}

static uint32_t find_balance(const struct zl_engine *engine, uint32_t account, uint32_t asset_id)
{
        uint32_t asset;

        if (!zl_map_get(&engine->assets_by_id, asset_id, &asset))
                return ZL_NONE_AT;
        return zl_state_find_balance(engine, account, asset);
}

/* What the message adds to, or of a full one makes up, what the account holds. */
static struct tally after(const struct zl_engine *engine, uint32_t row,
                          const struct zl_msg_account *said)
{
        struct tally tally = {.pools = 1};

        if (!said->full)
                tally = held(engine, &engine->accounts[row]);
        for (uint32_t i = 0; i < said->positions_count; i++) {
                const struct zl_row_position *position = &said->positions[i];
                bool is_new = said->full || find_listed(engine, row, position) == ZL_NONE_AT;
                if (position->qty == 0) {
                        tally.cross_positions -= !is_new && position->mode == ZL_MODE_CROSS;
                        continue;
                }
                tally.pools += is_new;
                tally.positions += is_new;
                tally.cross_positions += is_new && position->mode == ZL_MODE_CROSS;
        }
        for (uint32_t i = 0; i < said->balances_count; i++) {
                const struct zl_row_balance *balance = &said->balances[i];
                bool is_new = said->full ||
                              find_balance(engine, row, balance->asset) == ZL_NONE_AT;
                tally.balances += is_new && !is_empty(balance);
                tally.balances -= !is_new && is_empty(balance);
        }
        tally.pools += !said->full;
        return tally;
}

static zl_refusal check_room(const struct zl_engine *engine, uint32_t row,
                             const struct zl_msg_account *said)
{
        struct tally now = held(engine, &engine->accounts[row]), then = after(engine, row, said);

        if (then.cross_positions > ZL_PARTS_MAX)
                return "a pool holds at most 128 positions";
        if (then.balances > ZL_STOCKS_MAX)
                return "a pool holds at most 32 assets";
        if (then.positions > zl_state_room(&engine->position_rows) + now.positions ||
            then.pools > zl_state_room(&engine->pool_rows) + now.pools)
                return "no room for more positions: raise positions_max";
        if (then.balances > zl_state_room(&engine->balance_rows) + now.balances)
                return "no room for more balances: raise balances_max";
        return NULL;
}

static zl_refusal check_rows(struct zl_engine *engine, uint32_t row,
                             const struct zl_msg_account *said)
{
        for (uint32_t i = 0; i < said->positions_count; i++) {
                zl_refusal refusal = check_position(&said->positions[i]);
                if (refusal)
                        return refusal;
        }
        for (uint32_t i = 0; i < said->balances_count; i++) {
                if (said->balances[i].order_margin < 0)
                        return "order margin is not negative";
        }
        zl_refusal refusal = check_room(engine, row, said);
        if (refusal)
                return refusal;
        for (uint32_t i = 0; i < said->positions_count; i++) {
                if (zl_state_instrument(engine, said->positions[i].instrument) == ZL_NONE_AT)
                        return "no room for more instruments: raise instruments_max";
        }
        for (uint32_t i = 0; i < said->balances_count; i++) {
                if (zl_state_asset(engine, said->balances[i].asset) == ZL_NONE_AT)
                        return "no room for more assets: raise assets_max";
        }
        return NULL;
}

/* ---- taking it over ---- */

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

/* Adding a row may change which of them a band belongs to. */
static uint32_t need_pool(struct zl_engine *engine, uint32_t account, struct zl_pool_id id,
                          uint64_t base)
{
        uint32_t pool = zl_state_find_pool(engine, account, id);

        if (pool == ZL_NONE_AT) {
                pool = zl_state_add_pool(engine, account, id);
                engine->pools[pool].base = base;
        } else {
                zl_bands_disarm(engine, pool);
        }
        return pool;
}

static void remove_position(struct zl_engine *engine, uint32_t at)
{
        uint32_t pool = engine->positions[at].pool;

        if (!engine->pools[pool].id.cross) {
                zl_state_drop_pool(engine, pool);
                return;
        }
        zl_bands_disarm(engine, pool);
        zl_state_drop_position(engine, at);
}

static void remove_balance(struct zl_engine *engine, uint32_t account, uint32_t at)
{
        zl_bands_disarm(engine, zl_state_find_pool(engine, account, cross_pool));
        zl_state_drop_balance(engine, at);
}

/* Nothing of a pool is left to judge when what it holds is what it held: a restatement. One that is
 * not merely watched is looked at all the same. */
static void touch_pool(struct zl_engine *engine, uint32_t pool, bool changed)
{
        if (changed || engine->pools[pool].phase != ZL_PHASE_WATCHED)
                zl_queue_pool(engine, pool);
}

static bool same_holding(const struct zl_holding *a, const struct zl_holding *b)
{
        return a->qty == b->qty && a->entry == b->entry && a->cost == b->cost &&
               a->has_cost == b->has_cost && a->margin == b->margin &&
               a->order_margin == b->order_margin && a->funding == b->funding &&
               a->funding_known == b->funding_known;
}

/* True: the cross pool holds something else than before. */
static bool apply_position(struct zl_engine *engine, uint32_t account,
                           const struct zl_msg_account *said, const struct zl_row_position *row,
                           bool anew)
{
        bool cross = row->mode == ZL_MODE_CROSS;
        uint32_t instrument = zl_state_instrument(engine, row->instrument);
        uint32_t at = find_listed(engine, account, row);
        uint64_t rev = ZL_ABSENT(row, position, rev) ? said->rev : row->rev;

        if (row->qty == 0) {
                if (at != ZL_NONE_AT)
                        remove_position(engine, at);
                return cross && at != ZL_NONE_AT;
        }
        bool changed = at == ZL_NONE_AT || rev > engine->positions[at].rev;
        anew |= at == ZL_NONE_AT;
        if (at == ZL_NONE_AT) {
                uint32_t pool = need_pool(engine, account, pool_id_of(row),
                                          cross ? said->cross_rev : rev);
                at = zl_state_add_position(engine, pool, instrument, row->leg);
                engine->positions[at].rev = rev;
        }
        struct zl_position *position = &engine->positions[at];
        const struct zl_holding before = position->holding;
        position->holding = (struct zl_holding){
                .qty = row->qty,
                .entry = row->entry,
                .cost = row->cost,
                .has_cost = !ZL_ABSENT(row, position, cost),
                .margin = row->margin,
                .order_margin = row->order_margin,
        };
        set_funding(&position->holding, row, changed ? NULL : &before,
                    &engine->instruments[instrument]);
        if (rev > position->rev)
                position->rev = rev;
        anew |= !same_holding(&before, &position->holding);
        if (!cross && rev > engine->pools[position->pool].base) {
                zl_ladder_restart(engine, position->pool, rev);
                anew = true;
        }
        if (!cross)
                touch_pool(engine, position->pool, anew);
        return cross && anew;
}

/* True: it is another than before. */
static bool apply_balance(struct zl_engine *engine, uint32_t account,
                          const struct zl_msg_account *said, const struct zl_row_balance *row)
{
        uint32_t asset = zl_state_asset(engine, row->asset);
        uint32_t at = zl_state_find_balance(engine, account, asset);
        bool anew = at == ZL_NONE_AT;

        if (is_empty(row)) {
                if (!anew)
                        remove_balance(engine, account, at);
                return !anew;
        }
        if (anew) {
                (void)need_pool(engine, account, cross_pool, said->cross_rev);
                at = zl_state_add_balance(engine, account, asset);
        }
        struct zl_balance *balance = &engine->balances[at];
        anew |= balance->amount != row->amount || balance->order_margin != row->order_margin;
        balance->amount = row->amount;
        balance->order_margin = row->order_margin;
        return anew;
}

/* A full message replaces everything: what it does not list goes, and makes room for what it does.
 * True: some of it was the cross pool's. */
static bool drop_unlisted(struct zl_engine *engine, uint32_t account,
                          const struct zl_msg_account *said)
{
        bool any = false;

        engine->stamp++;
        for (uint32_t i = 0; i < said->positions_count; i++) {
                uint32_t listed = find_listed(engine, account, &said->positions[i]);
                if (listed != ZL_NONE_AT)
                        engine->positions[listed].stamp = engine->stamp;
        }
        for (uint32_t i = 0; i < said->balances_count; i++) {
                uint32_t listed = find_balance(engine, account, said->balances[i].asset);
                if (listed != ZL_NONE_AT)
                        engine->balances[listed].stamp = engine->stamp;
        }
        for (uint32_t pool = engine->accounts[account].first_pool; pool != ZL_NONE_AT;) {
                uint32_t next_pool = engine->pools[pool].next_of_account;
                bool cross = engine->pools[pool].id.cross;
                for (uint32_t at = engine->pools[pool].first_position; at != ZL_NONE_AT;) {
                        uint32_t next = engine->positions[at].next_of_pool;
                        if (engine->positions[at].stamp != engine->stamp) {
                                remove_position(engine, at);
                                any |= cross;
                        }
                        at = next;
                }
                pool = next_pool;
        }
        for (uint32_t at = engine->accounts[account].first_balance; at != ZL_NONE_AT;) {
                uint32_t next = engine->balances[at].next_of_account;
                if (engine->balances[at].stamp != engine->stamp) {
                        remove_balance(engine, account, at);
                        any = true;
                }
                at = next;
        }
        return any;
}

/* The cross pool goes when it is empty, and goes on under a newer base. */
static void finish_cross(struct zl_engine *engine, uint32_t account,
                         const struct zl_msg_account *said, bool anew)
{
        uint32_t row = zl_state_find_pool(engine, account, cross_pool);

        if (row == ZL_NONE_AT)
                return;
        struct zl_pool *pool = &engine->pools[row];
        if (pool->positions_count == 0 &&
            engine->accounts[account].first_balance == ZL_NONE_AT) {
                zl_state_drop_pool(engine, row);
                return;
        }
        if (said->cross_rev > pool->base) {
                zl_ladder_restart(engine, row, said->cross_rev);
                anew = true;
        }
        touch_pool(engine, row, anew);
}

static void apply(struct zl_engine *engine, uint32_t row, const struct zl_msg_account *said)
{
        struct zl_account *account = &engine->accounts[row];
        bool stood = account->suspended, cross = stood || account->policy != said->policy;

        account->rev = said->rev;
        account->policy = said->policy;
        account->suspended = false;
        if (said->full)
                cross |= drop_unlisted(engine, row, said);
        for (uint32_t i = 0; i < said->positions_count; i++)
                cross |= apply_position(engine, row, said, &said->positions[i], stood);
        for (uint32_t i = 0; i < said->balances_count; i++)
                cross |= apply_balance(engine, row, said, &said->balances[i]);
        finish_cross(engine, row, said, cross);
        for (uint32_t at = account->first_pool; at != ZL_NONE_AT;
             at = engine->pools[at].next_of_account)
                zl_ladder_shown(engine, at);
}

/* ---- in order or not ---- */

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
        zl_refusal refusal = check_rows(engine, row, said);
        if (refusal)
                suspend(engine, row, refusal);
        else
                apply(engine, row, said);
}
