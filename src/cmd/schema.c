/* zeroline schema - the reference table of all messages, as it stands in proto/README.md. */
#include "cmd/command.h"

#include "app/options.h"
#include "core/schema.h"
#include "core/text.h"

#include <stdio.h>
#include <string.h>

static const char *const units[] = {
        [ZL_UNIT_PRICE] = "price",         [ZL_UNIT_QTY] = "qty",
        [ZL_UNIT_SETTLE] = "amount, settle", [ZL_UNIT_ASSET] = "amount",
        [ZL_UNIT_RATE] = "rate",           [ZL_UNIT_PPB] = "10^-9",
        [ZL_UNIT_FUNDING] = "10^-12 settle", [ZL_UNIT_TIER] = "amount or qty, by tier_by",
        [ZL_UNIT_NUMERAIRE] = "amount, numeraire", [ZL_UNIT_FUND] = "amount, fund's asset",
        [ZL_UNIT_ORDER_QTY] = "qty",       [ZL_UNIT_ORDER_PRICE] = "price",
        [ZL_UNIT_ORDER_SETTLE] = "amount, settle",
};

static const char *const topics[ZL_TOPIC_KINDS + 1] = {
        [ZL_TOPIC_CTRL] = "ctrl.00000000",   [ZL_TOPIC_RATE] = "rate.ASSET",
        [ZL_TOPIC_MARK] = "mark.INSTRUMENT", [ZL_TOPIC_ACCT] = "acct.PARTITION",
        [ZL_TOPIC_EXEC] = "exec.PARTITION",  [ZL_TOPIC_FUND] = "fund.FUND",
        [ZL_TOPIC_BEAT] = "beat.SRC",        [ZL_TOPIC_TIME] = "time.SRC",
        [ZL_TOPIC_ORDR] = "ordr.PARTITION",  [ZL_TOPIC_PLAN] = "plan.FUND",
        [ZL_TOPIC_ALRT] = "alrt.PARTITION",  [ZL_TOPIC_RANK] = "rank.INSTRUMENT",
        [ZL_TOPIC_DEFI] = "defi.PARTITION",  [ZL_TOPIC_ADLQ] = "adlq.FUND",
        [ZL_TOPIC_BIDS] = "bids.PARTITION",  [ZL_TOPIC_SNAP] = "snap.PARTITION",
        [ZL_TOPIC_TAPE] = "tape.00000000",   [ZL_TOPIC_BOOK] = "book.00000000",
        [ZL_TOPIC_ANY] = "any",
};

static void print_choice(const struct zl_choice *choice)
{
        const char *comma = "";

        for (uint32_t i = 0; i < choice->values_count; i++) {
                if (choice->values[i])
                        printf("%s%u %s", comma, i, choice->values[i]);
                else
                        printf("%snil", comma);
                comma = ", ";
        }
}

static void print_form(const struct zl_field *field)
{
        switch (field->form) {
        case ZL_FORM_U32:
                printf("u32");
                break;
        case ZL_FORM_U64:
                printf("u64");
                break;
        case ZL_FORM_BOOL:
                printf("bool");
                break;
        case ZL_FORM_CHOICE:
                print_choice(field->choice);
                break;
        case ZL_FORM_INT:
                printf("int64: %s", units[field->unit]);
                break;
        case ZL_FORM_TEXT:
                printf("str, at most %u bytes", field->capacity - 1);
                break;
        case ZL_FORM_BYTES:
                printf("bin");
                break;
        case ZL_FORM_LIST:
                printf("list of %s, at most %u", field->row->name, field->capacity);
                break;
        }
}

static void print_value(const struct zl_field *field)
{
        char buffer[64];
        struct zl_text text = zl_text_over(buffer, sizeof buffer);

        switch (field->form) {
        case ZL_FORM_BOOL:
                printf("%s", field->value ? "true" : "false");
                break;
        case ZL_FORM_CHOICE: {
                const char *name = field->choice->values[field->value];
                printf("%s", name ? name : "nil");
                break;
        }
        case ZL_FORM_INT:
                zl_text_decimal(&text, field->value, field->unit == ZL_UNIT_PPB ? 9 : 0);
                printf("%s%s", buffer,
                       field->value && field->unit != ZL_UNIT_PPB ? " raw" : "");
                break;
        case ZL_FORM_LIST: /* of bare rows there may be a default: policy.warn */
        case ZL_FORM_BYTES:
                printf("empty");
                break;
        default:
                printf("%lld", (long long)field->value);
        }
}

static void print_presence(const struct zl_record *record, const struct zl_field *field)
{
        switch (field->presence) {
        case ZL_PRESENCE_MUST:
                printf("required");
                break;
        case ZL_PRESENCE_MAY:
                printf("nil");
                break;
        case ZL_PRESENCE_SAME:
                printf("as %s", record->fields[field->value].name);
                break;
        case ZL_PRESENCE_DEFAULT:
                print_value(field);
                break;
        case ZL_PRESENCE_ADDED:
                print_value(field);
                printf(", added");
                break;
        }
}

static void print_fields(const struct zl_record *record)
{
        if (!record->fields_count) {
                printf("No fields.\n\n");
                return;
        }
        printf("| field | form | left out | |\n|---|---|---|---|\n");
        for (uint32_t i = 0; i < record->fields_count; i++) {
                const struct zl_field *field = &record->fields[i];
                printf("| %s | ", field->name);
                print_form(field);
                printf(" | ");
                print_presence(record, field);
                printf(" | %s |\n", field->doc);
        }
        printf("\n");
}

/* A row is printed under the first message that has it. */
static void print_rows(const struct zl_record *record, const struct zl_record **seen,
                       int *seen_count)
{
        for (uint32_t i = 0; i < record->fields_count; i++) {
                const struct zl_record *row = record->fields[i].row;
                bool known = !row;
                for (int j = 0; j < *seen_count; j++)
                        known |= seen[j] == row;
                if (known)
                        continue;
                seen[(*seen_count)++] = row;
                printf("*%s*, a row: %s%s\n\n", row->name, row->doc,
                       zl_record_bare(row) ? " It stands bare in its list." : "");
                print_fields(row);
        }
}

enum zl_exit zl_cmd_schema(int argc, char **argv)
{
        const struct zl_usage usage = {
                .arguments = "",
                .text = "Prints the reference of all messages, as it stands in proto/README.md.",
        };
        const struct zl_record *seen[64];
        int first, seen_count = 0;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        for (int type = 0; type < ZL_TYPE_LIMIT; type++) {
                const struct zl_record *record = zl_schema_message((enum zl_type)type);
                if (!record)
                        continue;
                printf("### %d %s\n\n%s Topic: `%s`.\n\n", type, record->name, record->doc,
                       topics[record->topic]);
                print_fields(record);
                print_rows(record, seen, &seen_count);
        }
        return ZL_EXIT_OK;
}
