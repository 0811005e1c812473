/* map.h - from 64-bit keys to 32-bit values, in memory of a fixed size.
 *
 * Answers: which slot holds this id? Owns: nothing; its memory is the caller's and must be zero at
 * init. Nothing is ever taken out: an id once seen keeps its slot. Thread: its owner's. */
#ifndef ZL_CORE_MAP_H
#define ZL_CORE_MAP_H

#include <zeroline/message.h>

#include "core/assert.h"

/* value 0 is an empty slot; values are kept plus one */
struct zl_map_slot {
        uint64_t key;
        uint32_t value_plus_1;
};

struct zl_map {
        struct zl_map_slot *slots;
        uint32_t mask;
        uint32_t count;
        uint32_t count_max;
};

/* Slots for `count_max` keys: at most half of them are used. */
static inline size_t zl_map_slots(uint32_t count_max)
{
        size_t slots = 4;

        while (slots < 2 * (size_t)count_max)
                slots *= 2;
        return slots;
}

static inline void zl_map_init(struct zl_map *map, struct zl_map_slot *zeroed, uint32_t count_max)
{
        *map = (struct zl_map){.slots = zeroed,
                               .mask = (uint32_t)(zl_map_slots(count_max) - 1),
                               .count_max = count_max};
}

static inline struct zl_map_slot *zl_map_probe(const struct zl_map *map, uint64_t key)
{
        uint64_t i = zl_mix64(key) & map->mask;

        while (map->slots[i].value_plus_1 && map->slots[i].key != key)
                i = (i + 1) & map->mask;
        return &map->slots[i];
}

static inline bool zl_map_get(const struct zl_map *map, uint64_t key, uint32_t *ret_value)
{
        const struct zl_map_slot *slot = zl_map_probe(map, key);

        if (!slot->value_plus_1)
                return false;
        *ret_value = slot->value_plus_1 - 1;
        return true;
}

/* Asks for the slot's memory, for who looks it up soon. */
static inline void zl_map_prefetch(const struct zl_map *map, uint64_t key)
{
        __builtin_prefetch(&map->slots[zl_mix64(key) & map->mask]);
}

/* Adds a key or changes its value. False: the map is full. */
ZL_MUST_CHECK static inline bool zl_map_put(struct zl_map *map, uint64_t key, uint32_t value)
{
        struct zl_map_slot *slot = zl_map_probe(map, key);

        ZL_ASSERT(value < UINT32_MAX);
        if (!slot->value_plus_1) {
                if (map->count == map->count_max)
                        return false;
                map->count++;
                slot->key = key;
        }
        slot->value_plus_1 = value + 1;
        return true;
}

#endif
