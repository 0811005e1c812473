/* changes.h - what a variant changes: fields of messages, tier tables, funds, prices.
 *
 * Answers: what does this option change, and what becomes of this message by it? Texts are read in
 * two steps: their form when the command line is read, their names and values when the tape has
 * been surveyed, since symbols and scales stand on it. Owns: its texts. Thread: one while they are
 * read; then any, each with a scratch of its own. */
#ifndef ZL_APP_WHATIF_CHANGES_H
#define ZL_APP_WHATIF_CHANGES_H

#include "app/point.h"
#include "app/whatif/exchange.h"
#include "app/whatif/survey.h"

enum { ZL_CHANGES_MAX = 128, ZL_CHANGES_FIELDS_MAX = 2 };

/* A field, or a table and what it counts by. */
struct zl_change_set {
        enum zl_type type;
        char *who; /* a symbol or a number; NULL: all */
        uint32_t id; /* once resolved; of one that is not of all */
        const struct zl_field *fields[ZL_CHANGES_FIELDS_MAX];
        uint32_t fields_count;
        char *json; /* "name":value, of each of them */
        const char *text;
};

struct zl_change_shock {
        char *who;
        bool of_rate;
        uint32_t id;
        int64_t ppm;
        struct zl_point from; /* none: from the beginning */
        const char *text;
};

struct zl_change_fund {
        bool has_id, times;
        uint32_t id;
        char *value; /* an amount */
        int64_t millionths; /* of a factor */
        const char *text;
};

struct zl_changes {
        char name[64];
        struct zl_change_set sets[ZL_CHANGES_MAX];
        struct zl_change_shock shocks[ZL_CHANGES_MAX];
        struct zl_change_fund funds[ZL_CHANGES_MAX];
        uint32_t sets_count, shocks_count, funds_count;
        struct zl_exchange_terms terms;
        char *texts[ZL_CHANGES_MAX]; /* as given, in order */
        uint32_t texts_count;
};

void zl_changes_open(struct zl_changes *changes, const char *name);
void zl_changes_close(struct zl_changes *changes);

/* Each reads what stands behind one option. False after a line on stderr. */
ZL_MUST_CHECK bool zl_changes_set(struct zl_changes *changes, const char *text);
ZL_MUST_CHECK bool zl_changes_tiers(struct zl_changes *changes, const char *path);
ZL_MUST_CHECK bool zl_changes_fund(struct zl_changes *changes, const char *text);
ZL_MUST_CHECK bool zl_changes_shock(struct zl_changes *changes, const char *text);
/* "name:set=...,shock=...": opens the changes, and leaves closing them to the caller. */
ZL_MUST_CHECK bool zl_changes_variant(struct zl_changes *changes, const char *text);

/* Finds what they name on the tape, and tries them there. False after a line on stderr. */
ZL_MUST_CHECK bool zl_changes_resolve(struct zl_changes *changes, const struct zl_survey *survey);

/* ---- of a branch; `scratch` is the caller's ---- */

/* True: an asset, an instrument, a policy or a cluster was changed. */
bool zl_changes_apply(const struct zl_changes *changes, const struct zl_scales *scales,
                      struct zl_message *message, struct zl_message *scratch);
/* Within the contract's range, where it is known. `begun`: which of the shocks have. */
bool zl_changes_apply_mark(const struct zl_changes *changes, const struct zl_house_market *market,
                           const bool *begun, struct zl_msg_mark *mark);
bool zl_changes_apply_rate(const struct zl_changes *changes, const bool *begun,
                           struct zl_msg_rate *rate);
/* What the fund begins with. */
void zl_changes_apply_fund(const struct zl_changes *changes, const struct zl_scales *scales,
                           struct zl_msg_fund *fund);

#endif
