/* clock.h - the time of day, for shells only. Thread: any. */
#ifndef ZL_APP_CLOCK_H
#define ZL_APP_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t zl_now_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* For intervals: it never jumps. */
static inline uint64_t zl_ticks_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
