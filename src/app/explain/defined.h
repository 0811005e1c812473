/* defined.h - what an engine holds, as the messages that would say it.
 *
 * Answers: which lines, given to `calc`, are this pool's world? What the engine has made of a
 * message and does not keep is said in another way that means the same: fees as one, an entry as it
 * came. Owns: nothing. Thread: its engine's, between two steps. */
#ifndef ZL_APP_EXPLAIN_DEFINED_H
#define ZL_APP_EXPLAIN_DEFINED_H

#include "core/state.h"

void zl_defined_asset(const struct zl_asset *asset, struct zl_message *ret_message);
void zl_defined_rate(const struct zl_asset *asset, struct zl_message *ret_message);
void zl_defined_policy(const struct zl_policy *policy, struct zl_message *ret_message);
void zl_defined_instrument(const struct zl_instrument *instrument,
                           struct zl_message *ret_message);
void zl_defined_mark(const struct zl_instrument *instrument, struct zl_message *ret_message);
void zl_defined_fund(const struct zl_fund *fund, struct zl_message *ret_message);
/* Its account, with this pool alone. */
void zl_defined_pool(const struct zl_engine *engine, const struct zl_pool *pool,
                     struct zl_message *ret_message);

#endif
