#include "app/replay/states.h"

#include "app/say.h"

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

void zl_states_compare(struct zl_states *states, struct zl_run *run,
                       const struct zl_tape_part *part)
{
        struct zl_states_difference *difference = &states->difference;

        if (difference->found)
                return;
        if (part->at == 0 && !save(states, run)) {
                zl_say("out of memory: the state at record %llu is not compared",
                       (unsigned long long)part->number);
                return;
        }
        if (same_part(states, part))
                return;
        *difference = (struct zl_states_difference){.found = true,
                                                    .record = part->number,
                                                    .messages = part->messages,
                                                    .begins = part->at == 0};
        if (part->at == 0)
                difference->place = zl_snapshot_compare(states->bytes, states->size, part->bytes,
                                                        part->bytes_size, &difference->partition);
}

void zl_states_say(const struct zl_states_difference *difference)
{
        zl_say("the state at record %llu is not the one recorded there",
               (unsigned long long)difference->record);
        if (!difference->begins)
                return;
        switch (difference->place) {
        case ZL_SNAPSHOT_HEAD:
                zl_say("  it is another version's, or of other partitions");
                return;
        case ZL_SNAPSHOT_SHARED:
                zl_say("  in what all accounts share: markets, policies, funds, streams, the time");
                return;
        case ZL_SNAPSHOT_PARTITION:
                zl_say("  in partition %u", difference->partition);
                return;
        default:
                zl_say("  in how much was said");
        }
}

void zl_states_free(struct zl_states *states)
{
        free(states->bytes);
        *states = (struct zl_states){0};
}
