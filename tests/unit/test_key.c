/* core/key.h: names of pools, decisions and orders. */
#include "unit.h"

#include "core/assert.h"
#include "core/key.h"

static const char *const pools[] = { /* in canonical order */
        "x", "0", "0L", "0S", "7", "7L", "7S", "10", "10L", "10S", "4294967295", "4294967295L",
        "4294967295S",
};

static void test_pools(void **state)
{
        (void)state;
        for (size_t i = 0; i < ZL_COUNT(pools); i++) {
                struct zl_pool_id pool, other;
                char text[ZL_POOL_TEXT_SIZE];
                assert_true(zl_pool_id_parse(pools[i], &pool));
                zl_pool_id_format(pool, text);
                assert_string_equal(text, pools[i]);
                for (size_t j = 0; j < ZL_COUNT(pools); j++) {
                        assert_true(zl_pool_id_parse(pools[j], &other));
                        int order = zl_pool_id_compare(pool, other);
                        assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
                }
        }
}

static void test_pools_refused(void **state)
{
        static const char *const texts[] = {
                "", "X", "xx", "x ", " x", "7l", "7s", "7LS", "7LL", "L", "L7", "07", "00", "-1",
                "+7", "7 ", "7.0", "4294967296", "99999999999999999999", "7/",
        };

        (void)state;
        for (size_t i = 0; i < ZL_COUNT(texts); i++) {
                struct zl_pool_id pool = {.cross = false, .instrument = 77};
                assert_false(zl_pool_id_parse(texts[i], &pool));
                assert_int_equal(pool.instrument, 77);
        }
}

static void test_keys(void **state)
{
        static const char *const texts[] = {
                "42/x/17/0", "42/x/17/0/1", "42/7L/17/0/0", "0/0/0/0", "0/0S/0/0/0",
                "18446744073709551615/4294967295S/18446744073709551615/4294967295/4294967295",
        };
        struct zl_key key;
        char text[ZL_KEY_TEXT_SIZE];

        (void)state;
        for (size_t i = 0; i < ZL_COUNT(texts); i++) {
                assert_true(zl_key_parse(texts[i], &key));
                zl_key_format(&key, text);
                assert_string_equal(text, texts[i]);
        }
        assert_true(zl_key_parse("42/7L/17/3/9", &key));
        assert_true(key.account == 42 && !key.pool.cross && key.pool.instrument == 7);
        assert_true(key.pool.leg == ZL_LEG_LONG && key.base == 17 && key.n == 3);
        assert_true(key.has_place && key.place == 9);
        assert_true(zl_key_parse("42/x/17/3", &key));
        assert_true(key.pool.cross && !key.has_place);
}

static void test_keys_refused(void **state)
{
        static const char *const texts[] = {
                "", "42", "42/x", "42/x/17", "42/x/17/", "42/x/17/0/", "42/x/17/0/1/", "/x/17/0",
                "42/x/17/0/1/2", "42//17/0", "42/x//0", "42/y/17/0", "42/x7/17/0", "042/x/17/0",
                "42/x/017/0", "42/x/17/00", "42/x/17/0/01", "-42/x/17/0", "42/x/-1/0", " 42/x/17/0",
                "42/x/17/0 ", "42/x/17/0/1 ", "18446744073709551616/x/17/0",
                "42/x/18446744073709551616/0", "42/x/17/4294967296", "42/x/17/0/4294967296",
                "42/4294967296/17/0", "42/07/17/0", "42\\x\\17\\0",
        };

        (void)state;
        for (size_t i = 0; i < ZL_COUNT(texts); i++) {
                struct zl_key key = {.account = 77};
                assert_false(zl_key_parse(texts[i], &key));
                assert_true(key.account == 77);
        }
}

/* Whatever numbers a key has, they come back; and a changed byte is another key or none. */
static void test_random_keys(void **state)
{
        (void)state;
        for (int i = 0; i < 100000; i++) {
                struct zl_key key = {
                        .account = (uint64_t)random_i64(),
                        .pool = {.cross = random_u64() & 1},
                        .base = (uint64_t)random_i64(),
                        .n = (uint32_t)random_i64(),
                        .has_place = random_u64() & 1,
                };
                struct zl_key back;
                char text[ZL_KEY_TEXT_SIZE], again[ZL_KEY_TEXT_SIZE];
                if (!key.pool.cross) {
                        key.pool.instrument = (uint32_t)random_i64();
                        key.pool.leg = (enum zl_leg)(random_u64() % 3);
                }
                if (key.has_place)
                        key.place = (uint32_t)random_i64();
                zl_key_format(&key, text);
                assert_true(zl_key_parse(text, &back));
                assert_true(back.account == key.account && back.base == key.base);
                assert_int_equal(zl_pool_id_compare(back.pool, key.pool), 0);
                assert_true(back.n == key.n && back.has_place == key.has_place);
                assert_true(!key.has_place || back.place == key.place);
                text[random_u64() % strlen(text)] = "0123456789/xLS"[random_u64() % 14];
                if (zl_key_parse(text, &back)) {
                        zl_key_format(&back, again);
                        assert_string_equal(again, text);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pools),
                cmocka_unit_test(test_pools_refused),
                cmocka_unit_test(test_keys),
                cmocka_unit_test(test_keys_refused),
                cmocka_unit_test(test_random_keys),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
