/* changes.c - the texts of the options. */
#include "app/whatif/changes.h"

#include "app/options.h"
#include "app/say.h"
#include "codec/decimal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void zl_changes_open(struct zl_changes *changes, const char *name)
{
        *changes = (struct zl_changes){.terms = ZL_EXCHANGE_TERMS_DEFAULT};
        snprintf(changes->name, sizeof changes->name, "%s", name);
}

void zl_changes_close(struct zl_changes *changes)
{
        for (uint32_t i = 0; i < changes->sets_count; i++) {
                free(changes->sets[i].who);
                free(changes->sets[i].json);
        }
        for (uint32_t i = 0; i < changes->shocks_count; i++)
                free(changes->shocks[i].who);
        for (uint32_t i = 0; i < changes->funds_count; i++)
                free(changes->funds[i].value);
        for (uint32_t i = 0; i < changes->texts_count; i++)
                free(changes->texts[i]);
        changes->sets_count = changes->shocks_count = changes->funds_count = 0;
        changes->texts_count = 0;
}

/* Keeps "--set policy.x=1"; NULL after a line on stderr. */
static const char *keep_text(struct zl_changes *changes, const char *option, const char *text)
{
        size_t size = strlen(option) + strlen(text) + 4;
        char *kept = changes->texts_count < ZL_CHANGES_MAX ? malloc(size) : NULL;

        if (!kept) {
                zl_say("--%s %s: more than %d changes", option, text, ZL_CHANGES_MAX);
                return NULL;
        }
        snprintf(kept, size, "--%s %s", option, text);
        changes->texts[changes->texts_count++] = kept;
        return kept;
}

/* ---- names ---- */

static const char *nearest_of(const struct zl_record *record, const char *name)
{
        const char *nearest = "";
        size_t least = SIZE_MAX;

        for (uint32_t i = 0; i < record->fields_count; i++) {
                size_t d = zl_option_distance(name, record->fields[i].name);
                if (d < least) {
                        least = d;
                        nearest = record->fields[i].name;
                }
        }
        return nearest;
}

static const struct zl_field *find_field(const struct zl_record *record, const char *name)
{
        for (uint32_t i = 0; i < record->fields_count; i++) {
                if (!strcmp(record->fields[i].name, name))
                        return &record->fields[i];
        }
        return NULL;
}

/* Fields without which the numbers of the tape would mean something else. */
static bool is_fixed(enum zl_type type, const char *name)
{
        static const char *const fixed[] = {"asset",  "instrument", "symbol",
                                            "settle", "scale",      "rate_scale", "price_scale",
                                            "qty_scale", "numeraire", "rev"};

        for (size_t i = 0; i < ZL_COUNT(fixed); i++) {
                if (!strcmp(fixed[i], name))
                        return true;
        }
        return type == ZL_TYPE_POLICY && !strcmp(name, "policy");
}

static const struct zl_record *find_record(const char *text, const char *name)
{
        static const enum zl_type types[] = {ZL_TYPE_POLICY, ZL_TYPE_INSTRUMENT, ZL_TYPE_CLUSTER,
                                             ZL_TYPE_ASSET};

        for (size_t i = 0; i < ZL_COUNT(types); i++) {
                const struct zl_record *record = zl_schema_message(types[i]);
                if (!strcmp(record->name, name))
                        return record;
        }
        zl_say("%s: \"%s\" is none of policy, instrument, cluster, asset, exchange", text, name);
        return NULL;
}

/* ---- values ---- */

static void put_quoted(struct zl_text *json, const char *from, size_t size)
{
        zl_text_char(json, '"');
        for (size_t i = 0; i < size; i++) {
                if (from[i] == '"' || from[i] == '\\')
                        zl_text_char(json, '\\');
                zl_text_char(json, from[i]);
        }
        zl_text_char(json, '"');
}

/* "[0.8,0.9]" as ["0.8","0.9"]. */
static void put_list(struct zl_text *json, const char *value)
{
        bool first = true;

        value += *value == '[';
        zl_text_char(json, '[');
        while (*value && *value != ']') {
                size_t size = strcspn(value, ",]");
                if (!first)
                        zl_text_char(json, ',');
                put_quoted(json, value, size);
                first = false;
                value += size + (value[size] == ',');
        }
        zl_text_char(json, ']');
}

/* The value as it would stand in a JSON line; reading that one finds what is wrong with it. */
static char *json_of(const struct zl_field *field, const char *value)
{
        size_t capacity = 8 * strlen(value) + strlen(field->name) + 64;
        char *buffer = malloc(capacity);

        if (!buffer)
                return NULL;
        struct zl_text json = zl_text_over(buffer, capacity);
        zl_text_char(&json, '"');
        zl_text_put(&json, field->name);
        zl_text_put(&json, "\":");
        bool quoted = field->form == ZL_FORM_INT || field->form == ZL_FORM_CHOICE;
        if (field->form == ZL_FORM_LIST)
                put_list(&json, value);
        else if (quoted && strcmp(value, "null") != 0)
                put_quoted(&json, value, strlen(value));
        else
                zl_text_put(&json, value);
        return buffer;
}

/* ---- set ---- */

static bool set_term(struct zl_changes *changes, const char *text, const char *name,
                     const char *value)
{
        struct zl_exchange_terms *terms = &changes->terms;
        const struct zl_option options[] = {
                {"impact_ppm", ZL_OPTION_NUMBER, &terms->impact_ppm, NULL, NULL, 0, 1000000, 0},
                {"depth_ppm", ZL_OPTION_NUMBER, &terms->depth_ppm, NULL, NULL, 0, 1000000, 0},
                {"half_life_ms", ZL_OPTION_NUMBER, &terms->half_life_ms, NULL, NULL, 0, 1000000000,
                 0},
                {"convert_ppm", ZL_OPTION_NUMBER, &terms->convert_ppm, NULL, NULL, 0, 999999, 0},
        };
        const struct zl_usage usage = {.options = options, .options_count = ZL_COUNT(options)};
        const char *nearest;
        const struct zl_option *option = zl_option_find(&usage, name, &nearest);

        if (!option) {
                zl_say("%s: the exchange has no \"%s\"; the nearest is \"%s\"", text, name,
                       nearest);
                return false;
        }
        return zl_option_set(option, value, text);
}

static bool add_set(struct zl_changes *changes, const char *text, const struct zl_record *record,
                    const char *who, const char *name, const char *value)
{
        const struct zl_field *field = find_field(record, name);
        struct zl_change_set *set = &changes->sets[changes->sets_count];

        if (!field) {
                zl_say("%s: %s has no field \"%s\"; the nearest is \"%s\"", text, record->name,
                       name, nearest_of(record, name));
                return false;
        }
        if (is_fixed(record->type, name)) {
                zl_say("%s: %s.%s gives the numbers on the tape their meaning and is not changed",
                       text, record->name, name);
                return false;
        }
        if (field->form == ZL_FORM_LIST && !zl_record_bare(field->row)) {
                zl_say("%s: %s.%s is a table; tiers are read with --tiers FILE", text,
                       record->name, name);
                return false;
        }
        *set = (struct zl_change_set){.type = record->type,
                                      .who = who && *who && strcmp(who, "*") ? strdup(who) : NULL,
                                      .fields = {field},
                                      .fields_count = 1,
                                      .json = json_of(field, value),
                                      .text = text};
        changes->sets_count++;
        return set->json != NULL;
}

bool zl_changes_set(struct zl_changes *changes, const char *text)
{
        const char *kept = keep_text(changes, "set", text);
        char *copy = kept ? strdup(text) : NULL, *who = NULL;
        bool good = false;

        if (!copy)
                return false;
        char *name = copy + strcspn(copy, "[.=");
        if (*name == '[') {
                who = name + 1;
                name = who + strcspn(who, "]");
                if (*name == ']')
                        *name++ = 0;
        }
        char *value = name + strcspn(name, "=");
        if (*name != '.' || *value != '=') {
                zl_say("%s: expected TYPE.FIELD=VALUE or TYPE[WHO].FIELD=VALUE, as in "
                       "policy.adl_score=bitmex or instrument[BTC-USDT].taker_fee=0.0004",
                       kept);
                free(copy);
                return false;
        }
        if (who)
                who[-1] = 0;
        *name++ = *value++ = 0;
        if (!strcmp(copy, "exchange")) {
                good = set_term(changes, kept, name, value);
        } else {
                const struct zl_record *record = find_record(kept, copy);
                good = record && add_set(changes, kept, record, who, name, value);
        }
        free(copy);
        return good;
}

/* ---- fund ---- */

bool zl_changes_fund(struct zl_changes *changes, const char *text)
{
        const char *kept = keep_text(changes, "fund", text), *value = strchr(text, '=');
        struct zl_change_fund fund = {.text = kept, .has_id = value != NULL};

        if (!kept)
                return false;
        value = value ? value + 1 : text;
        if (fund.has_id) {
                char *end;
                unsigned long id = strtoul(text, &end, 10);
                if (*text < '0' || *text > '9' || *end != '=' || id > UINT32_MAX) {
                        zl_say("%s: expected xN, FUND=xN or FUND=AMOUNT, as in x2 or 1=5000000",
                               kept);
                        return false;
                }
                fund.id = (uint32_t)id;
        }
        fund.times = *value == 'x';
        if (fund.times ? zl_decimal_parse(value + 1, 6, &fund.millionths) != ZL_DECIMAL_OK ||
                                 fund.millionths < 0
                       : !fund.has_id) {
                zl_say("%s: expected xN, FUND=xN or FUND=AMOUNT, as in x2 or 1=5000000", kept);
                return false;
        }
        fund.value = strdup(value);
        changes->funds[changes->funds_count++] = fund;
        return fund.value != NULL;
}

/* ---- shock ---- */

bool zl_changes_shock(struct zl_changes *changes, const char *text)
{
        const char *kept = keep_text(changes, "shock", text);
        struct zl_change_shock shock = {.text = kept, .of_rate = !strncmp(text, "rate:", 5)};
        char *copy = kept ? strdup(text + (shock.of_rate ? 5 : 0)) : NULL;
        char *percent = copy ? strchr(copy, '=') : NULL;

        if (!percent || percent == copy)
                goto wrong;
        *percent++ = 0;
        char *end = strchr(percent, '%');
        if (!end || (end[1] && end[1] != '@'))
                goto wrong;
        *end = 0;
        percent += *percent == '+';
        if (zl_decimal_parse(percent, 4, &shock.ppm) != ZL_DECIMAL_OK || shock.ppm <= -1000000 ||
            shock.ppm > 1000000000)
                goto wrong;
        if (end[1] && !zl_point_parse(end + 2, kept, &shock.from)) {
                free(copy);
                return false;
        }
        shock.who = copy;
        changes->shocks[changes->shocks_count++] = shock;
        return true;
wrong:
        free(copy);
        if (kept)
                zl_say("%s: expected INSTRUMENT=PERCENT%% or rate:ASSET=PERCENT%%, above -100%%, "
                       "and @PLACE behind it if not from the beginning, as in "
                       "BTC-USDT=-20%%@2026-10-10T21:15:00Z or BTC-USDT=-20%%@+90s",
                       kept);
        return false;
}

/* ---- variants ---- */

/* The next change of a variant, in place; commas within brackets are its own. */
static char *next_change(char **rest)
{
        char *change = *rest;
        int depth = 0;

        if (!*change)
                return NULL;
        for (char *at = change;; at++) {
                depth += (*at == '[') - (*at == ']');
                if (*at == 0 || (*at == ',' && depth <= 0)) {
                        *rest = at + (*at == ',');
                        *at = 0;
                        return change;
                }
        }
}

static bool take_change(struct zl_changes *changes, const char *text, char *change)
{
        static const struct {
                const char *name;
                bool (*take)(struct zl_changes *changes, const char *text);
        } kinds[] = {{"set=", zl_changes_set},
                     {"tiers=", zl_changes_tiers},
                     {"fund=", zl_changes_fund},
                     {"shock=", zl_changes_shock}};

        for (size_t i = 0; i < ZL_COUNT(kinds); i++) {
                size_t size = strlen(kinds[i].name);
                if (!strncmp(change, kinds[i].name, size))
                        return kinds[i].take(changes, change + size);
        }
        zl_say("--variant %s: \"%s\" is none of set=..., tiers=..., fund=..., shock=...", text,
               change);
        return false;
}

bool zl_changes_variant(struct zl_changes *changes, const char *text)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789._-";
        size_t size = strspn(text, letters);
        char name[sizeof changes->name] = "", *change;

        if (size > 0 && size < sizeof name)
                memcpy(name, text, size);
        zl_changes_open(changes, name);
        if (!*name || (text[size] && text[size] != ':') || *name == '.') {
                zl_say("--variant %s: expected NAME:CHANGE,CHANGE, the name of letters, digits, "
                       "'-', '_' and '.', at most %zu of them",
                       text, sizeof name - 1);
                return false;
        }
        char *copy = strdup(text + size + (text[size] == ':')), *rest = copy;
        bool good = copy != NULL;
        while (good && (change = next_change(&rest)) != NULL)
                good = take_change(changes, text, change);
        free(copy);
        return good;
}
