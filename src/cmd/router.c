/* zeroline router - a reference order router: admits decisions, forwards them, answers. */
#include "cmd/command.h"

#include "app/book.h"
#include "app/clock.h"
#include "app/options.h"
#include "app/publisher.h"
#include "app/say.h"
#include "app/stop.h"

#include <stdlib.h>
#include <string.h>

enum { VENUE_WAIT_MS = 200 }; /* for room in the queue to the venue, before an order is refused */

struct settings {
        const char *pull, *pub, *venue;
        struct zl_option_list sources;
        uint64_t src;
        bool insecure;
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

static void take_order(struct router *router, const struct zl_header *header, const uint8_t *frame,
                       size_t size)
{
        const struct zl_msg_liquidate *order = &router->message->liquidate;
        struct zl_topic exec_topic = {ZL_TOPIC_EXEC, header->topic.id};
        const struct zl_msg_exec *held;
        struct zl_msg_exec exec;

        if (!zl_book_admit(&router->book, order->order, order->expires_ns, zl_now_ns(), &exec,
                           &held)) {
                router->refused++;
                if (exec.order[0])
                        zl_publish(&router->publisher, exec_topic, ZL_TYPE_EXEC, &exec);
                if (held)
                        zl_publish(&router->publisher, exec_topic, ZL_TYPE_EXEC, held);
                return;
        }
        router->admitted++;
        zl_publish(&router->publisher, exec_topic, ZL_TYPE_EXEC, &exec);
        zl_publish(&router->publisher, header->topic, ZL_TYPE_LIQUIDATE, order); /* a drop copy */
        if (zl_socket_wait_to_send(router->venue, VENUE_WAIT_MS) &&
            zl_socket_send(router->venue, frame, size, false) == ZL_OK)
                return;
        router->unsent++; /* nothing reached the venue: final, and it changed nothing */
        exec.status = ZL_EXEC_STATUS_REJECTED;
        exec.final = true;
        zl_book_filled(&router->book, &exec);
        zl_publish(&router->publisher, exec_topic, ZL_TYPE_EXEC, &exec);
}

static void take_message(struct router *router, const struct zl_header *header,
                         const uint8_t *frame, size_t size)
{
        switch (router->message->type) {
        case ZL_TYPE_LIQUIDATE:
                take_order(router, header, frame, size);
                break;
        case ZL_TYPE_ACCOUNT:
                zl_book_learn(&router->book, &router->message->account);
                break;
        case ZL_TYPE_EXEC: /* the venue's */
                zl_book_filled(&router->book, &router->message->exec);
                zl_publish(&router->publisher, (struct zl_topic){ZL_TOPIC_EXEC, header->topic.id},
                           ZL_TYPE_EXEC, &router->message->exec);
                break;
        default:
                break;
        }
}

static bool drain(struct router *router, struct zl_socket *socket)
{
        const uint8_t *frame;
        size_t size;
        bool any = false;

        while (zl_socket_receive(socket, &frame, &size) == ZL_OK) {
                struct zl_frame_reader reader;
                char why[200];
                enum zl_err err = zl_frame_open(&reader, frame, size);
                while (err == ZL_OK && (err = zl_frame_next(&reader, router->message)) == ZL_OK)
                        take_message(router, &reader.header, frame, size);
                if (err == ZL_ERR_INVALID && router->bad_frames++ < 5)
                        zl_say("a frame does not decode: %s",
                               zl_frame_error(&reader, why, sizeof why));
                any = true;
        }
        return any;
}

/* A beat tells a subscriber that it is heard from here on. Answers are not restated: proposing
 * again repeats them. */
static void greet(struct router *router, const char *wanted)
{
        struct zl_msg_beat *beat = &router->message->beat;

        if (strncmp(wanted, "beat", strlen(wanted) < 4 ? strlen(wanted) : 4) != 0)
                return;
        beat->absent = 0;
        beat->topics_count = 0;
        zl_publish(&router->publisher, (struct zl_topic){ZL_TOPIC_BEAT, router->publisher.src},
                   ZL_TYPE_BEAT, beat);
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
                for (uint32_t i = 0; i < count; i++)
                        drain(router, router->sources[i]);
                drain(router, router->orders);
                while (zl_publisher_heard(&router->publisher, topic))
                        greet(router, topic);
                zl_socket_wait(sockets, count + 2, -1, 100);
        }
}

static enum zl_err open_all(struct router *router)
{
        const struct settings *settings = router->settings;
        bool insecure = settings->insecure;
        enum zl_err err = zl_publisher_open(&router->publisher, router->bus, settings->pub,
                                            insecure, (uint32_t)settings->src);

        if (err == ZL_OK)
                err = zl_socket_open(router->bus, ZL_SOCKET_PULL, settings->pull, insecure,
                                     &router->orders);
        if (err == ZL_OK)
                err = zl_socket_open(router->bus, ZL_SOCKET_PUSH, settings->venue, insecure,
                                     &router->venue);
        for (uint32_t i = 0; err == ZL_OK && i < settings->sources.count; i++) {
                err = zl_socket_open(router->bus, ZL_SOCKET_SUB, settings->sources.values[i],
                                     insecure, &router->sources[i]);
                if (err == ZL_OK) {
                        zl_socket_subscribe(router->sources[i], "\xad" "exec.", 6);
                        zl_socket_subscribe(router->sources[i], "\xad" "acct.", 6);
                }
        }
        return err;
}

static enum zl_exit route(const struct settings *settings)
{
        struct router router = {.settings = settings,
                                .bus = zl_bus_open(),
                                .message = malloc(sizeof *router.message)};
        enum zl_err err = ZL_ERR_SYSTEM;

        zl_book_open(&router.book);
        if (router.bus && router.message)
                err = open_all(&router);
        if (err == ZL_OK) {
                zl_stop_listen();
                run(&router);
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
        return err == ZL_OK ? ZL_EXIT_OK : ZL_EXIT_FAILED;
}

enum zl_exit zl_cmd_router(int argc, char **argv)
{
        struct settings settings = {.src = 200};
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
                {"insecure", ZL_OPTION_FLAG, &settings.insecure, NULL,
                 "allow TCP beyond this machine without encryption", 0, 0, 0},
        };
        const struct zl_usage usage = {
            .arguments = "",
            .text = "Admits the first decision of a key if its base is the ledger's and no other "
                    "decision of\nits pool is live, sends it to the venue, and publishes what "
                    "becomes of it.",
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
