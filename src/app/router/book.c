#include "app/router/book.h"

#include <stdlib.h>

enum { LOOKS_MAX = 4096 }; /* pools that are looked at in one go */

/* Admits nothing at first. */
struct partition {
        bool admits;
        uint64_t life;  /* decisions of another one are forgotten */
        uint64_t holes; /* so often frames of the ledger were missed */
};

struct account {
        uint32_t number, partition;
        bool broken;         /* a revision was missed */
        uint64_t holes;      /* its partition's when it was last stated in full */
        uint64_t rev;
        uint64_t statements; /* full ones so far; 0: never heard of */
        uint32_t cross_count; /* cross positions and balances */
};

/* The ledger has it while `statement` is its account's present one. */
struct holding {
        uint64_t statement;
};

struct pool {
        uint64_t base; /* the ledger's */
        struct zl_msg_exec *orders; /* of the decision held, as answered last; NULL: none is */
        uint64_t life, admitted_ns; /* its partition's then, and when */
        uint32_t partition;
        uint32_t orders_count, orders_open;
        uint64_t held_base;
        uint32_t held_n;
        enum zl_exec_step step;
        bool changed; /* the decision held */
};

void zl_book_open(struct zl_book *book)
{
        *book = (struct zl_book){.partitions = {.row_size = sizeof(struct partition)},
                                 .accounts = {.row_size = sizeof(struct account)},
                                 .names = {.row_size = sizeof(uint32_t)},
                                 .pools = {.row_size = sizeof(struct pool)},
                                 .holdings = {.row_size = sizeof(struct holding)}};
}

void zl_book_close(struct zl_book *book)
{
        struct pool *pools = book->pools.rows;

        for (uint32_t i = 0; i < book->pools.map.count; i++)
                free(pools[i].orders);
        zl_table_free(&book->partitions);
        zl_table_free(&book->accounts);
        zl_table_free(&book->names);
        zl_table_free(&book->pools);
        zl_table_free(&book->holdings);
}

/* ---- rows ---- */

/* Names as numbers: of isolated pools, of the cross pool, of its positions, of balances. */
static uint64_t pool_name(struct zl_pool_id pool)
{
        return pool.cross ? (uint64_t)3 << 32 : (uint64_t)pool.leg << 32 | pool.instrument;
}

static uint64_t position_name(const struct zl_row_position *position)
{
        uint64_t kind = position->mode == ZL_MODE_CROSS ? 4 : 0;

        return (kind + position->leg) << 32 | position->instrument;
}

static uint64_t balance_name(uint32_t asset)
{
        return (uint64_t)8 << 32 | asset;
}

static struct account *account_of(struct zl_book *book, uint64_t id, bool make)
{
        struct account *account = make ? zl_table_row(&book->accounts, id)
                                       : zl_table_get(&book->accounts, id);

        if (account && !account->number)
                account->number = book->accounts.map.count;
        return account;
}

/* The key of an account's row by this name. 0: there is none, or no memory for one. */
static uint64_t key_of(struct zl_book *book, const struct account *account, uint64_t name,
                       bool make)
{
        uint32_t *number = make ? zl_table_row(&book->names, name)
                                : zl_table_get(&book->names, name);

        if (!number)
                return 0;
        if (!*number)
                *number = book->names.map.count;
        return (uint64_t)account->number << 32 | *number;
}

static void *row_of(struct zl_book *book, struct zl_table *table, const struct account *account,
                    uint64_t name, bool make)
{
        uint64_t key = key_of(book, account, name, make);

        if (!key)
                return NULL;
        return make ? zl_table_row(table, key) : zl_table_get(table, key);
}

/* ---- partitions ---- */

void zl_book_forget(struct zl_book *book, uint32_t id)
{
        struct partition *partition = zl_table_row(&book->partitions, id);

        if (!partition)
                return; /* what is not there admits nothing */
        partition->admits = false;
        partition->life++;
}

void zl_book_resume(struct zl_book *book, uint32_t id)
{
        struct partition *partition = zl_table_row(&book->partitions, id);

        if (partition)
                partition->admits = true;
}

void zl_book_lose(struct zl_book *book, uint32_t id)
{
        struct partition *partition = zl_table_get(&book->partitions, id);

        if (partition)
                partition->holes++;
}

/* The account's pool, without a decision of an earlier life. */
static struct pool *pool_of(struct zl_book *book, const struct account *account,
                            const struct partition *partition, struct zl_pool_id id)
{
        struct pool *pool = row_of(book, &book->pools, account, pool_name(id), false);

        if (pool && pool->orders && pool->life != partition->life) {
                free(pool->orders);
                pool->orders = NULL;
        }
        return pool;
}

/* ---- what the ledger says ---- */

/* Forgets a decision of an older base that is over: nobody may ask for it any more. */
static void tidy(struct pool *pool)
{
        if (!pool->orders || pool->orders_open || pool->held_base >= pool->base)
                return;
        free(pool->orders);
        pool->orders = NULL;
}

static void learn_base(struct zl_book *book, struct account *account, uint64_t name,
                       uint64_t base)
{
        struct pool *pool = row_of(book, &book->pools, account, name, true);

        if (!pool) {
                account->broken = true; /* no memory */
                return;
        }
        if (base > pool->base)
                pool->base = base;
        tidy(pool);
}

static void learn_holding(struct zl_book *book, struct account *account, uint64_t name,
                          bool cross, bool held)
{
        struct holding *holding = row_of(book, &book->holdings, account, name, held);

        if (!holding) {
                account->broken |= held; /* no memory */
                return;
        }
        bool was_held = holding->statement == account->statements;
        holding->statement = held ? account->statements : 0;
        if (cross)
                account->cross_count += (uint32_t)held - (uint32_t)was_held;
}

/* Old news change nothing; a hole breaks the account until it is stated in full. */
static bool in_order(struct account *account, uint64_t holes, const struct zl_msg_account *said)
{
        bool heard = account->statements > 0;

        if (heard && (said->full ? said->rev < account->rev : said->rev <= account->rev))
                return false;
        if (!said->full && said->rev != account->rev + 1)
                account->broken = true;
        if (said->full || !heard) {
                account->statements++;
                account->cross_count = 0;
        }
        if (said->full)
                account->broken = false;
        if (said->full || !heard)
                account->holes = holes;
        account->rev = said->rev;
        return true;
}

void zl_book_learn(struct zl_book *book, uint32_t id, const struct zl_msg_account *said)
{
        const struct zl_pool_id cross = {.cross = true};
        const struct partition *partition = zl_table_row(&book->partitions, id);
        struct account *account = partition ? account_of(book, said->account, true) : NULL;

        if (!account || !in_order(account, partition->holes, said))
                return;
        account->partition = id;
        for (uint32_t i = 0; i < said->positions_count; i++) {
                const struct zl_row_position *position = &said->positions[i];
                uint64_t name = position_name(position);
                bool is_cross = position->mode == ZL_MODE_CROSS;
                learn_holding(book, account, name, is_cross, position->qty != 0);
                if (!is_cross)
                        learn_base(book, account, name,
                                   ZL_ABSENT(position, position, rev) ? said->rev
                                                                      : position->rev);
        }
        for (uint32_t i = 0; i < said->balances_count; i++) {
                const struct zl_row_balance *balance = &said->balances[i];
                learn_holding(book, account, balance_name(balance->asset), true,
                              balance->amount || balance->order_margin);
        }
        learn_base(book, account, pool_name(cross), said->cross_rev);
}

static bool is_known(struct zl_book *book, const struct account *account, struct zl_pool_id id)
{
        if (id.cross)
                return account->cross_count > 0;
        const struct holding *holding =
                row_of(book, &book->holdings, account, pool_name(id), false);
        return holding && holding->statement && holding->statement == account->statements;
}

/* ---- judging ---- */

static struct zl_msg_exec exec_of(const struct zl_key *key, enum zl_exec_status status,
                                  enum zl_exec_step step)
{
        struct zl_msg_exec exec = {.status = status, .step = step};

        exec.absent = (uint64_t)1 << ZL_AT_exec_price;
        zl_key_format(key, exec.order);
        return exec;
}

static void refuse(const struct zl_key *key, enum zl_exec_status status, uint64_t rev,
                   struct zl_verdict *verdict)
{
        verdict->answer = exec_of(key, status, ZL_EXEC_STEP_NONE);
        verdict->answer.rev = rev;
}

/* The key was admitted before, or one that comes after it: then no more is known of it than that it
 * is over. A cancel's `rev` is part of what is repeated. */
static void repeat(const struct pool *pool, const struct zl_key *key, struct zl_verdict *verdict)
{
        enum zl_exec_step step = key->n < pool->held_n ? ZL_EXEC_STEP_NONE : pool->step;

        refuse(key, ZL_EXEC_STATUS_TAKEN, 0, verdict);
        verdict->answer.step = step;
        verdict->end = exec_of(key, ZL_EXEC_STATUS_EXPIRED, step);
        verdict->end.final = true;
        if (key->n < pool->held_n) {
                verdict->over = true; /* else the next one had not been admitted */
                return;
        }
        verdict->orders = pool->orders;
        verdict->orders_count = pool->orders_count;
        verdict->over = pool->orders_open == 0 && !pool->changed;
        for (uint32_t i = 0; i < pool->orders_count; i++) {
                if (pool->orders[i].rev > verdict->end.rev)
                        verdict->end.rev = pool->orders[i].rev;
        }
}

/* The ledger has changed the account since, which is not heard yet. */
static bool is_behind(const struct account *account, const struct pool *pool)
{
        for (uint32_t i = 0; pool->orders && i < pool->orders_count; i++) {
                if (pool->orders[i].rev > account->rev)
                        return true;
        }
        return false;
}

static bool is_busy(struct zl_book *book, const struct account *account,
                    const struct partition *partition, const struct pool *pool,
                    const struct zl_key *key)
{
        bool held = pool->orders != NULL;

        return is_behind(account, pool) || account->broken ||
               account->holes != partition->holes || key->base > pool->base ||
               !is_known(book, account, key->pool) || (held && pool->orders_open) ||
               (held && pool->held_base == key->base && pool->changed); /* a newer base comes */
}

static void admit(struct pool *pool, uint64_t life, const struct zl_proposal *proposal,
                  uint64_t now_ns, struct zl_verdict *verdict)
{
        struct zl_msg_exec *orders = calloc(proposal->orders_count, sizeof *orders);
        struct zl_key id = proposal->key;

        if (!orders) {
                refuse(&proposal->key, ZL_EXEC_STATUS_BUSY, 0, verdict);
                return;
        }
        id.has_place = true;
        for (id.place = 0; id.place < proposal->orders_count; id.place++)
                orders[id.place] = exec_of(&id, ZL_EXEC_STATUS_ACCEPTED, proposal->step);
        free(pool->orders);
        pool->orders = orders;
        pool->life = life;
        pool->admitted_ns = now_ns;
        pool->partition = proposal->topic.id;
        pool->orders_count = pool->orders_open = proposal->orders_count;
        pool->held_base = proposal->key.base;
        pool->held_n = proposal->key.n;
        pool->step = proposal->step;
        pool->changed = false;
        verdict->admitted = true;
        verdict->orders = orders;
        verdict->orders_count = proposal->orders_count;
}

void zl_book_judge(struct zl_book *book, const struct zl_proposal *proposal, uint64_t now_ns,
                   struct zl_verdict *ret_verdict)
{
        const struct zl_key *key = &proposal->key;
        const struct account *account = account_of(book, key->account, false);
        const struct partition *partition =
                account ? zl_table_get(&book->partitions, account->partition) : NULL;
        struct pool *pool = account ? pool_of(book, account, partition, key->pool) : NULL;

        *ret_verdict = (struct zl_verdict){.admitted = false};
        if (account && account->partition != proposal->topic.id)
                ret_verdict->foreign = true;
        else if (!pool || !partition->admits)
                refuse(key, ZL_EXEC_STATUS_BUSY, 0, ret_verdict);
        else if (key->base < pool->base)
                refuse(key, ZL_EXEC_STATUS_STALE, pool->base, ret_verdict);
        else if (pool->orders && key->base == pool->held_base && key->n <= pool->held_n)
                repeat(pool, key, ret_verdict);
        else if (is_busy(book, account, partition, pool, key))
                refuse(key, ZL_EXEC_STATUS_BUSY, 0, ret_verdict);
        else if (proposal->expires_ns && proposal->expires_ns < now_ns)
                refuse(key, ZL_EXEC_STATUS_LATE, 0, ret_verdict);
        else
                admit(pool, partition->life, proposal, now_ns, ret_verdict);
}

/* The first of its orders that is not final; NULL: it is none of this life, or none is open. */
static const char *open_order(const struct zl_book *book, const struct pool *pool)
{
        const struct partition *partition =
                pool->orders ? zl_table_get(&book->partitions, pool->partition) : NULL;

        if (!partition || pool->life != partition->life)
                return NULL;
        for (uint32_t i = 0; i < pool->orders_count; i++) {
                if (!pool->orders[i].final)
                        return pool->orders[i].order;
        }
        return NULL;
}

const char *zl_book_overdue(struct zl_book *book, uint64_t since_ns)
{
        const struct pool *pools = book->pools.rows;
        uint32_t count = book->pools.map.count;
        uint32_t looks = count < LOOKS_MAX ? count : LOOKS_MAX;

        for (uint32_t i = 0; i < looks; i++) {
                book->looked_at = book->looked_at + 1 < count ? book->looked_at + 1 : 0;
                const struct pool *pool = &pools[book->looked_at];
                const char *order = pool->admitted_ns < since_ns ? open_order(book, pool) : NULL;
                if (order)
                        return order;
        }
        return NULL;
}

/* ---- what the venue says ---- */

void zl_book_executed(struct zl_book *book, struct zl_msg_exec *exec)
{
        struct zl_key key;

        if (!zl_key_parse(exec->order, &key) || !key.has_place)
                return;
        const struct account *account = account_of(book, key.account, false);
        const struct partition *partition =
                account ? zl_table_get(&book->partitions, account->partition) : NULL;
        struct pool *pool = account ? pool_of(book, account, partition, key.pool) : NULL;
        if (!pool || !pool->orders || pool->held_base != key.base || pool->held_n != key.n ||
            key.place >= pool->orders_count || pool->orders[key.place].final)
                return;
        exec->step = pool->step;
        pool->orders[key.place] = *exec;
        pool->orders_open -= exec->final;
        pool->changed |= exec->filled > 0 ||
                         (pool->step == ZL_EXEC_STEP_CONVERT &&
                          exec->status == ZL_EXEC_STATUS_FILLED);
        tidy(pool);
}
