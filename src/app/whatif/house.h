/* house.h - the clearing house of one branch: contracts, prices, accounts, funds; what moves them.
 *
 * Answers: what is a position worth, what does closing a part of it gain, who holds what? Values
 * are in fine units of the settle asset (see core/market.h), money in units of its asset. Whoever
 * is paid is paid down to a unit; the rest is the asset's residue: nothing is made or lost.
 * Owns: all its tables. Thread: its branch's. */
#ifndef ZL_APP_WHATIF_HOUSE_H
#define ZL_APP_WHATIF_HOUSE_H

#include "app/whatif/exchange.h"
#include "app/whatif/holdings.h"
#include "codec/table.h"
#include "core/key.h"
#include "core/market.h"

struct zl_house_market {
        bool defined;
        struct zl_instrument is; /* the contract; its prices are unused */
        int64_t taker_fee_ppb;
        bool has_mark;
        struct zl_msg_mark mark;
        int64_t recorded; /* the mark as the tape has it */
        int64_t first_funding; /* at the first mark */
        struct zl_exchange_state exchange;
};

struct zl_house_asset {
        struct zl_asset is;
        /* What came in from trades and exchanges, and what rounding left, in fine units; what went
         * out as fees and as funding, in units. */
        zl_i128 market, residue, fees, funding;
};

struct zl_house_account {
        uint64_t id;
        struct zl_holdings recorded, own;
        bool heard, broken; /* the recorded one: at all; a revision was missed */
        bool touched;       /* its own: since it was last stated */
        bool lost;          /* a position, to the market, a fund or winners */
        bool gave;          /* as a winner */
};

/* A position that a fund took over and has not sold yet. */
struct zl_house_stake {
        uint32_t instrument;
        int64_t qty;  /* signed */
        zl_i128 cost; /* fine units */
};

struct zl_house_fund {
        uint32_t id, asset;
        bool heard, touched;
        uint64_t recorded_rev;
        int64_t recorded_balance;
        uint64_t rev, plan;
        int64_t balance, peak;
        zl_i128 pending; /* paid to it, and not in a revision yet */
        struct zl_house_stake *stakes;
        uint32_t stakes_count, stakes_room;
};

struct zl_house {
        uint32_t partitions;
        struct zl_table markets, assets, funds;
        struct zl_table accounts; /* pointers: accounts stay where they are */
        uint32_t numeraire, numeraire_scale;
        bool has_numeraire;
        struct zl_house_account **touched;
        uint32_t touched_count, touched_room;
        bool failed; /* out of memory: sticks */
};

void zl_house_open(struct zl_house *books);
void zl_house_close(struct zl_house *books);

/* ---- what the tape says ---- */

void zl_house_learn_asset(struct zl_house *books, const struct zl_msg_asset *said);
void zl_house_learn_rate(struct zl_house *books, const struct zl_msg_rate *said);
void zl_house_learn_instrument(struct zl_house *books, const struct zl_msg_instrument *said);
/* `recorded`: its price before any change. */
void zl_house_learn_mark(struct zl_house *books, const struct zl_msg_mark *said,
                         int64_t recorded);

/* ---- rows; NULL: there is none. Markets, assets and funds move when one is added ---- */

struct zl_house_market *zl_house_market(const struct zl_house *books, uint32_t instrument);
struct zl_house_asset *zl_house_asset(const struct zl_house *books, uint32_t asset);
struct zl_house_fund *zl_house_fund(const struct zl_house *books, uint32_t fund);
struct zl_house_account *zl_house_account(const struct zl_house *books, uint64_t account);
/* NULL: out of memory. */
struct zl_house_account *zl_house_need_account(struct zl_house *books, uint64_t account);
struct zl_house_fund *zl_house_need_fund(struct zl_house *books, uint32_t fund);
/* The fund behind an instrument, when it holds what the instrument settles in. */
struct zl_house_fund *zl_house_fund_of(const struct zl_house *books,
                                       const struct zl_house_market *market);

/* ---- worth ---- */

/* Of a quantity (not negative) at a price, in fine units. */
zl_i128 zl_house_value(const struct zl_house_market *market, int64_t qty, int64_t price);
/* 1 or -1: which way a holder's money goes as the value of a quantity of this sign grows. */
int zl_house_slope(const struct zl_house_market *market, int64_t qty);
zl_i128 zl_house_cost(const struct zl_house_market *market, const struct zl_row_position *row);
/* Unrealised, before funding, in fine units. */
zl_i128 zl_house_profit(const struct zl_house_market *market, const struct zl_row_position *row,
                        int64_t price);
/* What the row owes of funding up to an index, in units, up. */
int64_t zl_house_due(const struct zl_house_market *market, const struct zl_row_position *row,
                     int64_t index);
/* Funding index now. */
int64_t zl_house_index(const struct zl_house_market *market);
/* What an amount of one asset is worth in another, down; 0 where a rate is missing. */
zl_i128 zl_house_exchange(const struct zl_house *books, uint32_t from, zl_i128 amount, uint32_t to);
/* Fine units of an instrument's settle asset, in units of the numeraire, down. */
zl_i128 zl_house_numeraire(const struct zl_house *books, const struct zl_house_market *market,
                           zl_i128 fine);
/* The same in 10^-9 of the whole numeraire. */
zl_i128 zl_house_numeraire_ppb(const struct zl_house *books, const struct zl_house_market *market,
                               zl_i128 fine);
/* A share (10^-9) of a value in fine units, in units, up. */
int64_t zl_house_fee(zl_i128 value, int64_t share_ppb);
/* An amount of one asset becomes one of another, down, by the market; what it is then. */
zl_i128 zl_house_change(struct zl_house *books, uint32_t from, zl_i128 amount, uint32_t to);
/* Fine units as units, down; the rest is the asset's residue. */
int64_t zl_house_floor(struct zl_house *books, const struct zl_house_market *market, zl_i128 fine);

/* ---- moving ---- */

/* So much of the row (at most all) goes at a price: what that gains, in fine units. Its cost goes
 * with it, its entry stays. */
zl_i128 zl_house_close_part(const struct zl_house_market *market, struct zl_row_position *row,
                            int64_t qty, int64_t price);
/* Where a row's money is: its margin, or the account's balance. NULL: no room. */
int64_t *zl_house_money(struct zl_house *books, struct zl_house_account *account,
                        const struct zl_house_market *market, struct zl_row_position *row);
/* Pays what the row owes of funding until now. */
void zl_house_pay_funding(struct zl_house *books, struct zl_house_account *account,
                          const struct zl_house_market *market, struct zl_row_position *row);

/* What is pending becomes the fund's next revision. False: nothing is. */
bool zl_house_settle_fund(struct zl_house_fund *fund);

/* The account's next revision begins, unless it has. */
void zl_house_touch(struct zl_house *books, struct zl_house_account *account);
/* A quantity or cost of the row's pool changes in it: the base moves. */
void zl_house_move(struct zl_house *books, struct zl_house_account *account,
                   struct zl_row_position *row);
/* Takes out rows without a quantity; what an isolated one has left is the account's own. */
void zl_house_tidy(struct zl_house *books, struct zl_house_account *account);

static inline void zl_house_add(int64_t *money, zl_i128 amount)
{
        *money = zl_saturate_i64(*money + amount);
}

#endif
