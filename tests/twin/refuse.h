/* refuse.h - which definitions break a rule. Owns: nothing. Thread: any. */
#ifndef ZL_TESTS_REFUSE_H
#define ZL_TESTS_REFUSE_H

#include "rows.h"

/* `before` is the row as it stands. */
bool refuse_asset(const struct twin *twin, const struct asset *before,
                  const struct zl_msg_asset *said);
bool refuse_instrument(const struct instrument *before, const struct zl_msg_instrument *said);
bool refuse_policy(const struct zl_msg_policy *said);

#endif
