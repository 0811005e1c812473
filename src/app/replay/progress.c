#include "app/replay/progress.h"

#include "app/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR_SIZE = 24, PERIOD_MS = 200 };

void zl_progress_open(struct zl_progress_line *line)
{
        *line = (struct zl_progress_line){.shown = isatty(STDERR_FILENO),
                                          .begun_ns = zl_ticks_ns()};
}

static void draw(double part, double seconds, uint64_t count, const char *what)
{
        char bar[BAR_SIZE + 1];
        int full = (int)(part * BAR_SIZE);
        double left = part > 0 ? seconds / part - seconds : 0;

        memset(bar, '-', BAR_SIZE);
        memset(bar, '=', (size_t)full);
        bar[BAR_SIZE] = 0;
        fprintf(stderr, "\r\033[K[%s] %3.0f%%  %.0f %s/s  %.0f s left", bar, 100 * part,
                (double)count / seconds, what, left);
        fflush(stderr);
}

void zl_progress_show(struct zl_progress_line *line, uint64_t done, uint64_t all, uint64_t count,
                      const char *what)
{
        if (!line->shown)
                return;
        uint64_t now_ns = zl_ticks_ns();
        uint64_t before_ns = line->drawn ? line->drawn_ns : line->begun_ns;
        if (now_ns < before_ns + PERIOD_MS * 1000000u)
                return;
        double part = all && done < all ? (double)done / (double)all : 1;
        line->drawn = true;
        line->drawn_ns = now_ns;
        draw(part, 1e-9 * (double)(now_ns - line->begun_ns), count, what);
}

void zl_progress_hide(struct zl_progress_line *line)
{
        if (line->drawn)
                fputs("\r\033[K", stderr);
        line->drawn = false;
}
