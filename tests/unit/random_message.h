/* random_message.h - messages of any content that the wire can carry.
 *
 * Walks the schema, so that a new field is covered without a word. Owns: the bytes that a random
 * message's `data` points at. Thread: the test's. */
#ifndef ZL_TESTS_RANDOM_MESSAGE_H
#define ZL_TESTS_RANDOM_MESSAGE_H

#include "same_message.h"
#include "unit.h"

#include "core/assert.h"

static uint8_t random_bytes[4096];

static inline void random_text(char *text, uint32_t capacity)
{
        static const char *const letters[] = {"a", "\"", "\\", "/", "\n", "\x7f", "\xc3\xa9",
                                              "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x01"};
        size_t size = 0, most = random_u64() % capacity;

        for (;;) {
                const char *letter = letters[random_u64() % ZL_COUNT(letters)];
                if (size + strlen(letter) > most)
                        break;
                memcpy(text + size, letter, strlen(letter));
                size += strlen(letter);
        }
        text[size] = 0;
}

static inline void random_record(const struct zl_record *record, uint8_t *object,
                                 uint32_t rows_most);

static inline void random_list(const struct zl_field *field, uint8_t *object, uint32_t rows_most)
{
        uint32_t most = field->capacity < rows_most ? field->capacity : rows_most;
        uint32_t count = (uint32_t)(random_u64() % (most + 1));

        memcpy(object + field->count_offset, &count, sizeof count);
        for (uint32_t i = 0; i < count; i++)
                random_record(field->row, object + field->offset + i * field->row->size,
                              rows_most);
}

static inline void random_blob(const struct zl_field *field, uint8_t *object)
{
        const uint8_t *at = random_bytes;
        uint32_t size = (uint32_t)(random_u64() % sizeof random_bytes);

        for (uint32_t i = 0; i < size; i++)
                random_bytes[i] = (uint8_t)random_u64();
        memcpy(object + field->offset, &at, sizeof at);
        memcpy(object + field->count_offset, &size, sizeof size);
}

static inline void random_field(const struct zl_field *field, uint8_t *object, uint32_t rows_most)
{
        uint8_t *at = object + field->offset;

        switch (field->form) {
        case ZL_FORM_U32:
                *(uint32_t *)at = (uint32_t)random_i64();
                break;
        case ZL_FORM_U64:
                *(uint64_t *)at = (uint64_t)random_i64();
                break;
        case ZL_FORM_BOOL:
                *(bool *)at = random_u64() & 1;
                break;
        case ZL_FORM_CHOICE:
                *(uint32_t *)at = (uint32_t)(random_u64() % field->choice->values_count);
                break;
        case ZL_FORM_INT:
                *(int64_t *)at = random_i64();
                break;
        case ZL_FORM_TEXT:
                random_text((char *)at, field->capacity);
                break;
        case ZL_FORM_BYTES:
                random_blob(field, object);
                break;
        case ZL_FORM_LIST:
                random_list(field, object, rows_most);
                break;
        }
}

/* Fields that may be left out are, a third of the time, and keep what zl_record_init gives. */
static inline void random_record(const struct zl_record *record, uint8_t *object,
                                 uint32_t rows_most)
{
        zl_record_init(record, object);
        for (uint32_t i = 0; i < record->fields_count; i++) {
                const struct zl_field *field = &record->fields[i];
                uint64_t bit = (uint64_t)1 << i;
                bool leg = field->form == ZL_FORM_CHOICE && !field->choice->values[0];
                bool stays = leg || field->presence == ZL_PRESENCE_MUST ||
                             field->presence == ZL_PRESENCE_ADDED;
                if (!stays && random_u64() % 3 == 0) {
                        *zl_absent_bits(object) |= bit;
                        continue;
                }
                *zl_absent_bits(object) &= ~bit;
                random_field(field, object, rows_most);
        }
        zl_record_fill_same(record, object);
}

static inline void random_message(struct zl_message *message, enum zl_type type,
                                  uint32_t rows_most)
{
        const struct zl_record *record = zl_schema_message(type);

        message->type = type;
        random_record(record, (uint8_t *)&message->cluster, rows_most);
        if (type == ZL_TYPE_POLICY && ZL_ABSENT(&message->policy, policy, warn)) {
                message->policy.warn_count = 1;
                message->policy.warn[0] = (struct zl_row_ratio){.ratio = 800000000};
        }
}

#endif
