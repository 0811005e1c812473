/* decimal.h - decimals as text, exactly. Thread: any. */
#ifndef ZL_CODEC_DECIMAL_H
#define ZL_CODEC_DECIMAL_H

#include <zeroline/base.h>

enum zl_decimal {
        ZL_DECIMAL_OK,
        ZL_DECIMAL_NOT_A_NUMBER,
        ZL_DECIMAL_TOO_FINE,  /* more decimals than the scale holds: nothing is rounded here */
        ZL_DECIMAL_TOO_LARGE, /* beyond int64 */
};

/* "-12.5" at scale 2 is -1250. */
ZL_MUST_CHECK enum zl_decimal zl_decimal_parse(const char *text, uint32_t scale,
                                               int64_t *ret_value);

#endif
