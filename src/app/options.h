/* options.h - a command's flags, and the same settings from a config file.
 *
 * One table a command: the flags it parses, the keys its file may have, and its --help all come
 * from it. A flag given on the command line wins over the file. */
#ifndef ZL_APP_OPTIONS_H
#define ZL_APP_OPTIONS_H

#include "app/exit.h"

#include <zeroline/base.h>

enum { ZL_OPTION_LIST_MAX = 16 };

struct zl_option_list {
        const char *values[ZL_OPTION_LIST_MAX];
        uint32_t count;
};

enum zl_option_form {
        ZL_OPTION_FLAG,   /* bool */
        ZL_OPTION_NUMBER, /* uint64_t */
        ZL_OPTION_TEXT,   /* const char * */
        ZL_OPTION_LIST,   /* struct zl_option_list: may be given several times */
};

struct zl_option {
        const char *name; /* "tape": --tape, and `tape:` in a file */
        enum zl_option_form form;
        void *target;
        const char *value; /* what --help calls it: "DIR" */
        const char *help;
        uint64_t least, most; /* NUMBER */
        char letter;          /* 0: none */
};

struct zl_usage {
        const char *arguments; /* "[FILE...]" or "" */
        const char *text;      /* a paragraph under the usage line */
        const struct zl_option *options;
        uint32_t options_count;
        int arguments_max;
        bool config; /* takes --config FILE */
};

/* True: go on, argv[*ret_first...] are the arguments. False: stop with *ret_code; --help was
 * printed, or one line on stderr said what is wrong. */
ZL_MUST_CHECK bool zl_options_parse(const struct zl_usage *usage, int argc, char **argv,
                                    int *ret_first, enum zl_exit *ret_code);

/* Sets one option from text; false after a line on stderr that begins with `where`. */
ZL_MUST_CHECK bool zl_option_set(const struct zl_option *option, const char *text,
                                 const char *where);
/* The option of this name, or NULL; then `ret_nearest` is the most similar name. */
const struct zl_option *zl_option_find(const struct zl_usage *usage, const char *name,
                                       const char **ret_nearest);

/* How many letters must change to make one name of the other. */
size_t zl_option_distance(const char *a, const char *b);

/* Reads settings from a YAML file; `given[i]` marks options that the command line has set and the
 * file must leave alone. False after a line on stderr that names file, line and key. */
ZL_MUST_CHECK bool zl_config_read(const char *path, const struct zl_usage *usage,
                                  const bool *given);

#endif
