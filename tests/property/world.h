/* world.h - random worlds: what a cluster could say, told one message at a time.
 *
 * Answers: what comes next? All of it follows from the seed and from the orders the world was told
 * of. Most messages are lawful; some come twice, late or never, and some hold bad rows. Margins lie
 * around the maintenance line, and prices around a point, so that much happens.
 * Owns: its own state. Thread: one. */
#ifndef ZL_TESTS_WORLD_H
#define ZL_TESTS_WORLD_H

#include <zeroline/engine.h>

enum {
        WORLD_ASSETS = 3,
        WORLD_INSTRUMENTS = 4,
        WORLD_POLICIES = 3,
        WORLD_ACCOUNTS = 6,
        WORLD_LEGS = 3,
        WORLD_SLOTS = WORLD_INSTRUMENTS * WORLD_LEGS,
        WORLD_ORDERS = 8,
        WORLD_TOPICS = 64,
        WORLD_KEY_SIZE = 96,
};

/* A position as the ledger holds it. */
struct world_slot {
        int64_t qty, entry, cost, margin, order_margin, funding;
        bool has_cost, has_funding;
        uint64_t rev;
};

struct world_account {
        uint64_t id, rev;
        struct world_slot slots[WORLD_SLOTS];
};

struct world_instrument {
        struct zl_msg_instrument now;
        int64_t low, high; /* marks mostly lie here */
        int64_t mark, funding;
        int64_t swing; /* the other end of an oscillation; 0: none */
        long double unit;    /* settle units of one unit of quantity at a price of one unit */
        int64_t notional; /* what positions are about worth, in settle units */
};

struct world_stream {
        struct zl_topic topic;
        uint64_t epoch, seq;
};

struct world {
        uint64_t random;
        uint32_t partitions;
        uint32_t assets_count, instruments_count, policies_count, accounts_count;
        bool coarse; /* few digits: ties happen */
        struct zl_msg_asset assets[WORLD_ASSETS];
        int64_t rates[WORLD_ASSETS];
        struct world_instrument instruments[WORLD_INSTRUMENTS];
        struct zl_msg_policy policies[WORLD_POLICIES];
        struct world_account accounts[WORLD_ACCOUNTS];
        char orders[WORLD_ORDERS][WORLD_KEY_SIZE]; /* the latest heard of */
        uint32_t orders_count;
        struct world_stream streams[WORLD_TOPICS];
        uint32_t streams_count;
        uint64_t told;   /* messages so far */
        uint32_t said;   /* of the things to define at the beginning */
        uint64_t now_ns;
        struct zl_header header; /* of the last message */
        uint32_t place;
};

void world_init(struct world *world, uint64_t seed);
/* Makes the next message; `message` is the caller's and was the last one. */
void world_next(struct world *world, struct zl_message *message, struct zl_header *ret_header,
                uint32_t *ret_place);
/* An order id or a decision's key that was said, for answers to come. */
void world_hear(struct world *world, const char *order);
/* The same, of an engine's output. */
void world_hear_output(struct world *world, enum zl_type type, const void *object);

uint64_t world_random(struct world *world);
/* From 0 to limit - 1. */
uint32_t world_below(struct world *world, uint32_t limit);
int64_t world_between(struct world *world, int64_t low, int64_t high);
bool world_chance(struct world *world, uint32_t percent);

/* world_define.c: instruments, policies and the like. */
void world_make_markets(struct world *world);
void world_change_instrument(struct world *world, struct world_instrument *instrument);
void world_change_policy(struct world *world, struct zl_msg_policy *policy);

/* The whole part, within what an exchange would still call a quantity or an amount. */
static inline int64_t whole(long double value)
{
        const long double most = 1e15L;

        if (!(value < most))
                return (int64_t)most;
        return value < -most ? -(int64_t)most : (int64_t)value;
}

#endif
