/* endpoint.h - what an endpoint's text says. Thread: any. */
#ifndef ZL_BUS_ENDPOINT_H
#define ZL_BUS_ENDPOINT_H

#include <stdbool.h>

/* Whether another machine could reach it: TCP that is not bound or connected to loopback. */
bool zl_endpoint_exposed(const char *endpoint);

/* What is wrong with an endpoint, as a sentence for a person; NULL when it can be tried. */
const char *zl_endpoint_fault(const char *endpoint, bool insecure);

#endif
