/* scales.h - what a stream said about units, for turning its integers into decimals and back.
 *
 * Answers: how many decimals has this field? Which topic does this message belong to?
 * Owns: tables that grow with the stream (tools only; the engine has its own).
 * Thread: its owner's. */
#ifndef ZL_CODEC_SCALES_H
#define ZL_CODEC_SCALES_H

#include "core/schema.h"

struct zl_scales;

/* NULL: out of memory. Caller owns the answer and must close it. */
struct zl_scales *zl_scales_open(void);
void zl_scales_close(struct zl_scales *scales);

/* Takes in what a message says of units. */
void zl_scales_learn(struct zl_scales *scales, const struct zl_message *message);

/* The decimals of a field of `object`, which is `message`'s own struct or a row in one of its
 * lists; -1 when the stream has not said. */
int zl_scales_of(const struct zl_scales *scales, const struct zl_field *field,
                 const struct zl_record *record, const void *object,
                 const struct zl_message *message);

int zl_scales_instrument_price(const struct zl_scales *scales, uint32_t instrument);
int zl_scales_instrument_qty(const struct zl_scales *scales, uint32_t instrument);
int zl_scales_asset(const struct zl_scales *scales, uint32_t asset);
int zl_scales_fund(const struct zl_scales *scales, uint32_t fund);
int zl_scales_numeraire(const struct zl_scales *scales);
/* An instrument's symbol, or NULL. */
const char *zl_scales_symbol(const struct zl_scales *scales, uint32_t instrument);
const char *zl_scales_asset_symbol(const struct zl_scales *scales, uint32_t asset);

/* Where a message goes by its own content; false for one that cannot say (synced). */
bool zl_scales_topic(const struct zl_scales *scales, const struct zl_message *message, uint32_t src,
                     struct zl_topic *ret_topic);

#endif
