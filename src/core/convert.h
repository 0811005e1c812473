/* convert.h - selling collateral to cover a debt.
 *
 * Answers: which assets, and how much of each? What is sold is what the ledger shows and nothing
 * holds; least volatile first, then by asset. Owns: nothing. Thread: any. */
#ifndef ZL_CORE_CONVERT_H
#define ZL_CORE_CONVERT_H

#include "core/decision.h"

/* Or why not: the policy wants none, there is no debt, or nothing to sell. */
ZL_MUST_CHECK enum zl_skip zl_convert(const struct zl_view *view, struct zl_decision *decision);

#endif
