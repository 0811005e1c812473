/* account.h - what the ledger says of an account. Thread: its engine's. */
#ifndef ZL_CORE_ACCOUNT_H
#define ZL_CORE_ACCOUNT_H

#include "core/state.h"

/* Takes over one atomic change, or refuses all of it; a refused account is suspended until its next
 * full message. Queues the pools it touched. */
void zl_account_apply(struct zl_engine *engine, const struct zl_msg_account *said);

#endif
