/* moment.h - a point of a tape, as a person writes it, and times as persons read them.
 *
 * Answers: which point is "record:4711", "2026-10-10T21:15:00Z", "1791666900000000000" (ns) or
 * "end"? Owns: nothing. Thread: any. */
#ifndef ZL_APP_MOMENT_H
#define ZL_APP_MOMENT_H

#include <zeroline/base.h>

enum zl_moment_kind {
        ZL_MOMENT_END,
        ZL_MOMENT_RECORD, /* behind this record */
        ZL_MOMENT_TIME,   /* before engine time goes beyond it */
};

struct zl_moment {
        enum zl_moment_kind kind;
        uint64_t value;
};

/* False: it is none of these. */
ZL_MUST_CHECK bool zl_moment_parse(const char *text, struct zl_moment *ret_point);

enum { ZL_MOMENT_TEXT_SIZE = 40 };

/* "2026-10-10T21:15:00.123456789Z", without a fraction where it is zero. Returns `text`. */
const char *zl_moment_format(uint64_t ns, char text[ZL_MOMENT_TEXT_SIZE]);

#endif
