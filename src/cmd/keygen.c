/* zeroline keygen - a CURVE key pair in two files. */
#include "cmd/command.h"

#include "app/options.h"
#include "app/say.h"
#include "bus/curve.h"

#include <stdio.h>

static enum zl_exit show(const char *path)
{
        struct zl_curve_pair pair;
        char why[ZL_CURVE_WHY_SIZE];

        if (zl_curve_read(path, &pair, why) != ZL_OK) {
                zl_say("%s", why);
                return ZL_EXIT_FAILED;
        }
        printf("%s\n", pair.public_key);
        zl_curve_wipe(&pair);
        return ZL_EXIT_OK;
}

static enum zl_exit make(const char *name)
{
        struct zl_curve_pair pair;
        char why[ZL_CURVE_WHY_SIZE];

        if (zl_curve_make(name, &pair, why) != ZL_OK) {
                zl_say("%s", why);
                return ZL_EXIT_FAILED;
        }
        printf("%s\n", pair.public_key);
        zl_curve_wipe(&pair);
        return ZL_EXIT_OK;
}

enum zl_exit zl_cmd_keygen(int argc, char **argv)
{
        const char *secret = NULL;
        const struct zl_option options[] = {
                {"public", ZL_OPTION_TEXT, &secret, "FILE",
                 "only print the public key that belongs to this secret one", 0, 0, 0},
        };
        const struct zl_usage usage = {
                .arguments = "NAME",
                .text = "Makes a CURVE key pair: the secret key in NAME.key, which only its owner "
                        "can read and\nwhich is for --key, and the public key in NAME.pub, which "
                        "is for others' allow-lists.\nPrints the public key. A file that exists "
                        "is not written over: that fails.",
                .options = options,
                .options_count = sizeof options / sizeof options[0],
                .arguments_max = 1,
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        if (secret && first < argc)
                zl_say("--public FILE and NAME do not go together; see --help");
        else if (secret)
                return show(secret);
        else if (first == argc)
                zl_say("which NAME shall the key's files have? see --help");
        else
                return make(argv[first]);
        return ZL_EXIT_USAGE;
}
