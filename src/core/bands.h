/* bands.h - safe bands: when must a pool be looked at again?
 *
 * Around everything a pool depends on a box is proven in which its class cannot change; the box's
 * sides stand in the index, and a message that crosses none of them costs nothing. A pool whose box
 * would be too narrow is near: every mark of its instruments looks at it. Bands decide when the
 * engine looks, never what it says.
 * Owns: the index's entries and the near lists. Thread: its engine's. */
#ifndef ZL_CORE_BANDS_H
#define ZL_CORE_BANDS_H

#include "core/state.h"

enum { ZL_KEEPS_MAX = 3 };

/* The view is the pool's present one, and every one of `keeps` holds now. */
void zl_bands_arm(struct zl_engine *engine, uint32_t pool, struct zl_view *view,
                  const struct zl_worth *worth, const struct zl_keep *keeps, uint32_t keeps_count);
/* Of a pool that is judged by B alone, having no position. */
void zl_bands_arm_left(struct zl_engine *engine, uint32_t pool, const struct zl_view *view);
/* Every mark of its instruments looks at it. */
void zl_bands_keep_near(struct zl_engine *engine, uint32_t pool);
/* Out of the index and off the near lists. */
void zl_bands_disarm(struct zl_engine *engine, uint32_t pool);
void zl_bands_forget_position(struct zl_engine *engine, uint32_t position);
void zl_bands_forget_balance(struct zl_engine *engine, uint32_t balance);

/* Queues the pools that the present mark, funding index or rate concerns. */
void zl_bands_cross_mark(struct zl_engine *engine, struct zl_instrument *instrument);
void zl_bands_cross_funding(struct zl_engine *engine, struct zl_instrument *instrument);
void zl_bands_cross_rate(struct zl_engine *engine, struct zl_asset *asset);
/* When all that was queued is answered. */
void zl_bands_settle(struct zl_engine *engine);

#endif
