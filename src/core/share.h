/* share.h - a whole dealt out in proportion, to the last unit.
 *
 * Answers: which part of `amount` is whose, by weights? The i-th is floor(amount C_i / total) -
 * floor(amount C_i-1 / total), C_i the first i weights together: the parts add up, each lies within
 * one unit of its proportion, and none exceeds its weight while the amount does not exceed the
 * total. Whoever knows the weights before his own can deal out his parts alone, as a partition
 * does.
 * Owns: nothing. Thread: any. Order: that of the calls. */
#ifndef ZL_CORE_SHARE_H
#define ZL_CORE_SHARE_H

#include "core/wide.h"

struct zl_share {
        struct zl_wide amount;
        struct zl_wide total;  /* of all weights */
        struct zl_wide before; /* of those dealt to */
        int64_t dealt;
};

/* Neither amount nor weights are negative, and total is positive; their product fits a zl_wide. */
void zl_share_init(struct zl_share *share, int64_t amount, struct zl_wide total,
                   struct zl_wide before);
int64_t zl_share_next(struct zl_share *share, zl_i128 weight);

#endif
