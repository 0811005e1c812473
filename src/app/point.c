#include "app/point.h"

#include "app/say.h"
#include "core/assert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000u

/* ---- as text ---- */

/* Digits only, and no more than fit. */
static bool take_number(const char **text, uint64_t *ret_number)
{
        char *end;

        if (**text < '0' || **text > '9')
                return false;
        errno = 0;
        *ret_number = strtoull(*text, &end, 10);
        *text = end;
        return errno == 0;
}

/* So many digits. */
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

/* ".25" in ns; nothing is 0. Up to nine digits count; what is finer is left out. */
static bool take_fraction(const char **text, uint64_t *ret_ns)
{
        uint64_t unit = NS_PER_S / 10;

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

/* ":00.25"; nothing is 0. */
static bool take_seconds(const char **text, int *ret_seconds, uint64_t *ret_ns)
{
        *ret_seconds = 0;
        *ret_ns = 0;
        return !take_char(text, ':', ':') ||
               (take_digits(text, 2, ret_seconds) && take_fraction(text, ret_ns));
}

/* RFC 3339; a space may stand for the T, as it allows, and seconds may be left out. */
static bool parse_date(const char *text, uint64_t *ret_ns)
{
        struct tm tm = {0};
        uint64_t fraction_ns;
        int minutes;

        if (!take_digits(&text, 4, &tm.tm_year) || !take_char(&text, '-', '-') ||
            !take_digits(&text, 2, &tm.tm_mon) || !take_char(&text, '-', '-') ||
            !take_digits(&text, 2, &tm.tm_mday) ||
            !(take_char(&text, 'T', 't') || take_char(&text, ' ', ' ')) ||
            !take_digits(&text, 2, &tm.tm_hour) || !take_char(&text, ':', ':') ||
            !take_digits(&text, 2, &tm.tm_min) ||
            !take_seconds(&text, &tm.tm_sec, &fraction_ns) || !take_zone(&text, &minutes) || *text)
                return false;
        tm.tm_year -= 1900;
        tm.tm_mon -= 1;
        const struct tm said = tm;
        int64_t seconds = timegm(&tm); /* makes the 31st of a shorter month another day */
        if (tm.tm_mon != said.tm_mon || tm.tm_mday != said.tm_mday || said.tm_hour > 23 ||
            said.tm_min > 59 || said.tm_sec > 60)
                return false;
        seconds -= 60 * minutes;
        if (seconds < 0 || (uint64_t)seconds > UINT64_MAX / NS_PER_S - 1)
                return false;
        *ret_ns = (uint64_t)seconds * NS_PER_S + fraction_ns;
        return true;
}

/* "5m", "1h30m", "250ms" */
static bool parse_span(const char *text, uint64_t *ret_ns)
{
        static const struct {
                const char *name;
                uint64_t ns;
        } units[] = {{"ns", 1},         {"us", 1000},           {"ms", 1000000},
                     {"s", NS_PER_S},   {"m", 60ull * NS_PER_S}, {"h", 3600ull * NS_PER_S},
                     {"d", 86400ull * NS_PER_S}};
        uint64_t sum = 0, number;

        do {
                size_t u = 0;
                if (!take_number(&text, &number))
                        return false;
                size_t letters = strspn(text, "abcdefghijklmnopqrstuvwxyz");
                while (u < ZL_COUNT(units) && (strlen(units[u].name) != letters ||
                                               strncmp(text, units[u].name, letters) != 0))
                        u++;
                if (u == ZL_COUNT(units) || number > UINT64_MAX / units[u].ns ||
                    sum > UINT64_MAX - number * units[u].ns)
                        return false;
                sum += number * units[u].ns;
                text += letters;
        } while (*text);
        *ret_ns = sum;
        return true;
}

static bool parse_plain(const char *text, uint64_t *ret_number)
{
        return take_number(&text, ret_number) && !*text;
}

/* "mark.00000001:500" */
static bool parse_seq(const char *text, struct zl_point *point)
{
        const char *colon = strchr(text, ':');

        return colon && zl_topic_parse(text, (size_t)(colon - text), &point->topic) &&
               parse_plain(colon + 1, &point->value);
}

bool zl_point_parse(const char *text, const char *where, struct zl_point *ret_point)
{
        struct zl_point point = {.kind = ZL_POINT_TIME};
        bool good;

        if (!strcmp(text, "end")) {
                point.kind = ZL_POINT_NONE;
                good = true;
        } else if (!strncmp(text, "record:", 7)) {
                point.kind = ZL_POINT_RECORD;
                good = parse_plain(text + 7, &point.value);
        } else if (!strncmp(text, "at:", 3)) {
                point.kind = ZL_POINT_AT;
                good = parse_plain(text + 3, &point.value);
        } else if (!strncmp(text, "seq:", 4)) {
                point.kind = ZL_POINT_SEQ;
                good = parse_seq(text + 4, &point);
        } else if (*text == '+') {
                point.kind = ZL_POINT_SPAN;
                good = parse_span(text + 1, &point.value);
        } else {
                good = parse_plain(text, &point.value) || parse_date(text, &point.value);
        }
        if (!good) {
                zl_say("%s \"%s\" is no place on a tape; it is one of 2026-10-10T21:15:00Z, "
                       "nanoseconds since 1970, +5m, record:1000, at:500, "
                       "seq:mark.00000001:500, end",
                       where, text);
                return false;
        }
        *ret_point = point;
        return true;
}

const char *zl_time_format(uint64_t time_ns, char text[ZL_TIME_TEXT_SIZE])
{
        time_t seconds = (time_t)(time_ns / NS_PER_S);
        struct tm when;
        char date[24];

        gmtime_r(&seconds, &when);
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &when);
        snprintf(text, ZL_TIME_TEXT_SIZE, "%s.%09uZ", date, (unsigned)(time_ns % NS_PER_S));
        return text;
}

/* ---- on a tape ---- */

struct zl_place zl_place_of(struct zl_tape_time *time, uint64_t record, uint64_t at,
                            const struct zl_header *header)
{
        struct zl_place place = {.record = record, .at = at};

        if (header) {
                bool clock = header->topic.kind == ZL_TOPIC_TIME;
                place.header = *header;
                if ((clock && !time->has_clock) ||
                    (clock == time->has_clock && header->ts_ns > time->now_ns))
                        time->now_ns = header->ts_ns;
                time->has_clock |= clock;
        }
        place.time_ns = time->now_ns;
        return place;
}

/* -1: the frame stands before the point; 0: there; 1: behind it. */
static int compare(uint64_t at, uint64_t point)
{
        return (at > point) - (at < point);
}

static int stands(struct zl_point *point, const struct zl_place *place)
{
        switch (point->kind) {
        case ZL_POINT_TIME:
                return compare(place->time_ns, point->value);
        case ZL_POINT_SPAN:
                if (!point->base_ns)
                        point->base_ns = place->time_ns;
                if (!point->base_ns || place->time_ns < point->base_ns)
                        return -1; /* the clock may begin behind what headers named */
                return compare(place->time_ns - point->base_ns, point->value);
        case ZL_POINT_RECORD:
                return compare(place->record, point->value);
        case ZL_POINT_AT:
                return compare(place->at, point->value);
        case ZL_POINT_SEQ:
                if (place->header.topic.kind != point->topic.kind ||
                    place->header.topic.id != point->topic.id)
                        return -1;
                return compare(place->header.seq, point->value);
        default:
                return -1;
        }
}

bool zl_point_reached(struct zl_point *point, const struct zl_place *place)
{
        return stands(point, place) >= 0;
}

bool zl_point_passed(struct zl_point *point, const struct zl_place *place)
{
        return stands(point, place) > 0;
}
