/* accounts.h - what the ledger says. Owns: nothing. Thread: one. */
#ifndef ZL_TESTS_ACCOUNTS_H
#define ZL_TESTS_ACCOUNTS_H

#include "rows.h"

void accounts_take(struct twin *twin, const struct zl_msg_account *said);

#endif
