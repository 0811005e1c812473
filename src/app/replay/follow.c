#include "app/replay/follow.h"

#include "app/say.h"
#include "tape/tape.h"

#include <stdlib.h>

enum { PARTITIONS_DEFAULT = 256 };

/* ---- what the tape says of its engine ---- */

/* True: the message settles it. */
static bool learn_config(const struct zl_tape_record *record, const struct zl_message *message,
                         struct zl_engine_config *config)
{
        switch (message->type) {
        case ZL_TYPE_TAPE:
                if (record->number == 0)
                        *config = zl_run_config_of(&message->tape);
                return record->number == 0;
        case ZL_TYPE_CLUSTER:
                config->partitions = message->cluster.partitions;
                return true;
        default:
                return message->type == ZL_TYPE_ACCOUNT; /* from here on P stands */
        }
}

static struct zl_engine_config read_config(struct zl_tape_reader *tape, struct zl_message *message)
{
        struct zl_engine_config config = zl_run_config_default();
        struct zl_tape_record record;
        bool settled = false;

        while (!settled && zl_tape_next(tape, &record) == ZL_OK) {
                struct zl_frame_reader reader;
                enum zl_err err = zl_frame_open(&reader, record.frame, record.frame_size);
                while (!settled && err == ZL_OK && (err = zl_frame_next(&reader, message)) == ZL_OK)
                        settled = learn_config(&record, message, &config);
                zl_tape_forget(tape);
        }
        if (config.partitions == 0 || config.partitions > ZL_PARTITIONS_MAX)
                config.partitions = PARTITIONS_DEFAULT;
        if (config.owned_count == 0) {
                config.owned_count = 1;
                config.owned[0] = (struct zl_partition_range){0, config.partitions - 1};
        }
        return config;
}

/* ---- walking ---- */

/* False: the follower ends it. */
static bool take_frame(struct zl_follow *follow, const struct zl_follower *follower,
                       const struct zl_tape_record *record)
{
        struct zl_run *run = &follow->run;
        struct zl_frame_reader reader;

        if (zl_frame_check(record->frame, record->frame_size, run->message, &reader) != ZL_OK)
                return true; /* passed over, as it was when it came */
        enum zl_err err = zl_frame_open(&reader, record->frame, record->frame_size);
        for (uint32_t place = 0; err == ZL_OK; place++) {
                err = zl_frame_next(&reader, run->message);
                if (err != ZL_OK)
                        break;
                follow->step = (struct zl_follow_step){follow->steps, record->number, place,
                                                   reader.header, run->message};
                if (!follower->before(follower->context, follow))
                        return false;
                follow->steps++;
                zl_scales_learn(follow->scales, run->message);
                zl_run_message(run, &reader.header, place, run->message, follower->said,
                               follower->context);
                if (!follower->after(follower->context, follow))
                        return false;
        }
        return true;
}

static enum zl_err take_tape(struct zl_follow *follow, const struct zl_follower *follower,
                             struct zl_tape_reader *tape, const char *path)
{
        struct zl_tape_record record;
        enum zl_err err;

        while ((err = zl_tape_next(tape, &record)) == ZL_OK) {
                if (record.kind == ZL_RECORD_IN && !take_frame(follow, follower, &record))
                        return ZL_OK;
                zl_tape_forget(tape);
        }
        if (err == ZL_ERR_DAMAGED)
                zl_say("%s: %s; what stands behind it was not read", path, zl_tape_why(tape));
        else if (err != ZL_ERR_END)
                zl_say_errno("cannot read %s", path);
        if (err == ZL_ERR_END && zl_tape_torn(tape))
                zl_say("%s: the last %llu bytes are a torn record and left out", path,
                       (unsigned long long)zl_tape_torn(tape));
        return err == ZL_ERR_END ? ZL_OK : err;
}

static enum zl_err follow_tape(struct zl_follow *follow, const struct zl_follower *follower,
                             struct zl_tape_reader *tape, const char *path)
{
        struct zl_message *message = malloc(sizeof *message);
        enum zl_err err = ZL_ERR_SYSTEM;

        if (!message || !follow->scales) {
                zl_say("out of memory");
                free(message);
                return err;
        }
        struct zl_engine_config config = read_config(tape, message);
        free(message);
        if (zl_tape_rewind(tape) != ZL_OK) {
                zl_say_errno("cannot read %s again", path);
                return err;
        }
        err = zl_run_open(&follow->run, &config);
        if (err != ZL_OK)
                return err;
        const struct zl_run_watch watch = {follower->watch, follower->context};
        follow->run.watch = &watch;
        err = ZL_ERR_SYSTEM;
        if (follower->begin(follower->context, follow))
                err = take_tape(follow, follower, tape, path);
        follower->end(follower->context, follow);
        zl_run_close(&follow->run);
        return err;
}

enum zl_err zl_follow(const char *path, const struct zl_follower *follower)
{
        struct zl_tape_reader *tape;
        struct zl_follow follow = {.scales = NULL};
        enum zl_err err = zl_tape_open(path, &tape);

        if (err == ZL_ERR_INVALID)
                zl_say("%s is not a tape; `zeroline encode -o TAPE` makes one of JSON lines", path);
        else if (err != ZL_OK)
                zl_say_errno("cannot open %s", path);
        if (err != ZL_OK)
                return err;
        follow.scales = zl_scales_open();
        err = follow_tape(&follow, follower, tape, path);
        zl_scales_close(follow.scales);
        zl_tape_shut(tape);
        return err;
}
