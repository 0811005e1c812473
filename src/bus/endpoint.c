#include "bus/endpoint.h"

#include <stddef.h>
#include <string.h>

static bool begins(const char *text, const char *with)
{
        return !strncmp(text, with, strlen(with));
}

/* 127.0.0.0/8, written out in full. */
static bool loopback_v4(const char *host, size_t size)
{
        return size >= 9 && begins(host, "127.") && strspn(host, "0123456789.") >= size;
}

bool zl_endpoint_exposed(const char *endpoint)
{
        if (begins(endpoint, "ipc://") || begins(endpoint, "inproc://"))
                return false;
        if (!begins(endpoint, "tcp://"))
                return begins(endpoint, "udp://") || begins(endpoint, "pgm://") ||
                       begins(endpoint, "epgm://") || begins(endpoint, "ws://");
        const char *host = endpoint + strlen("tcp://");
        const char *port = strrchr(host, ':');
        size_t size = port ? (size_t)(port - host) : strlen(host);
        if (size == strlen("localhost") && begins(host, "localhost"))
                return false;
        if (size == strlen("[::1]") && begins(host, "[::1]"))
                return false;
        return !loopback_v4(host, size);
}

bool zl_endpoint_tcp(const char *endpoint)
{
        return begins(endpoint, "tcp://");
}

bool zl_endpoint_inproc(const char *endpoint)
{
        return begins(endpoint, "inproc://");
}

bool zl_endpoint_ipv6(const char *endpoint, bool binds)
{
        const char *host = endpoint + strlen("tcp://");

        if (!zl_endpoint_tcp(endpoint))
                return false;
        if (binds)
                return *host == '[' || *host == '*';
        return !begins(host, "localhost:");
}

const char *zl_endpoint_fault(const char *endpoint, bool secure)
{
        static const char *const transports[] = {"tcp://", "ipc://", "inproc://"};
        bool known = false;

        for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++)
                known |= begins(endpoint, transports[i]) && endpoint[strlen(transports[i])];
        if (!known || (begins(endpoint, "tcp://") && !strchr(endpoint + strlen("tcp://"), ':')))
                return "is no endpoint: tcp://127.0.0.1:PORT, ipc://PATH or inproc://NAME";
        if (!secure && zl_endpoint_exposed(endpoint))
                return "can be reached from other machines and is not encrypted; give --key and "
                       "--allow, use a loopback address or ipc://, or say --insecure";
        return NULL;
}
