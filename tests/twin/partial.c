#include "steps.h"

/* What the position order sorts by: the least first key goes first, then the least second key. */
struct rank {
        uint32_t at;
        mpq_t first, second;
};

/* ---- which position first ---- */

static bool has_opposite(const struct terms *terms, uint32_t at)
{
        const struct position *said = terms->positions[at].said;

        for (uint32_t i = 0; i < terms->positions_count; i++) {
                const struct position *other = terms->positions[i].said;
                if (other->instrument == said->instrument && (other->qty < 0) != (said->qty < 0))
                        return true;
        }
        return false;
}

static void set_margin(mpq_t r, const struct money *money, uint32_t at)
{
        mpz_set(mpq_numref(r), money->maintenance[at]);
        mpz_set_si(mpq_denref(r), money->divisor[at]);
        mpq_canonicalize(r);
}

/* (ask - bid) / mark, then what the depth is worth. */
static void set_liquidity(struct rank *rank, struct money *money, const struct terms *terms)
{
        const struct term *term = &terms->positions[rank->at];
        const struct instrument *instrument = term->instrument;

        mpz_set_si(mpq_numref(rank->first), instrument->ask);
        mpz_set_si(money->a, instrument->bid);
        mpz_sub(mpq_numref(rank->first), mpq_numref(rank->first), money->a);
        mpz_set_si(mpq_denref(rank->first), instrument->mark);
        mpq_canonicalize(rank->first);
        mpz_mul_si(money->a, money->unit[rank->at], instrument->depth);
        money_worth(money->a, money->a, terms->holdings[term->holding].asset);
        mpz_neg(money->a, money->a);
        mpq_set_z(rank->second, money->a);
}

static void set_rank(struct rank *rank, struct money *money, const struct terms *terms)
{
        const struct term *term = &terms->positions[rank->at];

        mpq_inits(rank->first, rank->second, NULL);
        switch (terms->policy->position_order) {
        case ZL_POSITION_ORDER_LARGEST_MARGIN:
                set_margin(rank->first, money, rank->at);
                mpq_neg(rank->first, rank->first);
                break;
        case ZL_POSITION_ORDER_LARGEST_LOSS:
                money_worth(money->a, money->profit[rank->at],
                            terms->holdings[term->holding].asset);
                mpq_set_z(rank->first, money->a);
                break;
        case ZL_POSITION_ORDER_LEAST_VOLATILE:
                mpq_set_si(rank->first, term->instrument->volatility, 1);
                break;
        case ZL_POSITION_ORDER_MOST_LIQUID:
                set_liquidity(rank, money, terms);
                break;
        case ZL_POSITION_ORDER_PAIRS_FIRST:
                mpq_set_ui(rank->first, has_opposite(terms, rank->at) ? 0 : 1, 1);
                set_margin(rank->second, money, rank->at);
                mpq_neg(rank->second, rank->second);
                break;
        }
}

static bool goes_before(const struct rank *a, const struct rank *b)
{
        int first = mpq_cmp(a->first, b->first);

        return first < 0 || (first == 0 && mpq_cmp(a->second, b->second) < 0);
}

/* The positions that trade, in the policy's order; those that tie stay in canonical order. */
static uint32_t put_in_order(struct money *money, const struct terms *terms, uint32_t *order)
{
        struct rank ranks[TWIN_POSITIONS], rank;
        uint32_t count = 0;

        for (uint32_t i = 0; i < terms->positions_count; i++) {
                if (!terms->positions[i].trading)
                        continue;
                uint32_t to = count++;
                rank.at = i;
                set_rank(&rank, money, terms);
                for (; to > 0 && goes_before(&rank, &ranks[to - 1]); to--)
                        ranks[to] = ranks[to - 1];
                ranks[to] = rank;
        }
        for (uint32_t i = 0; i < count; i++) {
                order[i] = ranks[i].at;
                mpq_clears(ranks[i].first, ranks[i].second, NULL);
        }
        return count;
}

/* ---- how much ---- */

static int64_t lots_most(const struct term *term)
{
        return term->size / term->instrument->said.lot;
}

/* One after the other until so little of one is enough that the pool is safe and at its target. */
static bool find_minimal(struct money *money, const struct terms *terms, const uint32_t *order,
                         uint32_t count, int64_t *parts)
{
        money_begin_closing(money, terms);
        for (uint32_t i = 0; i < count; i++) {
                const struct term *term = &terms->positions[order[i]];
                for (int64_t lots = 1; lots <= lots_most(term); lots++) {
                        parts[order[i]] = lots * term->instrument->said.lot;
                        money_close(money, terms, order[i], parts[order[i]]);
                        money_add_up(money, terms);
                        if (!money_bad(money, terms) &&
                            money_within(money, terms->policy->target_ratio))
                                return true;
                }
        }
        return false;
}

/* The first that is not in the first tier and can get into a lower one, by the least that does. */
static bool find_tier(struct money *money, const struct terms *terms, const uint32_t *order,
                      uint32_t count, int64_t *parts)
{
        for (uint32_t i = 0; i < count; i++) {
                const struct term *term = &terms->positions[order[i]];
                uint32_t tier = money_tier(money, terms, order[i], term->size);
                for (int64_t lots = 1; tier > 0 && lots <= lots_most(term); lots++) {
                        int64_t part = lots * term->instrument->said.lot;
                        if (money_tier(money, terms, order[i], term->size - part) >= tier)
                                continue;
                        parts[order[i]] = part;
                        return true;
                }
        }
        return false;
}

/* ceil(fraction |q| / lot) of the first that has a lot. */
static bool find_fraction(const struct terms *terms, const uint32_t *order, uint32_t count,
                          int64_t *parts)
{
        for (uint32_t i = 0; i < count; i++) {
                const struct term *term = &terms->positions[order[i]];
                int64_t lot = term->instrument->said.lot, most = lots_most(term);
                zl_i128 share = (zl_i128)terms->policy->fraction * term->size;
                zl_i128 lots = (share + (zl_i128)lot * PPB - 1) / ((zl_i128)lot * PPB);
                if (most < 1)
                        continue;
                parts[order[i]] = (lots < most ? (int64_t)lots : most) * lot;
                return true;
        }
        return false;
}

static bool find_parts(struct money *money, const struct terms *terms, int64_t *parts)
{
        uint32_t order[TWIN_POSITIONS];
        uint32_t count = put_in_order(money, terms, order);

        switch (terms->policy->partial) {
        case ZL_PARTIAL_MINIMAL:
                return find_minimal(money, terms, order, count, parts);
        case ZL_PARTIAL_TIER:
                return find_tier(money, terms, order, count, parts);
        case ZL_PARTIAL_FRACTION:
                return find_fraction(terms, order, count, parts);
        default:
                return false;
        }
}

/* Not what would close the last unit of everything: that is the full step. */
bool steps_partial(struct money *money, const struct terms *terms, struct plan *ret_plan)
{
        int64_t parts[TWIN_POSITIONS] = {0};
        bool found = find_parts(money, terms, parts), something_left = false;

        money_judge(money, terms);
        *ret_plan = (struct plan){.step = STEP_PARTIAL};
        for (uint32_t i = 0; i < terms->positions_count; i++) {
                if (!terms->positions[i].open)
                        continue;
                something_left |= parts[i] < terms->positions[i].size;
                if (parts[i] == 0)
                        continue;
                ret_plan->rows[ret_plan->count].at = i;
                ret_plan->rows[ret_plan->count++].qty = parts[i];
        }
        return found && something_left;
}
