/* segment.h - one file of a log: its name, its head, its records.
 *
 * A segment is named by its first position, in 20 digits: "00000000000000004711.seg", with ".zst"
 * behind it once it is compressed (a zstd frame of the same bytes). It begins with 64 bytes:
 *
 *     16  "ZLSEGM\r\n", the byte 1 (the version of the form), seven zero bytes
 *      4  src of the journal            4  flags: 1 when the journal was started anew here
 *      8  epoch of the journal          8  first position
 *      8  position after the last one kept before: what lies between is a hole
 *      8  time it was made, ns          8  XXH3-64 of the 56 bytes before
 *
 * Its records are a tape's, of kind 3: the body is 8 bytes of position, 8 of time of arrival (ns),
 * and the frame. Integers are little-endian. So a record that stands at a wrong place is not taken.
 *
 * Answers: what stands in this file? Owns: its file and its buffers: 64 KiB, or half more than the
 * longest record, and 2 MiB when it is compressed, whatever the file holds. Thread: its owner's. */
#ifndef ZL_TAPE_SEGMENT_H
#define ZL_TAPE_SEGMENT_H

#include "tape/disk.h"
#include "tape/format.h"

enum {
        ZL_SEGMENT_HEAD_SIZE = 64,
        ZL_KEPT_HEAD_SIZE = ZL_TAPE_HEAD_SIZE + 16, /* what stands before a frame */
        ZL_KEPT_SIZE_MAX = ZL_KEPT_HEAD_SIZE + ZL_FRAME_SIZE_MAX,
        ZL_SEGMENT_WINDOW_LOG = 21, /* of zstd: 2 MiB, written and accepted */
        ZL_STORE_NAME_SIZE = 64,
};

/* Positions beyond are refused: nothing counts to there, and sums of them cannot wrap. */
#define ZL_POSITION_MAX ((uint64_t)1 << 62)

enum zl_store_name {
        ZL_NAME_OTHER = 0,
        ZL_NAME_SEGMENT,
        ZL_NAME_COMPRESSED,
        ZL_NAME_COMPRESSING, /* not whole yet */
        ZL_NAME_SNAPSHOT,
        ZL_NAME_SNAPSHOT_PART, /* not whole yet */
};

struct zl_segment_head {
        uint64_t epoch, first, follows, made_ns;
        uint32_t src;
        bool restart;
};

struct zl_kept {
        uint64_t position, received_ns;
        uint64_t offset; /* of its record in the segment, uncompressed */
        const uint8_t *frame;
        uint32_t frame_size;
};

struct zl_segment_reader;

void zl_store_name(enum zl_store_name kind, uint64_t position, char ret_name[ZL_STORE_NAME_SIZE]);
enum zl_store_name zl_store_name_parse(const char *name, uint64_t *ret_position);

void zl_segment_head_put(const struct zl_segment_head *head, uint8_t bytes[ZL_SEGMENT_HEAD_SIZE]);
/* False: these are not the first bytes of a segment. */
bool zl_segment_head_get(const uint8_t bytes[ZL_SEGMENT_HEAD_SIZE],
                         struct zl_segment_head *ret_head);
/* Writes a whole record to `bytes`, which takes ZL_KEPT_HEAD_SIZE + frame_size. */
void zl_kept_put(uint8_t *bytes, uint64_t position, uint64_t received_ns, const void *frame,
                 size_t frame_size);

/* ZL_ERR_END: shorter than a head. ZL_ERR_DAMAGED: something else than a segment. ZL_ERR_SYSTEM. */
ZL_MUST_CHECK enum zl_err zl_segment_open(const struct zl_disk *disk, const char *path,
                                          bool compressed, struct zl_segment_reader **ret_reader);
const struct zl_segment_head *zl_segment_head(const struct zl_segment_reader *reader);
/* Reads an uncompressed segment no further than to `limit` bytes. ZL_ERR_END: no whole record is
 * there; it may be asked again with a higher limit. ZL_ERR_DAMAGED: it stays so. The frame is valid
 * until the next call. */
ZL_MUST_CHECK enum zl_err zl_segment_next(struct zl_segment_reader *reader, uint64_t limit,
                                          struct zl_kept *ret_kept);
/* Where the record begins that was not given, what is wrong there, and after ZL_ERR_END how many
 * bytes of a torn one there are. */
uint64_t zl_segment_offset(const struct zl_segment_reader *reader);
const char *zl_segment_cause(const struct zl_segment_reader *reader);
uint64_t zl_segment_torn(const struct zl_segment_reader *reader);
/* NULL is allowed. */
void zl_segment_shut(struct zl_segment_reader *reader);

#endif
