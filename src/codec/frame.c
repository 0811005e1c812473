#include "codec/unpack.h"

#include "core/assert.h"

#include <stdio.h>

/* The header as a record of its own, so that one decoder reads everything. */
struct wire_header {
        uint64_t absent;
        uint32_t version;
        uint32_t src;
        uint64_t epoch;
        uint64_t seq;
        uint64_t ts_ns;
};

#define HEADER_FIELD(field, form_)                                                                 \
        {.name = #field, .form = form_, .presence = ZL_PRESENCE_MUST,                              \
         .offset = offsetof(struct wire_header, field)}

static const struct zl_field header_fields[] = {
        HEADER_FIELD(version, ZL_FORM_U32), HEADER_FIELD(src, ZL_FORM_U32),
        HEADER_FIELD(epoch, ZL_FORM_U64),   HEADER_FIELD(seq, ZL_FORM_U64),
        HEADER_FIELD(ts_ns, ZL_FORM_U64),
};

static const struct zl_record header_record = {
        .name = "header",
        .fields = header_fields,
        .fields_count = ZL_COUNT(header_fields),
        .size = sizeof(struct wire_header),
};

static enum zl_err refuse(struct zl_frame_reader *reader, enum zl_defect defect)
{
        reader->defect = defect;
        reader->where_byte = reader->offset;
        return ZL_ERR_INVALID;
}

enum zl_err zl_frame_open(struct zl_frame_reader *reader, const void *data, size_t size)
{
        struct wire_header header;

        *reader = (struct zl_frame_reader){.data = data, .size = size};
        if (size > ZL_FRAME_SIZE_MAX)
                return refuse(reader, ZL_DEFECT_TOO_LONG);
        if (size < ZL_TOPIC_PREFIX_SIZE)
                return refuse(reader, ZL_DEFECT_TRUNCATED);
        if (reader->data[0] != (0xa0 | ZL_TOPIC_SIZE) ||
            !zl_topic_parse((const char *)data + 1, ZL_TOPIC_SIZE, &reader->header.topic))
                return refuse(reader, ZL_DEFECT_TOPIC);
        reader->offset = ZL_TOPIC_PREFIX_SIZE;
        if (zl_unpack_record(reader, &header_record, &header) != ZL_OK)
                return ZL_ERR_INVALID;
        if (header.version != ZL_WIRE_VERSION)
                return refuse(reader, ZL_DEFECT_VERSION);
        reader->header.src = header.src;
        reader->header.epoch = header.epoch;
        reader->header.seq = header.seq;
        reader->header.ts_ns = header.ts_ns;
        return ZL_OK;
}

enum zl_err zl_frame_next(struct zl_frame_reader *reader, struct zl_message *ret_message)
{
        if (reader->defect)
                return ZL_ERR_INVALID;
        if (reader->offset == reader->size) {
                if (reader->messages == 0)
                        return refuse(reader, ZL_DEFECT_EMPTY);
                return ZL_ERR_END;
        }
        if (zl_unpack_message(reader, ret_message) != ZL_OK)
                return ZL_ERR_INVALID;
        reader->messages++;
        return ZL_OK;
}

enum zl_err zl_frame_check(const void *data, size_t size, struct zl_message *scratch,
                           struct zl_frame_reader *ret_reader)
{
        enum zl_err err = zl_frame_open(ret_reader, data, size);

        while (err == ZL_OK)
                err = zl_frame_next(ret_reader, scratch);
        return err == ZL_ERR_END ? ZL_OK : err;
}

static const char *const defect_names[ZL_DEFECT_KINDS] = {
        [ZL_DEFECT_NONE] = "none",           [ZL_DEFECT_TRUNCATED] = "truncated",
        [ZL_DEFECT_TOO_LONG] = "too_long",   [ZL_DEFECT_TOPIC] = "topic",
        [ZL_DEFECT_VERSION] = "version",     [ZL_DEFECT_TYPE] = "type",
        [ZL_DEFECT_FORM] = "form",           [ZL_DEFECT_RANGE] = "range",
        [ZL_DEFECT_TEXT] = "text",           [ZL_DEFECT_MISSING] = "missing",
        [ZL_DEFECT_SHORT] = "short",         [ZL_DEFECT_LIST] = "list",
        [ZL_DEFECT_EMPTY] = "empty",
};

static const char *const defect_texts[ZL_DEFECT_KINDS] = {
        [ZL_DEFECT_NONE] = "no defect",
        [ZL_DEFECT_TRUNCATED] = "the frame ends too early",
        [ZL_DEFECT_TOO_LONG] = "the frame is longer than 1 MiB",
        [ZL_DEFECT_TOPIC] = "the topic is not four known letters, a dot and eight hex digits",
        [ZL_DEFECT_VERSION] = "another version of the wire than 1",
        [ZL_DEFECT_TYPE] = "no message type for this topic",
        [ZL_DEFECT_FORM] = "a value of the wrong form",
        [ZL_DEFECT_RANGE] = "a value out of range",
        [ZL_DEFECT_TEXT] = "a text that is too long or not UTF-8",
        [ZL_DEFECT_MISSING] = "nil where a value is required",
        [ZL_DEFECT_SHORT] = "an array with too few fields",
        [ZL_DEFECT_LIST] = "a list with too many rows",
        [ZL_DEFECT_EMPTY] = "a frame without a message",
};

const char *zl_defect_name(enum zl_defect defect)
{
        ZL_ASSERT(defect < ZL_DEFECT_KINDS);
        return defect_names[defect];
}

const char *zl_frame_error(const struct zl_frame_reader *reader, char *text, size_t capacity)
{
        const char *record = reader->where_record ? reader->where_record : "frame";
        const char *dot = reader->where_field ? "." : "";
        const char *field = reader->where_field ? reader->where_field : "";

        snprintf(text, capacity, "%s%s%s: %s, at byte %zu", record, dot, field,
                 defect_texts[reader->defect], reader->where_byte);
        return text;
}
