/* box.h - intervals around all that a pool depends on, and the proof that it keeps its class there.
 *
 * Answers: does the pool stay good by a threshold, or stay not good, while every mark, funding
 * index and rate stays inside? The proof is in integers and on the safe side: what it accepts
 * holds, what it does not accept may hold all the same. Owns: nothing. Thread: any. */
#ifndef ZL_CORE_BOX_H
#define ZL_CORE_BOX_H

#include "core/solvency.h"

/* One instrument of a pool: a mark and a funding index, both ends inside. */
struct zl_axis {
        const struct zl_instrument *instrument;
        uint32_t first, count; /* its parts */
        uint32_t stock;
        zl_i128 rise; /* of the stock's amount, along the coordinate */
        int64_t mark_low, mark_high;
        int64_t funding_low, funding_high;
};

struct zl_box {
        uint32_t axes_count;
        struct zl_axis axes[ZL_PARTS_MAX];
        bool rates_count; /* several assets: what they are worth to each other matters */
        int64_t rate_low[ZL_STOCKS_MAX], rate_high[ZL_STOCKS_MAX];
};

/* Something that must stay as it is inside the box. */
struct zl_keep {
        struct zl_threshold threshold;
        bool good;
};

/* Finds the axes; every interval holds the present point alone. */
void zl_box_init(struct zl_box *box, const struct zl_view *view);
void zl_box_shrink(struct zl_box *box, const struct zl_view *view);

bool zl_box_holds(const struct zl_box *box, const struct zl_view *view,
                  const struct zl_keep *keep);

#endif
