/* answer.h - what a router's answer means for the pool it is about. Thread: its engine's. */
#ifndef ZL_CORE_ANSWER_H
#define ZL_CORE_ANSWER_H

#include "core/state.h"

void zl_answer_take(struct zl_engine *engine, const struct zl_msg_exec *exec);

#endif
