#include "codec/split.h"

#include <stdbool.h>

/* One value's own bytes, without its children, and how many children follow. */
struct head {
        uint64_t size;
        uint64_t children;
};

static bool big_endian(const uint8_t *data, size_t size, int bytes, uint64_t *ret_value)
{
        if (size < 1 + (size_t)bytes)
                return false;
        *ret_value = 0;
        for (int i = 1; i <= bytes; i++)
                *ret_value = *ret_value << 8 | data[i];
        return true;
}

/* The forms 0xc0 to 0xdf; MessagePack specification, "Overview" of formats. */
static bool head_variable(const uint8_t *data, size_t size, struct head *ret_head)
{
        static const uint8_t fixed[32] = {/* c0 */ 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 5, 9, 2, 3, 5, 9,
                                          /* d0 */ 2, 3, 5, 9, 3, 4, 6, 10, 18};
        uint8_t form = data[0];
        uint64_t n;

        if (fixed[form - 0xc0]) {
                *ret_head = (struct head){fixed[form - 0xc0], 0};
                return true;
        }
        if (form == 0xc1)
                return false;
        if (form <= 0xc9) { /* bin 8, 16, 32; ext 8, 16, 32 */
                bool ext = form >= 0xc7;
                int bytes = 1 << (ext ? form - 0xc7 : form - 0xc4);
                if (!big_endian(data, size, bytes, &n))
                        return false;
                *ret_head = (struct head){1 + (uint64_t)bytes + ext + n, 0};
                return true;
        }
        if (form <= 0xdb) { /* str 8, 16, 32 */
                int bytes = 1 << (form - 0xd9);
                if (!big_endian(data, size, bytes, &n))
                        return false;
                *ret_head = (struct head){1 + (uint64_t)bytes + n, 0};
                return true;
        }
        int bytes = form & 1 ? 4 : 2; /* array 16, 32; map 16, 32 */
        if (!big_endian(data, size, bytes, &n))
                return false;
        *ret_head = (struct head){1 + (uint64_t)bytes, form >= 0xde ? 2 * n : n};
        return true;
}

static bool head_of(const uint8_t *data, size_t size, struct head *ret_head)
{
        uint8_t form = data[0];

        if (form < 0x80 || form >= 0xe0)
                *ret_head = (struct head){1, 0};
        else if (form < 0x90)
                *ret_head = (struct head){1, 2u * (form & 15u)};
        else if (form < 0xa0)
                *ret_head = (struct head){1, form & 15u};
        else if (form < 0xc0)
                *ret_head = (struct head){1 + (form & 31u), 0};
        else
                return head_variable(data, size, ret_head);
        return true;
}

static bool is_text(uint8_t form)
{
        return (form & 0xe0) == 0xa0 || (form >= 0xd9 && form <= 0xdb);
}

size_t zl_frame_split(const uint8_t *data, size_t size)
{
        uint64_t open = 0; /* values still to come inside the one at the top level */
        size_t offset = 0;

        while (offset < size) {
                struct head head;
                if (offset > 0 && open == 0 && is_text(data[offset]))
                        return offset;
                if (!head_of(data + offset, size - offset, &head) || head.size > size - offset)
                        return size;
                if (open > 0)
                        open--;
                open += head.children;
                offset += head.size;
        }
        return size;
}
