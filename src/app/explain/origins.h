/* origins.h - where what an engine knows came from.
 *
 * Answers: which frame said this mark, this rate, this table, this policy, this fund; which one
 * stated the account that is asked about, and which was the last answer about it? The last that the
 * engine took, not the last that came. Owns: a table a kind, by the engine's rows. Thread: its
 * owner's. Order: open; update after each message; close. */
#ifndef ZL_APP_EXPLAIN_ORIGINS_H
#define ZL_APP_EXPLAIN_ORIGINS_H

#include "app/replay/follow.h"

#include "core/key.h"

/* A frame, and where it stands on the tape. */
struct zl_origin {
        bool known; /* else it came with a snapshot, or never */
        struct zl_header header;
        uint64_t at, record;
        uint32_t place;
};

struct zl_origins {
        struct zl_origin *marks, *instruments, *rates, *assets, *policies, *funds; /* by row */
        uint64_t account;  /* that is asked about */
        struct zl_origin stated, answered;
        struct zl_msg_exec answer; /* the last about it */
};

ZL_MUST_CHECK bool zl_origins_open(struct zl_origins *origins, const struct zl_engine *engine);
void zl_origins_update(struct zl_origins *origins, const struct zl_follow *follow);
void zl_origins_close(struct zl_origins *origins);

#endif
