/* journal.h - what a journal knows: every frame, in a store, and the state behind them.
 *
 * Answers: what is the state of a partition now? Each frame is kept, then given to an engine whose
 * words nobody hears. Opened anew it goes on where the store ends: from the newest snapshot and the
 * frames behind it. What it did not hear it does not make up: a partition with a hole has no
 * snapshot until publishers have restated it.
 * Owns: the store, the engine, the clock it makes. Thread: its owner's. */
#ifndef ZL_APP_JOURNAL_JOURNAL_H
#define ZL_APP_JOURNAL_JOURNAL_H

#include "app/journal/audit_ledger.h"
#include "app/worker/heal.h"
#include "app/journal/recent.h"
#include "app/run.h"
#include "bus/pace.h"
#include "tape/log.h"

struct zl_journal_settings {
        struct zl_log_settings log;
        struct zl_engine_config engine;
        uint64_t snapshot_ms; /* between two of all partitions; 0: none */
        uint64_t recent_bytes; /* of the newest frames, for another journal; 0: none */
};

struct zl_journal {
        struct zl_store *store;
        struct zl_run run;
        struct zl_recent recent; /* by the engine's streams */
        uint64_t snapshot_ms, snapshot_ns; /* when the next is due, by the system's clock */
        uint64_t clock_ns, clock_seq;
        struct zl_pace words; /* of the audit */
        uint64_t frames, bad_frames, lost, recovered;
        struct zl_ledger_audit audit;
        /* The ledger does not add up; it was said already. NULL: nobody else is told. */
        void (*alarm)(void *context, const char *evidence);
        void *alarm_context;
        struct zl_heal *heal; /* NULL: holes are filled by restatements only */
        bool full; /* something that was said found no room in the engine */
        uint32_t src;
        uint64_t epoch;
};

/* After a line on stderr: ZL_ERR_SYSTEM, or ZL_ERR_INVALID when the store is another cluster's. It
 * is to be closed all the same. */
ZL_MUST_CHECK enum zl_err zl_journal_open(struct zl_journal *journal,
                                          const struct zl_journal_settings *settings);
/* Writes what is left. ZL_ERR_SYSTEM: not all of it. */
ZL_MUST_CHECK enum zl_err zl_journal_close(struct zl_journal *journal);

void zl_journal_take(struct zl_journal *journal, const void *frame, size_t size, uint64_t now_ns);
/* From the owner's loop: the clock, the store's own work, a snapshot when it is due. True: there is
 * more to do at once. */
bool zl_journal_work(struct zl_journal *journal, uint64_t now_ns);
/* The state of a partition, to be freed. NULL: it has a hole, or there is no memory, or there
 * was no room in the engine. */
uint8_t *zl_journal_state(struct zl_journal *journal, uint32_t partition, size_t *ret_size);

#endif
