#include "accounts.h"

#include "ladder.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

enum { POSITIONS_MAX = 128, BALANCES_MAX = 32 }; /* of a cross pool */

/* ---- what cannot be believed ---- */

static bool is_bad(const struct zl_row_position *row)
{
        bool has_cost = !ZL_ABSENT(row, position, cost);

        if ((row->leg == ZL_LEG_LONG && row->qty < 0) || (row->leg == ZL_LEG_SHORT && row->qty > 0))
                return true;
        if (row->qty == 0)
                return false;
        if (row->mode == ZL_MODE_ISOLATED && ZL_ABSENT(row, position, margin))
                return true;
        if (!has_cost && ZL_ABSENT(row, position, entry))
                return true;
        return has_cost ? row->cost <= 0 : row->entry <= 0;
}

static bool is_listed(const struct zl_msg_account *said, const struct position *position)
{
        for (uint32_t i = 0; i < said->positions_count; i++) {
                const struct zl_row_position *row = &said->positions[i];
                if (row->mode == ZL_MODE_CROSS && row->instrument == position->instrument &&
                    row->leg == position->leg)
                        return true;
        }
        return false;
}

static bool is_balance_listed(const struct zl_msg_account *said, uint32_t asset)
{
        for (uint32_t i = 0; i < said->balances_count; i++) {
                if (said->balances[i].asset == asset)
                        return true;
        }
        return false;
}

static bool is_nothing(const struct zl_row_balance *row)
{
        return row->amount == 0 && row->order_margin == 0;
}

/* Whether the cross pool would hold more than it may. */
static bool is_too_much(const struct pool *cross, const struct zl_msg_account *said)
{
        uint32_t positions = 0, balances = 0;

        for (uint32_t i = 0; i < said->positions_count; i++)
                positions += said->positions[i].mode == ZL_MODE_CROSS && said->positions[i].qty;
        for (uint32_t i = 0; i < said->balances_count; i++)
                balances += !is_nothing(&said->balances[i]);
        for (uint32_t i = 0; cross && !said->full && i < cross->positions_count; i++)
                positions += !is_listed(said, &cross->positions[i]);
        for (uint32_t i = 0; cross && !said->full && i < cross->balances_count; i++)
                balances += !is_balance_listed(said, cross->balances[i].asset);
        return positions > POSITIONS_MAX || balances > BALANCES_MAX;
}

static void suspend(struct twin *twin, struct account *account)
{
        if (!account->suspended)
                twin_alert_account(twin, account->id, ZL_ALERT_KIND_SUSPENDED);
        account->suspended = true;
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

/* ---- a position ---- */

/* Left out, the index paid up to is the one current when the position changed. */
static void set_position(struct twin *twin, struct position *position,
                         const struct zl_row_position *row, uint64_t rev, bool is_new)
{
        const struct instrument *instrument = twin_find_instrument(twin, row->instrument);
        bool unchanged = !is_new && rev <= position->rev;

        position->instrument = row->instrument;
        position->leg = row->leg;
        position->listed = true;
        position->qty = row->qty;
        position->has_cost = !ZL_ABSENT(row, position, cost);
        position->cost = row->cost;
        position->entry = row->entry;
        if (!unchanged)
                position->rev = rev;
        if (!ZL_ABSENT(row, position, funding)) {
                position->funding_known = true;
                position->funding = row->funding;
        } else if (!unchanged) { /* a restatement forgives nothing */
                position->funding_known = instrument && instrument->has_funding;
                position->funding = position->funding_known ? instrument->funding : 0;
        }
}

static void take_isolated(struct twin *twin, struct account *account,
                          const struct zl_row_position *row, uint64_t rev)
{
        struct pool_name name = {account->id, false, row->instrument, row->leg};
        struct pool *pool = twin_find_pool(twin, name);
        bool is_new = !pool;

        if (row->qty == 0) {
                if (pool)
                        twin_drop_pool(twin, pool);
                return;
        }
        if (is_new) {
                pool = twin_add_pool(twin, account, name);
                twin_restart(pool, rev);
        }
        pool->listed = true;
        pool->positions_count = pool->balances_count = 1;
        set_position(twin, &pool->positions[0], row, rev, is_new);
        pool->balances[0].amount = row->margin;
        pool->balances[0].order_margin = row->order_margin;
        if (rev > pool->base)
                twin_restart(pool, rev);
}

/* ---- the cross pool ---- */

static int compare_position(const struct position *position, const struct zl_row_position *row)
{
        if (position->instrument != row->instrument)
                return position->instrument < row->instrument ? -1 : 1;
        return (int)position->leg - (int)row->leg;
}

static void drop_position(struct pool *cross, uint32_t at)
{
        for (cross->positions_count--; at < cross->positions_count; at++)
                cross->positions[at] = cross->positions[at + 1];
}

static void drop_balance(struct pool *cross, uint32_t at)
{
        for (cross->balances_count--; at < cross->balances_count; at++)
                cross->balances[at] = cross->balances[at + 1];
}

static void take_cross(struct twin *twin, struct pool *cross, const struct zl_row_position *row,
                       uint64_t rev)
{
        uint32_t at = 0;

        while (at < cross->positions_count && compare_position(&cross->positions[at], row) < 0)
                at++;
        bool is_new = at == cross->positions_count ||
                      compare_position(&cross->positions[at], row) != 0;
        if (row->qty == 0) {
                if (!is_new)
                        drop_position(cross, at);
                return;
        }
        if (is_new) {
                if (cross->positions_count == TWIN_POSITIONS)
                        abort();
                for (uint32_t i = cross->positions_count++; i > at; i--)
                        cross->positions[i] = cross->positions[i - 1];
        }
        set_position(twin, &cross->positions[at], row, rev, is_new);
}

static void take_balance(struct pool *cross, const struct zl_row_balance *row)
{
        uint32_t at = 0;

        while (at < cross->balances_count && cross->balances[at].asset != row->asset)
                at++;
        if (is_nothing(row)) {
                if (at < cross->balances_count)
                        drop_balance(cross, at);
                return;
        }
        if (at == cross->balances_count) {
                if (at == TWIN_ASSETS)
                        abort();
                cross->balances_count++;
        }
        cross->balances[at] =
                (struct balance){row->asset, true, row->amount, row->order_margin};
}

/* ---- a message ---- */

static void unlist(struct twin *twin, const struct account *account)
{
        for (uint32_t i = 0; i < twin->pools_count; i++) {
                struct pool *pool = &twin->pools[i];
                if (pool->account != account)
                        continue;
                pool->listed = false;
                for (uint32_t j = 0; j < pool->positions_count; j++)
                        pool->positions[j].listed = false;
                for (uint32_t j = 0; j < pool->balances_count; j++)
                        pool->balances[j].listed = false;
        }
}

/* What a full message does not list is gone. */
static void drop_unlisted(struct twin *twin, const struct account *account)
{
        for (uint32_t i = twin->pools_count; i-- > 0;) {
                struct pool *pool = &twin->pools[i];
                if (pool->account != account)
                        continue;
                if (!pool->cross) {
                        if (!pool->listed)
                                twin_drop_pool(twin, pool);
                        continue;
                }
                for (uint32_t j = pool->positions_count; j-- > 0;) {
                        if (!pool->positions[j].listed)
                                drop_position(pool, j);
                }
                for (uint32_t j = pool->balances_count; j-- > 0;) {
                        if (!pool->balances[j].listed)
                                drop_balance(pool, j);
                }
        }
}

static void take_rows(struct twin *twin, struct account *account,
                      const struct zl_msg_account *said)
{
        struct pool_name name = {account->id, true, 0, ZL_LEG_NET};
        uint64_t cross_rev = ZL_ABSENT(said, account, cross_rev) ? said->rev : said->cross_rev;
        struct pool *cross = twin_find_pool(twin, name);

        unlist(twin, account);
        for (uint32_t i = 0; i < said->positions_count; i++) {
                const struct zl_row_position *row = &said->positions[i];
                if (row->mode == ZL_MODE_ISOLATED)
                        take_isolated(twin, account, row,
                                      ZL_ABSENT(row, position, rev) ? said->rev : row->rev);
        }
        cross = twin_find_pool(twin, name);
        if (!cross) {
                cross = twin_add_pool(twin, account, name);
                twin_restart(cross, cross_rev);
        }
        for (uint32_t i = 0; i < said->positions_count; i++) {
                const struct zl_row_position *row = &said->positions[i];
                if (row->mode == ZL_MODE_CROSS)
                        take_cross(twin, cross, row,
                                   ZL_ABSENT(row, position, rev) ? said->rev : row->rev);
        }
        for (uint32_t i = 0; i < said->balances_count; i++)
                take_balance(cross, &said->balances[i]);
        if (cross_rev > cross->base)
                twin_restart(cross, cross_rev);
        if (said->full)
                drop_unlisted(twin, account);
        cross = twin_find_pool(twin, name);
        if (cross->positions_count == 0 && cross->balances_count == 0)
                twin_drop_pool(twin, cross);
}

void accounts_take(struct twin *twin, const struct zl_msg_account *said)
{
        struct pool_name name = {said->account, true, 0, ZL_LEG_NET};

        if (said->account >> 53 != 0) {
                twin_alert_account(twin, said->account, ZL_ALERT_KIND_REFUSED);
                return;
        }
        struct account *account = twin_need_account(twin, said->account);
        if (!follows(twin, account, said))
                return;
        bool bad = is_too_much(twin_find_pool(twin, name), said);
        for (uint32_t i = 0; i < said->positions_count; i++)
                bad |= is_bad(&said->positions[i]);
        if (bad) {
                suspend(twin, account);
                return;
        }
        account->suspended = false;
        account->rev = said->rev;
        account->policy = said->policy;
        take_rows(twin, account, said);
}
