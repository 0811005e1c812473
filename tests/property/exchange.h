/* exchange.h - a simulated exchange around the ledger: traders, prices, a router, a venue.
 *
 * Answers: what happens next, and what comes of what an engine says? Everything follows from the
 * seed. What an engine says is executed as a ledger and a router would: a decision is admitted
 * once, a plan for the present revision of its fund once, a pair moves both sides or neither.
 * Whatever breaks a promise fails the ledger.
 * Owns: the ledger, the bus, the router's book. Thread: one.
 *
 * How money goes:
 * - a fill of a partial step is the account's as it is; a fill of a full step is at the limit for
 *   the account, and what it is better goes to the fund; or, in worlds that `sweep`, it is the
 *   account's too;
 * - what a closed isolated pool has left goes to the fund; what rounding took from it beyond zero
 *   comes back from the residue;
 * - a takeover is at its price or at the mark, whichever is worse for the loser: beyond the mark
 *   the price says what `amount` already pays;
 * - a winner's share goes to the loser's pool. */
#ifndef ZL_TESTS_EXCHANGE_H
#define ZL_TESTS_EXCHANGE_H

#include "ledger.h"
#include "ledger_bus.h"

#include "core/key.h"

enum { ROUTER_KEYS = 8, ROUTER_PLACES = 16, VENUE_ORDERS = 256 };

/* What was answered last for one order of a decision. */
struct router_answer {
        enum zl_exec_status status;
        bool final;
        int64_t filled;
        uint64_t rev;
};

struct router_key {
        uint64_t base;
        uint32_t n;
        uint64_t decision; /* counted, to tell effects of one from those of another */
        uint32_t places;
        enum zl_exec_step step;
        bool final, effect;
        struct router_answer answers[ROUTER_PLACES];
        /* all of the pool is closed at limits at which nothing is left */
        bool promise;
        uint32_t instruments[ROUTER_PLACES];
        long double most; /* that may be left, in units of the first asset, and less than nothing */
};

/* One pool of the admission book: the keys of the present base, and the live one. */
struct router_pool {
        struct router_key keys[ROUTER_KEYS];
        uint32_t keys_count;
        bool live;
};

struct venue_order {
        struct zl_key key;
        uint32_t account, pool;
        struct bus_row row;
        int64_t filled;
};

/* A decision or a plan had effect under a key. */
struct effect {
        struct zl_key key;
        uint64_t decision;
};

struct exchange {
        struct ledger ledger;
        struct ledger_counts counts;
        struct bus bus;
        uint64_t seed, random, now_ns;
        bool timed; /* clocks are heard */
        bool sweep; /* a better fill is the account's */
        bool slices; /* a policy cuts orders */
        bool calm;   /* the venue takes everything at the limit */
        bool known; /* the engine that spoke knew everything that the ledger had said */
        bool fund_alert;
        const struct bus_frame *frame; /* that is being executed */
        uint64_t decisions;
        bool tells_step; /* the router says the step of what it admitted */
        struct router_pool router[LEDGER_ACCOUNTS][LEDGER_POOLS];
        struct venue_order orders[VENUE_ORDERS];
        uint32_t orders_count;
        struct effect *effects;
        uint32_t effects_count, effects_capacity;
        struct zl_message *message;
};

void exchange_open(struct exchange *exchange);
void exchange_close(struct exchange *exchange);
/* exchange_make.c: a random world; all of it is said. */
void exchange_begin(struct exchange *exchange, uint64_t seed, uint32_t engines, bool ordered);
/* exchange_events.c: something happens; what changed is published. */
void exchange_event(struct exchange *exchange);
/* Something happens, or time passes; and what follows from it. */
void exchange_step(struct exchange *exchange);
/* No price moves, the venue takes everything: all must come to rest. */
void exchange_rest(struct exchange *exchange);

uint64_t exchange_random(struct exchange *exchange);
uint32_t exchange_below(struct exchange *exchange, uint32_t limit);
int64_t exchange_between(struct exchange *exchange, int64_t low, int64_t high);
bool exchange_chance(struct exchange *exchange, uint32_t percent);

/* ---- exchange_say.c: what the exchange publishes ---- */

void exchange_say_asset(struct exchange *exchange, uint32_t asset);
void exchange_say_rate(struct exchange *exchange, uint32_t asset);
void exchange_say_policy(struct exchange *exchange, uint32_t policy);
void exchange_say_instrument(struct exchange *exchange, uint32_t instrument);
void exchange_say_mark(struct exchange *exchange, uint32_t instrument);
void exchange_say_fund(struct exchange *exchange, uint32_t fund);
void exchange_say_clock(struct exchange *exchange, uint32_t engine);
void exchange_say_account(struct exchange *exchange, uint32_t account, bool full);
void exchange_say_exec(struct exchange *exchange, const struct zl_msg_exec *exec);
/* The revision under which the account's changes so far are going to be shown. */
uint64_t exchange_shown_by(const struct exchange *exchange, uint32_t account);
/* One atomic change of each account and fund that changed. */
void exchange_publish(struct exchange *exchange);
void exchange_restate(struct exchange *exchange);

/* ---- what engines say ---- */

/* exchange_router.c */
void exchange_take_decision(struct exchange *exchange, const struct bus_frame *frame);
/* The place among an account's pools; LEDGER_POOLS where there is none. */
uint32_t exchange_pool_place(const struct exchange *exchange, struct zl_pool_id pool);
void exchange_had_effect(struct exchange *exchange, const struct zl_key *key, uint64_t decision);
void exchange_answer(struct exchange *exchange, const struct venue_order *order,
                     const struct router_answer *answer, int64_t price, int64_t fee);
bool exchange_was_offered(const struct exchange *exchange, const struct router_pool *pool,
                          uint64_t base);
struct router_key *exchange_live_key(struct exchange *exchange, const struct venue_order *order);

/* exchange_venue.c */
/* Fails the ledger if the order does not fit the pool that its base names. */
void exchange_check_order(struct exchange *exchange, const struct venue_order *order);
/* Executes the order, in whole or, while it is not final, in part. */
void exchange_execute(struct exchange *exchange, uint32_t at);
/* What a pool without positions has left goes where it belongs. */
void exchange_close_pool(struct exchange *exchange, uint32_t account, uint32_t pool,
                         uint32_t instrument, bool liquidated);
/* exchange_weigh.c, in units of the first asset */
bool exchange_at_edge(const struct ledger *ledger, uint32_t instrument, int64_t price);
/* What a tick and the rounding of one position come to. */
long double exchange_tick_worth(const struct ledger *ledger, uint32_t instrument, int64_t qty,
                                int64_t price);
long double exchange_slack(const struct ledger *ledger, uint32_t instrument);
/* Of the positions that have one. */
long double exchange_profit(const struct ledger *ledger, const struct ledger_pool *pool);

/* exchange_plan.c */
void exchange_take_plan(struct exchange *exchange, const struct bus_frame *frame);
void exchange_write_off(struct exchange *exchange, const struct zl_msg_deficit *deficit);

#endif
