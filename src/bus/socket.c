#include "bus/socket.h"

#include "bus/endpoint.h"
#include "core/assert.h"

#include <zeroline/frame.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

enum {
        QUEUE_FRAMES_MAX = 100000, /* of a stream; one that falls behind further loses frames */
        ORDERS_MAX = 64,           /* a PUSH socket's: what waits longer waits in our own queue */
        WAIT_MAX = 32,
};

struct zl_bus {
        void *context;
};

struct zl_socket {
        void *handle;
        enum zl_socket_kind kind;
        zmq_msg_t received;
};

static const struct {
        int type;
        bool binds;
        const char *name;
} kinds[] = {
        [ZL_SOCKET_XPUB] = {ZMQ_XPUB, true, "PUB"},  [ZL_SOCKET_SUB] = {ZMQ_SUB, false, "SUB"},
        [ZL_SOCKET_PUSH] = {ZMQ_PUSH, false, "PUSH"}, [ZL_SOCKET_PULL] = {ZMQ_PULL, true, "PULL"},
};

struct zl_bus *zl_bus_open(void)
{
        struct zl_bus *bus = malloc(sizeof *bus);

        if (bus)
                bus->context = zmq_ctx_new();
        if (!bus || !bus->context) {
                fprintf(stderr, "zeroline: cannot start ZeroMQ: %s\n", zmq_strerror(errno));
                free(bus);
                return NULL;
        }
        return bus;
}

void zl_bus_close(struct zl_bus *bus)
{
        if (!bus)
                return;
        while (zmq_ctx_term(bus->context) != 0 && errno == EINTR)
                ;
        free(bus);
}

static void set(void *handle, int option, int value)
{
        int err = zmq_setsockopt(handle, option, &value, sizeof value);

        ZL_ASSERT(err == 0);
}

static void configure(void *handle, enum zl_socket_kind kind)
{
        int64_t size_max = ZL_FRAME_SIZE_MAX;
        int err = zmq_setsockopt(handle, ZMQ_MAXMSGSIZE, &size_max, sizeof size_max);

        ZL_ASSERT(err == 0);
        set(handle, ZMQ_LINGER, 0);
        set(handle, ZMQ_RCVHWM, QUEUE_FRAMES_MAX);
        set(handle, ZMQ_SNDHWM, kind == ZL_SOCKET_PUSH ? ORDERS_MAX : QUEUE_FRAMES_MAX);
        if (kind == ZL_SOCKET_PUSH)
                set(handle, ZMQ_IMMEDIATE, 1); /* queue only for who is there */
        if (kind == ZL_SOCKET_XPUB)
                set(handle, ZMQ_XPUB_VERBOSE,
                    1); /* each subscriber is told of, not just the first */
}

static enum zl_err attach(void *handle, enum zl_socket_kind kind, const char *endpoint)
{
        bool binds = kinds[kind].binds;
        int err = binds ? zmq_bind(handle, endpoint) : zmq_connect(handle, endpoint);
        const char *help = "see the endpoint";

        if (err == 0)
                return ZL_OK;
        if (errno == EADDRINUSE)
                help = "another process has it: stop that one, or choose another endpoint";
        else if (errno == EACCES || errno == ENOENT)
                help = "the folder must exist and be writable";
        fprintf(stderr, "zeroline: cannot %s the %s socket to %s: %s; %s\n",
                binds ? "bind" : "connect", kinds[kind].name, endpoint, zmq_strerror(errno), help);
        return ZL_ERR_SYSTEM;
}

enum zl_err zl_socket_open(struct zl_bus *bus, enum zl_socket_kind kind, const char *endpoint,
                           bool insecure, struct zl_socket **ret_socket)
{
        const char *fault = zl_endpoint_fault(endpoint, insecure);
        if (fault) {
                fprintf(stderr, "zeroline: %s %s\n", endpoint, fault);
                return ZL_ERR_INVALID;
        }
        struct zl_socket *socket = calloc(1, sizeof *socket);
        void *handle = socket ? zmq_socket(bus->context, kinds[kind].type) : NULL;
        if (!handle) {
                fprintf(stderr, "zeroline: cannot open a socket: %s\n", zmq_strerror(errno));
                free(socket);
                return ZL_ERR_SYSTEM;
        }
        configure(handle, kind);
        enum zl_err err = attach(handle, kind, endpoint);
        if (err != ZL_OK) {
                zmq_close(handle);
                free(socket);
                return err;
        }
        socket->handle = handle;
        socket->kind = kind;
        zmq_msg_init(&socket->received);
        *ret_socket = socket;
        return ZL_OK;
}

void zl_socket_close(struct zl_socket *socket, int linger_ms)
{
        if (!socket)
                return;
        zmq_msg_close(&socket->received);
        set(socket->handle, ZMQ_LINGER, linger_ms);
        zmq_close(socket->handle);
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
        while (zmq_send(socket->handle, data, size, wait ? 0 : ZMQ_DONTWAIT) < 0) {
                if (errno == EAGAIN)
                        return ZL_ERR_FULL;
                if (errno != EINTR)
                        return ZL_ERR_SYSTEM;
        }
        return ZL_OK;
}

/* A frame is one part: a message of several is read to its end and passed over. */
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

enum zl_err zl_socket_receive(struct zl_socket *socket, const uint8_t **ret_data, size_t *ret_size)
{
        for (;;) {
                enum zl_err err = receive_part(socket);
                if (err != ZL_OK)
                        return err;
                if (!zmq_msg_more(&socket->received))
                        break;
                while (err == ZL_OK && zmq_msg_more(&socket->received))
                        err = receive_part(socket);
        }
        *ret_data = zmq_msg_data(&socket->received);
        *ret_size = zmq_msg_size(&socket->received);
        return ZL_OK;
}

bool zl_socket_wait(struct zl_socket *const *sockets, uint32_t count, int fd, int timeout_ms)
{
        zmq_pollitem_t items[WAIT_MAX];
        int used = 0;

        ZL_ASSERT(count < WAIT_MAX);
        for (uint32_t i = 0; i < count; i++) {
                if (sockets[i])
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
