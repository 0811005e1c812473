#include "app/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t stopped;

static void on_stop(int signal)
{
        (void)signal;
        stopped = 1;
}

void zl_stop_listen(void)
{
        struct sigaction action = {.sa_handler = on_stop}; /* no SA_RESTART: a wait ends */

        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
}

bool zl_stopped(void)
{
        return stopped != 0;
}
