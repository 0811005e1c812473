/* until.h - at what to stop.
 *
 *     order [ACCOUNT]             a cancel, convert or liquidate
 *     NAME [ACCOUNT]              a message out by its name: liquidate, takeover, adl, rank, ...
 *     alert [KIND] [ACCOUNT]
 *     ratio ACCOUNT[/POOL] OP N   maintenance/equity of a pool of the account
 *     mark INSTRUMENT OP PRICE    a mark that came in
 *
 * OP is one of < <= > >=. Where equity is not positive the ratio is above every number. A pool that
 * waits, or has no position, has none. Owns: nothing. Thread: any; zl_until_ratio an engine's. */
#ifndef ZL_APP_REPLAY_UNTIL_H
#define ZL_APP_REPLAY_UNTIL_H

#include "codec/scales.h"
#include "core/key.h"

enum zl_until_kind {
        ZL_UNTIL_NONE,
        ZL_UNTIL_ORDER,
        ZL_UNTIL_SAID, /* `type` */
        ZL_UNTIL_RATIO,
        ZL_UNTIL_MARK,
};

enum zl_until_op {
        ZL_UNTIL_LESS,
        ZL_UNTIL_AT_MOST,
        ZL_UNTIL_MORE,
        ZL_UNTIL_AT_LEAST,
};

struct zl_until {
        enum zl_until_kind kind;
        enum zl_type type;
        bool has_account, has_alert, has_pool;
        uint64_t account;
        enum zl_alert_kind alert;
        struct zl_pool_id pool;
        uint32_t instrument;
        enum zl_until_op op;
        int64_t ratio; /* 10^-9 */
        int64_t price; /* 10^-price_scale */
        uint32_t price_scale;
};

struct zl_run;

/* False after a line on stderr. */
ZL_MUST_CHECK bool zl_until_parse(const char *text, struct zl_until *ret_until);
/* Of what an engine said. */
bool zl_until_said(const struct zl_until *until, const struct zl_message *message);
/* Of what came in. */
bool zl_until_heard(const struct zl_until *until, const struct zl_scales *scales,
                    const struct zl_message *message);
/* A zl_engines_stop; the context is a struct zl_until. */
bool zl_until_ratio(const void *until, const struct zl_run *run, const struct zl_message *message);

#endif
