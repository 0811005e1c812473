#include "core/fund.h"

#include "core/audit.h"
#include "core/lights.h"
#include "core/line.h"
#include "core/outbox.h"
#include "core/plan.h"
#include "core/text.h"

#include <string.h>

enum { SILENT_TIMES = 10 }; /* answer_ms, until it may go on without who does not answer */

static bool coordinates(const struct zl_engine *engine, uint32_t fund)
{
        return zl_state_owns(engine, zl_partition(fund, engine->partitions));
}

/* ---- asking ---- */

static void add_prices(const struct zl_engine *engine, uint32_t fund,
                       struct zl_msg_adl_query *query)
{
        for (uint32_t i = 0; i < engine->instruments_by_id.count; i++) {
                const struct zl_instrument *instrument = &engine->instruments[i];
                if (!instrument->defined || !instrument->has_mark ||
                    query->marks_count == ZL_COUNT(query->marks))
                        continue;
                if (instrument->fund == fund)
                        query->marks[query->marks_count++] =
                                (struct zl_row_mark_at){.instrument = instrument->id,
                                                        .price = instrument->mark,
                                                        .index = instrument->index};
        }
        for (uint32_t i = 0; i < engine->assets_by_id.count; i++) {
                const struct zl_asset *asset = &engine->assets[i];
                if (asset->has_rate && query->rates_count < ZL_COUNT(query->rates))
                        query->rates[query->rates_count++] =
                                (struct zl_row_rate_at){.asset = asset->id, .price = asset->rate};
        }
}

/* By number: rows stand in an order that other engines do not share. */
static void sort_prices(struct zl_msg_adl_query *query)
{
        for (uint32_t i = 1; i < query->marks_count; i++) {
                struct zl_row_mark_at row = query->marks[i];
                uint32_t at = i;
                for (; at > 0 && query->marks[at - 1].instrument > row.instrument; at--)
                        query->marks[at] = query->marks[at - 1];
                query->marks[at] = row;
        }
        for (uint32_t i = 1; i < query->rates_count; i++) {
                struct zl_row_rate_at row = query->rates[i];
                uint32_t at = i;
                for (; at > 0 && query->rates[at - 1].asset > row.asset; at--)
                        query->rates[at] = query->rates[at - 1];
                query->rates[at] = row;
        }
}

static void ask(struct zl_engine *engine, struct zl_fund *fund)
{
        struct zl_round *round = engine->round;

        round->fund = (uint32_t)(fund - engine->funds);
        round->rev = fund->rev;
        round->number = ++fund->round;
        round->missing = engine->partitions;
        round->claims_count = round->candidates_count = 0;
        round->cut = false;
        round->asking = true;
        memset(round->answers, 0, engine->partitions * sizeof *round->answers);
        fund->waiting = fund->unrated_said = false;
        fund->asked_ns = engine->now_ns;
}

/* ---- whose turn it is ---- */

static bool waits(const struct zl_engine *engine, const struct zl_fund *fund)
{
        return fund->waiting && fund->defined && !fund->stopped && !fund->planned &&
               coordinates(engine, fund->id);
}

/* Whether what it pays can be reckoned. */
static bool is_rated(const struct zl_engine *engine, const struct zl_fund *fund)
{
        uint32_t row;

        return engine->numeraire != ZL_NONE_AT &&
               zl_map_get(&engine->assets_by_id, fund->asset, &row) &&
               engine->assets[row].defined && engine->assets[row].has_rate;
}

static bool is_ready(const struct zl_engine *engine, const struct zl_fund *fund)
{
        return waits(engine, fund) && is_rated(engine, fund);
}

static bool is_stuck(const struct zl_engine *engine, const struct zl_fund *fund)
{
        return waits(engine, fund) && !is_rated(engine, fund) && !fund->unrated_said;
}

/* The one with the least id; NULL: none is. */
static struct zl_fund *first_that(const struct zl_engine *engine,
                                  bool (*is)(const struct zl_engine *, const struct zl_fund *))
{
        struct zl_fund *first = NULL;

        for (uint32_t i = 0; i < engine->funds_by_id.count; i++) {
                struct zl_fund *fund = &engine->funds[i];
                if (is(engine, fund) && (!first || fund->id < first->id))
                        first = fund;
        }
        return first;
}

/* False: there is no room to say what a fund waits for. */
static bool open_next(struct zl_engine *engine)
{
        struct zl_fund *fund;

        while ((fund = first_that(engine, is_stuck)) != NULL) {
                if (!zl_outbox_has_room_for(engine->outbox, ZL_TYPE_ALERT))
                        return false;
                fund->unrated_said = true;
                zl_alert_fund(engine, fund->id, ZL_ALERT_KIND_FUND,
                              "deficits wait until its asset has a rate");
        }
        fund = first_that(engine, is_ready);
        engine->funds_due = false;
        if (fund)
                ask(engine, fund);
        return true;
}

/* The round is void, and what it was opened for still waits. */
static void drop_round(struct zl_engine *engine)
{
        struct zl_round *round = engine->round;

        if (round->fund == ZL_NONE_AT)
                return;
        engine->funds[round->fund].waiting = true;
        round->fund = ZL_NONE_AT;
        engine->funds_due = true;
}

bool zl_fund_go_on(struct zl_engine *engine)
{
        struct zl_round *round = engine->round;
        struct zl_msg_adl_query *query = &engine->plan->query;

        if (engine->funds_due && round->fund == ZL_NONE_AT && !open_next(engine))
                return false;
        if (!round->asking || round->fund == ZL_NONE_AT)
                return true;
        if (!zl_outbox_has_room_for(engine->outbox, ZL_TYPE_ADL_QUERY))
                return false;
        struct zl_fund *fund = &engine->funds[round->fund];
        memset(query, 0, sizeof *query);
        query->fund = fund->id;
        query->rev = round->rev;
        query->round = round->number;
        add_prices(engine, fund->id, query);
        sort_prices(query);
        zl_say_query(engine, fund, query);
        round->asking = false;
        return true;
}

void zl_fund_take(struct zl_engine *engine, const struct zl_msg_fund *said)
{
        uint32_t row = zl_state_fund(engine, said->fund);

        if (row == ZL_NONE_AT) {
                zl_alert_refusal(engine, NULL, "no room for more funds: raise funds_max");
                return;
        }
        struct zl_fund *fund = &engine->funds[row];
        if (fund->defined && said->rev < fund->rev) {
                engine->counters.refused++;
                return;
        }
        if (fund->defined && said->asset != fund->asset) {
                zl_alert_refusal(engine, NULL, "a fund's asset never changes");
                return;
        }
        bool moved = !fund->defined || said->rev > fund->rev;
        char evidence[ZL_EVIDENCE_SIZE];
        bool adds_up = !moved || zl_audit_revision(engine, fund, said, evidence);
        fund->defined = true;
        fund->asset = said->asset;
        fund->balance = said->balance;
        fund->peak = said->peak;
        fund->rev = said->rev;
        if (!moved)
                return;
        fund->planned = false;
        fund->stopped = !adds_up;
        if (!adds_up && coordinates(engine, fund->id))
                zl_alert_fund(engine, fund->id, ZL_ALERT_KIND_AUDIT, evidence);
        engine->funds_due = true;
        if (engine->round->fund == row && said->plan) /* what it was opened for may be met */
                drop_round(engine);
}

/* A part of it was lost: what came of it is forgotten, and the next part 0 begins anew. */
static void forget_answer(const struct zl_engine *engine, uint32_t partition)
{
        struct zl_round *round = engine->round;
        uint32_t claims = 0, candidates = 0;

        for (uint32_t i = 0; i < round->claims_count; i++) {
                if (zl_partition(round->claims[i].account, engine->partitions) != partition)
                        round->claims[claims++] = round->claims[i];
        }
        for (uint32_t i = 0; i < round->candidates_count; i++) {
                if (round->candidates[i].winner.partition != partition)
                        round->candidates[candidates++] = round->candidates[i];
        }
        round->claims_count = claims;
        round->candidates_count = candidates;
        round->answers[partition] = (struct zl_answer){0};
}

/* How many do not answer, or have a hole, and what comes of it. */
static void alert_silence(struct zl_engine *engine, const struct zl_fund *fund, const char *so)
{
        const struct zl_round *round = engine->round;
        uint32_t first = 0;
        char words[120];
        struct zl_text text = zl_text_over(words, sizeof words);

        while (first + 1 < engine->partitions && round->answers[first].parts == ZL_ANSWERED)
                first++;
        zl_text_u64(&text, round->missing);
        zl_text_put(&text, " partitions do not answer, the first is ");
        zl_text_u64(&text, first);
        zl_text_put(&text, so);
        zl_alert_fund(engine, fund->id, ZL_ALERT_KIND_FUND, words);
}

/* Said once until a round is answered in full. */
static void say_silence(struct zl_engine *engine, struct zl_fund *fund)
{
        if (fund->silence_said)
                return;
        fund->silence_said = true;
        fund->silent_ns = fund->asked_ns;
        alert_silence(engine, fund, ": deficits wait, and all are asked again");
}

/* Half an answer is none. */
static void plan_without_the_silent(struct zl_engine *engine, struct zl_fund *fund)
{
        struct zl_round *round = engine->round;

        for (uint32_t p = 0; p < engine->partitions; p++) {
                if (round->answers[p].parts > 0 && round->answers[p].parts != ZL_ANSWERED)
                        forget_answer(engine, p);
        }
        alert_silence(engine, fund, ": the plan is made without them");
        zl_queues_make(engine, round);
        zl_plan_make(engine);
        engine->funds_due = true;
}

/* A round that is not answered in time gives way to the next; or, where the policy says so, to a
 * plan of the answers there are, once partitions have been silent for long. */
static void end_round(struct zl_engine *engine, const struct zl_fund *heard,
                      const struct zl_policy *policy, uint64_t patience)
{
        struct zl_round *round = engine->round;
        struct zl_fund *fund = &engine->funds[round->fund];

        say_silence(engine, fund);
        if (fund == heard && policy && policy->goes_on && !round->asking &&
            round->missing < engine->partitions &&
            engine->now_ns - fund->silent_ns >= SILENT_TIMES * patience)
                plan_without_the_silent(engine, fund);
        else
                drop_round(engine);
}

/* Its fund waits for a round; it is heard of before the fund's first message too. A plan that no
 * revision followed is made again. */
void zl_fund_hear_deficit(struct zl_engine *engine, const struct zl_msg_deficit *said)
{
        struct zl_round *round = engine->round;
        uint32_t row, at;

        if (!zl_map_get(&engine->instruments_by_id, said->instrument, &row) ||
            !engine->instruments[row].defined || engine->instruments[row].fund == 0 ||
            !coordinates(engine, engine->instruments[row].fund))
                return;
        at = zl_state_fund(engine, engine->instruments[row].fund);
        if (at == ZL_NONE_AT) /* no room: the fund's own message says so */
                return;
        struct zl_fund *fund = &engine->funds[at];
        const struct zl_policy *policy =
                zl_state_find_policy(engine, engine->instruments[row].policy);
        uint64_t patience = (policy ? policy->answer_ms : 500) * 1000000;
        bool timed = engine->now_ns > 0;

        fund->waiting = true;
        engine->funds_due = true;
        if (timed && fund->planned && engine->now_ns >= fund->asked_ns + patience)
                fund->planned = false;
        if (timed && round->fund != ZL_NONE_AT &&
            engine->now_ns >= engine->funds[round->fund].asked_ns + patience)
                end_round(engine, fund, policy, patience);
}

/* ---- ranks, though nobody is in deficit ---- */

/* A round of any fund that is not answered for as long gives way. */
static void rank_anew(struct zl_engine *engine, struct zl_fund *fund,
                      const struct zl_policy *policy)
{
        uint64_t pace_ns = (policy->rank_ms > policy->answer_ms ? policy->rank_ms
                                                                : policy->answer_ms) *
                           1000000;
        struct zl_round *round = engine->round;

        if (engine->now_ns < fund->asked_ns + pace_ns)
                return;
        if (round->fund != ZL_NONE_AT &&
            engine->now_ns >= engine->funds[round->fund].asked_ns + pace_ns) {
                say_silence(engine, &engine->funds[round->fund]);
                drop_round(engine);
        }
        fund->waiting = engine->funds_due = true;
}

void zl_fund_clock(struct zl_engine *engine)
{
        for (uint32_t i = 0; i < engine->instruments_by_id.count; i++) {
                const struct zl_instrument *instrument = &engine->instruments[i];
                uint32_t row;
                if (!instrument->defined || instrument->fund == 0)
                        continue;
                const struct zl_policy *policy = zl_state_find_policy(engine, instrument->policy);
                if (policy && policy->rank_ms > 0 && coordinates(engine, instrument->fund) &&
                    zl_map_get(&engine->funds_by_id, instrument->fund, &row))
                        rank_anew(engine, &engine->funds[row], policy);
        }
}

void zl_engine_planned(struct zl_engine *engine, uint32_t fund, uint64_t rev, uint64_t digest)
{
        uint32_t row;

        if (zl_map_get(&engine->funds_by_id, fund, &row) && engine->funds[row].plan_rev == rev)
                engine->funds[row].plan_digest = digest;
}

/* ---- hearing ---- */

static bool parse_claim(const struct zl_row_shortfall *row, struct zl_claim *ret_claim)
{
        struct zl_key key;

        if (!zl_key_parse(row->key, &key) || row->qty <= 0 || row->amount < 0)
                return false;
        *ret_claim = (struct zl_claim){.account = key.account,
                                       .pool = key.pool,
                                       .base = key.base,
                                       .n = key.n,
                                       .instrument = row->instrument,
                                       .leg = row->leg,
                                       .side = row->side,
                                       .qty = row->qty,
                                       .price = row->price,
                                       .amount = row->amount};
        return true;
}

static void keep_claims(const struct zl_engine *engine, struct zl_round *round,
                        const struct zl_msg_adl_bid *said)
{
        for (uint32_t i = 0; i < said->deficits_count; i++) {
                struct zl_claim claim;
                if (!parse_claim(&said->deficits[i], &claim) ||
                    zl_partition(claim.account, engine->partitions) != said->partition)
                        continue;
                if (round->claims_count == ZL_CLAIMS_MAX)
                        round->cut = true;
                else
                        round->claims[round->claims_count++] = claim;
        }
}

static void keep_candidates(const struct zl_engine *engine, struct zl_round *round,
                            const struct zl_msg_adl_bid *said)
{
        for (uint32_t i = 0; i < said->candidates_count; i++) {
                const struct zl_row_candidate *row = &said->candidates[i];
                struct zl_pool_id pool;
                if (!zl_pool_id_parse(row->pool, &pool) || row->qty <= 0 ||
                    zl_partition(row->account, engine->partitions) != said->partition)
                        continue;
                if (round->candidates_count == round->candidates_max) {
                        round->cut = true;
                        continue;
                }
                round->candidates[round->candidates_count++] = (struct zl_candidate){
                        .winner = {.partition = said->partition,
                                   .account = row->account,
                                   .pool = pool,
                                   .instrument = row->instrument,
                                   .leg = row->leg,
                                   .score = row->score,
                                   .qty = row->qty,
                                   .profit = row->profit},
                        .side = row->side};
        }
}

void zl_round_keep(const struct zl_engine *engine, struct zl_round *round,
                   const struct zl_msg_adl_bid *said)
{
        keep_claims(engine, round, said);
        keep_candidates(engine, round, said);
}

/* Coordinators of one fund may ask at different prices under the same number. */
static bool is_of_round(const struct zl_engine *engine, const struct zl_msg_adl_bid *said)
{
        const struct zl_round *round = engine->round;

        return round->fund != ZL_NONE_AT && engine->funds[round->fund].id == said->fund &&
               said->rev == round->rev && said->round == round->number &&
               said->asker == engine->config.src && said->asker_epoch == engine->config.epoch &&
               said->partition < engine->partitions && !said->repairing;
}

/* Heard already, or another's. */
static bool is_passed_over(const struct zl_answer *answer, const struct zl_header *header,
                           const struct zl_msg_adl_bid *said)
{
        return answer->parts == ZL_ANSWERED || said->part < answer->parts ||
               (answer->parts > 0 && header->src != answer->src);
}

bool zl_round_completes(const struct zl_engine *engine, const struct zl_header *header,
                        const struct zl_msg_adl_bid *said)
{
        if (!is_of_round(engine, said) || said->more || engine->round->missing != 1)
                return false;
        const struct zl_answer *answer = &engine->round->answers[said->partition];
        return !is_passed_over(answer, header, said) && said->part == answer->parts;
}

/* True: it is the next part of the answer that is being heard, or the first of one. */
static bool is_next(const struct zl_engine *engine, const struct zl_header *header,
                    const struct zl_msg_adl_bid *said)
{
        const struct zl_answer *answer = &engine->round->answers[said->partition];

        if (is_passed_over(answer, header, said))
                return false;
        if (said->part == answer->parts)
                return true;
        forget_answer(engine, said->partition);
        return false;
}

/* A partition that is repairing has not answered: the round waits for another engine's answer, or
 * gives way to a new one. */
void zl_fund_hear_bid(struct zl_engine *engine, const struct zl_header *header,
                      const struct zl_msg_adl_bid *said)
{
        struct zl_round *round = engine->round;

        if (!is_of_round(engine, said) || !is_next(engine, header, said))
                return;
        struct zl_answer *answer = &round->answers[said->partition];
        zl_round_keep(engine, round, said);
        answer->parts = said->more ? said->part + 1 : ZL_ANSWERED;
        answer->src = header->src;
        if (said->more || --round->missing > 0)
                return;
        engine->funds[round->fund].silence_said = false;
        zl_queues_make(engine, engine->round);
        zl_lights_make(engine);
        zl_plan_make(engine);
        engine->funds_due = true;
}
