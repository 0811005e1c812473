/* names.h - instruments and assets as a person knows them, and what a pool waits for.
 * Owns: nothing. Thread: its owner's. */
#ifndef ZL_APP_NAMES_H
#define ZL_APP_NAMES_H

#include "app/risk/report.h"
#include "codec/scales.h"

/* "7 BTC-USDT"; "7" without a symbol. */
void zl_name_instrument(struct zl_text *text, const struct zl_scales *scales, uint32_t id);
void zl_name_asset(struct zl_text *text, const struct zl_scales *scales, uint32_t id);
/* Behind an amount: "USDT"; without a symbol the asset's number. */
void zl_name_unit(struct zl_text *text, const struct zl_scales *scales, uint32_t asset);
/* Of a pool that cannot be judged: "for a mark of 7 BTC-USDT", or the bound that it breaks. */
void zl_name_wait(struct zl_text *text, const struct zl_scales *scales,
                  const struct zl_subject *subject);

#endif
