/* report_fields.h - the fields of a JSON object, one after the other, each with a comma behind it.
 * Owns: nothing. Thread: any. */
#ifndef ZL_APP_REPORT_FIELDS_H
#define ZL_APP_REPORT_FIELDS_H

#include "codec/json.h"

static inline void zl_field_name(struct zl_text *text, const char *key)
{
        zl_text_char(text, '"');
        zl_text_put(text, key);
        zl_text_put(text, "\":");
}

static inline void zl_field_u64(struct zl_text *text, const char *key, uint64_t value)
{
        zl_field_name(text, key);
        zl_text_u64(text, value);
        zl_text_char(text, ',');
}

static inline void zl_field_i64(struct zl_text *text, const char *key, int64_t value)
{
        zl_field_name(text, key);
        zl_text_i64(text, value);
        zl_text_char(text, ',');
}

static inline void zl_field_bool(struct zl_text *text, const char *key, bool value)
{
        zl_field_name(text, key);
        zl_text_put(text, value ? "true," : "false,");
}

/* null where it has none. */
static inline void zl_field_decimal(struct zl_text *text, const char *key, bool has, zl_i128 value,
                                    uint32_t scale)
{
        zl_field_name(text, key);
        if (has)
                zl_json_decimal(text, value, scale);
        else
                zl_text_put(text, "null");
        zl_text_char(text, ',');
}

/* NULL is null. */
static inline void zl_field_word(struct zl_text *text, const char *key, const char *value)
{
        zl_field_name(text, key);
        if (value)
                zl_json_string(text, value);
        else
                zl_text_put(text, "null");
        zl_text_char(text, ',');
}

/* Takes back the comma behind the last field. */
static inline void zl_field_end(struct zl_text *text)
{
        if (!text->full)
                text->data[--text->size] = 0;
}

#endif
