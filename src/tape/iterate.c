/* Reading a log from a position on, over closed segments and the open one. */
#include "tape/log_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
        struct zl_store_reader base;
        struct zl_log *log;
        struct zl_segment_reader *file; /* NULL: between segments */
        uint64_t position;              /* of the next item */
        uint64_t at_first;              /* the segment that is read, or was read last */
        uint64_t limit;  /* bytes of it that can be read */
        uint64_t behind; /* no frame of it has this position */
        bool begun;      /* at_first says something */
        bool said;       /* that at_first is damaged */
        bool restart;    /* to be told before the next frame */
        bool held_back;  /* `kept` comes behind the hole that was told */
        struct zl_kept kept;
        char why[PATH_MAX + 256];
};

/* The first segment behind `position`; the number of all when there is none. */
static uint32_t behind(const struct zl_log *log, uint64_t position)
{
        uint32_t low = 0, high = log->segments_count;

        while (low < high) {
                uint32_t middle = low + (high - low) / 2;
                if (log->segments[middle].first > position)
                        high = middle;
                else
                        low = middle + 1;
        }
        return low;
}

static struct zl_segment *find(const struct zl_log *log, uint64_t first)
{
        uint32_t at = behind(log, first);

        return at > 0 && log->segments[at - 1].first == first ? &log->segments[at - 1] : NULL;
}

static enum zl_err hole(struct reader *reader, enum zl_store_item_kind kind, uint64_t end,
                        struct zl_store_item *ret_item)
{
        *ret_item = (struct zl_store_item){
                .kind = kind, .position = reader->position, .count = end - reader->position};
        reader->position = end;
        if (kind == ZL_STORE_DAMAGED)
                reader->log->counts.damages++;
        return ZL_OK;
}

static void say_damage(struct reader *reader, const char *cause, uint64_t offset)
{
        const struct zl_segment *segment = find(reader->log, reader->at_first);
        struct zl_segment there = {.first = reader->at_first,
                                   .compressed = segment && segment->compressed};
        struct zl_log_path path = zl_log_segment_path(reader->log, &there);

        snprintf(reader->why, sizeof reader->why,
                 "%s: the record of position %llu at byte %llu is damaged: %s", path.text,
                 (unsigned long long)reader->position, (unsigned long long)offset, cause);
        if (reader->said)
                return;
        reader->said = true;
        zl_log_say(reader->log, "%s; reading goes on at the next segment", reader->why);
}

static void leave_file(struct reader *reader)
{
        zl_segment_shut(reader->file);
        reader->file = NULL;
}

/* ---- from one segment to the next ---- */

static enum zl_err enter(struct reader *reader, const struct zl_segment *segment)
{
        struct zl_log *log = reader->log;
        struct zl_log_path path = zl_log_segment_path(log, segment);
        enum zl_err err = zl_segment_open(log->disk, path.text, segment->compressed,
                                          &reader->file);

        if (err == ZL_ERR_SYSTEM && errno != EIO) {
                snprintf(reader->why, sizeof reader->why, "cannot read %s: %s", path.text,
                         strerror(errno));
                return err;
        }
        reader->restart = segment->restart && reader->begun;
        reader->begun = true;
        reader->said = false;
        reader->at_first = segment->first;
        reader->limit = segment->compressed ? UINT64_MAX : segment->bytes;
        reader->behind = segment + 1 < log->segments + log->segments_count ? segment[1].first
                                                                           : UINT64_MAX;
        if (err == ZL_OK && zl_segment_head(reader->file)->first != segment->first)
                leave_file(reader);
        if (!reader->file)
                say_damage(reader, "the head of the file does not hold", 0);
        return ZL_OK;
}

/* Nothing more stands in any segment: whether something should. */
static enum zl_err at_end(struct reader *reader, struct zl_store_item *ret_item)
{
        const struct zl_log *log = reader->log;

        if (log->fd < 0 && reader->position < log->follows && log->segments_count)
                return hole(reader, ZL_STORE_DAMAGED, log->follows, ret_item);
        return ZL_ERR_END;
}

/* Between segments: a hole, or the next one is opened (ZL_ERR_FULL: go on reading). */
static enum zl_err step_over(struct reader *reader, struct zl_store_item *ret_item)
{
        struct zl_log *log = reader->log;
        uint32_t at = behind(log, reader->begun && reader->at_first > reader->position
                                          ? reader->at_first
                                          : reader->position);
        const struct zl_segment *segment = NULL;

        /* The one that holds the position, unless it was read to its end. */
        if (at > 0 && !(reader->begun && log->segments[at - 1].first <= reader->at_first))
                segment = &log->segments[at - 1];
        else if (at < log->segments_count)
                segment = &log->segments[at];
        if (!segment)
                return at_end(reader, ret_item);
        if (segment == log->segments && reader->position < segment->follows)
                return hole(reader, ZL_STORE_RETIRED, segment->follows, ret_item);
        if (reader->position < segment->follows)
                return hole(reader, ZL_STORE_DAMAGED, segment->follows, ret_item);
        if (reader->position < segment->first)
                return hole(reader, ZL_STORE_LOST, segment->first, ret_item);
        enum zl_err err = enter(reader, segment);
        return err == ZL_OK ? ZL_ERR_FULL : err;
}

/* ---- within one ---- */

static enum zl_err give(struct reader *reader, struct zl_store_item *ret_item)
{
        const struct zl_kept *kept = &reader->kept;
        const struct zl_segment_head *head = zl_segment_head(reader->file);

        reader->held_back = true;
        if (reader->restart) {
                reader->restart = false;
                *ret_item = (struct zl_store_item){
                        .kind = ZL_STORE_RESTART, .position = reader->position,
                        .epoch = head->epoch, .src = head->src};
                return ZL_OK;
        }
        if (kept->position > reader->position)
                return hole(reader, ZL_STORE_LOST, kept->position, ret_item);
        reader->held_back = false;
        reader->position++;
        *ret_item = (struct zl_store_item){
                .kind = ZL_STORE_FRAME,
                .position = kept->position,
                .count = 1,
                .received_ns = kept->received_ns,
                .epoch = head->epoch,
                .src = head->src,
                .frame = kept->frame,
                .frame_size = kept->frame_size,
        };
        return ZL_OK;
}

/* How far the open segment can be read: what is in memory is written first. */
static bool reach_further(struct reader *reader)
{
        struct zl_log *log = reader->log;
        const struct zl_segment *segment = find(log, reader->at_first);

        if (segment && zl_log_is_open(log, segment) && reader->limit == segment->bytes &&
            zl_log_flush(log) != ZL_OK)
                return false; /* said; what is on the file was read */
        segment = find(log, reader->at_first);
        /* Removed or compressed meanwhile: the file that is read was whole before. */
        uint64_t limit = !segment || segment->compressed ? UINT64_MAX : segment->bytes;
        bool further = limit > reader->limit;
        reader->limit = limit;
        return further;
}

static bool is_open(const struct reader *reader)
{
        const struct zl_segment *segment = find(reader->log, reader->at_first);

        return segment && zl_log_is_open(reader->log, segment);
}

/* Behind a damaged record of the open segment nothing can be read: it is closed soon. */
static enum zl_err damaged(struct reader *reader, const char *cause,
                           struct zl_store_item *ret_item)
{
        struct zl_log *log = reader->log;

        say_damage(reader, cause, zl_segment_offset(reader->file));
        if (!is_open(reader)) {
                leave_file(reader);
                return ZL_ERR_FULL;
        }
        log->roll_wanted = true;
        if (reader->position < log->written_end)
                return hole(reader, ZL_STORE_DAMAGED, log->written_end, ret_item);
        return ZL_ERR_END;
}

/* ZL_ERR_FULL: go on. */
static enum zl_err step_within(struct reader *reader, struct zl_store_item *ret_item)
{
        if (reader->held_back)
                return give(reader, ret_item);
        enum zl_err err = zl_segment_next(reader->file, reader->limit, &reader->kept);
        if (err == ZL_OK && reader->kept.position >= reader->behind)
                return damaged(reader, "its position is the next segment's", ret_item);
        if (err == ZL_OK)
                return reader->kept.position < reader->position ? ZL_ERR_FULL
                                                                : give(reader, ret_item);
        if (err == ZL_ERR_DAMAGED)
                return damaged(reader, zl_segment_cause(reader->file), ret_item);
        if (err == ZL_ERR_SYSTEM) {
                snprintf(reader->why, sizeof reader->why,
                         "cannot read the segment of position %llu: %s",
                         (unsigned long long)reader->at_first, strerror(errno));
                return err;
        }
        if (reach_further(reader))
                return ZL_ERR_FULL;
        if (is_open(reader))
                return ZL_ERR_END;
        if (zl_segment_torn(reader->file))
                say_damage(reader, "it ends outside of the file", zl_segment_offset(reader->file));
        leave_file(reader);
        return ZL_ERR_FULL;
}

enum zl_err zl_log_next(struct zl_store_reader *base, struct zl_store_item *ret_item)
{
        struct reader *reader = (struct reader *)base;
        enum zl_err err;

        if (!reader->file && reader->log->fd < 0 && reader->log->used &&
            zl_log_flush(reader->log) != ZL_OK && reader->position >= reader->log->written_end)
                return ZL_ERR_END; /* in memory only, while the disk is full */
        do {
                err = reader->file ? step_within(reader, ret_item) : step_over(reader, ret_item);
        } while (err == ZL_ERR_FULL);
        return err;
}

enum zl_err zl_log_read(struct zl_store *store, uint64_t position,
                        struct zl_store_reader **ret_reader)
{
        struct reader *reader = calloc(1, sizeof *reader);

        if (!reader)
                return ZL_ERR_SYSTEM;
        reader->base.kind = store->kind;
        reader->log = zl_log_of(store);
        reader->position = position;
        *ret_reader = &reader->base;
        return ZL_OK;
}

const char *zl_log_reader_why(const struct zl_store_reader *base)
{
        return ((const struct reader *)base)->why;
}

void zl_log_shut(struct zl_store_reader *base)
{
        struct reader *reader = (struct reader *)base;

        zl_segment_shut(reader->file);
        free(reader);
}
