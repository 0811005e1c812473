/* scan.c - the next record behind bytes that are none. */
#include "tape/format.h"

bool zl_scan_holds(const uint8_t *data, uint64_t size, uint64_t at, uint32_t *ret_body_size)
{
        const uint8_t *head = data + at;

        if (size - at < ZL_TAPE_HEAD_SIZE)
                return false;
        /* Most places are told by these four bytes. */
        if (head[4] >= ZL_RECORD_KINDS || head[5] || head[6] || head[7])
                return false;
        if (head[4] == ZL_RECORD_KEPT)
                return false;
        return zl_get_le(head, 4) <= ZL_FRAME_SIZE_MAX &&
               zl_record_check(head, size - at, ret_body_size) == ZL_OK;
}

uint64_t zl_scan_on(const uint8_t *data, uint64_t size, uint64_t from)
{
        uint32_t body_size;

        while (from < size && !zl_scan_holds(data, size, from, &body_size))
                from++;
        return from;
}
