/* point.h - places on a tape, and how a person names one.
 *
 * Answers: has this frame reached the point? A tape's time is that of its clock messages; before
 * the first of them, and on a tape without any, the highest that a frame's header has named.
 * Owns: nothing. Thread: any. */
#ifndef ZL_APP_POINT_H
#define ZL_APP_POINT_H

#include <zeroline/message.h>

enum zl_point_kind {
        ZL_POINT_NONE, /* never reached: the end */
        ZL_POINT_TIME,
        ZL_POINT_SPAN, /* of time, from the first frame with a time that is asked about */
        ZL_POINT_RECORD,
        ZL_POINT_AT,  /* the number of a message from outside */
        ZL_POINT_SEQ, /* of a topic, whoever says it */
};

struct zl_point {
        enum zl_point_kind kind;
        uint64_t value;
        uint64_t base_ns; /* SPAN; 0: not known yet */
        struct zl_topic topic;
};

/* Where a frame stands. */
struct zl_place {
        uint64_t record;  /* its number on the tape */
        uint64_t at;      /* the number of its first message */
        uint64_t time_ns; /* of the tape */
        struct zl_header header; /* all zero when it does not decode */
};

struct zl_tape_time {
        uint64_t now_ns;
        bool has_clock;
};

/* "2026-10-10T21:15:00Z" (RFC 3339; seconds may be left out), nanoseconds since 1970, "+5m",
 * "record:1000", "at:500", "seq:mark.00000001:500" or "end". False after a line on stderr that
 * begins with `where`. */
ZL_MUST_CHECK bool zl_point_parse(const char *text, const char *where, struct zl_point *ret_point);

/* Asked in order, of every frame: moves the tape's time on. NULL: it has no header. */
struct zl_place zl_place_of(struct zl_tape_time *time, uint64_t record, uint64_t at,
                            const struct zl_header *header);
bool zl_point_reached(struct zl_point *point, const struct zl_place *place);
/* Whether the frame stands behind the point: it was reached before. */
bool zl_point_passed(struct zl_point *point, const struct zl_place *place);

enum { ZL_TIME_TEXT_SIZE = 40 };

/* "2026-10-10T21:15:00.123456789Z". Returns `text`. */
const char *zl_time_format(uint64_t time_ns, char text[ZL_TIME_TEXT_SIZE]);

#endif
