/* unfit.h - what a JSON line may say and json-c would change without a word. Thread: any. */
#ifndef ZL_CODEC_UNFIT_H
#define ZL_CODEC_UNFIT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Moves *at to the last character of a whole number; false where 64 bits do not hold it. */
static inline bool zl_whole_number_fits(const char **at, const char *end)
{
        bool negative = **at == '-';
        uint64_t most = negative ? (uint64_t)INT64_MAX + 1 : UINT64_MAX;
        uint64_t value = 0;
        const char *p = *at + negative;

        for (; p < end && *p >= '0' && *p <= '9'; p++) {
                uint64_t digit = (uint64_t)(*p - '0');
                if (value > (most - digit) / 10)
                        return false;
                value = value * 10 + digit;
        }
        *at = p - 1;
        return true;
}

/* Whether an escape stands here for a half of a pair: the digit behind "\ud" is from `low` on, and
 * three more at most. */
static inline bool zl_half_pair(const char *p, const char *end, char low)
{
        static const char digits[] = "89abcdef";
        const char *from = strchr(digits, low);

        if (end - p < 6 || p[0] != '\\' || p[1] != 'u' || (p[2] | 0x20) != 'd')
                return false;
        return memchr(from, p[3] | 0x20, 4) != NULL;
}

/* json-c takes a number beyond 64 bits for the nearest that it has, puts another character for half
 * of a pair, and ends a text where a zero stands in it. Answers the first such place, or NULL. */
static inline const char *zl_json_unfit(const char *line, const char *end, const char **ret_what)
{
        bool quoted = false;

        for (const char *p = line; p < end; p++) {
                *ret_what = "a zero in it";
                if (!*p || (quoted && end - p >= 6 && !memcmp(p, "\\u0000", 6)))
                        return p;
                *ret_what = "half of a pair of characters";
                if (quoted && zl_half_pair(p, end, '8') && zl_half_pair(p + 6, end, 'c'))
                        p += 6;
                else if (quoted && (zl_half_pair(p, end, '8') || zl_half_pair(p, end, 'c')))
                        return p;
                if (quoted && *p == '\\')
                        p++;
                else if (*p == '"')
                        quoted = !quoted;
                *ret_what = "a number that is too large";
                if (!quoted && (*p == '-' || (*p >= '0' && *p <= '9')) &&
                    !zl_whole_number_fits(&p, end))
                        return p;
        }
        return NULL;
}

#endif
