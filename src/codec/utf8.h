/* utf8.h - text that may be printed and sent on. */
#ifndef ZL_CODEC_UTF8_H
#define ZL_CODEC_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the well-formed character at `s` (1 to 4), or 0. Section 3.9 of the Unicode
 * standard, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF. */
static inline size_t zl_utf8_char(const uint8_t *s, size_t size)
{
        size_t length;
        uint8_t low = 0x80, high = 0xbf;

        if (s[0] < 0x80)
                return s[0] ? 1 : 0;
        if (s[0] >= 0xc2 && s[0] <= 0xdf)
                length = 2;
        else if (s[0] >= 0xe0 && s[0] <= 0xef)
                length = 3;
        else if (s[0] >= 0xf0 && s[0] <= 0xf4)
                length = 4;
        else
                return 0;
        if (s[0] == 0xe0)
                low = 0xa0;
        if (s[0] == 0xed)
                high = 0x9f;
        if (s[0] == 0xf0)
                low = 0x90;
        if (s[0] == 0xf4)
                high = 0x8f;
        if (length > size || s[1] < low || s[1] > high)
                return 0;
        for (size_t i = 2; i < length; i++) {
                if (s[i] < 0x80 || s[i] > 0xbf)
                        return 0;
        }
        return length;
}

/* UTF-8 without a zero in it. */
static inline bool zl_utf8_valid(const char *text, size_t size)
{
        const uint8_t *s = (const uint8_t *)text;

        for (size_t i = 0; i < size;) {
                size_t length = zl_utf8_char(s + i, size - i);
                if (!length)
                        return false;
                i += length;
        }
        return true;
}

#endif
