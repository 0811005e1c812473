/* kept.h - what a journal kept, read like a tape: a folder of segments, or one segment.
 *
 * Answers: the frames, in order, and where some are missing. Changes nothing in the folder.
 * Owns: its files, and copies of the frames it gave until it is told to forget them.
 * Thread: its owner's. */
#ifndef ZL_TAPE_KEPT_H
#define ZL_TAPE_KEPT_H

#include "tape/tape.h"

struct zl_kept_source;

/* Whether this is the name of a folder, or of a file that begins like a segment. */
bool zl_kept_is(const char *path);
/* ZL_ERR_INVALID: neither holds a segment. ZL_ERR_SYSTEM: errno. */
ZL_MUST_CHECK enum zl_err zl_kept_open(const char *path, struct zl_kept_source **ret_source);
/* As zl_tape_next. */
ZL_MUST_CHECK enum zl_err zl_kept_next(struct zl_kept_source *source,
                                       struct zl_tape_record *ret_record);
/* Whether zl_kept_next goes on behind a hole. */
bool zl_kept_goes_on(const struct zl_kept_source *source);
const char *zl_kept_why(const struct zl_kept_source *source);
uint64_t zl_kept_torn(const struct zl_kept_source *source);
uint64_t zl_kept_size(const struct zl_kept_source *source);
ZL_MUST_CHECK enum zl_err zl_kept_rewind(struct zl_kept_source *source);
void zl_kept_forget(struct zl_kept_source *source);
/* NULL is allowed. */
void zl_kept_shut(struct zl_kept_source *source);

#endif
