#include "app/whatif/answers.h"

#include "core/key.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { RANGE_MOST = 4096 };

/* Revisions in the order in which they were found, sorted at the end. */
struct revs {
        uint64_t *revs;
        uint32_t count, room;
};

struct account {
        uint64_t rev;
        bool lost;
        struct revs answers;
};

/* A fund's revision that may have come of an account's. */
struct follower {
        uint64_t rev, account, account_rev;
};

struct fund {
        uint32_t asset;
        uint64_t rev;
        bool heard;
        int64_t first, last;
        struct revs answers;
        struct follower *followers;
        uint32_t followers_count, followers_room;
};

/* What was proposed, by the hash of its id. */
struct order {
        uint64_t rev; /* of the account, when it was first proposed */
        uint32_t instrument;
        bool known, closes, counted;
};

/* Who stands in a plan, by its digest. */
struct plan {
        struct party {
                uint64_t account, rev;
                bool loses;
        } *parties;
        uint32_t parties_count;
        uint64_t pairs;
        zl_i128 notional;
        bool used;
};

/* What a source stated last: one account, and all those without anything else between them. */
struct source {
        bool has;
        uint64_t account, rev, commit;
        uint64_t plan_commit; /* of the last fund's revision that a plan made */
        struct stated {
                uint64_t account, after, upto; /* revisions */
        } *stated;
        uint32_t stated_count, stated_room;
};

void zl_answers_open(struct zl_answers *answers, const struct zl_house *books,
                     struct zl_whatif_recorded *recorded)
{
        *answers = (struct zl_answers){
                .books = books,
                .recorded = recorded,
                .accounts = {.row_size = sizeof(struct account)},
                .funds = {.row_size = sizeof(struct fund)},
                .orders = {.row_size = sizeof(struct order)},
                .plans = {.row_size = sizeof(struct plan)},
                .sources = {.row_size = sizeof(struct source)},
        };
}

void zl_answers_close(struct zl_answers *answers)
{
        struct account *accounts = answers->accounts.rows;
        struct fund *funds = answers->funds.rows;
        struct plan *plans = answers->plans.rows;
        struct source *sources = answers->sources.rows;

        for (uint32_t i = 0; i < answers->sources.map.count; i++)
                free(sources[i].stated);
        for (uint32_t i = 0; i < answers->accounts.map.count; i++)
                free(accounts[i].answers.revs);
        for (uint32_t i = 0; i < answers->funds.map.count; i++) {
                free(funds[i].answers.revs);
                free(funds[i].followers);
        }
        for (uint32_t i = 0; i < answers->plans.map.count; i++)
                free(plans[i].parties);
        zl_table_free(&answers->accounts);
        zl_table_free(&answers->funds);
        zl_table_free(&answers->orders);
        zl_table_free(&answers->plans);
        zl_table_free(&answers->sources);
}

/* ---- lists ---- */

static void *room_for(void *rows, uint32_t count, uint32_t *room, size_t size)
{
        if (count < *room)
                return rows;
        uint32_t more = *room ? 2 * *room : 4;
        void *grown = realloc(rows, more * size);
        if (grown)
                *room = more;
        return grown;
}

static bool add_rev(struct revs *revs, uint64_t rev)
{
        uint64_t *grown = room_for(revs->revs, revs->count, &revs->room, sizeof *grown);

        if (!grown)
                return false;
        revs->revs = grown;
        revs->revs[revs->count++] = rev;
        return true;
}

static int by_rev(const void *a, const void *b)
{
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return (x > y) - (x < y);
}

static void sort_revs(struct revs *revs)
{
        uint32_t kept = 0;

        if (revs->count)
                qsort(revs->revs, revs->count, sizeof *revs->revs, by_rev);
        for (uint32_t i = 0; i < revs->count; i++) {
                if (kept == 0 || revs->revs[kept - 1] != revs->revs[i])
                        revs->revs[kept++] = revs->revs[i];
        }
        revs->count = kept;
}

/* How many are not above `most`. */
static uint32_t rank_of(const struct revs *revs, uint64_t most)
{
        uint32_t low = 0, high = revs->count;

        while (low < high) {
                uint32_t middle = low + (high - low) / 2;
                if (revs->revs[middle] <= most)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static uint64_t hash_of(const char *text)
{
        return XXH3_64bits(text, strlen(text));
}

/* ---- what was decided ---- */

static void hear_order(struct zl_answers *answers, const struct zl_message *message)
{
        const char *id = message->type == ZL_TYPE_CANCEL    ? message->cancel.order
                         : message->type == ZL_TYPE_CONVERT ? message->convert.order
                                                            : message->liquidate.order;
        struct order *order = zl_table_row(&answers->orders, hash_of(id));
        const struct account *account;
        struct zl_key key;

        if (!order || order->known || !zl_key_parse(id, &key))
                return;
        account = zl_table_get(&answers->accounts, key.account);
        *order = (struct order){.known = true,
                                       .rev = account ? account->rev : key.base,
                                       .closes = message->type == ZL_TYPE_LIQUIDATE};
        if (order->closes)
                order->instrument = message->liquidate.instrument;
        answers->recorded->decisions += key.place == 0;
}

static void add_party(struct zl_answers *answers, struct plan *plan, uint64_t id, bool loses)
{
        const struct account *account = zl_table_get(&answers->accounts, id);

        for (uint32_t i = 0; i < plan->parties_count; i++) {
                if (plan->parties[i].account == id)
                        return;
        }
        struct party *grown =
                realloc(plan->parties, (plan->parties_count + 1) * sizeof *plan->parties);
        if (!grown) {
                answers->failed = true;
                return;
        }
        plan->parties = grown;
        plan->parties[plan->parties_count++] =
                (struct party){id, account ? account->rev : 0, loses};
}

static void hear_plan_row(struct zl_answers *answers, struct plan *plan,
                          const struct zl_message *message)
{
        const char *loser = message->type == ZL_TYPE_TAKEOVER ? message->takeover.key
                            : message->type == ZL_TYPE_ADL    ? message->adl.loser_key
                                                              : message->socialize.key;
        struct zl_key key;

        if (zl_key_parse(loser, &key))
                add_party(answers, plan, key.account, true);
        if (message->type == ZL_TYPE_SOCIALIZE)
                add_party(answers, plan, message->socialize.account, false);
        if (message->type != ZL_TYPE_ADL)
                return;
        const struct zl_msg_adl *adl = &message->adl;
        const struct zl_house_market *market = zl_house_market(answers->books, adl->instrument);
        add_party(answers, plan, adl->winner_account, false);
        plan->pairs++;
        if (market)
                plan->notional += zl_house_numeraire(answers->books, market,
                                                     zl_house_value(market, adl->qty, adl->price));
}

void zl_answers_hear(struct zl_answers *answers, const struct zl_said *said,
                     struct zl_message *scratch)
{
        struct zl_frame_reader reader;
        const struct zl_said_item *item;

        for (size_t i = 0; (item = zl_said_item(said, i)) != NULL; i++) {
                const uint8_t *frame = zl_said_frame(said, item);
                struct plan *plan = NULL;
                if ((item->topic.kind != ZL_TOPIC_ORDR && item->topic.kind != ZL_TOPIC_PLAN) ||
                    zl_frame_open(&reader, frame, item->size) != ZL_OK)
                        continue;
                if (item->topic.kind == ZL_TOPIC_PLAN)
                        plan = zl_table_row(&answers->plans,
                                            XXH3_64bits(frame + reader.offset,
                                                        item->size - reader.offset));
                while (zl_frame_next(&reader, scratch) == ZL_OK) {
                        if (item->topic.kind == ZL_TOPIC_ORDR)
                                hear_order(answers, scratch);
                        else if (plan)
                                hear_plan_row(answers, plan, scratch);
                }
        }
}

/* ---- what was answered ---- */

static bool is_answer(const struct zl_msg_exec *exec)
{
        return exec->status == ZL_EXEC_STATUS_FILLED || exec->status == ZL_EXEC_STATUS_PARTIAL ||
               exec->status == ZL_EXEC_STATUS_EXPIRED || exec->status == ZL_EXEC_STATUS_REJECTED;
}

static void count_fill(struct zl_answers *answers, struct order *order,
                       const struct zl_msg_exec *exec)
{
        const struct zl_house_market *market = zl_house_market(answers->books, order->instrument);
        struct zl_whatif_recorded *recorded = answers->recorded;

        if (!order->closes || order->counted || !exec->final || exec->filled <= 0)
                return;
        order->counted = true;
        recorded->liquidations++;
        if (market && !ZL_ABSENT(exec, exec, price))
                recorded->notional += zl_house_numeraire(
                        answers->books, market, zl_house_value(market, exec->filled, exec->price));
}

static void hear_exec(struct zl_answers *answers, const struct zl_msg_exec *exec)
{
        struct zl_key key;

        if (!is_answer(exec) || !zl_key_parse(exec->order, &key))
                return;
        struct order *order = zl_table_row(&answers->orders, hash_of(exec->order));
        struct account *account = zl_table_row(&answers->accounts, key.account);
        if (!order || !account) {
                answers->failed = true;
                return;
        }
        answers->recorded->answered = true;
        if (!order->known) { /* another worker's */
                *order = (struct order){.known = true,
                                               .rev = key.base,
                                               .closes = exec->step >= ZL_EXEC_STEP_PARTIAL,
                                               .instrument = key.pool.instrument};
        }
        count_fill(answers, order, exec);
        if (exec->rev <= order->rev || exec->rev <= key.base)
                return;
        account->lost |= order->closes;
        answers->failed |= !add_rev(&account->answers, exec->rev);
}

static void hear_account(struct zl_answers *answers, const struct zl_header *header,
                         const struct zl_msg_account *said)
{
        struct account *account = zl_table_row(&answers->accounts, said->account);
        struct source *source = zl_table_row(&answers->sources, header->src);
        struct stated *grown = source ? room_for(source->stated, source->stated_count,
                                                 &source->stated_room, sizeof *grown)
                                      : NULL;

        if (!account || !grown) {
                answers->failed = true;
                return;
        }
        source->stated = grown;
        source->has = true;
        source->account = said->account;
        source->rev = said->rev;
        source->commit = said->commit;
        if (said->rev <= account->rev)
                return;
        if (account->rev > 0) /* the first statement is no change */
                source->stated[source->stated_count++] =
                        (struct stated){said->account, account->rev, said->rev};
        account->rev = said->rev;
}

static void add_range(struct zl_answers *answers, struct account *account, uint64_t after,
                      uint64_t upto)
{
        for (uint64_t rev = after + 1; upto - after <= RANGE_MOST && rev <= upto; rev++)
                answers->failed |= !add_rev(&account->answers, rev);
}

/* A plan whose rows are not known: its ledger stated right before what it changed. */
static void carry_out_unknown(struct zl_answers *answers, const struct source *source)
{
        answers->recorded->plans++;
        answers->recorded->plans_unknown++;
        for (uint32_t i = 0; source && i < source->stated_count; i++) {
                const struct stated *stated = &source->stated[i];
                struct account *account = zl_table_get(&answers->accounts, stated->account);
                if (account)
                        add_range(answers, account, stated->after, stated->upto);
        }
}

/* The plan that made this revision of the fund was carried out: whoever stands in it was stated
 * since it was said. */
static void carry_out(struct zl_answers *answers, struct plan *plan)
{
        struct zl_whatif_recorded *recorded = answers->recorded;

        recorded->plans++;
        if (plan->used)
                return;
        plan->used = true;
        recorded->pairs += plan->pairs;
        recorded->adl_notional += plan->notional;
        for (uint32_t i = 0; i < plan->parties_count; i++) {
                const struct party *party = &plan->parties[i];
                struct account *account =
                        zl_table_get(&answers->accounts, party->account);
                if (!account)
                        continue;
                account->lost |= party->loses && account->rev > party->rev;
                add_range(answers, account, party->rev, account->rev);
        }
}

static void hear_plan(struct zl_answers *answers, struct fund *fund, struct source *source,
                      const struct zl_msg_fund *said)
{
        struct plan *plan = zl_table_get(&answers->plans, said->plan);

        if (plan)
                carry_out(answers, plan);
        else
                carry_out_unknown(answers, source);
        answers->failed |= !add_rev(&fund->answers, said->rev);
        if (source)
                source->plan_commit = said->commit;
}

static void follow(struct zl_answers *answers, struct fund *fund, const struct source *source,
                   uint64_t rev)
{
        struct follower *grown = room_for(fund->followers, fund->followers_count,
                                          &fund->followers_room, sizeof *grown);

        if (!grown) {
                answers->failed = true;
                return;
        }
        fund->followers = grown;
        fund->followers[fund->followers_count++] =
                (struct follower){rev, source->account, source->rev};
}

static void hear_fund(struct zl_answers *answers, const struct zl_header *header,
                      const struct zl_msg_fund *said)
{
        struct fund *fund = zl_table_row(&answers->funds, said->fund);
        struct source *source = zl_table_get(&answers->sources, header->src);

        if (!fund) {
                answers->failed = true;
                return;
        }
        bool first = !fund->heard;
        if (!first && said->rev <= fund->rev)
                return;
        fund->rev = said->rev;
        fund->last = said->balance;
        if (first) { /* it is no change */
                fund->heard = true;
                fund->asset = said->asset;
                fund->first = said->balance;
        } else if (said->plan) {
                hear_plan(answers, fund, source, said);
        } else if (source && said->commit && said->commit == source->plan_commit) {
                answers->failed |= !add_rev(&fund->answers, said->rev);
        } else if (source && source->has && said->commit == source->commit) {
                follow(answers, fund, source, said->rev);
        }
}

void zl_answers_take(struct zl_answers *answers, const struct zl_header *header,
                     const struct zl_message *message)
{
        enum zl_topic_kind kind = header->topic.kind;

        if (message->type == ZL_TYPE_ACCOUNT)
                hear_account(answers, header, &message->account);
        else if (message->type == ZL_TYPE_FUND)
                hear_fund(answers, header, &message->fund);
        else if (message->type == ZL_TYPE_EXEC)
                hear_exec(answers, &message->exec);
        struct source *source = zl_table_get(&answers->sources, header->src);
        if (source && kind != ZL_TOPIC_ACCT)
                source->stated_count = 0;
        if (source && kind != ZL_TOPIC_ACCT && kind != ZL_TOPIC_FUND)
                source->has = source->commit != 0; /* without a number only the next frame tells */
}

/* ---- the end ---- */

void zl_answers_settle(struct zl_answers *answers)
{
        struct account *accounts = answers->accounts.rows;
        struct fund *funds = answers->funds.rows;

        for (uint32_t i = 0; i < answers->accounts.map.count; i++) {
                sort_revs(&accounts[i].answers);
                answers->recorded->accounts += accounts[i].lost;
        }
        for (uint32_t i = 0; i < answers->funds.map.count; i++) {
                for (uint32_t k = 0; k < funds[i].followers_count; k++) {
                        const struct follower *follower = &funds[i].followers[k];
                        if (follower->account_rev &&
                            zl_answers_of(answers, follower->account, follower->account_rev - 1,
                                              follower->account_rev))
                                (void)add_rev(&funds[i].answers, follower->rev);
                }
                sort_revs(&funds[i].answers);
                answers->recorded->fund_change += zl_house_exchange(
                        answers->books, funds[i].asset, (zl_i128)funds[i].last - funds[i].first,
                        answers->books->numeraire);
        }
}

uint64_t zl_answers_of(const struct zl_answers *answers, uint64_t account, uint64_t after,
                           uint64_t upto)
{
        const struct account *row = zl_table_get(&answers->accounts, account);

        return row ? rank_of(&row->answers, upto) - rank_of(&row->answers, after) : 0;
}

uint64_t zl_answers_of_fund(const struct zl_answers *answers, uint32_t fund, uint64_t after,
                                uint64_t upto)
{
        const struct fund *row = zl_table_get(&answers->funds, fund);

        return row ? rank_of(&row->answers, upto) - rank_of(&row->answers, after) : 0;
}

bool zl_answers_lost(const struct zl_answers *answers, uint64_t account)
{
        const struct account *row = zl_table_get(&answers->accounts, account);

        return row && row->lost;
}
