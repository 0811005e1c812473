/* branch.h - one variant of a tape: an engine, an exchange and a ledger that close the loop.
 *
 * Answers: what would have happened? The engine hears the tape's cluster, assets, contracts,
 * policies, rates, marks, clocks, beats and synced, as the variant changes them. Its accounts and
 * funds are stated by the branch's own ledger: what came from outside on the tape moves them by
 * its difference, what answered a recorded decision does not, and what this engine decides is
 * filled and carried out here, at once, before the next frame of the tape. No answer of the tape
 * is heard.
 * Owns: its engine, books and counts. Thread: its branch's. */
#ifndef ZL_APP_WHATIF_BRANCH_H
#define ZL_APP_WHATIF_BRANCH_H

#include "app/run.h"
#include "app/whatif/changes.h"
#include "app/whatif/meter.h"
#include "tape/tape.h"

struct zl_branch {
        const struct zl_survey *survey;
        const struct zl_changes *changes;
        struct zl_whatif_variant *variant;
        struct zl_run run;
        struct zl_house books;
        struct zl_meter meter;
        struct zl_said orders, plans; /* said, not carried out yet */
        size_t orders_at, plans_at;
        struct zl_said heard;         /* all that was said, for the tape */
        struct zl_tape_writer *tape;  /* NULL: none is written */
        struct zl_table sequences;    /* of its own streams, by topic */
        struct zl_table needed; /* what losers lack, by the hash of key and instrument */
        struct zl_holdings next;      /* scratch */
        struct zl_message *message, *scratch;
        struct zl_msg_exec *execs;
        uint8_t *frame, *encoded;
        struct zl_tape_time time;
        struct zl_point froms[ZL_CHANGES_MAX]; /* of the shocks */
        bool begun[ZL_CHANGES_MAX];
        uint64_t now_ns, messages, commit;
        bool failed; /* after a line on stderr */
};

/* `tape`: a file to write what this engine hears and says, or NULL. The branch is closed in any
 * case. */
ZL_MUST_CHECK bool zl_branch_open(struct zl_branch *branch, const struct zl_survey *survey,
                                  const struct zl_changes *changes,
                                  struct zl_whatif_variant *variant, const char *tape);
/* One frame of the tape, from outside; `record` is its number there. */
void zl_branch_take(struct zl_branch *branch, uint64_t record, const uint8_t *frame, size_t size);
void zl_branch_finish(struct zl_branch *branch);
void zl_branch_close(struct zl_branch *branch);

/* ---- its parts ---- */

/* outside.c: what the tape says of an account and a fund. */
void zl_branch_take_account(struct zl_branch *branch, const struct zl_msg_account *said);
void zl_branch_take_fund(struct zl_branch *branch, const struct zl_msg_fund *said);

/* orders.c: a decision, as its frame. */
void zl_branch_decide(struct zl_branch *branch, const uint8_t *frame, size_t size);
/* What a trade of an instrument meets now; false while it has no mark. */
ZL_MUST_CHECK bool zl_branch_market(const struct zl_branch *branch,
                                    const struct zl_house_market *of,
                                    struct zl_exchange_market *ret_market);

/* rows.c: a plan, as its frame; and what funds get for what they took over, and from fills. */
void zl_branch_plan(struct zl_branch *branch, const uint8_t *frame, size_t size);
/* False: nothing. */
ZL_MUST_CHECK bool zl_branch_settle_funds(struct zl_branch *branch);
/* What a loser lacks, as the engine said it last. */
void zl_branch_hear_need(struct zl_branch *branch, const struct zl_output *output);

/* What was touched is stated: accounts, then funds. `commit`: the transaction; 0: from outside. */
void zl_branch_state(struct zl_branch *branch, uint64_t commit);
/* A frame of the branch's own. */
void zl_branch_say(struct zl_branch *branch, struct zl_topic topic, enum zl_type type,
                   const void *objects, uint32_t count);
void zl_branch_fail(struct zl_branch *branch, const char *why);

#endif
