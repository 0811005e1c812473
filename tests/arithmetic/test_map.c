/* core/map.h against an array that is searched from its start. */
#include "operand.h"

#include "core/map.h"

#include <string.h>

enum {
        KEYS_MAX = 600,
        OPERATIONS = 4000,
        WORLDS = 300,
};

struct naive {
        uint64_t keys[KEYS_MAX];
        uint32_t values[KEYS_MAX];
        uint32_t count;
        uint32_t count_max;
};

static uint32_t naive_find(const struct naive *naive, uint64_t key)
{
        uint32_t i = 0;

        while (i < naive->count && naive->keys[i] != key)
                i++;
        return i;
}

static bool naive_put(struct naive *naive, uint64_t key, uint32_t value)
{
        uint32_t i = naive_find(naive, key);

        if (i == naive->count) {
                if (naive->count == naive->count_max)
                        return false;
                naive->count++;
        }
        naive->keys[i] = key;
        naive->values[i] = value;
        return true;
}

static void require_same(const struct zl_map *map, const struct naive *naive, uint64_t key)
{
        const uint32_t untouched = 0xdeadbeef;
        uint32_t i = naive_find(naive, key), value = untouched;
        bool found = zl_map_get(map, key, &value);

        REQUIRE(found == (i < naive->count));
        REQUIRE(value == (found ? naive->values[i] : untouched));
        REQUIRE(map->count == naive->count);
}

/* Keys of one world: small ones, any, or some whose first slot is near the last, so that probing
 * goes around the end of the table. */
static void make_keys(uint64_t *keys, uint32_t count, uint32_t kind, uint32_t mask)
{
        for (uint32_t i = 0; i < count; i++) {
                keys[i] = kind == 0 ? random_below(2 * count) : random_u64();
                while (kind == 2 && (zl_mix64(keys[i]) & mask) < mask - mask / 8)
                        keys[i] = random_u64();
        }
        keys[0] = 0;
        keys[count - 1] = UINT64_MAX;
}

static void check_world(uint32_t count_max, uint32_t kind)
{
        static uint64_t keys[2 * KEYS_MAX];
        static struct naive naive;
        size_t slots_count = zl_map_slots(count_max);
        struct zl_map_slot *slots = calloc(slots_count, sizeof *slots);
        uint32_t keys_count = 2 + count_max + random_below(count_max + 1);
        struct zl_map map;

        assert_non_null(slots);
        naive = (struct naive){.count_max = count_max};
        zl_map_init(&map, slots, count_max);
        make_keys(keys, keys_count, kind, map.mask);
        for (int i = 0; i < OPERATIONS; i++, trial.round++) {
                uint64_t key = keys[random_below(keys_count)];
                uint32_t value = (uint32_t)random_u64();
                if (random_below(8) == 0 || value == UINT32_MAX)
                        value = random_u64() & 1 ? 0 : UINT32_MAX - 1;
                if (random_u64() & 1)
                        REQUIRE(zl_map_put(&map, key, value) == naive_put(&naive, key, value));
                require_same(&map, &naive, key);
        }
        for (uint32_t i = 0; i < keys_count; i++)
                require_same(&map, &naive, keys[i]);
        free(slots);
}

static void test_against_array(void **state)
{
        (void)state;
        trial_begin(20240607);
        for (uint32_t i = 0; i < WORLDS; i++) {
                for (uint32_t kind = 0; kind < 3; kind++)
                        check_world(i < 20 ? i : random_below(KEYS_MAX / 2), kind);
        }
}

/* A power of two, at least 4, that the keys fill to a half at most. */
static void test_slots(void **state)
{
        (void)state;
        for (uint64_t count = 0; count < UINT32_MAX; count += 1 + count / 50) {
                size_t slots = zl_map_slots((uint32_t)count);
                assert_true(slots >= 4 && slots >= 2 * count);
                assert_true((slots & (slots - 1)) == 0);
                assert_true(slots == 4 || slots / 2 < 2 * count);
        }
}

static void put_value(const void *value)
{
        struct zl_map_slot slots[4];
        struct zl_map map;

        memset(slots, 0, sizeof slots);
        zl_map_init(&map, slots, 1);
        if (!zl_map_put(&map, 1, *(const uint32_t *)value))
                _exit(1);
}

static void test_asserts(void **state)
{
        (void)state;
        assert_true(traps(put_value, &(uint32_t){UINT32_MAX}));
        assert_false(traps(put_value, &(uint32_t){UINT32_MAX - 1}));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_against_array),
                cmocka_unit_test(test_slots),
                cmocka_unit_test(test_asserts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
