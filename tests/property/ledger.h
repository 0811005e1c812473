/* ledger.h - a whole exchange's books in integers: what every unit of money is, and whose.
 *
 * Answers: who holds what after a trade, a conversion, a fee, funding? Rounding: whoever pays pays
 * up and whoever receives receives down, to a unit of the asset; what that leaves over is posted to
 * the asset's `residue`. So of each asset everything that anybody holds, less what was paid for the
 * positions that are open, is what came in from outside, to the unit, after every posting; and of
 * each instrument the quantities of all holders are zero together.
 * Owns: all of it, in one struct without pointers. Thread: one. */
#ifndef ZL_TESTS_LEDGER_H
#define ZL_TESTS_LEDGER_H

#include <zeroline/message.h>

#include <stdio.h>

enum {
        LEDGER_ASSETS = 3,
        LEDGER_INSTRUMENTS = 4,
        LEDGER_LEGS = 3,
        LEDGER_ACCOUNTS = 12,
        LEDGER_FUNDS = 3,
        LEDGER_POLICIES = 2,
        LEDGER_POOLS = 1 + LEDGER_INSTRUMENTS * LEDGER_LEGS, /* the cross pool is 0 */
        LEDGER_FINE = 10, /* an inverse contract's reciprocal is kept so much finer than a unit */
};

/* Money in one asset; `held` by open orders. Either may be below zero. */
struct ledger_purse {
        int64_t free, held;
};

/* `paid` is signed: what the position cost, positive where opening it costs (a linear long, an
 * inverse short). A trade changes free - paid by minus its signed value, whatever it closes. */
struct ledger_position {
        int64_t qty, paid;
        int64_t funding; /* index paid up to */
        uint64_t rev;
        bool listed;  /* changed since the account was last published */
        bool changed; /* and its quantity or cost is */
};

/* Of one holder in one instrument. */
struct ledger_side {
        struct ledger_purse *purse; /* in the settle asset */
        struct ledger_position *position;
};

struct ledger_pool {
        uint64_t base;
        bool moved; /* the base, since the account was last published */
        struct ledger_purse purses[LEDGER_ASSETS];
        struct ledger_position positions[LEDGER_INSTRUMENTS][LEDGER_LEGS];
};

struct ledger_account {
        uint64_t id, rev;
        uint32_t policy;
        bool hedges; /* holds legs L and S, else net positions */
        bool changed;
        uint64_t known_rev; /* what the engine had heard when it last spoke */
        struct ledger_pool pools[LEDGER_POOLS];
};

struct ledger_asset {
        struct zl_msg_asset said;
        int64_t rate;
        int64_t residue, fees, outside;
        struct ledger_purse venue;
};

struct ledger_instrument {
        struct zl_msg_instrument said;
        int64_t mark, index, bid, ask, depth, funding;
        int64_t first; /* mark */
        struct ledger_position venue;
        /* Funding that was paid and not yet received, exact, in the fraction of ledger_due; and the
         * part of a unit that its rounding took. */
        zl_i128 clearing, dust;
};

struct ledger_fund {
        uint32_t id, asset;                        /* `asset` is a place */
        struct ledger_purse purses[LEDGER_ASSETS]; /* that of `asset` is what is published */
        struct ledger_position positions[LEDGER_INSTRUMENTS];
        int64_t peak;
        uint64_t rev, plan, planned_rev; /* the revision that the last plan was taken for */
        bool changed;
};

/* What happened, over all worlds. */
struct ledger_counts {
        uint64_t decisions, refused[4]; /* taken, stale, busy, late */
        uint64_t cancels, converts, nothing, liquidations, partials, unfilled;
        uint64_t plans, plans_refused, takeovers, pairs, shares, rows_refused;
        uint64_t closed, swept, covered, written_off, forced;
        uint64_t promises; /* pools closed at their limits and found at zero */
        uint64_t left_owing;    /* losers that a plan closed, and did not pay for */
        uint64_t winners_below; /* left below zero by a pair */
        uint64_t shares_above;  /* above the winner's profit */
        uint64_t exchanged;     /* shares, for what the loser's isolated pool holds */
        uint64_t socialized, residue, improved, paid_by_funds; /* units */
};

struct ledger {
        uint32_t assets_count, instruments_count, accounts_count, funds_count;
        struct ledger_asset assets[LEDGER_ASSETS];
        struct ledger_instrument instruments[LEDGER_INSTRUMENTS];
        struct ledger_account accounts[LEDGER_ACCOUNTS];
        struct ledger_fund funds[LEDGER_FUNDS];
        struct zl_msg_policy policies[LEDGER_POLICIES];
        struct ledger_counts *counts;
        bool broken;
        char why[400];
};

/* A number as a fraction, den > 0. */
struct ledger_value {
        zl_i128 num, den;
};

/* The first reason stands. */
__attribute__((format(printf, 2, 3))) void ledger_fail(struct ledger *ledger, const char *format,
                                                       ...);

zl_i128 ledger_div_ceil(zl_i128 num, zl_i128 den);
zl_i128 ledger_div_floor(zl_i128 num, zl_i128 den);
zl_i128 ledger_pow10(uint32_t exponent);

/* What a quantity is worth at a price, in units of the settle asset, not rounded. */
struct ledger_value ledger_value(const struct ledger *ledger, uint32_t instrument, int64_t qty,
                                 int64_t price);
/* What a position owes of funding, in units of the settle asset. */
struct ledger_value ledger_due(const struct ledger *ledger, uint32_t instrument,
                               const struct ledger_position *position);
int64_t ledger_value_floor(const struct ledger *ledger, uint32_t instrument, int64_t qty,
                           int64_t price);
/* Of an amount of one asset, how much of another it is worth at the rates. */
struct ledger_value ledger_exchange(const struct ledger *ledger, uint32_t from, int64_t amount,
                                    uint32_t to);

/* 1 or -1: which way money goes when a position of this sign is opened (1: it pays). */
int ledger_direction(const struct ledger *ledger, uint32_t instrument, int sign);
uint32_t ledger_settle(const struct ledger *ledger, uint32_t instrument); /* place of the asset */
/* Places of what messages name; the count where there is none. */
uint32_t ledger_find_instrument(const struct ledger *ledger, uint32_t id);
uint32_t ledger_find_account(const struct ledger *ledger, uint64_t id);
struct ledger_fund *ledger_fund_of(struct ledger *ledger, uint32_t instrument);

/* ---- sides ---- */

struct ledger_side ledger_side_of(struct ledger *ledger, uint32_t account, uint32_t pool,
                                  uint32_t instrument, uint32_t leg);
struct ledger_side ledger_side_venue(struct ledger *ledger, uint32_t instrument);
struct ledger_side ledger_side_fund(struct ledger *ledger, struct ledger_fund *fund,
                                    uint32_t instrument);

/* ---- postings ---- */

/* `one` trades `qty` (signed) at the price, `other` the opposite; due funding is settled first. */
void ledger_trade(struct ledger *ledger, uint32_t instrument, struct ledger_side one,
                  struct ledger_side other, int64_t qty, int64_t price);
/* Posts what the position owes of funding. */
void ledger_pay_funding(struct ledger *ledger, uint32_t instrument, struct ledger_side side);
void ledger_pay(struct ledger_purse *from, struct ledger_purse *to, int64_t amount);
/* `share` (10^-9) of the value, up, to the fee account; returns it. */
int64_t ledger_charge(struct ledger *ledger, uint32_t instrument, struct ledger_purse *purse,
                      int64_t qty, int64_t price, int64_t share);
/* The purse gives an amount of one asset to the venue and gets what it is worth of another. */
void ledger_convert(struct ledger *ledger, struct ledger_purse *purse_from, uint32_t from,
                    int64_t amount, struct ledger_purse *purse_to, uint32_t to);

/* ---- what is to be published ---- */

/* Money only. */
void ledger_touch(struct ledger *ledger, uint32_t account, uint32_t pool);
/* A quantity or cost of the pool changed: its base moves. */
void ledger_move(struct ledger *ledger, uint32_t account, uint32_t pool, uint32_t instrument,
                 uint32_t leg);

/* ---- pools ---- */

bool ledger_pool_empty(const struct ledger *ledger, const struct ledger_pool *pool);
/* Of one asset: money and unrealised profit less funding due, in units, for judging sizes. */
long double ledger_amount(const struct ledger *ledger, const struct ledger_pool *pool,
                          uint32_t asset);
long double ledger_profit(const struct ledger *ledger, uint32_t instrument,
                          const struct ledger_position *position);
/* What one unit of an asset is worth in units of the first one. */
long double ledger_unit(const struct ledger *ledger, uint32_t asset);
/* All of a pool, in units of the first asset. */
long double ledger_worth(const struct ledger *ledger, const struct ledger_pool *pool);

/* ---- proof ---- */

/* Fails the ledger unless all sums are zero. */
void ledger_check(struct ledger *ledger);
void ledger_print(const struct ledger *ledger, FILE *file);

#endif
