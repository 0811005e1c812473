#include "app/replay/json_diff.h"

#include <json-c/json.h>
#include <string.h>

enum { WAY_MAX = 256 };

static bool counts(const char *name, const struct zl_json_names *ignored)
{
        for (uint32_t i = 0; ignored && i < ignored->count; i++) {
                if (!strcmp(ignored->values[i], name))
                        return false;
        }
        return true;
}

static const char *text_of(json_object *value)
{
        return json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
                                                             JSON_C_TO_STRING_NOSLASHESCAPE);
}

static json_object *member(json_object *object, const char *name, bool *ret_has)
{
        json_object *value = NULL;

        *ret_has = json_object_object_get_ex(object, name, &value);
        return value;
}

/* ---- the same? ---- */

static bool half_same(json_object *a, json_object *b, const struct zl_json_names *ignored)
{
        bool has;

        json_object_object_foreach(a, name, value) {
                if (!counts(name, ignored))
                        continue;
                json_object *other = member(b, name, &has);
                if (!has || !json_object_equal(value, other))
                        return false;
        }
        return true;
}

static bool both_objects(json_object *a, json_object *b)
{
        return json_object_is_type(a, json_type_object) && json_object_is_type(b, json_type_object);
}

bool zl_json_same(const char *a, const char *b, const struct zl_json_names *ignored)
{
        if (!strcmp(a, b))
                return true;
        json_object *x = json_tokener_parse(a), *y = json_tokener_parse(b);
        bool same = both_objects(x, y) && half_same(x, y, ignored) && half_same(y, x, ignored);
        json_object_put(x);
        json_object_put(y);
        return same;
}

/* ---- what differs ---- */

static void put(FILE *to, const char *mark, const char *way, json_object *value)
{
        fprintf(to, "  %s %-18s %s\n", mark, way, text_of(value));
}

static void compare(FILE *to, const char *way, json_object *a, json_object *b);

static void compare_lists(FILE *to, const char *way, json_object *a, json_object *b)
{
        size_t count_a = json_object_array_length(a), count_b = json_object_array_length(b);
        char below[WAY_MAX];

        for (size_t i = 0; i < count_a || i < count_b; i++) {
                snprintf(below, sizeof below, "%s[%zu]", way, i);
                if (i >= count_b)
                        put(to, "-", below, json_object_array_get_idx(a, i));
                else if (i >= count_a)
                        put(to, "+", below, json_object_array_get_idx(b, i));
                else
                        compare(to, below, json_object_array_get_idx(a, i),
                                json_object_array_get_idx(b, i));
        }
}

static void compare_members(FILE *to, const char *way, json_object *a, json_object *b)
{
        char below[WAY_MAX];
        bool has;

        json_object_object_foreach(a, name, value) {
                json_object *other = member(b, name, &has);
                snprintf(below, sizeof below, "%s.%s", way, name);
                if (has)
                        compare(to, below, value, other);
                else
                        put(to, "-", below, value);
        }
        json_object_object_foreach(b, name_b, value_b) {
                member(a, name_b, &has);
                snprintf(below, sizeof below, "%s.%s", way, name_b);
                if (!has)
                        put(to, "+", below, value_b);
        }
}

/* Below the outermost object only what differs is shown. */
static void compare(FILE *to, const char *way, json_object *a, json_object *b)
{
        if (json_object_equal(a, b))
                return;
        if (both_objects(a, b)) {
                compare_members(to, way, a, b);
        } else if (json_object_is_type(a, json_type_array) &&
                   json_object_is_type(b, json_type_array)) {
                compare_lists(to, way, a, b);
        } else {
                put(to, "-", way, a);
                put(to, "+", way, b);
        }
}

static void diff_objects(FILE *to, json_object *a, json_object *b,
                         const struct zl_json_names *ignored)
{
        bool has;

        json_object_object_foreach(a, name, value) {
                json_object *other = member(b, name, &has);
                if (!has)
                        put(to, counts(name, ignored) ? "-" : " ", name, value);
                else if (json_object_equal(value, other) || !counts(name, ignored))
                        put(to, " ", name, value);
                else
                        compare(to, name, value, other);
        }
        json_object_object_foreach(b, name_b, value_b) {
                member(a, name_b, &has);
                if (!has)
                        put(to, counts(name_b, ignored) ? "+" : " ", name_b, value_b);
        }
}

void zl_json_diff(const char *a, const char *b, const struct zl_json_names *ignored, FILE *to)
{
        json_object *x = a ? json_tokener_parse(a) : NULL;
        json_object *y = b ? json_tokener_parse(b) : NULL;

        if (both_objects(x, y)) {
                diff_objects(to, x, y, ignored);
        } else {
                if (a)
                        fprintf(to, "  - %s\n", a);
                if (b)
                        fprintf(to, "  + %s\n", b);
        }
        json_object_put(x);
        json_object_put(y);
}
