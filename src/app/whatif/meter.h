/* meter.h - what happens in a branch, counted.
 *
 * Answers: a variant's totals and series, as they grow. Owns: the table of winners; a variant's
 * arrays are the report's. Thread: its branch's. */
#ifndef ZL_APP_WHATIF_METER_H
#define ZL_APP_WHATIF_METER_H

#include "app/whatif/survey.h"

struct zl_meter {
        const struct zl_survey *survey;
        const struct zl_house *books;
        struct zl_whatif_variant *variant;
        uint32_t point; /* of the axis, now */
        struct zl_table winners; /* by the hash of who they are: a struct zl_whatif_winner */
        bool failed; /* out of memory: sticks */
};

/* One fill. In fine units but for the fee. */
struct zl_meter_fill {
        const struct zl_house_market *market;
        zl_i128 value, slippage;
        int64_t fee;
        uint64_t chain;
};

/* What a row of a plan takes from a winner, in fine units of the instrument's settle asset. */
struct zl_meter_hit {
        const struct zl_house_market *market;
        uint64_t account;
        const char *pool;
        enum zl_leg leg;
        int64_t qty;
        zl_i128 value, given, share; /* of a pair; of a socialised loss */
        zl_i128 profit;              /* before */
};

/* Makes the variant's arrays. False: out of memory. */
ZL_MUST_CHECK bool zl_meter_open(struct zl_meter *meter, const struct zl_survey *survey,
                                 const struct zl_house *books, struct zl_whatif_variant *variant);
/* Fills what no message told, and ranks the winners. */
void zl_meter_finish(struct zl_meter *meter);
void zl_meter_close(struct zl_meter *meter);
void zl_meter_free_variant(struct zl_whatif_variant *variant, uint32_t funds,
                           uint32_t instruments);

/* `at`: the number of the message. */
void zl_meter_time(struct zl_meter *meter, uint64_t now_ns, uint64_t at);
void zl_meter_mark(struct zl_meter *meter, uint32_t instrument, int64_t price);
void zl_meter_fund(struct zl_meter *meter, const struct zl_house_fund *fund);
void zl_meter_fill(struct zl_meter *meter, const struct zl_meter_fill *fill);
/* The account loses a position, or gives as a winner: each is counted once. */
void zl_meter_loser(struct zl_meter *meter, struct zl_house_account *account);
void zl_meter_hit(struct zl_meter *meter, const struct zl_meter_hit *hit,
                  struct zl_house_account *account);
/* In units of an asset. */
void zl_meter_bad_debt(struct zl_meter *meter, uint32_t asset, zl_i128 amount);

#endif
