/* endpoint.h - what an endpoint's text says. Thread: any. */
#ifndef ZL_BUS_ENDPOINT_H
#define ZL_BUS_ENDPOINT_H

#include <stdbool.h>

/* Whether another machine could reach it: TCP that is not bound or connected to loopback. */
bool zl_endpoint_exposed(const char *endpoint);

bool zl_endpoint_tcp(const char *endpoint);
/* Within this process. */
bool zl_endpoint_inproc(const char *endpoint);
/* Whether IPv6 is tried. One binds to what is written: `*` is both, an interface's name or 0.0.0.0
 * is IPv4. One connects to what a name means, but localhost, which is 127.0.0.1 to most. */
bool zl_endpoint_ipv6(const char *endpoint, bool binds);

/* What is wrong with an endpoint, as a sentence for a person; NULL when it can be tried. `secure`:
 * it may be reached from other machines, being encrypted, or by the user's own word. */
const char *zl_endpoint_fault(const char *endpoint, bool secure);

#endif
