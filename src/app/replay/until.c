#include "app/replay/until.h"

#include "app/risk/report.h"
#include "app/run.h"
#include "app/say.h"
#include "codec/decimal.h"
#include "core/assert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 4, WORD_SIZE = 40, RATIO_SCALE = 9, PRICE_SCALE_MAX = 18 };

/* ---- reading ---- */

struct words {
        char of[WORDS_MAX][WORD_SIZE];
        uint32_t count;
};

static bool split(const char *text, struct words *ret_words)
{
        ret_words->count = 0;
        for (;;) {
                text += strspn(text, " ");
                size_t size = strcspn(text, " ");
                if (size == 0)
                        return ret_words->count > 0;
                if (ret_words->count == WORDS_MAX || size >= WORD_SIZE)
                        return false;
                memcpy(ret_words->of[ret_words->count], text, size);
                ret_words->of[ret_words->count++][size] = 0;
                text += size;
        }
}

static bool take_id(const char *text, uint64_t most, uint64_t *ret_id)
{
        char *end;

        errno = 0;
        unsigned long long id = strtoull(text, &end, 10);
        if (*text < '0' || *text > '9' || *end || errno || id > most)
                return false;
        *ret_id = id;
        return true;
}

static const char *read_account(struct zl_until *until, const struct words *words, uint32_t i)
{
        if (words->count == i)
                return NULL;
        until->has_account = true;
        if (!take_id(words->of[i], UINT64_MAX, &until->account))
                return "the account is not a whole number";
        return words->count == i + 1 ? NULL : "there is a word too many";
}

static bool find_kind(const char *name, enum zl_alert_kind *ret_kind)
{
        const struct zl_record *record = zl_schema_message(ZL_TYPE_ALERT);
        const struct zl_choice *choice = record->fields[ZL_AT_alert_kind].choice;

        for (uint32_t i = 0; i < choice->values_count; i++) {
                if (strcmp(choice->values[i], name) != 0)
                        continue;
                *ret_kind = (enum zl_alert_kind)i;
                return true;
        }
        return false;
}

static const char *read_alert(struct zl_until *until, const struct words *words)
{
        uint32_t i = 1;

        if (words->count > 1 && (words->of[1][0] < '0' || words->of[1][0] > '9')) {
                until->has_alert = true;
                if (!find_kind(words->of[i++], &until->alert))
                        return "there is no such kind of alert; `zeroline schema` lists them";
        }
        return read_account(until, words, i);
}

static bool read_op(const char *text, enum zl_until_op *ret_op)
{
        static const char *const names[] = {[ZL_UNTIL_LESS] = "<",
                                            [ZL_UNTIL_AT_MOST] = "<=",
                                            [ZL_UNTIL_MORE] = ">",
                                            [ZL_UNTIL_AT_LEAST] = ">="};

        for (uint32_t i = 0; i < ZL_COUNT(names); i++) {
                if (strcmp(names[i], text) != 0)
                        continue;
                *ret_op = (enum zl_until_op)i;
                return true;
        }
        return false;
}

static const char *read_ratio(struct zl_until *until, struct words *words)
{
        if (words->count != 4)
                return "expected: ratio ACCOUNT[/POOL] < NUMBER, with blanks between the words";
        char *slash = strchr(words->of[1], '/');
        if (slash)
                *slash++ = 0;
        until->has_pool = slash != NULL;
        if (!take_id(words->of[1], UINT64_MAX, &until->account))
                return "the account is not a whole number";
        if (slash && !zl_pool_id_parse(slash, &until->pool))
                return "the pool is not one of x, 7, 7L, 7S";
        if (!read_op(words->of[2], &until->op))
                return "the comparison is not one of < <= > >=";
        if (zl_decimal_parse(words->of[3], RATIO_SCALE, &until->ratio) != ZL_DECIMAL_OK)
                return "the number is no decimal of at most 9 digits behind the point";
        return NULL;
}

static const char *read_mark(struct zl_until *until, const struct words *words)
{
        enum zl_decimal price = ZL_DECIMAL_TOO_FINE;
        uint64_t instrument;

        if (words->count != 4)
                return "expected: mark INSTRUMENT < PRICE, with blanks between the words";
        if (!take_id(words->of[1], UINT32_MAX, &instrument))
                return "the instrument is not a whole number";
        until->instrument = (uint32_t)instrument;
        if (!read_op(words->of[2], &until->op))
                return "the comparison is not one of < <= > >=";
        for (uint32_t i = 0; i <= PRICE_SCALE_MAX && price == ZL_DECIMAL_TOO_FINE; i++) {
                until->price_scale = i; /* the tape's own is not known yet */
                price = zl_decimal_parse(words->of[3], i, &until->price);
        }
        return price == ZL_DECIMAL_OK ? NULL : "the price is no decimal";
}

static bool goes_out(const struct zl_record *record)
{
        switch (record->topic) {
        case ZL_TOPIC_ORDR:
        case ZL_TOPIC_PLAN:
        case ZL_TOPIC_ALRT:
        case ZL_TOPIC_RANK:
        case ZL_TOPIC_DEFI:
        case ZL_TOPIC_ADLQ:
        case ZL_TOPIC_BIDS:
                return true;
        default:
                return false;
        }
}

static const char *read_clause(struct zl_until *until, struct words *words)
{
        const char *name = words->of[0];
        const struct zl_record *record = zl_schema_by_name(name, strlen(name));

        if (!strcmp(name, "ratio")) {
                until->kind = ZL_UNTIL_RATIO;
                return read_ratio(until, words);
        }
        if (!strcmp(name, "mark")) {
                until->kind = ZL_UNTIL_MARK;
                return read_mark(until, words);
        }
        if (!strcmp(name, "order")) {
                until->kind = ZL_UNTIL_ORDER;
                return read_account(until, words, 1);
        }
        if (!record || !goes_out(record))
                return "it begins with none of order, alert, ratio, mark, or the name of a message "
                       "out (liquidate, convert, cancel, takeover, adl, ...)";
        until->kind = ZL_UNTIL_SAID;
        until->type = record->type;
        return record->type == ZL_TYPE_ALERT ? read_alert(until, words)
                                             : read_account(until, words, 1);
}

bool zl_until_parse(const char *text, struct zl_until *ret_until)
{
        struct zl_until until = {0};
        struct words words;
        const char *fault = split(text, &words) ? read_clause(&until, &words)
                                                : "it has no word, too many or too long ones";

        if (fault) {
                zl_say("--until \"%s\": %s", text, fault);
                return false;
        }
        *ret_until = until;
        return true;
}

/* ---- asking ---- */

/* -1, 0 or 1: how the value stands to what is asked. */
static bool holds(enum zl_until_op op, int order)
{
        switch (op) {
        case ZL_UNTIL_LESS:
                return order < 0;
        case ZL_UNTIL_AT_MOST:
                return order <= 0;
        case ZL_UNTIL_MORE:
                return order > 0;
        default:
                return order >= 0;
        }
}

/* By the names of its fields, or by a key. */
static bool is_of(const struct zl_until *until, const struct zl_message *message)
{
        const struct zl_record *record = zl_schema_message(message->type);
        const uint8_t *object = (const uint8_t *)&message->cluster;
        struct zl_key key;

        if (!until->has_account)
                return true;
        for (uint32_t i = 0; i < record->fields_count; i++) {
                const struct zl_field *field = &record->fields[i];
                const void *at = object + field->offset;
                if (zl_is_absent(object, i))
                        continue;
                if (!strcmp(field->name, "account") && *(const uint64_t *)at == until->account)
                        return true;
                if ((!strcmp(field->name, "order") || !strcmp(field->name, "key")) &&
                    zl_key_parse(at, &key) && key.account == until->account)
                        return true;
        }
        return false;
}

bool zl_until_said(const struct zl_until *until, const struct zl_message *message)
{
        bool order = message->type == ZL_TYPE_CANCEL || message->type == ZL_TYPE_CONVERT ||
                     message->type == ZL_TYPE_LIQUIDATE;

        if (until->kind == ZL_UNTIL_ORDER)
                return order && is_of(until, message);
        if (until->kind != ZL_UNTIL_SAID || message->type != until->type)
                return false;
        return (!until->has_alert || message->alert.kind == until->alert) && is_of(until, message);
}

static zl_i128 at_finest(int64_t value, uint32_t scale)
{
        zl_i128 fine = value;

        for (; scale < PRICE_SCALE_MAX; scale++)
                fine *= 10;
        return fine;
}

bool zl_until_heard(const struct zl_until *until, const struct zl_scales *scales,
                    const struct zl_message *message)
{
        const struct zl_msg_mark *mark = &message->mark;

        if (until->kind != ZL_UNTIL_MARK || message->type != ZL_TYPE_MARK ||
            mark->instrument != until->instrument)
                return false;
        int scale = zl_scales_instrument_price(scales, mark->instrument);
        if (scale < 0 || scale > PRICE_SCALE_MAX)
                return false;
        zl_i128 price = at_finest(mark->price, (uint32_t)scale);
        zl_i128 asked = at_finest(until->price, until->price_scale);
        return holds(until->op, price < asked ? -1 : price > asked);
}

/* A clock and what concerns other accounts change no ratio. */
static bool may_change(const struct zl_until *until, const struct zl_message *message)
{
        switch (message->type) {
        case ZL_TYPE_ACCOUNT:
                return message->account.account == until->account;
        case ZL_TYPE_CLOCK:
        case ZL_TYPE_BEAT:
        case ZL_TYPE_EXEC:
        case ZL_TYPE_SYNCED:
        case ZL_TYPE_FUND:
                return false;
        default:
                return true;
        }
}

static bool pool_holds(const struct zl_until *until, const struct zl_engine *engine, uint32_t pool)
{
        static __thread struct zl_subject subject; /* too large for a stack */

        if (until->has_pool && zl_pool_id_compare(engine->pools[pool].id, until->pool) != 0)
                return false;
        zl_report_look(engine, pool, &subject);
        if (!subject.has || subject.view.open_count == 0)
                return false;
        struct zl_pool_figures figures = zl_pool_figures(&subject);
        if (!figures.has_ratio)
                return holds(until->op, 1);
        return holds(until->op, figures.ratio < until->ratio ? -1 : figures.ratio > until->ratio);
}

bool zl_until_ratio(const void *context, const struct zl_run *run,
                    const struct zl_message *message)
{
        const struct zl_until *until = context;
        const struct zl_engine *engine = run->engine;

        if (!may_change(until, message))
                return false;
        uint32_t account = zl_state_find_account(engine, until->account);
        if (account == ZL_NONE_AT)
                return false;
        for (uint32_t pool = engine->accounts[account].first_pool; pool != ZL_NONE_AT;
             pool = engine->pools[pool].next_of_account) {
                if (pool_holds(until, engine, pool))
                        return true;
        }
        return false;
}
