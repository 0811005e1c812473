/* money.h - what a pool is worth, by the formulas and GMP.
 *
 * Amounts of an asset are in its fine units, 10^-(scale + 10); sums over assets are in 10^-73 of
 * the numeraire, which no product below outgrows: nothing is rounded before it leaves.
 * Owns: the integers of a `struct money`. Thread: one. */
#ifndef ZL_TESTS_MONEY_H
#define ZL_TESTS_MONEY_H

#include "terms.h"

#include <gmp.h>

enum {
        PPB = 1000000000,
        PPB_DIGITS = 9,
        FINE_DIGITS = 10,
        FUNDING_DIGITS = 12,
        SUM_DIGITS = 73,
        VALUE_BITS = 119,
        DUE_BITS = 118,
};

/* Of the pool last judged. A fraction stands as a numerator and what it is to be divided by. */
struct money {
        /* positions */
        mpz_t unit[TWIN_POSITIONS];  /* the value of one last digit of quantity */
        mpz_t value[TWIN_POSITIONS];
        mpz_t cost[TWIN_POSITIONS];
        mpz_t profit[TWIN_POSITIONS];
        mpz_t due[TWIN_POSITIONS];
        mpz_t maintenance[TWIN_POSITIONS]; /* in 10^-73 of the numeraire, times divisor */
        int64_t divisor[TWIN_POSITIONS];
        mpz_t closing[TWIN_POSITIONS]; /* what closing a part costs, times fills */
        mpz_t factor[TWIN_POSITIONS];  /* of the part's value, times fills */
        /* assets */
        mpz_t amount[TWIN_ASSETS]; /* x_a */
        /* the pool */
        mpz_t residue; /* B */
        mpz_t equity, fills; /* E times fills */
        mpz_t needed, shared; /* MM times shared */
        mpz_t a, b, c, d, e; /* for the work under way */
};

/* 10^digits, which is below 120. */
mpz_srcptr money_power(uint32_t digits);

void money_init(struct money *money);
void money_fini(struct money *money);

/* Whether a position breaks a bound on input: then its pool is not judged. */
bool money_refused(struct money *money, const struct terms *terms);
void money_judge(struct money *money, const struct terms *terms);

/* After money_judge: as if parts of positions were closed at the estimated fill. The residue stays
 * that of the whole. */
void money_begin_closing(struct money *money, const struct terms *terms);
void money_close(struct money *money, const struct terms *terms, uint32_t at, int64_t part);
void money_add_up(struct money *money, const struct terms *terms);

/* E < MM, or by the trigger E <= MM; a pool without positions: B < 0. */
bool money_bad(struct money *money, const struct terms *terms);
/* MM <= ratio x E. */
bool money_within(struct money *money, int64_t ratio_ppb);
/* Whether MM/E >= ratio, which an equity that is not positive always is. */
bool money_reaches(struct money *money, int64_t ratio_ppb);
/* MM/E in 10^-9, up; false where the equity is not positive. */
bool money_ratio_ceil(struct money *money, int64_t *ret_ratio_ppb);
int64_t money_equity_floor(struct money *money, const struct terms *terms);
int64_t money_maintenance_ceil(struct money *money, const struct terms *terms);

/* What `number` of a position's or an asset's fine units are worth, in 10^-73 of the numeraire. */
void money_worth(mpz_t r, const mpz_t number, const struct asset *asset);
/* The canonical U of an inverse contract, else the mark. */
void money_coordinate(mpz_t r, const struct instrument *instrument, int64_t price);
/* The tier of so much of the position, from 0. */
uint32_t money_tier(struct money *money, const struct terms *terms, uint32_t at, int64_t size);

int64_t money_saturated(const mpz_t z);

#endif
