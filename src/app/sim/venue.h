/* venue.h - what becomes of orders in the simulated exchange.
 *
 * Answers: what of an order fills, and what do its account and the fund hold then? A close is
 * immediate or cancel and reduce-only: it fills in whole lots as deep as its limit allows, and the
 * deeper the worse. The venue is also the ledger: when a `full` close of a whole position finds
 * nothing at its limit, the close-out price, the fund takes the position over there and sells it at
 * what it gets; what a pool closed by `full` leaves over is the fund's. Owns: nothing. Thread: the
 * world's. */
#ifndef ZL_APP_SIM_VENUE_H
#define ZL_APP_SIM_VENUE_H

#include "app/sim/world.h"

/* Executes one order: cancel, convert or liquidate. The account may have changed, and the fund. */
void zl_venue_execute(struct zl_world *world, const struct zl_message *order,
                      struct zl_msg_exec *ret_exec);

#endif
