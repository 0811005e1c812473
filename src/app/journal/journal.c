#include "app/journal/journal.h"

#include "app/say.h"
#include "core/snapshot.h"
#include "core/stream.h"

#include <stdlib.h>
#include <string.h>

enum { CLOCK_MS = 100 };

/* ---- the engine, mute ---- */

/* What it had no room for is missing in its state without a hole: from then on it has none. */
static void hear(void *context, const struct zl_output *output)
{
        static const char words[] = "no room for more ";
        struct zl_journal *journal = context;
        const struct zl_msg_alert *alert = output->object;

        if (journal->full || output->type != ZL_TYPE_ALERT ||
            alert->kind == ZL_ALERT_KIND_SUSPENDED || /* stands in the state as that */
            strncmp(alert->text, words, sizeof words - 1) != 0)
                return;
        journal->full = true;
        zl_say("%s, and start again: frames are kept, but no state is served or kept until then",
               alert->text);
}

/* For another journal that missed it. */
static void remember(struct zl_journal *journal, const struct zl_header *header, const void *frame,
                     size_t size)
{
        const struct zl_engine *engine = journal->run.engine;
        const struct zl_stream *stream = zl_stream_find(engine, header->src, header->topic);

        if (stream && header->src != journal->src)
                zl_recent_put(&journal->recent, (uint32_t)(stream - engine->streams),
                              header->epoch, header->seq, frame, (uint32_t)size);
}

static void take_message(struct zl_journal *journal, const struct zl_header *header, uint32_t place)
{
        const struct zl_message *message = journal->run.message;
        const struct zl_engine *engine = journal->run.engine;

        if (place == 0)
                zl_ledger_audit_frame(&journal->audit, engine, header);
        zl_ledger_audit_before(&journal->audit, engine, message);
        zl_run_message(&journal->run, header, place, message, hear, journal);
        const char *wrong = zl_ledger_audit_after(&journal->audit, engine, message);
        if (!wrong)
                return;
        if (zl_pace_may(&journal->words))
                zl_say("audit: %s", wrong);
        if (journal->alarm)
                journal->alarm(journal->alarm_context, wrong);
}

static enum zl_err take_messages(struct zl_journal *journal, const void *frame, size_t size,
                                 struct zl_frame_reader *ret_reader)
{
        struct zl_run *run = &journal->run;
        enum zl_err err = zl_frame_check(frame, size, run->message, ret_reader);

        if (err != ZL_OK)
                return err;
        err = zl_frame_open(ret_reader, frame, size);
        for (uint32_t place = 0; err == ZL_OK; place++) {
                err = zl_frame_next(ret_reader, run->message);
                if (err == ZL_OK)
                        take_message(journal, &ret_reader->header, place);
        }
        return err == ZL_ERR_END ? ZL_OK : err;
}

static void feed(struct zl_journal *journal, const void *frame, size_t size)
{
        struct zl_frame_reader reader;

        if (take_messages(journal, frame, size, &reader) != ZL_OK) {
                journal->bad_frames++;
                return;
        }
        remember(journal, &reader.header, frame, size);
        if (journal->heal)
                zl_heal_note(journal->heal, journal->run.engine, &reader.header, frame, size);
}

/* ---- going on where the store ends ---- */

static const char *name_of(enum zl_store_item_kind kind)
{
        switch (kind) {
        case ZL_STORE_LOST:
                return "could not be kept";
        case ZL_STORE_DAMAGED:
                return "are damaged";
        case ZL_STORE_RETIRED:
                return "were removed";
        default:
                return "were not counted";
        }
}

/* The newest snapshot that reads. Answers the position behind it. */
static uint64_t load_snapshot(struct zl_journal *journal)
{
        struct zl_store_snapshot snapshot;

        while (zl_store_newest(journal->store, &snapshot) == ZL_OK) {
                void *bytes = malloc(snapshot.size + 1);
                enum zl_err err = bytes ? zl_store_get(journal->store, &snapshot, bytes)
                                        : ZL_ERR_SYSTEM;
                if (err == ZL_OK)
                        err = zl_snapshot_load(journal->run.engine, bytes, snapshot.size);
                free(bytes);
                if (err == ZL_OK)
                        return snapshot.position;
                if (err == ZL_ERR_DAMAGED)
                        continue; /* the one before it is next */
                zl_say("the snapshot at %llu cannot be used: it is another version's, or does not "
                       "fit this journal's capacities",
                       (unsigned long long)snapshot.position);
                return UINT64_MAX;
        }
        return 0;
}

/* Frames before `position` stand in the state already: they are remembered only. */
static void take_again(struct zl_journal *journal, const struct zl_store_item *item,
                       uint64_t position)
{
        struct zl_frame_reader reader;

        if (item->position >= position) {
                feed(journal, item->frame, item->frame_size);
                journal->recovered++;
        } else if (zl_frame_open(&reader, item->frame, item->frame_size) == ZL_OK) {
                remember(journal, &reader.header, item->frame, item->frame_size);
        }
}

static enum zl_err read_on(struct zl_journal *journal, uint64_t position)
{
        uint64_t newest = journal->recent.entries_max;
        struct zl_store_reader *reader;
        struct zl_store_item item;
        enum zl_err err = zl_store_read(journal->store, position > newest ? position - newest : 0,
                                        &reader);

        if (err != ZL_OK)
                return err;
        while ((err = zl_store_next(reader, &item)) == ZL_OK) {
                if (item.kind == ZL_STORE_FRAME) {
                        take_again(journal, &item, position);
                } else if (item.count && item.position + item.count > position) {
                        zl_say("%llu frames from %llu on %s", (unsigned long long)item.count,
                               (unsigned long long)item.position, name_of(item.kind));
                }
        }
        if (err != ZL_ERR_END)
                zl_say("the store cannot be read: %s", zl_store_reader_why(reader));
        zl_store_shut(reader);
        return err == ZL_ERR_END ? ZL_OK : err;
}

static enum zl_err recover(struct zl_journal *journal)
{
        uint64_t position = load_snapshot(journal);

        if (position == UINT64_MAX)
                return ZL_ERR_INVALID;
        enum zl_err err = read_on(journal, position);
        if (err == ZL_OK && position)
                zl_say("goes on behind the snapshot at %llu and %llu frames",
                       (unsigned long long)position, (unsigned long long)journal->recovered);
        else if (err == ZL_OK && journal->recovered)
                zl_say("goes on behind %llu frames", (unsigned long long)journal->recovered);
        return err;
}

/* ---- opening and closing ---- */

static void say_line(void *context, const char *line)
{
        (void)context;
        zl_say("%s", line);
}

enum zl_err zl_journal_open(struct zl_journal *journal, const struct zl_journal_settings *settings)
{
        struct zl_log_settings log = settings->log;
        struct zl_store_status status;

        log.say = say_line;
        *journal = (struct zl_journal){.snapshot_ms = settings->snapshot_ms, .src = log.src};
        enum zl_err err = zl_run_open(&journal->run, &settings->engine);
        if (err == ZL_OK)
                err = zl_ledger_audit_open(&journal->audit);
        if (err == ZL_OK)
                err = zl_recent_open(&journal->recent, settings->recent_bytes,
                                     settings->engine.streams_max);
        if (err == ZL_OK)
                err = zl_log_open(&log, &journal->store);
        if (err == ZL_OK)
                err = recover(journal);
        if (err != ZL_OK)
                return err;
        zl_store_status(journal->store, &status);
        journal->epoch = status.epoch;
        return ZL_OK;
}

enum zl_err zl_journal_close(struct zl_journal *journal)
{
        enum zl_err err = zl_store_close(journal->store);

        journal->store = NULL;
        zl_recent_close(&journal->recent);
        zl_ledger_audit_close(&journal->audit);
        if (journal->run.engine)
                zl_run_close(&journal->run);
        return err;
}

/* ---- at work ---- */

void zl_journal_take(struct zl_journal *journal, const void *frame, size_t size, uint64_t now_ns)
{
        uint64_t position;

        journal->frames++;
        if (zl_store_append(journal->store, frame, size, now_ns, &position) != ZL_OK)
                journal->lost++; /* the store says so, and keeps the place */
        feed(journal, frame, size);
}

/* The system's clock may go back: the engine's does not. */
static void make_clock(struct zl_journal *journal, uint64_t now_ns)
{
        uint8_t buffer[128];
        struct zl_frame_writer writer;
        struct zl_msg_clock clock = {0};
        size_t size;

        if (now_ns < journal->clock_ns + CLOCK_MS * 1000000u && now_ns >= journal->clock_ns)
                return;
        journal->clock_ns = now_ns;
        struct zl_header header = {.topic = {ZL_TOPIC_TIME, journal->src},
                                   .src = journal->src,
                                   .epoch = journal->epoch,
                                   .seq = ++journal->clock_seq,
                                   .ts_ns = now_ns};
        zl_frame_begin(&writer, buffer, sizeof buffer, &header);
        zl_frame_add_as(&writer, ZL_TYPE_CLOCK, &clock);
        if (zl_frame_end(&writer, &size) == ZL_OK)
                zl_journal_take(journal, buffer, size, now_ns);
}

static uint8_t *save(struct zl_engine *engine, uint32_t partition, size_t *ret_size)
{
        size_t size = zl_snapshot_size(engine, partition);
        uint8_t *bytes = malloc(size);

        if (bytes && zl_snapshot_save(engine, partition, bytes, size, ret_size) == ZL_OK)
                return bytes;
        free(bytes);
        return NULL;
}

static void keep_snapshot(struct zl_journal *journal, uint64_t now_ns)
{
        struct zl_store_status status;
        size_t size;
        uint8_t *bytes = save(journal->run.engine, ZL_NONE_AT, &size);

        journal->snapshot_ns = now_ns + journal->snapshot_ms * 1000000u;
        zl_store_status(journal->store, &status);
        if (!bytes)
                zl_say("no memory for a snapshot: the next one is tried");
        else if (zl_store_sync(journal->store) != ZL_OK || /* it must not outlive its frames */
                 zl_store_put(journal->store, status.next, bytes, size, now_ns) != ZL_OK)
                zl_say("a snapshot was not kept: %s", zl_store_why(journal->store));
        free(bytes);
}

bool zl_journal_work(struct zl_journal *journal, uint64_t now_ns)
{
        make_clock(journal, now_ns);
        if (journal->snapshot_ms && journal->snapshot_ns == 0)
                journal->snapshot_ns = now_ns + journal->snapshot_ms * 1000000u;
        if (journal->snapshot_ms && !journal->full && now_ns >= journal->snapshot_ns)
                keep_snapshot(journal, now_ns);
        return zl_store_work(journal->store, now_ns);
}

uint8_t *zl_journal_state(struct zl_journal *journal, uint32_t partition, size_t *ret_size)
{
        struct zl_engine *engine = journal->run.engine;

        if (journal->full || partition >= engine->partitions || !zl_state_owns(engine, partition) ||
            engine->ctrl_holes || engine->acct_holes[partition])
                return NULL;
        return save(engine, partition, ret_size);
}
