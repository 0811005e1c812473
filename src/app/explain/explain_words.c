#include "app/explain/explain_words.h"

#include "core/fund.h"
#include "core/schema.h"

#include <string.h>
#include <time.h>

const char *zl_word_rung(enum zl_rung rung)
{
        static const char *const words[] = {
                [ZL_RUNG_NONE] = NULL,           [ZL_RUNG_CANCEL] = "cancel",
                [ZL_RUNG_CONVERT] = "convert",   [ZL_RUNG_PARTIAL] = "partial",
                [ZL_RUNG_FULL] = "full",         [ZL_RUNG_DEFICIT] = "deficit",
        };

        return words[rung];
}

const char *zl_word_phase(enum zl_phase phase)
{
        static const char *const words[] = {
                [ZL_PHASE_WATCHED] = "watched",   [ZL_PHASE_PROPOSED] = "proposed",
                [ZL_PHASE_ADMITTED] = "admitted", [ZL_PHASE_FILLED] = "filled",
                [ZL_PHASE_FREED] = "freed",       [ZL_PHASE_DEFICIT] = "deficit",
        };

        return words[phase];
}

const char *zl_word_skip(enum zl_skip skip)
{
        static const char *const words[] = {
                [ZL_SKIP_NOT] = NULL,
                [ZL_SKIP_ANSWERED] = "answered",
                [ZL_SKIP_POLICY] = "policy",
                [ZL_SKIP_NOTHING_HELD] = "nothing_held",
                [ZL_SKIP_ISOLATED] = "isolated",
                [ZL_SKIP_NO_DEBT] = "no_debt",
                [ZL_SKIP_NOTHING_TO_SELL] = "nothing_to_sell",
                [ZL_SKIP_NOTHING_TRADES] = "nothing_trades",
                [ZL_SKIP_UNREACHED] = "unreached",
                [ZL_SKIP_EVERYTHING] = "everything",
        };

        return words[skip];
}

const char *zl_words_skip(enum zl_rung rung, enum zl_skip skip)
{
        static const char *const words[] = {
                [ZL_SKIP_NOT] = "applies",
                [ZL_SKIP_ANSWERED] = "no: answered at this base, and it changed nothing",
                [ZL_SKIP_POLICY] = "no: the policy wants none",
                [ZL_SKIP_NOTHING_HELD] = "no: no order holds margin",
                [ZL_SKIP_ISOLATED] = "no: an isolated pool has one asset",
                [ZL_SKIP_NO_DEBT] = "no: no asset's amount is negative",
                [ZL_SKIP_NOTHING_TO_SELL] = "no: there is nothing to sell that no order holds",
                [ZL_SKIP_NOTHING_TRADES] = "no: nothing of it trades, or holds a lot",
                [ZL_SKIP_UNREACHED] = "no: closing a part does not reach the target",
                [ZL_SKIP_EVERYTHING] = "no: what it takes is everything",
        };

        if (rung == ZL_RUNG_DEFICIT && skip == ZL_SKIP_NOT)
                return "applies: nothing filled at the close-out price";
        return words[skip];
}

const char *zl_word_wait(enum zl_wait wait)
{
        static const char *const words[] = {
                [ZL_WAIT_STOPPED] = "audit",    [ZL_WAIT_BASE] = "base",
                [ZL_WAIT_REVISION] = "revision", [ZL_WAIT_ANSWER] = "answer",
                [ZL_WAIT_VENUE] = "venue",      [ZL_WAIT_FUND] = "fund",
                [ZL_WAIT_CTRL] = "ctrl",        [ZL_WAIT_ACCOUNT] = "account",
                [ZL_WAIT_DATA] = "data",        [ZL_WAIT_FRESH] = "fresh_price",
                [ZL_WAIT_BOUND] = "bound",      [ZL_WAIT_NOTHING] = "nothing",
                [ZL_WAIT_TRADING] = "trading",  [ZL_WAIT_CURE] = "cure",
                [ZL_WAIT_SLICE] = "slice",      [ZL_WAIT_LIMIT] = "limit",
                [ZL_WAIT_TURN] = "turn",
        };

        return words[wait];
}

const char *zl_words_wait(enum zl_wait wait)
{
        static const char *const words[] = {
                [ZL_WAIT_STOPPED] = "its last decision did not add up; it stands still until its "
                                    "positions change",
                [ZL_WAIT_BASE] = "an order changed it; it waits for the account that shows it",
                [ZL_WAIT_REVISION] = "it waits for the account revision that shows what was freed",
                [ZL_WAIT_ANSWER] = "a decision is proposed; it waits for the router's answer",
                [ZL_WAIT_VENUE] = "the router has its decision; it waits for what becomes of it",
                [ZL_WAIT_FUND] = "nothing filled; its deficit waits for the fund's plan",
                [ZL_WAIT_CTRL] = "definitions were missed; every decision waits until they are "
                                 "restated",
                [ZL_WAIT_ACCOUNT] = "frames of its partition were missed; it waits for its next "
                                    "full message",
                [ZL_WAIT_DATA] = "it cannot be judged",
                [ZL_WAIT_FRESH] = "a mark is stale",
                [ZL_WAIT_BOUND] = "it breaks a bound and is not computed",
                [ZL_WAIT_NOTHING] = "it is safe",
                [ZL_WAIT_TRADING] = "it is not safe, but none of its instruments trade",
                [ZL_WAIT_CURE] = "it is not safe; the policy gives it time to cure",
                [ZL_WAIT_SLICE] = "it is not safe; the next slice waits for its time",
                [ZL_WAIT_LIMIT] = "it is not safe; the limit of orders a second is reached",
                [ZL_WAIT_TURN] = "it is not safe, and is proposed when it is looked at next",
        };

        return words[wait];
}

const char *zl_words_fund(const struct zl_engine *engine, uint32_t fund)
{
        uint32_t row;

        if (fund == 0)
                return "its instrument names no fund";
        if (!zl_state_owns(engine, zl_partition(fund, engine->partitions)))
                return "its fund is another engine's to coordinate";
        if (!zl_map_get(&engine->funds_by_id, fund, &row) || !engine->funds[row].defined)
                return "its fund was never stated";
        if (engine->funds[row].stopped)
                return "its fund's books do not add up, until its next revision";
        if (engine->round->fund == row)
                return "partitions have not all answered the fund's round";
        if (engine->funds[row].planned)
                return "the plan is made, and the ledger has not stated what came of it";
        if (engine->funds[row].unrated_said)
                return "its fund's asset has no rate";
        return "the fund's next round comes when the deficit is said again";
}

const char *zl_word_leg(enum zl_leg leg)
{
        static const char *const words[] = {NULL, "L", "S"};

        return words[leg];
}

const char *zl_word_side(enum zl_side side)
{
        return side == ZL_SIDE_BUY ? "buy" : "sell";
}

const char *zl_word_shares(enum zl_shares_by by)
{
        static const char *const words[] = {
                [ZL_SHARES_BY_MARGIN] = "maintenance",
                [ZL_SHARES_BY_VALUE] = "value",
                [ZL_SHARES_EQUAL] = "equal",
        };

        return words[by];
}

const char *zl_word_reason(enum zl_reason reason)
{
        static const char *const words[] = {
                [ZL_REASON_NONE] = NULL,
                [ZL_REASON_ALWAYS_SAFE] = "always_safe",
                [ZL_REASON_NEVER_SAFE] = "never_safe",
                [ZL_REASON_OUT_OF_RANGE] = "out_of_range",
                [ZL_REASON_NO_PRICE] = "no_price",
        };

        return words[reason];
}

const char *zl_word_choice(enum zl_type type, const char *field, uint32_t value)
{
        const struct zl_record *record = zl_schema_message(type);

        for (uint32_t i = 0; i < record->fields_count; i++) {
                if (!strcmp(record->fields[i].name, field))
                        return record->fields[i].choice->values[value];
        }
        return NULL;
}

/* ---- times and places ---- */

void zl_words_time(struct zl_text *text, uint64_t ns)
{
        time_t seconds = (time_t)(ns / 1000000000);
        char words[40];
        struct tm tm;

        gmtime_r(&seconds, &tm);
        strftime(words, sizeof words, "%Y-%m-%dT%H:%M:", &tm);
        zl_text_put(text, words);
        if (tm.tm_sec < 10)
                zl_text_char(text, '0');
        zl_text_decimal(text, (zl_i128)tm.tm_sec * 1000000000 + ns % 1000000000, 9);
        zl_text_char(text, 'Z');
}

void zl_words_origin(struct zl_text *text, const struct zl_origin *origin)
{
        char topic[ZL_TOPIC_SIZE + 1];

        if (!origin->known) {
                zl_text_put(text, "from a snapshot");
                return;
        }
        zl_topic_format(origin->header.topic, topic);
        zl_text_put(text, "src ");
        zl_text_u64(text, origin->header.src);
        zl_text_char(text, ' ');
        zl_text_put(text, topic);
        zl_text_put(text, " epoch ");
        zl_text_u64(text, origin->header.epoch);
        zl_text_put(text, " seq ");
        zl_text_u64(text, origin->header.seq);
        zl_text_put(text, ", record ");
        zl_text_u64(text, origin->record);
}
