/* rows.h - what the twin remembers.
 *
 * Answers: which row has this id; "find" gives NULL, "need" makes a new one. Owns: nothing.
 * Thread: one. */
#ifndef ZL_TESTS_ROWS_H
#define ZL_TESTS_ROWS_H

#include "money.h"
#include "twin.h"

struct stream {
        struct zl_topic topic;
        uint32_t src;
        uint64_t epoch, seq;
        bool old_said;
        bool intact;  /* since its restatement began */
        bool missing; /* frames, that nobody has restated yet */
        bool torn;    /* behind the last frame one was lost */
};

struct account {
        uint64_t id, rev;
        uint32_t policy;
        bool suspended;
};

/* The steps of the ladder, in their order. */
enum step {
        STEP_NONE,
        STEP_CANCEL,
        STEP_CONVERT,
        STEP_PARTIAL,
        STEP_FULL,
        STEP_DEFICIT,
};

/* What a pool waits for. */
enum stage {
        IDLE,   /* nothing is open */
        ASKED,  /* an answer to what was sent */
        HELD,   /* the end of what the router holds */
        LEDGER, /* the account revision that shows a cancel */
        DONE,   /* a newer base */
        SHORT,  /* someone to bear the deficit */
};

/* The cross pool of an account, or one isolated position. */
struct pool {
        struct account *account;
        bool cross;
        uint32_t instrument; /* of an isolated pool, as is the leg */
        enum zl_leg leg;
        bool listed; /* by the message under way */
        struct position positions[TWIN_POSITIONS]; /* in canonical order */
        struct balance balances[TWIN_ASSETS];      /* an isolated pool's one is of no asset yet */
        uint32_t positions_count, balances_count;
        uint64_t base;
        uint32_t n;
        enum step answered; /* the last one behind us at this base */
        enum step tried;    /* the last one proposed at this base */
        enum step proposed; /* the first one of those proposed at this n */
        bool taken;         /* the router holds another's */
        uint32_t places;    /* of that */
        bool done[TWIN_POSITIONS]; /* places that ended with nothing, at this n */
        enum stage stage;
        uint32_t attempts;
        uint64_t due_ns;
        uint64_t rev_wanted; /* LEDGER */
        uint32_t level;
        bool halted_said, refused_said;
        bool curing;
        uint64_t cure_ns;  /* the end of the time to cure */
        uint64_t held_ns;  /* nothing is sent before */
        uint64_t slice_ns; /* a slice was sent: until then no other decision */
        uint64_t slice_base;
        uint32_t slice_n;
};

/* The right to send, in 10^-9 of a message. */
struct bucket {
        bool used;
        zl_i128 tokens;
        uint64_t filled_ns;
};

struct twin {
        uint32_t src;
        uint64_t epoch;
        uint32_t partitions;
        uint64_t now_ns;
        bool taken; /* the frame under way */
        bool gap;   /* something was missed before the message under way */
        struct stream streams[TWIN_STREAMS];
        struct instrument instruments[TWIN_INSTRUMENTS];
        struct asset assets[TWIN_ASSETS];
        struct asset *numeraire;
        struct zl_msg_policy policies[TWIN_POLICIES];
        struct account accounts[TWIN_ACCOUNTS];
        struct pool pools[TWIN_POOLS]; /* in canonical order */
        uint32_t streams_count, instruments_count, assets_count, policies_count, accounts_count,
                pools_count;
        struct bucket buckets[TWIN_PARTITIONS][TWIN_POLICIES];
        uint64_t orders_said[TWIN_PARTITIONS], alerts_said[TWIN_PARTITIONS],
                deficits_said[TWIN_PARTITIONS];
        struct twin_output outputs[TWIN_OUTPUTS];
        uint32_t outputs_count;
        struct money money;
};

struct instrument *twin_find_instrument(struct twin *twin, uint32_t id);
struct asset *twin_find_asset(struct twin *twin, uint32_t id);
struct zl_msg_policy *twin_find_policy(struct twin *twin, uint32_t id);
struct account *twin_find_account(struct twin *twin, uint64_t id);
struct instrument *twin_need_instrument(struct twin *twin, uint32_t id);
struct asset *twin_need_asset(struct twin *twin, uint32_t id);
struct zl_msg_policy *twin_need_policy(struct twin *twin, uint32_t id);
struct account *twin_need_account(struct twin *twin, uint64_t id);

/* A pool's name; instrument and leg mean nothing where it is the cross pool. */
struct pool_name {
        uint64_t account;
        bool cross;
        uint32_t instrument;
        enum zl_leg leg;
};

struct pool *twin_find_pool(struct twin *twin, struct pool_name name);
/* Pools move when one is added or dropped. */
struct pool *twin_add_pool(struct twin *twin, struct account *account, struct pool_name name);
void twin_drop_pool(struct twin *twin, struct pool *pool);
void twin_print_pool(const struct pool *pool, char *text, size_t size);

uint32_t twin_partition(uint64_t id, uint32_t partitions);

#endif
