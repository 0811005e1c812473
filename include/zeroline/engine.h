/* engine.h - the liquidation engine: a pure function of its state and the next message.
 *
 * Answers: given this message, what must be sent? There is no clock, file, socket, thread or
 * randomness in it, and nothing is allocated: it lives in one block of the caller's zeroed memory,
 * whose size follows from the configuration. The same messages give the same outputs, always.
 * Thread: one at a time.
 *
 *     size_t size = zl_engine_size(&config);
 *     zl_engine_init(calloc(1, size), size, &config, &engine);
 *     enum zl_progress progress = zl_engine_step(engine, &header, 0, &message, &outbox);
 *     for (;;) {
 *             ... read what stands in the outbox, then clear it ...
 *             if (progress == ZL_DONE)
 *                     break;
 *             progress = zl_engine_resume(engine, &outbox);
 *     } */
#ifndef ZEROLINE_ENGINE_H
#define ZEROLINE_ENGINE_H

#include "message.h"

ZL_BEGIN_C

enum {
        ZL_PARTITIONS_MAX = 65536,
        ZL_RANGES_MAX = 64,
        ZL_OUTBOX_SIZE_MIN = 1 << 17, /* holds whatever is said at once: a decision of 128 orders, a
                                         partition's bid */
        ZL_OUTBOX_STEP_MIN = 96 << 10, /* what must be free of it when a step begins: a beat may
                                          tell of 256 holes, each an alert */
};

struct zl_partition_range {
        uint32_t first, last;
};

/* When the index is rebuilt as a whole instead of entry by entry. Like the noise below it changes
 * what the engine costs, and not one byte of what it says. */
enum zl_gap {
        ZL_GAP_AUTO, /* when a mark crosses more than about a twentieth of an instrument's bands */
        ZL_GAP_ALWAYS,
        ZL_GAP_NEVER,
};

struct zl_engine_config {
        uint32_t src;        /* of output frames */
        uint64_t epoch;      /* of output frames */
        uint32_t partitions; /* P; 0: as the stream says, 256 until then, and all are owned */
        struct zl_partition_range owned[ZL_RANGES_MAX];
        uint32_t owned_count;
        uint32_t home; /* the partition under which to say what concerns no account; one engine of a
                          worker owns it */
        enum zl_gap gap;
        uint64_t guess_noise; /* 0: none; else widths of safe bands are disturbed by it */
        uint32_t accounts_max, positions_max, balances_max, instruments_max, assets_max,
                policies_max, funds_max, streams_max;
};

struct zl_engine;

/* What the engine said: one message and the header of its frame. Messages of one decision share a
 * frame: `joins` is true for all but the first. */
struct zl_output {
        struct zl_header header;
        enum zl_type type;
        bool joins;
        uint64_t rank; /* 0, or the account plus one: what several engines say to one message stands
                          in this order */
        const void *object; /* the message's struct */
};

struct zl_outbox {
        uint8_t *data;
        size_t capacity;
        size_t size;
};

enum zl_progress {
        ZL_DONE,
        ZL_MORE, /* the outbox was full: empty it and resume */
};

/* Events since init, for metrics; they decide nothing. */
struct zl_engine_counters {
        uint64_t messages;
        uint64_t foreign;      /* for partitions of others */
        uint64_t duplicates;   /* sequences seen before */
        uint64_t gaps;         /* sequences never seen */
        uint64_t old_epochs;
        uint64_t refused;      /* messages that break a rule */
        uint64_t evaluations;  /* of a pool, exactly */
        uint64_t crossings;    /* of an edge */
        uint64_t decisions;    /* sent, repeats included */
        uint64_t alerts;
        uint64_t answers_late; /* exec for a decision no longer open */
};

ZL_API size_t zl_engine_size(const struct zl_engine_config *config);
/* `memory` is zeroed, aligned as by malloc, and stays the caller's. ZL_ERR_INVALID: the
 * configuration makes no sense; ZL_ERR_FULL: the memory is too small. */
ZL_API ZL_MUST_CHECK enum zl_err zl_engine_init(void *memory, size_t size,
                                                const struct zl_engine_config *config,
                                                struct zl_engine **ret_engine);

/* Takes message `place` (from 0) of the frame with this header. */
ZL_API ZL_MUST_CHECK enum zl_progress zl_engine_step(struct zl_engine *engine,
                                                     const struct zl_header *header, uint32_t place,
                                                     const struct zl_message *message,
                                                     struct zl_outbox *outbox);
/* Goes on after ZL_MORE; nothing else may be called in between. */
ZL_API ZL_MUST_CHECK enum zl_progress zl_engine_resume(struct zl_engine *engine,
                                                       struct zl_outbox *outbox);

/* Tells a fund's coordinator the digest of the plan that it just said for a revision: XXH3-64 of
 * its messages' bytes, which only whoever encodes them knows. Between steps. With it, the fund's
 * next revision is held against what the plan may have cost; without, it is not. */
ZL_API void zl_engine_planned(struct zl_engine *engine, uint32_t fund, uint64_t rev,
                              uint64_t digest);

ZL_API struct zl_engine_counters zl_engine_counters(const struct zl_engine *engine);

ZL_API void zl_outbox_init(struct zl_outbox *outbox, void *buffer, size_t capacity);
ZL_API void zl_outbox_clear(struct zl_outbox *outbox);
/* Reads the outbox from *cursor = 0 on; false at its end. */
ZL_API bool zl_outbox_next(const struct zl_outbox *outbox, size_t *cursor,
                           struct zl_output *ret_output);

ZL_END_C

#endif
