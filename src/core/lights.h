/* lights.h - how near is each winner to being deleveraged?
 *
 * Answers, whenever a fund's coordinator has heard all bids of a round: the five lights of every
 * position with profit, one frame an instrument. Of a policy that does not rank there are none.
 * Owns: nothing; what is said stands in the round. Thread: its engine's. */
#ifndef ZL_CORE_LIGHTS_H
#define ZL_CORE_LIGHTS_H

#include "core/fund.h"

/* Of the round's queues (line.h). */
void zl_lights_make(struct zl_engine *engine);
/* Says what is left to say, while there is room. True: all is said. */
bool zl_lights_go_on(struct zl_engine *engine);

#endif
