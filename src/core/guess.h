/* guess.h - how wide a box might be.
 *
 * The only floating point of core. It decides nothing: what is guessed here is proven in integers
 * or thrown away, and a bad guess costs time, never an answer. Owns: nothing. Thread: any. */
#ifndef ZL_CORE_GUESS_H
#define ZL_CORE_GUESS_H

#include "core/box.h"

enum { ZL_GUESSES = 6 }; /* tries, each narrower */

/* Fills the box around the present point for one thing to keep, whose excess is given; `box` holds
 * the intervals found so far and is narrowed. From the second try on both sides of every coordinate
 * are bounded. `noise` is NULL, or the state of a disturbance. */
void zl_guess_box(struct zl_box *box, const struct zl_view *view, const struct zl_keep *keep,
                  const struct zl_wide *excess, uint32_t try_number, uint64_t *noise);
/* Every interval as wide as it can be. */
void zl_guess_everything(struct zl_box *box, const struct zl_view *view);
/* How far the funding index of a box of one instrument may go. */
int64_t zl_guess_funding(const struct zl_box *box, const struct zl_view *view,
                         const struct zl_keep *keep, const struct zl_wide *excess,
                         uint64_t *noise);
/* Whether the box leaves a mark less room than it typically goes in two moves. */
bool zl_guess_narrow(const struct zl_axis *axis);

#endif
