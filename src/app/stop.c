#include "app/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t stopped, asked;

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

static void on_reload(int signal)
{
        (void)signal;
        asked = 1;
}

void zl_reload_listen(void)
{
        struct sigaction action = {.sa_handler = on_reload};

        sigaction(SIGHUP, &action, NULL);
}

bool zl_reload_asked(void)
{
        bool was = asked != 0;

        if (was)
                asked = 0;
        return was;
}

bool zl_stopped(void)
{
        return stopped != 0;
}
