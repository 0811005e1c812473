/* same_message.h - whether two messages say the same, by the schema. Thread: any. */
#ifndef ZL_TESTS_SAME_MESSAGE_H
#define ZL_TESTS_SAME_MESSAGE_H

#include "core/schema.h"

#include <string.h>

static inline bool same_record(const struct zl_record *record, const uint8_t *a, const uint8_t *b);

static inline bool same_list(const struct zl_field *field, const uint8_t *a, const uint8_t *b)
{
        uint32_t count;

        if (memcmp(a + field->count_offset, b + field->count_offset, sizeof count) != 0)
                return false;
        memcpy(&count, a + field->count_offset, sizeof count);
        for (uint32_t i = 0; i < count; i++) {
                size_t offset = field->offset + (size_t)i * field->row->size;
                if (!same_record(field->row, a + offset, b + offset))
                        return false;
        }
        return true;
}

static inline bool same_field(const struct zl_field *field, const uint8_t *a, const uint8_t *b)
{
        static const size_t sizes[] = {
                [ZL_FORM_U32] = sizeof(uint32_t),   [ZL_FORM_U64] = sizeof(uint64_t),
                [ZL_FORM_BOOL] = sizeof(bool),      [ZL_FORM_INT] = sizeof(int64_t),
                [ZL_FORM_CHOICE] = sizeof(uint32_t),
        };
        const uint8_t *bytes_a, *bytes_b;
        uint32_t size;

        if (field->form == ZL_FORM_LIST)
                return same_list(field, a, b);
        if (field->form == ZL_FORM_TEXT)
                return !strcmp((const char *)a + field->offset, (const char *)b + field->offset);
        if (field->form != ZL_FORM_BYTES)
                return !memcmp(a + field->offset, b + field->offset, sizes[field->form]);
        if (memcmp(a + field->count_offset, b + field->count_offset, sizeof size) != 0)
                return false;
        memcpy(&bytes_a, a + field->offset, sizeof bytes_a);
        memcpy(&bytes_b, b + field->offset, sizeof bytes_b);
        memcpy(&size, a + field->count_offset, sizeof size);
        return size == 0 || !memcmp(bytes_a, bytes_b, size);
}

static inline bool same_record(const struct zl_record *record, const uint8_t *a, const uint8_t *b)
{
        if (memcmp(a, b, sizeof(uint64_t)) != 0) /* what is absent */
                return false;
        for (uint32_t i = 0; i < record->fields_count; i++) {
                if (!same_field(&record->fields[i], a, b))
                        return false;
        }
        return true;
}

static inline bool same_message(const struct zl_message *a, const struct zl_message *b)
{
        return a->type == b->type &&
               same_record(zl_schema_message(a->type), (const uint8_t *)&a->cluster,
                           (const uint8_t *)&b->cluster);
}

#endif
