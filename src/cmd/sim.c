/* zeroline sim - a small exchange to run against: prices, accounts, a ledger, a venue. */
#include "cmd/command.h"

#include "app/clock.h"
#include "app/router/heard.h"
#include "app/sim/incident.h"
#include "app/sim/ledger_feed.h"
#include "app/net.h"
#include "app/options.h"
#include "app/sim/plans.h"
#include "app/proposal.h"
#include "app/publisher.h"
#include "app/say.h"
#include "app/stop.h"
#include "app/sim/venue.h"

#include <stdlib.h>
#include <string.h>

enum {
        BEAT_TICKS = 40,
        PARTITIONS = 256,
        BAD_FRAMES_SAID = 5,
};

struct settings {
        const char *pub, *fills, *orders, *plans;
        uint64_t seconds, tick_ms, stay_ms, accounts, seed, await, src;
        struct zl_net net;
};

struct sim {
        const struct settings *settings;
        struct zl_bus *bus;
        struct zl_socket *orders, *plans;
        struct zl_publisher publisher;
        struct zl_publisher venue; /* what becomes of orders, for routers only */
        struct zl_heard routers;   /* whose orders of which run come in */
        struct zl_world world;
        struct zl_ledger_feed ledger;
        struct zl_message *message; /* both for orders in and for messages out */
        struct zl_msg_exec execs[ZL_PROPOSAL_ORDERS_MAX]; /* of one decision */
        uint64_t controls; /* subscriptions to ctrl */
        uint64_t bad_frames;
        uint64_t over; /* frames of a router's run that was over */
};

/* ---- restating ---- */

static void publish_contracts(struct sim *sim)
{
        struct zl_msg_cluster cluster = {.partitions = PARTITIONS};
        struct zl_msg_asset asset;
        struct zl_msg_instrument *instrument = &sim->message->instrument;
        struct zl_topic ctrl = {ZL_TOPIC_CTRL, 0};

        zl_publish(&sim->publisher, ctrl, ZL_TYPE_CLUSTER, &cluster);
        for (uint32_t id = ZL_WORLD_USDT; id <= ZL_WORLD_BTC; id++) {
                zl_world_say_asset(id, &asset);
                zl_publish(&sim->publisher, ctrl, ZL_TYPE_ASSET, &asset);
        }
        zl_world_say_policy(sim->message);
        zl_publish(&sim->publisher, ctrl, ZL_TYPE_POLICY, &sim->message->policy);
        for (uint32_t i = 0; i < ZL_WORLD_INSTRUMENTS; i++) {
                zl_world_say_instrument(&sim->world, i, instrument);
                zl_publish(&sim->publisher, ctrl, ZL_TYPE_INSTRUMENT, instrument);
        }
        zl_publish_synced(&sim->publisher, ctrl);
}

static void publish_marks(struct sim *sim)
{
        struct zl_msg_mark mark;

        for (uint32_t i = 0; i < ZL_WORLD_INSTRUMENTS; i++) {
                zl_world_say_mark(&sim->world, i, &mark);
                zl_publish(&sim->publisher, (struct zl_topic){ZL_TOPIC_MARK, mark.instrument},
                           ZL_TYPE_MARK, &mark);
        }
}

static void publish_rate(struct sim *sim)
{
        struct zl_msg_rate rate;

        zl_world_say_rate(&sim->world, &rate);
        zl_publish(&sim->publisher, (struct zl_topic){ZL_TOPIC_RATE, rate.asset}, ZL_TYPE_RATE,
                   &rate);
}

static void restate_marks(struct sim *sim)
{
        publish_marks(sim);
        for (uint32_t i = 0; i < ZL_WORLD_INSTRUMENTS; i++)
                zl_publish_synced(&sim->publisher, (struct zl_topic){
                                                           ZL_TOPIC_MARK,
                                                           sim->world.instruments[i].id});
}

static void restate_rate(struct sim *sim)
{
        publish_rate(sim);
        zl_publish_synced(&sim->publisher, (struct zl_topic){ZL_TOPIC_RATE, ZL_WORLD_BTC});
}

/* Who subscribes late is told everything anew; to the others it is nothing new. */
static void greet(struct sim *sim)
{
        char wanted[ZL_TOPIC_SIZE + 1];

        while (zl_publisher_heard(&sim->publisher, wanted)) {
                if (!strncmp(wanted, "ctrl", 4)) {
                        sim->controls++;
                        publish_contracts(sim);
                } else if (!strncmp(wanted, "mark", 4)) {
                        if (sim->world.ticks) /* before the market opens there is no price */
                                restate_marks(sim);
                } else if (!strncmp(wanted, "rate", 4)) {
                        if (sim->world.ticks)
                                restate_rate(sim);
                } else if (!strncmp(wanted, "fund", 4)) {
                        zl_ledger_restate_fund(&sim->ledger);
                } else if (!strncmp(wanted, "acct", 4)) {
                        zl_ledger_restate_accounts(&sim->ledger, wanted);
                }
        }
}

/* There is nothing to restate; by a beat they know whether the venue has begun anew. */
static void greet_routers(struct sim *sim)
{
        struct zl_topic beat = {ZL_TOPIC_BEAT, sim->venue.src};
        char wanted[ZL_TOPIC_SIZE + 1];

        while (zl_publisher_heard(&sim->venue, wanted)) {
                if (zl_feeder_is_wanted(beat, wanted))
                        zl_publish_beat(&sim->venue);
        }
}

/* ---- orders ---- */

/* All of a decision is one change: its account is stated once, and then each order is answered. */
static void take_decision(struct sim *sim, const struct zl_proposal *proposal,
                          struct zl_frame_reader *reader)
{
        struct zl_world_account *account = zl_world_account(&sim->world, proposal->key.account);
        uint64_t rev = account ? account->rev : 0, fund_rev = sim->world.fund_rev;
        uint32_t count = 0;

        zl_ledger_begin(&sim->ledger);
        while (zl_frame_next(reader, sim->message) == ZL_OK)
                zl_venue_execute(&sim->world, sim->message, &sim->execs[count++]);
        if (account && account->rev != rev)
                zl_ledger_changed(&sim->ledger, account);
        if (sim->world.fund_rev != fund_rev)
                zl_ledger_fund_changed(&sim->ledger);
        zl_ledger_end(&sim->ledger);
        zl_publish_begin(&sim->venue, (struct zl_topic){ZL_TOPIC_EXEC, proposal->topic.id});
        for (uint32_t i = 0; i < count; i++)
                zl_publish_add(&sim->venue, ZL_TYPE_EXEC, &sim->execs[i]);
        zl_publish_end(&sim->venue);
}

static void complain_bad(struct sim *sim, const char *fault, const struct zl_frame_reader *reader)
{
        char why[200];

        if (sim->bad_frames++ >= BAD_FRAMES_SAID)
                return;
        if (reader->defect)
                zl_say("a frame does not decode: %s", zl_frame_error(reader, why, sizeof why));
        else
                zl_say("a frame is no decision: %s", fault);
}

static void take_orders(struct sim *sim, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;
        struct zl_proposal proposal;
        const char *fault = zl_proposal_read(frame, size, sim->message, &proposal, &reader);

        if (fault)
                complain_bad(sim, fault, &reader);
        else if (zl_frame_open(&reader, frame, size) == ZL_OK)
                take_decision(sim, &proposal, &reader);
}

/* What has come in is executed and stated by now, so that there is nothing to cancel: the recall is
 * passed on. A router of a run that is over is told of the later one. */
static void pass_on(struct sim *sim, const struct zl_header *header)
{
        struct zl_msg_recall recall = {
                .router = header->src,
                .run = zl_heard_epoch(&sim->routers, header->src, header->topic)};

        zl_publish(&sim->venue, (struct zl_topic){ZL_TOPIC_EXEC, header->topic.id},
                   ZL_TYPE_RECALL, &recall);
        zl_publish(&sim->publisher, (struct zl_topic){ZL_TOPIC_ACCT, header->topic.id},
                   ZL_TYPE_RECALL, &recall);
}

/* An order of a run that is over may come late, from a router that was killed: it is refused. */
static void take_routed(struct sim *sim, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;
        bool anew, opens = zl_frame_open(&reader, frame, size) == ZL_OK;
        enum zl_heard_as as = opens ? zl_heard_take(&sim->routers, &reader.header, &anew)
                                    : ZL_HEARD_NEXT;

        if (opens && reader.header.topic.kind == ZL_TOPIC_ORDR &&
            zl_frame_next(&reader, sim->message) == ZL_OK && sim->message->type == ZL_TYPE_RECALL)
                pass_on(sim, &reader.header);
        else if (as == ZL_HEARD_OVER)
                sim->over++;
        else
                take_orders(sim, frame, size);
}

static void drain_orders(struct sim *sim)
{
        const uint8_t *frame;
        size_t size;

        while (zl_socket_receive(sim->orders, &frame, &size) == ZL_OK)
                take_routed(sim, frame, size);
}

/* ---- plans ---- */

/* The accounts first, then the fund's revision that the plan made. */
static void take_plans(struct sim *sim)
{
        const uint8_t *frame;
        size_t size;

        while (sim->plans && zl_socket_receive(sim->plans, &frame, &size) == ZL_OK) {
                zl_ledger_begin(&sim->ledger);
                if (!zl_plan_execute(&sim->world, frame, size, sim->message)) {
                        sim->world.plans_refused++;
                        continue;
                }
                for (uint32_t i = 0; i < sim->world.accounts_count; i++) {
                        struct zl_world_account *account = &sim->world.accounts[i];
                        if (account->changed)
                                zl_ledger_changed(&sim->ledger, account);
                        account->changed = false;
                }
                zl_ledger_fund_changed(&sim->ledger);
                zl_ledger_end(&sim->ledger);
        }
}

/* ---- time ---- */

static void serve(struct sim *sim, int wait_ms)
{
        struct zl_socket *sockets[] = {sim->orders, sim->plans, sim->publisher.socket,
                                       sim->venue.socket};
        if (zl_reload_asked())
                zl_bus_reload(sim->bus);
        zl_socket_wait(sockets, 4, -1, wait_ms);
        greet(sim);
        greet_routers(sim);
        drain_orders(sim);
        take_plans(sim);
}

/* When the next price is due; 0: the market closes. */
static uint64_t next_tick(const struct sim *sim, uint64_t last_ns)
{
        if (sim->world.ticks < sim->world.ticks_max)
                return last_ns + sim->settings->tick_ms * 1000000;
        return sim->settings->stay_ms ? zl_ticks_ns() + sim->settings->stay_ms * 1000000 : 0;
}

/* Orders have their turn before each price, however far the prices are behind their time. */
static void run(struct sim *sim)
{
        while (!zl_stopped() && sim->controls < sim->settings->await)
                serve(sim, 100);
        zl_say("the market opens: %u accounts, %llu s", sim->world.accounts_count,
               (unsigned long long)sim->settings->seconds);
        uint64_t next_ns = zl_ticks_ns();
        while (!zl_stopped() && next_ns) {
                uint64_t now_ns = zl_ticks_ns();
                bool due = now_ns >= next_ns;
                serve(sim, due ? 0 : (int)((next_ns - now_ns + 999999) / 1000000));
                if (!due)
                        continue;
                zl_world_tick(&sim->world);
                next_ns = next_tick(sim, next_ns);
                publish_rate(sim);
                publish_marks(sim);
                if (sim->world.ticks % BEAT_TICKS == 0) {
                        zl_publish_beat(&sim->publisher);
                        zl_publish_beat(&sim->venue);
                }
        }
        for (int i = 0; i < 5; i++) /* what is under way may still arrive */
                serve(sim, 100);
}

static enum zl_err open_all(struct sim *sim)
{
        const struct settings *settings = sim->settings;
        enum zl_err err = zl_publisher_open(&sim->publisher, sim->bus, settings->pub,
                                            (uint32_t)settings->src);

        if (err == ZL_OK)
                err = zl_publisher_open(&sim->venue, sim->bus, settings->fills,
                                        (uint32_t)settings->src + 1);
        if (err == ZL_OK)
                err = zl_socket_open(sim->bus, ZL_SOCKET_PULL, settings->orders,
                                     &sim->orders);
        if (err == ZL_OK && settings->plans)
                err = zl_socket_open(sim->bus, ZL_SOCKET_PULL, settings->plans, &sim->plans);
        sim->world.takes_plans = sim->plans != NULL;
        return err;
}

static void report(const struct zl_world *world)
{
        zl_say("the market closes: %llu orders filled, %llu not, %llu taken over by the fund, "
               "%llu cancels, %llu conversions, %llu rejected; fund %.2f",
               (unsigned long long)world->filled, (unsigned long long)world->unfilled,
               (unsigned long long)world->taken_over, (unsigned long long)world->cancelled,
               (unsigned long long)world->converted, (unsigned long long)world->rejected,
               1e-6 * (double)world->fund);
        if (world->takes_plans)
                zl_say("%llu plans carried out, %llu refused, %llu pairs",
                       (unsigned long long)world->plans,
                       (unsigned long long)world->plans_refused,
                       (unsigned long long)world->deleveraged);
}

static enum zl_exit simulate(const struct settings *settings)
{
        struct sim sim = {.settings = settings,
                          .message = malloc(sizeof *sim.message),
                          .ledger = {.publisher = &sim.publisher,
                                     .world = &sim.world,
                                     .account = calloc(1, sizeof *sim.ledger.account),
                                     .partitions = PARTITIONS}};
        uint64_t ticks = settings->seconds * 1000 / settings->tick_ms;

        zl_heard_open(&sim.routers);
        zl_stop_listen();
        if (settings->net.allow)
                zl_reload_listen();
        enum zl_err err = zl_net_open(&settings->net, &sim.bus);
        if (err == ZL_OK && !(sim.message && sim.ledger.account &&
                              zl_world_open(&sim.world, settings->seed,
                                            (uint32_t)settings->accounts, ticks)))
                err = ZL_ERR_SYSTEM;
        if (err == ZL_OK)
                err = open_all(&sim);
        if (err == ZL_OK) {
                run(&sim);
                zl_bus_report(sim.bus);
                report(&sim.world);
                if (sim.over)
                        zl_say("%llu frames came from a router's run that was over",
                               (unsigned long long)sim.over);
        }
        zl_socket_close(sim.orders, 0);
        zl_socket_close(sim.plans, 0);
        zl_publisher_close(&sim.publisher, 500);
        zl_publisher_close(&sim.venue, 500);
        zl_bus_close(sim.bus);
        zl_heard_close(&sim.routers);
        zl_world_close(&sim.world);
        free(sim.message);
        free(sim.ledger.account);
        return zl_net_exit(err);
}

static enum zl_exit play(const char *name, const char *out, uint64_t seed, uint64_t accounts)
{
        const struct zl_incident *incident = zl_incident_find(name);
        struct zl_incident_result made;

        if (!incident || !out) {
                zl_say(incident ? "--incident: where to? --out TAPE" : "--incident: there are:");
                for (uint32_t i = 0; !incident && zl_incident_at(i); i++)
                        zl_say("  %-10s %s", zl_incident_at(i)->name, zl_incident_at(i)->text);
                return ZL_EXIT_USAGE;
        }
        if (zl_incident_play(incident, out, seed ? seed : incident->seed,
                             accounts ? (uint32_t)accounts : incident->accounts, &made) != ZL_OK)
                return ZL_EXIT_FAILED;
        zl_say("%s: %llu orders filled, %llu not, %llu cancels, %llu conversions, %llu plans, "
               "%llu taken over, %llu pairs; fund %.2f",
               out, (unsigned long long)made.filled, (unsigned long long)made.unfilled,
               (unsigned long long)made.cancelled, (unsigned long long)made.converted,
               (unsigned long long)made.plans, (unsigned long long)made.taken_over,
               (unsigned long long)made.pairs, 1e-6 * (double)made.fund);
        return ZL_EXIT_OK;
}

enum zl_exit zl_cmd_sim(int argc, char **argv)
{
        struct settings settings = {
                .seconds = 15, .tick_ms = 50, .await = 1, .src = 100, .net = ZL_NET_DEFAULT};
        const char *incident = NULL, *out = NULL;
        const struct zl_option options[] = {
                {"pub", ZL_OPTION_TEXT, &settings.pub, "ENDPOINT",
                 "where to publish prices and accounts", 0, 0, 0},
                {"fills", ZL_OPTION_TEXT, &settings.fills, "ENDPOINT",
                 "where to publish to routers what becomes of orders", 0, 0, 0},
                {"orders", ZL_OPTION_TEXT, &settings.orders, "ENDPOINT",
                 "where routers push orders", 0, 0, 0},
                {"plans", ZL_OPTION_TEXT, &settings.plans, "ENDPOINT",
                 "where workers push plans of the fund; without it the venue takes over", 0, 0, 0},
                {"seconds", ZL_OPTION_NUMBER, &settings.seconds, "N",
                 "how long the market is open (15)", 1, 1000000, 0},
                {"tick", ZL_OPTION_NUMBER, &settings.tick_ms, "MS", "between two prices (50)", 1,
                 60000, 0},
                {"stay", ZL_OPTION_NUMBER, &settings.stay_ms, "MS",
                 "then it stays open until stopped, with so much between prices; 0: it closes (0)",
                 0, 60000, 0},
                {"accounts", ZL_OPTION_NUMBER, &settings.accounts, "N", "how many (3000)", 1,
                 1000000, 0},
                {"seed", ZL_OPTION_NUMBER, &settings.seed, "N", "of prices and accounts (1010)", 0,
                 UINT64_MAX / 4, 0},
                {"await", ZL_OPTION_NUMBER, &settings.await, "N",
                 "open when so many have subscribed (1)", 0, 1000, 0},
                {"incident", ZL_OPTION_TEXT, &incident, "NAME",
                 "instead: play gap, cascade, exhausted, glitch or burst without sockets", 0, 0, 0},
                {"out", ZL_OPTION_TEXT, &out, "TAPE", "with --incident: the tape to write", 0, 0,
                 'o'},
                {"src", ZL_OPTION_NUMBER, &settings.src, "N", "its number as a source (100)", 0,
                 UINT32_MAX, 0},
                ZL_NET_OPTIONS(settings.net),
        };
        const struct zl_usage usage = {
                .arguments = "",
                .text = "Simulates three markets with a crash in them, the accounts that trade "
                        "there, isolated\nand cross, a ledger with an insurance fund, and a venue "
                        "with limited liquidity that cancels,\nconverts and fills orders.",
                .options = options,
                .options_count = sizeof options / sizeof options[0],
                .config = true,
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        if (incident)
                return play(incident, out, settings.seed, settings.accounts);
        settings.seed = settings.seed ? settings.seed : 1010;
        settings.accounts = settings.accounts ? settings.accounts : 3000;
        if (!settings.pub || !settings.fills || !settings.orders) {
                zl_say("--pub, --fills and --orders are all needed; see --help");
                return ZL_EXIT_USAGE;
        }
        return simulate(&settings);
}
