/* audit.h - does it add up?
 *
 * Answers: would a decision that closes all of a pool leave it at zero, to a tick's value a
 * position? Does a plan give every deficit its whole quantity and all of its loss, and take from no
 * winner more than it holds? Checked of everything before it is said, by other sums than those that
 * made it. Has a ledger taken more from a fund than the plan it followed allows? What does not add
 * up is not said: the pool or the fund stands still, and an alert has the evidence. Owns: nothing.
 * Thread: its engine's. */
#ifndef ZL_CORE_AUDIT_H
#define ZL_CORE_AUDIT_H

#include "core/plan.h"

/* One part and the price it is closed at. */
struct zl_closing {
        uint32_t part;
        int64_t price;
};

/* What is left of B when every open part is closed at its price, its fee paid, in common units x
 * 10^9; and the most that rounding to ticks may leave. */
struct zl_residue {
        struct zl_wide least, most, bound;
        bool endless; /* there is no bound: a tick below the price there is no price */
};

void zl_audit_residue(const struct zl_view *view, const struct zl_worth *worth,
                      const struct zl_closing *closings, uint32_t count,
                      struct zl_residue *ret_residue);
bool zl_audit_closing(const struct zl_residue *residue);

/* NULL, or what is wrong with the plan made of this round. */
const char *zl_audit_plan(const struct zl_round *round, const struct zl_plan *plan);
/* The most that a plan may cost the fund: the ledger may refuse a part of it. */
int64_t zl_audit_cost(const struct zl_plan *plan);

enum { ZL_EVIDENCE_SIZE = 160 };
/* Whether a newer revision is what the fund's last plan can have made of the present one. True of
 * one that another plan made, or none. False: the evidence says what is wrong. */
bool zl_audit_revision(const struct zl_engine *engine, const struct zl_fund *fund,
                       const struct zl_msg_fund *said, char evidence[ZL_EVIDENCE_SIZE]);

#endif
