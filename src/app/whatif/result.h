/* result.h - what a replay against changed parameters found, and its two forms.
 *
 * Answers: how many were liquidated, who paid, and when? A report a run, a variant a branch; the
 * first variant is the base, with nothing changed. Owns: its arrays, all made before the tape is
 * run. Amounts are in units of the numeraire unless said otherwise. Thread: a variant is written by
 * its branch's; the whole is read when all are done. */
#ifndef ZL_APP_WHATIF_RESULT_H
#define ZL_APP_WHATIF_RESULT_H

#include "codec/scales.h"
#include "core/text.h"

#include <stdio.h>

enum {
        ZL_WHATIF_POINTS_MAX = 2000, /* of a series */
        ZL_WHATIF_WINNERS_MAX = 100, /* that are told by name */
        ZL_WHATIF_CURVES_MAX = 32,   /* instruments whose marks are told */
};

/* See "What-if" in README.md for what each counts. */
struct zl_whatif_totals {
        uint64_t decisions;    /* taken by the exchange */
        uint64_t liquidations; /* orders to close that filled something */
        uint64_t unfilled;     /* orders to close that filled nothing */
        uint64_t cancels, conversions;
        uint64_t accounts;     /* that lost a position, to the market, a fund or winners */
        zl_i128 notional;      /* of fills, at their prices */
        zl_i128 slippage;      /* what fills got less than their marks */
        zl_i128 fees;
        zl_i128 improvement;   /* better fills and what closed pools left, paid to funds */
        uint64_t cascade;      /* the longest chain, see below */
        zl_i128 bad_debt;      /* what funds and winners paid for losers */
        zl_i128 uncovered;     /* what bankrupt pools still lack at the end */
        uint64_t plans, plans_refused, takeovers;
        zl_i128 takeover_notional;
        uint64_t pairs, winners; /* winners: accounts that gave a quantity or an amount */
        zl_i128 adl_notional;    /* of pairs, at their prices */
        zl_i128 given;           /* what pairs brought winners less than the mark */
        zl_i128 socialized;
        int64_t haircut_ppb;     /* the largest part of a winner's profit that one row took */
        zl_i128 needed;          /* what the losers of pairs lacked */
        zl_i128 overshoot;       /* given beyond that, loser by loser */
        zl_i128 fund_change;     /* of all funds, from the first statement to the end */
        uint64_t refused;        /* messages that the engine refused */
};

/* How the account and fund messages of the tape were taken. */
struct zl_whatif_inputs {
        uint64_t outside;  /* applied as differences */
        uint64_t answers;  /* passed over: they answer what was decided when the tape was made */
        uint64_t mixed;    /* passed over, though they may hold something from outside too */
        uint64_t diverged; /* of outside: on an account that is not what it was then */
        uint64_t declined; /* trades of an account that has lost what they add to */
};

struct zl_whatif_winner {
        uint64_t account;
        char pool[16];
        uint32_t instrument;
        enum zl_leg leg;
        int64_t qty;       /* given, in the instrument's units */
        zl_i128 notional, given, socialized;
        int64_t haircut_ppb;
        uint64_t pairs;
};

/* One number for every point of the axis. A fund's and a mark's stand for the end of their point; 0
 * before the first. */
struct zl_whatif_fund {
        uint32_t fund, asset;
        int64_t first, last, low, high; /* in units of its asset */
        bool stated;
        int64_t *balance;
        bool *said; /* at this point of it */
};

struct zl_whatif_instrument {
        uint32_t instrument;
        uint64_t liquidations;
        zl_i128 notional;
        int64_t first, last, low, high; /* marks */
        int64_t *price;
};

/* What balances the accounts and funds of a variant: at the end they hold what they began with and
 * what came from outside, and the market, less the others. */
struct zl_whatif_asset {
        uint32_t asset;
        zl_i128 market, residue; /* 10^-10 of the asset's units; residue: what rounding left */
        zl_i128 fees, funding;   /* units */
};

struct zl_whatif_series {
        uint64_t *liquidations, *cascade, *winners;
        zl_i128 *notional, *adl_notional, *bad_debt;
        int64_t *haircut_ppb;
};

struct zl_whatif_variant {
        char name[64];
        char *changes; /* as they were given, one a line; "" for the base */
        struct zl_whatif_totals totals;
        struct zl_whatif_inputs inputs;
        struct zl_whatif_series series;
        struct zl_whatif_fund *funds; /* by id */
        struct zl_whatif_instrument *instruments; /* by id */
        struct zl_whatif_asset *assets;
        uint32_t assets_count;
        struct zl_whatif_winner *winners; /* the largest haircuts first */
        uint32_t winners_count;
};

/* What the tape says was done when it was made. */
struct zl_whatif_recorded {
        bool answered; /* it holds answers of routers */
        uint64_t decisions, liquidations, accounts;
        zl_i128 notional;
        uint64_t plans, plans_unknown, pairs;
        zl_i128 adl_notional, fund_change;
        uint64_t both, only_recorded, only_base; /* accounts liquidated, there and in the base */
};

struct zl_whatif_report {
        const char *tape;
        const struct zl_scales *scales;
        uint64_t frames, messages, bad_frames;
        bool timed;          /* the axis is engine time; else the number of the message */
        uint64_t first, step; /* of the axis; point i covers first + i step and on */
        uint32_t points;
        uint32_t numeraire;
        uint32_t funds_count, instruments_count;
        struct zl_whatif_recorded recorded;
        struct zl_whatif_variant *variants;
        uint32_t variants_count;
};

/* One JSON object and a newline; the form stands in proto/README.md. ZL_ERR_SYSTEM: errno. */
ZL_MUST_CHECK enum zl_err zl_whatif_print_json(const struct zl_whatif_report *report, FILE *to);
/* For a person: variants as columns, the base first, what differs from it marked. */
ZL_MUST_CHECK enum zl_err zl_whatif_print_table(const struct zl_whatif_report *report, FILE *to);

#endif
