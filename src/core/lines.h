/* lines.h - a pool's safety along the coordinate, tier by tier, as straight lines.
 *
 * Answers: by which two lines is a pool judged in a tier, and between which coordinates is it good
 * there? For solvency.c and nearest.c only. Owns: nothing. Thread: any. */
#ifndef ZL_CORE_LINES_H
#define ZL_CORE_LINES_H

#include "core/solvency.h"

/* alpha u + beta, along the coordinate u: the mark, or its reciprocal. */
struct zl_line {
        struct zl_wide alpha, beta;
};

/* Beyond every coordinate. */
#define ZL_NO_END ((zl_i128)1 << 126)

static inline struct zl_wide zl_line_at(const struct zl_line *line, zl_i128 u)
{
        return zl_wide_add(zl_wide_mul(line->alpha, zl_wide_of(u)), line->beta);
}

/* 10^qty_scale where the rate grows with size, which is measured in whole units; else 1. */
static inline zl_i128 zl_size_unit(const struct zl_terms *terms)
{
        return terms->instrument->mmr_slope_ppb ? zl_pow10(terms->instrument->qty_scale) : 1;
}

static inline bool zl_by_size(const struct zl_terms *terms)
{
        return terms->instrument->tier_by == ZL_TIER_BY_SIZE;
}

static inline bool zl_by_entry(const struct zl_terms *terms)
{
        return terms->policy->mm_basis == ZL_MM_BASIS_ENTRY;
}

/* Maintenance in one tier, times precision: max(0, margin) + fee. */
struct zl_maintenance_lines {
        struct zl_line margin, fee;
};

struct zl_maintenance_lines zl_maintenance_lines(const struct zl_terms *terms,
                                                 const struct zl_tier *tier);

/* The first tier whose `upto` is not below the position's notional or size. */
uint32_t zl_tier_at(const struct zl_terms *terms, zl_i128 u);

/* One tier's coordinates and, as lines, num E - den MM there: the pool is good where both are. */
struct zl_piece {
        zl_i128 low, high;
        struct zl_line lines[2];
};

struct zl_piece zl_piece_of(const struct zl_terms *terms, struct zl_threshold threshold,
                            uint32_t tier);

/* Narrows [low, high] to the coordinates where a line is >= 0, or > 0 when strict. */
void zl_keep_good(const struct zl_line *line, bool strict, zl_i128 *low, zl_i128 *high);

#endif
