#include "codec/json.h"

#include "codec/decimal.h"
#include "codec/unfit.h"
#include "codec/utf8.h"

#include <zeroline/frame.h>

#include <json-c/json.h>

/* Reads a record in two passes: first what stands by itself, then decimals, whose scale another
 * field of the same message may give. */
struct job {
        const struct zl_scales *scales;
        struct zl_message *message;
        struct zl_text *error;
        bool decimals; /* the pass */
};

/* The way to the value at hand, for messages: record, field, row. */
struct path {
        const struct path *up;
        const char *name;
        int row; /* -1: none */
};

/* A name may come from the line itself: what could end the message's own line is masked. */
static void put_path(struct zl_text *text, const struct path *path)
{
        if (path->up) {
                put_path(text, path->up);
                zl_text_char(text, '.');
        }
        for (const char *p = path->name; *p; p++)
                zl_text_char(text, (unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p);
        if (path->row >= 0) {
                zl_text_char(text, '[');
                zl_text_i64(text, path->row);
                zl_text_char(text, ']');
        }
}

static bool wrong(struct job *job, const struct path *path, const char *what)
{
        put_path(job->error, path);
        zl_text_put(job->error, ": ");
        zl_text_put(job->error, what);
        return false;
}

static bool read_u64(struct job *job, const struct path *path, json_object *value, uint64_t most,
                     uint64_t *ret_value)
{
        if (json_object_get_type(value) != json_type_int)
                return wrong(job, path, "expected a whole number");
        if (json_object_get_int64(value) < 0)
                return wrong(job, path, "may not be negative");
        uint64_t number = json_object_get_uint64(value);
        if (number > most)
                return wrong(job, path, "is too large");
        *ret_value = number;
        return true;
}

static bool read_int(struct job *job, const struct path *path, const struct zl_field *field,
                     const struct zl_record *record, uint8_t *object, json_object *value)
{
        int64_t *at = (int64_t *)(object + field->offset);

        if (json_object_get_type(value) == json_type_int) {
                int64_t number = json_object_get_int64(value);
                if (number > 0 && json_object_get_uint64(value) > INT64_MAX)
                        return wrong(job, path, "is too large");
                *at = number;
                return true;
        }
        if (json_object_get_type(value) != json_type_string)
                return wrong(job, path, "expected a decimal in quotes, or a whole number of units");
        int scale = zl_scales_of(job->scales, field, record, object, job->message);
        if (scale < 0 || scale > 18)
                return wrong(job, path, "its scale is not known yet: the instrument or asset must "
                                        "come first (or give raw units, without quotes)");
        switch (zl_decimal_parse(json_object_get_string(value), (uint32_t)scale, at)) {
        case ZL_DECIMAL_OK:
                return true;
        case ZL_DECIMAL_TOO_FINE:
                return wrong(job, path, "has more decimals than its scale");
        case ZL_DECIMAL_TOO_LARGE:
                return wrong(job, path, "is too large");
        default:
                return wrong(job, path, "is not a decimal like \"-12.5\"");
        }
}

static bool read_choice(struct job *job, const struct path *path, const struct zl_field *field,
                        uint8_t *object, json_object *value)
{
        if (json_object_get_type(value) != json_type_string)
                return wrong(job, path, "expected one of its names in quotes");
        const char *name = json_object_get_string(value);
        for (uint32_t i = 0; i < field->choice->values_count; i++) {
                const char *known = field->choice->values[i];
                if (known && !strcmp(known, name)) {
                        memcpy(object + field->offset, &i, sizeof i);
                        return true;
                }
        }
        put_path(job->error, path);
        zl_text_put(job->error, ": expected one of");
        for (uint32_t i = 0; i < field->choice->values_count; i++) {
                if (!field->choice->values[i])
                        continue;
                zl_text_char(job->error, ' ');
                zl_text_put(job->error, field->choice->values[i]);
        }
        return false;
}

static bool read_text(struct job *job, const struct path *path, const struct zl_field *field,
                      uint8_t *object, json_object *value)
{
        if (json_object_get_type(value) != json_type_string)
                return wrong(job, path, "expected a text");
        size_t size = (size_t)json_object_get_string_len(value);
        const char *bytes = json_object_get_string(value);
        if (size >= field->capacity)
                return wrong(job, path, "is too long");
        if (!zl_utf8_valid(bytes, size))
                return wrong(job, path, "is not UTF-8");
        memcpy(object + field->offset, bytes, size);
        object[field->offset + size] = 0;
        return true;
}

static bool read_record(struct job *job, const struct path *path, const struct zl_record *record,
                        uint8_t *object, json_object *from);
static bool read_value(struct job *job, const struct path *path, const struct zl_record *record,
                       uint32_t place, uint8_t *object, json_object *value);

static bool read_row(struct job *job, const struct path *path, const struct zl_record *row,
                     uint8_t *object, json_object *value)
{
        if (!job->decimals)
                zl_record_init(row, object);
        if (zl_record_bare(row))
                return read_value(job, path, row, 0, object, value);
        return read_record(job, path, row, object, value);
}

static bool read_list(struct job *job, const struct path *path, const struct zl_field *field,
                      uint8_t *object, json_object *value)
{
        if (json_object_get_type(value) != json_type_array)
                return wrong(job, path, "expected a list");
        size_t count = json_object_array_length(value);
        if (count > field->capacity)
                return wrong(job, path, "has too many rows");
        uint32_t narrow = (uint32_t)count;
        memcpy(object + field->count_offset, &narrow, sizeof narrow);
        for (size_t i = 0; i < count; i++) {
                struct path row = *path;
                row.row = (int)i;
                if (!read_row(job, &row, field->row, object + field->offset + i * field->row->size,
                              json_object_array_get_idx(value, i)))
                        return false;
        }
        return true;
}

static int hex_value(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return -1;
}

/* The struct only points at bytes: they stay here until this thread reads the next line. */
static _Thread_local uint8_t bytes_read[ZL_FRAME_SIZE_MAX];

static bool read_bytes(struct job *job, const struct path *path, const struct zl_field *field,
                       uint8_t *object, json_object *value)
{
        const uint8_t *at = bytes_read;
        const char *text = json_object_get_string(value);
        size_t length = text ? strlen(text) : 1;

        if (json_object_get_type(value) != json_type_string || length % 2 ||
            length / 2 > sizeof bytes_read)
                return wrong(job, path, "expected bytes in hex");
        for (size_t i = 0; i < length; i += 2) {
                int high = hex_value(text[i]), low = hex_value(text[i + 1]);
                if (high < 0 || low < 0)
                        return wrong(job, path, "expected bytes in hex");
                bytes_read[i / 2] = (uint8_t)(high << 4 | low);
        }
        uint32_t size = (uint32_t)(length / 2);
        memcpy(object + field->offset, &at, sizeof at);
        memcpy(object + field->count_offset, &size, sizeof size);
        return true;
}

static bool read_plain(struct job *job, const struct path *path, const struct zl_field *field,
                       uint8_t *object, json_object *value)
{
        uint64_t number = 0;

        switch (field->form) {
        case ZL_FORM_U32:
                if (!read_u64(job, path, value, UINT32_MAX, &number))
                        return false;
                *(uint32_t *)(object + field->offset) = (uint32_t)number;
                return true;
        case ZL_FORM_U64:
                return read_u64(job, path, value, UINT64_MAX,
                                (uint64_t *)(object + field->offset));
        case ZL_FORM_BOOL:
                if (json_object_get_type(value) != json_type_boolean)
                        return wrong(job, path, "expected true or false");
                *(bool *)(object + field->offset) = json_object_get_boolean(value);
                return true;
        case ZL_FORM_CHOICE:
                return read_choice(job, path, field, object, value);
        case ZL_FORM_TEXT:
                return read_text(job, path, field, object, value);
        default:
                return read_bytes(job, path, field, object, value);
        }
}

static bool read_null(struct job *job, const struct path *path, const struct zl_field *field,
                      uint32_t place, uint8_t *object)
{
        bool none = field->presence == ZL_PRESENCE_ADDED ||
                    (field->form == ZL_FORM_CHOICE && !field->choice->values[0]);

        if (field->presence == ZL_PRESENCE_MUST)
                return wrong(job, path, "is required");
        if (!none)
                *zl_absent_bits(object) |= (uint64_t)1 << place;
        return true;
}

static bool read_value(struct job *job, const struct path *path, const struct zl_record *record,
                       uint32_t place, uint8_t *object, json_object *value)
{
        const struct zl_field *field = &record->fields[place];

        if (!value)
                return read_null(job, path, field, place, object);
        *zl_absent_bits(object) &= ~((uint64_t)1 << place);
        if (field->form == ZL_FORM_LIST)
                return read_list(job, path, field, object, value);
        if (job->decimals != (field->form == ZL_FORM_INT))
                return true;
        if (field->form == ZL_FORM_INT)
                return read_int(job, path, field, record, object, value);
        return read_plain(job, path, field, object, value);
}

/* SAME fields left out are filled and said: only an explicit null stays absent. */
static void fill_same(const struct zl_record *record, uint8_t *object, json_object *from)
{
        zl_record_fill_same(record, object);
        for (uint32_t i = 0; i < record->fields_count; i++) {
                if (record->fields[i].presence == ZL_PRESENCE_SAME &&
                    !json_object_object_get_ex(from, record->fields[i].name, NULL))
                        *zl_absent_bits(object) &= ~((uint64_t)1 << i);
        }
}

static bool read_record(struct job *job, const struct path *path, const struct zl_record *record,
                        uint8_t *object, json_object *from)
{
        if (json_object_get_type(from) != json_type_object)
                return wrong(job, path, "expected an object");
        for (uint32_t i = 0; i < record->fields_count; i++) {
                const struct zl_field *field = &record->fields[i];
                struct path at = {path, field->name, -1};
                json_object *value;

                if (!json_object_object_get_ex(from, field->name, &value)) {
                        if (field->presence == ZL_PRESENCE_MUST)
                                return wrong(job, &at, "is required");
                        continue;
                }
                if (!read_value(job, &at, record, i, object, value))
                        return false;
        }
        if (job->decimals)
                fill_same(record, object, from);
        return true;
}

/* ---- names that nobody knows ---- */

static const struct zl_field *known_field(const struct zl_record *record, const char *name)
{
        for (uint32_t i = 0; i < record->fields_count; i++) {
                if (!strcmp(record->fields[i].name, name))
                        return &record->fields[i];
        }
        return NULL;
}

static bool frame_name(const char *name)
{
        static const char *const names[] = {"type", "src", "epoch", "seq", "ts_ns", "topic", "at"};

        for (size_t i = 0; i < ZL_COUNT(names); i++) {
                if (!strcmp(names[i], name))
                        return true;
        }
        return false;
}

static bool check_names(struct job *job, const struct path *path, const struct zl_record *record,
                        json_object *from)
{
        if (json_object_get_type(from) != json_type_object)
                return true; /* said later */
        json_object_object_foreach(from, name, value) {
                const struct zl_field *field = known_field(record, name);
                struct path at = {path, name, -1};

                if (!field && !(record->type != ZL_TYPE_NONE && frame_name(name)))
                        return wrong(job, &at, "no such field");
                if (!field || field->form != ZL_FORM_LIST || zl_record_bare(field->row) ||
                    json_object_get_type(value) != json_type_array)
                        continue;
                for (size_t i = 0; i < json_object_array_length(value); i++) {
                        at.row = (int)i;
                        if (!check_names(job, &at, field->row, json_object_array_get_idx(value, i)))
                                return false;
                }
        }
        return true;
}

/* ---- the line ---- */

static bool frame_u64(struct job *job, const struct path *path, json_object *from, const char *name,
                      uint64_t most, bool *ret_has, uint64_t *ret_value)
{
        struct path at = {path, name, -1};
        json_object *value;

        if (!json_object_object_get_ex(from, name, &value))
                return true;
        *ret_has = true;
        return read_u64(job, &at, value, most, ret_value);
}

static bool read_frame(struct job *job, const struct path *path, const struct zl_record *record,
                       json_object *from, struct zl_json_frame *ret_frame)
{
        struct zl_json_frame frame = {.header = {.src = 1, .epoch = 1}};
        struct path at = {path, "topic", -1};
        uint64_t src = 1;
        json_object *topic;

        if (!frame_u64(job, path, from, "src", UINT32_MAX, &frame.has_src, &src) ||
            !frame_u64(job, path, from, "epoch", UINT64_MAX, &frame.has_epoch,
                       &frame.header.epoch) ||
            !frame_u64(job, path, from, "seq", UINT64_MAX, &frame.has_seq, &frame.header.seq) ||
            !frame_u64(job, path, from, "ts_ns", UINT64_MAX, &frame.has_ts, &frame.header.ts_ns))
                return false;
        frame.header.src = (uint32_t)src;
        if (json_object_object_get_ex(from, "topic", &topic)) {
                const char *text = json_object_get_string(topic);
                frame.has_topic = true;
                if (!text || !zl_topic_parse(text, strlen(text), &frame.header.topic))
                        return wrong(job, &at, "is not a topic like \"acct.000001ff\"");
                if (record->topic != ZL_TOPIC_ANY && record->topic != frame.header.topic.kind)
                        return wrong(job, &at, "is not one that this message goes out on");
        }
        *ret_frame = frame;
        return true;
}

static bool read_object(struct job *job, json_object *from, struct zl_json_frame *ret_frame)
{
        struct path line = {NULL, "line", -1};
        json_object *type;

        if (json_object_get_type(from) != json_type_object)
                return wrong(job, &line, "expected an object");
        if (!json_object_object_get_ex(from, "type", &type) ||
            json_object_get_type(type) != json_type_string)
                return wrong(job, &line, "\"type\" is required");
        const char *name = json_object_get_string(type);
        const struct zl_record *record = zl_schema_by_name(name, strlen(name));
        if (!record)
                return wrong(job, &line, "no such message type");
        struct path path = {NULL, record->name, -1};
        uint8_t *object = (uint8_t *)&job->message->cluster;
        zl_message_init(job->message, record->type);
        if (!check_names(job, &path, record, from) ||
            !read_frame(job, &path, record, from, ret_frame))
                return false;
        if (!read_record(job, &path, record, object, from))
                return false;
        job->decimals = true;
        return read_record(job, &path, record, object, from);
}

static bool refuse_unfit(const char *line, size_t size, struct zl_text *ret_error)
{
        const char *what;
        const char *at = zl_json_unfit(line, line + size, &what);

        if (!at)
                return false;
        zl_text_put(ret_error, "line: ");
        zl_text_put(ret_error, what);
        zl_text_put(ret_error, ", at column ");
        zl_text_u64(ret_error, (uint64_t)(at - line) + 1);
        return true;
}

static const char *describe(enum json_tokener_error error)
{
        if (error == json_tokener_success)
                return "something stands behind the object";
        return error == json_tokener_continue ? "it ends too early"
                                              : json_tokener_error_desc(error);
}

static json_object *parse(const char *line, size_t size, struct zl_text *ret_error)
{
        json_tokener *tokener = json_tokener_new_ex(8);
        json_object *object;

        if (!tokener || size > INT32_MAX) {
                zl_text_put(ret_error, "line: too long to read");
                json_tokener_free(tokener);
                return NULL;
        }
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        object = json_tokener_parse_ex(tokener, line, (int)size);
        enum json_tokener_error error = json_tokener_get_error(tokener);
        if (error != json_tokener_success || json_tokener_get_parse_end(tokener) < size) {
                zl_text_put(ret_error, "line: not JSON: ");
                zl_text_put(ret_error, describe(error));
                zl_text_put(ret_error, ", at column ");
                zl_text_u64(ret_error, json_tokener_get_parse_end(tokener) + 1);
                json_object_put(object);
                object = NULL;
        }
        json_tokener_free(tokener);
        return object;
}

enum zl_err zl_json_read(const char *line, size_t size, const struct zl_scales *scales,
                         struct zl_message *ret_message, struct zl_json_frame *ret_frame,
                         struct zl_text *ret_error)
{
        struct job job = {.scales = scales, .message = ret_message, .error = ret_error};

        if (refuse_unfit(line, size, ret_error))
                return ZL_ERR_INVALID;
        json_object *object = parse(line, size, ret_error);

        if (!object) {
                if (!ret_error->size)
                        zl_text_put(ret_error, "line: expected an object");
                return ZL_ERR_INVALID;
        }
        bool good = read_object(&job, object, ret_frame);
        json_object_put(object);
        return good ? ZL_OK : ZL_ERR_INVALID;
}
