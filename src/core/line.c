#include "core/line.h"

/* ---- queues ---- */

bool zl_score_ranks(enum zl_adl_score score)
{
        return score != ZL_ADL_SCORE_PRO_RATA && score != ZL_ADL_SCORE_LEAST_OVERSHOOT;
}

bool zl_queue_is_ranked(const struct zl_engine *engine, uint32_t instrument_id)
{
        const struct zl_policy *policy;
        uint32_t row;

        if (!zl_map_get(&engine->instruments_by_id, instrument_id, &row))
                return false;
        policy = zl_state_find_policy(engine, engine->instruments[row].policy);
        return policy && zl_score_ranks(policy->adl_score);
}

uint32_t zl_queue_end(const struct zl_round *round, uint32_t from)
{
        const struct zl_candidate *first = &round->candidates[from];
        uint32_t to = from;

        while (to < round->candidates_count &&
               round->candidates[to].winner.instrument == first->winner.instrument &&
               round->candidates[to].side == first->side)
                to++;
        return to;
}

static int by_place(const struct zl_candidate *a, const struct zl_candidate *b)
{
        return zl_by_place(&a->winner, &b->winner);
}

void zl_queues_make(const struct zl_engine *engine, struct zl_round *round)
{
        struct zl_candidate *rows = round->candidates;
        uint32_t to;

        zl_candidates_sort(rows, round->candidates_count, zl_by_queue);
        for (uint32_t from = 0; from < round->candidates_count; from = to) {
                to = zl_queue_end(round, from);
                if (!zl_queue_is_ranked(engine, rows[from].winner.instrument))
                        zl_candidates_sort(rows + from, to - from, by_place);
                rows[from].open = from;
        }
}

/* ---- a line ---- */

/* Who sells is met by a short. */
static bool is_before_queue(const struct zl_candidate *one, const struct zl_claim *claim)
{
        if (one->winner.instrument != claim->instrument)
                return one->winner.instrument < claim->instrument;
        return one->side < claim->side;
}

static bool is_of_queue(const struct zl_candidate *one, const struct zl_claim *claim)
{
        return one->winner.instrument == claim->instrument && one->side == claim->side;
}

/* The first row of the queue that the claim is met by; where it would stand if there is none. */
static uint32_t find_queue(const struct zl_round *round, const struct zl_claim *claim)
{
        uint32_t low = 0, high = round->candidates_count;

        while (low < high) {
                uint32_t middle = low + (high - low) / 2;
                if (is_before_queue(&round->candidates[middle], claim))
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

uint32_t zl_line_up(struct zl_round *round, struct zl_plan *plan, const struct zl_claim *claim,
                    int64_t qty)
{
        struct zl_candidate *rows = round->candidates;
        uint32_t from = find_queue(round, claim), end = round->candidates_count, count = 0;

        if (from == end || !is_of_queue(&rows[from], claim))
                return 0;
        uint32_t *open = &rows[from].open;
        while (*open < end && is_of_queue(&rows[*open], claim) && rows[*open].winner.qty == 0)
                ++*open;
        for (uint32_t i = *open; i < end && is_of_queue(&rows[i], claim) && qty > 0; i++) {
                const struct zl_winner *winner = &rows[i].winner;
                if (winner->account == claim->account || winner->qty == 0)
                        continue;
                plan->line[count] = *winner;
                plan->line[count++].tag = i;
                qty -= (int64_t)zl_min_i128(qty, winner->qty);
        }
        return count;
}

/* ---- all of them ---- */

static bool stands_before(const struct zl_round *round, uint32_t a, uint32_t b)
{
        return zl_by_place(&round->candidates[a].winner, &round->candidates[b].winner) < 0;
}

static void sift(const struct zl_round *round, uint32_t *rows, uint32_t at, uint32_t count)
{
        for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
                if (child + 1 < count && stands_before(round, rows[child], rows[child + 1]))
                        child++;
                if (!stands_before(round, rows[at], rows[child]))
                        return;
                uint32_t row = rows[at];
                rows[at] = rows[child];
                rows[child] = row;
        }
}

const uint32_t *zl_line_by_place(const struct zl_round *round, struct zl_plan *plan)
{
        uint32_t *rows = plan->by_place, count = round->candidates_count;

        if (plan->placed)
                return rows;
        for (uint32_t i = 0; i < count; i++)
                rows[i] = i;
        for (uint32_t i = count / 2; i-- > 0;)
                sift(round, rows, i, count);
        for (uint32_t end = count; end > 1; end--) {
                uint32_t row = rows[0];
                rows[0] = rows[end - 1];
                rows[end - 1] = row;
                sift(round, rows, 0, end - 1);
        }
        plan->placed = true;
        return rows;
}
