/* winners.h - lists of winners to try, small and wild.
 *
 * Answers: a repeatable list without anyone twice. Owns: nothing. Thread: the test's. */
#ifndef ZL_TESTS_WINNERS_H
#define ZL_TESTS_WINNERS_H

#include "operand.h"

#include "core/rank.h"

#include <string.h>

enum { PARTITIONS = 3 };

/* Few accounts, pools and scores, so that all ties occur; the i-th differs from every other. */
static inline struct zl_winner random_winner(uint32_t i, int64_t qty_most, zl_i128 profit_most)
{
        uint32_t account = i / 6, kind = i % 6;
        struct zl_winner winner = {
                .partition = account % PARTITIONS,
                .account = 1000 - account,
                .pool = {.cross = kind < 2, .instrument = kind < 2 ? 0 : 7,
                         .leg = kind < 3 ? ZL_LEG_NET : kind == 3 ? ZL_LEG_LONG : ZL_LEG_SHORT},
                .score = random_below(2) ? random_below(4) : random_u64() >> random_below(64),
                .qty = (int64_t)(random_u64() % ((uint64_t)qty_most + 1)),
                .profit = (zl_i128)(((zl_u128)random_u64() << 60 | random_u64() >> 4) %
                                    (zl_u128)profit_most) + 1,
        };

        winner.leg = kind == 1 ? ZL_LEG_LONG : winner.pool.leg;
        winner.instrument = kind == 0 ? 9 : kind == 5 ? 8 : 7;
        if (kind == 5)
                winner.pool.instrument = 8;
        return winner;
}

/* In no order. */
static inline void random_winners(struct zl_winner *winners, uint32_t count, int64_t qty_most,
                                  zl_i128 profit_most)
{
        for (uint32_t i = 0; i < count; i++)
                winners[i] = random_winner(i, qty_most, profit_most);
        for (uint32_t i = count; i > 1; i--) {
                uint32_t other = random_below(i);
                struct zl_winner moved = winners[i - 1];
                winners[i - 1] = winners[other];
                winners[other] = moved;
        }
}

#endif
