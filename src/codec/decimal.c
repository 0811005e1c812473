#include "codec/decimal.h"

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

/* Appends a digit to a magnitude that must stay within int64. */
static bool push_digit(uint64_t *value, int digit, bool negative)
{
        uint64_t most = (uint64_t)INT64_MAX + (negative ? 1 : 0);

        if (*value > (most - (uint64_t)digit) / 10)
                return false;
        *value = *value * 10 + (uint64_t)digit;
        return true;
}

/* Digits before the point, the point, digits behind it; at least one in front. */
static bool well_formed(const char *p)
{
        if (!is_digit(*p))
                return false;
        while (is_digit(*p))
                p++;
        if (*p == '.') {
                p++;
                if (!is_digit(*p))
                        return false;
                while (is_digit(*p))
                        p++;
        }
        return *p == 0;
}

enum zl_decimal zl_decimal_parse(const char *text, uint32_t scale, int64_t *ret_value)
{
        bool negative = *text == '-';
        const char *p = text + negative;
        uint64_t value = 0;
        uint32_t places = 0;

        if (!well_formed(p))
                return ZL_DECIMAL_NOT_A_NUMBER;
        for (; is_digit(*p); p++) {
                if (!push_digit(&value, *p - '0', negative))
                        return ZL_DECIMAL_TOO_LARGE;
        }
        if (*p == '.')
                p++;
        for (; is_digit(*p); p++) {
                if (places == scale) {
                        if (*p != '0')
                                return ZL_DECIMAL_TOO_FINE;
                        continue;
                }
                if (!push_digit(&value, *p - '0', negative))
                        return ZL_DECIMAL_TOO_LARGE;
                places++;
        }
        for (; places < scale; places++) {
                if (!push_digit(&value, 0, negative))
                        return ZL_DECIMAL_TOO_LARGE;
        }
        *ret_value = negative ? (int64_t)(0 - value) : (int64_t)value;
        return ZL_DECIMAL_OK;
}
