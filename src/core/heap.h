/* heap.h - the edges of one side of an instrument, or the deadlines of an engine: least key first.
 *
 * Answers: which owners have a key at or below this limit? An owner has at most one entry, which
 * moves in place, so there is no garbage to collect. Entries live in pages that all heaps of an
 * engine share; a heap takes a page when it grows and gives it back when it shrinks.
 * Owns: nothing; pages, table and slots are the engine's. Thread: its engine's. */
#ifndef ZL_CORE_HEAP_H
#define ZL_CORE_HEAP_H

#include "core/assert.h"

#include <zeroline/base.h>

enum { ZL_HEAP_PAGE = 512 }; /* entries */

struct zl_heap_entry {
        int64_t key;
        uint32_t owner;
};

struct zl_heap_pages {
        struct zl_heap_entry *entries;
        uint32_t *given_back; /* a stack */
        uint32_t given_back_count;
        uint32_t fresh; /* the first page never taken */
        uint32_t pages_max;
};

struct zl_heap {
        struct zl_heap_pages *pages;
        uint32_t *table; /* which page holds entries i * ZL_HEAP_PAGE and on */
        uint32_t *slots; /* of each owner: the place of its entry plus one, 0 for none */
        uint32_t count;
        bool loose; /* out of order, until tightened */
};

/* Pages for `entries_max` entries spread over `heaps` heaps; length of one heap's table. */
uint32_t zl_heap_pages_for(uint32_t entries_max, uint32_t heaps);
uint32_t zl_heap_table_for(uint32_t entries_max);

/* Adds the owner's entry or changes its key. */
void zl_heap_put(struct zl_heap *heap, uint32_t owner, int64_t key);
/* Nothing happens when the owner has none. */
void zl_heap_remove(struct zl_heap *heap, uint32_t owner);
/* The owner's key, or INT64_MAX. */
int64_t zl_heap_key(const struct zl_heap *heap, uint32_t owner);
/* The least key, or INT64_MAX. */
int64_t zl_heap_least(const struct zl_heap *heap);
/* Writes every owner whose key is at most `limit`, in no order; `ret_owners` has room for all of
 * the heap. The entries stay. */
uint32_t zl_heap_collect(const struct zl_heap *heap, int64_t limit, uint32_t *ret_owners);

/* While loose, changes cost nothing and nothing can be asked: for when most entries change. */
static inline void zl_heap_loosen(struct zl_heap *heap)
{
        heap->loose = true;
}
/* Puts a loose heap in order again. */
void zl_heap_tighten(struct zl_heap *heap);

#endif
