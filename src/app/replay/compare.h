/* compare.h - what a replay says, held against what the tape recorded.
 *
 * Answers: is it the same, byte for byte; and if not, where first, and what led to it? Outputs are
 * compared in their order. Shows the first difference, on stderr. Owns: a second reader of the
 * tape. Thread: its owner's. */
#ifndef ZL_APP_REPLAY_COMPARE_H
#define ZL_APP_REPLAY_COMPARE_H

#include "app/replay/batch.h"
#include "app/replay/recorded.h"
#include "app/said.h"

struct zl_compare {
        const char *path;
        struct zl_recorded recorded;
        bool differs;
        uint64_t compared; /* outputs that were the same */
        uint64_t missing;  /* said behind the last one recorded, where the tape was cut */
        uint64_t first_output, first_record; /* of the difference: the output's number; its input */
};

/* ZL_ERR_INVALID or ZL_ERR_SYSTEM after a line on stderr. */
ZL_MUST_CHECK enum zl_err zl_compare_open(struct zl_compare *compare, const char *path);
void zl_compare_close(struct zl_compare *compare);

/* What stands in front of this record is not asked for. */
void zl_compare_begin(struct zl_compare *compare, uint64_t record);
/* In order; of what was said to a frame of this batch. */
void zl_compare_said(struct zl_compare *compare, const struct zl_batch *batch,
                     const struct zl_said_item *item, const uint8_t *frame);
/* All was said to what stands in front of this record. */
void zl_compare_up_to(struct zl_compare *compare, uint64_t record);

#endif
