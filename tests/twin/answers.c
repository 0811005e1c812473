#include "answers.h"

#include "ladder.h"
#include "pool.h"
#include "say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct key {
        struct pool_name pool;
        uint64_t base, n, place;
        bool has_place;
};

/* ---- "42/7L/17/0" or "42/7L/17/0/0" ---- */

/* Digits without a zero before them. */
static bool take_number(const char **text, uint64_t most, uint64_t *ret_number)
{
        char *end;

        if (**text < '0' || **text > '9' ||
            (**text == '0' && (*text)[1] >= '0' && (*text)[1] <= '9'))
                return false;
        errno = 0;
        *ret_number = strtoull(*text, &end, 10);
        *text = end;
        return errno == 0 && *ret_number <= most;
}

static bool take_char(const char **text, char c)
{
        if (**text != c)
                return false;
        ++*text;
        return true;
}

static bool take_pool(const char **text, struct pool_name *pool)
{
        uint64_t instrument;

        pool->cross = take_char(text, 'x');
        if (pool->cross)
                return true;
        if (!take_number(text, UINT32_MAX, &instrument))
                return false;
        pool->instrument = (uint32_t)instrument;
        pool->leg = take_char(text, 'L')   ? ZL_LEG_LONG
                    : take_char(text, 'S') ? ZL_LEG_SHORT
                                           : ZL_LEG_NET;
        return true;
}

static bool take_key(const char *text, struct key *ret_key)
{
        *ret_key = (struct key){0};
        if (!take_number(&text, UINT64_MAX, &ret_key->pool.account) || !take_char(&text, '/') ||
            !take_pool(&text, &ret_key->pool) || !take_char(&text, '/') ||
            !take_number(&text, UINT64_MAX, &ret_key->base) || !take_char(&text, '/') ||
            !take_number(&text, UINT32_MAX, &ret_key->n))
                return false;
        if (!*text)
                return true;
        ret_key->has_place = true;
        return take_char(&text, '/') && take_number(&text, UINT32_MAX, &ret_key->place) && !*text;
}

/* ---- answers ---- */

/* Whether it is an answer to what this worker proposed. */
static bool is_own(const struct pool *pool)
{
        return pool->proposed != STEP_NONE && !pool->taken;
}

/* The step that was answered: the one that the router names, or of several own ones the first.
 * STEP_NONE: nobody knows. */
static enum step step_of(const struct pool *pool, const struct zl_msg_exec *said)
{
        switch (said->step) {
        case ZL_EXEC_STEP_CANCEL:
                return STEP_CANCEL;
        case ZL_EXEC_STEP_CONVERT:
                return STEP_CONVERT;
        case ZL_EXEC_STEP_PARTIAL:
                return STEP_PARTIAL;
        case ZL_EXEC_STEP_FULL:
                return STEP_FULL;
        default:
                return is_own(pool) ? pool->proposed : STEP_NONE;
        }
}

/* The n-th answer leaves at least n steps behind. */
static enum step behind(uint32_t n, enum step step)
{
        static const enum step least[] = {STEP_CANCEL, STEP_CONVERT, STEP_PARTIAL};

        if (n >= 3)
                return STEP_FULL;
        return step < least[n] ? least[n] : step;
}

static bool all_done(struct pool *pool, const struct key *key)
{
        if (!is_own(pool) || !key->has_place || key->place >= pool->places)
                return true;
        pool->done[key->place] = true;
        for (uint32_t i = 0; i < pool->places; i++) {
                if (!pool->done[i])
                        return false;
        }
        return true;
}

static void hold(struct twin *twin, struct pool *pool)
{
        pool->stage = HELD;
        pool->attempts = 0;
        twin_wait(twin, pool);
}

/* Nothing came of this n. */
static void move_on(struct pool *pool, enum step step, uint64_t rev_wanted)
{
        pool->answered = behind(pool->n, step);
        pool->n++;
        pool->proposed = STEP_NONE;
        pool->taken = false;
        memset(pool->done, 0, sizeof pool->done);
        pool->attempts = 0;
        pool->stage = IDLE;
        if (rev_wanted <= pool->account->rev)
                return;
        pool->stage = LEDGER;
        pool->rev_wanted = rev_wanted;
}

static void take_final(struct twin *twin, struct pool *pool, const struct key *key,
                       const struct zl_msg_exec *said)
{
        enum step step = step_of(pool, said);
        bool filled = said->filled > 0 ||
                      (step == STEP_CONVERT && said->status == ZL_EXEC_STATUS_FILLED);

        if (filled && step != STEP_CANCEL)
                pool->stage = DONE;
        else if (all_done(pool, key))
                move_on(pool, step, said->rev);
        else
                hold(twin, pool);
}

static void take_answer(struct twin *twin, struct pool *pool, const struct key *key,
                        const struct zl_msg_exec *said)
{
        switch (said->status) {
        case ZL_EXEC_STATUS_STALE:
        case ZL_EXEC_STATUS_BUSY:
                pool->stage = ASKED;
                twin_wait(twin, pool);
                if (said->status == ZL_EXEC_STATUS_STALE && said->rev > pool->base)
                        pool->stage = DONE;
                break;
        case ZL_EXEC_STATUS_LATE:
                pool->stage = ASKED;
                pool->due_ns = twin->now_ns;
                break;
        case ZL_EXEC_STATUS_TAKEN:
                pool->taken = true;
                hold(twin, pool);
                break;
        case ZL_EXEC_STATUS_ACCEPTED:
                hold(twin, pool);
                break;
        default:
                if (said->final)
                        take_final(twin, pool, key, said);
                else
                        hold(twin, pool);
        }
}

void answers_take(struct twin *twin, const struct zl_msg_exec *said)
{
        struct key key;

        if (!take_key(said->order, &key)) {
                twin_alert_all(twin, ZL_ALERT_KIND_REFUSED, NULL);
                return;
        }
        struct pool *pool = twin_find_pool(twin, key.pool);
        /* After a full close that filled nothing there is the deficit, which no router answers. */
        if (!pool || key.base != pool->base || key.n != pool->n || pool->stage == DONE ||
            pool->stage == SHORT || pool->answered == STEP_FULL || !pool_policy(twin, pool))
                return;
        pool->held_ns = 0;
        take_answer(twin, pool, &key, said);
}
