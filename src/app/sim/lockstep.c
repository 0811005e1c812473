#include "app/sim/lockstep.h"

#include "app/sim/plans.h"
#include "app/say.h"
#include "app/sim/venue.h"

#include <stdlib.h>
#include <string.h>

enum { WORKER = 1, ROUTER = 200, LEDGER = 100, EPOCH = 1 };

/* ---- the engine ---- */

static void record(struct zl_lockstep *market, enum zl_record_kind kind, const void *frame,
                   size_t size)
{
        if (market->failed || zl_tape_append(market->tape, kind, frame, size) == ZL_OK)
                return;
        zl_say_errno("cannot write the tape");
        market->failed = true;
}

/* What the engine said is on the tape before anything comes of it. */
static void hear_engine(struct zl_lockstep *market)
{
        for (size_t i = 0; i < market->said.count; i++) {
                const struct zl_said_item *item = zl_said_item(&market->said, i);
                const uint8_t *frame = zl_said_frame(&market->said, item);
                record(market, item->kind, frame, item->size);
                if (item->topic.kind == ZL_TOPIC_ORDR || item->topic.kind == ZL_TOPIC_PLAN)
                        zl_said_copy(&market->todo, item, frame);
        }
        market->failed |= market->said.failed || market->todo.failed;
        zl_said_clear(&market->said);
}

/* A zl_feeder_send. */
static bool hand_over(void *context, const void *frame, size_t size)
{
        struct zl_lockstep *market = context;
        struct zl_frame_reader reader;

        if (market->loses)
                return true;
        record(market, ZL_RECORD_IN, frame, size);
        if (zl_run_frame(&market->run, frame, size, zl_said_hear, &market->said, &reader) != ZL_OK)
                market->failed = true;
        hear_engine(market);
        return true;
}

/* ---- the ledger ---- */

static struct zl_topic of_account(uint64_t account)
{
        return (struct zl_topic){ZL_TOPIC_ACCT, zl_partition(account, ZL_LOCKSTEP_PARTITIONS)};
}

static void state_account(struct zl_lockstep *market, const struct zl_world_account *account)
{
        zl_world_say_account(&market->world, account, market->account);
        zl_book_learn(&market->book, of_account(account->id).id, market->account);
        zl_feeder_say(market->ledger, of_account(account->id), market->now_ns, ZL_TYPE_ACCOUNT,
                      market->account);
}

static void state_fund(struct zl_lockstep *market)
{
        struct zl_msg_fund fund;

        zl_world_say_fund(&market->world, &fund);
        zl_feeder_say(market->ledger, (struct zl_topic){ZL_TOPIC_FUND, fund.fund}, market->now_ns,
                      ZL_TYPE_FUND, &fund);
}

static void carry_out_plan(struct zl_lockstep *market, const uint8_t *frame, size_t size)
{
        struct zl_world *world = &market->world;

        if (!zl_plan_execute(world, frame, size, market->message)) {
                world->plans_refused++;
                return;
        }
        for (uint32_t i = 0; i < world->accounts_count; i++) {
                if (world->accounts[i].changed)
                        state_account(market, &world->accounts[i]);
                world->accounts[i].changed = false;
        }
        state_fund(market);
}

/* ---- the router and the venue ---- */

static void answer(struct zl_lockstep *market, uint32_t partition,
                   const struct zl_verdict *verdict)
{
        if (verdict->admitted)
                return;
        zl_feeder_begin(market->router, (struct zl_topic){ZL_TOPIC_EXEC, partition},
                        market->now_ns);
        zl_feeder_add(market->router, ZL_TYPE_EXEC, &verdict->answer);
        for (uint32_t i = 0; i < verdict->orders_count; i++)
                zl_feeder_add(market->router, ZL_TYPE_EXEC, &verdict->orders[i]);
        if (verdict->over)
                zl_feeder_add(market->router, ZL_TYPE_EXEC, &verdict->end);
        market->failed |= !zl_feeder_end(market->router);
}

/* All of a decision is one change of its account. */
static void execute(struct zl_lockstep *market, const struct zl_proposal *proposal,
                    struct zl_frame_reader *reader)
{
        struct zl_world *world = &market->world;
        struct zl_world_account *account = zl_world_account(world, proposal->key.account);
        uint64_t rev = account ? account->rev : 0, fund_rev = world->fund_rev;
        struct zl_msg_exec execs[ZL_PROPOSAL_ORDERS_MAX];
        uint32_t count = 0;

        while (zl_frame_next(reader, market->message) == ZL_OK) {
                zl_venue_execute(world, market->message, &execs[count]);
                zl_book_executed(&market->book, &execs[count++]);
        }
        if (account && account->rev != rev)
                state_account(market, account);
        if (world->fund_rev != fund_rev)
                state_fund(market);
        zl_feeder_begin(market->router, (struct zl_topic){ZL_TOPIC_EXEC, proposal->topic.id},
                        market->now_ns);
        for (uint32_t i = 0; i < count; i++)
                zl_feeder_add(market->router, ZL_TYPE_EXEC, &execs[i]);
        market->failed |= !zl_feeder_end(market->router);
}

static void carry_out_decision(struct zl_lockstep *market, const uint8_t *frame, size_t size)
{
        struct zl_proposal proposal;
        struct zl_frame_reader reader;
        struct zl_verdict verdict;

        if (zl_proposal_read(frame, size, market->message, &proposal, &reader) != NULL) {
                market->failed = true;
                return;
        }
        zl_book_judge(&market->book, &proposal, market->now_ns, &verdict);
        answer(market, proposal.topic.id, &verdict);
        if (verdict.admitted && zl_frame_open(&reader, frame, size) == ZL_OK)
                execute(market, &proposal, &reader);
}

/* In the order in which it was said; what comes of it is heard at once, and may add more. */
static void carry_out(struct zl_lockstep *market)
{
        static uint8_t frame[ZL_FRAME_SIZE_MAX];

        while (!market->failed && market->done < market->todo.count) {
                struct zl_said_item item = *zl_said_item(&market->todo, market->done++);
                memcpy(frame, zl_said_frame(&market->todo, &item), item.size);
                if (item.topic.kind == ZL_TOPIC_PLAN)
                        carry_out_plan(market, frame, item.size);
                else
                        carry_out_decision(market, frame, item.size);
        }
        zl_said_clear(&market->todo);
        market->done = 0;
}

/* ---- what is published ---- */

void zl_lockstep_define(struct zl_lockstep *market, const struct zl_msg_policy *policies,
                        uint32_t count)
{
        static const struct zl_topic ctrl = {ZL_TOPIC_CTRL, 0};
        struct zl_msg_cluster cluster = {.partitions = ZL_LOCKSTEP_PARTITIONS};
        struct zl_msg_asset asset;
        uint64_t now_ns = market->now_ns;

        zl_feeder_say(market->ledger, ctrl, now_ns, ZL_TYPE_CLUSTER, &cluster);
        for (uint32_t id = ZL_WORLD_USDT; id <= ZL_WORLD_BTC; id++) {
                zl_world_say_asset(id, &asset);
                zl_feeder_say(market->ledger, ctrl, now_ns, ZL_TYPE_ASSET, &asset);
        }
        for (uint32_t i = 0; i < count; i++)
                zl_feeder_say(market->ledger, ctrl, now_ns, ZL_TYPE_POLICY, &policies[i]);
        for (uint32_t i = 0; i < ZL_WORLD_INSTRUMENTS; i++) {
                zl_world_say_instrument(&market->world, i, &market->message->instrument);
                zl_feeder_say(market->ledger, ctrl, now_ns, ZL_TYPE_INSTRUMENT,
                              &market->message->instrument);
        }
        zl_feeder_synced(market->ledger, ctrl, now_ns);
}

void zl_lockstep_account(struct zl_lockstep *market, const struct zl_world_account *account)
{
        state_account(market, account);
        carry_out(market);
}

void zl_lockstep_accounts(struct zl_lockstep *market)
{
        for (uint32_t i = 0; i < market->world.accounts_count; i++)
                zl_lockstep_account(market, &market->world.accounts[i]);
        for (uint32_t p = 0; p < ZL_LOCKSTEP_PARTITIONS; p++)
                zl_feeder_synced(market->ledger, (struct zl_topic){ZL_TOPIC_ACCT, p},
                                 market->now_ns);
}

void zl_lockstep_restate(struct zl_lockstep *market, uint32_t partition)
{
        for (uint32_t i = 0; i < market->world.accounts_count; i++) {
                if (of_account(market->world.accounts[i].id).id == partition)
                        state_account(market, &market->world.accounts[i]);
        }
        zl_feeder_synced(market->ledger, (struct zl_topic){ZL_TOPIC_ACCT, partition},
                         market->now_ns);
        carry_out(market);
}

void zl_lockstep_fund(struct zl_lockstep *market)
{
        state_fund(market);
        carry_out(market);
}

static void say_clock(struct zl_lockstep *market)
{
        const struct zl_header header = {.topic = {ZL_TOPIC_TIME, WORKER},
                                         .src = WORKER,
                                         .epoch = EPOCH,
                                         .seq = ++market->clock_seq,
                                         .ts_ns = market->now_ns};
        struct zl_msg_clock clock = {0};
        struct zl_frame_writer writer;
        uint8_t buffer[128];
        size_t size;

        zl_frame_begin(&writer, buffer, sizeof buffer, &header);
        zl_frame_add_as(&writer, ZL_TYPE_CLOCK, &clock);
        if (zl_frame_end(&writer, &size) == ZL_OK)
                hand_over(market, buffer, size);
        carry_out(market);
}

void zl_lockstep_tick(struct zl_lockstep *market, uint64_t span_ms)
{
        struct zl_msg_rate rate;
        struct zl_msg_mark mark;

        market->now_ns += span_ms * 1000000;
        say_clock(market);
        zl_world_say_rate(&market->world, &rate);
        zl_feeder_say(market->ledger, (struct zl_topic){ZL_TOPIC_RATE, rate.asset},
                      market->now_ns, ZL_TYPE_RATE, &rate);
        carry_out(market);
        for (uint32_t i = 0; i < ZL_WORLD_INSTRUMENTS; i++) {
                zl_world_say_mark(&market->world, i, &mark);
                zl_feeder_say(market->ledger, (struct zl_topic){ZL_TOPIC_MARK, mark.instrument},
                              market->now_ns, ZL_TYPE_MARK, &mark);
                carry_out(market);
        }
}

void zl_lockstep_beat(struct zl_lockstep *market)
{
        zl_feeder_beat(market->ledger, market->now_ns);
        carry_out(market);
}

/* ---- opening ---- */

static uint32_t least(uint32_t a, uint32_t b)
{
        return a < b ? b : a;
}

static struct zl_engine_config config_for(uint32_t accounts)
{
        return (struct zl_engine_config){.src = WORKER,
                                         .epoch = EPOCH,
                                         .partitions = ZL_LOCKSTEP_PARTITIONS,
                                         .owned = {{0, ZL_LOCKSTEP_PARTITIONS - 1}},
                                         .owned_count = 1,
                                         .accounts_max = least(accounts, 64),
                                         .positions_max = least(2 * accounts, 128),
                                         .balances_max = least(2 * accounts, 128),
                                         .instruments_max = 8,
                                         .assets_max = 8,
                                         .policies_max = 8,
                                         .funds_max = 8,
                                         .streams_max = 1024};
}

static bool begin_tape(struct zl_lockstep *market, const char *path,
                       const struct zl_engine_config *config)
{
        const struct zl_header header = {
                .topic = {ZL_TOPIC_TAPE, 0}, .src = WORKER, .epoch = EPOCH, .seq = 1};
        struct zl_msg_tape head;
        struct zl_frame_writer writer;
        uint8_t buffer[4096];
        size_t size;

        if (zl_tape_create(path, &market->tape) != ZL_OK) {
                zl_say_errno("cannot make the tape %s", path);
                return false;
        }
        zl_run_describe(config, &head);
        zl_frame_begin(&writer, buffer, sizeof buffer, &header);
        zl_frame_add_as(&writer, ZL_TYPE_TAPE, &head);
        if (zl_frame_end(&writer, &size) == ZL_OK)
                record(market, ZL_RECORD_INTERNAL, buffer, size);
        return !market->failed;
}

bool zl_lockstep_open(struct zl_lockstep *market, const char *tape, uint64_t seed,
                      uint32_t accounts)
{
        const struct zl_engine_config config = config_for(accounts);

        *market = (struct zl_lockstep){
                .ledger = zl_feeder_new(LEDGER, EPOCH, hand_over, market),
                .router = zl_feeder_new(ROUTER, EPOCH, hand_over, market),
                .message = malloc(sizeof *market->message),
                .account = calloc(1, sizeof *market->account),
        };
        zl_book_open(&market->book);
        for (uint32_t i = 0; i < ZL_LOCKSTEP_PARTITIONS; i++)
                zl_book_resume(&market->book, i); /* nothing is out: there is nothing to recall */
        bool good = market->ledger && market->router && market->message && market->account &&
                    zl_world_open(&market->world, seed, accounts, 1);
        if (!good)
                zl_say("out of memory");
        market->failed = !good || zl_run_open(&market->run, &config) != ZL_OK ||
                         !begin_tape(market, tape, &config);
        if (!market->failed)
                return true;
        if (!zl_lockstep_close(market))
                zl_say("no tape was made");
        return false;
}

bool zl_lockstep_close(struct zl_lockstep *market)
{
        bool failed = market->failed;

        if (market->tape && zl_tape_close(market->tape) != ZL_OK) {
                zl_say_errno("cannot write the tape");
                failed = true;
        }
        zl_feeder_free(market->ledger);
        zl_feeder_free(market->router);
        zl_book_close(&market->book);
        zl_run_close(&market->run);
        zl_said_free(&market->said);
        zl_said_free(&market->todo);
        zl_world_close(&market->world);
        free(market->message);
        free(market->account);
        return !failed;
}
