/* guard.h - the door of a process: answers ZAP requests (ZeroMQ's RFC 27) from the allow-list.
 *
 * libzmq asks once a connection, at its handshake. A key that is not in the list is told nothing
 * and dropped (status 300), so that its owner tries again and comes in once it is listed. The guard
 * also hears of handshakes that fail before a key is known. It is there before the first socket and
 * until the last is closed: without it libzmq would let everybody in. Owns: its sockets.
 * Thread: its own. */
#ifndef ZL_BUS_GUARD_H
#define ZL_BUS_GUARD_H

#include "bus/bus.h"

ZL_MUST_CHECK enum zl_err zl_guard_open(struct zl_bus *bus);
void zl_guard_close(struct zl_bus *bus);
/* Before the socket binds or connects. Sockets beyond a bound are not watched. */
void zl_guard_watch(struct zl_bus *bus, void *handle, const char *endpoint, bool binds);
/* Before the socket is closed; one that is not watched may be given. */
void zl_guard_unwatch(void *handle);

#endif
