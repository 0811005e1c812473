/* books.h - one engine of one partition with a market, a fund and accounts, message by message.
 *
 * What partitions say to each other is given back in the order it was said; what else it says is
 * counted, and the rows of plans are kept. Owns: the engine, its outbox, one message, what waits to
 * be given back. Thread: the test's. */
#ifndef ZL_TESTS_BOOKS_H
#define ZL_TESTS_BOOKS_H

#include "core/plan.h"
#include "core/snapshot.h"

#include "unit.h"

enum { OUTBOX_SIZE = 1 << 20, USDT = 1, BTC = 7, FUND = 3, LOSER = 1, WINNER = 2, ROWS_KEPT = 64 };

/* A message of a plan. */
struct books_row {
        enum zl_type type;
        bool joins;
        uint32_t fund;
        uint64_t rev;
        uint64_t account; /* who gives or bears */
        uint32_t asset;   /* of a share */
        int64_t qty, price, amount;
        char key[96];
};

struct books_between {
        struct books_between *next;
        struct zl_topic topic;
        enum zl_type type;
        void *object;
};

static struct {
        struct zl_engine *engine;
        struct zl_outbox outbox;
        struct zl_message message;
        uint32_t src;   /* who speaks */
        uint32_t asker; /* whose question bids answer */
        uint64_t seq[ZL_TOPIC_KINDS][32]; /* of each topic: their numbers are small */
        uint32_t orders, plans, queries, ranks, said;
        uint32_t alerts[16];      /* by kind */
        uint32_t last_alert_said; /* how much was said before the last one */
        char evidence[200];       /* of the last alert that is no warning */
        struct books_row rows[ROWS_KEPT];
        uint32_t rows_count, rows_said; /* kept; all of them */
        bool holds; /* what partitions say to each other waits to be given back */
        struct books_between *first, **last;
} books;

static inline void books_keep(const struct zl_output *output)
{
        const struct zl_msg_takeover *takeover = output->object;
        const struct zl_msg_adl *adl = output->object;
        const struct zl_msg_socialize *share = output->object;
        struct books_row *row = &books.rows[books.rows_count];

        books.plans += !output->joins;
        books.rows_said++;
        if (books.rows_count == ROWS_KEPT)
                return;
        books.rows_count++;
        *row = (struct books_row){.type = output->type, .joins = output->joins};
        if (output->type == ZL_TYPE_TAKEOVER) {
                row->fund = takeover->fund, row->rev = takeover->rev, row->qty = takeover->qty;
                row->price = takeover->price, row->amount = takeover->amount;
                strcpy(row->key, takeover->key);
        } else if (output->type == ZL_TYPE_ADL) {
                row->fund = adl->fund, row->rev = adl->rev, row->qty = adl->qty;
                row->price = adl->price, row->account = adl->winner_account;
                strcpy(row->key, adl->loser_key);
        } else {
                row->fund = share->fund, row->rev = share->rev, row->amount = share->amount;
                row->asset = share->asset, row->account = share->account;
                strcpy(row->key, share->key);
        }
}

static inline void books_hear(const struct zl_output *output)
{
        const struct zl_msg_alert *alert = output->object;

        books.said++;
        books.orders += output->type == ZL_TYPE_LIQUIDATE;
        books.queries += output->type == ZL_TYPE_ADL_QUERY;
        books.ranks += output->type == ZL_TYPE_RANK;
        if (output->header.topic.kind == ZL_TOPIC_PLAN)
                books_keep(output);
        if (output->type != ZL_TYPE_ALERT)
                return;
        books.alerts[alert->kind]++;
        if (alert->kind == ZL_ALERT_KIND_WARN)
                return;
        books.last_alert_said = books.rows_count;
        strcpy(books.evidence, alert->text);
}

static inline void books_push(const struct zl_output *output)
{
        struct books_between *kept = calloc(1, sizeof *kept);

        assert_non_null(kept);
        kept->topic = output->header.topic;
        kept->type = output->type;
        kept->object = malloc(zl_message_size(output->type));
        assert_non_null(kept->object);
        memcpy(kept->object, output->object, zl_message_size(output->type));
        *books.last = kept;
        books.last = &kept->next;
}

static inline void books_step_one(struct zl_topic topic, uint64_t ts_ns)
{
        struct zl_header header = {
                .topic = topic,
                .src = books.src,
                .epoch = 1,
                .seq = ++books.seq[topic.kind][topic.id % 32],
                .ts_ns = ts_ns,
        };
        struct zl_output output;
        size_t cursor = 0;

        assert_int_equal(zl_engine_step(books.engine, &header, 0, &books.message, &books.outbox),
                         ZL_DONE);
        while (zl_outbox_next(&books.outbox, &cursor, &output)) {
                books_hear(&output);
                if (output.type == ZL_TYPE_DEFICIT || output.type == ZL_TYPE_ADL_QUERY ||
                    output.type == ZL_TYPE_ADL_BID)
                        books_push(&output);
        }
        zl_outbox_clear(&books.outbox);
}

/* Gives one message between partitions back to the engine; false: there is none. */
static inline bool books_give_back(bool heard)
{
        struct books_between *kept = books.first;

        if (!kept)
                return false;
        books.first = kept->next;
        if (!books.first)
                books.last = &books.first;
        books.message.type = kept->type;
        memcpy(&books.message.cluster, kept->object, zl_message_size(kept->type));
        if (heard)
                books_step_one(kept->topic, 0);
        free(kept->object);
        free(kept);
        return true;
}

static inline void books_step_at(struct zl_topic topic, uint64_t ts_ns)
{
        books_step_one(topic, ts_ns);
        while (!books.holds && books_give_back(true))
                ;
}

static inline void step(struct zl_topic topic)
{
        books_step_at(topic, 0);
}

static inline void say_clock(uint64_t ts_ns)
{
        zl_message_init(&books.message, ZL_TYPE_CLOCK);
        books_step_at((struct zl_topic){ZL_TOPIC_TIME, 1}, ts_ns);
}

static inline void say_position_in(uint64_t account, uint32_t instrument, uint64_t rev, int64_t qty,
                                   int64_t entry, int64_t margin)
{
        struct zl_msg_account *said = &books.message.account;

        zl_message_init(&books.message, ZL_TYPE_ACCOUNT);
        said->account = account;
        said->rev = said->cross_rev = rev;
        said->full = true;
        said->positions_count = 1;
        said->positions[0] = (struct zl_row_position){.instrument = instrument,
                                                      .qty = qty,
                                                      .entry = entry,
                                                      .mode = ZL_MODE_ISOLATED,
                                                      .margin = margin,
                                                      .rev = rev};
        said->positions[0].absent = 1 << ZL_AT_position_cost | 1 << ZL_AT_position_funding;
        step((struct zl_topic){ZL_TOPIC_ACCT, zl_partition(account, 1)});
}

static inline void say_position(uint64_t account, uint64_t rev, int64_t qty, int64_t entry,
                                int64_t margin)
{
        say_position_in(account, BTC, rev, qty, entry, margin);
}

static inline void say_prices(uint32_t instrument, int64_t price, int64_t index)
{
        struct zl_msg_mark *said = &books.message.mark;

        zl_message_init(&books.message, ZL_TYPE_MARK);
        said->instrument = instrument;
        said->price = said->bid = said->ask = price;
        said->index = index;
        said->absent = 0;
        step((struct zl_topic){ZL_TOPIC_MARK, instrument});
}

static inline void say_mark(int64_t price)
{
        say_prices(BTC, price, price);
}

static const struct zl_topic ctrl = {ZL_TOPIC_CTRL, 0};

static inline void say_asset(uint32_t asset, uint32_t scale)
{
        zl_message_init(&books.message, ZL_TYPE_ASSET);
        books.message.asset.asset = asset;
        books.message.asset.scale = scale;
        books.message.asset.numeraire = asset == USDT;
        step(ctrl);
}

static inline void say_rate(uint32_t asset, int64_t price)
{
        zl_message_init(&books.message, ZL_TYPE_RATE);
        books.message.rate.asset = asset;
        books.message.rate.price = price;
        step((struct zl_topic){ZL_TOPIC_RATE, asset});
}

static inline void say_policy(enum zl_takeover_when takeover, enum zl_adl_price price)
{
        zl_message_init(&books.message, ZL_TYPE_POLICY);
        books.message.policy.policy = 1;
        books.message.policy.partial = ZL_PARTIAL_NEVER;
        books.message.policy.takeover = takeover;
        books.message.policy.adl_price = price;
        step(ctrl);
}

static inline void say_instrument(uint32_t instrument, uint32_t settle, uint32_t fund)
{
        zl_message_init(&books.message, ZL_TYPE_INSTRUMENT);
        struct zl_msg_instrument *said = &books.message.instrument;
        said->instrument = instrument;
        said->settle = settle;
        said->fund = fund;
        said->price_scale = 2;
        said->qty_scale = 3;
        said->tick = said->lot = 1;
        step(ctrl);
}

static inline void say_market(void)
{
        zl_message_init(&books.message, ZL_TYPE_CLUSTER);
        books.message.cluster.partitions = 1;
        step(ctrl);
        say_asset(USDT, 6);
        say_policy(ZL_TAKEOVER_WHEN_NEVER, ZL_ADL_PRICE_CLOSEOUT);
        say_instrument(BTC, USDT, FUND);
        say_mark(6000000);
}

static inline void say_balance(uint32_t fund, uint32_t asset, uint64_t rev, int64_t balance,
                               uint64_t plan)
{
        zl_message_init(&books.message, ZL_TYPE_FUND);
        books.message.fund.fund = fund;
        books.message.fund.asset = asset;
        books.message.fund.rev = rev;
        books.message.fund.balance = books.message.fund.peak = balance;
        books.message.fund.plan = plan;
        step((struct zl_topic){ZL_TOPIC_FUND, fund});
}

static inline void say_fund(uint64_t rev)
{
        say_balance(FUND, USDT, rev, 0, 0);
}

static inline void say_nothing_filled(const char *order)
{
        zl_message_init(&books.message, ZL_TYPE_EXEC);
        strcpy(books.message.exec.order, order);
        books.message.exec.status = ZL_EXEC_STATUS_EXPIRED;
        books.message.exec.final = true;
        step((struct zl_topic){ZL_TOPIC_EXEC, 0});
}

static const struct zl_engine_config books_config = {.src = 1,
                                                     .epoch = 1,
                                                     .accounts_max = 1024,
                                                     .positions_max = 1024,
                                                     .balances_max = 8,
                                                     .instruments_max = 8,
                                                     .assets_max = 8,
                                                     .policies_max = 8,
                                                     .funds_max = 8,
                                                     .streams_max = 64};

static inline void books_make_engine(void)
{
        size_t size = zl_engine_size(&books_config);

        assert_int_equal(zl_engine_init(calloc(1, size), size, &books_config, &books.engine),
                         ZL_OK);
}

/* Another engine goes on from what this one saved. */
static inline void books_move(void)
{
        struct zl_engine *before = books.engine;
        size_t size = zl_snapshot_size(before, UINT32_MAX), saved;
        void *data = malloc(size);

        assert_int_equal(zl_snapshot_save(before, UINT32_MAX, data, size, &saved), ZL_OK);
        books_make_engine();
        assert_int_equal(zl_snapshot_load(books.engine, data, saved), ZL_OK);
        free(data);
        free(before);
}

static inline int open_books(void **state)
{
        (void)state;
        memset(&books, 0, sizeof books);
        books.last = &books.first;
        books.src = books.asker = 1;
        zl_outbox_init(&books.outbox, malloc(OUTBOX_SIZE), OUTBOX_SIZE);
        books_make_engine();
        say_market();
        return 0;
}

static inline int close_books(void **state)
{
        (void)state;
        while (books_give_back(false))
                ;
        free(books.outbox.data);
        free(books.engine);
        return 0;
}

#endif
