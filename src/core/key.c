#include "core/key.h"

#include "core/text.h"

static void put_pool(struct zl_text *text, struct zl_pool_id pool)
{
        if (pool.cross) {
                zl_text_char(text, 'x');
                return;
        }
        zl_text_u64(text, pool.instrument);
        if (pool.leg != ZL_LEG_NET)
                zl_text_char(text, pool.leg == ZL_LEG_LONG ? 'L' : 'S');
}

void zl_pool_id_format(struct zl_pool_id pool, char buffer[ZL_POOL_TEXT_SIZE])
{
        struct zl_text text = zl_text_over(buffer, ZL_POOL_TEXT_SIZE);

        put_pool(&text, pool);
        ZL_ASSERT(!text.full);
}

void zl_key_format(const struct zl_key *key, char buffer[ZL_KEY_TEXT_SIZE])
{
        struct zl_text text = zl_text_over(buffer, ZL_KEY_TEXT_SIZE);

        zl_text_u64(&text, key->account);
        zl_text_char(&text, '/');
        put_pool(&text, key->pool);
        zl_text_char(&text, '/');
        zl_text_u64(&text, key->base);
        zl_text_char(&text, '/');
        zl_text_u64(&text, key->n);
        if (key->has_place) {
                zl_text_char(&text, '/');
                zl_text_u64(&text, key->place);
        }
        ZL_ASSERT(!text.full);
}

/* A decimal number without leading zeros, at most `most`; moves *at behind it. */
static bool take_number(const char **at, uint64_t most, uint64_t *ret_value)
{
        const char *p = *at;
        uint64_t value = 0;

        if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9'))
                return false;
        for (; *p >= '0' && *p <= '9'; p++) {
                uint64_t digit = (uint64_t)(*p - '0');
                if (value > (most - digit) / 10)
                        return false;
                value = value * 10 + digit;
        }
        *at = p;
        *ret_value = value;
        return true;
}

static bool take_pool(const char **at, struct zl_pool_id *ret_pool)
{
        uint64_t instrument;

        if (**at == 'x') {
                ++*at;
                *ret_pool = (struct zl_pool_id){.cross = true};
                return true;
        }
        if (!take_number(at, UINT32_MAX, &instrument))
                return false;
        ret_pool->cross = false;
        ret_pool->instrument = (uint32_t)instrument;
        ret_pool->leg = ZL_LEG_NET;
        if (**at == 'L' || **at == 'S') {
                ret_pool->leg = **at == 'L' ? ZL_LEG_LONG : ZL_LEG_SHORT;
                ++*at;
        }
        return true;
}

static bool take_slash(const char **at)
{
        if (**at != '/')
                return false;
        ++*at;
        return true;
}

bool zl_pool_id_parse(const char *text, struct zl_pool_id *ret_pool)
{
        struct zl_pool_id pool;

        if (!take_pool(&text, &pool) || *text)
                return false;
        *ret_pool = pool;
        return true;
}

bool zl_key_parse(const char *text, struct zl_key *ret_key)
{
        struct zl_key key = {0};
        uint64_t n, place;

        if (!take_number(&text, UINT64_MAX, &key.account) || !take_slash(&text) ||
            !take_pool(&text, &key.pool) || !take_slash(&text) ||
            !take_number(&text, UINT64_MAX, &key.base) || !take_slash(&text) ||
            !take_number(&text, UINT32_MAX, &n))
                return false;
        key.n = (uint32_t)n;
        if (*text) {
                if (!take_slash(&text) || !take_number(&text, UINT32_MAX, &place) || *text)
                        return false;
                key.has_place = true;
                key.place = (uint32_t)place;
        }
        *ret_key = key;
        return true;
}
