/* world.h - a small exchange: accounts, prices with a crash in them, liquidity, a ledger and a
 * fund.
 *
 * Answers: what is the next price, what fills, what does an account hold then? Deterministic by its
 * seed and by the orders it is given; knows no socket and no time of day. It is a counterpart to
 * run against, not a model of any market. Owns: its accounts. Thread: its owner's. */
#ifndef ZL_APP_WORLD_H
#define ZL_APP_WORLD_H

#include <zeroline/message.h>

enum { ZL_WORLD_INSTRUMENTS = 3, ZL_WORLD_ASSET = 1, ZL_WORLD_FUND = 1 };

struct zl_world_instrument {
        const char *symbol;
        uint32_t id, price_scale, qty_scale;
        int64_t tick, lot, first_price;
        int64_t price;
        uint64_t pressure_ppm; /* how far recent orders have pushed the executable price */
};

struct zl_world_account {
        uint64_t id, rev;
        int64_t balance; /* cross, in the asset's units */
        uint32_t instrument; /* place; the position is isolated */
        int64_t qty, entry, margin;
        uint64_t position_rev;
};

struct zl_world {
        uint64_t random;
        uint64_t ticks, ticks_max;
        struct zl_world_instrument instruments[ZL_WORLD_INSTRUMENTS];
        struct zl_world_account *accounts;
        uint32_t accounts_count;
        int64_t fund, fund_peak;
        uint64_t fund_rev;
        uint64_t filled, taken_over; /* orders */
        int64_t bad_debt;            /* what the fund paid */
};

ZL_MUST_CHECK bool zl_world_open(struct zl_world *world, uint64_t seed, uint32_t accounts,
                                 uint64_t ticks);
void zl_world_close(struct zl_world *world);

/* Moves every price by one tick of time. */
void zl_world_tick(struct zl_world *world);

/* Executes an order; `ret_exec` is the venue's answer. True: the account and the fund changed, and
 * their new state is to be published (`ret_account` is its place). */
bool zl_world_execute(struct zl_world *world, const struct zl_msg_liquidate *order,
                      struct zl_msg_exec *ret_exec, uint32_t *ret_account);

void zl_world_say_asset(struct zl_msg_asset *ret_asset);
void zl_world_say_instrument(const struct zl_world *world, uint32_t i,
                             struct zl_msg_instrument *ret_instrument);
void zl_world_say_mark(const struct zl_world *world, uint32_t i, struct zl_msg_mark *ret_mark);
void zl_world_say_account(const struct zl_world *world, uint32_t i,
                          struct zl_msg_account *ret_account);
void zl_world_say_fund(const struct zl_world *world, struct zl_msg_fund *ret_fund);

#endif
