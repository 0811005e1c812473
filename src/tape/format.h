/* format.h - the bytes of a tape file, for its writer and its reader. */
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

#endif
