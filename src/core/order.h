/* order.h - which position goes first?
 *
 * Answers: the parts of a pool in the order of the policy; ties stand in canonical order.
 * Owns: nothing. Thread: any. */
#ifndef ZL_CORE_ORDER_H
#define ZL_CORE_ORDER_H

#include "core/solvency.h"

/* Writes the places of all parts. */
void zl_order_parts(const struct zl_view *view, uint32_t ret_places[ZL_PARTS_MAX]);

#endif
