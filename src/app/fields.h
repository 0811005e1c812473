/* fields.h - a JSON object, field by field: commas look after themselves.
 *
 * Owns: nothing; the text is the caller's. Thread: any. */
#ifndef ZL_APP_FIELDS_H
#define ZL_APP_FIELDS_H

#include "codec/json.h"
#include "core/wide_text.h"

/* What comes next is an element of its own: a comma, unless it is the first. */
static inline void zl_item(struct zl_text *text)
{
        char last = text->size ? text->data[text->size - 1] : '{';

        if (last != '{' && last != '[' && last != ':' && last != '\n')
                zl_text_char(text, ',');
}

/* `"name":`; what comes next is its value. */
static inline void zl_field(struct zl_text *text, const char *name)
{
        zl_item(text);
        zl_text_char(text, '"');
        zl_text_put(text, name);
        zl_text_put(text, "\":");
}

/* `name` may be NULL: an element of a list. */
static inline void zl_begin(struct zl_text *text, const char *name, char bracket)
{
        if (name)
                zl_field(text, name);
        else
                zl_item(text);
        zl_text_char(text, bracket);
}

static inline void zl_end(struct zl_text *text, char bracket)
{
        zl_text_char(text, bracket);
}

static inline void zl_field_null(struct zl_text *text, const char *name)
{
        zl_field(text, name);
        zl_text_put(text, "null");
}

static inline void zl_field_u64(struct zl_text *text, const char *name, uint64_t value)
{
        zl_field(text, name);
        zl_text_u64(text, value);
}

static inline void zl_field_i64(struct zl_text *text, const char *name, int64_t value)
{
        zl_field(text, name);
        zl_text_i64(text, value);
}

static inline void zl_field_bool(struct zl_text *text, const char *name, bool value)
{
        zl_field(text, name);
        zl_text_put(text, value ? "true" : "false");
}

/* NULL is null. */
static inline void zl_field_word(struct zl_text *text, const char *name, const char *value)
{
        zl_field(text, name);
        if (value)
                zl_json_string(text, value);
        else
                zl_text_put(text, "null");
}

static inline void zl_field_decimal(struct zl_text *text, const char *name, zl_i128 value,
                                    uint32_t scale)
{
        zl_field(text, name);
        zl_json_decimal(text, value, scale);
}

/* null where it has none. */
static inline void zl_field_maybe(struct zl_text *text, const char *name, bool has,
                                  zl_i128 value, uint32_t scale)
{
        if (has)
                zl_field_decimal(text, name, value, scale);
        else
                zl_field_null(text, name);
}

static inline void zl_field_wide(struct zl_text *text, const char *name, struct zl_wide value,
                                 uint32_t scale)
{
        zl_field(text, name);
        zl_text_char(text, '"');
        zl_text_wide(text, value, scale);
        zl_text_char(text, '"');
}

#endif
