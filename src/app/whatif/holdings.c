#include "app/whatif/holdings.h"

#include <stdlib.h>
#include <string.h>

#define BIT(field) ((uint64_t)1 << ZL_AT_position_##field)

void zl_holdings_free(struct zl_holdings *holdings)
{
        free(holdings->balances);
        free(holdings->positions);
        *holdings = (struct zl_holdings){0};
}

/* ---- room ---- */

static bool grow(void **rows, uint32_t *room, uint32_t needed, uint32_t most, size_t size)
{
        uint32_t more = *room ? 2 * *room : 2;

        if (needed <= *room)
                return true;
        if (needed > most)
                return false;
        while (more < needed)
                more *= 2;
        void *grown = realloc(*rows, more * size);
        if (!grown)
                return false;
        *rows = grown;
        *room = more;
        return true;
}

static bool need_balances(struct zl_holdings *holdings, uint32_t count)
{
        void *rows = holdings->balances;
        bool has = grow(&rows, &holdings->balances_room, count, ZL_HOLDINGS_BALANCES_MAX,
                        sizeof *holdings->balances);

        holdings->balances = rows;
        return has;
}

static bool need_positions(struct zl_holdings *holdings, uint32_t count)
{
        void *rows = holdings->positions;
        bool has = grow(&rows, &holdings->positions_room, count, ZL_HOLDINGS_POSITIONS_MAX,
                        sizeof *holdings->positions);

        holdings->positions = rows;
        return has;
}

bool zl_holdings_copy(struct zl_holdings *to, const struct zl_holdings *from)
{
        if (!need_balances(to, from->balances_count) || !need_positions(to, from->positions_count))
                return false;
        to->rev = from->rev;
        to->cross_rev = from->cross_rev;
        to->policy = from->policy;
        to->balances_count = from->balances_count;
        to->positions_count = from->positions_count;
        if (from->balances_count)
                memcpy(to->balances, from->balances, from->balances_count * sizeof *to->balances);
        if (from->positions_count)
                memcpy(to->positions, from->positions,
                       from->positions_count * sizeof *to->positions);
        return true;
}

/* ---- rows ---- */

struct zl_row_balance *zl_holdings_balance(const struct zl_holdings *holdings, uint32_t asset)
{
        for (uint32_t i = 0; i < holdings->balances_count; i++) {
                if (holdings->balances[i].asset == asset)
                        return &holdings->balances[i];
        }
        return NULL;
}

struct zl_row_position *zl_holdings_position(const struct zl_holdings *holdings,
                                             uint32_t instrument, enum zl_leg leg,
                                             enum zl_mode mode)
{
        for (uint32_t i = 0; i < holdings->positions_count; i++) {
                struct zl_row_position *row = &holdings->positions[i];
                if (row->instrument == instrument && row->leg == leg && row->mode == mode)
                        return row;
        }
        return NULL;
}

struct zl_row_balance *zl_holdings_need_balance(struct zl_holdings *holdings, uint32_t asset)
{
        struct zl_row_balance *row = zl_holdings_balance(holdings, asset);

        if (row || !need_balances(holdings, holdings->balances_count + 1))
                return row;
        row = &holdings->balances[holdings->balances_count++];
        *row = (struct zl_row_balance){.asset = asset};
        return row;
}

struct zl_row_position *zl_holdings_need_position(struct zl_holdings *holdings,
                                                  const struct zl_row_position *like)
{
        struct zl_row_position *row =
                zl_holdings_position(holdings, like->instrument, like->leg, like->mode);

        if (row || !need_positions(holdings, holdings->positions_count + 1))
                return row;
        row = &holdings->positions[holdings->positions_count++];
        *row = (struct zl_row_position){.absent = BIT(entry) | BIT(cost) | BIT(funding),
                                        .instrument = like->instrument,
                                        .leg = like->leg,
                                        .mode = like->mode};
        return row;
}

void zl_holdings_drop_position(struct zl_holdings *holdings, struct zl_row_position *row)
{
        uint32_t at = (uint32_t)(row - holdings->positions);

        holdings->positions_count--;
        memmove(row, row + 1, (holdings->positions_count - at) * sizeof *row);
}

/* ---- what is said ---- */

static bool row_holds(const struct zl_row_position *row)
{
        if ((row->leg == ZL_LEG_LONG && row->qty < 0) || (row->leg == ZL_LEG_SHORT && row->qty > 0))
                return false;
        if (row->qty == 0)
                return true;
        if (row->mode == ZL_MODE_ISOLATED && ZL_ABSENT(row, position, margin))
                return false;
        if (!ZL_ABSENT(row, position, cost))
                return row->cost > 0;
        return !ZL_ABSENT(row, position, entry) && row->entry > 0;
}

bool zl_holdings_accept(const struct zl_holdings *holdings, const struct zl_msg_account *said)
{
        if (said->full ? said->rev < holdings->rev : said->rev != holdings->rev + 1)
                return false;
        for (uint32_t i = 0; i < said->positions_count; i++) {
                if (!row_holds(&said->positions[i]))
                        return false;
        }
        for (uint32_t i = 0; i < said->balances_count; i++) {
                if (said->balances[i].order_margin < 0)
                        return false;
        }
        return true;
}

static bool take_position(struct zl_holdings *holdings, const struct zl_msg_account *said,
                          const struct zl_row_position *listed, zl_holdings_funding *funding,
                          const void *context)
{
        struct zl_row_position *row = zl_holdings_position(holdings, listed->instrument,
                                                           listed->leg, listed->mode);
        struct zl_row_position next = *listed;

        if (listed->qty == 0) {
                if (row)
                        zl_holdings_drop_position(holdings, row);
                return true;
        }
        if (ZL_ABSENT(listed, position, rev))
                next.rev = said->rev;
        next.absent &= ~(BIT(rev) | BIT(margin));
        if (listed->mode == ZL_MODE_CROSS)
                next.margin = next.order_margin = 0;
        if (ZL_ABSENT(listed, position, funding)) {
                if (row && next.rev <= row->rev) {
                        next.funding = row->funding;
                        next.absent &= row->absent | ~BIT(funding);
                } else if (funding(context, listed->instrument, &next.funding)) {
                        next.absent &= ~BIT(funding);
                }
        }
        row = zl_holdings_need_position(holdings, listed);
        if (row)
                *row = next;
        return row != NULL;
}

static bool take_balance(struct zl_holdings *holdings, const struct zl_row_balance *listed)
{
        struct zl_row_balance *row = zl_holdings_need_balance(holdings, listed->asset);

        if (row)
                *row = *listed;
        return row != NULL;
}

static bool is_listed(const struct zl_msg_account *said, const struct zl_row_position *row)
{
        for (uint32_t i = 0; i < said->positions_count; i++) {
                const struct zl_row_position *listed = &said->positions[i];
                if (listed->instrument == row->instrument && listed->leg == row->leg &&
                    listed->mode == row->mode)
                        return true;
        }
        return false;
}

bool zl_holdings_take(struct zl_holdings *holdings, const struct zl_msg_account *said,
                      zl_holdings_funding *funding, const void *context)
{
        bool taken = true;

        if (said->full)
                holdings->balances_count = 0;
        for (uint32_t i = holdings->positions_count; said->full && i-- > 0;) {
                if (!is_listed(said, &holdings->positions[i]))
                        zl_holdings_drop_position(holdings, &holdings->positions[i]);
        }
        for (uint32_t i = 0; i < said->positions_count; i++)
                taken &= take_position(holdings, said, &said->positions[i], funding, context);
        for (uint32_t i = 0; i < said->balances_count; i++)
                taken &= take_balance(holdings, &said->balances[i]);
        holdings->rev = said->rev;
        holdings->cross_rev = said->cross_rev;
        holdings->policy = said->policy;
        return taken;
}

void zl_holdings_say(const struct zl_holdings *holdings, uint64_t account,
                     struct zl_msg_account *ret_said)
{
        ret_said->absent = 0;
        ret_said->account = account;
        ret_said->rev = holdings->rev;
        ret_said->cross_rev = holdings->cross_rev;
        ret_said->full = true;
        ret_said->policy = holdings->policy;
        ret_said->commit = 0;
        ret_said->balances_count = 0;
        for (uint32_t i = 0; i < holdings->balances_count; i++) {
                if (holdings->balances[i].amount || holdings->balances[i].order_margin)
                        ret_said->balances[ret_said->balances_count++] = holdings->balances[i];
        }
        ret_said->positions_count = holdings->positions_count;
        if (holdings->positions_count)
                memcpy(ret_said->positions, holdings->positions,
                       holdings->positions_count * sizeof *holdings->positions);
}
