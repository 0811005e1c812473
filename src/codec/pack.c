/* pack.c - frames from structs, over the caller's buffer. */
#include <zeroline/frame.h>

#include "core/assert.h"
#include "core/schema.h"

#include <msgpack/pack.h>
#include <string.h>

static int put(void *sink, const char *bytes, size_t size)
{
        struct zl_frame_writer *writer = sink;

        if (writer->full || size > writer->capacity - writer->size) {
                writer->full = true;
                return -1;
        }
        if (size) /* empty bytes may be NULL */
                memcpy(writer->data + writer->size, bytes, size);
        writer->size += size;
        return 0;
}

/* The packer's answers are not checked one by one: `full` sticks in the writer. */
static void pack_text(msgpack_packer *packer, const char *text)
{
        size_t size = strlen(text);

        msgpack_pack_str(packer, size);
        msgpack_pack_str_body(packer, text, size);
}

static void pack_bytes(msgpack_packer *packer, const struct zl_field *field, const uint8_t *base)
{
        const uint8_t *bytes;
        uint32_t size;

        memcpy(&bytes, base + field->offset, sizeof bytes);
        memcpy(&size, base + field->count_offset, sizeof size);
        msgpack_pack_bin(packer, size);
        msgpack_pack_bin_body(packer, bytes, size);
}

static void pack_choice(msgpack_packer *packer, const struct zl_field *field, const void *at)
{
        uint32_t value;

        memcpy(&value, at, sizeof value);
        ZL_ASSERT(value < field->choice->values_count);
        if (field->choice->values[value])
                msgpack_pack_uint32(packer, value);
        else
                msgpack_pack_nil(packer);
}

static void pack_fields(msgpack_packer *packer, const struct zl_record *record, const void *object);

static void pack_list(msgpack_packer *packer, const struct zl_field *field, const uint8_t *base)
{
        uint32_t count;

        memcpy(&count, base + field->count_offset, sizeof count);
        ZL_ASSERT(count <= field->capacity);
        msgpack_pack_array(packer, count);
        for (uint32_t i = 0; i < count; i++) {
                const uint8_t *row = base + field->offset + (size_t)i * field->row->size;
                if (!zl_record_bare(field->row))
                        msgpack_pack_array(packer, zl_record_written(field->row, row));
                pack_fields(packer, field->row, row);
        }
}

static void pack_field(msgpack_packer *packer, const struct zl_field *field, const uint8_t *base)
{
        const void *at = base + field->offset;

        switch (field->form) {
        case ZL_FORM_U32:
                msgpack_pack_uint32(packer, *(const uint32_t *)at);
                break;
        case ZL_FORM_U64:
                msgpack_pack_uint64(packer, *(const uint64_t *)at);
                break;
        case ZL_FORM_BOOL:
                if (*(const bool *)at)
                        msgpack_pack_true(packer);
                else
                        msgpack_pack_false(packer);
                break;
        case ZL_FORM_CHOICE:
                pack_choice(packer, field, at);
                break;
        case ZL_FORM_INT:
                msgpack_pack_int64(packer, *(const int64_t *)at);
                break;
        case ZL_FORM_TEXT:
                pack_text(packer, at);
                break;
        case ZL_FORM_BYTES:
                pack_bytes(packer, field, base);
                break;
        case ZL_FORM_LIST:
                pack_list(packer, field, base);
                break;
        }
}

static void pack_fields(msgpack_packer *packer, const struct zl_record *record, const void *object)
{
        uint32_t count = zl_record_written(record, object);

        for (uint32_t i = 0; i < count; i++) {
                if (zl_is_absent(object, i))
                        msgpack_pack_nil(packer);
                else
                        pack_field(packer, &record->fields[i], object);
        }
}

static msgpack_packer packer_over(struct zl_frame_writer *writer)
{
        msgpack_packer packer;

        msgpack_packer_init(&packer, writer, put);
        return packer;
}

void zl_frame_begin(struct zl_frame_writer *writer, void *buffer, size_t capacity,
                    const struct zl_header *header)
{
        uint8_t prefix[ZL_TOPIC_PREFIX_SIZE];

        *writer = (struct zl_frame_writer){
                .data = buffer,
                .capacity = capacity < ZL_FRAME_SIZE_MAX ? capacity : ZL_FRAME_SIZE_MAX,
        };
        msgpack_packer packer = packer_over(writer);
        zl_topic_prefix(header->topic, prefix);
        put(writer, (const char *)prefix, sizeof prefix);
        msgpack_pack_array(&packer, 5);
        msgpack_pack_uint32(&packer, ZL_WIRE_VERSION);
        msgpack_pack_uint32(&packer, header->src);
        msgpack_pack_uint64(&packer, header->epoch);
        msgpack_pack_uint64(&packer, header->seq);
        msgpack_pack_uint64(&packer, header->ts_ns);
}

void zl_frame_add_as(struct zl_frame_writer *writer, enum zl_type type, const void *object)
{
        const struct zl_record *record = zl_schema_message(type);
        msgpack_packer packer = packer_over(writer);

        ZL_ASSERT(record);
        msgpack_pack_array(&packer, 1 + zl_record_written(record, object));
        msgpack_pack_uint32(&packer, (uint32_t)type);
        pack_fields(&packer, record, object);
}

void zl_frame_add(struct zl_frame_writer *writer, const struct zl_message *message)
{
        zl_frame_add_as(writer, message->type, &message->cluster);
}

void zl_frame_add_bytes(struct zl_frame_writer *writer, const void *messages, size_t size)
{
        put(writer, messages, size);
}

enum zl_err zl_frame_end(struct zl_frame_writer *writer, size_t *ret_size)
{
        if (writer->full)
                return ZL_ERR_FULL;
        *ret_size = writer->size;
        return ZL_OK;
}
