/* curve.h - CURVE key pairs in files.
 *
 * A key is 40 characters of Z85 (ZeroMQ's RFC 32). NAME.key holds the secret one and is its owner's
 * alone; NAME.pub holds the public one. Each file is one line. Thread: any. */
#ifndef ZL_BUS_CURVE_H
#define ZL_BUS_CURVE_H

#include <zeroline/base.h>

enum {
        ZL_CURVE_TEXT_SIZE = 41, /* with its terminating zero */
        ZL_CURVE_BYTES = 32,
        ZL_CURVE_WHY_SIZE = 512, /* room for what is wrong, as a sentence for a person */
};

struct zl_curve_pair {
        char public_key[ZL_CURVE_TEXT_SIZE];
        char secret_key[ZL_CURVE_TEXT_SIZE];
};

/* Whether a text is a key, secret or public. */
bool zl_curve_is_key(const char *text);

/* Writes NAME.key (mode 0600) and NAME.pub; a file that exists already is left as it is, and
 * nothing is written. ZL_ERR_SYSTEM after `ret_why` was filled in. */
ZL_MUST_CHECK enum zl_err zl_curve_make(const char *name, struct zl_curve_pair *ret_pair,
                                        char ret_why[ZL_CURVE_WHY_SIZE]);

/* Reads a secret key that nobody but its owner can read, and derives the public one. ZL_ERR_SYSTEM
 * or ZL_ERR_INVALID after `ret_why` was filled in. */
ZL_MUST_CHECK enum zl_err zl_curve_read(const char *path, struct zl_curve_pair *ret_pair,
                                        char ret_why[ZL_CURVE_WHY_SIZE]);

/* Forgets the secret. */
void zl_curve_wipe(struct zl_curve_pair *pair);

#endif
