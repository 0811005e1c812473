/* trigger.h - the edges of bands along one coordinate: a mark, a funding index or a rate.
 *
 * Answers: which bands does this value cross? A band is the values from just above its lower edge
 * to just below its upper one; an edge is the first value not proven to keep the pool in its class,
 * and never the current one. A band belongs to an owner: a position, or of a rate a balance too.
 * Owns: two heaps. Thread: its engine's. Order: none; who asks sorts. */
#ifndef ZL_CORE_TRIGGER_H
#define ZL_CORE_TRIGGER_H

#include "core/heap.h"

struct zl_trigger {
        struct zl_heap below; /* keyed by -edge: crossed when the value is at or below the edge */
        struct zl_heap above;
};

/* A band's edges; a side without one can be crossed by no value. */
struct zl_edges {
        bool has_below, has_above;
        int64_t below, above;
};

/* Of the least integer, the nearest that has one. */
static inline int64_t zl_trigger_negative(int64_t value)
{
        return value == INT64_MIN ? INT64_MAX : -value;
}

static inline void zl_trigger_arm(struct zl_trigger *trigger, uint32_t owner,
                                  const struct zl_edges *edges)
{
        if (edges->has_below)
                zl_heap_put(&trigger->below, owner, -edges->below);
        else
                zl_heap_remove(&trigger->below, owner);
        if (edges->has_above)
                zl_heap_put(&trigger->above, owner, edges->above);
        else
                zl_heap_remove(&trigger->above, owner);
}

static inline void zl_trigger_disarm(struct zl_trigger *trigger, uint32_t owner)
{
        zl_heap_remove(&trigger->below, owner);
        zl_heap_remove(&trigger->above, owner);
}

static inline bool zl_trigger_crossed(const struct zl_trigger *trigger, int64_t value)
{
        return zl_heap_least(&trigger->below) <= zl_trigger_negative(value) ||
               zl_heap_least(&trigger->above) <= value;
}

/* Writes the owners crossed; one may stand there twice. Room for twice the owners armed. */
static inline uint32_t zl_trigger_collect(const struct zl_trigger *trigger, int64_t value,
                                          uint32_t *ret_owners)
{
        uint32_t count = zl_heap_collect(&trigger->below, zl_trigger_negative(value), ret_owners);

        return count + zl_heap_collect(&trigger->above, value, ret_owners + count);
}

/* Where each owner's entries stand: one array a kind of coordinate and side. */
struct zl_index_slots {
        uint32_t *mark_below, *mark_above;
        uint32_t *funding_below, *funding_above;
        uint32_t *rate_below, *rate_above;
        uint32_t *deadline;
};

#endif
