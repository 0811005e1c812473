/* answers.h - what the router says. Owns: nothing. Thread: one. */
#ifndef ZL_TESTS_ANSWERS_H
#define ZL_TESTS_ANSWERS_H

#include "rows.h"

void answers_take(struct twin *twin, const struct zl_msg_exec *said);

#endif
