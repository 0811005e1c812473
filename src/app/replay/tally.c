#include "app/replay/tally.h"

#include "core/assert.h"
#include "core/schema.h"

void zl_tally_count(struct zl_tally *tally, const struct zl_message *message)
{
        tally->types[message->type]++;
        if (message->type == ZL_TYPE_LIQUIDATE) {
                ZL_ASSERT((uint32_t)message->liquidate.step < ZL_TALLY_CHOICES_MAX);
                tally->steps[message->liquidate.step]++;
        } else if (message->type == ZL_TYPE_ALERT) {
                ZL_ASSERT((uint32_t)message->alert.kind < ZL_TALLY_CHOICES_MAX);
                tally->alerts[message->alert.kind]++;
        }
}

struct list {
        FILE *to;
        const char *head;
        bool begun;
};

static void put(struct list *list, uint64_t count, const char *name)
{
        if (!count)
                return;
        fprintf(list->to, "%s %llu %s", list->begun ? "," : list->head, (unsigned long long)count,
                name);
        list->begun = true;
}

static void end(struct list *list)
{
        if (list->begun)
                fputc('\n', list->to);
}

static void put_choices(struct list *list, const uint64_t *counts, enum zl_type type,
                        uint32_t field)
{
        const struct zl_choice *choice = zl_schema_message(type)->fields[field].choice;

        for (uint32_t i = 0; i < choice->values_count; i++)
                put(list, counts[i], choice->values[i]);
}

void zl_tally_print(const struct zl_tally *tally, FILE *to)
{
        static const enum zl_type others[] = {ZL_TYPE_TAKEOVER, ZL_TYPE_ADL, ZL_TYPE_SOCIALIZE};
        struct list orders = {to, "orders:", false}, plans = {to, "plans:", false},
                    alerts = {to, "alerts:", false};

        put(&orders, tally->types[ZL_TYPE_CANCEL], "cancel");
        put(&orders, tally->types[ZL_TYPE_CONVERT], "convert");
        put_choices(&orders, tally->steps, ZL_TYPE_LIQUIDATE, ZL_AT_liquidate_step);
        end(&orders);
        for (uint32_t i = 0; i < ZL_COUNT(others); i++)
                put(&plans, tally->types[others[i]], zl_schema_message(others[i])->name);
        end(&plans);
        put_choices(&alerts, tally->alerts, ZL_TYPE_ALERT, ZL_AT_alert_kind);
        end(&alerts);
}
