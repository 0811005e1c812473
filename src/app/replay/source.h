/* source.h - messages as JSON lines, from a tape or from a file of such lines.
 *
 * Answers: what is the next line, and where does it stand? One line is in memory at a time. Owns:
 * its file. Thread: its owner's. */
#ifndef ZL_APP_REPLAY_SOURCE_H
#define ZL_APP_REPLAY_SOURCE_H

#include "codec/scales.h"
#include "tape/tape.h"

#include <zeroline/frame.h>

#include <stdio.h>

enum zl_source_only {
        ZL_SOURCE_ALL,
        ZL_SOURCE_IN,
        ZL_SOURCE_OUT, /* and `internal` where that is asked for */
};

struct zl_source {
        const char *path; /* "-": stdin */
        enum zl_source_only only; /* of a tape; may be set before the first line */
        bool internal;
        struct zl_tape_reader *tape; /* NULL: lines of JSON */
        struct zl_scales *scales;
        struct zl_message *message;
        struct zl_tape_record record; /* of the line */
        struct zl_frame_reader frame;
        bool in_frame;
        FILE *file;
        char *line; /* NULL: there is none */
        size_t line_size;
        uint64_t number; /* of the line, from 1 */
};

/* ZL_ERR_SYSTEM or ZL_ERR_INVALID after a line on stderr. */
ZL_MUST_CHECK enum zl_err zl_source_open(struct zl_source *source, const char *path);
void zl_source_close(struct zl_source *source);
/* The next line stands in `line`. ZL_ERR_END: there is none. Else after a line on stderr. */
ZL_MUST_CHECK enum zl_err zl_source_next(struct zl_source *source);
/* "a.tape: record 12, out" */
void zl_source_where(const struct zl_source *source, FILE *to);

/* What a line says of itself: the message from outside that caused it. False: nothing. */
bool zl_source_at(const char *line, uint64_t *ret_at);

#endif
