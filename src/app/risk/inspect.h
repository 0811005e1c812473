/* inspect.h - what an engine knows, printed: pools by how near they are to the line, what is open,
 * funds, marks held back, holes.
 *
 * Answers: `zeroline inspect`. The figures of pools are the report's, which `calc` prints. As JSON
 * a line each: first one that says where the tape stands, then accounts, pools (calc's own lines),
 * and the rest, each with a name `what`. Owns: nothing. Thread: one at a time. */
#ifndef ZL_APP_RISK_INSPECT_H
#define ZL_APP_RISK_INSPECT_H

#include "app/risk/report.h"
#include "codec/scales.h"

struct zl_inspect {
        const struct zl_engine *engine;
        const struct zl_scales *scales;
        bool json;
        bool has_account; /* only this one */
        uint64_t account;
        uint64_t top; /* pools, the nearest first; 0: all */
        /* where the tape stands */
        uint64_t record; /* the last that is taken */
        bool has_record;
        bool missing; /* frames were */
        bool from_state;
        uint64_t state; /* the record that it began with */
        uint64_t messages;
};

/* False: no memory, or stdout takes no more (said), or the account is not there (said). */
ZL_MUST_CHECK bool zl_inspect_print(const struct zl_inspect *inspect);

/* inspect_text.c, inspect_json.c: the parts, in this order. */
struct zl_inspect_form {
        void (*head)(const struct zl_inspect *);
        void (*account)(const struct zl_inspect *, uint32_t row);
        bool (*pools)(const struct zl_inspect *, const uint32_t *pools, uint32_t count,
                      uint32_t all);
        void (*waits)(const struct zl_inspect *, const uint32_t *pools, uint32_t count);
        void (*fund)(const struct zl_inspect *, const struct zl_fund *);
        void (*quarantine)(const struct zl_inspect *, const struct zl_instrument *);
        void (*hole)(const struct zl_inspect *, const struct zl_stream *);
        void (*suspended)(const struct zl_inspect *, uint32_t row);
};

extern const struct zl_inspect_form zl_inspect_text, zl_inspect_json;

#endif
