#include "app/explain/explain.h"

#include "app/explain/defined.h"
#include "app/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define TEXT_SIZE ((size_t)64 << 20) /* of address space; used as it is written */

/* What is looked for, and what was seen of it. */
struct search {
        const struct zl_explain *asked;
        struct zl_point at; /* of an account: where it is looked at */
        struct zl_tape_time time;
        struct zl_engine *engine;
        struct zl_follow_step last; /* the last message that was taken; it is not kept itself */
        struct zl_key key; /* of a decision */
        bool by_plan;
        uint32_t plan_fund, plan_place;
        uint64_t plan_rev;
        bool has_place;
        struct zl_pool_id pool; /* of an account */
        struct zl_origins origins;
        struct zl_pool before;
        bool has_before;
        struct zl_said said; /* of this message, what is asked about */
        bool hearing;        /* the frame under way is */
        void *replan;        /* of the round that is complete now */
        void *replan_asked;  /* of the one that is asked about */
        uint64_t times;      /* that it was said */
        char met[64];        /* the message of a plan that met the deficit at once */
        uint32_t row;        /* of the plan under way */
        char last_key[ZL_KEY_TEXT_SIZE]; /* that the pool had, for who asks for another */
        struct zl_text text;
        bool told, complained, failed;
};

/* ---- names ---- */

static bool parse_number(const char **at, uint64_t *ret_number)
{
        char *end;

        if (**at < '0' || **at > '9')
                return false;
        *ret_number = strtoull(*at, &end, 10);
        *at = end;
        return true;
}

/* "plan/1/5" or "plan/1/5/3" */
static bool parse_plan(struct search *search, const char *id)
{
        uint64_t fund, place;

        if (strncmp(id, "plan/", 5) != 0)
                return false;
        id += 5;
        if (!parse_number(&id, &fund) || *id++ != '/' || !parse_number(&id, &search->plan_rev))
                return false;
        search->by_plan = true;
        search->plan_fund = (uint32_t)fund;
        search->has_place = *id == '/';
        if (search->has_place && (++id, !parse_number(&id, &place)))
                return false;
        search->plan_place = search->has_place ? (uint32_t)place : 0;
        return *id == 0 && fund <= UINT32_MAX;
}

static bool parse_asked(struct search *search)
{
        const struct zl_explain *asked = search->asked;

        if (!asked->id) {
                search->origins.account = asked->account;
                return !asked->pool || zl_pool_id_parse(asked->pool, &search->pool);
        }
        if (parse_plan(search, asked->id))
                return true;
        if (search->by_plan || !zl_key_parse(asked->id, &search->key))
                return false;
        search->origins.account = search->key.account;
        return true;
}

/* ---- what is said ---- */

static bool same_key(const struct zl_key *a, const struct zl_key *b)
{
        return a->account == b->account && !zl_pool_id_compare(a->pool, b->pool) &&
               a->base == b->base && a->n == b->n;
}

/* The key of an order or a deficit. */
static bool key_of(const struct zl_output *output, struct zl_key *ret_key)
{
        const struct zl_msg_deficit *deficit = output->object;

        switch (output->type) {
        case ZL_TYPE_CANCEL:
                return zl_key_parse(((const struct zl_msg_cancel *)output->object)->order, ret_key);
        case ZL_TYPE_CONVERT:
                return zl_key_parse(((const struct zl_msg_convert *)output->object)->order,
                                    ret_key);
        case ZL_TYPE_LIQUIDATE:
                return zl_key_parse(((const struct zl_msg_liquidate *)output->object)->order,
                                    ret_key);
        case ZL_TYPE_DEFICIT:
                *ret_key = (struct zl_key){
                        .account = deficit->account, .base = deficit->base, .n = deficit->n};
                return zl_pool_id_parse(deficit->pool, &ret_key->pool);
        default:
                return false;
        }
}

static uint64_t rev_of_plan(const struct zl_output *output)
{
        if (output->type == ZL_TYPE_TAKEOVER)
                return ((const struct zl_msg_takeover *)output->object)->rev;
        if (output->type == ZL_TYPE_ADL)
                return ((const struct zl_msg_adl *)output->object)->rev;
        return ((const struct zl_msg_socialize *)output->object)->rev;
}

/* Whether the frame that begins here is asked about. */
static bool is_asked(struct search *search, const struct zl_output *output)
{
        struct zl_key key;

        if (search->by_plan)
                return output->header.topic.kind == ZL_TOPIC_PLAN &&
                       output->header.topic.id == search->plan_fund &&
                       rev_of_plan(output) == search->plan_rev;
        if (!search->asked->id || !key_of(output, &key))
                return false;
        if (key.account == search->key.account && !zl_pool_id_compare(key.pool, search->key.pool)) {
                key.has_place = false;
                zl_key_format(&key, search->last_key);
        }
        return same_key(&key, &search->key);
}

/* The deficit's key in a plan's message. */
static const char *key_in_plan(const struct zl_output *output)
{
        if (output->type == ZL_TYPE_TAKEOVER)
                return ((const struct zl_msg_takeover *)output->object)->key;
        if (output->type == ZL_TYPE_ADL)
                return ((const struct zl_msg_adl *)output->object)->loser_key;
        return ((const struct zl_msg_socialize *)output->object)->key;
}

/* Names the first message of a plan that is about the deficit that was said just now. */
static void note_plan(struct search *search, const struct zl_output *output)
{
        struct zl_text text = zl_text_over(search->met, sizeof search->met);

        zl_text_put(&text, "plan/");
        zl_text_u64(&text, output->header.topic.id);
        zl_text_char(&text, '/');
        zl_text_u64(&text, rev_of_plan(output));
        zl_text_char(&text, '/');
        zl_text_u64(&text, search->row);
}

static void said(void *context, const struct zl_output *output)
{
        struct search *search = context;
        struct zl_key key;

        search->row = output->joins ? search->row + 1 : 0;
        if (output->header.topic.kind == ZL_TOPIC_PLAN && search->said.count && !*search->met &&
            zl_key_parse(key_in_plan(output), &key) && same_key(&key, &search->key))
                note_plan(search, output);
        if (!output->joins)
                search->hearing = is_asked(search, output);
        if (!search->hearing)
                return;
        zl_said_hear(&search->said, output);
        if (search->by_plan && search->replan) {
                free(search->replan_asked);
                search->replan_asked = search->replan;
                search->replan = NULL;
        }
}

/* ---- looking on ---- */

static bool begin(void *context, const struct zl_follow *follow)
{
        struct search *search = context;

        search->engine = follow->run.engine;
        if (zl_origins_open(&search->origins, follow->run.engine))
                return true;
        zl_say("out of memory");
        return false;
}

/* A round that this answer completes is copied while it is whole. */
static void watch(void *context, const struct zl_header *header, const struct zl_message *message)
{
        struct search *search = context;

        if (!search->by_plan || message->type != ZL_TYPE_ADL_BID ||
            !zl_round_completes(search->engine, header, &message->adl_bid))
                return;
        free(search->replan);
        search->replan = malloc(zl_replan_size(search->engine, &message->adl_bid));
        if (search->replan)
                zl_replan_take(search->engine, &message->adl_bid, search->replan);
        else
                search->failed = true;
}

static uint32_t find_pool(const struct zl_engine *engine, uint64_t account, struct zl_pool_id pool)
{
        uint32_t row = zl_state_find_account(engine, account);

        return row == ZL_NONE_AT ? ZL_NONE_AT : zl_state_find_pool(engine, row, pool);
}

static struct zl_message scratch; /* too large for a stack */

static bool before(void *context, const struct zl_follow *follow)
{
        struct search *search = context;

        const struct zl_follow_step *step = &follow->step;

        if (!search->asked->id) {
                struct zl_place place =
                        zl_place_of(&search->time, step->record, step->at, &step->header);
                return !zl_point_passed(&search->at, &place);
        }
        uint32_t pool = search->by_plan ? ZL_NONE_AT
                                        : find_pool(follow->run.engine, search->key.account,
                                                    search->key.pool);
        search->has_before = pool != ZL_NONE_AT;
        if (search->has_before)
                search->before = follow->run.engine->pools[pool];
        return true;
}

/* ---- telling ---- */

/* What came with a snapshot was never said in a message; its scales are the engine's. */
static void learn(const struct zl_follow *follow)
{
        const struct zl_engine *engine = follow->run.engine;

        for (uint32_t i = 0; i < engine->assets_by_id.count; i++) {
                if (!engine->assets[i].defined ||
                    zl_scales_asset_symbol(follow->scales, engine->assets[i].id))
                        continue;
                zl_defined_asset(&engine->assets[i], &scratch);
                zl_scales_learn(follow->scales, &scratch);
        }
        for (uint32_t i = 0; i < engine->instruments_by_id.count; i++) {
                if (!engine->instruments[i].usable ||
                    zl_scales_instrument_price(follow->scales, engine->instruments[i].id) >= 0)
                        continue;
                zl_defined_instrument(&engine->instruments[i], &scratch);
                zl_scales_learn(follow->scales, &scratch);
        }
}

static void look(struct search *search, const struct zl_follow *follow, struct zl_explanation *of)
{
        learn(follow);
        *of = (struct zl_explanation){.asked = search->asked,
                                      .engine = follow->run.engine,
                                      .scales = follow->scales,
                                      .origins = &search->origins,
                                      .step = search->asked->id ? &follow->step : &search->last,
                                      .said = &search->said,
                                      .scratch = &scratch,
                                      .before = search->has_before ? &search->before : NULL,
                                      .matches = true};
}

static void tell(struct search *search, const struct zl_explanation *of)
{
        bool plan = of->kind == ZL_EXPLAINED_PLAN;

        search->told = true;
        if (search->asked->json)
                (plan ? zl_explain_plan_json : zl_explain_json)(of, &search->text);
        else
                (plan ? zl_explain_plan_text : zl_explain_text)(of, &search->text);
}

static struct zl_explanation telling; /* too large for a stack */

/* Of the decision that was said. */
static uint32_t orders_of(const struct search *search)
{
        const struct zl_said_item *item = zl_said_item(&search->said, 0);
        struct zl_frame_reader reader;
        enum zl_err err = zl_frame_open(&reader, zl_said_frame(&search->said, item), item->size);

        while (err == ZL_OK)
                err = zl_frame_next(&reader, &scratch);
        return reader.messages;
}

static bool after(void *context, const struct zl_follow *follow)
{
        struct search *search = context;

        zl_origins_update(&search->origins, follow);
        search->last = follow->step;
        search->last.message = NULL;
        if (!search->said.count || ++search->times < search->asked->nth) {
                zl_said_clear(&search->said);
                search->met[0] = 0;
                return true;
        }
        look(search, follow, &telling);
        if (search->by_plan) {
                telling.kind = ZL_EXPLAINED_PLAN;
                telling.replan = search->replan_asked;
                telling.has_place = search->has_place;
                telling.place = search->plan_place;
                search->failed |= !telling.replan;
                if (!telling.replan)
                        return false;
                telling.matches = zl_explain_plan_matches(&telling);
                search->complained = telling.has_place &&
                                     telling.place >= telling.replan->plan.rows_count;
                if (search->complained)
                        zl_say("%s: the plan has %u messages", search->asked->id,
                               telling.replan->plan.rows_count);
                else
                        tell(search, &telling);
                return false;
        }
        zl_explain_look(&telling,
                     find_pool(follow->run.engine, search->key.account, search->key.pool));
        if (search->key.has_place && search->key.place >= orders_of(search)) {
                zl_say("%s: the decision has %u orders", search->asked->id, orders_of(search));
                search->complained = true;
                return false;
        }
        bool deficit = zl_said_item(&search->said, 0)->topic.kind == ZL_TOPIC_DEFI;
        telling.kind = deficit ? ZL_EXPLAINED_DEFICIT : ZL_EXPLAINED_DECISION;
        telling.met_by = *search->met ? search->met : NULL;
        telling.matches = zl_explain_matches(&telling);
        tell(search, &telling);
        return false;
}

static void tell_account(struct search *search, const struct zl_follow *follow)
{
        const struct zl_engine *engine = follow->run.engine;
        uint32_t account = zl_state_find_account(engine, search->asked->account);

        for (uint32_t row = account == ZL_NONE_AT ? ZL_NONE_AT
                                                  : engine->accounts[account].first_pool;
             row != ZL_NONE_AT; row = engine->pools[row].next_of_account) {
                if (search->asked->pool && zl_pool_id_compare(engine->pools[row].id, search->pool))
                        continue;
                look(search, follow, &telling);
                telling.kind = ZL_EXPLAINED_POOL;
                zl_explain_look(&telling, row);
                tell(search, &telling);
        }
}

static void complain(const struct search *search, const struct zl_follow *follow)
{
        const struct zl_explain *asked = search->asked;
        uint64_t account = search->origins.account;
        uint32_t partition = zl_partition(account, follow->run.engine->partitions);

        if (search->by_plan)
                zl_say("%s: no plan %s was made by this tape's engine", asked->path, asked->id);
        else if (!zl_state_owns(follow->run.engine, partition))
                zl_say("%s: account %llu is in partition %u, which another engine decides for",
                       asked->path, (unsigned long long)account, partition);
        else if (search->times)
                zl_say("%s: %s was said %llu times", asked->path, asked->id,
                       (unsigned long long)search->times);
        else if (asked->id)
                zl_say("%s: %s was never said; %s%s", asked->path, asked->id,
                       *search->last_key ? "the last of this pool is "
                                     : "nothing was said about this pool; try --account",
                       search->last_key);
        else
                zl_say("%s: account %llu has no %s by then", asked->path,
                       (unsigned long long)account, asked->pool ? "such pool" : "pool");
}

static void end(void *context, const struct zl_follow *follow)
{
        struct search *search = context;

        if (!search->asked->id)
                tell_account(search, follow);
        if (!search->told && !search->failed && !search->complained)
                complain(search, follow);
        zl_origins_close(&search->origins);
}

/* ---- all of it ---- */

static enum zl_err print(struct search *search)
{
        if (search->failed || search->said.failed || search->text.full) {
                zl_say(search->text.full ? "there is too much to tell" : "out of memory");
                return ZL_ERR_SYSTEM;
        }
        if (fputs(search->text.data, stdout) != EOF)
                return ZL_OK;
        zl_say_errno("cannot print");
        return ZL_ERR_SYSTEM;
}

enum zl_err zl_explain(const struct zl_explain *asked)
{
        struct search search = {.asked = asked, .at = asked->at};
        const struct zl_follower follower = {.context = &search,
                                         .begin = begin,
                                         .before = before,
                                         .said = said,
                                         .after = after,
                                         .watch = watch,
                                         .end = end};
        enum zl_err err = ZL_ERR_INVALID;
        /* touched as it is written, and no more */
        char *buffer = mmap(NULL, TEXT_SIZE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (buffer == MAP_FAILED) {
                zl_say("out of memory");
                return ZL_ERR_SYSTEM;
        }
        search.text = zl_text_over(buffer, TEXT_SIZE);
        if (parse_asked(&search))
                err = zl_follow(asked->path, &follower);
        else
                zl_say("%s names nothing: expected an order (42/x/17/0/1), a decision's key, or "
                       "plan/FUND/REV with a place or without",
                       asked->id ? asked->id : asked->pool);
        if (err == ZL_OK && !search.told && !search.failed)
                err = ZL_ERR_INVALID;
        if (search.told || search.failed) {
                enum zl_err printed = print(&search);
                err = err == ZL_OK ? printed : err;
        }
        free(search.replan);
        free(search.replan_asked);
        zl_said_free(&search.said);
        munmap(buffer, TEXT_SIZE);
        return err;
}
