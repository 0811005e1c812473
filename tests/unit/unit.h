/* unit.h - what the unit tests of codec and tape share: cmocka, and a repeatable stream of numbers.
 *
 * Owns: the stream's state. Thread: the test's. */
#ifndef ZL_TESTS_UNIT_H
#define ZL_TESTS_UNIT_H

#include <zeroline/base.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t random_state = 1;

/* SplitMix64. */
static inline uint64_t random_u64(void)
{
        uint64_t z = random_state += 0x9e3779b97f4a7c15u;

        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return z ^ z >> 31;
}

/* Small and large numbers are equally likely. */
static inline int64_t random_i64(void)
{
        uint64_t value = random_u64() >> random_u64() % 64;

        return random_u64() & 1 ? (int64_t)value : (int64_t)(0 - value);
}

#endif
