/* lines.h - JSON lines in, messages out, with the header each line's frame has.
 *
 * Owns: the table of scales and the counters of sequences. Thread: its owner's. */
#ifndef ZL_APP_LINES_H
#define ZL_APP_LINES_H

#include "codec/json.h"

#include <stdio.h>

struct zl_lines;

/* Reads from `file`, which stays the caller's; `name` stands in messages. NULL: out of memory. */
struct zl_lines *zl_lines_open(FILE *file, const char *name);
void zl_lines_close(struct zl_lines *lines);

/* The next message and its header, learnt from already. `ret_joins`: it belongs to the frame of the
 * one before (the line gives the same topic, source, epoch and sequence). ZL_ERR_INVALID after a
 * line on stderr. */
ZL_MUST_CHECK enum zl_err zl_lines_next(struct zl_lines *lines,
                                        const struct zl_message **ret_message,
                                        struct zl_header *ret_header, bool *ret_joins);

struct zl_scales *zl_lines_scales(struct zl_lines *lines);

#endif
