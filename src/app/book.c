#include "app/book.h"

#include "core/text.h"

#include <string.h>

void zl_book_open(struct zl_book *book)
{
        *book = (struct zl_book){.rows = {.row_size = sizeof(struct zl_book_row)},
                                 .accounts = {.row_size = sizeof(uint32_t)},
                                 .pools = {.row_size = sizeof(uint32_t)}};
}

void zl_book_close(struct zl_book *book)
{
        zl_table_free(&book->rows);
        zl_table_free(&book->accounts);
        zl_table_free(&book->pools);
}

/* A pool's name as a number below 2^34: cross, or instrument and leg. */
static uint64_t pool_number(struct zl_pool_id pool)
{
        return pool.cross ? (uint64_t)3 << 32 : (uint64_t)pool.leg << 32 | pool.instrument;
}

/* A key's dense number, from 1; 0: not known and not to be made, or out of memory. */
static uint32_t number_of(struct zl_table *table, uint64_t key, bool make)
{
        uint32_t *number = make ? zl_table_row(table, key) : zl_table_get(table, key);

        if (!number)
                return 0;
        if (!*number)
                *number = table->map.count;
        return *number;
}

static struct zl_book_row *row_of(struct zl_book *book, uint64_t account, struct zl_pool_id pool,
                                  bool make)
{
        uint64_t first = number_of(&book->accounts, account, make);
        uint64_t second = number_of(&book->pools, pool_number(pool), make);
        uint64_t key = first << 32 | second;

        if (!first || !second)
                return NULL;
        return make ? zl_table_row(&book->rows, key) : zl_table_get(&book->rows, key);
}

static void learn_position(struct zl_book *book, const struct zl_msg_account *account,
                           const struct zl_row_position *position)
{
        struct zl_pool_id pool = {.cross = position->mode == ZL_MODE_CROSS,
                                  .instrument = position->instrument,
                                  .leg = position->leg};
        struct zl_book_row *row = row_of(book, account->account, pool, true);

        if (!row)
                return;
        uint64_t rev = ZL_ABSENT(position, position, rev) ? account->rev : position->rev;
        uint64_t base = pool.cross ? account->cross_rev : rev;
        row->known = position->qty != 0;
        if (base > row->base)
                row->base = base;
}

/* A full message without a position leaves its row as it was: an order for it finds a base that is
 * no longer the ledger's, or at the venue nothing to close. */
void zl_book_learn(struct zl_book *book, const struct zl_msg_account *account)
{
        for (uint32_t i = 0; i < account->positions_count; i++)
                learn_position(book, account, &account->positions[i]);
}

static bool answer(const struct zl_key *key, enum zl_exec_status status, uint64_t rev,
                   struct zl_msg_exec *ret_exec)
{
        *ret_exec = (struct zl_msg_exec){.status = status, .rev = rev};
        ret_exec->absent = (uint64_t)1 << ZL_AT_exec_price;
        zl_key_format(key, ret_exec->order);
        return false;
}

static bool same_key(const struct zl_key *a, const struct zl_key *b)
{
        return a->base == b->base && a->n == b->n;
}

bool zl_book_admit(struct zl_book *book, const char *order, uint64_t expires_ns, uint64_t now_ns,
                   struct zl_msg_exec *ret_exec, const struct zl_msg_exec **ret_held)
{
        struct zl_key id, key;

        *ret_held = NULL;
        if (!zl_key_parse(order, &id)) {
                *ret_exec = (struct zl_msg_exec){.status = ZL_EXEC_STATUS_REJECTED};
                return false;
        }
        key = id;
        key.has_place = false;
        struct zl_book_row *row = row_of(book, key.account, key.pool, false);
        if (!row)
                return answer(&key, ZL_EXEC_STATUS_BUSY, 0, ret_exec);
        if (key.base < row->base)
                return answer(&key, ZL_EXEC_STATUS_STALE, row->base, ret_exec);
        if (row->held && same_key(&row->key, &key)) {
                *ret_held = &row->last;
                return answer(&key, ZL_EXEC_STATUS_TAKEN, 0, ret_exec);
        }
        if (key.base > row->base || !row->known || row->live)
                return answer(&key, ZL_EXEC_STATUS_BUSY, 0, ret_exec);
        if (row->held && row->key.base == key.base && row->last.filled > 0)
                return answer(&key, ZL_EXEC_STATUS_BUSY, 0, ret_exec); /* a newer base is coming */
        if (expires_ns && expires_ns < now_ns)
                return answer(&key, ZL_EXEC_STATUS_LATE, 0, ret_exec);
        row->held = row->live = true;
        row->key = key;
        answer(&id, ZL_EXEC_STATUS_ACCEPTED, 0, ret_exec);
        row->last = *ret_exec;
        return true;
}

void zl_book_filled(struct zl_book *book, const struct zl_msg_exec *exec)
{
        struct zl_key key;

        if (!zl_key_parse(exec->order, &key))
                return;
        struct zl_book_row *row = row_of(book, key.account, key.pool, false);
        if (!row || !row->held || !same_key(&row->key, &key))
                return;
        row->last = *exec;
        row->live = !exec->final;
}
