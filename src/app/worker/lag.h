/* lag.h - is a worker behind its input?
 *
 * Answers: how old is the newest frame of each source as it is read, in engine time? A source that
 * says nothing is not late. What is to be said of it goes into a clock, so that it is on the tape
 * and the engine alerts of it, in a replay too. Each engine of a worker measures for itself; the
 * first speaks for all, by the latest of them. Thread: the lane's; `shared` is all lanes'. */
#ifndef ZL_APP_WORKER_LAG_H
#define ZL_APP_WORKER_LAG_H

#include <zeroline/message.h>

#include <stdatomic.h>

enum { ZL_LAG_SOURCES_MAX = 16, ZL_LAG_LANES_MAX = 64 };

struct zl_lag_shared {
        uint64_t limit_ms; /* 0: nothing is said */
        atomic_uint_fast64_t of_lane_ms[ZL_LAG_LANES_MAX];
};

struct zl_lag {
        struct zl_lag_shared *shared;
        uint32_t lane;
        uint64_t newest_ns[ZL_LAG_SOURCES_MAX]; /* by its header, since the last clock; 0: none */
        bool late;
        uint64_t times, ms_max;
};

/* A frame of this source was read; a header without a time says nothing. */
void zl_lag_hear(struct zl_lag *lag, uint32_t source, uint64_t ts_ns);
/* Before the next clock: `engine_ns` is what engine time was until now. */
void zl_lag_measure(struct zl_lag *lag, uint64_t engine_ns, struct zl_msg_clock *clock);

#endif
