/* score.h - who among the winners is deleveraged first, by each venue's rule.
 *
 * Answers: a position's score under a policy's adl_score, as the integer that goes over the wire.
 * Owns: nothing. Thread: any.
 *
 * A score is a gain times a leverage, in 10^-15. The gain is counted in 10^-9 and the leverage in
 * 10^-6; each is rounded down and at most 10^12, and so is a leverage over nothing or less. What is
 * then above 2^64 - 1 (18,446 times one's money) is 2^64 - 1. Everything goes by value and profit,
 * which are signed by the side and the kind of contract already, so that longs and shorts, linear
 * and inverse contracts need no formulas of their own. */
#ifndef ZL_CORE_SCORE_H
#define ZL_CORE_SCORE_H

#include "core/wide.h"

#include <zeroline/message.h>

/* A position as the formulas see it. Times 10^9, each of the pool's numbers must fit a zl_wide. */
struct zl_standing {
        int64_t size; /* |q| */
        /* in fine units of the settle asset */
        zl_i128 mark_value;     /* V, not negative */
        zl_i128 entry_value;    /* its cost, positive */
        zl_i128 bankrupt_value; /* V at the price where its pool is bankrupt; any sign */
        zl_i128 profit;         /* unrealised, before funding */
        /* all in one unit, whichever */
        struct zl_wide notional;       /* V */
        struct zl_wide entry_notional; /* the cost */
        struct zl_wide equity;         /* of its pool: what is really there, B */
        struct zl_wide balance;        /* of its pool: B less the unrealised profit of all of it */
        struct zl_wide maintenance;    /* of its pool */
};

/* Only winners are deleveraged, and only they have a score. */
static inline bool zl_is_winner(const struct zl_standing *standing)
{
        return standing->profit > 0;
}

/* 0 of a position that is no winner. What is not ranked by a score, pro_rata and least_overshoot,
 * is scored by what its shares go by: size, profit. */
uint64_t zl_score(enum zl_adl_score by, const struct zl_standing *standing);

/* What a score is the product of. Of hyperliquid, which rounds once, `gain` is what it would be by
 * itself; of those that are no product both are 0. */
struct zl_score_parts {
        zl_i128 gain;     /* 10^-9 */
        zl_i128 leverage; /* 10^-6 */
};

uint64_t zl_score_parts(enum zl_adl_score by, const struct zl_standing *standing,
                        struct zl_score_parts *ret_parts);

/* The one venue's that tells losers apart too: below 0, in 10^-3, rounded down. */
zl_i128 zl_score_bitmex(const struct zl_standing *standing);

#endif
