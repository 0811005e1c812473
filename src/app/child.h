/* child.h - other zeroline processes, started by this one. Thread: its owner's. */
#ifndef ZL_APP_CHILD_H
#define ZL_APP_CHILD_H

#include <zeroline/base.h>

#include <sys/types.h>

struct zl_child {
        const char *name;
        pid_t pid; /* 0: not running */
        int status; /* as by waitpid, once it has ended */
        char log[512];
};

/* Starts this same program with these arguments (NULL ends them); what it writes to stderr goes to
 * DIR/NAME.log, and what it prints too. False after a line on stderr. */
ZL_MUST_CHECK bool zl_child_start(struct zl_child *child, const char *name, const char *dir,
                                  char *const *arguments);
/* Whether it has ended by itself. */
bool zl_child_ended(struct zl_child *child);
/* SIGTERM, then waits; SIGKILL when that takes too long. */
void zl_child_stop(struct zl_child *child);
/* 0 for a clean end. */
int zl_child_code(const struct zl_child *child);

#endif
