/* sort.h - rows in an order.
 *
 * Answers: these rows, sorted. Heapsort: in place, and never worse than n log n. Owns: nothing.
 * Thread: any. */
#ifndef ZL_CORE_SORT_H
#define ZL_CORE_SORT_H

#include <stdbool.h>
#include <stdint.h>

struct zl_engine;

/* Whether row a stands before row b. */
typedef bool zl_before(const struct zl_engine *engine, uint32_t a, uint32_t b);

static inline void zl_sort_sift(const struct zl_engine *engine, uint32_t *rows, uint32_t at,
                                uint32_t count, zl_before *before)
{
        for (;;) {
                uint32_t child = 2 * at + 1;
                if (child >= count)
                        return;
                if (child + 1 < count && before(engine, rows[child], rows[child + 1]))
                        child++;
                if (!before(engine, rows[at], rows[child]))
                        return;
                uint32_t row = rows[at];
                rows[at] = rows[child];
                rows[child] = row;
                at = child;
        }
}

static inline void zl_sort(const struct zl_engine *engine, uint32_t *rows, uint32_t count,
                           zl_before *before)
{
        for (uint32_t i = count / 2; i-- > 0;)
                zl_sort_sift(engine, rows, i, count, before);
        for (uint32_t end = count; end > 1; end--) {
                uint32_t row = rows[0];
                rows[0] = rows[end - 1];
                rows[end - 1] = row;
                zl_sort_sift(engine, rows, 0, end - 1, before);
        }
}

#endif
