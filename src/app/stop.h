/* stop.h - whether the process was asked to stop (SIGTERM, SIGINT). Thread: any. */
#ifndef ZL_APP_STOP_H
#define ZL_APP_STOP_H

#include <stdbool.h>

void zl_stop_listen(void);
bool zl_stopped(void);

#endif
