/* stop.h - what signals ask of the process. Thread: any. */
#ifndef ZL_APP_STOP_H
#define ZL_APP_STOP_H

#include <stdbool.h>

/* From here on SIGTERM and SIGINT ask to stop. */
void zl_stop_listen(void);
bool zl_stopped(void);

/* From here on SIGHUP asks to read files again; before, it ends the process. */
void zl_reload_listen(void);
/* True once for each time it was asked, or for several. */
bool zl_reload_asked(void);

#endif
