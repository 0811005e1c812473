#include "bus/socket.h"

#include "bus/endpoint.h"
#include "bus/guard.h"
#include "bus/pace.h"
#include "core/assert.h"

#include <zeroline/frame.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum {
        ORDERS_MAX = 64, /* a PUSH socket's: what waits longer waits in our own queue */
        CHUNKS_MAX = 8,  /* a ROUTER socket's, a peer: they are large */
        WAIT_MAX = 32,
        PASSED_MAX = 256,    /* frames refused in a row before others have their turn */
        REBIND_TRIES = 1000, /* of a millisecond each */
};

struct zl_socket {
        struct zl_bus *bus;
        void *handle;
        enum zl_socket_kind kind;
        zmq_msg_t received;
        char endpoint[ZL_ALLOW_ENDPOINT_SIZE];
        char bound[ZL_ALLOW_ENDPOINT_SIZE]; /* what became of it: a port for a `*` */
        bool curve;
        bool down;                           /* neither bound nor connected now */
        char server_key[ZL_CURVE_TEXT_SIZE]; /* of whom it connects to */
        struct zl_bus_list *list;            /* NULL: no allow-list */
        struct zl_allow_span writers;        /* of this endpoint, in the list */
        uint64_t generation;                 /* of the list */
        struct zl_pace pace;                 /* of complaints */
};

static const struct {
        int type;
        bool binds;
        const char *name;
} kinds[] = {
        [ZL_SOCKET_XPUB] = {ZMQ_XPUB, true, "PUB"},
        [ZL_SOCKET_SUB] = {ZMQ_SUB, false, "SUB"},
        [ZL_SOCKET_PUSH] = {ZMQ_PUSH, false, "PUSH"},
        [ZL_SOCKET_PULL] = {ZMQ_PULL, true, "PULL"},
        [ZL_SOCKET_ROUTER] = {ZMQ_ROUTER, true, "ROUTER"},
        [ZL_SOCKET_DEALER] = {ZMQ_DEALER, false, "DEALER"},
};

/* What every socket has, whatever it is for. */
static const struct {
        int option, value;
} hygiene[] = {
        {ZMQ_LINGER, 0},             /* until zl_socket_close says how long: nothing hangs */
        {ZMQ_CONNECT_TIMEOUT, 5000}, /* an address that swallows packets is tried anew */
        {ZMQ_RECONNECT_IVL, 100},    /* a restarted peer is found soon; doubles up to its bound */
        {ZMQ_BACKLOG, 512},          /* after a restart everybody connects at once */
        {ZMQ_TCP_KEEPALIVE_CNT, 3},
};

/* A peer that is silent for so many heartbeats is gone. A reader that is behind by its whole queue
 * does not hear heartbeats either: fewer would drop it when it is merely busy. */
enum { HEARTBEATS_MISSED_MAX = 6 };

static void set(void *handle, int option, int value)
{
        int err = zmq_setsockopt(handle, option, &value, sizeof value);

        ZL_ASSERT(err == 0);
}

static void set_text(void *handle, int option, const char *text)
{
        int err = zmq_setsockopt(handle, option, text, strlen(text));

        ZL_ASSERT(err == 0);
}

static void configure(void *handle, enum zl_socket_kind kind, const char *endpoint,
                      const struct zl_bus_settings *settings)
{
        int64_t size_max = settings->frame_size_max;
        int err = zmq_setsockopt(handle, ZMQ_MAXMSGSIZE, &size_max, sizeof size_max);
        int silent_ms = HEARTBEATS_MISSED_MAX * settings->heartbeat_ms;

        ZL_ASSERT(err == 0); /* whoever sends a longer one is dropped */
        for (size_t i = 0; i < sizeof hygiene / sizeof hygiene[0]; i++)
                set(handle, hygiene[i].option, hygiene[i].value);
        set(handle, ZMQ_RECONNECT_IVL_MAX, settings->reconnect_ms_max);
        /* Who connects and says nothing is dropped; and who was denied tries again: libzmq may let
         * it wait until then. */
        set(handle, ZMQ_HANDSHAKE_IVL, settings->handshake_ms);
        set(handle, ZMQ_TCP_KEEPALIVE, settings->keepalive_s > 0);
        if (settings->keepalive_s) { /* finds a dead peer without heartbeats (older ZeroMQ) */
                set(handle, ZMQ_TCP_KEEPALIVE_IDLE, settings->keepalive_s);
                set(handle, ZMQ_TCP_KEEPALIVE_INTVL, (settings->keepalive_s + 2) / 3);
        }
        if (settings->heartbeat_ms) {
                set(handle, ZMQ_HEARTBEAT_IVL, settings->heartbeat_ms);
                set(handle, ZMQ_HEARTBEAT_TIMEOUT, silent_ms);
                set(handle, ZMQ_HEARTBEAT_TTL, silent_ms); /* the peer drops us after as long */
        }
        set(handle, ZMQ_IPV6, zl_endpoint_ipv6(endpoint, kinds[kind].binds));
        set(handle, ZMQ_RCVHWM, settings->queue_frames_max);
        set(handle, ZMQ_SNDHWM,
            kind == ZL_SOCKET_PUSH     ? ORDERS_MAX
            : kind == ZL_SOCKET_ROUTER ? CHUNKS_MAX
            : kind == ZL_SOCKET_SUB    ? 0 /* what has no room here is a subscription lost */
                                       : settings->queue_frames_max);
        if (kind == ZL_SOCKET_ROUTER)
                set(handle, ZMQ_ROUTER_MANDATORY, 1); /* who is gone, or full, is no silence */
        if (kind == ZL_SOCKET_PUSH)
                set(handle, ZMQ_IMMEDIATE, 1); /* queue only for who is there */
        if (kind == ZL_SOCKET_XPUB && settings->nothing_lost)
                set(handle, ZMQ_XPUB_NODROP, 1);
        if (kind == ZL_SOCKET_XPUB)
                set(handle, ZMQ_XPUB_VERBOSE, 1); /* all subscribers are told of, not the first */
}

/* ---- encryption, and the allow-list ---- */

static void encrypt(struct zl_socket *socket)
{
        struct zl_bus *bus = socket->bus;

        if (kinds[socket->kind].binds) {
                set(socket->handle, ZMQ_CURVE_SERVER, 1);
                set_text(socket->handle, ZMQ_ZAP_DOMAIN, "zeroline");
        } else {
                set_text(socket->handle, ZMQ_CURVE_PUBLICKEY, bus->pair.public_key);
                set_text(socket->handle, ZMQ_CURVE_SERVERKEY, socket->server_key);
        }
        set_text(socket->handle, ZMQ_CURVE_SECRETKEY, bus->pair.secret_key);
}

/* The list as it is now, and what it says of this endpoint. */
static void read_list(struct zl_socket *socket)
{
        zl_bus_list_give(socket->bus, socket->list);
        socket->generation = atomic_load(&socket->bus->generation);
        socket->list = zl_bus_list_take(socket->bus);
        socket->writers = (struct zl_allow_span){0};
        if (socket->list)
                socket->writers = zl_allow_of_endpoint(&socket->list->allow, socket->endpoint);
}

static const char *expected_key(const struct zl_socket *socket)
{
        return socket->writers.count ? socket->writers.lines->key : "";
}

static bool try_to_bind(struct zl_socket *socket, int tries)
{
        while (socket->down && tries-- > 0) {
                if (zmq_bind(socket->handle, socket->bound) == 0)
                        socket->down = false;
                else if (tries > 0)
                        usleep(1000); /* the old one is on its way out */
        }
        return !socket->down;
}

/* The guard is asked at handshakes only, so that a key is revoked by making everybody connect anew:
 * what is unbound drops its connections. */
static void rebind(struct zl_socket *socket)
{
        if (!socket->down && zmq_unbind(socket->handle, socket->bound) != 0)
                zl_bus_say("cannot unbind %s: %s", socket->bound, zmq_strerror(errno));
        socket->down = true;
        if (!try_to_bind(socket, REBIND_TRIES))
                zl_bus_say("cannot bind %s again: %s; it is tried on", socket->bound,
                           zmq_strerror(errno));
}

static void reconnect(struct zl_socket *socket)
{
        const char *key = expected_key(socket);

        if (!strcmp(key, socket->server_key) && socket->down == !key[0])
                return;
        if (!socket->down)
                zmq_disconnect(socket->handle, socket->endpoint);
        socket->down = true;
        strcpy(socket->server_key, key);
        if (!key[0]) {
                zl_bus_say("%s has no key in the allow-list any more and is left",
                           socket->endpoint);
                return;
        }
        encrypt(socket);
        if (zmq_connect(socket->handle, socket->endpoint) == 0)
                socket->down = false;
        else
                zl_bus_say("cannot connect to %s: %s", socket->endpoint, zmq_strerror(errno));
}

/* Follows the allow-list when it was read again. */
static void renew(struct zl_socket *socket)
{
        struct zl_bus *bus = socket->bus;
        uint64_t before = socket->generation;
        bool binds = kinds[socket->kind].binds;

        if (atomic_load_explicit(&bus->generation, memory_order_acquire) == before) {
                if (socket->down && binds)
                        try_to_bind(socket, 1);
                return;
        }
        read_list(socket);
        if (socket->curve && !binds)
                reconnect(socket);
        else if (socket->curve && atomic_load(&bus->revoked) > before)
                rebind(socket);
}

/* ---- opening ---- */

static enum zl_err attach(struct zl_socket *socket)
{
        bool binds = kinds[socket->kind].binds;
        size_t size = sizeof socket->bound;
        int err = binds ? zmq_bind(socket->handle, socket->endpoint)
                        : zmq_connect(socket->handle, socket->endpoint);
        const char *help = "see the endpoint";

        if (err == 0 && binds)
                err = zmq_getsockopt(socket->handle, ZMQ_LAST_ENDPOINT, socket->bound, &size);
        if (err == 0)
                return ZL_OK;
        if (errno == EADDRINUSE)
                help = "another process has it: stop that one, or choose another endpoint";
        else if (errno == EACCES || errno == ENOENT)
                help = "the folder must exist and be writable";
        zl_bus_say("cannot %s the %s socket to %s: %s; %s", binds ? "bind" : "connect",
                   kinds[socket->kind].name, socket->endpoint, zmq_strerror(errno), help);
        return ZL_ERR_SYSTEM;
}

static enum zl_err open_as(struct zl_socket *socket)
{
        struct zl_bus *bus = socket->bus;
        bool binds = kinds[socket->kind].binds;

        read_list(socket);
        bool plain = socket->writers.count && !expected_key(socket)[0];
        socket->curve = bus->settings.key_file && zl_endpoint_tcp(socket->endpoint) && !plain;
        if (socket->curve && !binds && !expected_key(socket)[0]) { /* it was read again just now */
                zl_bus_say("%s has no key in the allow-list any more", socket->endpoint);
                return ZL_ERR_INVALID;
        }
        if (!binds)
                strcpy(socket->server_key, expected_key(socket));
        configure(socket->handle, socket->kind, socket->endpoint, &bus->settings);
        if (socket->curve) {
                encrypt(socket);
                zl_guard_watch(bus, socket->handle, socket->endpoint, binds);
        }
        return attach(socket);
}

enum zl_err zl_socket_open(struct zl_bus *bus, enum zl_socket_kind kind, const char *endpoint,
                           struct zl_socket **ret_socket)
{
        const char *fault = zl_bus_fault(bus, kind, endpoint);
        if (!fault && strlen(endpoint) >= ZL_ALLOW_ENDPOINT_SIZE)
                fault = "is too long";
        if (fault) {
                zl_bus_say("%s %s", endpoint, fault);
                return ZL_ERR_INVALID;
        }
        struct zl_socket *socket = calloc(1, sizeof *socket);
        void *handle = socket ? zmq_socket(bus->context, kinds[kind].type) : NULL;
        if (!handle) {
                zl_bus_say("cannot open a socket: %s", zmq_strerror(errno));
                free(socket);
                return ZL_ERR_SYSTEM;
        }
        socket->bus = bus;
        socket->handle = handle;
        socket->kind = kind;
        strcpy(socket->endpoint, endpoint);
        zmq_msg_init(&socket->received);
        enum zl_err err = open_as(socket);
        if (err == ZL_OK)
                *ret_socket = socket;
        else
                zl_socket_close(socket, 0);
        return err;
}

void zl_socket_close(struct zl_socket *socket, int linger_ms)
{
        if (!socket)
                return;
        zmq_msg_close(&socket->received);
        if (socket->curve)
                zl_guard_unwatch(socket->handle);
        set(socket->handle, ZMQ_LINGER, linger_ms);
        zmq_close(socket->handle);
        zl_bus_list_give(socket->bus, socket->list);
        free(socket);
}

void zl_socket_subscribe(struct zl_socket *socket, const void *prefix, size_t size)
{
        int err = zmq_setsockopt(socket->handle, ZMQ_SUBSCRIBE, prefix, size);

        ZL_ASSERT(err == 0);
}

void zl_socket_subscribe_again(struct zl_socket *socket, const void *prefix, size_t size)
{
        zl_socket_subscribe(socket, prefix, size); /* is passed on, though it is known */
        int err = zmq_setsockopt(socket->handle, ZMQ_UNSUBSCRIBE, prefix, size);

        ZL_ASSERT(err == 0);
}

enum zl_err zl_socket_send(struct zl_socket *socket, const void *data, size_t size, bool wait)
{
        renew(socket);
        while (zmq_send(socket->handle, data, size, wait ? 0 : ZMQ_DONTWAIT) < 0) {
                if (errno == EAGAIN)
                        return ZL_ERR_FULL;
                if (errno != EINTR)
                        return ZL_ERR_SYSTEM;
        }
        return ZL_OK;
}

static enum zl_err receive_part(struct zl_socket *socket)
{
        zmq_msg_close(&socket->received);
        zmq_msg_init(&socket->received);
        while (zmq_msg_recv(&socket->received, socket->handle, ZMQ_DONTWAIT) < 0) {
                if (errno == EAGAIN)
                        return ZL_ERR_END;
                if (errno != EINTR)
                        return ZL_ERR_SYSTEM;
        }
        return ZL_OK;
}

/* Who may have written what was received. False: anybody, as there is no allow-list, or it came
 * from within the process. */
static bool writers_of(struct zl_socket *socket, struct zl_allow_span *ret_writers)
{
        if (!socket->list || zl_endpoint_inproc(socket->endpoint))
                return false;
        if (!socket->curve || !kinds[socket->kind].binds) {
                *ret_writers = socket->writers;
                return true;
        }
        const char *user = zmq_msg_gets(&socket->received, "User-Id");
        *ret_writers = (struct zl_allow_span){0};
        if (user)
                *ret_writers = zl_allow_of_key(&socket->list->allow, user);
        return true;
}

static void complain(struct zl_socket *socket, const struct zl_header *header, const char *what)
{
        char topic[ZL_TOPIC_SIZE + 1];

        if (!zl_pace_may(&socket->pace))
                return;
        zl_topic_format(header->topic, topic);
        zl_bus_say("a frame at %s was refused: its writer may not %s (src %u, topic %s)",
                   socket->endpoint, what, header->src, topic);
}

/* A header that cannot be read is no claim: the frame will not decode. */
static bool is_its_writers(struct zl_socket *socket)
{
        struct zl_frame_reader reader;
        struct zl_allow_span writers;

        if (socket->kind == ZL_SOCKET_XPUB || !writers_of(socket, &writers) ||
            zl_frame_open(&reader, zmq_msg_data(&socket->received),
                          zmq_msg_size(&socket->received)) != ZL_OK)
                return true;
        switch (zl_allow_judge(writers, &reader.header)) {
        case ZL_ALLOW_GOOD:
                return true;
        case ZL_ALLOW_SRC:
                atomic_fetch_add(&socket->bus->forged, 1);
                complain(socket, &reader.header, "speak under this src");
                return false;
        default:
                atomic_fetch_add(&socket->bus->strayed, 1);
                complain(socket, &reader.header, "write this topic");
                return false;
        }
}

enum zl_err zl_socket_receive(struct zl_socket *socket, const uint8_t **ret_data, size_t *ret_size)
{
        renew(socket);
        for (int passed = 0; passed < PASSED_MAX; passed++) {
                enum zl_err err = receive_part(socket);
                if (err != ZL_OK)
                        return err;
                bool in_parts = zmq_msg_more(&socket->received);
                while (err == ZL_OK && zmq_msg_more(&socket->received))
                        err = receive_part(socket);
                if (in_parts) { /* a frame is one part: this is none */
                        atomic_fetch_add(&socket->bus->in_parts, 1);
                        continue;
                }
                if (!is_its_writers(socket))
                        continue;
                *ret_data = zmq_msg_data(&socket->received);
                *ret_size = zmq_msg_size(&socket->received);
                return ZL_OK;
        }
        return ZL_ERR_END;
}

enum zl_err zl_socket_receive_from(struct zl_socket *socket, struct zl_peer *ret_peer,
                                   const uint8_t **ret_data, size_t *ret_size)
{
        renew(socket);
        for (int passed = 0; passed < PASSED_MAX; passed++) {
                enum zl_err err = receive_part(socket);
                if (err != ZL_OK)
                        return err;
                ret_peer->size = (uint8_t)zmq_msg_size(&socket->received);
                memcpy(ret_peer->name, zmq_msg_data(&socket->received), ret_peer->size);
                bool alone = !zmq_msg_more(&socket->received);
                if (!alone)
                        err = receive_part(socket);
                bool in_parts = alone || zmq_msg_more(&socket->received);
                while (err == ZL_OK && zmq_msg_more(&socket->received))
                        err = receive_part(socket);
                if (in_parts) {
                        atomic_fetch_add(&socket->bus->in_parts, 1);
                        continue;
                }
                if (!is_its_writers(socket))
                        continue;
                *ret_data = zmq_msg_data(&socket->received);
                *ret_size = zmq_msg_size(&socket->received);
                return ZL_OK;
        }
        return ZL_ERR_END;
}

enum zl_err zl_socket_send_to(struct zl_socket *socket, const struct zl_peer *peer,
                              const void *data, size_t size)
{
        renew(socket);
        if (zmq_send(socket->handle, peer->name, peer->size, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
                return errno == EAGAIN || errno == EINTR ? ZL_ERR_FULL : ZL_ERR_END;
        return zmq_send(socket->handle, data, size, ZMQ_DONTWAIT) < 0 ? ZL_ERR_END : ZL_OK;
}

bool zl_socket_wait(struct zl_socket *const *sockets, uint32_t count, int fd, int timeout_ms)
{
        zmq_pollitem_t items[WAIT_MAX];
        int used = 0;

        ZL_ASSERT(count < WAIT_MAX);
        for (uint32_t i = 0; i < count; i++) {
                if (!sockets[i])
                        continue;
                renew(sockets[i]);
                items[used++] = (zmq_pollitem_t){.socket = sockets[i]->handle,
                                                 .events = ZMQ_POLLIN};
        }
        if (fd >= 0)
                items[used++] = (zmq_pollitem_t){.fd = fd, .events = ZMQ_POLLIN};
        return zmq_poll(items, used, timeout_ms) > 0;
}

bool zl_socket_wait_to_send(struct zl_socket *socket, int timeout_ms)
{
        zmq_pollitem_t item = {.socket = socket->handle, .events = ZMQ_POLLOUT};

        renew(socket);
        return zmq_poll(&item, 1, timeout_ms) > 0;
}

void zl_socket_await_subscriptions(struct zl_socket *socket, uint64_t count)
{
        ZL_ASSERT(socket->kind == ZL_SOCKET_XPUB);
        while (count > 0) {
                const uint8_t *data;
                size_t size;

                zl_socket_wait(&socket, 1, -1, -1);
                while (count > 0 && zl_socket_receive(socket, &data, &size) == ZL_OK) {
                        if (size > 0 && data[0] == 1)
                                count--;
                }
        }
}
