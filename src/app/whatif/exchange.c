#include "app/whatif/exchange.h"

#include "core/fixed.h"

enum {
        PPB_OF_PPM = 1000,
        CHAIN_PPB = 1000, /* less than this has worn off */
        MILLION = 1000000,
};

#define PPB ((zl_i128)1000000000)
/* No trade pushes the price further than this: a hundred times itself. */
#define PUSH_MOST (100 * PPB)

void zl_exchange_rest(struct zl_exchange_state *state, const struct zl_exchange_market *market)
{
        uint64_t half_ns = market->terms->half_life_ms * 1000000;

        if (half_ns == 0)
                state->push_ppb = 0;
        if (half_ns == 0 || market->now_ns <= state->at_ns)
                return;
        uint64_t passed = market->now_ns - state->at_ns, halves = passed / half_ns;
        uint64_t push = halves < 64 ? state->push_ppb >> halves : 0;

        /* Between two halvings it falls in a straight line. */
        push -= (uint64_t)((zl_u128)push * (passed % half_ns) / (2 * (zl_u128)half_ns));
        state->push_ppb = push < CHAIN_PPB ? 0 : push;
        state->at_ns = market->now_ns;
}

/* How far a trade pushes the price, in 10^-9 of it. */
static zl_i128 push_of(const struct zl_exchange_market *market, int64_t qty)
{
        zl_i128 push, value;

        if (market->depth > 0) {
                push = (zl_i128)qty * (int64_t)market->terms->depth_ppm * PPB_OF_PPM;
                return zl_min_i128(push / market->depth, PUSH_MOST);
        }
        if (!zl_mul(market->lot_value, qty, &value))
                return PUSH_MOST;
        value = value / market->lot / PPB; /* of the numeraire, whole */
        if (!zl_mul(value, (zl_i128)market->terms->impact_ppm * PPB_OF_PPM, &push))
                return PUSH_MOST;
        return zl_min_i128(push / MILLION, PUSH_MOST);
}

int64_t zl_exchange_average(const struct zl_exchange_state *state,
                            const struct zl_exchange_market *market, enum zl_side side, int64_t qty)
{
        bool sells = side == ZL_SIDE_SELL;
        zl_i128 best = sells ? market->bid : market->ask, tick = market->tick;
        zl_i128 away_ppb = (zl_i128)state->push_ppb + push_of(market, qty) / 2;
        zl_i128 away = zl_div_ceil(best * away_ppb, PPB);

        return zl_saturate_i64(sells ? zl_div_floor(best - away, tick) * tick
                                     : zl_div_ceil(best + away, tick) * tick);
}

static bool fits(const struct zl_exchange_state *state, const struct zl_exchange_market *market,
                 enum zl_side side, int64_t limit, int64_t qty)
{
        int64_t price = zl_exchange_average(state, market, side, qty);

        return side == ZL_SIDE_SELL ? price >= limit : price <= limit;
}

/* More never gets a better average, so the most is found by halving. */
int64_t zl_exchange_fillable(const struct zl_exchange_state *state,
                             const struct zl_exchange_market *market, enum zl_side side,
                             int64_t limit, int64_t qty)
{
        int64_t least = 0, most = qty / market->lot;

        if (fits(state, market, side, limit, qty))
                return qty;
        while (least < most) {
                int64_t lots = most - (most - least) / 2;
                if (fits(state, market, side, limit, lots * market->lot))
                        least = lots;
                else
                        most = lots - 1;
        }
        return least * market->lot;
}

void zl_exchange_trade(struct zl_exchange_state *state, const struct zl_exchange_market *market,
                       int64_t qty)
{
        zl_i128 push = state->push_ppb + push_of(market, qty);

        state->chain = state->push_ppb > 0 ? state->chain + 1 : 1;
        state->push_ppb = (uint64_t)zl_min_i128(push, PUSH_MOST);
        state->at_ns = market->now_ns;
}
