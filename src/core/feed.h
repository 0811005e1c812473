/* feed.h - what the market says: assets, instruments, policies, rates and marks.
 *
 * Each takes over a message, or refuses it with an alert, and queues the pools that it concerns.
 * Thread: its engine's. */
#ifndef ZL_CORE_FEED_H
#define ZL_CORE_FEED_H

#include "core/state.h"

void zl_feed_asset(struct zl_engine *engine, const struct zl_msg_asset *said);
void zl_feed_rate(struct zl_engine *engine, const struct zl_msg_rate *said);
void zl_feed_instrument(struct zl_engine *engine, const struct zl_msg_instrument *said);
void zl_feed_mark(struct zl_engine *engine, const struct zl_header *header,
                  const struct zl_msg_mark *said);
void zl_feed_policy(struct zl_engine *engine, const struct zl_msg_policy *said);

#endif
