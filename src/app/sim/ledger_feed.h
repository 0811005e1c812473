/* ledger_feed.h - what the simulated ledger says: accounts and funds, commit by commit.
 *
 * A commit is begun; what it changes is stated under its number; its end says how many that was and
 * what the ledger's own books gained. One that changed nothing was none. Owns: nothing. Thread: its
 * owner's. */
#ifndef ZL_APP_SIM_LEDGER_FEED_H
#define ZL_APP_SIM_LEDGER_FEED_H

#include "app/publisher.h"
#include "app/sim/world.h"

struct zl_ledger_feed {
        struct zl_publisher *publisher;
        struct zl_world *world;
        struct zl_msg_account *account; /* scratch */
        uint32_t partitions;
};

void zl_ledger_begin(struct zl_ledger_feed *feed);
void zl_ledger_changed(struct zl_ledger_feed *feed, struct zl_world_account *account);
void zl_ledger_fund_changed(struct zl_ledger_feed *feed);
void zl_ledger_end(struct zl_ledger_feed *feed);

/* The accounts of the partitions whose topics begin as the subscription does, then their `synced`.
 */
void zl_ledger_restate_accounts(struct zl_ledger_feed *feed, const char *wanted);
void zl_ledger_restate_fund(struct zl_ledger_feed *feed);

#endif
