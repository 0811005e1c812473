/* format.h - the bytes of tapes and of segments, for their writers and readers: one form of record.
 *
 * Answers: what stands at these bytes? Owns: nothing. Thread: any. */
#ifndef ZL_TAPE_FORMAT_H
#define ZL_TAPE_FORMAT_H

#include "core/assert.h"
#include "tape/tape.h"

#include <zeroline/frame.h>

#include <xxhash.h>

#define ZL_TAPE_MAGIC "ZLTAPE\r\n\x01\0\0\0\0\0\0\0" /* name, version 1 */

enum {
        ZL_TAPE_MAGIC_SIZE = 16,
        ZL_TAPE_HEAD_SIZE = 16,
};

/* Integers on disk are little-endian whatever the machine. */
static inline void zl_put_le(uint8_t *at, uint64_t value, int bytes)
{
        for (int i = 0; i < bytes; i++)
                at[i] = (uint8_t)(value >> (8 * i));
}

static inline uint64_t zl_get_le(const uint8_t *at, int bytes)
{
        uint64_t value = 0;

        for (int i = 0; i < bytes; i++)
                value |= (uint64_t)at[i] << (8 * i);
        return value;
}

/* Of the first half of a head (size and kind) and the frame. */
static inline uint64_t zl_tape_checksum(const uint8_t head[8], const void *frame, size_t size)
{
        return XXH3_64bits_withSeed(frame, size, XXH3_64bits(head, 8));
}

/* The head of a record whose `size` bytes stand at `body`. */
static inline void zl_record_head(uint8_t head[ZL_TAPE_HEAD_SIZE], enum zl_record_kind kind,
                                  const void *body, size_t size)
{
        zl_put_le(head, size, 4);
        zl_put_le(head + 4, kind, 4);
        zl_put_le(head + 8, zl_tape_checksum(head, body, size), 8);
}

/* ZL_ERR_END: the record is not whole within `left` bytes. ZL_ERR_DAMAGED: its checksum differs.
 * The caller judges the kind, head[4]. */
ZL_MUST_CHECK static inline enum zl_err zl_record_check(const uint8_t *head, uint64_t left,
                                                        uint32_t *ret_size)
{
        if (left < ZL_TAPE_HEAD_SIZE)
                return ZL_ERR_END;
        uint32_t size = (uint32_t)zl_get_le(head, 4);
        if (size > left - ZL_TAPE_HEAD_SIZE)
                return ZL_ERR_END;
        if (zl_get_le(head + 8, 8) != zl_tape_checksum(head, head + ZL_TAPE_HEAD_SIZE, size))
                return ZL_ERR_DAMAGED;
        *ret_size = size;
        return ZL_OK;
}

/* ---- finding records where none is expected (scan.c) ---- */

/* Whether a whole record of a tape stands there, every byte of its head as it is written. */
bool zl_scan_holds(const uint8_t *data, uint64_t size, uint64_t at, uint32_t *ret_body_size);
/* The first such place at or behind `from`; `size`: none. Bytes that were made to look like records
 * inside a frame are not told from real ones: what stands before them says that. */
uint64_t zl_scan_on(const uint8_t *data, uint64_t size, uint64_t from);

#endif
