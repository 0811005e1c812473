/* bus.h - what the sockets of a process share: its key, its allow-list, and who asks for them.
 *
 * Answers: is this endpoint encrypted, whose key is expected there, who may connect? Counts what
 * was refused. Owns: the ZeroMQ context, the guard's thread, and every allow-list that a socket
 * still holds. Thread: any, but open, reload and close are one thread's. */
#ifndef ZL_BUS_BUS_H
#define ZL_BUS_BUS_H

#include "bus/allow.h"

#include <pthread.h>
#include <stdatomic.h>

enum zl_socket_kind {
        ZL_SOCKET_XPUB,
        ZL_SOCKET_SUB,
        ZL_SOCKET_PUSH,
        ZL_SOCKET_PULL,
        ZL_SOCKET_ROUTER, /* answers each peer: see zl_socket_receive_from */
        ZL_SOCKET_DEALER,
};

/* What is so unless somebody says otherwise. */
enum {
        ZL_BUS_HEARTBEAT_MS = 5000,
        ZL_BUS_RECONNECT_MS_MAX = 2000,
        ZL_BUS_QUEUE_FRAMES_MAX = 100000, /* who falls behind further loses frames */
        ZL_BUS_HANDSHAKE_MS = 3000,
        ZL_BUS_KEEPALIVE_S = 30,
};

struct zl_bus_settings {
        const char *key_file;   /* own secret key; NULL: no CURVE */
        const char *allow_file; /* see allow.h; NULL: none */
        bool insecure;          /* TCP beyond this machine without CURVE */
        bool nothing_lost;      /* XPUB: ZL_ERR_FULL is said where one queue is full */
        int heartbeat_ms;       /* between two heartbeats; 0: none */
        int reconnect_ms_max;   /* between two attempts to connect */
        int queue_frames_max;   /* of a stream's socket */
        int handshake_ms;       /* before a connection that does not greet is dropped */
        int keepalive_s;        /* of silence before TCP asks; 0: never */
        int frame_size_max;     /* who sends a longer one is dropped */
};

struct zl_bus_list {
        struct zl_allow allow;
        uint32_t users;
};

struct zl_bus {
        struct zl_bus_settings settings;
        void *context;
        struct zl_curve_pair pair;
        bool has_guard;
        pthread_t guard;
        void *guard_control, *guard_zap; /* its sockets */
        pthread_mutex_t lock;
        struct zl_bus_list *list;        /* under the lock; NULL: no allow-list */
        atomic_uint_fast64_t generation; /* of the list */
        atomic_uint_fast64_t revoked;    /* the generation that last took a key away */
        atomic_uint watched;             /* sockets whose handshakes are watched */
        /* Counted: */
        atomic_uint_fast64_t denied;   /* connections: the key is not in the list */
        atomic_uint_fast64_t failed;   /* handshakes: no key, a wrong one, or no ZeroMQ at all */
        atomic_uint_fast64_t forged;   /* frames under a src that is not their writer's */
        atomic_uint_fast64_t strayed;  /* frames on a topic that is not their writer's */
        atomic_uint_fast64_t in_parts; /* messages of several parts */
};

extern const struct zl_bus_settings zl_bus_default;

/* ZL_ERR_SYSTEM, or ZL_ERR_INVALID where a file is wrong, after a line on stderr. The caller closes
 * every socket before the bus. */
ZL_MUST_CHECK enum zl_err zl_bus_open(const struct zl_bus_settings *settings,
                                      struct zl_bus **ret_bus);
/* NULL is allowed. */
void zl_bus_close(struct zl_bus *bus);

/* Reads the allow-list again. Each socket follows when it is next used: one that binds drops
 * everybody when a key was revoked, and lets in again who is still known; one that connects drops a
 * server whose key is another now. A list that is wrong changes nothing, after a line on stderr. */
void zl_bus_reload(struct zl_bus *bus);

/* What is wrong with a socket at this endpoint, for a person; NULL when it can be tried. */
const char *zl_bus_fault(struct zl_bus *bus, enum zl_socket_kind kind, const char *endpoint);

/* One line on stderr about all that was refused; none when nothing was. */
void zl_bus_report(struct zl_bus *bus);
__attribute__((format(printf, 1, 2))) void zl_bus_say(const char *format, ...);

/* ---- for sockets ---- */

/* The list as it is now, to be given back; NULL without one. */
struct zl_bus_list *zl_bus_list_take(struct zl_bus *bus);
void zl_bus_list_give(struct zl_bus *bus, struct zl_bus_list *list);

#endif
