#include "app/moment.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Reads so many digits; false: there are fewer. */
static bool take_digits(const char **text, int count, int *ret_value)
{
        int value = 0;

        for (int i = 0; i < count; i++, ++*text) {
                if (**text < '0' || **text > '9')
                        return false;
                value = 10 * value + (**text - '0');
        }
        *ret_value = value;
        return true;
}

static bool take_char(const char **text, char a, char b)
{
        if (**text != a && **text != b)
                return false;
        ++*text;
        return true;
}

/* All of it is digits. */
static bool read_u64(const char *text, uint64_t *ret_value)
{
        uint64_t value = 0;

        if (!*text)
                return false;
        for (; *text; text++) {
                uint64_t digit = (uint64_t)(*text - '0');
                if (*text < '0' || *text > '9' || value > (UINT64_MAX - digit) / 10)
                        return false;
                value = 10 * value + digit;
        }
        *ret_value = value;
        return true;
}

/* Up to nine digits count; what is finer is left out. */
static bool take_fraction(const char **text, uint64_t *ret_ns)
{
        uint64_t unit = 100000000;

        *ret_ns = 0;
        if (**text != '.')
                return true;
        ++*text;
        if (**text < '0' || **text > '9')
                return false;
        for (; **text >= '0' && **text <= '9'; ++*text, unit /= 10)
                *ret_ns += unit * (uint64_t)(**text - '0');
        return true;
}

/* "Z", or "+02:00". */
static bool take_zone(const char **text, int *ret_minutes)
{
        int sign = **text == '-' ? -1 : 1, hours, minutes;

        *ret_minutes = 0;
        if (take_char(text, 'Z', 'z'))
                return true;
        if (!take_char(text, '+', '-') || !take_digits(text, 2, &hours) ||
            !take_char(text, ':', ':') || !take_digits(text, 2, &minutes) || hours > 23 ||
            minutes > 59)
                return false;
        *ret_minutes = sign * (60 * hours + minutes);
        return true;
}

/* RFC 3339; a space may stand for the T, as it allows. */
static bool read_time(const char *text, uint64_t *ret_ns)
{
        struct tm tm = {0};
        uint64_t fraction_ns;
        int minutes;

        if (!take_digits(&text, 4, &tm.tm_year) || !take_char(&text, '-', '-') ||
            !take_digits(&text, 2, &tm.tm_mon) || !take_char(&text, '-', '-') ||
            !take_digits(&text, 2, &tm.tm_mday) ||
            !(take_char(&text, 'T', 't') || take_char(&text, ' ', ' ')) ||
            !take_digits(&text, 2, &tm.tm_hour) || !take_char(&text, ':', ':') ||
            !take_digits(&text, 2, &tm.tm_min) || !take_char(&text, ':', ':') ||
            !take_digits(&text, 2, &tm.tm_sec) || !take_fraction(&text, &fraction_ns) ||
            !take_zone(&text, &minutes) || *text)
                return false;
        tm.tm_year -= 1900;
        tm.tm_mon -= 1;
        const struct tm said = tm;
        int64_t seconds = timegm(&tm); /* makes the 31st of a shorter month another day */
        if (tm.tm_mon != said.tm_mon || tm.tm_mday != said.tm_mday || said.tm_hour > 23 ||
            said.tm_min > 59 || said.tm_sec > 60)
                return false;
        seconds -= 60 * minutes;
        if (seconds < 0 || (uint64_t)seconds > UINT64_MAX / 1000000000 - 1)
                return false;
        *ret_ns = (uint64_t)seconds * 1000000000 + fraction_ns;
        return true;
}

bool zl_moment_parse(const char *text, struct zl_moment *ret_point)
{
        static const char record[] = "record:";
        struct zl_moment point = {.kind = ZL_MOMENT_END};
        bool good;

        if (!strcmp(text, "end")) {
                good = true;
        } else if (!strncmp(text, record, sizeof record - 1)) {
                point.kind = ZL_MOMENT_RECORD;
                good = read_u64(text + sizeof record - 1, &point.value);
        } else {
                point.kind = ZL_MOMENT_TIME;
                good = read_u64(text, &point.value) || read_time(text, &point.value);
        }
        if (good)
                *ret_point = point;
        return good;
}

const char *zl_moment_format(uint64_t ns, char text[ZL_MOMENT_TEXT_SIZE])
{
        time_t seconds = (time_t)(ns / 1000000000);
        struct tm tm;
        size_t size;

        if (!gmtime_r(&seconds, &tm) ||
            !(size = strftime(text, ZL_MOMENT_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm)))
                snprintf(text, ZL_MOMENT_TEXT_SIZE, "%llu", (unsigned long long)ns);
        else if (ns % 1000000000)
                snprintf(text + size, ZL_MOMENT_TEXT_SIZE - size, ".%09lluZ",
                         (unsigned long long)(ns % 1000000000));
        else
                snprintf(text + size, ZL_MOMENT_TEXT_SIZE - size, "Z");
        return text;
}
