/* tally.h - what was said, counted. Owns: nothing. Thread: its owner's. */
#ifndef ZL_APP_REPLAY_TALLY_H
#define ZL_APP_REPLAY_TALLY_H

#include <zeroline/message.h>

#include <stdio.h>

enum { ZL_TALLY_CHOICES_MAX = 32 };

struct zl_tally {
        uint64_t types[ZL_TYPE_LIMIT];
        uint64_t steps[ZL_TALLY_CHOICES_MAX];  /* of liquidate */
        uint64_t alerts[ZL_TALLY_CHOICES_MAX]; /* by kind */
};

void zl_tally_count(struct zl_tally *tally, const struct zl_message *message);
/* "orders: ..." and "alerts: ...", each a line; none where there were none. */
void zl_tally_print(const struct zl_tally *tally, FILE *to);

#endif
