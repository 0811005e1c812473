/* rows.h - what the twin remembers, and how it speaks.
 *
 * Answers: which row has this id; "find" gives NULL, "need" makes a new one. Owns: nothing.
 * Thread: one. */
#ifndef ZL_TESTS_ROWS_H
#define ZL_TESTS_ROWS_H

#include "twin.h"

struct stream {
        struct zl_topic topic;
        uint32_t src;
        uint64_t epoch, seq;
        bool old_said;
};

struct instrument {
        uint32_t id;
        bool defined, has_mark, has_funding, refusing;
        struct zl_msg_instrument said;
        uint64_t mark_ns;
        int64_t mark, funding;
        uint64_t mark_seq;
};

struct asset {
        uint32_t id;
        bool defined, has_rate;
        struct zl_msg_asset said;
        int64_t rate;
};

struct account {
        uint64_t id, rev;
        bool suspended, cross_said;
};

/* What a pool waits for. */
enum stage {
        IDLE,  /* nothing is open */
        ASKED, /* an answer to what was sent */
        HELD,  /* the fill of what the router holds */
        DONE,  /* a newer base */
        SHORT, /* someone to bear the deficit */
};

struct pool {
        struct account *account;
        uint32_t instrument; /* id */
        enum zl_leg leg;
        bool listed; /* by the message under way */
        struct twin_position position;
        uint64_t base;
        uint32_t n;
        enum stage stage;
        uint32_t attempts;
        uint64_t due_ns;
        uint32_t level;
        bool halted_said, refused_said;
};

struct twin {
        uint32_t src;
        uint64_t epoch;
        uint32_t partitions;
        uint64_t now_ns;
        bool taken; /* the frame under way */
        struct stream streams[TWIN_STREAMS];
        struct instrument instruments[TWIN_INSTRUMENTS];
        struct asset assets[TWIN_ASSETS];
        struct zl_msg_policy policies[TWIN_POLICIES];
        struct account accounts[TWIN_ACCOUNTS];
        struct pool pools[TWIN_POOLS]; /* in canonical order */
        uint32_t streams_count, instruments_count, assets_count, policies_count, accounts_count,
                pools_count;
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
struct pool *twin_find_pool(struct twin *twin, uint64_t account, uint32_t instrument,
                              enum zl_leg leg);
struct pool *twin_add_pool(struct twin *twin, struct account *account, uint32_t instrument,
                             enum zl_leg leg);
void twin_drop_pool(struct twin *twin, struct pool *pool);
struct twin_output *twin_say(struct twin *twin, enum zl_type type, enum zl_topic_kind topic,
                               uint32_t id, uint64_t *said);
void twin_alert_all(struct twin *twin, enum zl_alert_kind kind, const uint32_t *instrument);
struct zl_msg_alert *twin_alert_account(struct twin *twin, uint64_t account,
                                          enum zl_alert_kind kind);
void twin_alert_pool(struct twin *twin, const struct pool *pool, enum zl_alert_kind kind,
                       const int64_t *ratio);
void twin_print_pool(const struct pool *pool, char *text, size_t size);
uint32_t twin_partition(uint64_t id, uint32_t partitions);

#endif
