#include "bus/guard.h"

#include "bus/pace.h"
#include "core/assert.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum {
        WATCHED_MAX = 128,
        PARTS_MAX = 8, /* of a ZAP request: seven with CURVE */
        PART_SIZE_MAX = 256,
        LINGER_MS = 1000,
};

#define ZAP "inproc://zeromq.zap.01"
#define CONTROL "inproc://guard"

/* What a socket says of its handshakes; from then on this thread's. */
struct watched {
        void *events;
        bool binds;
        struct zl_pace pace;
        uint64_t failures;
        char endpoint[ZL_ALLOW_ENDPOINT_SIZE];
};

struct guard {
        struct zl_bus *bus;
        void *control, *zap;
        struct watched watched[WATCHED_MAX];
        int watched_count;
        struct zl_pace pace; /* of denials */
};

/* Said to the guard: watch this; without events it is the end. A socket may change its thread when
 * a message goes between. */
struct order {
        void *events;
        char endpoint[ZL_ALLOW_ENDPOINT_SIZE];
        bool binds;
};

/* ---- ZAP ---- */

struct part {
        uint8_t bytes[PART_SIZE_MAX];
        size_t size; /* may be larger than what was kept */
};

/* All parts of one request; more than there can be are read and forgotten. */
static int receive_parts(void *socket, struct part parts[PARTS_MAX])
{
        int count = 0, more = 1;
        size_t size = sizeof more;

        while (more) {
                struct part unused, *part = count < PARTS_MAX ? &parts[count] : &unused;
                int got = zmq_recv(socket, part->bytes, sizeof part->bytes, 0);
                if (got < 0)
                        return 0;
                part->size = (size_t)got;
                count++;
                if (zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) != 0)
                        return 0;
        }
        return count;
}

static bool is(const struct part *part, const char *text)
{
        return part->size == strlen(text) && !memcmp(part->bytes, text, part->size);
}

static bool is_known(struct zl_bus *bus, const char *key)
{
        struct zl_bus_list *list = zl_bus_list_take(bus);
        bool known = list && zl_allow_of_key(&list->allow, key).count > 0;

        zl_bus_list_give(bus, list);
        return known;
}

static void deny(struct guard *guard, const struct part *address, const char *key)
{
        size_t size = address->size < PART_SIZE_MAX ? address->size : PART_SIZE_MAX;

        atomic_fetch_add(&guard->bus->denied, 1);
        if (zl_pace_may(&guard->pace))
                zl_bus_say("denied a connection from %.*s: its key %s is not in the allow-list",
                           (int)size, (const char *)address->bytes, key);
}

/* The parts: version, request id, domain, address, identity, mechanism, the key's bytes. */
static void answer(struct guard *guard)
{
        struct part parts[PARTS_MAX];
        char key[ZL_CURVE_TEXT_SIZE] = "";
        int count = receive_parts(guard->zap, parts);

        if (count < 2)
                return;
        bool good = count == 7 && is(&parts[0], "1.0") && is(&parts[5], "CURVE") &&
                    parts[6].size == ZL_CURVE_BYTES &&
                    zmq_z85_encode(key, parts[6].bytes, ZL_CURVE_BYTES);
        bool known = good && is_known(guard->bus, key);
        if (!known)
                deny(guard, &parts[count > 3 ? 3 : 1], good ? key : "(none)");
        size_t id = parts[1].size < PART_SIZE_MAX ? parts[1].size : PART_SIZE_MAX;
        zmq_send(guard->zap, "1.0", 3, ZMQ_SNDMORE);
        zmq_send(guard->zap, parts[1].bytes, id, ZMQ_SNDMORE);
        zmq_send(guard->zap, known ? "200" : "300", 3, ZMQ_SNDMORE);
        zmq_send(guard->zap, "", 0, ZMQ_SNDMORE);
        zmq_send(guard->zap, key, known ? strlen(key) : 0, ZMQ_SNDMORE); /* the user's name */
        zmq_send(guard->zap, "", 0, 0);
}

/* ---- handshakes ---- */

static void forget(struct guard *guard, int i)
{
        zmq_close(guard->watched[i].events);
        guard->watched[i] = guard->watched[--guard->watched_count];
}

/* An event is its number in 16 bits and a value in 32; behind it comes the endpoint. False: the
 * socket is closed, this was its last. */
static bool hear(struct guard *guard, struct watched *watched)
{
        struct part parts[PARTS_MAX];
        uint16_t event;

        if (receive_parts(watched->events, parts) < 1 || parts[0].size < sizeof event)
                return true;
        memcpy(&event, parts[0].bytes, sizeof event);
        if (event == ZMQ_EVENT_MONITOR_STOPPED)
                return false;
        watched->failures++;
        if (watched->binds) {
                atomic_fetch_add(&guard->bus->failed, 1);
                if (zl_pace_may(&watched->pace))
                        zl_bus_say("a handshake at %s failed: a stranger, without a key or with a "
                                   "wrong one for this server",
                                   watched->endpoint);
        } else if ((watched->failures & (watched->failures - 1)) == 0) { /* it tries on and on */
                zl_bus_say("the handshake with %s failed: it does not know our key, or its key is "
                           "not the one in our allow-list",
                           watched->endpoint);
        }
        return true;
}

static void watch(struct guard *guard, const struct order *order)
{
        struct watched *watched = &guard->watched[guard->watched_count++];

        ZL_ASSERT(guard->watched_count <= WATCHED_MAX);
        *watched = (struct watched){.events = order->events, .binds = order->binds};
        memcpy(watched->endpoint, order->endpoint, sizeof watched->endpoint);
}

/* ---- the thread ---- */

static bool obey(struct guard *guard)
{
        struct order order;

        if (zmq_recv(guard->control, &order, sizeof order, 0) != (int)sizeof order)
                return true;
        if (!order.events)
                return false;
        watch(guard, &order);
        return true;
}

static void *run(void *argument)
{
        struct zl_bus *bus = argument;
        struct guard guard = {.bus = bus, .control = bus->guard_control, .zap = bus->guard_zap};
        bool on = true;

        while (on) {
                zmq_pollitem_t items[2 + WATCHED_MAX] = {
                        {.socket = guard.control, .events = ZMQ_POLLIN},
                        {.socket = guard.zap, .events = ZMQ_POLLIN}};
                int count = guard.watched_count;
                for (int i = 0; i < count; i++)
                        items[2 + i] = (zmq_pollitem_t){.socket = guard.watched[i].events,
                                                        .events = ZMQ_POLLIN};
                if (zmq_poll(items, 2 + count, -1) < 0)
                        continue;
                for (int i = count - 1; i >= 0; i--) {
                        if (items[2 + i].revents && !hear(&guard, &guard.watched[i]))
                                forget(&guard, i);
                }
                if (items[1].revents)
                        answer(&guard);
                if (items[0].revents)
                        on = obey(&guard);
        }
        while (guard.watched_count)
                forget(&guard, 0);
        zmq_close(guard.zap);
        zmq_close(guard.control);
        return NULL;
}

/* ---- from other threads ---- */

static void *open_socket(struct zl_bus *bus, int type)
{
        void *socket = zmq_socket(bus->context, type);
        int linger_ms = LINGER_MS;

        if (socket)
                zmq_setsockopt(socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
        return socket;
}

static bool tell(struct zl_bus *bus, const struct order *order)
{
        void *socket = open_socket(bus, ZMQ_PUSH);

        if (!socket)
                return false;
        bool told = zmq_connect(socket, CONTROL) == 0 &&
                    zmq_send(socket, order, sizeof *order, 0) >= 0;
        zmq_close(socket);
        return told;
}

/* The process's signals are for its own threads. */
static int start(struct zl_bus *bus)
{
        sigset_t all, before;

        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        int err = pthread_create(&bus->guard, NULL, run, bus);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return err;
}

enum zl_err zl_guard_open(struct zl_bus *bus)
{
        bus->guard_control = open_socket(bus, ZMQ_PULL);
        bus->guard_zap = open_socket(bus, ZMQ_REP);
        if (bus->guard_control && bus->guard_zap && zmq_bind(bus->guard_control, CONTROL) == 0 &&
            zmq_bind(bus->guard_zap, ZAP) == 0 && start(bus) == 0) {
                bus->has_guard = true;
                return ZL_OK;
        }
        zl_bus_say("cannot start the guard: %s", zmq_strerror(errno));
        if (bus->guard_control)
                zmq_close(bus->guard_control);
        if (bus->guard_zap)
                zmq_close(bus->guard_zap);
        return ZL_ERR_SYSTEM;
}

void zl_guard_close(struct zl_bus *bus)
{
        struct order end = {0};

        if (!bus->has_guard)
                return;
        bool told = tell(bus, &end);
        ZL_ASSERT(told);
        pthread_join(bus->guard, NULL);
        bus->has_guard = false;
}

void zl_guard_unwatch(void *handle)
{
        zmq_socket_monitor(handle, NULL, 0); /* says so to the guard, as the last event */
}

void zl_guard_watch(struct zl_bus *bus, void *handle, const char *endpoint, bool binds)
{
        unsigned number = atomic_fetch_add(&bus->watched, 1);
        struct order order = {.binds = binds};
        char name[64];

        if (number >= WATCHED_MAX)
                return;
        snprintf(order.endpoint, sizeof order.endpoint, "%s", endpoint);
        snprintf(name, sizeof name, "inproc://handshakes-%u", number);
        /* The socket's own thread waits for whoever hears its events: few, and always heard. */
        int events = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                     ZMQ_EVENT_MONITOR_STOPPED;
        if (zmq_socket_monitor(handle, name, events) != 0)
                return;
        order.events = open_socket(bus, ZMQ_PAIR);
        if (order.events && zmq_connect(order.events, name) == 0 && tell(bus, &order))
                return;
        zl_guard_unwatch(handle);
        if (order.events)
                zmq_close(order.events);
}
