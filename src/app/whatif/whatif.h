/* whatif.h - a tape against changed parameters, several variants side by side.
 *
 * Answers: what would have happened with other policies, contracts, funds or prices? The tape is
 * surveyed once as it is; then all variants hear it in one pass, each in an engine of its own, the
 * base (nothing changed) through the same loop as the others. The output does not depend on the
 * number of threads. Owns: nothing between calls. */
#ifndef ZL_APP_WHATIF_WHATIF_H
#define ZL_APP_WHATIF_WHATIF_H

#include "app/options.h"

struct zl_whatif {
        const char *report; /* a page to write, or NULL */
        const char *map_at; /* a place, for one more liquidation map, or NULL */
        const char *write; /* a folder for what each variant heard and said, or NULL */
        struct zl_option_list set, tiers, fund, shock, variant;
};

/* Rows for a table of options, over a struct zl_whatif. */
#define ZL_WHATIF_OPTIONS(whatif)                                                                  \
        {"set", ZL_OPTION_LIST, &(whatif).set, "PATH=VALUE",                                       \
         "what-if: policy.adl_score=bitmex, instrument[BTC-USDT].taker_fee=0.0004,\n"              \
         "                               exchange.impact_ppm=500",                                 \
         0, 0, 0},                                                                                 \
        {"tiers", ZL_OPTION_LIST, &(whatif).tiers, "FILE",                                         \
         "what-if: tier tables, lines like {\"instrument\":7,\"tiers\":[...]}", 0, 0, 0},          \
        {"fund", ZL_OPTION_LIST, &(whatif).fund, "CHANGE",                                         \
         "what-if: x2 (all funds), 1=x2 or 1=5000000: what they begin with", 0, 0, 0},             \
        {"shock", ZL_OPTION_LIST, &(whatif).shock, "WHO=PERCENT%",                                 \
         "what-if: BTC-USDT=-20%, or rate:BTC=-20% of an asset's rate; @PLACE behind it:\n"        \
         "                               from there on",                                           \
         0, 0, 0},                                                                                 \
        {"variant", ZL_OPTION_LIST, &(whatif).variant, "NAME:...",                                 \
         "what-if: set=...,shock=...,fund=...,tiers=... under a name; what stands\n"               \
         "                               outside of one is in all of them",                        \
         0, 0, 0},                                                                                 \
        {"report", ZL_OPTION_TEXT, &(whatif).report, "FILE",                                       \
         "what-if: a page with charts, for a browser; it needs nothing else", 0, 0, 0},            \
        {"map-at", ZL_OPTION_TEXT, &(whatif).map_at, "PLACE",                                      \
         "with --report: the liquidation map there too", 0, 0, 0},                                 \
        {"write", ZL_OPTION_TEXT, &(whatif).write, "DIR",                                          \
         "what-if: a tape there of what each variant heard and said", 0, 0, 0}

/* Whether any of its options was given. */
bool zl_whatif_asked(const struct zl_whatif *whatif);
/* Prints the report on stdout. `threads` 0: as many as there are processors. */
ZL_MUST_CHECK enum zl_exit zl_whatif(const struct zl_whatif *whatif, const char *path,
                                     uint32_t threads, bool json);

#endif
