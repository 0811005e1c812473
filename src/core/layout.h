/* layout.h - where an engine's tables stand in its block of memory. Thread: its engine's. */
#ifndef ZL_CORE_LAYOUT_H
#define ZL_CORE_LAYOUT_H

#include "core/state.h"

/* Hands out parts of one block; with no block it only measures. */
struct zl_arena {
        uint8_t *data;
        size_t used;
};

/* Every table, map and heap of the engine, by its configuration. */
void zl_lay_out(struct zl_arena *arena, struct zl_engine *engine);

#endif
