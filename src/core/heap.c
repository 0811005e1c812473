#include "core/heap.h"

enum { ARITY = 4 };

uint32_t zl_heap_pages_for(uint32_t entries_max, uint32_t heaps)
{
        return entries_max / ZL_HEAP_PAGE + heaps + 1;
}

uint32_t zl_heap_table_for(uint32_t entries_max)
{
        return entries_max / ZL_HEAP_PAGE + 1;
}

static struct zl_heap_entry *at(const struct zl_heap *heap, uint32_t place)
{
        size_t page = heap->table[place / ZL_HEAP_PAGE];

        return &heap->pages->entries[page * ZL_HEAP_PAGE + place % ZL_HEAP_PAGE];
}

static void take_page(struct zl_heap *heap)
{
        struct zl_heap_pages *pages = heap->pages;
        uint32_t page = pages->given_back_count ? pages->given_back[--pages->given_back_count]
                                                : pages->fresh++;

        ZL_ASSERT(page < pages->pages_max);
        heap->table[heap->count / ZL_HEAP_PAGE] = page;
}

static void give_page_back(struct zl_heap *heap)
{
        struct zl_heap_pages *pages = heap->pages;

        pages->given_back[pages->given_back_count++] = heap->table[heap->count / ZL_HEAP_PAGE];
}

static void set(struct zl_heap *heap, uint32_t place, struct zl_heap_entry entry)
{
        *at(heap, place) = entry;
        heap->slots[entry.owner] = place + 1;
}

static void rise(struct zl_heap *heap, uint32_t place, struct zl_heap_entry entry)
{
        while (place > 0) {
                uint32_t parent = (place - 1) / ARITY;
                struct zl_heap_entry above = *at(heap, parent);
                if (above.key <= entry.key)
                        break;
                set(heap, place, above);
                place = parent;
        }
        set(heap, place, entry);
}

/* The place of the least child, or `heap->count`. */
static uint32_t least_child(const struct zl_heap *heap, uint32_t place)
{
        uint32_t first = ARITY * place + 1;
        uint32_t least = heap->count;

        for (uint32_t child = first; child < first + ARITY && child < heap->count; child++) {
                if (least == heap->count || at(heap, child)->key < at(heap, least)->key)
                        least = child;
        }
        return least;
}

static void sink(struct zl_heap *heap, uint32_t place, struct zl_heap_entry entry)
{
        for (;;) {
                uint32_t child = least_child(heap, place);
                if (child == heap->count || at(heap, child)->key >= entry.key)
                        break;
                set(heap, place, *at(heap, child));
                place = child;
        }
        set(heap, place, entry);
}

static void settle(struct zl_heap *heap, uint32_t place, struct zl_heap_entry entry)
{
        if (heap->loose)
                set(heap, place, entry);
        else if (place > 0 && at(heap, (place - 1) / ARITY)->key > entry.key)
                rise(heap, place, entry);
        else
                sink(heap, place, entry);
}

void zl_heap_put(struct zl_heap *heap, uint32_t owner, int64_t key)
{
        struct zl_heap_entry entry = {key, owner};

        if (heap->slots[owner]) {
                settle(heap, heap->slots[owner] - 1, entry);
                return;
        }
        if (heap->count % ZL_HEAP_PAGE == 0)
                take_page(heap);
        if (heap->loose)
                set(heap, heap->count++, entry);
        else
                rise(heap, heap->count++, entry);
}

void zl_heap_remove(struct zl_heap *heap, uint32_t owner)
{
        if (!heap->slots[owner])
                return;
        uint32_t place = heap->slots[owner] - 1;
        ZL_ASSERT(place < heap->count);
        struct zl_heap_entry last = *at(heap, --heap->count);
        heap->slots[owner] = 0;
        if (last.owner != owner)
                settle(heap, place, last);
        if (heap->count % ZL_HEAP_PAGE == 0)
                give_page_back(heap);
}

void zl_heap_tighten(struct zl_heap *heap)
{
        if (!heap->loose)
                return;
        heap->loose = false;
        for (uint32_t place = (heap->count + ARITY - 2) / ARITY; place-- > 0;)
                sink(heap, place, *at(heap, place));
}

int64_t zl_heap_key(const struct zl_heap *heap, uint32_t owner)
{
        return heap->slots[owner] ? at(heap, heap->slots[owner] - 1)->key : INT64_MAX;
}

int64_t zl_heap_least(const struct zl_heap *heap)
{
        ZL_ASSERT(!heap->loose);
        return heap->count ? at(heap, 0)->key : INT64_MAX;
}

/* Breadth first; the places still to visit stand in the answer's own array until they are owners.
 */
uint32_t zl_heap_collect(const struct zl_heap *heap, int64_t limit, uint32_t *ret_owners)
{
        uint32_t found = 0;

        if (heap->count && at(heap, 0)->key <= limit)
                ret_owners[found++] = 0;
        for (uint32_t seen = 0; seen < found; seen++) {
                uint32_t first = ARITY * ret_owners[seen] + 1;
                for (uint32_t child = first; child < first + ARITY && child < heap->count;
                     child++) {
                        if (at(heap, child)->key <= limit)
                                ret_owners[found++] = child;
                }
                ret_owners[seen] = at(heap, ret_owners[seen])->owner;
        }
        return found;
}
