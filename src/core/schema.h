/* schema.h - proto/messages.def as data, for everything that walks messages field by field.
 *
 * Answers: which fields has a message, where do they lie in its struct, what do they count?
 * Owns: constant tables. Thread: any. */
#ifndef ZL_CORE_SCHEMA_H
#define ZL_CORE_SCHEMA_H

#include <zeroline/message.h>

enum zl_form {
        ZL_FORM_U32,
        ZL_FORM_U64,
        ZL_FORM_BOOL,
        ZL_FORM_CHOICE,
        ZL_FORM_INT,
        ZL_FORM_TEXT,
        ZL_FORM_BYTES,
        ZL_FORM_LIST,
};

enum zl_presence {
        ZL_PRESENCE_MUST,
        ZL_PRESENCE_MAY,
        ZL_PRESENCE_DEFAULT,
        ZL_PRESENCE_SAME,
        ZL_PRESENCE_ADDED, /* as DEFAULT; the record may end before it */
};

/* The names of an enumeration; a NULL name is nil on the wire and null in JSON. */
struct zl_choice {
        const char *name;
        const char *const *values;
        uint32_t values_count;
};

struct zl_record;

struct zl_field {
        const char *name;
        enum zl_form form;
        enum zl_presence presence;
        enum zl_unit unit;             /* INT */
        uint32_t offset;               /* in the record's struct */
        uint32_t capacity;             /* TEXT: bytes; LIST: rows */
        uint32_t count_offset;         /* LIST: of its count; BYTES: of its size */
        int64_t value;                 /* DEFAULT; SAME: the place of the other field */
        const struct zl_choice *choice; /* CHOICE */
        const struct zl_record *row;   /* LIST */
        const char *doc;
};

/* A row or a message. A row of a single field stands bare in its list, without an array of its own.
 */
struct zl_record {
        const char *name;
        const struct zl_field *fields;
        uint32_t fields_count;
        uint32_t size;
        enum zl_type type;        /* NONE for a row */
        enum zl_topic_kind topic; /* of a message */
        const char *doc;
};

/* NULL for an unknown type. */
const struct zl_record *zl_schema_message(enum zl_type type);
/* NULL for an unknown name. */
const struct zl_record *zl_schema_by_name(const char *name, size_t name_size);

/* Sets every field of a record to its default; MAY and SAME fields become absent. */
void zl_record_init(const struct zl_record *record, void *object);
/* Gives absent SAME fields the value of the field they follow. */
void zl_record_fill_same(const struct zl_record *record, void *object);

/* Copies what a record says: of a list no more than the rows that it has. */
void zl_record_copy(const struct zl_record *record, void *to, const void *from);

/* How many fields an array must have at least. */
uint32_t zl_record_least(const struct zl_record *record);
/* How many are written: not those at the end that were added and say nothing. */
uint32_t zl_record_written(const struct zl_record *record, const void *object);

static inline bool zl_record_bare(const struct zl_record *record)
{
        return record->type == ZL_TYPE_NONE && record->fields_count == 1;
}

static inline uint64_t *zl_absent_bits(void *object)
{
        return (uint64_t *)object;
}

static inline bool zl_is_absent(const void *object, uint32_t place)
{
        return (*(const uint64_t *)object >> place) & 1;
}

#endif
