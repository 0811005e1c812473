/* heap.h and trigger.h against plain arrays: every owner's key in a list, searched from end to end.
 *
 *     test_trigger --seed 1 --worlds 200 --messages 100000    what meson runs
 *     test_trigger --seed $RANDOM --minutes 60               for as long as wanted
 *
 * A world is a few instruments whose triggers share pages; a message is one operation. */
#include "arguments.h"

#include "core/trigger.h"

enum { INSTRUMENTS_MAX = 5, OWNERS_MAX = 2000, NOWHERE = -1 };

static const int64_t extremes[] = {INT64_MIN + 1, INT64_MIN + 2, -1, 0, 1, INT64_MAX - 1,
                                   INT64_MAX};

/* What one owner was armed with, and where. */
struct owner {
        int instrument;
        struct zl_edges edges;
};

static struct {
        uint64_t random, seed, operation;
        uint32_t owners_count, instruments_count, armed;
        int64_t spread; /* of edges: a small one makes ties */
        struct zl_heap_pages pages;
        uint32_t slots_below[OWNERS_MAX], slots_above[OWNERS_MAX];
        struct zl_trigger triggers[INSTRUMENTS_MAX];
        struct owner owners[OWNERS_MAX];
        uint32_t collected[2 * OWNERS_MAX];
        uint8_t seen[OWNERS_MAX];
} test;

#define REQUIRE(condition) require(condition, #condition, __LINE__)

static void require(bool condition, const char *text, int line)
{
        if (condition)
                return;
        fprintf(stderr, "seed %llu, operation %llu, line %d: not %s\n",
                (unsigned long long)test.seed, (unsigned long long)test.operation, line, text);
        exit(1);
}

/* SplitMix64. */
static uint64_t random_u64(void)
{
        uint64_t z = test.random += 0x9e3779b97f4a7c15u;

        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return z ^ z >> 31;
}

static uint32_t below(uint64_t limit)
{
        return (uint32_t)(random_u64() % limit);
}

static int64_t random_price(void)
{
        if (below(50) == 0)
                return extremes[below(ZL_COUNT(extremes))];
        return (int64_t)(random_u64() % (uint64_t)test.spread);
}

static void *zeroed(size_t count, size_t size)
{
        void *memory = calloc(count ? count : 1, size);

        if (!memory)
                abort();
        return memory;
}

static void begin(uint64_t seed)
{
        memset(&test, 0, sizeof test);
        test.random = test.seed = seed;
        test.owners_count = 1 + below(below(2) ? OWNERS_MAX : 40);
        test.instruments_count = 1 + below(INSTRUMENTS_MAX);
        test.spread = 1 + (int64_t)(random_u64() >> (below(60) + 1));
        uint32_t pages = 2 * zl_heap_pages_for(test.owners_count, test.instruments_count);
        test.pages = (struct zl_heap_pages){
                .entries = zeroed((size_t)pages * ZL_HEAP_PAGE, sizeof *test.pages.entries),
                .given_back = zeroed(pages, sizeof(uint32_t)),
                .pages_max = pages};
        for (uint32_t i = 0; i < test.instruments_count; i++) {
                struct zl_heap *heaps[] = {&test.triggers[i].below, &test.triggers[i].above};
                for (int side = 0; side < 2; side++)
                        *heaps[side] = (struct zl_heap){
                                .pages = &test.pages,
                                .table = zeroed(zl_heap_table_for(test.owners_count),
                                                sizeof(uint32_t)),
                                .slots = side ? test.slots_above : test.slots_below};
        }
        for (uint32_t i = 0; i < test.owners_count; i++)
                test.owners[i].instrument = NOWHERE;
}

static void end(void)
{
        for (uint32_t i = 0; i < test.instruments_count; i++) {
                free(test.triggers[i].below.table);
                free(test.triggers[i].above.table);
        }
        free(test.pages.entries);
        free(test.pages.given_back);
}

/* ---- the naive side ---- */

static bool has_key(uint32_t owner, int instrument, bool above, int64_t *ret_key)
{
        const struct owner *of = &test.owners[owner];

        if (of->instrument != instrument)
                return false;
        *ret_key = above ? of->edges.above : -of->edges.below;
        return above ? of->edges.has_above : of->edges.has_below;
}

static void check_heap(const struct zl_heap *heap, int instrument, bool above, int64_t limit)
{
        uint32_t count = zl_heap_collect(heap, limit, test.collected), entries = 0, expected = 0;
        int64_t least = INT64_MAX, key;

        memset(test.seen, 0, sizeof test.seen);
        for (uint32_t i = 0; i < count; i++) {
                REQUIRE(test.collected[i] < test.owners_count);
                REQUIRE(!test.seen[test.collected[i]]);
                test.seen[test.collected[i]] = 1;
        }
        for (uint32_t i = 0; i < test.owners_count; i++) {
                if (!has_key(i, instrument, above, &key))
                        continue;
                entries++;
                least = key < least ? key : least;
                expected += key <= limit;
                REQUIRE(test.seen[i] == (key <= limit));
        }
        REQUIRE(count == expected);
        REQUIRE(heap->count == entries);
        REQUIRE(zl_heap_least(heap) == least);
}

/* INT64_MAX is what an empty heap answers, and no mark is so far out. */
static void check_mark(int instrument, int64_t mark)
{
        if (mark == INT64_MAX || mark == -INT64_MAX)
                mark = 0;
        const struct zl_trigger *trigger = &test.triggers[instrument];
        uint32_t count = zl_trigger_collect(trigger, mark, test.collected), expected = 0;

        memset(test.seen, 0, sizeof test.seen);
        for (uint32_t i = 0; i < count; i++)
                test.seen[test.collected[i]]++;
        for (uint32_t i = 0; i < test.owners_count; i++) {
                const struct owner *of = &test.owners[i];
                uint8_t sides = 0;
                if (of->instrument == instrument) {
                        sides += of->edges.has_below && mark <= of->edges.below;
                        sides += of->edges.has_above && mark >= of->edges.above;
                }
                REQUIRE(test.seen[i] == sides);
                expected += sides;
        }
        REQUIRE(count == expected);
        REQUIRE(zl_trigger_crossed(trigger, mark) == (expected > 0));
}

/* Pages are held by entries and by nothing else. */
static void check_pages(void)
{
        uint32_t held = 0;

        for (uint32_t i = 0; i < test.instruments_count; i++) {
                held += (test.triggers[i].below.count + ZL_HEAP_PAGE - 1) / ZL_HEAP_PAGE;
                held += (test.triggers[i].above.count + ZL_HEAP_PAGE - 1) / ZL_HEAP_PAGE;
        }
        REQUIRE(test.pages.fresh <= test.pages.pages_max);
        REQUIRE(test.pages.fresh - test.pages.given_back_count == held);
}

/* ---- operations ---- */

static void arm(uint32_t owner)
{
        struct owner *of = &test.owners[owner];

        if (of->instrument == NOWHERE)
                of->instrument = (int)below(test.instruments_count);
        of->edges = (struct zl_edges){.has_below = below(8) != 0,
                                      .has_above = below(8) != 0,
                                      .below = random_price(),
                                      .above = random_price()};
        zl_trigger_arm(&test.triggers[of->instrument], owner, &of->edges);
}

/* An owner leaves its instrument's heaps before it enters another's. */
static void disarm(uint32_t owner)
{
        struct owner *of = &test.owners[owner];
        int instrument = of->instrument == NOWHERE ? 0 : of->instrument;

        if (of->instrument == NOWHERE && below(4))
                return;
        zl_trigger_disarm(&test.triggers[instrument], owner);
        of->instrument = NOWHERE;
}

/* A mark takes what it crosses out, as the engine does when pools become unsafe. */
static void cross(int instrument, int64_t mark)
{
        uint32_t count = zl_trigger_collect(&test.triggers[instrument], mark, test.collected);

        for (uint32_t i = 0; i < count; i++) {
                zl_trigger_disarm(&test.triggers[instrument], test.collected[i]);
                test.owners[test.collected[i]].instrument = NOWHERE;
        }
}

static void operate(bool growing)
{
        uint32_t owner = below(test.owners_count), kind = below(100);
        int instrument = (int)below(test.instruments_count);

        if (kind < (growing ? 80 : 35))
                arm(owner);
        else if (kind < 98)
                disarm(owner);
        else if (kind == 99 && below(20) == 0)
                cross(instrument, random_price());
        if (below(test.owners_count < 50 ? 2 : 100) != 0)
                return;
        check_heap(&test.triggers[instrument].below, instrument, false, -random_price());
        check_heap(&test.triggers[instrument].above, instrument, true, random_price());
        check_mark(instrument, random_price());
        check_pages();
}

int main(int argc, char **argv)
{
        struct arguments arguments = arguments_of(
                argc, argv, (struct arguments){.seed = 1, .worlds = 200, .messages = 100000});
        double begun = seconds_now();
        uint64_t worlds = 0, period;

        for (; worlds < arguments.worlds; worlds++) {
                if (arguments.minutes && seconds_now() - begun > 60.0 * (double)arguments.minutes)
                        break;
                begin(arguments.seed + worlds);
                period = 1 + below(20000); /* of growth, and then as long of shrinking */
                for (; test.operation < arguments.messages; test.operation++)
                        operate(test.operation / period % 2 == 0);
                end();
        }
        printf("%llu worlds, %.0f operations a second\n", (unsigned long long)worlds,
               (double)(worlds * arguments.messages) / (seconds_now() - begun));
        return 0;
}
