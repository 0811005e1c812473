/* tiers.c - tier tables from a file: lines like {"instrument":7,"tiers":[...]}. */
#include "app/whatif/changes.h"

#include "app/say.h"

#include <json-c/json.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct zl_field *field_of(const char *name)
{
        const struct zl_record *record = zl_schema_message(ZL_TYPE_INSTRUMENT);
        uint32_t i = 0;

        while (strcmp(record->fields[i].name, name) != 0)
                i++;
        return &record->fields[i];
}

static char *join(const char *tiers, const char *tier_by)
{
        size_t size = strlen(tiers) + (tier_by ? strlen(tier_by) : 0) + 64;
        char *json = malloc(size);

        if (json && tier_by)
                snprintf(json, size, "\"tiers\":%s,\"tier_by\":%s", tiers, tier_by);
        else if (json)
                snprintf(json, size, "\"tiers\":%s", tiers);
        return json;
}

static const char *raw(json_object *value)
{
        return json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
}

/* NULL, or what is wrong. What stands in the table itself is read as in any instrument's line. */
static const char *take_object(struct zl_changes *changes, json_object *object, const char *text)
{
        struct zl_change_set *set = &changes->sets[changes->sets_count];
        json_object *instrument, *tiers, *tier_by = NULL;

        if (json_object_get_type(object) != json_type_object)
                return "expected an object";
        if (!json_object_object_get_ex(object, "instrument", &instrument) ||
            (json_object_get_type(instrument) != json_type_int &&
             json_object_get_type(instrument) != json_type_string))
                return "\"instrument\" is required: a number or a symbol";
        if (!json_object_object_get_ex(object, "tiers", &tiers) ||
            json_object_get_type(tiers) != json_type_array)
                return "\"tiers\" is required: a list, as in an instrument's message";
        if (changes->sets_count == ZL_CHANGES_MAX)
                return "too many tables";
        bool by = json_object_object_get_ex(object, "tier_by", &tier_by);
        char *by_json = by ? strdup(raw(tier_by)) : NULL;
        *set = (struct zl_change_set){.type = ZL_TYPE_INSTRUMENT,
                                      .who = strdup(json_object_get_string(instrument)),
                                      .fields = {field_of("tiers"), field_of("tier_by")},
                                      .fields_count = by ? 2 : 1,
                                      .json = join(raw(tiers), by_json),
                                      .text = text};
        free(by_json);
        changes->sets_count++;
        return set->who && set->json ? NULL : "out of memory";
}

static bool take_line(struct zl_changes *changes, const char *path, uint64_t number,
                      const char *line, const char *text)
{
        const char *blank = line + strspn(line, " \t\r\n");
        enum json_tokener_error error;

        if (!*blank || *blank == '#')
                return true;
        json_object *object = json_tokener_parse_verbose(line, &error);
        const char *fault = object ? take_object(changes, object, text)
                                   : json_tokener_error_desc(error);
        if (fault)
                zl_say("%s:%llu: %s", path, (unsigned long long)number, fault);
        json_object_put(object);
        return !fault;
}

bool zl_changes_tiers(struct zl_changes *changes, const char *path)
{
        FILE *file = fopen(path, "r");
        size_t size = strlen(path) + 16, room = 0;
        char *text = malloc(size), *line = NULL;
        bool good = file && text && changes->texts_count < ZL_CHANGES_MAX;

        if (!file)
                zl_say_errno("--tiers %s", path);
        if (good) {
                snprintf(text, size, "--tiers %s", path);
                changes->texts[changes->texts_count++] = text;
        } else {
                free(text);
        }
        for (uint64_t number = 1; good && getline(&line, &room, file) != -1; number++)
                good = take_line(changes, path, number, line, text);
        if (file)
                fclose(file);
        free(line);
        return good;
}
