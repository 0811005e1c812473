/* path.h - a pool along the marks of one instrument, all else equal.
 *
 * Answers: the nearest mark on either side that is, or is not, good by a threshold. Along the
 * instrument's coordinate, between the places where a tier, a haircut slice or a max(0, ...)
 * changes, the excess num E - den MM is a straight line: its two ends say where it crosses zero,
 * exactly. Owns: nothing; its view must outlive it. Thread: any. */
#ifndef ZL_CORE_PATH_H
#define ZL_CORE_PATH_H

#include "core/solvency.h"

struct zl_path {
        const struct zl_view *view;
        const struct zl_instrument *instrument;
        struct zl_threshold threshold;
        uint32_t stock;
        uint32_t legs[ZL_LEGS_MAX], legs_count; /* places among the view's parts */
        zl_i128 fixed, rise; /* of the stock: amount - order margin = fixed + rise u */
        struct zl_wide rest; /* the excess of all that does not move */
};

enum zl_direction {
        ZL_DOWN = -1,
        ZL_UP = 1,
};

/* `worth` is the view's own. */
void zl_path_init(struct zl_path *path, const struct zl_view *view, const struct zl_worth *worth,
                  const struct zl_instrument *instrument, struct zl_threshold threshold);
/* >= 0 while good. */
struct zl_wide zl_path_excess(const struct zl_path *path, zl_i128 u);

/* The first mark from `from` on in this direction, itself included, within the instrument's range,
 * that is good or is not. */
ZL_MUST_CHECK bool zl_path_nearest(const struct zl_path *path, bool good, int64_t from,
                                   enum zl_direction direction, int64_t *ret_mark);

/* Whether any price below the instrument's range (ZL_DOWN), however close to 0, or above it,
 * however far, is not good; judged at whole coordinates. */
bool zl_path_ever_bad(const struct zl_path *path, enum zl_direction direction);

#endif
