/* progress.h - how far a long job is: a line on stderr, drawn again and again; on a terminal only.
 *
 * Owns: nothing. Thread: its owner's. */
#ifndef ZL_APP_REPLAY_PROGRESS_H
#define ZL_APP_REPLAY_PROGRESS_H

#include <zeroline/base.h>

struct zl_progress_line {
        bool shown, drawn;
        uint64_t begun_ns, drawn_ns;
};

void zl_progress_open(struct zl_progress_line *line);
/* So much of all; `count` is what the rate is of. Draws a few times a second only. */
void zl_progress_show(struct zl_progress_line *line, uint64_t done, uint64_t all, uint64_t count,
                      const char *what);
/* Before anything else is written, and at the end. */
void zl_progress_hide(struct zl_progress_line *line);

#endif
