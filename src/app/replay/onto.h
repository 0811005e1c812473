/* onto.h - a tape onto a live socket.
 *
 * Answers: who hears this tape as if it were the bus? A PUB socket sends what came in, byte for
 * byte: sources, epochs and sequence numbers are the recorded ones. What is on tapes only (clock,
 * tape, snapshot parts) and what does not decode is not sent. A slow subscriber slows the replay
 * down and loses nothing, but for what its own queue has no room for when the connection ends.
 * Owns: nothing between calls. Thread: the command's own. */
#ifndef ZL_APP_REPLAY_ONTO_H
#define ZL_APP_REPLAY_ONTO_H

#include "app/net.h"
#include "app/replay/replay.h"

struct zl_onto {
        const struct zl_replay *replay; /* its path, from, to, tempo and filter */
        const struct zl_net *net;
        const char *endpoint;
        uint64_t peers; /* subscriptions to wait for */
        int linger_ms;
};

/* Prints a summary, or says what went wrong. */
enum zl_exit zl_replay_onto(const struct zl_onto *onto);

#endif
