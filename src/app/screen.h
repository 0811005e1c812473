/* screen.h - the demo's picture of a running cluster.
 *
 * Hears the same frames as the workers. Equity, ratios and lines come from an engine of its own
 * that sends nothing; prices, orders and fills are the ones on the bus. Owns: that engine. Thread:
 * its owner's. */
#ifndef ZL_APP_SCREEN_H
#define ZL_APP_SCREEN_H

#include "app/run.h"

#include "codec/scales.h"
#include "codec/table.h"
#include "core/key.h"
#include "core/solvency.h"

enum {
        ZL_SCREEN_INSTRUMENTS = 8,
        ZL_SCREEN_ASSETS = 8,
        ZL_SCREEN_ORDERS = 7,
        ZL_SCREEN_HISTORY = 40,
};

struct zl_screen_market {
        uint32_t id;
        int64_t first, last, low;
        int64_t history[ZL_SCREEN_HISTORY];
        uint32_t history_count;
};

struct zl_screen_asset {
        uint32_t id, scale;
        char symbol[32];
};

enum zl_screen_step {
        ZL_SCREEN_CANCEL,
        ZL_SCREEN_CONVERT,
        ZL_SCREEN_PARTIAL,
        ZL_SCREEN_FULL,
        ZL_SCREEN_STEPS,
};

struct zl_screen_order {
        enum zl_screen_step step;
        char id[ZL_KEY_TEXT_SIZE];
        uint32_t of; /* instrument, or what is converted */
        enum zl_side side;
        int64_t qty, price, mark;
        bool answered;
        struct zl_msg_exec answer;
        double at_s;
};

struct zl_screen {
        struct zl_run run;
        struct zl_scales *scales;
        struct zl_message *message;
        struct zl_view *view; /* scratch */
        struct zl_screen_market markets[ZL_SCREEN_INSTRUMENTS];
        uint32_t markets_count;
        struct zl_screen_asset assets[ZL_SCREEN_ASSETS];
        uint32_t assets_count;
        struct zl_screen_order orders[ZL_SCREEN_ORDERS]; /* the newest last */
        struct zl_table open; /* orders without a final answer, by a hash of their ids */
        uint64_t decisions, orders_count[ZL_SCREEN_STEPS];
        uint64_t filled, unfilled, taken_over, warnings;
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
