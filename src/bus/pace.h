/* pace.h - how often something is said on stderr. Thread: its owner's. */
#ifndef ZL_BUS_PACE_H
#define ZL_BUS_PACE_H

#include <zeroline/base.h>

#include <time.h>

enum { ZL_PACE_A_SECOND = 5 };

struct zl_pace {
        int64_t second;
        uint32_t said;
};

/* Whether there is room for one more line in this second. */
static inline bool zl_pace_may(struct zl_pace *pace)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec != pace->second)
                *pace = (struct zl_pace){.second = now.tv_sec};
        return pace->said++ < ZL_PACE_A_SECOND;
}

#endif
