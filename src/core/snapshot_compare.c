/* snapshot_compare.c - what two snapshots have in common, part by part. */
#include "core/fund.h"
#include "core/snapshot.h"

#include <string.h>

enum { HEAD_SIZE = 12 }; /* version, partitions, how many of them follow */

bool zl_snapshot_is_exact(const struct zl_engine *engine)
{
        return engine->round->fund == ZL_NONE_AT;
}

static uint32_t number_at(const uint8_t *bytes)
{
        return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
               (uint32_t)bytes[3] << 24;
}

struct cursor {
        const uint8_t *at;
        size_t left;
};

/* The next part with its length in front; false: it is not whole. */
static bool next_part(struct cursor *cursor, const uint8_t **ret_bytes, size_t *ret_size)
{
        if (cursor->left < 4 || number_at(cursor->at) > cursor->left - 4)
                return false;
        *ret_size = number_at(cursor->at);
        *ret_bytes = cursor->at + 4;
        cursor->at += 4 + *ret_size;
        cursor->left -= 4 + *ret_size;
        return true;
}

static bool same_part(struct cursor *a, struct cursor *b)
{
        const uint8_t *a_bytes, *b_bytes;
        size_t a_size, b_size;

        return next_part(a, &a_bytes, &a_size) && next_part(b, &b_bytes, &b_size) &&
               a_size == b_size && !memcmp(a_bytes, b_bytes, a_size);
}

/* The number of the partition whose part is next. */
static bool same_partition(struct cursor *a, struct cursor *b, uint32_t *ret_partition)
{
        if (a->left < 4 || b->left < 4)
                return false;
        *ret_partition = number_at(a->at);
        if (number_at(b->at) != *ret_partition)
                return false;
        *a = (struct cursor){a->at + 4, a->left - 4};
        *b = (struct cursor){b->at + 4, b->left - 4};
        return same_part(a, b);
}

enum zl_snapshot_place zl_snapshot_compare(const uint8_t *a, size_t a_size, const uint8_t *b,
                                           size_t b_size, uint32_t *ret_partition)
{
        if (a_size == b_size && !memcmp(a, b, a_size))
                return ZL_SNAPSHOT_SAME;
        if (a_size < HEAD_SIZE || b_size < HEAD_SIZE || memcmp(a, b, HEAD_SIZE) != 0)
                return ZL_SNAPSHOT_HEAD;
        struct cursor left = {a + HEAD_SIZE, a_size - HEAD_SIZE};
        struct cursor right = {b + HEAD_SIZE, b_size - HEAD_SIZE};
        if (!same_part(&left, &right))
                return ZL_SNAPSHOT_SHARED;
        for (uint32_t i = 0; i < number_at(a + 8); i++) {
                if (!same_partition(&left, &right, ret_partition))
                        return ZL_SNAPSHOT_PARTITION;
        }
        return ZL_SNAPSHOT_SAID;
}
