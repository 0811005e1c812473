#include "codec/unpack.h"

#include "codec/utf8.h"
#include "core/assert.h"

#include <assert.h>
#include <string.h>

/* Records nest message > list > row; what is skipped after a record's last field may nest a bit. */
#define MSGPACK_EMBED_STACK_SIZE 8
#include <msgpack/sysdep.h>
#include <msgpack/unpack.h>
#include <msgpack/unpack_define.h>

enum cursor_kind {
        CURSOR_RECORD,
        CURSOR_LIST,
        CURSOR_SKIP,
};

/* Where the decoder stands in one open array. */
struct cursor {
        enum cursor_kind kind;
        const struct zl_record *record; /* RECORD: NULL until a message's type is read */
        const struct zl_field *field;   /* LIST */
        uint8_t *object;                /* RECORD: the struct; LIST: the first row */
        uint32_t place;                 /* of the next item */
        uint32_t count;                 /* of the array's items, as announced */
};

struct decoder {
        struct cursor stack[MSGPACK_EMBED_STACK_SIZE];
        int depth;
        const struct zl_record *root; /* NULL: a message */
        void *object;
        struct zl_message *message;
        const struct zl_topic *topic;
        enum zl_defect defect;
        const char *where_record;
        const char *where_field;
};

/* A value's form as it stands on the wire. */
struct item {
        enum { ITEM_NIL, ITEM_BOOL, ITEM_UINT, ITEM_NEGATIVE, ITEM_STR, ITEM_BIN, ITEM_OTHER } kind;
        uint64_t number; /* BOOL, UINT; NEGATIVE: its two's complement */
        const char *bytes;
        uint32_t size;
};

static int fail(struct decoder *decoder, enum zl_defect defect, const struct zl_record *record,
                const struct zl_field *field)
{
        decoder->defect = defect;
        decoder->where_record = record ? record->name : NULL;
        decoder->where_field = field ? field->name : NULL;
        return -1;
}

static enum zl_defect take_uint(const struct item *item, uint64_t most, uint64_t *ret_value)
{
        if (item->kind == ITEM_NEGATIVE)
                return ZL_DEFECT_RANGE;
        if (item->kind != ITEM_UINT)
                return ZL_DEFECT_FORM;
        if (item->number > most)
                return ZL_DEFECT_RANGE;
        *ret_value = item->number;
        return ZL_DEFECT_NONE;
}

static enum zl_defect take_int(const struct item *item, void *at)
{
        if (item->kind != ITEM_UINT && item->kind != ITEM_NEGATIVE)
                return ZL_DEFECT_FORM;
        if (item->kind == ITEM_UINT && item->number > INT64_MAX)
                return ZL_DEFECT_RANGE;
        memcpy(at, &item->number, sizeof item->number);
        return ZL_DEFECT_NONE;
}

static enum zl_defect take_text(const struct zl_field *field, const struct item *item, char *at)
{
        if (item->kind != ITEM_STR)
                return ZL_DEFECT_FORM;
        if (item->size >= field->capacity || !zl_utf8_valid(item->bytes, item->size))
                return ZL_DEFECT_TEXT;
        if (item->size) /* an empty text has no bytes to point at */
                memcpy(at, item->bytes, item->size);
        at[item->size] = 0;
        return ZL_DEFECT_NONE;
}

static enum zl_defect take_choice(const struct zl_field *field, const struct item *item, void *at)
{
        uint64_t value;
        enum zl_defect defect = take_uint(item, field->choice->values_count - 1, &value);

        if (defect)
                return defect;
        if (!field->choice->values[value])
                return ZL_DEFECT_RANGE;
        uint32_t narrow = (uint32_t)value;
        memcpy(at, &narrow, sizeof narrow);
        return ZL_DEFECT_NONE;
}

static enum zl_defect take_value(const struct zl_field *field, const struct item *item,
                                 uint8_t *object)
{
        void *at = object + field->offset;
        uint64_t value;
        enum zl_defect defect;

        switch (field->form) {
        case ZL_FORM_U32:
                defect = take_uint(item, UINT32_MAX, &value);
                if (!defect)
                        *(uint32_t *)at = (uint32_t)value;
                return defect;
        case ZL_FORM_U64:
                return take_uint(item, UINT64_MAX, at);
        case ZL_FORM_BOOL:
                if (item->kind != ITEM_BOOL)
                        return ZL_DEFECT_FORM;
                *(bool *)at = item->number != 0;
                return ZL_DEFECT_NONE;
        case ZL_FORM_CHOICE:
                return take_choice(field, item, at);
        case ZL_FORM_INT:
                return take_int(item, at);
        case ZL_FORM_TEXT:
                return take_text(field, item, at);
        case ZL_FORM_BYTES:
                if (item->kind != ITEM_BIN)
                        return ZL_DEFECT_FORM;
                memcpy(at, &item->bytes, sizeof item->bytes);
                memcpy(object + field->count_offset, &item->size, sizeof item->size);
                return ZL_DEFECT_NONE;
        case ZL_FORM_LIST:
                return ZL_DEFECT_FORM;
        }
        return ZL_DEFECT_FORM;
}

/* Nil is the field's first value. */
static bool none_is_a_value(const struct zl_field *field)
{
        if (field->presence == ZL_PRESENCE_ADDED)
                return true;
        return field->form == ZL_FORM_CHOICE && !field->choice->values[0];
}

static int take_field(struct decoder *decoder, const struct zl_record *record, uint32_t place,
                      uint8_t *object, const struct item *item)
{
        const struct zl_field *field = &record->fields[place];
        uint64_t bit = (uint64_t)1 << place;

        if (item->kind == ITEM_NIL) {
                if (field->presence == ZL_PRESENCE_MUST)
                        return fail(decoder, ZL_DEFECT_MISSING, record, field);
                if (!none_is_a_value(field))
                        *zl_absent_bits(object) |= bit;
                return 0;
        }
        *zl_absent_bits(object) &= ~bit;
        enum zl_defect defect = take_value(field, item, object);
        return defect ? fail(decoder, defect, record, field) : 0;
}

/* A message's first item names its record. */
static int take_type(struct decoder *decoder, struct cursor *cursor, const struct item *item)
{
        const struct zl_record *record = NULL;

        if (item->kind == ITEM_UINT && item->number < ZL_TYPE_LIMIT)
                record = zl_schema_message((enum zl_type)item->number);
        if (!record)
                return fail(decoder, ZL_DEFECT_TYPE, NULL, NULL);
        if (record->topic != ZL_TOPIC_ANY && record->topic != decoder->topic->kind)
                return fail(decoder, ZL_DEFECT_TYPE, record, NULL);
        if (cursor->count < 1 + zl_record_least(record))
                return fail(decoder, ZL_DEFECT_SHORT, record, NULL);
        zl_message_init(decoder->message, record->type);
        *cursor = (struct cursor){.kind = CURSOR_RECORD,
                                  .record = record,
                                  .object = (uint8_t *)&decoder->message->cluster,
                                  .place = UINT32_MAX, /* the type is no field: next is 0 */
                                  .count = cursor->count - 1};
        return 0;
}

static int take_row(struct decoder *decoder, struct cursor *list, const struct item *item)
{
        const struct zl_record *row = list->field->row;
        uint8_t *object = list->object + (size_t)list->place * row->size;

        if (!zl_record_bare(row))
                return fail(decoder, ZL_DEFECT_FORM, row, NULL);
        zl_record_init(row, object);
        return take_field(decoder, row, 0, object, item);
}

/* A newer writer's field may be anything that the wire has. */
static int take_unknown(struct decoder *decoder, const struct item *item)
{
        if (item->kind == ITEM_OTHER)
                return fail(decoder, ZL_DEFECT_FORM, NULL, NULL);
        return 0;
}

static int take_item(struct decoder *decoder, const struct item *item)
{
        if (decoder->depth == 0)
                return fail(decoder, ZL_DEFECT_FORM, decoder->root, NULL);
        struct cursor *top = &decoder->stack[decoder->depth - 1];
        if (top->kind == CURSOR_SKIP)
                return take_unknown(decoder, item);
        if (top->kind == CURSOR_LIST)
                return take_row(decoder, top, item);
        if (!top->record)
                return take_type(decoder, top, item);
        if (top->place >= top->record->fields_count)
                return take_unknown(decoder, item);
        return take_field(decoder, top->record, top->place, top->object, item);
}

static int open_root(struct decoder *decoder, struct cursor *ret_cursor, uint32_t count)
{
        *ret_cursor = (struct cursor){.kind = CURSOR_RECORD,
                                      .record = decoder->root,
                                      .object = decoder->object,
                                      .count = count};
        if (!decoder->root)
                return count ? 0 : fail(decoder, ZL_DEFECT_SHORT, NULL, NULL);
        if (count < zl_record_least(decoder->root))
                return fail(decoder, ZL_DEFECT_SHORT, decoder->root, NULL);
        zl_record_init(decoder->root, decoder->object);
        return 0;
}

static int open_list(struct decoder *decoder, const struct cursor *top, struct cursor *ret_cursor,
                     uint32_t count)
{
        const struct zl_field *field = &top->record->fields[top->place];

        if (field->form != ZL_FORM_LIST)
                return fail(decoder, ZL_DEFECT_FORM, top->record, field);
        if (count > field->capacity)
                return fail(decoder, ZL_DEFECT_LIST, top->record, field);
        memcpy(top->object + field->count_offset, &count, sizeof count);
        *ret_cursor = (struct cursor){.kind = CURSOR_LIST,
                                      .field = field,
                                      .object = top->object + field->offset,
                                      .count = count};
        return 0;
}

static int open_row(struct decoder *decoder, const struct cursor *list, struct cursor *ret_cursor,
                    uint32_t count)
{
        const struct zl_record *row = list->field->row;

        if (zl_record_bare(row))
                return fail(decoder, ZL_DEFECT_FORM, row, NULL);
        if (count < zl_record_least(row))
                return fail(decoder, ZL_DEFECT_SHORT, row, NULL);
        *ret_cursor = (struct cursor){.kind = CURSOR_RECORD,
                                      .record = row,
                                      .object = list->object + (size_t)list->place * row->size,
                                      .count = count};
        zl_record_init(row, ret_cursor->object);
        return 0;
}

static int open_array(struct decoder *decoder, uint32_t count)
{
        struct cursor next = {.kind = CURSOR_SKIP, .count = count};
        int answer = 0;

        if (decoder->depth == MSGPACK_EMBED_STACK_SIZE)
                return fail(decoder, ZL_DEFECT_FORM, NULL, NULL);
        if (decoder->depth == 0) {
                answer = open_root(decoder, &next, count);
        } else {
                const struct cursor *top = &decoder->stack[decoder->depth - 1];
                if (top->kind == CURSOR_LIST)
                        answer = open_row(decoder, top, &next, count);
                else if (top->kind == CURSOR_RECORD && !top->record)
                        return fail(decoder, ZL_DEFECT_TYPE, NULL, NULL);
                else if (top->kind == CURSOR_RECORD && top->place < top->record->fields_count)
                        answer = open_list(decoder, top, &next, count);
        }
        if (answer < 0)
                return answer;
        decoder->stack[decoder->depth++] = next;
        return 0;
}

static void close_array(struct decoder *decoder)
{
        struct cursor *top = &decoder->stack[--decoder->depth];

        if (top->kind == CURSOR_RECORD)
                zl_record_fill_same(top->record, top->object);
}

/* ---- the library's callbacks; an array's object is 1, anything else's 0 ---- */

#define msgpack_unpack_struct(name) struct unpack##name
#define msgpack_unpack_func(ret, name) static inline ret unpack##name
#define msgpack_unpack_callback(name) on##name
#define msgpack_unpack_object int
#define msgpack_unpack_user struct decoder *

static int on_root(struct decoder **user)
{
        (void)user;
        return 0;
}

static int on_number(struct decoder **user, bool negative, uint64_t number, int *ret_object)
{
        const struct item item = {.kind = negative ? ITEM_NEGATIVE : ITEM_UINT, .number = number};

        *ret_object = 0;
        return take_item(*user, &item);
}

static int on_plain(struct decoder **user, struct item item, int *ret_object)
{
        *ret_object = 0;
        return take_item(*user, &item);
}

#define ON_UNSIGNED(name, type)                                                                    \
        static inline int on_##name(struct decoder **user, type value, int *ret_object)            \
        {                                                                                          \
                return on_number(user, false, value, ret_object);                                  \
        }
#define ON_SIGNED(name, type)                                                                      \
        static inline int on_##name(struct decoder **user, type value, int *ret_object)            \
        {                                                                                          \
                return on_number(user, value < 0, (uint64_t)(int64_t)value, ret_object);           \
        }
ON_UNSIGNED(uint8, uint8_t)
ON_UNSIGNED(uint16, uint16_t)
ON_UNSIGNED(uint32, uint32_t)
ON_UNSIGNED(uint64, uint64_t)
ON_SIGNED(int8, int8_t)
ON_SIGNED(int16, int16_t)
ON_SIGNED(int32, int32_t)
ON_SIGNED(int64, int64_t)

static int on_nil(struct decoder **user, int *ret_object)
{
        return on_plain(user, (struct item){.kind = ITEM_NIL}, ret_object);
}

static int on_true(struct decoder **user, int *ret_object)
{
        return on_plain(user, (struct item){.kind = ITEM_BOOL, .number = 1}, ret_object);
}

static int on_false(struct decoder **user, int *ret_object)
{
        return on_plain(user, (struct item){.kind = ITEM_BOOL, .number = 0}, ret_object);
}

static int on_float(struct decoder **user, float value, int *ret_object)
{
        (void)value;
        return on_plain(user, (struct item){.kind = ITEM_OTHER}, ret_object);
}

static int on_double(struct decoder **user, double value, int *ret_object)
{
        (void)value;
        return on_plain(user, (struct item){.kind = ITEM_OTHER}, ret_object);
}

static int on_str(struct decoder **user, const char *data, const char *bytes, unsigned size,
                  int *ret_object)
{
        (void)data;
        return on_plain(user, (struct item){.kind = ITEM_STR, .bytes = bytes, .size = size},
                        ret_object);
}

static int on_bin(struct decoder **user, const char *data, const char *bytes, unsigned size,
                  int *ret_object)
{
        (void)data;
        return on_plain(user, (struct item){.kind = ITEM_BIN, .bytes = bytes, .size = size},
                        ret_object);
}

static int on_ext(struct decoder **user, const char *data, const char *bytes, unsigned size,
                  int *ret_object)
{
        (void)data;
        (void)bytes;
        (void)size;
        return on_plain(user, (struct item){.kind = ITEM_OTHER}, ret_object);
}

static int on_array(struct decoder **user, unsigned count, int *ret_object)
{
        *ret_object = 1;
        return open_array(*user, count);
}

static int on_array_item(struct decoder **user, int *array, int object)
{
        struct decoder *decoder = *user;

        (void)array;
        if (object)
                close_array(decoder);
        decoder->stack[decoder->depth - 1].place++;
        return 0;
}

/* The wire has no maps. */
static int on_map(struct decoder **user, unsigned count, int *ret_object)
{
        (void)count;
        *ret_object = 0;
        return fail(*user, ZL_DEFECT_FORM, NULL, NULL);
}

static int on_map_item(struct decoder **user, int *map, int key, int value)
{
        (void)map;
        (void)key;
        (void)value;
        return fail(*user, ZL_DEFECT_FORM, NULL, NULL);
}

#include <msgpack/unpack_template.h>

static enum zl_err unpack(struct zl_frame_reader *reader, struct decoder *decoder)
{
        struct unpack_context context;
        size_t offset = reader->offset;

        context.user = decoder;
        unpack_init(&context);
        int done = unpack_execute(&context, (const char *)reader->data, reader->size, &offset);
        if (done > 0) {
                close_array(decoder);
                reader->offset = offset;
                return ZL_OK;
        }
        if (done < 0 && !decoder->defect) /* a byte that begins nothing, or nested too deep */
                decoder->defect = ZL_DEFECT_FORM;
        reader->defect = done < 0 ? decoder->defect : ZL_DEFECT_TRUNCATED;
        reader->where_record = decoder->where_record;
        reader->where_field = decoder->where_field;
        reader->where_byte = offset;
        return ZL_ERR_INVALID;
}

enum zl_err zl_unpack_record(struct zl_frame_reader *reader, const struct zl_record *record,
                             void *ret_object)
{
        struct decoder decoder = {.root = record, .object = ret_object};

        return unpack(reader, &decoder);
}

enum zl_err zl_unpack_message(struct zl_frame_reader *reader, struct zl_message *ret_message)
{
        struct decoder decoder = {.message = ret_message, .topic = &reader->header.topic};

        return unpack(reader, &decoder);
}
