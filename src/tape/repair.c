#include "tape/repair.h"

#include "tape/format.h"
#include "tape/reader.h"

#include <string.h>

enum { HOLE_SIZE = 24 };

bool zl_tape_hole_get(const struct zl_tape_record *record, struct zl_tape_hole *ret_hole)
{
        if (record->kind != ZL_RECORD_HOLE || record->frame_size != HOLE_SIZE)
                return false;
        *ret_hole = (struct zl_tape_hole){.offset = zl_get_le(record->frame, 8),
                                          .size = zl_get_le(record->frame + 8, 8),
                                          .records = zl_get_le(record->frame + 16, 8)};
        return true;
}

/* What the next state behind the damage tells: how many records are missing, and the seal. */
struct clue {
        bool found, sealed; /* the seal itself stands before the state */
        uint64_t records;
        uint8_t seal[ZL_SEAL_SIZE];
};

/* Reads on, up to a state or to what cannot be counted over. */
static struct clue look_behind(const struct zl_tape_reader *reader)
{
        struct zl_tape_reader ahead = *reader;
        struct zl_tape_record record;
        struct zl_tape_part part;
        struct clue clue = {0};
        uint64_t counted = 0;

        zl_tape_pass_damage(&ahead);
        while (zl_tape_next(&ahead, &record) == ZL_OK && record.kind != ZL_RECORD_HOLE) {
                clue.sealed |= record.kind == ZL_RECORD_SEAL;
                if (!zl_tape_part_get(&record, &part)) {
                        counted++;
                        continue;
                }
                clue.found = part.number >= counted + reader->damage.number;
                clue.records = part.number - counted - reader->damage.number;
                memcpy(clue.seal, part.seal, ZL_SEAL_SIZE);
                break;
        }
        return clue;
}

static enum zl_err put_hole(const struct zl_tape_repair *repair,
                            const struct zl_tape_damage *damage, const struct clue *clue)
{
        uint8_t body[HOLE_SIZE];
        /* The seal was the first record or the second, and states say what it was. */
        bool sealed = clue->found && !clue->sealed && clue->records > 0 && damage->number <= 1 &&
                      zl_tape_records(repair->to) == damage->number;
        uint64_t records = clue->found ? clue->records - sealed : 0;
        enum zl_err err = ZL_OK;

        if (sealed)
                err = zl_tape_append_seal(repair->to, clue->seal);
        if (err != ZL_OK || (sealed && records == 0))
                return err;
        zl_put_le(body, damage->offset, 8);
        zl_put_le(body + 8, damage->size, 8);
        zl_put_le(body + 16, records, 8);
        return zl_tape_append(repair->to, ZL_RECORD_HOLE, body, sizeof body);
}

/* The reader stands at what is damaged, and then behind it. While numbers are not sure, since
 * nobody knows how many records an earlier damage was, a state tells nothing of this one alone. */
static enum zl_err pass(const struct zl_tape_repair *repair, struct zl_tape_saved *saved,
                        bool *sure)
{
        const struct zl_tape_damage damage = repair->from->damage;
        struct clue clue = look_behind(repair->from);
        bool whole_begin = damage.offset == 0 && damage.size == ZL_TAPE_MAGIC_SIZE;
        enum zl_err err = ZL_OK;

        clue.found &= *sure;
        *sure = clue.found || whole_begin;
        saved->places++;
        saved->missing += damage.size;
        repair->missing(repair->context, &damage, clue.found ? clue.records : 0);
        if (!damage.to_end && !whole_begin)
                err = put_hole(repair, &damage, &clue);
        zl_tape_pass_damage(repair->from);
        if (clue.found || whole_begin)
                repair->from->number = damage.number + clue.records;
        return err;
}

enum zl_err zl_tape_repair(const struct zl_tape_repair *repair, struct zl_tape_saved *ret_saved)
{
        struct zl_tape_reader *from = repair->from;
        struct zl_tape_saved saved = {0};
        struct zl_tape_record record;
        struct zl_tape_hole hole;
        bool sure = true;
        enum zl_err err = ZL_OK;

        from->all = true;
        if (from->nameless)
                err = pass(repair, &saved, &sure);
        while (err == ZL_OK) {
                err = zl_tape_next(from, &record);
                if (err == ZL_ERR_DAMAGED) {
                        err = pass(repair, &saved, &sure);
                } else if (err == ZL_OK) {
                        sure |= record.kind == ZL_RECORD_STATE;
                        if (zl_tape_hole_get(&record, &hole))
                                sure &= hole.records > 0;
                        saved.records++;
                        saved.bytes += ZL_TAPE_HEAD_SIZE + record.frame_size;
                        err = zl_tape_append(repair->to, record.kind, record.frame,
                                             record.frame_size);
                }
        }
        saved.torn = zl_tape_torn(from);
        *ret_saved = saved;
        return err == ZL_ERR_END ? ZL_OK : err;
}
