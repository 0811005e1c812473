/* zeroline worker - the product: subscribes to positions and prices, sends liquidations. */
#include "cmd/command.h"

#include "app/capacity.h"
#include "app/clock.h"
#include "app/worker/lane.h"
#include "app/net.h"
#include "app/options.h"
#include "app/ranges.h"
#include "app/run.h"
#include "app/say.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { THREADS_MAX = ZL_LAG_LANES_MAX };

struct settings {
        const char *partitions, *pub, *tape, *journal, *ledger;
        struct zl_option_list sources, routers, peers;
        uint64_t cluster, src, epoch, threads, linger_ms, journal_ms, state_s, lag_ms;
        struct zl_capacity capacity;
        struct zl_net net;
};

struct worker {
        struct settings settings;
        struct zl_bus *bus;
        struct zl_socket *alerts, *pub, *mesh;
        struct zl_lane lanes[THREADS_MAX];
        char tapes[THREADS_MAX][512];
        pthread_t threads[THREADS_MAX];
        uint32_t lanes_count;
        struct zl_lag_shared lags;
        atomic_bool stop;
        atomic_uint ready; /* lanes whose sockets are open */
};

static const char *route_endpoint(const char *text)
{
        const char *equals = strchr(text, '='), *colon = strchr(text, ':');

        return !equals || (colon && colon < equals) ? text : equals + 1;
}

/* "0-127=ipc:///run/router" or an endpoint alone, for all partitions. */
static bool parse_route(const char *text, uint32_t partitions, struct zl_route *ret_route)
{
        const char *endpoint = route_endpoint(text);
        char ranges[512];

        *ret_route = (struct zl_route){
                .endpoint = endpoint, .ranges = {{0, partitions - 1}}, .ranges_count = 1};
        if (endpoint == text)
                return true;
        snprintf(ranges, sizeof ranges, "%.*s", (int)(endpoint - text - 1), text);
        return zl_ranges_parse(ranges, partitions, ret_route->ranges, &ret_route->ranges_count);
}

/* An order that has nowhere to go is found before it is made. */
static bool all_routed(const struct zl_engine_config *config, const struct zl_lane_settings *lane)
{
        for (uint32_t i = 0; i < config->owned_count; i++) {
                for (uint32_t p = config->owned[i].first; p <= config->owned[i].last; p++) {
                        bool routed = false;
                        for (uint32_t j = 0; j < lane->routes_count; j++)
                                routed |= zl_ranges_have(lane->routes[j].ranges,
                                                         lane->routes[j].ranges_count, p);
                        if (routed)
                                continue;
                        zl_say("no --router takes the orders of partition %u", p);
                        return false;
                }
        }
        return true;
}

/* The k-th of n equal shares of the worker's partitions. */
static void share(const struct zl_engine_config *all, uint32_t k, uint32_t n,
                  struct zl_engine_config *ret_config)
{
        uint32_t total = 0, at = 0;

        *ret_config = *all;
        ret_config->owned_count = 0;
        for (uint32_t i = 0; i < all->owned_count; i++)
                total += all->owned[i].last - all->owned[i].first + 1;
        uint32_t begin = (uint32_t)((uint64_t)total * k / n);
        uint32_t end = (uint32_t)((uint64_t)total * (k + 1) / n);
        for (uint32_t i = 0; i < all->owned_count; i++) {
                struct zl_partition_range range = all->owned[i];
                uint32_t size = range.last - range.first + 1;
                uint32_t from = begin > at ? begin - at : 0;
                uint32_t to = end > at ? end - at : 0;
                to = to < size ? to : size;
                if (from < to)
                        ret_config->owned[ret_config->owned_count++] = (struct zl_partition_range){
                                range.first + from, range.first + to - 1};
                at += size;
        }
}

static bool prepare(struct worker *worker)
{
        const struct settings *settings = &worker->settings;
        struct zl_engine_config all = zl_run_config_default();
        struct zl_lane_settings common = {.bus = worker->bus,
                                          .linger_ms = (int)settings->linger_ms,
                                          .stop = &worker->stop,
                                          .journal = settings->journal,
                                          .ledger = settings->ledger,
                                          .journal_wait_ms = settings->journal_ms,
                                          .state_ns = settings->state_s * 1000000000u,
                                          .lags = &worker->lags,
                                          .ready = &worker->ready};

        worker->lags.limit_ms = settings->lag_ms;
        all.src = (uint32_t)settings->src;
        all.epoch = settings->epoch;
        all.partitions = (uint32_t)settings->cluster;
        zl_capacity_set(&settings->capacity, &all);
        if (!zl_ranges_parse(settings->partitions, all.partitions, all.owned, &all.owned_count))
                return false;
        all.home = all.owned[0].first;
        for (uint32_t i = 0; i < settings->sources.count; i++)
                common.sources[common.sources_count++] = settings->sources.values[i];
        for (uint32_t i = 0; i < settings->peers.count; i++)
                common.peers[common.peers_count++] = settings->peers.values[i];
        for (uint32_t i = 0; i < settings->routers.count; i++) {
                if (!parse_route(settings->routers.values[i], all.partitions,
                                 &common.routes[common.routes_count++]))
                        return false;
        }
        if (!all_routed(&all, &common))
                return false;
        for (uint32_t i = 0; i < settings->threads; i++) {
                struct zl_lane *lane = &worker->lanes[worker->lanes_count];
                lane->settings = common;
                lane->settings.number = worker->lanes_count;
                share(&all, i, (uint32_t)settings->threads, &lane->settings.config);
                if (lane->settings.config.owned_count)
                        worker->lanes_count++;
        }
        return true;
}

static void name_tapes(struct worker *worker)
{
        const struct settings *settings = &worker->settings;

        for (uint32_t i = 0; settings->tape && i < worker->lanes_count; i++) {
                snprintf(worker->tapes[i], sizeof worker->tapes[i], "%s/worker-%llu.%llu.%u.tape",
                         settings->tape, (unsigned long long)settings->src,
                         (unsigned long long)settings->epoch, i);
                worker->lanes[i].settings.tape = worker->tapes[i];
        }
}

/* What subscribers say to a publisher is taken off it. */
static void drain(struct zl_socket *socket)
{
        const uint8_t *data;
        size_t size;

        while (socket && zl_socket_receive(socket, &data, &size) == ZL_OK)
                ;
}

/* Lanes hear each other as they hear other workers. */
static void pass_on(struct worker *worker)
{
        const uint8_t *frame;
        size_t size;

        while (zl_socket_receive(worker->alerts, &frame, &size) == ZL_OK) {
                if (worker->pub && zl_socket_send(worker->pub, frame, size, false) != ZL_OK)
                        worker->lanes[0].result.alerts_lost++;
                if (worker->lanes_count > 1 &&
                    zl_socket_send(worker->mesh, frame, size, false) != ZL_OK)
                        worker->lanes[0].result.alerts_lost++;
        }
        drain(worker->pub);
        drain(worker->mesh);
}

static bool start_lanes(struct worker *worker)
{
        for (uint32_t i = 0; i < worker->lanes_count; i++) {
                if (pthread_create(&worker->threads[i], NULL, zl_lane_run, &worker->lanes[i])) {
                        zl_say("cannot start a thread");
                        worker->lanes_count = i;
                        return false;
                }
        }
        return true;
}

static void report(const struct worker *worker)
{
        struct zl_lane_result all = {0};

        for (uint32_t i = 0; i < worker->lanes_count; i++) {
                const struct zl_lane_result *one = &worker->lanes[i].result;
                all.frames += one->frames;
                all.bad_frames += one->bad_frames;
                all.sent += one->sent;
                all.expired += one->expired;
                all.left += one->left;
                all.dropped += one->dropped;
                all.unanswered += one->unanswered;
                all.alerts_lost += one->alerts_lost;
                all.restatements += one->restatements;
                all.healed += one->healed;
                all.plans += one->plans;
                all.plans_lost += one->plans_lost;
                all.lags += one->lags;
                if (one->lag_ms_max > all.lag_ms_max)
                        all.lag_ms_max = one->lag_ms_max;
        }
        zl_say(
            "stopped: %llu frames read (%llu did not decode), %llu decisions handed to ZeroMQ, "
            "%llu expired before, %llu not sent, %llu found the queue full, %llu decisions without "
            "an answer, %llu alerts lost, %llu restatements asked for, %llu holes filled by the "
            "journal, %llu plans (%llu not taken), input late %llu times, by at most %llu ms",
            (unsigned long long)all.frames, (unsigned long long)all.bad_frames,
            (unsigned long long)all.sent, (unsigned long long)all.expired,
            (unsigned long long)all.left, (unsigned long long)all.dropped,
            (unsigned long long)all.unanswered, (unsigned long long)all.alerts_lost,
            (unsigned long long)all.restatements, (unsigned long long)all.healed,
            (unsigned long long)all.plans, (unsigned long long)all.plans_lost,
            (unsigned long long)all.lags, (unsigned long long)all.lag_ms_max);
}

/* Without an allow-list there is nothing to read again: then SIGHUP ends the process, as usual. */
static int block_signals(bool reloads)
{
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGTERM);
        if (reloads)
                sigaddset(&set, SIGHUP);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static enum zl_exit run_lanes(struct worker *worker, int signals)
{
        struct zl_socket *sockets[] = {worker->alerts, worker->pub};
        struct signalfd_siginfo signal;
        bool failed = !start_lanes(worker);

        while (!failed && !atomic_load(&worker->stop) &&
               atomic_load(&worker->ready) < worker->lanes_count)
                zl_socket_wait(sockets, 2, signals, 5);
        if (!failed && !atomic_load(&worker->stop))
                zl_say("running: partitions %s of %llu, %u engines", worker->settings.partitions,
                       (unsigned long long)worker->settings.cluster, worker->lanes_count);
        while (!failed && !atomic_load(&worker->stop)) {
                zl_socket_wait(sockets, 2, signals, 100);
                pass_on(worker);
                if (read(signals, &signal, sizeof signal) != sizeof signal)
                        continue;
                if (signal.ssi_signo != SIGHUP)
                        break;
                zl_bus_reload(worker->bus);
        }
        atomic_store(&worker->stop, true);
        for (uint32_t i = 0; i < worker->lanes_count; i++) {
                pthread_join(worker->threads[i], NULL);
                failed |= worker->lanes[i].result.failed;
        }
        pass_on(worker);
        zl_bus_report(worker->bus);
        report(worker);
        return failed ? ZL_EXIT_FAILED : ZL_EXIT_OK;
}

static bool endpoints_good(const struct worker *worker)
{
        const struct settings *settings = &worker->settings;
        struct zl_bus *bus = worker->bus;
        bool good = !settings->pub || zl_net_endpoint_good(bus, ZL_SOCKET_XPUB, settings->pub);

        if (good && settings->journal)
                good = zl_net_endpoint_good(bus, ZL_SOCKET_DEALER, settings->journal);
        for (uint32_t i = 0; good && i < settings->sources.count; i++)
                good = zl_net_endpoint_good(bus, ZL_SOCKET_SUB, settings->sources.values[i]);
        for (uint32_t i = 0; good && i < settings->peers.count; i++)
                good = zl_net_endpoint_good(bus, ZL_SOCKET_SUB, settings->peers.values[i]);
        if (good && settings->ledger)
                good = zl_net_endpoint_good(bus, ZL_SOCKET_PUSH, settings->ledger);
        for (uint32_t i = 0; good && i < settings->routers.count; i++)
                good = zl_net_endpoint_good(bus, ZL_SOCKET_PUSH,
                                            route_endpoint(settings->routers.values[i]));
        return good;
}

static enum zl_exit run_worker(struct worker *worker)
{
        int signals = block_signals(worker->settings.net.allow != NULL);
        enum zl_exit code = ZL_EXIT_FAILED;

        if (signals < 0)
                return code;
        enum zl_err err = zl_net_open(&worker->settings.net, &worker->bus);
        if (err != ZL_OK)
                return zl_net_exit(err);
        if (!endpoints_good(worker) || !prepare(worker)) {
                zl_bus_close(worker->bus);
                return ZL_EXIT_USAGE;
        }
        name_tapes(worker);
        bool open = zl_socket_open(worker->bus, ZL_SOCKET_PULL, ZL_LANE_ALERTS,
                                   &worker->alerts) == ZL_OK;
        if (open)
                open = zl_socket_open(worker->bus, ZL_SOCKET_XPUB, ZL_LANE_MESH, &worker->mesh) ==
                       ZL_OK;
        if (open && worker->settings.pub)
                open = zl_socket_open(worker->bus, ZL_SOCKET_XPUB, worker->settings.pub,
                                      &worker->pub) == ZL_OK;
        if (open)
                code = run_lanes(worker, signals);
        zl_socket_close(worker->alerts, 0);
        zl_socket_close(worker->mesh, 0);
        zl_socket_close(worker->pub, (int)worker->settings.linger_ms);
        zl_bus_close(worker->bus);
        close(signals);
        return code;
}

static bool check(const struct settings *settings)
{
        if (settings->sources.count == 0)
                zl_say("no --sub: which publishers shall it listen to?");
        else if (settings->routers.count == 0)
                zl_say("no --router: where shall it send its orders?");
        else if (settings->peers.count > ZL_LANE_PEERS_MAX)
                zl_say("more than %d peers", ZL_LANE_PEERS_MAX);
        else if (settings->tape && access(settings->tape, W_OK | X_OK) != 0)
                zl_say_errno("the tape folder %s cannot be written to", settings->tape);
        else
                return true;
        return false;
}

enum zl_exit zl_cmd_worker(int argc, char **argv)
{
        struct settings settings = {.partitions = "0-255",
                                    .cluster = 256, .src = 1, .epoch = zl_now_ns(),
                                    .threads = 1, .linger_ms = 1000, .journal_ms = 10000,
                                    .state_s = 60, .lag_ms = 1000,
                                    .capacity = ZL_CAPACITY_DEFAULT,
                                    .net = ZL_NET_DEFAULT};
        const struct zl_option options[] = {
                {"partitions", ZL_OPTION_TEXT, &settings.partitions, "LIST",
                 "partitions it decides for, 0-63,70 or share K of N as [NAME-]K/N (0-255)", 0, 0,
                 'p'},
                {"cluster", ZL_OPTION_NUMBER, &settings.cluster, "P",
                 "how many partitions the cluster has (256)", 1, ZL_PARTITIONS_MAX, 0},
                {"sub", ZL_OPTION_LIST, &settings.sources, "ENDPOINT",
                 "a publisher to subscribe to", 0, 0, 's'},
                {"router", ZL_OPTION_LIST, &settings.routers, "[LIST=]ENDPOINT",
                 "where orders (of these partitions) go", 0, 0, 'r'},
                {"pub", ZL_OPTION_TEXT, &settings.pub, "ENDPOINT",
                 "where to publish alerts, ranks, and what peers listen to", 0, 0, 0},
                {"tape", ZL_OPTION_TEXT, &settings.tape, "DIR",
                 "folder for the tapes, one file an engine", 0, 0, 't'},
                {"tape-snapshot-s", ZL_OPTION_NUMBER, &settings.state_s, "S",
                 "the state goes on it every so often, by its clock; 0: never (60)", 0, 86400, 0},
                {"journal", ZL_OPTION_TEXT, &settings.journal, "ENDPOINT",
                 "a journal to ask for states: at the start, and of what has a hole", 0, 0, 0},
                {"journal-wait", ZL_OPTION_NUMBER, &settings.journal_ms, "MS",
                 "for its answers, before partitions begin with nothing (10000)", 0, 3600000, 0},
                {"peer", ZL_OPTION_LIST, &settings.peers, "ENDPOINT",
                 "another worker's --pub: funds and deleveraging over all of them", 0, 0, 0},
                {"ledger", ZL_OPTION_TEXT, &settings.ledger, "ENDPOINT",
                 "where to push plans of funds", 0, 0, 0},
                {"threads", ZL_OPTION_NUMBER, &settings.threads, "N", "engines, one a thread (1)",
                 1, THREADS_MAX, 'j'},
                {"src", ZL_OPTION_NUMBER, &settings.src, "N", "its number as a source (1)", 0,
                 UINT32_MAX, 0},
                {"epoch", ZL_OPTION_NUMBER, &settings.epoch, "N",
                 "its epoch (the start time in ns)", 1, INT64_MAX, 0},
                {"lag-ms", ZL_OPTION_NUMBER, &settings.lag_ms, "MS",
                 "alert when input is read so late, in engine time; 0: never (1000)", 0, 3600000,
                 0},
                {"linger", ZL_OPTION_NUMBER, &settings.linger_ms, "MS",
                 "how long to try to send what is queued when stopped (1000)", 0, 60000, 0},
                ZL_CAPACITY_OPTIONS(settings.capacity),
                ZL_NET_OPTIONS(settings.net),
        };
        const struct zl_usage usage = {
            .arguments = "",
            .text = "Subscribes to positions and prices, computes which accounts must be "
                    "liquidated, and\npushes the orders to routers. Stops on SIGTERM or SIGINT;\n"
                    "reads the allow-list again on SIGHUP.",
            .options = options,
            .options_count = sizeof options / sizeof options[0],
            .config = true,
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        if (!check(&settings))
                return ZL_EXIT_USAGE;
        struct worker *worker = calloc(1, sizeof *worker);
        if (!worker)
                return ZL_EXIT_FAILED;
        worker->settings = settings;
        code = run_worker(worker);
        free(worker);
        return code;
}
