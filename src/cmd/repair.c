/* zeroline repair - a clean copy of a damaged tape. */
#include "cmd/command.h"

#include "app/options.h"
#include "app/say.h"
#include "tape/repair.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static void say_missing(void *context, const struct zl_tape_damage *damage, uint64_t records)
{
        unsigned long long first = damage->number, offset = damage->offset, size = damage->size;
        const bool *json = context;

        if (*json) {
                printf("{\"what\":\"missing\",\"offset\":%llu,\"bytes\":%llu,", offset, size);
                printf("\"record\":%llu,", first);
                if (records)
                        printf("\"records\":%llu,", (unsigned long long)records);
                else
                        printf("\"records\":null,");
                printf("\"to_end\":%s}\n", damage->to_end ? "true" : "false");
                return;
        }
        printf("missing: %llu bytes at byte %llu, ", size, offset);
        if (damage->offset == 0)
                printf("the name of the tape%s", records ? " and " : "");
        if (records)
                printf("records %llu to %llu\n", first, first + records - 1);
        else if (damage->offset == 0)
                printf("\n");
        else
                printf("from record %llu on%s\n", first, damage->to_end ? ", to the end" : "");
}

static void print_saved(const struct zl_tape_saved *saved, bool json)
{
        const char *form = json ? "{\"what\":\"saved\",\"records\":%llu,\"bytes\":%llu,"
                                  "\"places\":%llu,\"missing\":%llu,\"torn\":%llu}\n"
                                : "saved %llu records, %llu bytes; %llu places are damaged, %llu "
                                  "bytes; %llu bytes of a torn record at the end\n";

        printf(form, (unsigned long long)saved->records, (unsigned long long)saved->bytes,
               (unsigned long long)saved->places, (unsigned long long)saved->missing,
               (unsigned long long)saved->torn);
}

/* Under its name the copy is whole. */
static bool write_copy(struct zl_tape_reader *from, const char *path, bool json)
{
        struct zl_tape_repair repair = {.from = from, .missing = say_missing, .context = &json};
        struct zl_tape_saved saved;
        char part[PATH_MAX];

        if ((size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part) {
                zl_say("the name %s is too long", path);
                return false;
        }
        if (access(path, F_OK) == 0) {
                zl_say("%s is there already: name another file", path);
                return false;
        }
        if (zl_tape_create(part, &repair.to) != ZL_OK) {
                zl_say_errno("cannot make %s", part);
                return false;
        }
        enum zl_err err = zl_tape_repair(&repair, &saved);
        if (zl_tape_close(repair.to) != ZL_OK)
                err = ZL_ERR_SYSTEM;
        bool good = err == ZL_OK && saved.records > 0;
        if (err != ZL_OK)
                zl_say_errno("cannot write %s", part);
        else if (!good)
                zl_say("no record could be saved");
        if (good && link(part, path) != 0) {
                zl_say_errno("cannot give the copy its name %s", path);
                good = false;
        }
        unlink(part);
        if (good)
                print_saved(&saved, json);
        return good;
}

enum zl_exit zl_cmd_repair(int argc, char **argv)
{
        struct zl_tape_reader *from;
        bool json = false;
        const struct zl_option options[] = {
                {"json", ZL_OPTION_FLAG, &json, NULL, "JSON lines instead of words", 0, 0, 0},
        };
        const struct zl_usage usage = {
                .arguments = "TAPE OUT",
                .text = "Writes what can be read of a damaged tape to a new file, and says what is "
                        "missing: which\nbytes and, where a state on the tape tells it, how many "
                        "records. TAPE stays as it is. On the\ncopy a record stands for what is "
                        "missing, so that nobody reads over it unawares.",
                .options = options,
                .options_count = sizeof options / sizeof options[0],
                .arguments_max = 2,
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        if (argc - first != 2) {
                zl_say("which tape, and where to? see --help");
                return ZL_EXIT_USAGE;
        }
        if (zl_tape_is_kept(argv[first])) {
                zl_say("%s is a journal's, not a tape: the journal itself passes over what is "
                       "damaged there",
                       argv[first]);
                return ZL_EXIT_FAILED;
        }
        enum zl_err err = zl_tape_open_damaged(argv[first], &from);
        if (err == ZL_ERR_INVALID) {
                zl_say("%s is no file", argv[first]);
                return ZL_EXIT_FAILED;
        }
        if (err != ZL_OK) {
                zl_say_errno("cannot open %s", argv[first]);
                return ZL_EXIT_FAILED;
        }
        bool good = write_copy(from, argv[first + 1], json);
        zl_tape_shut(from);
        return good ? ZL_EXIT_OK : ZL_EXIT_FAILED;
}
