#include "app/parts.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define SIZE_MAX_OF_ONE ((size_t)4 << 30) /* more is no state of a partition */

static bool make_room(struct zl_parts *parts, size_t more)
{
        size_t capacity = 2 * parts->capacity + more;

        if (parts->capacity - parts->size >= more)
                return true;
        if (parts->size + more > SIZE_MAX_OF_ONE)
                return false;
        uint8_t *bytes = realloc(parts->bytes, capacity);
        if (!bytes)
                return false;
        parts->bytes = bytes;
        parts->capacity = capacity;
        return true;
}

enum zl_err zl_parts_take(struct zl_parts *parts, const struct zl_msg_snapshot_part *said)
{
        if (said->part == 0) {
                parts->partition = said->partition;
                parts->request = said->request;
                parts->next = 0;
                parts->size = 0;
        }
        if (said->parts == 0 || said->part >= said->parts || said->part != parts->next ||
            said->partition != parts->partition || said->request != parts->request ||
            XXH3_64bits(said->data, said->data_size) != said->digest)
                return ZL_ERR_INVALID;
        if (!make_room(parts, said->data_size))
                return ZL_ERR_SYSTEM;
        if (said->data_size)
                memcpy(parts->bytes + parts->size, said->data, said->data_size);
        parts->size += said->data_size;
        parts->next++;
        return parts->next == said->parts ? ZL_OK : ZL_ERR_END;
}

void zl_parts_free(struct zl_parts *parts)
{
        free(parts->bytes);
        *parts = (struct zl_parts){0};
}
