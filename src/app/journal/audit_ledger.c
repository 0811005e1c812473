#include "app/journal/audit_ledger.h"

#include "core/stream.h"
#include "core/text.h"

#include <stdlib.h>

enum zl_err zl_ledger_audit_open(struct zl_ledger_audit *audit)
{
        *audit = (struct zl_ledger_audit){
                .commits = calloc(ZL_LEDGER_COMMITS_MAX, sizeof *audit->commits)};
        return audit->commits ? ZL_OK : ZL_ERR_SYSTEM;
}

void zl_ledger_audit_close(struct zl_ledger_audit *audit)
{
        free(audit->commits);
        audit->commits = NULL;
}

/* ---- sums ---- */

static void add(struct zl_ledger_sums *sums, bool money, uint32_t id, zl_i128 amount)
{
        for (uint32_t i = 0; i < sums->count; i++) {
                if (sums->rows[i].money == money && sums->rows[i].id == id) {
                        sums->rows[i].sum += (zl_u128)amount;
                        return;
                }
        }
        if (amount == 0)
                return;
        if (sums->count == ZL_LEDGER_SUMS_MAX) {
                sums->failed = true;
                return;
        }
        sums->rows[sums->count++] =
                (struct zl_ledger_sum){.money = money, .id = id, .sum = (zl_u128)amount};
}

static void add_all(struct zl_ledger_sums *sums, const struct zl_ledger_sums *more)
{
        for (uint32_t i = 0; i < more->count; i++)
                add(sums, more->rows[i].money, more->rows[i].id, (zl_i128)more->rows[i].sum);
        sums->failed |= more->failed;
}

static bool is_zero(const struct zl_ledger_sums *sums)
{
        for (uint32_t i = 0; i < sums->count; i++) {
                if (sums->rows[i].sum)
                        return false;
        }
        return true;
}

/* ---- what an account has ---- */

static zl_i128 fine(int64_t amount)
{
        return amount * zl_pow10(ZL_FINE);
}

/* As the formulas have it: told, or made from the entry. */
static bool cost_of(const struct zl_holding *holding, const struct zl_instrument *instrument,
                    zl_i128 *ret_cost)
{
        zl_i128 unit;

        if (holding->has_cost) {
                *ret_cost = fine(holding->cost);
                return true;
        }
        return zl_mul(instrument->unit, (zl_i128)zl_magnitude(holding->qty), &unit) &&
               zl_mul(unit, zl_coordinate(instrument, holding->entry), ret_cost);
}

/* Bought is paid for: with this, a trade moves as much money as it moves back on the other side. */
static void add_position(struct zl_ledger_sums *sums, const struct zl_position *position,
                         const struct zl_instrument *instrument, bool cross, int way)
{
        const struct zl_holding *holding = &position->holding;
        bool paid = (holding->qty > 0) != (instrument->kind == ZL_KIND_INVERSE);
        zl_i128 cost = 0;

        if (!instrument->defined || !instrument->usable ||
            (holding->qty && !cost_of(holding, instrument, &cost))) {
                sums->failed = true;
                return;
        }
        add(sums, false, instrument->id, (zl_i128)way * holding->qty);
        add(sums, true, instrument->settle, way * (paid ? -cost : cost));
        if (!cross)
                add(sums, true, instrument->settle, way * fine(holding->margin));
}

static void add_account(struct zl_ledger_sums *sums, const struct zl_engine *engine, uint32_t row,
                        int way)
{
        const struct zl_account *account = &engine->accounts[row];

        for (uint32_t at = account->first_balance; at != ZL_NONE_AT;
             at = engine->balances[at].next_of_account)
                add(sums, true, engine->assets[engine->balances[at].asset].id,
                    way * fine(engine->balances[at].amount));
        for (uint32_t at = account->first_pool; at != ZL_NONE_AT;
             at = engine->pools[at].next_of_account) {
                const struct zl_pool *pool = &engine->pools[at];
                for (uint32_t p = pool->first_position; p != ZL_NONE_AT;
                     p = engine->positions[p].next_of_pool) {
                        const struct zl_position *position = &engine->positions[p];
                        add_position(sums, position, &engine->instruments[position->instrument],
                                     pool->id.cross, way);
                }
        }
}

/* ---- commits ---- */

static bool is_closed(const struct zl_ledger_audit *audit, uint64_t number)
{
        return audit->closed[number % ZL_LEDGER_CLOSED_MAX].number == number;
}

static const char *tell_more(struct zl_ledger_audit *audit, uint64_t number)
{
        struct zl_text text = zl_text_over(audit->evidence, sizeof audit->evidence);

        zl_text_put(&text, "commit ");
        zl_text_u64(&text, number);
        zl_text_put(&text, " changed more accounts and funds than it says");
        return audit->evidence;
}

/* The oldest gives way; NULL: this one is older than all. */
static struct zl_ledger_commit *commit_of(struct zl_ledger_audit *audit, uint64_t number)
{
        struct zl_ledger_commit *oldest = NULL;

        for (uint32_t i = 0; i < ZL_LEDGER_COMMITS_MAX; i++) {
                struct zl_ledger_commit *commit = &audit->commits[i];
                if (commit->number == number)
                        return commit;
                if (!oldest || commit->number < oldest->number)
                        oldest = commit;
        }
        audit->unaudited += oldest->number > 0 || number < oldest->number;
        if (number < oldest->number)
                return NULL;
        oldest->number = number;
        oldest->seen = oldest->told = oldest->named_count = oldest->sums.count = 0;
        oldest->complete_told = oldest->missed = oldest->sums.failed = false;
        return oldest;
}

static const char *tell(struct zl_ledger_audit *audit, const struct zl_engine *engine,
                        const struct zl_ledger_commit *commit)
{
        struct zl_text text = zl_text_over(audit->evidence, sizeof audit->evidence);
        const struct zl_ledger_sum *row = commit->sums.rows;
        uint32_t at, scale;

        while (row->sum == 0)
                row++;
        zl_text_put(&text, "commit ");
        zl_text_u64(&text, commit->number);
        zl_text_put(&text, row->money ? " does not add up: of asset "
                                      : " does not add up: of instrument ");
        zl_text_u64(&text, row->id);
        zl_text_put(&text, " there is ");
        if (row->money)
                scale = zl_map_get(&engine->assets_by_id, row->id, &at)
                                ? engine->assets[at].scale + ZL_FINE
                                : 0;
        else
                scale = zl_map_get(&engine->instruments_by_id, row->id, &at)
                                ? engine->instruments[at].qty_scale
                                : 0;
        zl_text_decimal(&text, (zl_i128)row->sum, scale);
        zl_text_put(&text, " more than before; it changed ");
        zl_text_u64(&text, commit->told);
        zl_text_put(&text, " accounts and funds");
        for (uint32_t i = 0; i < commit->named_count; i++) {
                zl_text_put(&text, i ? ", " : ": ");
                zl_text_u64(&text, commit->named[i]);
        }
        return audit->evidence;
}

static const char *close_if_complete(struct zl_ledger_audit *audit, const struct zl_engine *engine,
                                     struct zl_ledger_commit *commit)
{
        uint64_t number = commit->number;
        bool judged = !commit->missed && !commit->sums.failed;
        const char *wrong = NULL;

        if (!commit->complete_told || commit->seen < commit->told)
                return NULL;
        if (!judged)
                audit->unaudited++;
        else if (commit->seen > commit->told)
                wrong = tell_more(audit, number);
        else if (is_zero(&commit->sums))
                audit->audited++;
        else
                wrong = tell(audit, engine, commit);
        audit->wrong += wrong != NULL;
        audit->closed[number % ZL_LEDGER_CLOSED_MAX].number = number;
        audit->closed[number % ZL_LEDGER_CLOSED_MAX].judged = judged;
        commit->number = 0;
        return wrong;
}

/* One account or fund changed by it. `id` names an account; UINT64_MAX: a fund. */
static const char *take_change(struct zl_ledger_audit *audit, const struct zl_engine *engine,
                               uint64_t number, uint64_t id, bool missed)
{
        if (number == 0)
                return NULL; /* this ledger does not count them */
        if (is_closed(audit, number)) {
                bool judged = audit->closed[number % ZL_LEDGER_CLOSED_MAX].judged;
                audit->wrong += judged && !missed;
                return judged && !missed ? tell_more(audit, number) : NULL;
        }
        struct zl_ledger_commit *commit = commit_of(audit, number);
        if (!commit)
                return NULL;
        commit->seen++;
        commit->missed |= missed;
        if (id != UINT64_MAX && commit->named_count < ZL_LEDGER_NAMED_MAX)
                commit->named[commit->named_count++] = id;
        add_all(&commit->sums, &audit->change);
        return close_if_complete(audit, engine, commit);
}

static const char *take_commit(struct zl_ledger_audit *audit, const struct zl_engine *engine,
                               const struct zl_msg_commit *said)
{
        struct zl_ledger_commit *commit;

        if (said->commit == 0 || is_closed(audit, said->commit))
                return NULL;
        commit = commit_of(audit, said->commit);
        if (!commit || commit->complete_told)
                return NULL;
        commit->complete_told = true;
        commit->told = said->changes;
        for (uint32_t i = 0; i < said->quantities_count; i++)
                add(&commit->sums, false, said->quantities[i].instrument, said->quantities[i].qty);
        for (uint32_t i = 0; i < said->amounts_count; i++)
                add(&commit->sums, true, said->amounts[i].asset, fine(said->amounts[i].amount));
        return close_if_complete(audit, engine, commit);
}

/* ---- messages ---- */

void zl_ledger_audit_frame(struct zl_ledger_audit *audit, const struct zl_engine *engine,
                           const struct zl_header *header)
{
        const struct zl_stream *stream = zl_stream_find(engine, header->src, header->topic);
        bool heard = stream && stream->heard, same = heard && header->epoch == stream->epoch;

        audit->follows = heard ? same && !stream->torn && header->seq == stream->seq + 1
                               : header->seq == 1;
        audit->repeated = heard && (header->epoch < stream->epoch ||
                                    (same && header->seq <= stream->seq));
}

void zl_ledger_audit_before(struct zl_ledger_audit *audit, const struct zl_engine *engine,
                            const struct zl_message *message)
{
        if (message->type != ZL_TYPE_ACCOUNT)
                return;
        uint32_t row = zl_state_find_account(engine, message->account.account);
        audit->change.count = 0;
        audit->change.failed = false;
        audit->known = row != ZL_NONE_AT && engine->accounts[row].rev > 0;
        audit->rev = audit->known ? engine->accounts[row].rev : 0;
        audit->stood_still = audit->known && engine->accounts[row].suspended;
        if (audit->known)
                add_account(&audit->change, engine, row, -1);
}

static const char *after_account(struct zl_ledger_audit *audit, const struct zl_engine *engine,
                                 const struct zl_msg_account *said)
{
        uint32_t row = zl_state_find_account(engine, said->account);

        if (row == ZL_NONE_AT)
                return NULL;
        const struct zl_account *account = &engine->accounts[row];
        add_account(&audit->change, engine, row, 1);
        if (account->rev == audit->rev) { /* a restatement, or refused */
                if (audit->stood_still || account->suspended || audit->change.failed ||
                    is_zero(&audit->change))
                        return NULL;
                struct zl_text text = zl_text_over(audit->evidence, sizeof audit->evidence);
                zl_text_put(&text, "account ");
                zl_text_u64(&text, said->account);
                zl_text_put(&text, " has other quantities or money under the same revision ");
                zl_text_u64(&text, account->rev);
                audit->wrong++;
                return audit->evidence;
        }
        bool from_nothing = !audit->known && said->rev == 1;
        bool missed = audit->stood_still || account->suspended || !audit->follows ||
                      !(audit->known || from_nothing);
        return take_change(audit, engine, said->commit, said->account, missed);
}

static struct zl_ledger_fund *fund_of(struct zl_ledger_audit *audit, uint32_t id)
{
        for (uint32_t i = 0; i < audit->funds_count; i++) {
                if (audit->funds[i].id == id)
                        return &audit->funds[i];
        }
        if (audit->funds_count == ZL_LEDGER_FUNDS_MAX)
                return NULL;
        audit->funds[audit->funds_count] = (struct zl_ledger_fund){.id = id};
        return &audit->funds[audit->funds_count++];
}

/* A fund is what its messages say: what the engine thinks of them does not count here. */
static const char *after_fund(struct zl_ledger_audit *audit, const struct zl_engine *engine,
                              const struct zl_msg_fund *said)
{
        struct zl_ledger_fund *fund = fund_of(audit, said->fund);

        if (!fund || said->rev <= fund->rev)
                return NULL;
        bool missed = fund->rev ? !audit->follows || fund->asset != said->asset : said->rev != 1;
        audit->change.count = 0;
        audit->change.failed = false;
        add(&audit->change, true, said->asset, fine(said->balance) - fine(fund->balance));
        *fund = (struct zl_ledger_fund){.id = said->fund,
                                        .asset = said->asset,
                                        .rev = said->rev,
                                        .balance = said->balance};
        return take_change(audit, engine, said->commit, UINT64_MAX, missed);
}

const char *zl_ledger_audit_after(struct zl_ledger_audit *audit, const struct zl_engine *engine,
                                  const struct zl_message *message)
{
        const char *wrong = NULL;

        if (audit->repeated)
                return NULL;
        if (message->type == ZL_TYPE_ACCOUNT)
                wrong = after_account(audit, engine, &message->account);
        else if (message->type == ZL_TYPE_FUND)
                wrong = after_fund(audit, engine, &message->fund);
        else if (message->type == ZL_TYPE_COMMIT)
                wrong = take_commit(audit, engine, &message->commit);
        audit->follows = true; /* the next of this frame follows this one */
        return wrong;
}
