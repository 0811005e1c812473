/* child.h - other zeroline processes, started by this one. Thread: its owner's. */
#ifndef ZL_APP_CHILD_H
#define ZL_APP_CHILD_H

#include <zeroline/base.h>

#include <stdio.h>
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
/* Starts the program arguments[0], by its path or found as a shell would; what it prints comes out
 * of *ret_out, which the caller closes, and its stderr is this process's. False after a line on
 * stderr. */
ZL_MUST_CHECK bool zl_child_read(struct zl_child *child, const char *name, char *const *arguments,
                                 FILE **ret_out);
/* Whether it has ended by itself. */
bool zl_child_ended(struct zl_child *child);
/* SIGTERM, then waits; SIGKILL when that takes too long. */
void zl_child_stop(struct zl_child *child);
/* For one that has nothing to put away. */
void zl_child_kill(struct zl_child *child);
/* Until it ends by itself. */
void zl_child_wait(struct zl_child *child);
/* 0 for a clean end. */
int zl_child_code(const struct zl_child *child);

#endif
