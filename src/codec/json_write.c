#include "codec/json.h"

#include <zeroline/frame.h>

static void put_name(struct zl_text *text, const char *name)
{
        zl_text_char(text, '"');
        zl_text_put(text, name);
        zl_text_put(text, "\":");
}

void zl_json_string(struct zl_text *text, const char *string)
{
        static const char digits[] = "0123456789abcdef";

        zl_text_char(text, '"');
        for (const char *p = string; *p; p++) {
                unsigned char c = (unsigned char)*p;
                if (c == '"' || c == '\\') {
                        zl_text_char(text, '\\');
                        zl_text_char(text, *p);
                } else if (c < 0x20 || c == 0x7f) {
                        zl_text_put(text, "\\u00");
                        zl_text_char(text, digits[c >> 4]);
                        zl_text_char(text, digits[c & 15]);
                } else {
                        zl_text_char(text, *p);
                }
        }
        zl_text_char(text, '"');
}

void zl_json_decimal(struct zl_text *text, zl_i128 value, uint32_t scale)
{
        zl_text_char(text, '"');
        zl_text_decimal(text, value, scale);
        zl_text_char(text, '"');
}

/* Where a value stands: its record, its struct, and the message around it. */
struct place {
        const struct zl_scales *scales;
        const struct zl_record *record;
        const uint8_t *object;
        const struct zl_message *message;
};

static void put_int(struct zl_text *text, const struct place *place, const struct zl_field *field,
                    int64_t value)
{
        int scale = zl_scales_of(place->scales, field, place->record, place->object,
                                 place->message);

        if (scale < 0 || scale > 18)
                zl_text_i64(text, value);
        else
                zl_json_decimal(text, value, (uint32_t)scale);
}

static void put_choice(struct zl_text *text, const struct zl_field *field, const void *at)
{
        uint32_t value;

        memcpy(&value, at, sizeof value);
        ZL_ASSERT(value < field->choice->values_count);
        if (field->choice->values[value])
                zl_json_string(text, field->choice->values[value]);
        else
                zl_text_put(text, "null");
}

static void put_hex(struct zl_text *text, const struct zl_field *field, const uint8_t *object)
{
        static const char digits[] = "0123456789abcdef";
        const uint8_t *bytes;
        uint32_t size;

        memcpy(&bytes, object + field->offset, sizeof bytes);
        memcpy(&size, object + field->count_offset, sizeof size);
        zl_text_char(text, '"');
        for (uint32_t i = 0; i < size; i++) {
                zl_text_char(text, digits[bytes[i] >> 4]);
                zl_text_char(text, digits[bytes[i] & 15]);
        }
        zl_text_char(text, '"');
}

static void put_fields(struct zl_text *text, const struct place *place);
static void put_value(struct zl_text *text, const struct place *place, uint32_t i);

static void put_list(struct zl_text *text, const struct place *place, const struct zl_field *field)
{
        uint32_t count;
        struct place row = *place;

        row.record = field->row;
        memcpy(&count, place->object + field->count_offset, sizeof count);
        zl_text_char(text, '[');
        for (uint32_t i = 0; i < count; i++) {
                row.object = place->object + field->offset + (size_t)i * field->row->size;
                if (i)
                        zl_text_char(text, ',');
                if (zl_record_bare(field->row)) {
                        put_value(text, &row, 0);
                        continue;
                }
                zl_text_char(text, '{');
                put_fields(text, &row);
                zl_text_char(text, '}');
        }
        zl_text_char(text, ']');
}

static void put_value(struct zl_text *text, const struct place *place, uint32_t i)
{
        const struct zl_field *field = &place->record->fields[i];
        const void *at = place->object + field->offset;

        if (zl_is_absent(place->object, i)) {
                zl_text_put(text, "null");
                return;
        }
        switch (field->form) {
        case ZL_FORM_U32:
                zl_text_u64(text, *(const uint32_t *)at);
                break;
        case ZL_FORM_U64:
                zl_text_u64(text, *(const uint64_t *)at);
                break;
        case ZL_FORM_BOOL:
                zl_text_put(text, *(const bool *)at ? "true" : "false");
                break;
        case ZL_FORM_CHOICE:
                put_choice(text, field, at);
                break;
        case ZL_FORM_INT:
                put_int(text, place, field, *(const int64_t *)at);
                break;
        case ZL_FORM_TEXT:
                zl_json_string(text, at);
                break;
        case ZL_FORM_BYTES:
                put_hex(text, field, place->object);
                break;
        case ZL_FORM_LIST:
                put_list(text, place, field);
                break;
        }
}

static void put_fields(struct zl_text *text, const struct place *place)
{
        uint32_t count = zl_record_written(place->record, place->object);

        for (uint32_t i = 0; i < count; i++) {
                if (i)
                        zl_text_char(text, ',');
                put_name(text, place->record->fields[i].name);
                put_value(text, place, i);
        }
}

static void put_number(struct zl_text *text, const char *name, uint64_t value)
{
        zl_text_char(text, ',');
        put_name(text, name);
        zl_text_u64(text, value);
}

static void put_header(struct zl_text *text, const struct zl_scales *scales,
                       const struct zl_header *header, const struct zl_message *message)
{
        struct zl_topic own;
        char topic[ZL_TOPIC_SIZE + 1];

        if (!zl_scales_topic(scales, message, header->src, &own) ||
            own.kind != header->topic.kind || own.id != header->topic.id) {
                zl_topic_format(header->topic, topic);
                zl_text_put(text, ",\"topic\":\"");
                zl_text_put(text, topic);
                zl_text_char(text, '"');
        }
        put_number(text, "src", header->src);
        put_number(text, "epoch", header->epoch);
        put_number(text, "seq", header->seq);
        put_number(text, "ts_ns", header->ts_ns);
}

void zl_json_message(struct zl_text *text, const struct zl_scales *scales,
                     const struct zl_header *header, const struct zl_message *message)
{
        const struct zl_record *record = zl_schema_message(message->type);
        const struct place place = {scales, record, (const uint8_t *)&message->cluster, message};

        zl_text_char(text, '{');
        put_name(text, "type");
        zl_json_string(text, record->name);
        if (zl_record_written(record, place.object) > 0)
                zl_text_char(text, ',');
        put_fields(text, &place);
        put_header(text, scales, header, message);
}

void zl_json_close(struct zl_text *text)
{
        zl_text_char(text, '}');
}
