/* markets.h - assets, instruments, policies and prices as they are said. Owns: nothing.
 * Thread: one. */
#ifndef ZL_TESTS_MARKETS_H
#define ZL_TESTS_MARKETS_H

#include "rows.h"

void markets_take_asset(struct twin *twin, const struct zl_msg_asset *said);
void markets_take_rate(struct twin *twin, const struct zl_msg_rate *said);
void markets_take_instrument(struct twin *twin, const struct zl_msg_instrument *said);
void markets_take_mark(struct twin *twin, const struct zl_msg_mark *said,
                       const struct zl_header *header);
void markets_take_policy(struct twin *twin, const struct zl_msg_policy *said);

#endif
