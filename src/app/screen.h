/* screen.h - the demo's picture of a running cluster.
 *
 * Hears the same frames as the workers. Equity, ratios and lines come from an engine of its own
 * that sends nothing; prices, orders and fills are the ones on the bus. Owns: that engine. Thread:
 * its owner's. */
#ifndef ZL_APP_SCREEN_H
#define ZL_APP_SCREEN_H

#include "app/run.h"
#include "codec/scales.h"

enum { ZL_SCREEN_INSTRUMENTS = 8, ZL_SCREEN_ORDERS = 7, ZL_SCREEN_HISTORY = 40 };

struct zl_screen_market {
        uint32_t id;
        int64_t first, last, low;
        int64_t history[ZL_SCREEN_HISTORY];
        uint32_t history_count;
};

struct zl_screen_order {
        struct zl_msg_liquidate order;
        struct zl_msg_exec answer;
        bool answered;
        double at_s;
};

struct zl_screen {
        struct zl_run run;
        struct zl_scales *scales;
        struct zl_message *message;
        struct zl_screen_market markets[ZL_SCREEN_INSTRUMENTS];
        uint32_t markets_count;
        struct zl_screen_order orders[ZL_SCREEN_ORDERS]; /* a ring, the newest last */
        uint64_t liquidations, filled, taken_over, warnings;
        double notional;
        int64_t fund_first, fund_last, fund_low;
        bool has_fund;
        double seconds;
        double line_s; /* when the last line was printed */
        bool terminal; /* a picture is drawn, not lines */
};

ZL_MUST_CHECK bool zl_screen_open(struct zl_screen *screen);
void zl_screen_close(struct zl_screen *screen);
/* Any frame of the bus. */
void zl_screen_hear(struct zl_screen *screen, const uint8_t *frame, size_t size);

/* A full picture for a terminal, or one line for a pipe. */
void zl_screen_draw(struct zl_screen *screen, double total_s);
void zl_screen_line(struct zl_screen *screen);
void zl_screen_summary(const struct zl_screen *screen);

#endif
