#include "core/schema.h"

#include "core/assert.h"

#include <string.h>

/* Names of enumerations. */
#define ZL_ENUM(enum_) static const char *const values_##enum_[] = {
#define ZL_NAME(enum_, VALUE, name) name,
#define ZL_NONE(enum_, VALUE) NULL,
#define ZL_ENUM_END(enum_) };
#include "messages.def"

#define ZL_ENUM(enum_)                                                                             \
        static const struct zl_choice choice_##enum_ = {#enum_, values_##enum_,                    \
                                                        ZL_COUNT(values_##enum_)};
#include "messages.def"

/* The struct of each record, found by the owner's name: rows and messages share no name. */
#define ZL_ROW(row, doc) typedef struct zl_row_##row owner_##row;
#define ZL_MESSAGE(id, TYPE, message, topic, doc) typedef struct zl_msg_##message owner_##message;
#include "messages.def"

#define VALUE_MUST(owner, value) 0
#define VALUE_MAY(owner, value) 0
#define VALUE_DEFAULT(owner, value) value
#define VALUE_ADDED(owner, value) value
#define VALUE_SAME(owner, value) ZL_AT_##owner##_##value
#define FORM_u32 ZL_FORM_U32
#define FORM_u64 ZL_FORM_U64

#define FIELD(owner, field_, form_, presence_, value_, doc_)                                       \
        .name = #field_, .form = form_, .presence = ZL_PRESENCE_##presence_,                       \
        .offset = offsetof(owner_##owner, field_), .value = VALUE_##presence_(owner, value_),      \
        .doc = doc_

#define ZL_UINT(owner, ctype, field, presence, value, doc)                                         \
        {FIELD(owner, field, FORM_##ctype, presence, value, doc)},
#define ZL_BOOL(owner, field, presence, value, doc)                                                \
        {FIELD(owner, field, ZL_FORM_BOOL, presence, value, doc)},
#define ZL_CHOICE(owner, enum_, field, presence, value_, doc)                                      \
        {FIELD(owner, field, ZL_FORM_CHOICE, presence, value_, doc), .choice = &choice_##enum_},
#define ZL_INT(owner, unit_, field, presence, value, doc)                                          \
        {FIELD(owner, field, ZL_FORM_INT, presence, value, doc), .unit = ZL_UNIT_##unit_},
#define ZL_TEXT(owner, capacity_, field, presence, doc)                                            \
        {FIELD(owner, field, ZL_FORM_TEXT, presence, 0, doc), .capacity = capacity_},
#define ZL_BYTES(owner, field, doc)                                                                \
        {FIELD(owner, field, ZL_FORM_BYTES, DEFAULT, 0, doc),                                      \
         .count_offset = offsetof(owner_##owner, field##_size)},
#define ZL_LIST(owner, row_, field, most, doc)                                                     \
        {FIELD(owner, field, ZL_FORM_LIST, DEFAULT, 0, doc), .capacity = most,                     \
         .count_offset = offsetof(owner_##owner, field##_count), .row = &record_##row_},
#define ZL_ROW(row, doc_)                                                                          \
        static const char text_of_##row[] = doc_;                                                  \
        static const struct zl_field fields_##row[] = {
#define ZL_ROW_END(row_)                                                                           \
        };                                                                                         \
        static const struct zl_record record_##row_ = {                                            \
                .name = #row_,                                                                     \
                .fields = fields_##row_,                                                           \
                .fields_count = ZL_COUNT(fields_##row_),                                           \
                .size = sizeof(struct zl_row_##row_),                                              \
                .doc = text_of_##row_,                                                             \
        };
/* A message may have no field at all: the sentinel keeps its table from being empty. */
#define ZL_MESSAGE(id, TYPE, message, topic, doc)                                                  \
        static const struct zl_field fields_##message[] = {
#define ZL_MESSAGE_END(message) {.name = NULL}};
#include "messages.def"

static const struct zl_record messages[ZL_TYPE_LIMIT] = {
#define ZL_MESSAGE(id, TYPE, message, topic_, doc_)                                                \
        [id] = {                                                                                   \
                .name = #message,                                                                  \
                .fields = fields_##message,                                                        \
                .fields_count = ZL_COUNT(fields_##message) - 1,                                    \
                .size = sizeof(struct zl_msg_##message),                                           \
                .type = ZL_TYPE_##TYPE,                                                            \
                .topic = ZL_TOPIC_##topic_,                                                        \
                .doc = doc_,                                                                       \
        },
#include "messages.def"
};

const struct zl_record *zl_schema_message(enum zl_type type)
{
        if ((unsigned)type >= ZL_TYPE_LIMIT || !messages[type].name)
                return NULL;
        return &messages[type];
}

const struct zl_record *zl_schema_by_name(const char *name, size_t name_size)
{
        for (size_t i = 0; i < ZL_TYPE_LIMIT; i++) {
                const char *known = messages[i].name;
                if (known && strlen(known) == name_size && !memcmp(known, name, name_size))
                        return &messages[i];
        }
        return NULL;
}

static void set_int(const struct zl_field *field, void *at)
{
        switch (field->form) {
        case ZL_FORM_U32:
                *(uint32_t *)at = (uint32_t)field->value;
                break;
        case ZL_FORM_U64:
                *(uint64_t *)at = (uint64_t)field->value;
                break;
        case ZL_FORM_INT:
                *(int64_t *)at = field->value;
                break;
        case ZL_FORM_CHOICE: {
                int value = (int)field->value;
                memcpy(at, &value, sizeof value);
                break;
        }
        default:
                *(bool *)at = field->value != 0;
        }
}

static void init_field(const struct zl_field *field, void *object)
{
        uint8_t *base = object;

        switch (field->form) {
        case ZL_FORM_TEXT:
                base[field->offset] = 0;
                break;
        case ZL_FORM_BYTES:
                memset(base + field->offset, 0, sizeof(void *));
                memset(base + field->count_offset, 0, sizeof(uint32_t));
                break;
        case ZL_FORM_LIST:
                memset(base + field->count_offset, 0, sizeof(uint32_t));
                break;
        default:
                if (field->presence == ZL_PRESENCE_SAME)
                        memset(base + field->offset, 0,
                               field->form == ZL_FORM_U32 ? sizeof(uint32_t) : sizeof(uint64_t));
                else
                        set_int(field, base + field->offset);
        }
}

void zl_record_init(const struct zl_record *record, void *object)
{
        uint64_t absent = 0;

        for (uint32_t i = 0; i < record->fields_count; i++) {
                const struct zl_field *field = &record->fields[i];
                init_field(field, object);
                if (field->presence == ZL_PRESENCE_MAY || field->presence == ZL_PRESENCE_SAME)
                        absent |= (uint64_t)1 << i;
        }
        *zl_absent_bits(object) = absent;
}

uint32_t zl_record_least(const struct zl_record *record)
{
        uint32_t count = record->fields_count;

        while (count && record->fields[count - 1].presence == ZL_PRESENCE_ADDED)
                count--;
        return count;
}

/* Added fields are numbers that start from 0, choices and truth values. */
static bool says_nothing(const struct zl_record *record, const void *object, uint32_t place)
{
        const struct zl_field *field = &record->fields[place];
        const uint8_t *at = (const uint8_t *)object + field->offset;

        ZL_ASSERT(field->value == 0 && field->form <= ZL_FORM_INT);
        switch (field->form) {
        case ZL_FORM_BOOL:
                return !*(const bool *)at;
        case ZL_FORM_U32:
                return *(const uint32_t *)at == 0;
        case ZL_FORM_CHOICE:
                return *(const unsigned *)at == 0;
        default:
                return *(const uint64_t *)at == 0;
        }
}

uint32_t zl_record_written(const struct zl_record *record, const void *object)
{
        uint32_t count = record->fields_count;

        while (count && record->fields[count - 1].presence == ZL_PRESENCE_ADDED &&
               says_nothing(record, object, count - 1))
                count--;
        return count;
}

void zl_record_fill_same(const struct zl_record *record, void *object)
{
        uint8_t *base = object;

        for (uint32_t i = 0; i < record->fields_count; i++) {
                const struct zl_field *field = &record->fields[i];
                if (field->presence != ZL_PRESENCE_SAME || !zl_is_absent(object, i))
                        continue;
                const struct zl_field *from = &record->fields[field->value];
                ZL_ASSERT(from->form == field->form && from->form != ZL_FORM_U32);
                memcpy(base + field->offset, base + from->offset, sizeof(uint64_t));
        }
}

void zl_message_init(struct zl_message *message, enum zl_type type)
{
        const struct zl_record *record = zl_schema_message(type);

        ZL_ASSERT(record);
        message->type = type;
        zl_record_init(record, &message->cluster);
        if (type == ZL_TYPE_POLICY) { /* the one default that is a list */
                message->policy.warn_count = 1;
                message->policy.warn[0] = (struct zl_row_ratio){.ratio = 800000000};
        }
}

size_t zl_message_size(enum zl_type type)
{
        const struct zl_record *record = zl_schema_message(type);

        return record ? record->size : 0;
}

uint64_t zl_mix64(uint64_t z)
{
        z ^= z >> 30;
        z *= 0xbf58476d1ce4e5b9u;
        z ^= z >> 27;
        z *= 0x94d049bb133111ebu;
        z ^= z >> 31;
        return z;
}

uint32_t zl_partition(uint64_t id, uint32_t partitions)
{
        ZL_ASSERT(partitions > 0);
        return (uint32_t)(zl_mix64(id) % partitions);
}

void zl_record_copy(const struct zl_record *record, void *to, const void *from)
{
        size_t copied = 0; /* what stands between two lists is copied as one */

        for (uint32_t i = 0; i < record->fields_count; i++) {
                const struct zl_field *field = &record->fields[i];
                uint32_t count;
                if (field->form != ZL_FORM_LIST)
                        continue;
                memcpy(&count, (const uint8_t *)from + field->count_offset, sizeof count);
                size_t end = field->offset + (size_t)count * field->row->size;
                memcpy((uint8_t *)to + copied, (const uint8_t *)from + copied, end - copied);
                copied = field->offset + (size_t)field->capacity * field->row->size;
        }
        memcpy((uint8_t *)to + copied, (const uint8_t *)from + copied, record->size - copied);
}
