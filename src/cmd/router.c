/* zeroline router - a reference order router: admits decisions, forwards them, answers. */
#include "cmd/command.h"

#include "app/book.h"
#include "app/clock.h"
#include "app/net.h"
#include "app/options.h"
#include "app/publisher.h"
#include "app/say.h"
#include "app/stop.h"

#include <stdlib.h>
#include <string.h>

enum {
        VENUE_WAIT_MS = 200, /* for room in the queue to the venue, before a decision is rejected */
        BAD_FRAMES_SAID = 5,
};

struct settings {
        const char *pull, *pub, *venue;
        struct zl_option_list sources;
        uint64_t src;
        struct zl_net net;
};

struct router {
        const struct settings *settings;
        struct zl_bus *bus;
        struct zl_socket *orders, *venue, *sources[ZL_OPTION_LIST_MAX];
        struct zl_publisher publisher;
        struct zl_book book;
        struct zl_message *message;
        uint64_t admitted, refused, unsent, bad_frames;
};

static void complain_bad(struct router *router, const char *fault,
                         const struct zl_frame_reader *reader)
{
        char why[200];

        if (router->bad_frames++ >= BAD_FRAMES_SAID)
                return;
        if (reader->defect)
                zl_say("a frame does not decode: %s", zl_frame_error(reader, why, sizeof why));
        else
                zl_say("a frame is no decision: %s", fault);
}

/* ---- decisions ---- */

static void answer(struct router *router, uint32_t partition, const struct zl_verdict *verdict)
{
        zl_publish_begin(&router->publisher, (struct zl_topic){ZL_TOPIC_EXEC, partition});
        if (!verdict->admitted)
                zl_publish_add(&router->publisher, ZL_TYPE_EXEC, &verdict->answer);
        for (uint32_t i = 0; i < verdict->orders_count; i++)
                zl_publish_add(&router->publisher, ZL_TYPE_EXEC, &verdict->orders[i]);
        if (verdict->over)
                zl_publish_add(&router->publisher, ZL_TYPE_EXEC, &verdict->end);
        zl_publish_end(&router->publisher);
}

/* A drop copy: what has been admitted, for whoever watches. */
static void copy(struct router *router, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;

        if (zl_frame_open(&reader, frame, size) != ZL_OK)
                return;
        zl_publish_begin(&router->publisher, reader.header.topic);
        while (zl_frame_next(&reader, router->message) == ZL_OK)
                zl_publish_add(&router->publisher, router->message->type,
                               &router->message->cluster);
        zl_publish_end(&router->publisher);
}

static void take_exec(struct router *router, uint32_t partition, struct zl_msg_exec *exec)
{
        zl_book_executed(&router->book, exec);
        zl_publish(&router->publisher, (struct zl_topic){ZL_TOPIC_EXEC, partition}, ZL_TYPE_EXEC,
                   exec);
}

/* Nothing of it reached the venue: every order is final, and changed nothing. */
static void reject(struct router *router, const struct zl_proposal *proposal)
{
        struct zl_msg_exec exec = {.status = ZL_EXEC_STATUS_REJECTED, .final = true};
        struct zl_key id = proposal->key;

        exec.absent = (uint64_t)1 << ZL_AT_exec_price;
        id.has_place = true;
        for (id.place = 0; id.place < proposal->orders_count; id.place++) {
                zl_key_format(&id, exec.order);
                take_exec(router, proposal->topic.id, &exec);
        }
}

static void take_decision(struct router *router, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;
        struct zl_proposal proposal;
        struct zl_verdict verdict;
        const char *fault = zl_proposal_read(frame, size, router->message, &proposal, &reader);

        if (fault) {
                complain_bad(router, fault, &reader);
                return;
        }
        zl_book_judge(&router->book, &proposal, zl_now_ns(), &verdict);
        if (verdict.admitted)
                copy(router, frame, size);
        answer(router, proposal.topic.id, &verdict);
        if (!verdict.admitted) {
                router->refused++;
                return;
        }
        router->admitted++;
        if (zl_socket_wait_to_send(router->venue, VENUE_WAIT_MS) &&
            zl_socket_send(router->venue, frame, size, false) == ZL_OK)
                return;
        router->unsent++;
        reject(router, &proposal);
}

/* ---- the ledger and the venue ---- */

static void take_news(struct router *router, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;
        struct zl_message *message = router->message;

        if (zl_frame_check(frame, size, message, &reader) != ZL_OK) {
                complain_bad(router, "", &reader);
                return;
        }
        enum zl_err err = zl_frame_open(&reader, frame, size);
        while (err == ZL_OK && (err = zl_frame_next(&reader, message)) == ZL_OK) {
                if (message->type == ZL_TYPE_ACCOUNT)
                        zl_book_learn(&router->book, &message->account);
                else if (message->type == ZL_TYPE_EXEC)
                        take_exec(router, reader.header.topic.id, &message->exec);
        }
}

static void drain(struct router *router, struct zl_socket *socket,
                  void (*take)(struct router *router, const uint8_t *frame, size_t size))
{
        const uint8_t *frame;
        size_t size;

        while (zl_socket_receive(socket, &frame, &size) == ZL_OK)
                take(router, frame, size);
}

/* A beat tells a subscriber that it is heard from here on. Answers are not restated: proposing
 * again repeats them. */
static void greet(struct router *router, const char *wanted)
{
        struct zl_topic beat = {ZL_TOPIC_BEAT, (uint32_t)router->settings->src};

        if (zl_feeder_is_wanted(beat, wanted))
                zl_publish_beat(&router->publisher);
}

/* The ledger before the orders: a base that has arrived is known before it is asked for. */
static void run(struct router *router)
{
        uint32_t count = router->settings->sources.count;
        struct zl_socket *sockets[ZL_OPTION_LIST_MAX + 2];
        char topic[ZL_TOPIC_SIZE + 1];

        for (uint32_t i = 0; i < count; i++)
                sockets[i] = router->sources[i];
        sockets[count] = router->orders;
        sockets[count + 1] = router->publisher.socket;
        while (!zl_stopped()) {
                if (zl_reload_asked())
                        zl_bus_reload(router->bus);
                for (uint32_t i = 0; i < count; i++)
                        drain(router, router->sources[i], take_news);
                drain(router, router->orders, take_decision);
                while (zl_publisher_heard(&router->publisher, topic))
                        greet(router, topic);
                zl_socket_wait(sockets, count + 2, -1, 100);
        }
}

static enum zl_err open_all(struct router *router)
{
        const struct settings *settings = router->settings;
        enum zl_err err = zl_publisher_open(&router->publisher, router->bus, settings->pub,
                                            (uint32_t)settings->src);

        if (err == ZL_OK)
                err = zl_socket_open(router->bus, ZL_SOCKET_PULL, settings->pull,
                                     &router->orders);
        if (err == ZL_OK)
                err = zl_socket_open(router->bus, ZL_SOCKET_PUSH, settings->venue,
                                     &router->venue);
        for (uint32_t i = 0; err == ZL_OK && i < settings->sources.count; i++) {
                err = zl_socket_open(router->bus, ZL_SOCKET_SUB, settings->sources.values[i],
                                     &router->sources[i]);
                if (err == ZL_OK) {
                        zl_socket_subscribe(router->sources[i], "\xad" "exec.", 6);
                        zl_socket_subscribe(router->sources[i], "\xad" "acct.", 6);
                }
        }
        return err;
}

static enum zl_exit route(const struct settings *settings)
{
        struct router router = {.settings = settings, .message = malloc(sizeof *router.message)};

        zl_stop_listen();
        if (settings->net.allow)
                zl_reload_listen();
        enum zl_err err = zl_net_open(&settings->net, &router.bus);

        zl_book_open(&router.book);
        if (err == ZL_OK)
                err = router.message ? open_all(&router) : ZL_ERR_SYSTEM;
        if (err == ZL_OK) {
                run(&router);
                zl_bus_report(router.bus);
                zl_say("stopped: %llu decisions admitted, %llu answered otherwise, %llu not sent "
                       "on",
                       (unsigned long long)router.admitted, (unsigned long long)router.refused,
                       (unsigned long long)router.unsent);
        }
        for (uint32_t i = 0; i < settings->sources.count; i++)
                zl_socket_close(router.sources[i], 0);
        zl_socket_close(router.orders, 0);
        zl_socket_close(router.venue, 500);
        zl_publisher_close(&router.publisher, 500);
        zl_bus_close(router.bus);
        zl_book_close(&router.book);
        free(router.message);
        return zl_net_exit(err);
}

enum zl_exit zl_cmd_router(int argc, char **argv)
{
        struct settings settings = {.src = 200, .net = ZL_NET_DEFAULT};
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
                ZL_NET_OPTIONS(settings.net),
        };
        const struct zl_usage usage = {
            .arguments = "",
            .text = "Admits the first decision of a key, whole, if its base is the ledger's and "
                    "no other\ndecision of its pool is live, sends it to the venue, and publishes "
                    "what becomes of\neach of its orders. Reads the allow-list again on SIGHUP.",
            .options = options,
            .options_count = sizeof options / sizeof options[0],
            .config = true,
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        if (!settings.pull || !settings.pub || !settings.venue || !settings.sources.count) {
                zl_say("--pull, --pub, --venue and --sub are all needed; see --help");
                return ZL_EXIT_USAGE;
        }
        return route(&settings);
}
