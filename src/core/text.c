#include "core/text.h"

enum { DIGITS_MAX = 40 }; /* of a 128-bit integer */

/* Writes the digits of `value` at the end of the buffer, at least `least` of them. */
static char *digits_before(char *end, zl_u128 value, uint32_t least)
{
        char *at = end;

        while (value > 0 || (uint32_t)(end - at) < least) {
                *--at = (char)('0' + (int)(value % 10));
                value /= 10;
        }
        return at;
}

void zl_text_u64(struct zl_text *text, uint64_t value)
{
        char buffer[DIGITS_MAX];
        char *at = digits_before(buffer + sizeof buffer, value, 1);

        zl_text_bytes(text, at, (size_t)(buffer + sizeof buffer - at));
}

void zl_text_i64(struct zl_text *text, int64_t value)
{
        if (value < 0)
                zl_text_char(text, '-');
        zl_text_u64(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void zl_text_decimal(struct zl_text *text, zl_i128 value, uint32_t scale)
{
        char buffer[DIGITS_MAX + 40];
        char *end = buffer + sizeof buffer;

        ZL_ASSERT(scale < 40);
        zl_u128 magnitude = value < 0 ? 0 - (zl_u128)value : (zl_u128)value;
        while (scale > 0 && magnitude % 10 == 0) {
                magnitude /= 10;
                scale--;
        }
        char *at = digits_before(end, magnitude, scale + 1);
        if (value < 0)
                zl_text_char(text, '-');
        zl_text_bytes(text, at, (size_t)(end - at) - scale);
        if (scale > 0) {
                zl_text_char(text, '.');
                zl_text_bytes(text, end - scale, scale);
        }
}
