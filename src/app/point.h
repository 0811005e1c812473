/* point.h - a point of a tape, as a person writes it, and times as persons read them.
 *
 * Answers: which point is "record:4711", "2026-10-10T21:15:00Z", "1791666900000000000" (ns) or
 * "end"? Owns: nothing. Thread: any. */
#ifndef ZL_APP_POINT_H
#define ZL_APP_POINT_H

#include <zeroline/base.h>

enum zl_point_kind {
        ZL_POINT_END,
        ZL_POINT_RECORD, /* behind this record */
        ZL_POINT_TIME,   /* before engine time goes beyond it */
};

struct zl_point {
        enum zl_point_kind kind;
        uint64_t value;
};

/* False: it is none of these. */
ZL_MUST_CHECK bool zl_point_parse(const char *text, struct zl_point *ret_point);

enum { ZL_TIME_TEXT_SIZE = 40 };

/* "2026-10-10T21:15:00.123456789Z", without a fraction where it is zero. Returns `text`. */
const char *zl_time_format(uint64_t ns, char text[ZL_TIME_TEXT_SIZE]);

#endif
