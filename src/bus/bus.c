#include "bus/bus.h"

#include "bus/endpoint.h"
#include "bus/guard.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { SOCKETS_MAX = 8192 }; /* a worker with many threads has dozens each */

const struct zl_bus_settings zl_bus_default = {.heartbeat_ms = ZL_BUS_HEARTBEAT_MS,
                                               .reconnect_ms_max = ZL_BUS_RECONNECT_MS_MAX,
                                               .queue_frames_max = ZL_BUS_QUEUE_FRAMES_MAX,
                                               .handshake_ms = ZL_BUS_HANDSHAKE_MS,
                                               .keepalive_s = ZL_BUS_KEEPALIVE_S,
                                               .frame_size_max = ZL_FRAME_SIZE_MAX};

void zl_bus_say(const char *format, ...)
{
        char line[1024];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(line, sizeof line, format, arguments);
        va_end(arguments);
        fprintf(stderr, "zeroline: %s\n", line);
}

/* ---- lists ---- */

static enum zl_err read_list(const char *path, struct zl_bus_list **ret_list)
{
        struct zl_bus_list *list = calloc(1, sizeof *list);
        char why[ZL_CURVE_WHY_SIZE] = "out of memory";
        enum zl_err err = ZL_ERR_SYSTEM;

        if (list)
                err = zl_allow_read(path, &list->allow, why);
        if (err != ZL_OK) {
                zl_bus_say("%s", why);
                free(list);
                return err;
        }
        list->users = 1;
        *ret_list = list;
        return ZL_OK;
}

struct zl_bus_list *zl_bus_list_take(struct zl_bus *bus)
{
        pthread_mutex_lock(&bus->lock);
        struct zl_bus_list *list = bus->list;
        if (list)
                list->users++;
        pthread_mutex_unlock(&bus->lock);
        return list;
}

void zl_bus_list_give(struct zl_bus *bus, struct zl_bus_list *list)
{
        if (!list)
                return;
        pthread_mutex_lock(&bus->lock);
        bool last = --list->users == 0;
        pthread_mutex_unlock(&bus->lock);
        if (!last)
                return;
        zl_allow_free(&list->allow);
        free(list);
}

/* Whether somebody who might connect before may not now. */
static bool takes_away(const struct zl_allow *before, const struct zl_allow *now)
{
        for (uint32_t i = 0; i < before->count; i++) {
                const struct zl_allow_line *line = &before->lines[i];
                if (!line->endpoint[0] && !zl_allow_of_key(now, line->key).count)
                        return true;
        }
        return false;
}

void zl_bus_reload(struct zl_bus *bus)
{
        struct zl_bus_list *list, *before = bus->list;

        if (!bus->settings.allow_file)
                return;
        if (read_list(bus->settings.allow_file, &list) != ZL_OK) {
                zl_bus_say("the allow-list stays as it was");
                return;
        }
        bool revokes = takes_away(&before->allow, &list->allow);
        uint32_t count = list->allow.count;
        pthread_mutex_lock(&bus->lock);
        bus->list = list;
        uint64_t generation = atomic_load(&bus->generation) + 1;
        if (revokes)
                atomic_store(&bus->revoked, generation);
        atomic_store(&bus->generation, generation);
        pthread_mutex_unlock(&bus->lock);
        zl_bus_list_give(bus, before);
        zl_bus_say("the allow-list %s is read again: %u entries%s", bus->settings.allow_file, count,
                   revokes ? "; a key was revoked, everybody connects anew" : "");
}

/* ---- endpoints ---- */

static const char *curve_fault(const struct zl_bus *bus, const struct zl_allow *allow,
                               const struct zl_allow_line *line, bool binds)
{
        if (line && line->key[0] && !bus->settings.key_file)
                return "has a key in the allow-list, which needs an own one: --key";
        if (line && line->key[0] && binds && strcmp(line->key, bus->pair.public_key) != 0)
                return "is bound here, and its key in the allow-list is not the one of --key";
        if (!bus->settings.key_file || (line && !line->key[0]))
                return NULL;
        if (binds && !allow)
                return "is encrypted, and nobody may connect: --key needs --allow, a list of keys";
        if (!binds && !line)
                return "has no key: the allow-list (--allow) needs a line that begins with this "
                       "endpoint, and its server's public key behind it";
        return NULL;
}

static const char *fault_in(const struct zl_bus *bus, const struct zl_allow *allow,
                            enum zl_socket_kind kind, const char *endpoint)
{
        struct zl_allow_span span = {0};
        bool tcp = zl_endpoint_tcp(endpoint);
        bool binds = kind == ZL_SOCKET_XPUB || kind == ZL_SOCKET_PULL || kind == ZL_SOCKET_ROUTER;
        bool hears = kind == ZL_SOCKET_SUB || kind == ZL_SOCKET_PULL;
        const char *fault = zl_endpoint_fault(endpoint, true);

        if (allow)
                span = zl_allow_of_endpoint(allow, endpoint);
        const struct zl_allow_line *line = span.count ? span.lines : NULL;
        bool encrypted = tcp && bus->settings.key_file && !(line && !line->key[0]);
        if (fault)
                return fault;
        if (!tcp && line && line->key[0])
                return "is not TCP and not encrypted: write - in place of its key";
        if (tcp)
                fault = curve_fault(bus, allow, line, binds);
        if (!fault)
                fault = zl_endpoint_fault(endpoint, bus->settings.insecure || encrypted);
        if (!fault && allow && hears && !line && !encrypted && !zl_endpoint_inproc(endpoint))
                return "is not in the allow-list, so nothing would be heard there: it needs a line "
                       "that begins with this endpoint, with - for a key as it is not encrypted";
        return fault;
}

const char *zl_bus_fault(struct zl_bus *bus, enum zl_socket_kind kind, const char *endpoint)
{
        struct zl_bus_list *list = zl_bus_list_take(bus);
        const char *fault = fault_in(bus, list ? &list->allow : NULL, kind, endpoint);

        zl_bus_list_give(bus, list);
        return fault;
}

/* ---- open and close ---- */

static enum zl_err read_files(struct zl_bus *bus)
{
        char why[ZL_CURVE_WHY_SIZE];

        if (bus->settings.key_file &&
            zl_curve_read(bus->settings.key_file, &bus->pair, why) != ZL_OK) {
                zl_bus_say("%s", why);
                return ZL_ERR_INVALID;
        }
        if (bus->settings.allow_file && read_list(bus->settings.allow_file, &bus->list) != ZL_OK)
                return ZL_ERR_INVALID;
        return ZL_OK;
}

static enum zl_err start(struct zl_bus *bus)
{
        bus->context = zmq_ctx_new();
        if (!bus->context || zmq_ctx_set(bus->context, ZMQ_MAX_SOCKETS, SOCKETS_MAX) != 0) {
                zl_bus_say("cannot start ZeroMQ: %s", zmq_strerror(errno));
                return ZL_ERR_SYSTEM;
        }
        if (!bus->settings.key_file)
                return ZL_OK;
        if (!zmq_has("curve")) {
                zl_bus_say("this libzmq has no CURVE");
                return ZL_ERR_SYSTEM;
        }
        return zl_guard_open(bus);
}

enum zl_err zl_bus_open(const struct zl_bus_settings *settings, struct zl_bus **ret_bus)
{
        struct zl_bus *bus = calloc(1, sizeof *bus);

        if (!bus) {
                zl_bus_say("out of memory");
                return ZL_ERR_SYSTEM;
        }
        bus->settings = *settings;
        pthread_mutex_init(&bus->lock, NULL);
        enum zl_err err = read_files(bus);
        if (err == ZL_OK)
                err = start(bus);
        if (err != ZL_OK) {
                zl_bus_close(bus);
                return err;
        }
        *ret_bus = bus;
        return ZL_OK;
}

void zl_bus_close(struct zl_bus *bus)
{
        if (!bus)
                return;
        zl_guard_close(bus);
        while (bus->context && zmq_ctx_term(bus->context) != 0 && errno == EINTR)
                ;
        zl_bus_list_give(bus, bus->list);
        zl_curve_wipe(&bus->pair);
        pthread_mutex_destroy(&bus->lock);
        free(bus);
}

void zl_bus_report(struct zl_bus *bus)
{
        uint64_t denied = atomic_load(&bus->denied), failed = atomic_load(&bus->failed);
        uint64_t forged = atomic_load(&bus->forged), strayed = atomic_load(&bus->strayed);
        uint64_t in_parts = atomic_load(&bus->in_parts);

        if (denied || failed || forged || strayed || in_parts)
                zl_bus_say("refused: %llu connections of unknown keys, %llu failed handshakes, "
                           "%llu frames under another's src, %llu frames on another's topic, "
                           "%llu messages in several parts",
                           (unsigned long long)denied, (unsigned long long)failed,
                           (unsigned long long)forged, (unsigned long long)strayed,
                           (unsigned long long)in_parts);
}
