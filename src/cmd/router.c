/* zeroline router - a reference order router: admits decisions, forwards them, answers. */
#include "cmd/command.h"

#include "app/net.h"
#include "app/options.h"
#include "app/router/route.h"
#include "app/say.h"
#include "app/stop.h"

#include <stdlib.h>

struct settings {
        const char *pull, *pub, *venue;
        struct zl_option_list sources, acts;
        uint64_t src, patience_s;
        bool no_recall;
        struct zl_net net;
};

static void drain(struct zl_router *router, struct zl_socket *socket,
                  void (*take)(struct zl_router *router, const uint8_t *frame, size_t size))
{
        const uint8_t *frame;
        size_t size;

        while (!router->doubt && zl_socket_receive(socket, &frame, &size) == ZL_OK)
                take(router, frame, size);
}

/* A beat tells a subscriber that it is heard from here on. Answers are not restated: proposing
 * again repeats them. */
static void greet(struct zl_router *router, const char *wanted)
{
        struct zl_topic beat = {ZL_TOPIC_BEAT, router->publisher.src};

        if (zl_feeder_is_wanted(beat, wanted))
                zl_publish_beat(&router->publisher);
}

/* The ledger before the orders: a base that has arrived is known before it is asked for. */
static enum zl_err run(struct zl_router *router, struct zl_bus *bus)
{
        enum zl_err err = ZL_OK;
        uint32_t count = router->sources_count;
        struct zl_socket *sockets[ZL_OPTION_LIST_MAX + 2];
        char topic[ZL_TOPIC_SIZE + 1];

        for (uint32_t i = 0; i < count; i++)
                sockets[i] = router->sources[i];
        sockets[count] = router->orders;
        sockets[count + 1] = router->publisher.socket;
        while (err == ZL_OK && !zl_stopped()) {
                if (zl_reload_asked())
                        zl_bus_reload(bus);
                for (uint32_t i = 0; i < count; i++)
                        drain(router, router->sources[i], zl_router_hear);
                err = zl_router_look_after(router);
                drain(router, router->orders, zl_router_decide);
                while (zl_publisher_heard(&router->publisher, topic))
                        greet(router, topic);
                zl_socket_wait(sockets, count + 2, -1, zl_router_span_ms(router));
        }
        return err;
}

static enum zl_err open_source(struct zl_router *router, struct zl_bus *bus, const char *endpoint)
{
        struct zl_socket **source = &router->sources[router->sources_count];
        enum zl_err err = zl_socket_open(bus, ZL_SOCKET_SUB, endpoint, source);

        if (err != ZL_OK)
                return err;
        router->sources_count++;
        zl_socket_subscribe(*source, "\xad" "exec.", 6);
        zl_socket_subscribe(*source, "\xad" "acct.", 6);
        zl_socket_subscribe(*source, "\xad" "beat.", 6);
        return ZL_OK;
}

static enum zl_err open_all(struct zl_router *router, struct zl_bus *bus,
                            const struct settings *settings)
{
        enum zl_err err = zl_publisher_open(&router->publisher, bus, settings->pub,
                                            (uint32_t)settings->src);

        if (err == ZL_OK)
                err = zl_socket_open(bus, ZL_SOCKET_PULL, settings->pull, &router->orders);
        if (err == ZL_OK && settings->venue)
                err = zl_socket_open(bus, ZL_SOCKET_PUSH, settings->venue, &router->venue);
        for (uint32_t i = 0; err == ZL_OK && i < settings->sources.count; i++)
                err = open_source(router, bus, settings->sources.values[i]);
        return err;
}

static void report(const struct zl_router *router, struct zl_bus *bus)
{
        zl_bus_report(bus);
        zl_say("stopped: %llu decisions admitted, %llu answered otherwise, %llu not sent on; "
               "forgot its keys %llu times",
               (unsigned long long)router->admitted, (unsigned long long)router->refused,
               (unsigned long long)router->unsent, (unsigned long long)router->forgot);
}

static enum zl_exit route(const struct settings *settings, const struct zl_act *act)
{
        struct zl_router router = {.no_recall = settings->no_recall,
                                   .patience_ns = settings->patience_s * 1000000000, .act = *act,
                                   .message = malloc(sizeof *router.message)};
        struct zl_bus *bus = NULL;

        zl_stop_listen();
        if (settings->net.allow)
                zl_reload_listen();
        enum zl_err err = zl_net_open(&settings->net, &bus);

        zl_router_init(&router);
        if (err == ZL_OK)
                err = router.message ? open_all(&router, bus, settings) : ZL_ERR_SYSTEM;
        if (err == ZL_OK) {
                err = run(&router, bus);
                report(&router, bus);
        }
        for (uint32_t i = 0; i < router.sources_count; i++)
                zl_socket_close(router.sources[i], 0);
        zl_socket_close(router.orders, 0);
        zl_socket_close(router.venue, 500);
        zl_publisher_close(&router.publisher, 500);
        zl_bus_close(bus);
        zl_router_fini(&router);
        free(router.message);
        return zl_net_exit(err);
}

/* False after a line on stderr. */
static bool read_acts(const struct settings *settings, struct zl_act *act)
{
        const char *fault = NULL;

        for (uint32_t i = 0; i < settings->acts.count && !fault; i++) {
                fault = zl_act_read(act, settings->acts.values[i]);
                if (fault)
                        zl_say("--act %s %s; see --help", settings->acts.values[i], fault);
        }
        if (fault)
                return false;
        fault = zl_act_check(act, settings->venue);
        if (fault)
                zl_say("--act: %s; see --help", fault);
        else if (!settings->pull || !settings->pub || !settings->sources.count ||
                 (!settings->venue && !act->turns))
                zl_say("--pull, --pub, --venue (or --act fill, part or reject) and --sub are all "
                       "needed; see --help");
        else
                return true;
        return false;
}

enum zl_exit zl_cmd_router(int argc, char **argv)
{
        struct settings settings = {.src = 200, .patience_s = 60, .net = ZL_NET_DEFAULT};
        struct zl_act act = {.turns = 0};
        const struct zl_option options[] = {
                {"pull", ZL_OPTION_TEXT, &settings.pull, "ENDPOINT", "where workers push orders", 0,
                 0, 0},
                {"pub", ZL_OPTION_TEXT, &settings.pub, "ENDPOINT",
                 "where to publish answers, and admitted orders", 0, 0, 0},
                {"sub", ZL_OPTION_LIST, &settings.sources, "ENDPOINT",
                 "the ledger's and the venue's publishers", 0, 0, 's'},
                {"venue", ZL_OPTION_TEXT, &settings.venue, "ENDPOINT",
                 "where to push admitted orders", 0, 0, 0},
                {"src", ZL_OPTION_NUMBER, &settings.src, "N", "its number as a source (200)", 0,
                 UINT32_MAX, 0},
                {"patience", ZL_OPTION_NUMBER, &settings.patience_s, "S",
                 "recall when an order has no final answer for so long (60); 0: never", 0, 86400,
                 0},
                {"act", ZL_OPTION_LIST, &settings.acts, "WHAT",
                 "for tests: fill, part:50%, reject, delay:300ms, forget:every=N, die:after=N", 0,
                 0, 0},
                {"no-recall", ZL_OPTION_FLAG, &settings.no_recall, NULL,
                 "admit at once after a start; see above", 0, 0, 0},
                ZL_NET_OPTIONS(settings.net),
        };
        const struct zl_usage usage = {
            .arguments = "",
            .text =
                "Admits the first decision of a key, whole, if its base is the ledger's and no "
                "other\ndecision of its pool is live, sends it to the venue, and publishes what "
                "becomes of\neach of its orders. Reads the allow-list again on SIGHUP.\n\n"
                "It keeps no keys over a restart. So it first sends a recall to the venue, which "
                "ends\nwhat it holds of this router and passes the recall on, with the ledger; "
                "until it has\ncome back on exec and on acct every decision is answered busy. It "
                "does the same when it\nhas missed what the venue said. With --no-recall none is "
                "sent: a pool may then have two\norders out after a restart.\n\n"
                "With --act fill, part and reject it is a venue of its own, and needs no --venue; "
                "several\nare taken in turn, a decision each. It moves no account: that is for "
                "whoever keeps the\nledger. delay is how long it holds an order; forget drops all "
                "keys, as a restart does,\nafter every N decisions; die ends the process at once "
                "after N.",
            .options = options,
            .options_count = sizeof options / sizeof options[0],
            .config = true,
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        if (!read_acts(&settings, &act))
                return ZL_EXIT_USAGE;
        return route(&settings, &act);
}
