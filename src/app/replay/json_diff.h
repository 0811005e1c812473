/* json_diff.h - two JSON objects, field by field.
 *
 * Answers: are they the same, and which fields are not? Fields are told apart by their way:
 * positions[1].qty. Thread: any. */
#ifndef ZL_APP_REPLAY_JSON_DIFF_H
#define ZL_APP_REPLAY_JSON_DIFF_H

#include <zeroline/base.h>

#include <stdio.h>

struct zl_json_names {
        const char *const *values; /* outermost fields that do not count */
        uint32_t count;
};

/* Texts that are no JSON are the same when their bytes are. */
bool zl_json_same(const char *a, const char *b, const struct zl_json_names *ignored);
/* A line a field: `  ` in both, `- ` of `a`, `+ ` of `b`; of lists only what differs. Either may be
 * NULL: there is none. */
void zl_json_diff(const char *a, const char *b, const struct zl_json_names *ignored, FILE *to);

#endif
