/* say.h - how the twin speaks. Owns: nothing. Thread: one. */
#ifndef ZL_TESTS_SAY_H
#define ZL_TESTS_SAY_H

#include "rows.h"

/* About the pool, on a topic of its own partition's count; `joins`: in the frame of the last
 * output. */
struct twin_output *twin_say(struct twin *twin, const struct pool *pool, enum zl_type type,
                             bool joins);
/* The same for a deficit, which goes to whom coordinates the fund. */
struct twin_output *twin_say_deficit(struct twin *twin, const struct pool *pool, uint32_t fund);
void twin_alert_all(struct twin *twin, enum zl_alert_kind kind, const uint32_t *instrument);
void twin_alert_partition(struct twin *twin, uint32_t partition, uint64_t rank,
                          enum zl_alert_kind kind);
void twin_alert_account(struct twin *twin, uint64_t account, enum zl_alert_kind kind);
void twin_alert_pool(struct twin *twin, const struct pool *pool, enum zl_alert_kind kind,
                     const int64_t *ratio);

#endif
