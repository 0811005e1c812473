/* waits.h - what a pool has open, and what it waits for.
 *
 * Answers: is a decision of it out, and what must come before the next? In words for a person, with
 * the time or the revision that ends the wait. Owns: nothing. Thread: its owner's. */
#ifndef ZL_APP_RISK_WAITS_H
#define ZL_APP_RISK_WAITS_H

#include "app/risk/report.h"

struct zl_wait {
        const char *phase;   /* "watched", "proposed", "live", "filled", "freed", "deficit" */
        const char *rung;    /* of what was proposed at this base and n, or NULL */
        const char *why;     /* what it waits for */
        uint32_t instrument; /* that is halted or stale; 0: none */
        uint64_t until_ns;   /* engine time; 0: none */
        uint64_t rev;        /* of the account, that ends the wait; 0: none */
        uint32_t orders, orders_done; /* of the open decision */
        struct zl_key key;   /* of the decision that is open or next */
};

/* False: it is watched, and nothing of it is to be done. */
bool zl_wait_of(const struct zl_engine *engine, uint32_t pool, struct zl_wait *ret_wait);

#endif
