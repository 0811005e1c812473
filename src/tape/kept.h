/* kept.h - what a journal kept, read like a tape: a folder of segments, or one segment.
 *
 * Answers: the frames, in order, and where some are missing. Changes nothing in the folder.
 * Owns: its files, and copies of the frames it gave until it is told to forget them.
 * Thread: its owner's. */
#ifndef ZL_TAPE_KEPT_H
#define ZL_TAPE_KEPT_H

#include "tape/states.h"

struct zl_kept_source;

/* Whether this is the name of a folder, or of a file that begins like a segment. */
bool zl_kept_is(const char *path);
/* ZL_ERR_INVALID: neither holds a segment. ZL_ERR_SYSTEM: errno. */
ZL_MUST_CHECK enum zl_err zl_kept_open(const char *path, struct zl_kept_source **ret_source);
/* As zl_tape_next. The number of a folder's record is its position. */
ZL_MUST_CHECK enum zl_err zl_kept_next(struct zl_kept_source *source,
                                       struct zl_tape_record *ret_record);
/* Whether zl_kept_next goes on behind a hole. */
bool zl_kept_goes_on(const struct zl_kept_source *source);
/* The position, or in a file the number, behind the last record given. */
uint64_t zl_kept_number(const struct zl_kept_source *source);
const char *zl_kept_why(const struct zl_kept_source *source);
uint64_t zl_kept_torn(const struct zl_kept_source *source);
uint64_t zl_kept_size(const struct zl_kept_source *source);
ZL_MUST_CHECK enum zl_err zl_kept_rewind(struct zl_kept_source *source);
/* As zl_tape_find_state and its like: a file by itself has none. */
ZL_MUST_CHECK enum zl_err zl_kept_find_state(struct zl_kept_source *source, uint64_t number_max,
                                             uint64_t now_ns_max,
                                             struct zl_tape_state *ret_state);
ZL_MUST_CHECK enum zl_err zl_kept_read_state(struct zl_kept_source *source,
                                             const struct zl_tape_state *state, uint8_t *bytes);
ZL_MUST_CHECK enum zl_err zl_kept_go_behind(struct zl_kept_source *source,
                                            const struct zl_tape_state *state);
void zl_kept_forget(struct zl_kept_source *source);
/* NULL is allowed. */
void zl_kept_shut(struct zl_kept_source *source);

#endif
