/* liqmap.h - the liquidation map: what is unsafe at which price of one instrument.
 *
 * Answers: if this mark alone jumped there now, how many pools would be unsafe, how much of the
 * instrument do they hold, what would they lack, and can the fund bear that? Exact at each price:
 * `core/path` says between which marks a pool is unsafe, and everything is summed before it is
 * rounded, once, up. Prices lie from half the mark to one and a half of it, closer together within
 * a tenth. Owns: nothing. Thread: its engine's owner's. */
#ifndef ZL_APP_RISK_LIQMAP_H
#define ZL_APP_RISK_LIQMAP_H

#include "codec/scales.h"
#include "core/state.h"
#include "core/text.h"

enum {
        ZL_LIQMAP_PRICES_MAX = 181,
        ZL_LIQMAP_TEXT_MAX = 1 << 16, /* what zl_liqmap_put writes at most */
};

/* Amounts in units of the numeraire. */
struct zl_liqmap {
        uint32_t instrument; /* id */
        int64_t mark;
        uint32_t fund; /* id; 0: none */
        bool has_balance;
        zl_i128 balance; /* of the fund, down */
        uint32_t count;  /* of prices; 0: nothing can be valued */
        int64_t price[ZL_LIQMAP_PRICES_MAX]; /* rising */
        uint64_t pools[ZL_LIQMAP_PRICES_MAX];
        zl_i128 longs[ZL_LIQMAP_PRICES_MAX], shorts[ZL_LIQMAP_PRICES_MAX];
        zl_i128 lacking[ZL_LIQMAP_PRICES_MAX];   /* sum of max(0, -B) of these pools */
        zl_i128 shortfall[ZL_LIQMAP_PRICES_MAX]; /* of that, what is beyond the fund's balance */
};

/* By the engine's row. False: out of memory. */
ZL_MUST_CHECK bool zl_liqmap_make(const struct zl_engine *engine, uint32_t row,
                                  struct zl_liqmap *ret_map);
/* One JSON object; its form stands in proto/README.md. */
void zl_liqmap_put(const struct zl_liqmap *map, const struct zl_scales *scales,
                   struct zl_text *text);

#endif
