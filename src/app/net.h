/* net.h - the options of every command that opens sockets, and the bus they ask for.
 *
 * Thread: the command's own. */
#ifndef ZL_APP_NET_H
#define ZL_APP_NET_H

#include "app/exit.h"
#include "bus/bus.h"

struct zl_net {
        const char *key, *allow;
        bool insecure;
        bool nothing_lost; /* no option: see bus.h */
        uint64_t heartbeat_ms, reconnect_ms, queue_frames, handshake_ms, keepalive_s, frame_kib;
};

#define ZL_NET_DEFAULT                                                                             \
        {                                                                                          \
                .heartbeat_ms = ZL_BUS_HEARTBEAT_MS, .reconnect_ms = ZL_BUS_RECONNECT_MS_MAX,      \
                .queue_frames = ZL_BUS_QUEUE_FRAMES_MAX, .handshake_ms = ZL_BUS_HANDSHAKE_MS,      \
                .keepalive_s = ZL_BUS_KEEPALIVE_S, .frame_kib = ZL_FRAME_SIZE_MAX >> 10            \
        }

/* Rows for a table of options, over a struct zl_net. */
#define ZL_NET_OPTIONS(net)                                                                        \
        {"key", ZL_OPTION_TEXT, &(net).key, "FILE",                                                \
         "own secret key: TCP is encrypted (see keygen)", 0, 0, 0},                                \
        {"allow", ZL_OPTION_TEXT, &(net).allow, "FILE",                                            \
         "whose keys are known, and what they may write", 0, 0, 0},                                \
        {"insecure", ZL_OPTION_FLAG, &(net).insecure, NULL,                                        \
         "allow TCP beyond this machine without encryption", 0, 0, 0},                             \
        {"heartbeat", ZL_OPTION_NUMBER, &(net).heartbeat_ms, "MS",                                 \
         "between heartbeats; a peer silent for six is gone; 0: none (5000)", 0, 600000, 0},       \
        {"reconnect", ZL_OPTION_NUMBER, &(net).reconnect_ms, "MS",                                 \
         "at most, between attempts to connect (2000)", 100, 600000, 0},                           \
        {"high-water", ZL_OPTION_NUMBER, &(net).queue_frames, "N",                                 \
         "frames that wait in a socket before more are lost (100000)", 1, 100000000, 0},           \
        {"handshake", ZL_OPTION_NUMBER, &(net).handshake_ms, "MS",                                 \
         "who connects and does not greet within is dropped (3000)", 10, 600000, 0},               \
        {"keepalive", ZL_OPTION_NUMBER, &(net).keepalive_s, "S",                                   \
         "of silence before TCP asks whether the peer lives; 0: never (30)", 0, 32767, 0},         \
        {"frame-max", ZL_OPTION_NUMBER, &(net).frame_kib, "KIB",                                   \
         "who sends a longer frame is dropped (1024)", 1, ZL_FRAME_SIZE_MAX >> 10, 0}

/* ZL_ERR_SYSTEM, or ZL_ERR_INVALID where a file is wrong, after a line on stderr. */
ZL_MUST_CHECK enum zl_err zl_net_open(const struct zl_net *net, struct zl_bus **ret_bus);
/* False after a line on stderr that says what is wrong with a socket there. */
ZL_MUST_CHECK bool zl_net_endpoint_good(struct zl_bus *bus, enum zl_socket_kind kind,
                                        const char *endpoint);
/* How a process ends whose bus or sockets opened so: with ZL_ERR_INVALID its usage was wrong. */
enum zl_exit zl_net_exit(enum zl_err err);

#endif
