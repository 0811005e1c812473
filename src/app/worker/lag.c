#include "app/worker/lag.h"

#include "app/say.h"

void zl_lag_hear(struct zl_lag *lag, uint32_t source, uint64_t ts_ns)
{
        if (ts_ns > lag->newest_ns[source])
                lag->newest_ns[source] = ts_ns;
}

static uint64_t measure(struct zl_lag *lag, uint64_t engine_ns)
{
        uint64_t most_ns = 0;

        for (uint32_t i = 0; i < ZL_LAG_SOURCES_MAX; i++) {
                uint64_t newest_ns = lag->newest_ns[i];
                if (newest_ns && newest_ns < engine_ns && engine_ns - newest_ns > most_ns)
                        most_ns = engine_ns - newest_ns;
                lag->newest_ns[i] = 0;
        }
        return most_ns / 1000000;
}

static uint64_t latest_lane(const struct zl_lag_shared *shared)
{
        uint64_t most_ms = 0;

        for (uint32_t i = 0; i < ZL_LAG_LANES_MAX; i++) {
                uint64_t ms = atomic_load(&shared->of_lane_ms[i]);
                most_ms = ms > most_ms ? ms : most_ms;
        }
        return most_ms;
}

/* It ends at half of where it begins: what hovers about the limit is said once. */
void zl_lag_measure(struct zl_lag *lag, uint64_t engine_ns, struct zl_msg_clock *clock)
{
        struct zl_lag_shared *shared = lag->shared;
        uint64_t ms = measure(lag, engine_ns);

        lag->ms_max = ms > lag->ms_max ? ms : lag->ms_max;
        atomic_store(&shared->of_lane_ms[lag->lane], ms);
        if (lag->lane > 0 || shared->limit_ms == 0)
                return;
        ms = latest_lane(shared);
        if (lag->late ? 2 * ms > shared->limit_ms : ms <= shared->limit_ms)
                return;
        lag->late = !lag->late;
        lag->times += lag->late;
        clock->lag = lag->late ? ZL_CLOCK_LAG_BEGINS : ZL_CLOCK_LAG_ENDS;
        clock->lag_ms = ms;
        if (lag->late)
                zl_say("input is late by %llu ms: it comes faster than it is worked off",
                       (unsigned long long)ms);
        else
                zl_say("input is on time again");
}
