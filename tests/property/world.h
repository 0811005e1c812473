/* world.h - random worlds: what a cluster could say, told one message at a time.
 *
 * Answers: what comes next? All of it follows from the seed and from the orders the world was told
 * of, which its router answers and its ledger fills. Most messages are lawful; some come twice,
 * late or never, and some hold bad rows. Pools are drawn around the maintenance line, and prices
 * around a point, so that much happens.
 * Owns: its own state. Thread: one. */
#ifndef ZL_TESTS_WORLD_H
#define ZL_TESTS_WORLD_H

#include <zeroline/engine.h>

/* What a world may hold beside isolated positions that are warned about and closed whole. A seed
 * takes some of what it is given. */
enum world_feature {
        WORLD_CROSS = 1,    /* cross pools: several assets, haircuts, debts */
        WORLD_LADDER = 2,   /* cancel, convert, partial; settled instruments */
        WORLD_GUARDS = 4,   /* time to cure, slices, tokens, jumps */
        WORLD_EXTREMES = 8, /* scales up to 18, and what they do not hold */
};

static inline uint32_t world_features(bool cross, bool ladder, bool guards, bool extremes)
{
        return (cross ? WORLD_CROSS : 0) | (ladder ? WORLD_LADDER : 0) |
               (guards ? WORLD_GUARDS : 0) | (extremes ? WORLD_EXTREMES : 0);
}

enum {
        WORLD_ASSETS = 4,
        WORLD_INSTRUMENTS = 4,
        WORLD_POLICIES = 3,
        WORLD_ACCOUNTS = 8,
        WORLD_LEGS = 3,
        WORLD_CROSS_FROM = WORLD_INSTRUMENTS * WORLD_LEGS, /* isolated slots stand before */
        WORLD_SLOTS = 2 * WORLD_CROSS_FROM,
        WORLD_ORDERS = 12,
        WORLD_TOPICS = 64,
        WORLD_KEY_SIZE = 96,
};

/* A position as the ledger holds it. */
struct world_slot {
        int64_t qty, entry, cost, margin, order_margin, funding;
        bool has_cost, has_funding;
        bool changed, moved; /* not said yet; it is another position than was said */
        uint64_t rev;
};

struct world_balance {
        int64_t amount, order_margin;
        bool changed;
};

struct world_account {
        uint64_t id, rev, cross_rev;
        uint32_t policy;
        bool cross_moved; /* by what was not said yet */
        struct world_slot slots[WORLD_SLOTS];
        struct world_balance balances[WORLD_ASSETS];
};

struct world_instrument {
        struct zl_msg_instrument now;
        int64_t low, high; /* marks mostly lie here */
        int64_t mark, before, funding;
        int64_t swing; /* the other end of an oscillation; 0: none */
        long double unit; /* settle units of one unit of quantity: times the price, or over it */
        int64_t notional; /* what positions are about worth, in settle units */
};

/* An order that was heard, or the decision of a deficit. */
struct world_order {
        enum zl_type type;
        char key[WORLD_KEY_SIZE];
        struct world_account *account;
        int32_t slot; /* -1: the pool, or an asset */
        uint32_t asset; /* place */
        bool cross;
        int64_t qty, price;
};

struct world_stream {
        struct zl_topic topic;
        uint64_t epoch, seq;
};

struct world {
        uint64_t random;
        uint32_t features;
        uint32_t partitions;
        uint32_t assets_count, instruments_count, policies_count, accounts_count;
        bool coarse;    /* few digits: ties happen */
        bool clockless; /* engine time never begins */
        uint32_t ticks; /* of a hundred messages */
        uint32_t rate_ticks, cross_changes; /* of a hundred ticks; of positions */
        struct zl_msg_asset assets[WORLD_ASSETS];
        int64_t rates[WORLD_ASSETS], rates_before[WORLD_ASSETS];
        int64_t typical[WORLD_ASSETS]; /* a balance, in units */
        struct world_instrument instruments[WORLD_INSTRUMENTS];
        struct zl_msg_policy policies[WORLD_POLICIES];
        struct world_account accounts[WORLD_ACCOUNTS];
        struct world_order orders[WORLD_ORDERS]; /* the latest heard of */
        uint32_t orders_count;
        struct world_stream streams[WORLD_TOPICS];
        uint32_t streams_count;
        uint64_t told;   /* messages so far */
        uint64_t heard;  /* of them, when an engine last said something */
        uint32_t said;   /* of the things to define at the beginning */
        bool began;      /* all of them */
        uint32_t healing; /* ends of restatements to come, what all depend on having had a hole */
        uint64_t now_ns;
        struct zl_header header; /* of the last message */
        uint32_t place;
};

void world_init(struct world *world, uint64_t seed, uint32_t features);
/* Makes the next message; `message` is the caller's and was the last one. */
void world_next(struct world *world, struct zl_message *message, struct zl_header *ret_header,
                uint32_t *ret_place);
/* What an engine said, for answers to come. */
void world_hear_output(struct world *world, enum zl_type type, const void *object);

uint64_t world_random(struct world *world);
/* From 0 to limit - 1. */
uint32_t world_below(struct world *world, uint32_t limit);
int64_t world_between(struct world *world, int64_t low, int64_t high);
bool world_chance(struct world *world, uint32_t percent);
/* From 1 to 10^digits; the number of digits is drawn first. */
int64_t world_magnitude(struct world *world, uint32_t digits);
static inline bool world_has(const struct world *world, enum world_feature feature)
{
        return world->features & feature;
}
/* The next frame of the topic, or the next message of the last frame; sometimes what no publisher
 * should send. */
void world_put_header(struct world *world, enum zl_topic_kind kind, uint32_t id);

/* world_define.c: assets, instruments, policies. */
void world_make_markets(struct world *world);
void world_change_asset(struct world *world, uint32_t at);
void world_change_instrument(struct world *world, struct world_instrument *instrument);
void world_change_policy(struct world *world, struct zl_msg_policy *policy);
/* world_spoil.c: makes one that is to be refused. */
void world_spoil_asset(struct world *world, struct zl_msg_asset *asset);
void world_spoil_instrument(struct world *world, struct zl_msg_instrument *instrument);
void world_spoil_policy(struct world *world, struct zl_msg_policy *policy);
void world_spoil_account(struct world *world, struct zl_msg_account *account);

/* world_worth.c: about what things are worth; a guess is enough. */
long double world_power(uint32_t digits);
/* Of a quantity at the mark, in settle units. */
long double world_value(const struct world_instrument *instrument, int64_t qty, int64_t price);
/* One unit of the asset, in the numeraire. */
long double world_rate(const struct world *world, uint32_t asset);
/* Maintenance of a position, in settle units. */
long double world_needed(const struct world_instrument *instrument, const struct world_slot *slot);
/* Its profit, in settle units. */
long double world_profit(const struct world_instrument *instrument, const struct world_slot *slot,
                         int64_t price);
/* What the cross pool is short of to be `factor` times its maintenance, in the numeraire. */
long double world_cross_shortage(const struct world *world, const struct world_account *account,
                                 long double factor);
/* What one more unit of the asset adds to the pool's equity, in the numeraire. */
long double world_weight(const struct world *world, const struct world_account *account,
                         uint32_t asset);

/* world_account.c */
void world_say_account(struct world *world, struct zl_message *message);
/* world_answer.c */
void world_say_exec(struct world *world, struct zl_message *message);

/* The whole part, within what an exchange would still call a quantity or an amount. */
static inline int64_t whole(long double value)
{
        const long double most = 1e15L;

        if (!(value < most))
                return (int64_t)most;
        return value < -most ? -(int64_t)most : (int64_t)value;
}

#endif
