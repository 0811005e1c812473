/* What the ledger of a random world says of an account. */
#include "world.h"

static const struct world_instrument *instrument_of(const struct world *world, uint32_t slot)
{
        return &world->instruments[slot % WORLD_CROSS_FROM / WORLD_LEGS];
}

static uint32_t random_slot(struct world *world)
{
        uint32_t slot = world_below(world, world->instruments_count * WORLD_LEGS);

        if (world_has(world, WORLD_CROSS) && world_chance(world, world->cross_changes))
                slot += WORLD_CROSS_FROM;
        return slot;
}

/* How far from its line a pool is drawn, as equity over maintenance. */
static long double random_factor(struct world *world)
{
        if (world_chance(world, 40))
                return (long double)world_between(world, 970, 1100) / 1000;
        if (world_chance(world, 10))
                return (long double)world_between(world, -100, 100) / 100;
        return (long double)world_between(world, 50, 250) / 100;
}

/* ---- isolated ---- */

static void draw_margin(struct world *world, struct world_slot *slot,
                        const struct world_instrument *instrument)
{
        long double value = world_value(instrument, slot->qty, instrument->mark);
        long double needed = world_needed(instrument, slot) + value / 1000;

        needed *= random_factor(world);
        slot->order_margin =
                world_chance(world, 20) ? world_between(world, 0, whole(value / 50)) : 0;
        slot->margin = whole(needed - world_profit(instrument, slot, instrument->mark)) +
                       (world_chance(world, 50) ? slot->order_margin : 0);
        slot->changed = true;
}

static void draw_fill(struct world *world, struct world_slot *slot,
                      const struct world_instrument *instrument, uint32_t leg)
{
        int64_t most = whole((long double)instrument->notional /
                             world_value(instrument, 1, instrument->mark)) + 1;
        int64_t spread = (instrument->high - instrument->low) / 4;

        slot->qty = world_between(world, world_chance(world, 80) ? most / 4 + 1 : 1, most);
        if (leg == ZL_LEG_SHORT || (leg == ZL_LEG_NET && world_chance(world, 50)))
                slot->qty = -slot->qty;
        slot->entry = world_between(world, instrument->mark - spread, instrument->mark + spread);
        if (slot->entry < 1)
                slot->entry = 1;
        slot->has_cost = world_chance(world, 30);
        slot->cost = whole(world_value(instrument, slot->qty, slot->entry)) + 1;
        slot->has_funding = world_chance(world, 40);
        slot->funding = instrument->funding;
        slot->changed = slot->moved = true;
}

static void change_slot(struct world *world, struct world_account *account, uint32_t at)
{
        struct world_slot *slot = &account->slots[at];
        const struct world_instrument *instrument = instrument_of(world, at);

        if (slot->qty == 0 || world_chance(world, 40)) {
                draw_fill(world, slot, instrument, at % WORLD_LEGS);
        } else if (world_chance(world, 25)) {
                slot->qty = 0;
                slot->changed = slot->moved = true;
        }
        if (at >= WORLD_CROSS_FROM)
                account->cross_moved |= slot->moved;
        else
                draw_margin(world, slot, instrument);
}

/* ---- cross ---- */

static void put_balance(struct world *world, struct world_account *account, uint32_t asset,
                        long double amount)
{
        account->balances[asset].amount = whole(amount);
        account->balances[asset].changed = true;
        if (world_chance(world, 2))
                account->balances[asset].order_margin = 0;
}

/* Some of an asset is owed, or held; then another one brings the pool near its line. */
static void draw_balances(struct world *world, struct world_account *account)
{
        uint32_t at = world_below(world, world->assets_count);
        long double typical = (long double)world->typical[at];

        if (world_chance(world, 30))
                put_balance(world, account, at,
                            typical * (long double)world_between(world, -60, 120) / 100);
        if (world_chance(world, 10))
                put_balance(world, account, at, 0);
        at = world_below(world, world->assets_count);
        long double weight = world_weight(world, account, at);
        long double shortage = world_cross_shortage(world, account, random_factor(world));
        if (weight > 0)
                put_balance(world, account, at,
                            (long double)account->balances[at].amount + shortage / weight);
}

static void draw_order_margin(struct world *world, struct world_account *account)
{
        uint32_t at = world_below(world, world->assets_count);
        struct world_balance *balance = &account->balances[at];

        balance->order_margin =
                balance->order_margin && world_chance(world, 60)
                        ? 0
                        : world_between(world, 0, world->typical[at] / 10 + 1);
        balance->changed = true;
}

static void change_cross(struct world *world, struct world_account *account)
{
        uint32_t kind = world_below(world, 10), at = world_below(world, world->assets_count);
        int64_t step = world->typical[at] / 50 + 1;

        if (kind < 6) {
                draw_balances(world, account);
        } else if (kind < 8) {
                draw_order_margin(world, account);
        } else {
                put_balance(world, account, at,
                            (long double)(account->balances[at].amount +
                                          world_between(world, -step, step)));
        }
}

/* ---- rows ---- */

static void list_slot(struct world *world, struct zl_msg_account *said,
                      const struct world_account *account, uint32_t at)
{
        const struct world_slot *slot = &account->slots[at];
        struct zl_row_position *row = &said->positions[said->positions_count++];
        bool cross = at >= WORLD_CROSS_FROM;

        *row = (struct zl_row_position){.instrument = instrument_of(world, at)->now.instrument,
                                        .leg = at % WORLD_LEGS,
                                        .qty = slot->qty,
                                        .entry = slot->entry,
                                        .cost = slot->has_cost ? slot->cost : 0,
                                        .mode = cross ? ZL_MODE_CROSS : ZL_MODE_ISOLATED,
                                        .margin = cross ? 0 : slot->margin,
                                        .order_margin = cross ? 0 : slot->order_margin,
                                        .funding = slot->has_funding ? slot->funding : 0,
                                        .rev = slot->rev};
        if (cross)
                row->absent |= 1 << ZL_AT_position_margin;
        if (!slot->has_cost)
                row->absent |= 1 << ZL_AT_position_cost;
        if (!slot->has_funding)
                row->absent |= 1 << ZL_AT_position_funding;
        if (slot->rev == account->rev && world_chance(world, 50)) {
                row->absent |= 1 << ZL_AT_position_rev;
                row->rev = 0;
        }
        if (world_chance(world, 1))
                row->rev -= row->rev > 0;
}

static void list_balance(struct zl_msg_account *said, const struct world_account *account,
                         uint32_t at)
{
        const struct world_balance *balance = &account->balances[at];

        said->balances[said->balances_count++] = (struct zl_row_balance){
                .asset = at + 1, .amount = balance->amount, .order_margin = balance->order_margin};
}

/* Everything that is not nothing, or what was changed and a little more. */
static void list_all(struct world *world, struct zl_msg_account *said,
                     struct world_account *account)
{
        for (uint32_t i = 0; i < WORLD_SLOTS; i++) {
                struct world_slot *slot = &account->slots[i];
                if (said->full ? slot->qty != 0
                               : slot->changed || (slot->qty && world_chance(world, 3)))
                        list_slot(world, said, account, i);
                slot->changed = slot->moved = false;
        }
        for (uint32_t i = 0; i < world->assets_count; i++) {
                struct world_balance *balance = &account->balances[i];
                bool some = balance->amount || balance->order_margin;
                if (said->full ? some : balance->changed || (some && world_chance(world, 3)))
                        list_balance(said, account, i);
                balance->changed = false;
        }
        account->cross_moved = false;
}

/* The next revision, with what was changed since the last. */
static void advance(struct world *world, struct world_account *account)
{
        account->rev++;
        if (world_chance(world, 2))
                account->rev += world_below(world, 3); /* a hole */
        for (uint32_t i = 0; i < WORLD_SLOTS; i++) {
                if (account->slots[i].moved)
                        account->slots[i].rev = account->rev;
        }
        if (account->cross_moved)
                account->cross_rev = account->rev;
}

static void change_something(struct world *world, struct world_account *account)
{
        bool begins = account->rev == 0, has_cross = false;

        for (uint32_t i = world_below(world, 3) + (begins ? 4 : 0); i-- > 0;)
                change_slot(world, account, random_slot(world));
        for (uint32_t i = WORLD_CROSS_FROM; i < WORLD_SLOTS; i++)
                has_cross |= account->slots[i].qty != 0;
        if (world_has(world, WORLD_CROSS) && (begins || world_chance(world, has_cross ? 60 : 10)))
                change_cross(world, account);
        if (world_chance(world, 3))
                account->policy = 1 + world_below(world, world->policies_count);
}

static void say_cross_rev(struct world *world, struct zl_msg_account *said,
                          const struct world_account *account)
{
        said->absent &= ~(uint64_t)(1 << ZL_AT_account_cross_rev);
        said->cross_rev = account->cross_rev;
        if (said->cross_rev == said->rev && world_chance(world, 50))
                said->absent |= 1 << ZL_AT_account_cross_rev;
        if (world_chance(world, 1))
                said->cross_rev -= said->cross_rev > 0;
        if (world_chance(world, 1) || !world_has(world, WORLD_CROSS)) {
                said->absent |= 1 << ZL_AT_account_cross_rev;
                said->cross_rev = said->rev;
        }
        if (ZL_ABSENT(said, account, cross_rev))
                said->cross_rev = said->rev;
}

void world_say_account(struct world *world, struct zl_message *message)
{
        struct world_account *account = &world->accounts[world_below(world, world->accounts_count)];
        struct zl_msg_account *said = &message->account;
        uint32_t kind = world_below(world, 100);
        bool begins = account->rev == 0;

        zl_message_init(message, ZL_TYPE_ACCOUNT);
        said->account = account->id;
        said->full = begins ? world_chance(world, 80) : kind < 15;
        if (kind >= 5 || begins) { /* else what was said comes again, perhaps with changes */
                if (world_chance(world, 80) || begins)
                        change_something(world, account);
                advance(world, account);
        }
        said->rev = account->rev;
        said->policy = account->policy;
        list_all(world, said, account);
        if (kind == 97)
                said->rev -= world_below(world, 2); /* an old one */
        say_cross_rev(world, said, account);
        if (world_chance(world, 2))
                world_spoil_account(world, said);
        world_put_header(world, ZL_TOPIC_ACCT, zl_partition(account->id, world->partitions));
}
