/* terms.h - what a judgement depends on.
 *
 * Answers: which numbers does a pool's solvency follow from? Owns: nothing. Thread: any. */
#ifndef ZL_TESTS_TERMS_H
#define ZL_TESTS_TERMS_H

#include "twin.h"

struct asset {
        uint32_t id;
        bool defined, has_rate;
        struct zl_msg_asset said;
        int64_t rate;
        int64_t volatility;
};

struct instrument {
        uint32_t id;
        bool defined, usable, has_mark, has_funding, refusing;
        struct zl_msg_instrument said;
        int64_t digits;       /* the multiplier is digits x 10^-d, d as small as can be */
        int32_t exponent;     /* K = digits x 10^exponent; of an inverse one U = 10^exponent / M */
        zl_i128 deducts[64]; /* c(n) of each tier, in 10^-9 of upto's unit */
        int64_t mark, funding, bid, ask, depth;
        uint64_t mark_seq, mark_ns;
        int64_t volatility;
        bool quarantined;
        int64_t jumped; /* the first mark of the quarantine */
        uint32_t confirmed;
};

struct position {
        uint32_t instrument; /* id */
        enum zl_leg leg;
        bool listed; /* by the message under way */
        int64_t qty;
        bool has_cost;
        int64_t cost, entry, funding;
        bool funding_known;
        uint64_t rev;
};

struct balance {
        uint32_t asset; /* id */
        bool listed;
        int64_t amount, order_margin;
};

struct term {
        const struct position *said;
        const struct instrument *instrument;
        uint32_t holding; /* its settle asset's place */
        bool open;        /* not settled */
        bool trading;
        int64_t size; /* |q| */
};

struct holding {
        const struct asset *asset;
        int64_t amount, order_margin;
};

struct terms {
        const struct zl_msg_policy *policy;
        const struct asset *numeraire;
        bool cross; /* H is the identity elsewhere */
        struct term positions[TWIN_POSITIONS];
        struct holding holdings[TWIN_ASSETS];
        uint32_t positions_count, holdings_count, open_count, trading_count;
};

#endif
