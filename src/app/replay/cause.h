/* cause.h - one message of a tape, found again, with what the stream had said of units by then.
 *
 * Answers: which message was number 1234; which input led to what stands at this record? Reads the
 * tape from its beginning: for the few times when it is asked. Owns: its text and scales. Thread:
 * its owner's. */
#ifndef ZL_APP_REPLAY_CAUSE_H
#define ZL_APP_REPLAY_CAUSE_H

#include "app/point.h"
#include "codec/scales.h"

#include <stdio.h>

struct zl_cause {
        bool found;
        struct zl_place place; /* `at` is that of the message itself */
        struct zl_scales *scales;
        char *line; /* the message as JSON */
};

/* The message with this number. */
ZL_MUST_CHECK enum zl_err zl_cause_of_message(const char *path, uint64_t at,
                                              struct zl_cause *ret_cause);
/* The last message from outside in front of this record. */
ZL_MUST_CHECK enum zl_err zl_cause_of_record(const char *path, uint64_t record,
                                             struct zl_cause *ret_cause);
void zl_cause_free(struct zl_cause *cause);

/* Where it stands, and itself: two lines. */
void zl_cause_print(const struct zl_cause *cause, FILE *to);

enum { ZL_JSON_LINE_MAX = 8 << 20 };

#endif
