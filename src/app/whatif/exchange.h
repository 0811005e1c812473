/* exchange.h - what an order to close gets in a market that has only so much to give.
 *
 * Answers: how much of an order fills, at which average price, and how deep in a chain of orders
 * does it stand? Whole numbers of one form whatever the instrument: a trade of a value (or of the
 * depth that the mark tells) pushes the price away by so many 10^-9 of it, gets the middle of its
 * own push on average, and what it pushed wears off by half every half-life. Marks do not move.
 * Owns: nothing; a state an instrument is the caller's. Thread: its branch's. */
#ifndef ZL_APP_WHATIF_EXCHANGE_H
#define ZL_APP_WHATIF_EXCHANGE_H

#include <zeroline/message.h>

/* Changed by `--set exchange.NAME=N`. */
struct zl_exchange_terms {
        uint64_t impact_ppm;   /* push of a trade worth a million of the numeraire */
        uint64_t depth_ppm;    /* push of a trade of the mark's depth, where it tells one */
        uint64_t half_life_ms; /* of a push; 0: it wears off at once */
        uint64_t convert_ppm;  /* what selling collateral costs */
};

#define ZL_EXCHANGE_TERMS_DEFAULT                                                                  \
        {.impact_ppm = 250, .depth_ppm = 1000, .half_life_ms = 1000, .convert_ppm = 500}

/* Of one instrument. */
struct zl_exchange_state {
        uint64_t push_ppb; /* of earlier trades, as it was at `at_ns` */
        uint64_t at_ns;
        uint64_t chain; /* of the last order that filled */
};

/* What an order meets. */
struct zl_exchange_market {
        const struct zl_exchange_terms *terms;
        int64_t bid, ask, depth; /* depth 0: not told */
        int64_t tick, lot, min_price, max_price;
        zl_i128 lot_value; /* of one lot at the mark, in 10^-9 of the numeraire; 0: not known */
        uint64_t now_ns;
};

/* What wears off until now does. */
void zl_exchange_rest(struct zl_exchange_state *state, const struct zl_exchange_market *market);
/* The average price of a trade, to the tick against whoever sends it; not within any range. */
int64_t zl_exchange_average(const struct zl_exchange_state *state,
                            const struct zl_exchange_market *market, enum zl_side side,
                            int64_t qty);
/* The most of a quantity whose average is not beyond the limit: all of it, or whole lots. */
int64_t zl_exchange_fillable(const struct zl_exchange_state *state,
                             const struct zl_exchange_market *market, enum zl_side side,
                             int64_t limit, int64_t qty);
/* The trade is made: the next ones get less. */
void zl_exchange_trade(struct zl_exchange_state *state, const struct zl_exchange_market *market,
                       int64_t qty);

#endif
