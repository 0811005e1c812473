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

/* json-c takes a number beyond 64 bits for the nearest that it has, and a text ends where a zero
 * stands in it. Answers the first such place, or NULL. */
static inline const char *zl_json_unfit(const char *line, const char *end, const char **ret_what)
{
        bool quoted = false;

        for (const char *p = line; p < end; p++) {
                *ret_what = "a zero in it";
                if (!*p || (quoted && end - p >= 6 && !memcmp(p, "\\u0000", 6)))
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
