/* explain_words.h - what an explanation's numbers are called, in JSON and for a person.
 * Owns: nothing. Thread: any. */
#ifndef ZL_APP_EXPLAIN_EXPLAIN_WORDS_H
#define ZL_APP_EXPLAIN_EXPLAIN_WORDS_H

#include "app/explain/origins.h"

#include "core/explain.h"
#include "core/points.h"
#include "core/skip.h"
#include "core/text.h"

/* "cancel", "convert", "partial", "full", "deficit"; NULL for none. */
const char *zl_word_rung(enum zl_rung rung);
const char *zl_word_phase(enum zl_phase phase);
/* One word; NULL where the rung applies. */
const char *zl_word_skip(enum zl_skip skip);
/* Why this rung does not apply, in a sentence. */
const char *zl_words_skip(enum zl_rung rung, enum zl_skip skip);
const char *zl_word_wait(enum zl_wait wait);
/* What a deficit in this fund's instruments waits for, in a sentence. */
const char *zl_words_fund(const struct zl_engine *engine, uint32_t fund);
/* What is waited for, in a sentence without its end. */
const char *zl_words_wait(enum zl_wait wait);
const char *zl_word_leg(enum zl_leg leg);
const char *zl_word_side(enum zl_side side);
const char *zl_word_shares(enum zl_shares_by by);
/* NULL: there is a price. */
const char *zl_word_reason(enum zl_reason reason);
/* The name of a choice in a message: zl_word_choice(ZL_TYPE_POLICY, "partial", value). */
const char *zl_word_choice(enum zl_type type, const char *field, uint32_t value);


/* "2026-11-21T18:06:02.5Z" */
void zl_words_time(struct zl_text *text, uint64_t ns);
/* "src 11 mark.00000007 epoch 1 seq 88, record 2201" */
void zl_words_origin(struct zl_text *text, const struct zl_origin *origin);

#endif
