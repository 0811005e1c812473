/* lockstep.h - the simulated exchange, its router and one engine in a single process, onto a tape.
 *
 * Answers: what would a worker's tape of this market hold? Time is simulated and nothing waits:
 * each frame is heard, decided upon, admitted and executed before the next. So the same market
 * gives the same bytes on every machine. Owns: all of it. Thread: its owner's. */
#ifndef ZL_APP_SIM_LOCKSTEP_H
#define ZL_APP_SIM_LOCKSTEP_H

#include "app/router/book.h"
#include "app/run.h"
#include "app/said.h"
#include "app/sim/world.h"

#include <zeroline/feeder.h>

enum { ZL_LOCKSTEP_PARTITIONS = 16 };

struct zl_lockstep {
        struct zl_world world;
        uint64_t now_ns;
        bool loses; /* what is published now does not arrive */
        /* Its own: */
        struct zl_run run;
        struct zl_said said;
        struct zl_tape_writer *tape;
        struct zl_feeder *ledger, *router;
        struct zl_book book;
        struct zl_message *message; /* an order, or one that is published */
        struct zl_msg_account *account;
        uint64_t clock_seq;
        struct zl_said todo; /* decisions and plans that are not carried out yet */
        size_t done;         /* of them */
        bool failed;
};

/* Makes the tape, which must not exist. False after a line on stderr. */
ZL_MUST_CHECK bool zl_lockstep_open(struct zl_lockstep *market, const char *tape, uint64_t seed,
                                    uint32_t accounts);
/* False after a line on stderr when anything failed since. */
ZL_MUST_CHECK bool zl_lockstep_close(struct zl_lockstep *market);

/* ---- what is published; each is carried out to its end ---- */

/* Cluster, assets, policies, contracts, then `synced`. */
void zl_lockstep_define(struct zl_lockstep *market, const struct zl_msg_policy *policies,
                        uint32_t count);
void zl_lockstep_accounts(struct zl_lockstep *market);
void zl_lockstep_account(struct zl_lockstep *market, const struct zl_world_account *account);
/* Every account of a partition, then `synced`. */
void zl_lockstep_restate(struct zl_lockstep *market, uint32_t partition);
void zl_lockstep_fund(struct zl_lockstep *market);
/* Moves time on: a clock, the rate, every mark as the world has it now. */
void zl_lockstep_tick(struct zl_lockstep *market, uint64_t span_ms);
void zl_lockstep_beat(struct zl_lockstep *market);

#endif
