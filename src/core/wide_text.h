/* wide_text.h - wide integers as decimals, to the last digit.
 * Owns: nothing. Thread: any. */
#ifndef ZL_CORE_WIDE_TEXT_H
#define ZL_CORE_WIDE_TEXT_H

#include "core/text.h"
#include "core/wide.h"

/* value x 10^-scale, without trailing zeros, as zl_text_decimal; scale <= ZL_WIDE_POW10_MAX. */
void zl_text_wide(struct zl_text *text, struct zl_wide value, uint32_t scale);

#endif
