#include "app/risk/inspect.h"

#include "app/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- how near a pool is ---- */

/* The nearest first: bankrupt, then whose equity is not above zero, then by ratio, down to those
 * that nothing is asked of; at last what cannot be judged. */
struct near {
        uint32_t pool, place; /* in canonical order */
        enum { BROKE, NO_EQUITY, RATED, WAITING } class;
        zl_i128 ratio;
};

static struct near near_of(const struct zl_engine *engine, uint32_t pool, uint32_t place)
{
        static struct zl_subject subject; /* too large for a stack */

        zl_report_look(engine, pool, &subject);
        struct zl_pool_figures figures = zl_pool_figures(&subject);
        struct near near = {.pool = pool, .place = place, .ratio = figures.ratio};

        near.class = figures.state == ZL_POOL_WAITS      ? WAITING
                     : figures.state == ZL_POOL_BANKRUPT ? BROKE
                     : figures.has_ratio                 ? RATED
                     : figures.maintenance > 0           ? NO_EQUITY
                                                         : RATED;
        return near;
}

static int by_nearness(const void *a, const void *b)
{
        const struct near *x = a, *y = b;

        if (x->class != y->class)
                return x->class < y->class ? -1 : 1;
        if (x->class == RATED && x->ratio != y->ratio)
                return x->ratio > y->ratio ? -1 : 1;
        return x->place < y->place ? -1 : x->place > y->place;
}

/* ---- what is shown ---- */

struct shown {
        uint32_t *pools, count, all; /* the nearest first */
};

static bool is_asked_for(const struct zl_inspect *inspect, uint32_t pool)
{
        const struct zl_engine *engine = inspect->engine;

        return !inspect->has_account ||
               engine->accounts[engine->pools[pool].account].id == inspect->account;
}

static bool choose(const struct zl_inspect *inspect, struct shown *ret_shown)
{
        uint32_t all, count = 0;
        uint32_t *pools = zl_report_pools(inspect->engine, &all);
        struct near *nears = pools ? malloc((all + 1) * sizeof *nears) : NULL;

        if (!nears) {
                zl_say("out of memory");
                free(pools);
                return false;
        }
        for (uint32_t i = 0; i < all; i++) {
                if (is_asked_for(inspect, pools[i]))
                        nears[count++] = near_of(inspect->engine, pools[i], i);
        }
        qsort(nears, count, sizeof *nears, by_nearness);
        for (uint32_t i = 0; i < count; i++)
                pools[i] = nears[i].pool;
        free(nears);
        *ret_shown = (struct shown){.pools = pools, .count = count, .all = count};
        if (inspect->top && ret_shown->count > inspect->top)
                ret_shown->count = (uint32_t)inspect->top;
        return true;
}

/* ---- rows in an order that no history shows ---- */

static const struct zl_engine *sorting; /* qsort takes no context */

static int by_fund(const void *a, const void *b)
{
        uint32_t x = sorting->funds[*(const uint32_t *)a].id;
        uint32_t y = sorting->funds[*(const uint32_t *)b].id;

        return x < y ? -1 : x > y;
}

static int by_instrument(const void *a, const void *b)
{
        uint32_t x = sorting->instruments[*(const uint32_t *)a].id;
        uint32_t y = sorting->instruments[*(const uint32_t *)b].id;

        return x < y ? -1 : x > y;
}

static int by_account(const void *a, const void *b)
{
        uint64_t x = sorting->accounts[*(const uint32_t *)a].id;
        uint64_t y = sorting->accounts[*(const uint32_t *)b].id;

        return x < y ? -1 : x > y;
}

static int by_stream(const void *a, const void *b)
{
        const struct zl_stream *x = &sorting->streams[*(const uint32_t *)a];
        const struct zl_stream *y = &sorting->streams[*(const uint32_t *)b];

        if (x->topic.kind != y->topic.kind)
                return x->topic.kind < y->topic.kind ? -1 : 1;
        if (x->topic.id != y->topic.id)
                return x->topic.id < y->topic.id ? -1 : 1;
        return x->src < y->src ? -1 : x->src > y->src;
}

/* Rows below `count` that are to be told, in order. NULL: out of memory, said. */
static uint32_t *gather(const struct zl_inspect *inspect, uint32_t count,
                        bool (*is)(const struct zl_inspect *, uint32_t),
                        int (*order)(const void *, const void *), uint32_t *ret_count)
{
        uint32_t *rows = malloc((count + 1) * sizeof *rows);

        *ret_count = 0;
        if (!rows) {
                zl_say("out of memory");
                return NULL;
        }
        for (uint32_t row = 0; row < count; row++) {
                if (is(inspect, row))
                        rows[(*ret_count)++] = row;
        }
        sorting = inspect->engine;
        qsort(rows, *ret_count, sizeof *rows, order);
        return rows;
}

static bool is_fund(const struct zl_inspect *inspect, uint32_t row)
{
        return !inspect->has_account && inspect->engine->funds[row].defined;
}

static bool is_held_back(const struct zl_inspect *inspect, uint32_t row)
{
        return inspect->engine->instruments[row].quarantine.open;
}

static bool is_hole(const struct zl_inspect *inspect, uint32_t row)
{
        const struct zl_stream *stream = &inspect->engine->streams[row];

        return stream->holed &&
               (!inspect->has_account || stream->topic.kind != ZL_TOPIC_ACCT ||
                stream->topic.id == zl_partition(inspect->account, inspect->engine->partitions));
}

static bool is_suspended(const struct zl_inspect *inspect, uint32_t row)
{
        const struct zl_account *account = &inspect->engine->accounts[row];

        return account->suspended && (!inspect->has_account || account->id == inspect->account);
}

static bool print_rest(const struct zl_inspect *inspect, const struct zl_inspect_form *form)
{
        const struct zl_engine *engine = inspect->engine;
        uint32_t funds, marks, holes, suspended;
        uint32_t *rows[4] = {
                gather(inspect, engine->funds_by_id.count, is_fund, by_fund, &funds),
                gather(inspect, engine->instruments_by_id.count, is_held_back, by_instrument,
                       &marks),
                gather(inspect, engine->streams_by_topic.count, is_hole, by_stream, &holes),
                gather(inspect, engine->accounts_by_id.count, is_suspended, by_account,
                       &suspended),
        };
        bool good = rows[0] && rows[1] && rows[2] && rows[3];

        for (uint32_t i = 0; good && i < funds; i++)
                form->fund(inspect, &engine->funds[rows[0][i]]);
        for (uint32_t i = 0; good && i < marks; i++)
                form->quarantine(inspect, &engine->instruments[rows[1][i]]);
        for (uint32_t i = 0; good && i < holes; i++)
                form->hole(inspect, &engine->streams[rows[2][i]]);
        for (uint32_t i = 0; good && i < suspended; i++)
                form->suspended(inspect, rows[3][i]);
        for (int i = 0; i < 4; i++)
                free(rows[i]);
        return good;
}

/* ---- all of it ---- */

/* Each once, in their order. */
static bool print_accounts(const struct zl_inspect *inspect, const struct zl_inspect_form *form,
                           const struct shown *shown)
{
        uint32_t *rows = malloc((shown->count + 1) * sizeof *rows);

        if (!rows) {
                zl_say("out of memory");
                return false;
        }
        for (uint32_t i = 0; i < shown->count; i++)
                rows[i] = inspect->engine->pools[shown->pools[i]].account;
        sorting = inspect->engine;
        qsort(rows, shown->count, sizeof *rows, by_account);
        for (uint32_t i = 0; i < shown->count; i++) {
                if (i == 0 || rows[i] != rows[i - 1])
                        form->account(inspect, rows[i]);
        }
        free(rows);
        return true;
}

bool zl_inspect_print(const struct zl_inspect *inspect)
{
        const struct zl_inspect_form *form = inspect->json ? &zl_inspect_json : &zl_inspect_text;
        struct shown shown;

        if (inspect->has_account &&
            zl_state_find_account(inspect->engine, inspect->account) == ZL_NONE_AT) {
                zl_say("account %llu is not known there", (unsigned long long)inspect->account);
                return false;
        }
        if (!choose(inspect, &shown))
                return false;
        form->head(inspect);
        bool good = print_accounts(inspect, form, &shown) &&
                    form->pools(inspect, shown.pools, shown.count, shown.all);
        if (good) {
                form->waits(inspect, shown.pools, shown.all);
                good = print_rest(inspect, form);
        }
        free(shown.pools);
        if (good && ferror(stdout)) {
                zl_say_errno("cannot write to stdout");
                good = false;
        }
        return good;
}
