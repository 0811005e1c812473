#include "app/options.h"

#include "app/say.h"
#include "core/assert.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
        OPTIONS_MAX = 40,
        CODE_HELP = 1000,
        CODE_CONFIG = 1001,
        CODE_FIRST = 2000, /* of the table */
};

static bool set_number(const struct zl_option *option, const char *text, const char *where)
{
        char *end;
        unsigned long long value = strtoull(text, &end, 10);

        if (*text < '0' || *text > '9' || *end || value < option->least || value > option->most) {
                zl_say("%s: \"%s\" is not a whole number from %llu to %llu", where, text,
                       (unsigned long long)option->least, (unsigned long long)option->most);
                return false;
        }
        *(uint64_t *)option->target = value;
        return true;
}

static bool set_flag(const struct zl_option *option, const char *text, const char *where)
{
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
                zl_say("%s: \"%s\" is neither true nor false", where, text);
                return false;
        }
        *(bool *)option->target = *text == 't';
        return true;
}

bool zl_option_set(const struct zl_option *option, const char *text, const char *where)
{
        struct zl_option_list *list = option->target;

        switch (option->form) {
        case ZL_OPTION_FLAG:
                return set_flag(option, text, where);
        case ZL_OPTION_NUMBER:
                return set_number(option, text, where);
        case ZL_OPTION_TEXT:
                *(const char **)option->target = text;
                return true;
        default:
                if (list->count == ZL_OPTION_LIST_MAX) {
                        zl_say("%s: given more than %d times", where, ZL_OPTION_LIST_MAX);
                        return false;
                }
                list->values[list->count++] = text;
                return true;
        }
}

/* How many letters must change to make one name of the other, by the usual table. */
size_t zl_option_distance(const char *a, const char *b)
{
        size_t row[64], size = strlen(b);

        if (size >= ZL_COUNT(row))
                return SIZE_MAX;
        for (size_t j = 0; j <= size; j++)
                row[j] = j;
        for (size_t i = 0; a[i]; i++) {
                size_t diagonal = row[0];
                row[0] = i + 1;
                for (size_t j = 0; j < size; j++) {
                        size_t best = diagonal + (a[i] != b[j]);
                        diagonal = row[j + 1];
                        if (row[j] + 1 < best)
                                best = row[j] + 1;
                        if (diagonal + 1 < best)
                                best = diagonal + 1;
                        row[j + 1] = best;
                }
        }
        return row[size];
}

const struct zl_option *zl_option_find(const struct zl_usage *usage, const char *name,
                                       const char **ret_nearest)
{
        size_t least = SIZE_MAX;

        *ret_nearest = "";
        for (uint32_t i = 0; i < usage->options_count; i++) {
                size_t d = zl_option_distance(name, usage->options[i].name);
                if (d == 0)
                        return &usage->options[i];
                if (d < least) {
                        least = d;
                        *ret_nearest = usage->options[i].name;
                }
        }
        return NULL;
}

static void print_help(const struct zl_usage *usage, const char *command)
{
        printf("usage: zeroline %s [options] %s\n\n%s\n\noptions:\n", command, usage->arguments,
               usage->text);
        for (uint32_t i = 0; i < usage->options_count; i++) {
                const struct zl_option *option = &usage->options[i];
                char flag[64], letter[8] = "    ";

                if (option->letter)
                        snprintf(letter, sizeof letter, "-%c, ", option->letter);
                snprintf(flag, sizeof flag, "%s--%s %s", letter, option->name,
                         option->value ? option->value : "");
                printf("  %-28s %s%s\n", flag, option->help,
                       option->form == ZL_OPTION_LIST ? " (may be given several times)" : "");
        }
        if (usage->config)
                printf("  %-28s %s\n", "    --config FILE",
                       "the same settings from a YAML file; flags win over it");
        printf("  %-28s %s\n", "    --help", "this text");
        printf("\nexit codes: 0 done, 1 failed, 2 wrong usage or config, 3 outputs differ\n");
}

static void fill_long(const struct zl_usage *usage, struct option *longs, char *letters)
{
        uint32_t n = 0;

        *letters++ = ':'; /* the first colon keeps getopt quiet */
        for (; n < usage->options_count; n++) {
                const struct zl_option *option = &usage->options[n];
                bool flag = option->form == ZL_OPTION_FLAG;
                longs[n] = (struct option){.name = option->name,
                                           .has_arg = flag ? no_argument : required_argument,
                                           .val = CODE_FIRST + (int)n};
                if (option->letter) {
                        *letters++ = option->letter;
                        if (!flag)
                                *letters++ = ':';
                }
        }
        longs[n++] = (struct option){.name = "help", .val = CODE_HELP};
        if (usage->config)
                longs[n++] = (struct option){
                        .name = "config", .has_arg = required_argument, .val = CODE_CONFIG};
        longs[n] = (struct option){0};
        *letters = 0;
}

static int option_of_code(const struct zl_usage *usage, int code)
{
        if (code >= CODE_FIRST)
                return code - CODE_FIRST;
        for (uint32_t i = 0; i < usage->options_count; i++) {
                if (usage->options[i].letter == code)
                        return (int)i;
        }
        return -1;
}

static bool complain(const struct zl_usage *usage, int code, const char *word)
{
        const char *nearest = "";

        if (code == ':')
                zl_say("%s needs a value; see --help", word);
        else if (!strncmp(word, "--", 2) && !zl_option_find(usage, word + 2, &nearest) && *nearest)
                zl_say("no option %s; the nearest is --%s, see --help", word, nearest);
        else
                zl_say("no option %s; see --help", word);
        return false;
}

static bool take(const struct zl_usage *usage, int i, bool *given)
{
        const struct zl_option *option = &usage->options[i];
        char where[80];

        given[i] = true;
        snprintf(where, sizeof where, "--%s", option->name);
        return zl_option_set(option, option->form == ZL_OPTION_FLAG ? "true" : optarg, where);
}

bool zl_options_parse(const struct zl_usage *usage, int argc, char **argv, int *ret_first,
                      enum zl_exit *ret_code)
{
        struct option longs[OPTIONS_MAX + 3];
        char letters[2 * OPTIONS_MAX + 2];
        bool given[OPTIONS_MAX] = {false};
        const char *config = NULL;
        int code;

        ZL_ASSERT(usage->options_count <= OPTIONS_MAX);
        fill_long(usage, longs, letters);
        *ret_code = ZL_EXIT_USAGE;
        optind = 1;
        while ((code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
                if (code == CODE_HELP) {
                        print_help(usage, argv[0]);
                        *ret_code = ZL_EXIT_OK;
                        return false;
                }
                if (code == CODE_CONFIG) {
                        config = optarg;
                        continue;
                }
                int i = option_of_code(usage, code);
                if (i < 0 ? !complain(usage, code, argv[optind - 1]) : !take(usage, i, given))
                        return false;
        }
        if (argc - optind > usage->arguments_max) {
                zl_say("unexpected argument \"%s\"; see --help",
                       argv[optind + usage->arguments_max]);
                return false;
        }
        *ret_first = optind;
        return !config || zl_config_read(config, usage, given);
}
