/* key.h - names of pools, decisions and orders.
 *
 * A pool is "x" (cross), "7" (isolated, instrument 7), "7L" or "7S" (its hedge legs). A decision's
 * key is "account/pool/base/n"; an order's id is the key and the order's place in the decision. */
#ifndef ZL_CORE_KEY_H
#define ZL_CORE_KEY_H

#include <zeroline/message.h>

enum {
        ZL_POOL_TEXT_SIZE = 16,
        ZL_KEY_TEXT_SIZE = 96,
};

struct zl_pool_id {
        bool cross;
        uint32_t instrument; /* isolated */
        enum zl_leg leg;     /* isolated */
};

struct zl_key {
        uint64_t account;
        struct zl_pool_id pool;
        uint64_t base;
        uint32_t n;
        bool has_place;
        uint32_t place; /* of an order */
};

void zl_pool_id_format(struct zl_pool_id pool, char text[ZL_POOL_TEXT_SIZE]);
ZL_MUST_CHECK bool zl_pool_id_parse(const char *text, struct zl_pool_id *ret_pool);
void zl_key_format(const struct zl_key *key, char text[ZL_KEY_TEXT_SIZE]);
ZL_MUST_CHECK bool zl_key_parse(const char *text, struct zl_key *ret_key);

/* Canonical order of an account's pools: x first, then by instrument, then none, L, S. */
static inline int zl_pool_id_compare(struct zl_pool_id a, struct zl_pool_id b)
{
        if (a.cross != b.cross)
                return a.cross ? -1 : 1;
        if (a.cross)
                return 0;
        if (a.instrument != b.instrument)
                return a.instrument < b.instrument ? -1 : 1;
        return (int)a.leg - (int)b.leg;
}

#endif
