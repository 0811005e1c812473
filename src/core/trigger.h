/* trigger.h - the edges of one instrument's bands, ordered by price.
 *
 * Answers: which pools does this mark cross? A pool's band is the marks from just above its lower
 * edge to just below its upper one; an edge is the first mark not proven to be in the pool's class,
 * and never the current one. Owns: two heaps. Thread: its engine's. Order: none; who asks sorts. */
#ifndef ZL_CORE_TRIGGER_H
#define ZL_CORE_TRIGGER_H

#include "core/heap.h"

struct zl_trigger {
        struct zl_heap below; /* keyed by -edge: crossed when the mark is at or below the edge */
        struct zl_heap above;
};

/* A pool's edges; a side without one can be crossed by no mark. */
struct zl_edges {
        bool has_below, has_above;
        int64_t below, above;
};

static inline void zl_trigger_arm(struct zl_trigger *trigger, uint32_t pool,
                                  const struct zl_edges *edges)
{
        if (edges->has_below)
                zl_heap_put(&trigger->below, pool, -edges->below);
        else
                zl_heap_remove(&trigger->below, pool);
        if (edges->has_above)
                zl_heap_put(&trigger->above, pool, edges->above);
        else
                zl_heap_remove(&trigger->above, pool);
}

static inline void zl_trigger_disarm(struct zl_trigger *trigger, uint32_t pool)
{
        zl_heap_remove(&trigger->below, pool);
        zl_heap_remove(&trigger->above, pool);
}

static inline bool zl_trigger_crossed(const struct zl_trigger *trigger, int64_t mark)
{
        return zl_heap_least(&trigger->below) <= -mark || zl_heap_least(&trigger->above) <= mark;
}

/* Writes the pools crossed; a pool may stand there twice. Room for twice the pools armed. */
static inline uint32_t zl_trigger_collect(const struct zl_trigger *trigger, int64_t mark,
                                          uint32_t *ret_pools)
{
        uint32_t count = zl_heap_collect(&trigger->below, -mark, ret_pools);

        return count + zl_heap_collect(&trigger->above, mark, ret_pools + count);
}

#endif
