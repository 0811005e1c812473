#include "app/states.h"

#include "app/say.h"
#include "core/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum zl_err zl_states_seal(struct zl_tape_writer *tape)
{
        uint8_t seal[ZL_SEAL_SIZE];

        if (getrandom(seal, sizeof seal, 0) != (ssize_t)sizeof seal)
                return ZL_ERR_SYSTEM;
        return zl_tape_append_seal(tape, seal);
}

bool zl_states_due(struct zl_states *states, const struct zl_run *run,
                   const struct zl_tape_writer *tape)
{
        if (states->period_ns == 0 || run->engine->now_ns == 0)
                return false;
        uint64_t period = run->engine->now_ns / states->period_ns;
        if (period != states->period) {
                states->due = states->period > 0; /* not at the very first time */
                states->period = period;
        }
        return states->due && zl_tape_written(tape) - states->behind >= states->size &&
               zl_run_rests(run);
}

/* Mostly it fits where the last one did: then it is not measured before. */
static bool save(struct zl_states *states, struct zl_run *run)
{
        if (states->bytes && zl_snapshot_save(run->engine, ZL_NONE_AT, states->bytes,
                                              states->capacity, &states->size) == ZL_OK)
                return true;
        size_t size = zl_snapshot_size(run->engine, ZL_NONE_AT), capacity = size + size / 4;
        uint8_t *bytes = realloc(states->bytes, capacity);
        if (!bytes)
                return false;
        states->bytes = bytes;
        states->capacity = capacity;
        return zl_snapshot_save(run->engine, ZL_NONE_AT, bytes, capacity, &states->size) == ZL_OK;
}

enum zl_err zl_states_keep(struct zl_states *states, struct zl_run *run,
                           struct zl_tape_writer *tape)
{
        states->due = false;
        if (!save(states, run))
                return ZL_ERR_FULL;
        enum zl_err err = zl_tape_append_state(tape, run->engine->now_ns, run->heard,
                                               states->bytes, states->size);
        states->behind = zl_tape_written(tape);
        return err;
}

/* Part by part where all is well; the whole of the recorded state need not be in memory. */
static bool same_part(const struct zl_states *states, const struct zl_tape_part *part)
{
        return part->size == states->size &&
               !memcmp(part->bytes, states->bytes + part->at, part->bytes_size);
}

static void say_place(const struct zl_states *states, const struct zl_tape_part *part)
{
        uint32_t partition = 0;

        switch (zl_snapshot_compare(states->bytes, states->size, part->bytes, part->bytes_size,
                                    &partition)) {
        case ZL_SNAPSHOT_HEAD:
                zl_say("  it is another version's, or of other partitions");
                return;
        case ZL_SNAPSHOT_SHARED:
                zl_say("  in what all accounts share: markets, policies, funds, streams, the time");
                return;
        case ZL_SNAPSHOT_PARTITION:
                zl_say("  in partition %u", partition);
                return;
        default:
                zl_say("  in how much was said");
        }
}

bool zl_states_same(struct zl_states *states, struct zl_run *run,
                    const struct zl_tape_record *record)
{
        struct zl_tape_part part;

        if (!zl_tape_part_get(record, &part))
                return true; /* no state of this version's form */
        if (part.at == 0 && !save(states, run)) {
                zl_say("out of memory: the state at record %llu is not compared",
                       (unsigned long long)record->number);
                return true;
        }
        if (same_part(states, &part))
                return true;
        zl_say("the state at record %llu is not the one recorded there",
               (unsigned long long)record->number);
        if (part.at == 0)
                say_place(states, &part);
        return false;
}

void zl_states_free(struct zl_states *states)
{
        free(states->bytes);
        *states = (struct zl_states){0};
}
