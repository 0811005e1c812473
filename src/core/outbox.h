/* outbox.h - what a step says, into the caller's outbox.
 * Each topic's sequence is counted here. Thread: its engine's. */
#ifndef ZL_CORE_OUTBOX_H
#define ZL_CORE_OUTBOX_H

#include "core/state.h"

/* Whether all fits that the pool may say at one evaluation. */
bool zl_outbox_has_room(const struct zl_outbox *outbox, const struct zl_pool *pool);

bool zl_outbox_has_room_for(const struct zl_outbox *outbox, enum zl_type type);

/* Under the partition of its account; in a frame of its own, or in that of the message before. */
void zl_say_order(struct zl_engine *engine, uint64_t account, enum zl_type type,
                  const void *order, bool joins);
void zl_say_deficit(struct zl_engine *engine, uint32_t fund, const struct zl_msg_deficit *deficit,
                    bool joins);
void zl_say_query(struct zl_engine *engine, struct zl_fund *fund,
                  const struct zl_msg_adl_query *query);
void zl_say_bid(struct zl_engine *engine, const struct zl_msg_adl_bid *bid);
/* One message of a plan, which is one frame. */
void zl_say_plan(struct zl_engine *engine, struct zl_fund *fund, enum zl_type type,
                 const void *message, bool joins);
void zl_say_rank(struct zl_engine *engine, const struct zl_msg_rank *rank, bool joins);
void zl_say_alert(struct zl_engine *engine, uint64_t account, const struct zl_msg_alert *alert);

/* An alert about a pool; `ratio_ppb` may be NULL. */
void zl_alert_pool(struct zl_engine *engine, const struct zl_pool *pool, enum zl_alert_kind kind,
                   const zl_i128 *ratio_ppb, const char *text);
/* About an account as a whole. */
void zl_alert_account(struct zl_engine *engine, uint64_t account, enum zl_alert_kind kind,
                      const char *text);
/* About a partition of the engine's; of several to one message the `rank` is the order. */
void zl_alert_partition(struct zl_engine *engine, uint32_t partition, uint64_t rank,
                        enum zl_alert_kind kind, const char *text);
/* By the fund's coordinator, under its partition. */
void zl_alert_fund(struct zl_engine *engine, uint32_t fund, enum zl_alert_kind kind,
                   const char *words);
/* About no account: said by the engine that owns the worker's home partition, and by no other. */
void zl_alert_refusal(struct zl_engine *engine, const uint32_t *instrument, zl_refusal refusal);
void zl_alert_all(struct zl_engine *engine, enum zl_alert_kind kind, const uint32_t *instrument,
                  const char *text);

#endif
