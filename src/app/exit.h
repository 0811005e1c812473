/* exit.h - the exit codes of every command. They stand in README.md too. */
#ifndef ZL_APP_EXIT_H
#define ZL_APP_EXIT_H

enum zl_exit {
        ZL_EXIT_OK = 0,
        ZL_EXIT_FAILED = 1,  /* an input or an operation failed; stderr names it */
        ZL_EXIT_USAGE = 2,   /* the command line or a config file is wrong */
        ZL_EXIT_DIFFERS = 3, /* a replay's output is not what was recorded */
};

#endif
