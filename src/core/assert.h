/* assert.h - programmers' errors. On in release; never an answer to input. */
#ifndef ZL_CORE_ASSERT_H
#define ZL_CORE_ASSERT_H

#define ZL_ASSERT(condition)                                                                       \
        do {                                                                                       \
                if (__builtin_expect(!(condition), 0))                                             \
                        __builtin_trap();                                                          \
        } while (0)

#define ZL_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
