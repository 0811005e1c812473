/* money.h - what one isolated position is worth, by the formulas of the design page and GMP.
 *
 * Every amount is an integer of 10^-90 units of its asset, which no product below outgrows, so that
 * nothing is rounded before it leaves. Owns: the integers of a `struct money`. Thread: one. */
#ifndef ZL_TESTS_MONEY_H
#define ZL_TESTS_MONEY_H

#include <zeroline/message.h>

#include <gmp.h>

struct twin_position {
        int64_t qty;
        bool has_cost;
        int64_t cost, entry, margin, order_margin, funding;
        bool funding_known;
};

/* What a judgement depends on. */
struct money_terms {
        const struct zl_msg_instrument *instrument;
        const struct zl_msg_asset *settle, *numeraire;
        const struct zl_msg_policy *policy;
        const struct twin_position *position;
        int64_t rate; /* of the settle asset */
        int64_t mark, funding;
};

/* Equity is E, residue is B; maintenance is MM times `shared`, a positive integer. */
struct money {
        mpz_t equity, residue, maintenance, shared;
        mpz_t value, cost, due; /* of the position */
        mpz_t a, b, c;          /* for the work under way */
};

void money_init(struct money *money);
void money_fini(struct money *money);

/* Whether the position breaks a bound on input: then it is not judged. */
bool money_refused(struct money *money, const struct money_terms *terms);
void money_judge(struct money *money, const struct money_terms *terms);
bool money_unsafe(struct money *money, const struct money_terms *terms);
/* Whether MM/E >= ratio, which an equity that is not positive always is. */
bool money_reaches(struct money *money, int64_t ratio_ppb);
/* MM/E in 10^-9, up; false where the equity is not positive. */
bool money_ratio_ceil(struct money *money, int64_t *ret_ratio_ppb);
int64_t money_equity_floor(struct money *money, const struct money_terms *terms);
int64_t money_maintenance_ceil(struct money *money, const struct money_terms *terms);
/* max(0, -B), up, in the settle asset. */
int64_t money_shortfall_ceil(struct money *money, const struct money_terms *terms);
/* On a tick against the account; false where it is not positive. */
bool money_bankruptcy_price(struct money *money, const struct money_terms *terms,
                            int64_t *ret_price);
/* The same within the instrument's range. */
int64_t money_limit_price(struct money *money, const struct money_terms *terms);

#endif
