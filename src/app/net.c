#include "app/net.h"

#include "app/say.h"

enum zl_err zl_net_open(const struct zl_net *net, struct zl_bus **ret_bus)
{
        const struct zl_bus_settings settings = {.key_file = net->key,
                                                 .allow_file = net->allow,
                                                 .insecure = net->insecure,
                                                 .nothing_lost = net->nothing_lost,
                                                 .heartbeat_ms = (int)net->heartbeat_ms,
                                                 .reconnect_ms_max = (int)net->reconnect_ms,
                                                 .queue_frames_max = (int)net->queue_frames,
                                                 .handshake_ms = (int)net->handshake_ms,
                                                 .keepalive_s = (int)net->keepalive_s,
                                                 .frame_size_max = (int)(net->frame_kib << 10)};

        return zl_bus_open(&settings, ret_bus);
}

enum zl_exit zl_net_exit(enum zl_err err)
{
        if (err == ZL_ERR_INVALID)
                return ZL_EXIT_USAGE;
        return err == ZL_OK ? ZL_EXIT_OK : ZL_EXIT_FAILED;
}

bool zl_net_endpoint_good(struct zl_bus *bus, enum zl_socket_kind kind, const char *endpoint)
{
        const char *fault = zl_bus_fault(bus, kind, endpoint);

        if (fault)
                zl_say("%s %s", endpoint, fault);
        return !fault;
}
