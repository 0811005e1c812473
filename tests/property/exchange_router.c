/* exchange_router.c - admission: the first decision of a key, at the ledger's base, while none of
 * its pool is live. */
#include "exchange.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

uint32_t exchange_pool_place(const struct exchange *exchange, struct zl_pool_id pool)
{
        uint32_t instrument;

        if (pool.cross)
                return 0;
        instrument = ledger_find_instrument(&exchange->ledger, pool.instrument);
        if (instrument == exchange->ledger.instruments_count)
                return LEDGER_POOLS;
        return 1 + instrument * LEDGER_LEGS + pool.leg;
}

static bool same_key(const struct zl_key *a, const struct zl_key *b)
{
        return a->account == b->account && zl_pool_id_compare(a->pool, b->pool) == 0 &&
               a->base == b->base && a->n == b->n;
}

/* At most one decision a key has effect. */
void exchange_had_effect(struct exchange *exchange, const struct zl_key *key, uint64_t decision)
{
        for (uint32_t i = 0; i < exchange->effects_count; i++) {
                const struct effect *effect = &exchange->effects[i];
                if (!same_key(&effect->key, key))
                        continue;
                if (effect->decision != decision)
                        ledger_fail(&exchange->ledger, "two decisions of one key had effect: "
                                    "account %" PRIu64 " base %" PRIu64 " n %" PRIu32,
                                    key->account, key->base, key->n);
                return;
        }
        if (exchange->effects_count == exchange->effects_capacity) {
                exchange->effects_capacity = 2 * exchange->effects_capacity + 64;
                exchange->effects = realloc(exchange->effects, exchange->effects_capacity *
                                                                       sizeof *exchange->effects);
                if (!exchange->effects)
                        abort();
        }
        exchange->effects[exchange->effects_count++] = (struct effect){*key, decision};
}

/* ---- answers ---- */

static void refuse(struct exchange *exchange, struct zl_key key, enum zl_exec_status status,
                   enum zl_exec_step step, uint64_t rev)
{
        struct zl_msg_exec exec = {.status = status,
                                   .step = step,
                                   .rev = rev,
                                   .absent = (uint64_t)1 << ZL_AT_exec_price};

        key.has_place = false;
        zl_key_format(&key, exec.order);
        exchange->counts.refused[status - ZL_EXEC_STATUS_TAKEN]++;
        exchange_say_exec(exchange, &exec);
}

/* Order by order, and in the end as a whole: who proposed another number of orders under this key,
 * at other prices, would wait for answers to orders that never were. */
static void repeat(struct exchange *exchange, struct zl_key key, const struct router_key *held)
{
        struct zl_msg_exec whole = {.status = ZL_EXEC_STATUS_EXPIRED,
                                    .step = held->step,
                                    .final = true,
                                    .absent = (uint64_t)1 << ZL_AT_exec_price};

        key.has_place = true;
        for (key.place = 0; key.place < held->places; key.place++) {
                const struct router_answer *answer = &held->answers[key.place];
                struct zl_msg_exec exec = {.status = answer->status,
                                           .step = held->step,
                                           .final = answer->final,
                                           .filled = answer->filled,
                                           .rev = answer->rev,
                                           .absent = (uint64_t)1 << ZL_AT_exec_price};
                zl_key_format(&key, exec.order);
                exchange_say_exec(exchange, &exec);
        }
        key.has_place = false;
        zl_key_format(&key, whole.order);
        if (held->final && !held->effect)
                exchange_say_exec(exchange, &whole);
}

struct router_key *exchange_live_key(struct exchange *exchange, const struct venue_order *order)
{
        struct router_pool *pool = &exchange->router[order->account][order->pool];

        for (uint32_t i = 0; i < pool->keys_count; i++) {
                if (pool->keys[i].base == order->key.base && pool->keys[i].n == order->key.n)
                        return &pool->keys[i];
        }
        abort(); /* an order at the venue that was not admitted */
}

/* What the venue says of an order is kept, and published. */
void exchange_answer(struct exchange *exchange, const struct venue_order *order,
                     const struct router_answer *answer, int64_t price, int64_t fee)
{
        struct router_key *key = exchange_live_key(exchange, order);
        struct zl_msg_exec exec = {.status = answer->status,
                                   .step = key->step,
                                   .final = answer->final,
                                   .filled = answer->filled,
                                   .price = price,
                                   .fee = fee,
                                   .rev = answer->rev};

        if (!answer->filled || !price)
                exec.absent = (uint64_t)1 << ZL_AT_exec_price;
        zl_key_format(&order->key, exec.order);
        key->answers[order->key.place] = *answer;
        if (answer->filled > 0) {
                key->effect = true;
                exchange_had_effect(exchange, &order->key, key->decision);
        }
        key->final = true;
        for (uint32_t i = 0; i < key->places; i++)
                key->final &= key->answers[i].final;
        if (key->final)
                exchange->router[order->account][order->pool].live = false;
        exchange_say_exec(exchange, &exec);
}

/* ---- admission ---- */

/* Keys of former bases are forgotten, but the live one. */
static void forget(struct router_pool *pool, uint64_t base)
{
        uint32_t kept = 0;

        for (uint32_t i = 0; i < pool->keys_count; i++) {
                if (pool->keys[i].base == base || !pool->keys[i].final)
                        pool->keys[kept++] = pool->keys[i];
        }
        pool->keys_count = kept;
}

/* An engine reaches n by n final answers that changed nothing. */
static void check_n(struct exchange *exchange, const struct router_pool *pool,
                    const struct zl_key *key)
{
        uint32_t behind = 0;

        for (uint32_t i = 0; i < pool->keys_count; i++)
                behind += pool->keys[i].base == key->base && pool->keys[i].n < key->n &&
                          pool->keys[i].final && !pool->keys[i].effect;
        if (behind != key->n)
                ledger_fail(&exchange->ledger, "account %" PRIu64 ": n is %" PRIu32 ", but %"
                            PRIu32 " decisions changed nothing", key->account, key->n, behind);
}

/* Whoever hears what the router held tries no step twice: a base has at most four decisions. */
static void check_step(struct exchange *exchange, const struct router_key *key,
                       const struct router_pool *pool)
{
        for (uint32_t i = 0; i < pool->keys_count; i++) {
                const struct router_key *former = &pool->keys[i];
                if (former != key && former->base == key->base && former->step >= key->step &&
                    exchange->tells_step)
                        ledger_fail(&exchange->ledger, "step %d was tried at n %" PRIu32
                                    ", and step %d follows at %" PRIu32, (int)former->step,
                                    former->n, (int)key->step, key->n);
        }
}

/* The market had its turn: a close of the pool found nothing. */
bool exchange_was_offered(const struct exchange *exchange, const struct router_pool *pool,
                          uint64_t base)
{
        for (uint32_t i = 0; i < pool->keys_count; i++) {
                const struct router_key *key = &pool->keys[i];
                if (key->base == base && key->final && key->step == ZL_EXEC_STEP_FULL)
                        return true;
        }
        return !exchange->tells_step;
}

/* True: admitted, and `ret_key` is to be filled. */
static bool admit(struct exchange *exchange, const struct zl_key *key, uint32_t account,
                  uint32_t at, uint64_t expires_ns, struct router_key **ret_key)
{
        const struct ledger_pool *of = &exchange->ledger.accounts[account].pools[at];
        struct router_pool *pool = &exchange->router[account][at];

        forget(pool, of->base);
        if (key->base < of->base) {
                refuse(exchange, *key, ZL_EXEC_STATUS_STALE, ZL_EXEC_STEP_NONE, of->base);
                return false;
        }
        for (uint32_t i = 0; i < pool->keys_count; i++) {
                if (pool->keys[i].base != key->base || pool->keys[i].n != key->n)
                        continue;
                refuse(exchange, *key, ZL_EXEC_STATUS_TAKEN, pool->keys[i].step, 0);
                repeat(exchange, *key, &pool->keys[i]);
                return false;
        }
        if (key->base > of->base)
                ledger_fail(&exchange->ledger, "account %" PRIu64 ": a decision at base %" PRIu64
                            ", which the ledger never had", key->account, key->base);
        if (pool->live || pool->keys_count == ROUTER_KEYS) {
                if (!pool->live)
                        ledger_fail(&exchange->ledger, "too many decisions at one base");
                refuse(exchange, *key, ZL_EXEC_STATUS_BUSY, ZL_EXEC_STEP_NONE, 0);
                return false;
        }
        if (expires_ns && expires_ns < exchange->now_ns) {
                refuse(exchange, *key, ZL_EXEC_STATUS_LATE, ZL_EXEC_STEP_NONE, 0);
                return false;
        }
        check_n(exchange, pool, key);
        pool->live = true;
        *ret_key = &pool->keys[pool->keys_count++];
        return true;
}

/* ---- decisions ---- */

/* What the router tells of it: some routers do, some do not. */
static enum zl_exec_step step_of(const struct exchange *exchange, const struct bus_row *row)
{
        if (!exchange->tells_step)
                return ZL_EXEC_STEP_NONE;
        if (row->type == ZL_TYPE_LIQUIDATE)
                return row->liquidate.step == ZL_STEP_FULL ? ZL_EXEC_STEP_FULL
                                                           : ZL_EXEC_STEP_PARTIAL;
        return row->type == ZL_TYPE_CANCEL ? ZL_EXEC_STEP_CANCEL : ZL_EXEC_STEP_CONVERT;
}

static const char *order_id(const struct bus_row *row)
{
        return row->type == ZL_TYPE_CANCEL    ? row->cancel.order
               : row->type == ZL_TYPE_CONVERT ? row->convert.order
                                              : row->liquidate.order;
}

/* Whether, when all orders fill at their limits, nothing should be left of the pool. */
static void weigh_promise(struct exchange *exchange, const struct bus_frame *frame,
                          const struct ledger_pool *pool, struct router_key *key)
{
        const struct ledger *ledger = &exchange->ledger;
        uint32_t closed = 0, open = 0;

        key->most = 0;
        for (uint32_t i = 0; i < LEDGER_INSTRUMENTS * LEDGER_LEGS; i++)
                open += pool->positions[i / LEDGER_LEGS][i % LEDGER_LEGS].qty != 0;
        for (uint32_t i = 0; i < frame->count; i++) {
                const struct zl_msg_liquidate *order = &frame->rows[i].liquidate;
                if (frame->rows[i].type != ZL_TYPE_LIQUIDATE || order->step != ZL_STEP_FULL)
                        return;
                uint32_t at = ledger_find_instrument(ledger, order->instrument);
                key->instruments[i] = at;
                closed += llabs(pool->positions[at][order->leg].qty) == order->qty &&
                          !exchange_at_edge(ledger, at, order->price);
                key->most += exchange_tick_worth(ledger, at, order->qty, order->price) +
                             exchange_slack(ledger, at);
        }
        key->promise = closed == open && closed == frame->count;
}

static void execute_all(struct exchange *exchange, uint64_t decision)
{
        bool one_by_one = exchange_chance(exchange, 50);

        for (uint32_t i = 0; i < exchange->orders_count;) {
                const struct venue_order *order = &exchange->orders[i];
                if (exchange_live_key(exchange, order)->decision != decision) {
                        i++;
                        continue;
                }
                exchange_execute(exchange, i); /* takes it off the list */
                if (one_by_one)
                        exchange_publish(exchange);
        }
        exchange_publish(exchange);
}

static bool parse(struct exchange *exchange, const struct bus_row *row, struct zl_key *ret_key,
                  uint32_t *ret_account, uint32_t *ret_pool)
{
        if (!zl_key_parse(order_id(row), ret_key)) {
                ledger_fail(&exchange->ledger, "an order without an id: %s", order_id(row));
                return false;
        }
        *ret_account = ledger_find_account(&exchange->ledger, ret_key->account);
        *ret_pool = exchange_pool_place(exchange, ret_key->pool);
        if (*ret_account == exchange->ledger.accounts_count || *ret_pool == LEDGER_POOLS) {
                ledger_fail(&exchange->ledger, "an order for nobody: %s", order_id(row));
                return false;
        }
        return true;
}

void exchange_take_decision(struct exchange *exchange, const struct bus_frame *frame)
{
        struct venue_order order = {0};
        struct router_key *key;
        uint64_t expires_ns = 0;

        if (!parse(exchange, &frame->rows[0], &order.key, &order.account, &order.pool))
                return;
        if (frame->rows[0].type == ZL_TYPE_LIQUIDATE)
                expires_ns = frame->rows[0].liquidate.expires_ns;
        if (!admit(exchange, &order.key, order.account, order.pool, expires_ns, &key))
                return;
        const struct ledger_account *account = &exchange->ledger.accounts[order.account];
        uint64_t decision = ++exchange->decisions;
        exchange->counts.decisions++;
        *key = (struct router_key){.base = order.key.base,
                                   .n = order.key.n,
                                   .decision = decision,
                                   .step = step_of(exchange, &frame->rows[0]),
                                   .places = frame->count};
        check_step(exchange, key, &exchange->router[order.account][order.pool]);
        if (frame->count > ROUTER_PLACES)
                ledger_fail(&exchange->ledger, "a decision of %" PRIu32 " orders", frame->count);
        if (exchange->known && account->known_rev == account->rev)
                weigh_promise(exchange, frame, &account->pools[order.pool], key);
        for (uint32_t i = 0; i < frame->count && !exchange->ledger.broken; i++) {
                struct zl_key first = order.key;
                order.row = frame->rows[i];
                if (!parse(exchange, &order.row, &order.key, &order.account, &order.pool))
                        return;
                if (!same_key(&first, &order.key) || !order.key.has_place || order.key.place != i)
                        ledger_fail(&exchange->ledger, "not a place of its decision: %s",
                                    order_id(&order.row));
                exchange_check_order(exchange, &order);
                if (exchange->orders_count == VENUE_ORDERS)
                        abort();
                exchange->orders[exchange->orders_count++] = order;
        }
        if (exchange->bus.ordered && !exchange->ledger.broken)
                execute_all(exchange, decision);
}
