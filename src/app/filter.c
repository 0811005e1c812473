#include "app/filter.h"

#include "app/ranges.h"
#include "app/say.h"
#include "core/assert.h"
#include "core/key.h"
#include "core/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool zl_filter_ids(const struct zl_option_list *texts, const char *where, uint64_t most,
                   uint64_t ret_ids[ZL_OPTION_LIST_MAX], uint32_t *ret_count)
{
        for (uint32_t i = 0; i < texts->count; i++) {
                const char *text = texts->values[i];
                char *end;
                errno = 0;
                ret_ids[i] = strtoull(text, &end, 10);
                if (*text < '0' || *text > '9' || *end || errno || ret_ids[i] > most) {
                        zl_say("%s \"%s\" is not a whole number up to %llu", where, text,
                               (unsigned long long)most);
                        return false;
                }
        }
        *ret_count = texts->count;
        return true;
}

/* What a message says it is about. */
enum { SUBJECTS_MAX = 4 };

struct subjects {
        uint64_t accounts[SUBJECTS_MAX], instruments[SUBJECTS_MAX];
        uint32_t accounts_count, instruments_count;
};

static void add(uint64_t *ids, uint32_t *count, uint64_t id)
{
        ZL_ASSERT(*count < SUBJECTS_MAX); /* no message names more */
        ids[(*count)++] = id;
}

static void take_key(struct subjects *subjects, const char *text)
{
        struct zl_key key;

        if (zl_key_parse(text, &key))
                add(subjects->accounts, &subjects->accounts_count, key.account);
}

/* By the names of its fields: the table knows them all. Rows are not looked at, but for those of an
 * account, whose positions say the instruments. */
static void subjects_of(const struct zl_message *message, struct subjects *ret_subjects)
{
        const struct zl_record *record = zl_schema_message(message->type);
        const uint8_t *object = (const uint8_t *)&message->cluster;

        *ret_subjects = (struct subjects){0};
        for (uint32_t i = 0; i < record->fields_count; i++) {
                const struct zl_field *field = &record->fields[i];
                const void *at = object + field->offset;
                if (zl_is_absent(object, i))
                        continue;
                if (!strcmp(field->name, "account") && field->form == ZL_FORM_U64)
                        add(ret_subjects->accounts, &ret_subjects->accounts_count,
                            *(const uint64_t *)at);
                else if (!strcmp(field->name, "instrument") && field->form == ZL_FORM_U32)
                        add(ret_subjects->instruments, &ret_subjects->instruments_count,
                            *(const uint32_t *)at);
                else if (!strcmp(field->name, "order") || !strcmp(field->name, "key"))
                        take_key(ret_subjects, at);
        }
}

static bool have(const uint64_t *ids, uint32_t count, uint64_t id)
{
        for (uint32_t i = 0; i < count; i++) {
                if (ids[i] == id)
                        return true;
        }
        return false;
}

static bool account_passes(const struct zl_filter *filter, const struct subjects *subjects)
{
        bool passes = !filter->accounts_count || !subjects->accounts_count;

        for (uint32_t i = 0; i < subjects->accounts_count; i++)
                passes |= have(filter->accounts, filter->accounts_count, subjects->accounts[i]);
        return passes;
}

static bool instrument_passes(const struct zl_filter *filter, const struct subjects *subjects,
                              const struct zl_message *message)
{
        bool named = subjects->instruments_count, passes = false;

        if (!filter->instruments_count)
                return true;
        for (uint32_t i = 0; i < subjects->instruments_count; i++)
                passes |= have(filter->instruments, filter->instruments_count,
                               subjects->instruments[i]);
        if (message->type == ZL_TYPE_ACCOUNT) {
                const struct zl_msg_account *said = &message->account;
                named = said->positions_count > 0;
                for (uint32_t i = 0; i < said->positions_count; i++)
                        passes |= have(filter->instruments, filter->instruments_count,
                                       said->positions[i].instrument);
        }
        return passes || !named;
}

static bool partition_passes(const struct zl_filter *filter, const struct subjects *subjects,
                             struct zl_topic topic)
{
        const struct zl_partition_range *ranges = filter->partitions;
        uint32_t count = filter->partitions_count;
        bool passes = false;

        if (!count)
                return true;
        switch (topic.kind) {
        case ZL_TOPIC_ACCT:
        case ZL_TOPIC_EXEC:
        case ZL_TOPIC_ORDR:
        case ZL_TOPIC_ALRT:
        case ZL_TOPIC_BIDS:
        case ZL_TOPIC_SNAP:
                return zl_ranges_have(ranges, count, topic.id);
        default:
                break;
        }
        for (uint32_t i = 0; i < subjects->accounts_count; i++)
                passes |= zl_ranges_have(ranges, count,
                                         zl_partition(subjects->accounts[i],
                                                      filter->partitions_all));
        return passes || !subjects->accounts_count;
}

bool zl_filter_passes(const struct zl_filter *filter, const struct zl_header *header,
                      const struct zl_message *message)
{
        struct subjects subjects;

        if (!filter->accounts_count && !filter->instruments_count && !filter->partitions_count)
                return true;
        subjects_of(message, &subjects);
        return account_passes(filter, &subjects) &&
               instrument_passes(filter, &subjects, message) &&
               partition_passes(filter, &subjects, header->topic);
}
