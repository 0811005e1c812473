/* world.h - a small exchange: accounts, prices with a crash in them, a fund.
 *
 * Answers: what is the next price, what does an account hold? Deterministic by its seed and by the
 * orders that its venue is given; knows no socket and no time of day. It is a counterpart to run
 * against, not a model of any market. Owns: its accounts. Thread: its owner's. */
#ifndef ZL_APP_SIM_WORLD_H
#define ZL_APP_SIM_WORLD_H

#include "app/sim/books.h"

enum {
        ZL_WORLD_INSTRUMENTS = ZL_BOOKS_INSTRUMENTS,
        ZL_WORLD_POSITIONS_MAX = 2, /* of an account */
        ZL_WORLD_FUND = 1,
        ZL_WORLD_USDT = 1, /* assets: what everything settles in */
        ZL_WORLD_BTC = 2,  /* collateral, sold to cover a debt */
        ZL_WORLD_USDT_SCALE = 6,
        ZL_WORLD_BTC_SCALE = 8,
        ZL_WORLD_TAKER_FEE_PPB = 500000,
};

struct zl_world_instrument {
        const char *symbol;
        uint32_t id, price_scale, qty_scale;
        int64_t tick, lot, first_price;
        int64_t price;
        uint64_t pressure_ppm; /* how far recent orders have pushed the executable price */
};

/* In whole lots; closed when qty is 0. */
struct zl_world_position {
        uint32_t instrument; /* place */
        int64_t qty, entry;
        int64_t margin, order_margin; /* of an isolated one */
        uint64_t rev;                 /* that last changed it */
};

/* One isolated position and a balance beside it, or one cross pool of two positions. */
struct zl_world_account {
        uint64_t id, rev, cross_rev;
        bool cross;
        int64_t usdt, btc, order_margin; /* of the cross pool; orders hold USDT */
        struct zl_world_position positions[ZL_WORLD_POSITIONS_MAX];
        uint32_t positions_count;
        bool changed; /* by a plan, and not stated yet */
        uint64_t commit; /* that changed it last */
};

struct zl_world {
        uint64_t random;
        uint64_t ticks, ticks_max;
        struct zl_world_instrument instruments[ZL_WORLD_INSTRUMENTS]; /* the first is BTC's */
        struct zl_world_account *accounts;
        uint32_t accounts_count;
        int64_t fund, fund_peak;
        uint64_t fund_commit; /* that changed it last */
        struct zl_books books;
        uint64_t fund_rev, fund_plan; /* digest of the plan that made it; 0: none did */
        bool takes_plans; /* a plan takes over what a close does not fill, not the venue */
        uint64_t filled, unfilled, taken_over, cancelled, converted, rejected; /* orders */
        uint64_t plans, plans_refused, deleveraged; /* pairs */
};

ZL_MUST_CHECK bool zl_world_open(struct zl_world *world, uint64_t seed, uint32_t accounts,
                                 uint64_t ticks);
void zl_world_close(struct zl_world *world);

/* Moves every price by one tick of time. */
void zl_world_tick(struct zl_world *world);

/* NULL: there is none. */
struct zl_world_account *zl_world_account(struct zl_world *world, uint64_t id);
/* qty x price, in USDT's units. */
int64_t zl_world_value(const struct zl_world_instrument *instrument, int64_t qty, int64_t price);
/* An amount of BTC at its mark, in USDT's units. */
int64_t zl_world_btc_value(const struct zl_world *world, int64_t amount);

void zl_world_say_asset(uint32_t asset, struct zl_msg_asset *ret_asset);
/* Of the cross accounts. */
void zl_world_say_policy(struct zl_message *ret_message);
void zl_world_say_instrument(const struct zl_world *world, uint32_t i,
                             struct zl_msg_instrument *ret_instrument);
void zl_world_say_mark(const struct zl_world *world, uint32_t i, struct zl_msg_mark *ret_mark);
void zl_world_say_rate(const struct zl_world *world, struct zl_msg_rate *ret_rate);
void zl_world_say_account(const struct zl_world *world, const struct zl_world_account *account,
                          struct zl_msg_account *ret_account);
void zl_world_say_fund(const struct zl_world *world, struct zl_msg_fund *ret_fund);
/* Of the commit that is done. */
void zl_world_say_commit(const struct zl_world *world, struct zl_msg_commit *ret_commit);

#endif
