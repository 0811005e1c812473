/* text.h - writing text into the caller's buffer. "Full" sticks and is checked once, at the end.
 * Owns: nothing. The text always ends in a zero. */
#ifndef ZL_CORE_TEXT_H
#define ZL_CORE_TEXT_H

#include <zeroline/base.h>

#include "core/assert.h"

#include <string.h>

struct zl_text {
        char *data;
        size_t size;
        size_t capacity;
        bool full;
};

static inline struct zl_text zl_text_over(char *buffer, size_t capacity)
{
        ZL_ASSERT(capacity > 0);
        buffer[0] = 0;
        return (struct zl_text){.data = buffer, .capacity = capacity};
}

static inline void zl_text_bytes(struct zl_text *text, const char *bytes, size_t size)
{
        if (text->full || size >= text->capacity - text->size) {
                text->full = true;
                return;
        }
        memcpy(text->data + text->size, bytes, size);
        text->size += size;
        text->data[text->size] = 0;
}

static inline void zl_text_put(struct zl_text *text, const char *string)
{
        zl_text_bytes(text, string, strlen(string));
}

static inline void zl_text_char(struct zl_text *text, char c)
{
        zl_text_bytes(text, &c, 1);
}

void zl_text_u64(struct zl_text *text, uint64_t value);
void zl_text_i64(struct zl_text *text, int64_t value);
/* value x 10^-scale, without trailing zeros: "-0.5", "12", "0". */
void zl_text_decimal(struct zl_text *text, zl_i128 value, uint32_t scale);

#endif
