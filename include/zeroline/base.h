/* base.h - what every public header needs: exported names, errors, 128-bit integers. */
#ifndef ZEROLINE_BASE_H
#define ZEROLINE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define ZL_BEGIN_C extern "C" {
#define ZL_END_C }
#else
#define ZL_BEGIN_C
#define ZL_END_C
#endif

#define ZL_API __attribute__((visibility("default")))
#define ZL_MUST_CHECK __attribute__((warn_unused_result))

__extension__ typedef __int128 zl_i128;
__extension__ typedef unsigned __int128 zl_u128;

/* Operational failures. Out-params are untouched when the answer is not ZL_OK. */
enum zl_err {
        ZL_OK = 0,
        ZL_ERR_FULL,     /* the caller's buffer or a configured capacity is full */
        ZL_ERR_INVALID,  /* the input breaks a rule; nothing was changed */
        ZL_ERR_END,      /* there is no more */
        ZL_ERR_DAMAGED,  /* a checksum or a length does not hold */
        ZL_ERR_SYSTEM,   /* the operating system refused; errno says why */
};

#endif
