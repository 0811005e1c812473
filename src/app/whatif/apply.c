/* apply.c - changes found on the tape, tried, and made. */
#include "app/whatif/changes.h"

#include "app/options.h"
#include "app/say.h"
#include "codec/decimal.h"
#include "codec/json.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 1 << 16, WHY_SIZE = 400, MILLION = 1000000 };

/* ---- fields ---- */

static uint32_t id_of(const struct zl_message *message)
{
        switch (message->type) {
        case ZL_TYPE_ASSET:
                return message->asset.asset;
        case ZL_TYPE_INSTRUMENT:
                return message->instrument.instrument;
        case ZL_TYPE_POLICY:
                return message->policy.policy;
        default:
                return 0;
        }
}

static bool concerns(const struct zl_change_set *set, const struct zl_message *message)
{
        return set->type == message->type && (!set->who || set->id == id_of(message));
}

static void put_scalar(struct zl_text *line, const struct zl_field *field, const uint8_t *at)
{
        uint32_t choice;

        switch (field->form) {
        case ZL_FORM_U32:
                zl_text_u64(line, *(const uint32_t *)at);
                break;
        case ZL_FORM_U64:
                zl_text_u64(line, *(const uint64_t *)at);
                break;
        case ZL_FORM_BOOL:
                zl_text_put(line, *(const bool *)at ? "true" : "false");
                break;
        case ZL_FORM_CHOICE:
                memcpy(&choice, at, sizeof choice);
                if (field->choice->values[choice])
                        zl_json_string(line, field->choice->values[choice]);
                else
                        zl_text_put(line, "null");
                break;
        case ZL_FORM_INT: /* raw units */
                zl_text_i64(line, *(const int64_t *)at);
                break;
        default:
                zl_json_string(line, (const char *)at);
        }
}

/* The message as a line, without its lists, and the change behind what it changes: of a name given
 * twice the last counts. */
static void compose(struct zl_text *line, const struct zl_message *message, const char *json)
{
        const struct zl_record *record = zl_schema_message(message->type);
        const uint8_t *object = (const uint8_t *)&message->cluster;

        zl_text_put(line, "{\"type\":");
        zl_json_string(line, record->name);
        for (uint32_t i = 0; i < record->fields_count; i++) {
                const struct zl_field *field = &record->fields[i];
                if (field->form == ZL_FORM_LIST || field->form == ZL_FORM_BYTES ||
                    zl_is_absent(object, i))
                        continue;
                zl_text_put(line, ",\"");
                zl_text_put(line, field->name);
                zl_text_put(line, "\":");
                put_scalar(line, field, object + field->offset);
        }
        zl_text_char(line, ',');
        zl_text_put(line, json);
        zl_text_char(line, '}');
}

static size_t size_of(const struct zl_field *field)
{
        switch (field->form) {
        case ZL_FORM_U32:
        case ZL_FORM_CHOICE:
                return sizeof(uint32_t);
        case ZL_FORM_BOOL:
                return sizeof(bool);
        case ZL_FORM_TEXT:
                return field->capacity;
        case ZL_FORM_LIST:
                return (size_t)field->capacity * field->row->size;
        default:
                return sizeof(uint64_t);
        }
}

static void copy_field(struct zl_message *to, const struct zl_message *from,
                       const struct zl_field *field)
{
        const struct zl_record *record = zl_schema_message(to->type);
        uint8_t *object = (uint8_t *)&to->cluster;
        const uint8_t *source = (const uint8_t *)&from->cluster;
        uint64_t bit = (uint64_t)1 << (field - record->fields);
        uint64_t *absent = zl_absent_bits(object);

        memcpy(object + field->offset, source + field->offset, size_of(field));
        if (field->form == ZL_FORM_LIST)
                memcpy(object + field->count_offset, source + field->count_offset,
                       sizeof(uint32_t));
        *absent = (*absent & ~bit) | (*(const uint64_t *)source & bit);
}

/* ZL_ERR_INVALID: `why` says what is wrong with the value. */
static enum zl_err apply_set(const struct zl_change_set *set, const struct zl_scales *scales,
                             struct zl_message *message, struct zl_message *scratch,
                             struct zl_text *why)
{
        char *buffer = malloc(LINE_SIZE);
        struct zl_json_frame frame;
        enum zl_err err = ZL_ERR_SYSTEM;

        if (!buffer)
                return ZL_ERR_SYSTEM;
        struct zl_text line = zl_text_over(buffer, LINE_SIZE);
        compose(&line, message, set->json);
        if (line.full)
                zl_text_put(why, "it is too long");
        else
                err = zl_json_read(buffer, line.size, scales, scratch, &frame, why);
        free(buffer);
        for (uint32_t i = 0; err == ZL_OK && i < set->fields_count; i++)
                copy_field(message, scratch, set->fields[i]);
        return err;
}

bool zl_changes_apply(const struct zl_changes *changes, const struct zl_scales *scales,
                      struct zl_message *message, struct zl_message *scratch)
{
        char buffer[WHY_SIZE];
        bool changed = false;

        for (uint32_t i = 0; i < changes->sets_count; i++) {
                struct zl_text why = zl_text_over(buffer, sizeof buffer);
                if (concerns(&changes->sets[i], message))
                        changed |= apply_set(&changes->sets[i], scales, message, scratch, &why) ==
                                   ZL_OK;
        }
        return changed;
}

/* ---- finding ---- */

static bool parse_id(const char *text, uint32_t *ret_id)
{
        char *end;
        unsigned long id = strtoul(text, &end, 10);

        if (*text < '0' || *text > '9' || *end || id > UINT32_MAX)
                return false;
        *ret_id = (uint32_t)id;
        return true;
}

static const char *symbol_of(const struct zl_message *message)
{
        if (message->type == ZL_TYPE_INSTRUMENT)
                return message->instrument.symbol;
        return message->type == ZL_TYPE_ASSET ? message->asset.symbol : "";
}

/* What a symbol or a number names. False after a line on stderr. */
static bool find(const struct zl_survey *survey, enum zl_type type, const char *who,
                 const char *text, uint32_t *ret_id)
{
        const char *nearest = NULL, *kind = zl_schema_message(type)->name;
        const struct zl_message *message;
        uint32_t found = 0, id = 0;
        size_t least = SIZE_MAX;
        bool by_id = parse_id(who, &id);

        if (by_id && type == ZL_TYPE_POLICY && id == 1) /* exists before any message */
                found = 1;
        for (uint32_t i = 0; (message = zl_survey_known(survey, i)) != NULL; i++) {
                if (message->type != type)
                        continue;
                if (by_id && id_of(message) == id)
                        found = 1;
                if (!by_id && !strcmp(symbol_of(message), who)) {
                        found++;
                        id = id_of(message);
                }
                size_t d = zl_option_distance(who, symbol_of(message));
                if (d < least) {
                        least = d;
                        nearest = symbol_of(message);
                }
        }
        if (found == 1) {
                *ret_id = id;
                return true;
        }
        if (found > 1)
                zl_say("%s: several have the symbol \"%s\"; name one by its number", text, who);
        else if (nearest && *nearest && !by_id)
                zl_say("%s: the tape has no %s \"%s\"; the nearest is \"%s\"", text, kind, who,
                       nearest);
        else
                zl_say("%s: the tape has no %s \"%s\"", text, kind, who);
        return false;
}

static bool resolve_sets(struct zl_changes *changes, const struct zl_survey *survey)
{
        for (uint32_t i = 0; i < changes->sets_count; i++) {
                struct zl_change_set *set = &changes->sets[i];
                if (set->who && !find(survey, set->type, set->who, set->text, &set->id))
                        return false;
        }
        return true;
}

static bool resolve_shocks(struct zl_changes *changes, const struct zl_survey *survey)
{
        for (uint32_t i = 0; i < changes->shocks_count; i++) {
                struct zl_change_shock *shock = &changes->shocks[i];
                if (!find(survey, shock->of_rate ? ZL_TYPE_ASSET : ZL_TYPE_INSTRUMENT, shock->who,
                          shock->text, &shock->id))
                        return false;
                if (shock->of_rate && shock->id == survey->books.numeraire) {
                        zl_say("%s: the rate of the numeraire is always 1", shock->text);
                        return false;
                }
                if ((shock->from.kind == ZL_POINT_TIME || shock->from.kind == ZL_POINT_SPAN) &&
                    !survey->report.timed) {
                        zl_say("%s: the tape has no times; name a message, as @at:500",
                               shock->text);
                        return false;
                }
        }
        return true;
}

static bool resolve_funds(const struct zl_changes *changes, const struct zl_survey *survey)
{
        for (uint32_t i = 0; i < changes->funds_count; i++) {
                const struct zl_change_fund *fund = &changes->funds[i];
                struct zl_msg_fund said = {.fund = fund->id};
                bool found = !fund->has_id && survey->report.funds_count > 0;
                for (uint32_t k = 0; k < survey->report.funds_count; k++)
                        found |= survey->funds[k] == fund->id;
                if (!found) {
                        zl_say("%s: the tape has no such fund", fund->text);
                        return false;
                }
                int scale = zl_scales_fund(survey->scales, fund->id);
                if (!fund->times && zl_decimal_parse(fund->value, scale > 0 ? (uint32_t)scale : 0,
                                                     &said.balance) != ZL_DECIMAL_OK) {
                        zl_say("%s: \"%s\" is no amount of the fund's asset, which has %d decimals",
                               fund->text, fund->value, scale > 0 ? scale : 0);
                        return false;
                }
        }
        return true;
}

/* ---- trying ---- */

/* NULL: the engine takes it. */
static zl_refusal refusal_of(const struct zl_message *message)
{
        struct zl_policy policy = {0};
        struct zl_asset asset = {0};
        zl_refusal refusal = NULL;

        if (message->type == ZL_TYPE_POLICY)
                return zl_policy_define(&policy, &message->policy);
        if (message->type == ZL_TYPE_ASSET)
                return zl_asset_define(&asset, &message->asset);
        if (message->type == ZL_TYPE_CLUSTER) {
                uint32_t partitions = message->cluster.partitions;
                return partitions && partitions <= ZL_PARTITIONS_MAX
                               ? NULL
                               : "1 to 65536 partitions";
        }
        struct zl_instrument *instrument = calloc(1, sizeof *instrument);
        if (instrument)
                refusal = zl_instrument_define(instrument, &message->instrument);
        free(instrument);
        return refusal;
}

static bool try_on(const struct zl_changes *changes, const struct zl_survey *survey,
                   const struct zl_message *original, struct zl_message *copy,
                   struct zl_message *scratch, bool *touched)
{
        char buffer[WHY_SIZE];
        zl_refusal before = refusal_of(original);

        memcpy(copy, original,
               offsetof(struct zl_message, cluster) + zl_message_size(original->type));
        for (uint32_t i = 0; i < changes->sets_count; i++) {
                const struct zl_change_set *set = &changes->sets[i];
                struct zl_text why = zl_text_over(buffer, sizeof buffer);
                if (!concerns(set, copy))
                        continue;
                touched[i] = true;
                if (apply_set(set, survey->scales, copy, scratch, &why) != ZL_OK) {
                        zl_say("%s: %s", set->text, buffer);
                        return false;
                }
        }
        zl_refusal after = refusal_of(copy);
        if (!after || before)
                return true;
        zl_say("%s: with these changes %s %u is refused: %s", changes->name,
               zl_schema_message(copy->type)->name, id_of(copy), after);
        return false;
}

static bool try_all(const struct zl_changes *changes, const struct zl_survey *survey,
                    struct zl_message *copy, struct zl_message *scratch,
                    struct zl_message *standard)
{
        bool touched[ZL_CHANGES_MAX] = {false};
        const struct zl_message *message;

        zl_message_init(standard, ZL_TYPE_POLICY); /* policy 1 exists before any message */
        standard->policy.policy = 1;
        if (!try_on(changes, survey, standard, copy, scratch, touched))
                return false;
        for (uint32_t i = 0; (message = zl_survey_known(survey, i)) != NULL; i++) {
                if (!try_on(changes, survey, message, copy, scratch, touched))
                        return false;
        }
        for (uint32_t i = 0; i < changes->sets_count; i++) {
                if (touched[i])
                        continue;
                zl_say("%s: the tape has no %s to change", changes->sets[i].text,
                       zl_schema_message(changes->sets[i].type)->name);
                return false;
        }
        return true;
}

bool zl_changes_resolve(struct zl_changes *changes, const struct zl_survey *survey)
{
        struct zl_message *messages = malloc(3 * sizeof *messages);
        bool good = messages && resolve_sets(changes, survey) &&
                    resolve_shocks(changes, survey) && resolve_funds(changes, survey) &&
                    try_all(changes, survey, &messages[0], &messages[1], &messages[2]);

        free(messages);
        return good;
}

/* ---- prices and funds ---- */

static int64_t shocked(int64_t price, int64_t ppm)
{
        return zl_saturate_i64(zl_div_floor((zl_i128)price * (MILLION + ppm), MILLION));
}

static int64_t within(const struct zl_house_market *market, int64_t price)
{
        int64_t least = market && market->defined ? market->is.min_price : 1;
        int64_t most = market && market->defined ? market->is.max_price : ZL_PRICE_MAX;

        return price < least ? least : price > most ? most : price;
}

bool zl_changes_apply_mark(const struct zl_changes *changes, const struct zl_house_market *market,
                           const bool *begun, struct zl_msg_mark *mark)
{
        bool changed = false;

        for (uint32_t i = 0; i < changes->shocks_count; i++) {
                const struct zl_change_shock *shock = &changes->shocks[i];
                if (shock->of_rate || shock->id != mark->instrument || shock->ppm == 0 ||
                    !begun[i])
                        continue;
                mark->price = within(market, shocked(mark->price, shock->ppm));
                mark->index = within(market, shocked(mark->index, shock->ppm));
                mark->bid = within(market, shocked(mark->bid, shock->ppm));
                mark->ask = within(market, shocked(mark->ask, shock->ppm));
                changed = true;
        }
        return changed;
}

bool zl_changes_apply_rate(const struct zl_changes *changes, const bool *begun,
                           struct zl_msg_rate *rate)
{
        bool changed = false;

        for (uint32_t i = 0; i < changes->shocks_count; i++) {
                const struct zl_change_shock *shock = &changes->shocks[i];
                if (!shock->of_rate || shock->id != rate->asset || shock->ppm == 0 || !begun[i])
                        continue;
                rate->price = shocked(rate->price, shock->ppm);
                rate->price = rate->price < 1 ? 1 : rate->price;
                changed = true;
        }
        return changed;
}

void zl_changes_apply_fund(const struct zl_changes *changes, const struct zl_scales *scales,
                           struct zl_msg_fund *fund)
{
        for (uint32_t i = 0; i < changes->funds_count; i++) {
                const struct zl_change_fund *change = &changes->funds[i];
                int scale = zl_scales_fund(scales, fund->fund);
                int64_t amount;
                if (change->has_id && change->id != fund->fund)
                        continue;
                if (change->times) {
                        fund->balance = zl_saturate_i64(zl_div_floor(
                                (zl_i128)fund->balance * change->millionths, MILLION));
                        fund->peak = zl_saturate_i64(zl_div_floor(
                                (zl_i128)fund->peak * change->millionths, MILLION));
                } else if (zl_decimal_parse(change->value, scale > 0 ? (uint32_t)scale : 0,
                                            &amount) == ZL_DECIMAL_OK) {
                        fund->balance = fund->peak = amount;
                }
        }
}
