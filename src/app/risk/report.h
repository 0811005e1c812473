/* report.h - the risk points of every pool, as `zeroline calc` prints them.
 *
 * Answers: what is a pool worth, in which state is it, where do its positions stand? Once as
 * numbers, rounded as they leave, and from these as JSON. Owns: nothing. Thread: its owner's. */
#ifndef ZL_APP_RISK_REPORT_H
#define ZL_APP_RISK_REPORT_H

#include "core/state.h"
#include "core/text.h"

enum zl_pool_state {
        ZL_POOL_WAITS, /* for an asset, a rate, an instrument, a policy, a mark or its account */
        ZL_POOL_SAFE,
        ZL_POOL_WARN,
        ZL_POOL_LIQUIDATE,
        ZL_POOL_BANKRUPT,
};

/* A pool, with all that its figures need. Only the first three are set while it waits. */
struct zl_subject {
        const struct zl_engine *engine;
        const struct zl_pool *pool;
        zl_refusal refusal; /* the bound that it breaks, or NULL */
        bool has;
        const struct zl_asset *numeraire;
        struct zl_worth worth;
        struct zl_shares shares;
        struct zl_view view;
};

/* In the numeraire, at its scale. */
struct zl_pool_figures {
        enum zl_pool_state state;
        uint32_t scale;
        zl_i128 equity, left, maintenance;
        bool has_ratio;
        zl_i128 ratio; /* 10^-9 */
};

struct zl_position_figures {
        uint32_t scale; /* the settle asset's, of the first three */
        zl_i128 notional, upnl, maintenance;
        struct zl_liquidation points;
        bool has_nearest, has_bankruptcy, has_closeout, has_buffer;
        int64_t nearest; /* of the two points, on the side that hurts */
        zl_i128 bankruptcy, closeout;
        zl_i128 buffer; /* 10^-9 */
};

void zl_report_look(const struct zl_engine *engine, uint32_t pool, struct zl_subject *ret_subject);
struct zl_pool_figures zl_pool_figures(const struct zl_subject *subject);
/* Of the part of its view. */
struct zl_position_figures zl_position_figures(const struct zl_subject *subject, uint32_t at);

/* All pools by account, then in canonical order; the caller frees the answer. NULL: out of
 * memory. */
uint32_t *zl_report_pools(const struct zl_engine *engine, uint32_t *ret_count);
/* One JSON object, without an end of line. */
void zl_report_pool(const struct zl_engine *engine, uint32_t pool, struct zl_text *text);

#endif
