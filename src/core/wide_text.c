#include "core/wide_text.h"

enum {
        DIGITS_AT_ONCE = 18,
        DIGITS_MAX = 330 + ZL_WIDE_POW10_MAX, /* 1024 bits have 309 */
};

/* Writes the digits before `end`, at least `least` of them. */
static char *digits_before(char *end, struct zl_wide magnitude, uint32_t least)
{
        const struct zl_wide base = zl_wide_pow10(DIGITS_AT_ONCE);
        char *at = end;

        while (zl_wide_sign(magnitude) > 0) {
                struct zl_wide rest;
                magnitude = zl_wide_divide(magnitude, base, &rest);
                zl_i128 some = zl_wide_saturate(rest);
                for (int i = 0; i < DIGITS_AT_ONCE; i++, some /= 10)
                        *--at = (char)('0' + (int)(some % 10));
        }
        while (at < end && *at == '0')
                at++;
        while ((uint32_t)(end - at) < least)
                *--at = '0';
        return at;
}

void zl_text_wide(struct zl_text *text, struct zl_wide value, uint32_t scale)
{
        char buffer[DIGITS_MAX];
        char *end = buffer + sizeof buffer;
        bool negative = zl_wide_negative(value);

        ZL_ASSERT(scale <= ZL_WIDE_POW10_MAX);
        char *at = digits_before(end, negative ? zl_wide_neg(value) : value, scale + 1);
        char *point = end - scale;
        while (end > point && end[-1] == '0')
                end--;
        if (negative)
                zl_text_char(text, '-');
        zl_text_bytes(text, at, (size_t)(point - at));
        if (end > point) {
                zl_text_char(text, '.');
                zl_text_bytes(text, point, (size_t)(end - point));
        }
}
