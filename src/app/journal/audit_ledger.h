/* audit_ledger.h - does every commit of the ledger add up to nothing?
 *
 * Answers: of what accounts, funds and the ledger's own books gained by one commit, the quantities
 * of each instrument sum to zero, and so does the money of each asset; or here is the evidence that
 * they do not. Money is balances and isolated margins, less what positions cost (of a short, and of
 * an inverse long, plus). It is counted in fine units, modulo 2^128. A commit of which something
 * was missed is never judged, only counted: what stands behind a hole, an account that is heard of
 * for the first time behind its first revision, a commit that no message closes.
 * Owns: the sums of commits that are not complete. Thread: its owner's. In order, for each message:
 * before, the engine's step, after. */
#ifndef ZL_APP_JOURNAL_AUDIT_LEDGER_H
#define ZL_APP_JOURNAL_AUDIT_LEDGER_H

#include "core/state.h"

enum {
        ZL_LEDGER_SUMS_MAX = 256,   /* instruments and assets that one commit moves */
        ZL_LEDGER_COMMITS_MAX = 256, /* that are not complete */
        ZL_LEDGER_CLOSED_MAX = 1024, /* that are remembered */
        ZL_LEDGER_FUNDS_MAX = 256,
        ZL_LEDGER_NAMED_MAX = 4, /* accounts that the evidence names */
        ZL_LEDGER_EVIDENCE_SIZE = 200,
};

struct zl_ledger_sum {
        bool money;  /* of an asset, else a quantity of an instrument */
        uint32_t id;
        zl_u128 sum;
};

struct zl_ledger_sums {
        uint32_t count;
        bool failed; /* there was no room, or no way to tell what something cost */
        struct zl_ledger_sum rows[ZL_LEDGER_SUMS_MAX];
};

struct zl_ledger_commit {
        uint64_t number; /* 0: a free place */
        uint32_t seen, told; /* changes */
        bool complete_told;  /* `told` says something */
        bool missed;         /* something was: it is not judged */
        uint64_t named[ZL_LEDGER_NAMED_MAX];
        uint32_t named_count;
        struct zl_ledger_sums sums;
};

struct zl_ledger_fund {
        uint32_t id, asset;
        uint64_t rev;
        int64_t balance;
};

struct zl_ledger_audit {
        struct zl_ledger_commit *commits;
        struct {
                uint64_t number;
                bool judged; /* else something of it was missed */
        } closed[ZL_LEDGER_CLOSED_MAX];
        struct zl_ledger_fund funds[ZL_LEDGER_FUNDS_MAX];
        uint32_t funds_count;
        /* of the message under way */
        bool follows; /* its frame is the next of its stream */
        bool repeated; /* its frame was heard before */
        bool known, stood_still; /* its account */
        uint64_t rev;
        struct zl_ledger_sums change;
        char evidence[ZL_LEDGER_EVIDENCE_SIZE];
        uint64_t audited, unaudited, wrong; /* commits */
};

/* ZL_ERR_SYSTEM: no memory. */
ZL_MUST_CHECK enum zl_err zl_ledger_audit_open(struct zl_ledger_audit *audit);
void zl_ledger_audit_close(struct zl_ledger_audit *audit);
/* Before the first message of a frame is taken. */
void zl_ledger_audit_frame(struct zl_ledger_audit *audit, const struct zl_engine *engine,
                           const struct zl_header *header);
void zl_ledger_audit_before(struct zl_ledger_audit *audit, const struct zl_engine *engine,
                            const struct zl_message *message);
/* NULL, or what does not add up; it stays there until the next call. */
const char *zl_ledger_audit_after(struct zl_ledger_audit *audit, const struct zl_engine *engine,
                                  const struct zl_message *message);

#endif
