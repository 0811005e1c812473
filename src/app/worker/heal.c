#include "app/worker/heal.h"

#include "core/state.h"

#include <stdlib.h>
#include <string.h>

enum {
        LOOK_MS = 20, /* how often it is looked for holes */
        REST_MS = 50, /* behind an answer that was of no use; twice as long the next time */
        DOUBLINGS_MAX = 5,
};

#define COPIES_MAX ((size_t)64 << 20) /* bytes; without them a state must reach further by itself */

/* What one answer is about. */
struct repair {
        struct zl_heal *heal;
        const struct zl_engine *engine;
        struct zl_topic topic;
};

enum zl_err zl_heal_open(struct zl_heal *heal, struct zl_bus *bus, const char *journal,
                         const struct zl_engine_config *config)
{
        *heal = (struct zl_heal){.asker = {.src = config->src, .epoch = config->epoch},
                                 .message = malloc(sizeof *heal->message)};
        if (!heal->message)
                return ZL_ERR_SYSTEM;
        return zl_socket_open(bus, ZL_SOCKET_DEALER, journal, &heal->asker.journal);
}

void zl_heal_close(struct zl_heal *heal)
{
        for (uint32_t i = 0; i < ZL_HEAL_WINDOW; i++)
                zl_frames_free(&heal->jobs[i].ask.frames);
        zl_frames_free(&heal->copies);
        zl_socket_close(heal->asker.journal, 0);
        free(heal->message);
        *heal = (struct zl_heal){0};
}

/* ---- holes ---- */

static bool is_holed(const struct zl_engine *engine, struct zl_topic topic)
{
        switch (topic.kind) {
        case ZL_TOPIC_CTRL:
                return engine->ctrl_holes > 0;
        case ZL_TOPIC_ACCT:
        case ZL_TOPIC_EXEC: /* a state goes up to an answer, too */
                return topic.id < engine->partitions && engine->acct_holes[topic.id] > 0;
        default:
                return false;
        }
}

static bool has_holes(const struct zl_engine *engine)
{
        for (uint32_t p = 0; p < engine->partitions; p++) {
                if (engine->acct_holes[p])
                        return true;
        }
        return engine->ctrl_holes > 0;
}

void zl_heal_note(struct zl_heal *heal, const struct zl_engine *engine,
                  const struct zl_header *header, const uint8_t *frame, size_t size)
{
        if (!heal->asker.journal || !is_holed(engine, header->topic))
                return;
        if (heal->copies.size > COPIES_MAX ||
            zl_frames_keep(&heal->copies, frame, size) != ZL_OK)
                zl_frames_clear(&heal->copies);
}

/* ---- does a state reach far enough? ---- */

static const struct zl_row_position_in_stream *
row_of(const struct zl_msg_snapshot_part *said, const struct zl_stream *stream)
{
        char name[ZL_TOPIC_SIZE + 1];

        zl_topic_format(stream->topic, name);
        for (uint32_t i = 0; i < said->streams_count; i++) {
                if (said->streams[i].src == stream->src && !strcmp(said->streams[i].topic, name))
                        return &said->streams[i];
        }
        return NULL;
}

static bool same_topic(struct zl_topic a, struct zl_topic b)
{
        return a.kind == b.kind && a.id == b.id;
}

/* The state goes up to `seq`; with the copies that follow it, how far? */
static uint64_t reach(const struct zl_frames *copies, const struct zl_stream *stream, uint64_t seq)
{
        struct zl_frame_reader reader;
        const uint8_t *frame;
        size_t cursor = 0;
        uint32_t size;

        while ((frame = zl_frames_next(copies, &cursor, &size))) {
                const struct zl_header *header = &reader.header;
                if (zl_frame_open(&reader, frame, size) == ZL_OK && header->src == stream->src &&
                    same_topic(header->topic, stream->topic) && header->epoch == stream->epoch &&
                    header->seq == seq + 1)
                        seq++;
        }
        return seq;
}

static bool reaches(const struct repair *repair, const struct zl_msg_snapshot_part *said)
{
        const struct zl_engine *engine = repair->engine;

        for (uint32_t i = 0; i < engine->streams_by_topic.count; i++) {
                const struct zl_stream *stream = &engine->streams[i];
                if (!stream->heard || !same_topic(stream->topic, repair->topic))
                        continue;
                const struct zl_row_position_in_stream *row = row_of(said, stream);
                if (!row || row->epoch < stream->epoch)
                        return false;
                if (row->epoch == stream->epoch &&
                    reach(&repair->heal->copies, stream, row->seq) < stream->seq)
                        return false;
        }
        return true;
}

/* ---- a state that came ---- */

static void give_all(const struct zl_frames *frames, zl_heal_give *give, void *context)
{
        const uint8_t *frame;
        size_t cursor = 0;
        uint32_t size;

        while ((frame = zl_frames_next(frames, &cursor, &size)))
                give(context, frame, size);
}

/* Behind the state, what came since the hole: what it covers was seen before. Copies of other
 * topics stay. */
static void give_copies(const struct repair *repair, zl_heal_give *give, void *context)
{
        struct zl_frames copies = repair->heal->copies;
        bool accounts = repair->topic.kind == ZL_TOPIC_ACCT;
        struct zl_frame_reader reader;
        const uint8_t *frame;
        size_t cursor = 0;
        uint32_t size;

        repair->heal->copies = (struct zl_frames){0};
        while ((frame = zl_frames_next(&copies, &cursor, &size))) {
                bool read = zl_frame_open(&reader, frame, size) == ZL_OK;
                struct zl_topic topic = reader.header.topic;
                bool answer = accounts && topic.kind == ZL_TOPIC_EXEC &&
                              topic.id == repair->topic.id;
                if (read && (same_topic(topic, repair->topic) || answer))
                        give(context, frame, size);
                else if (zl_frames_keep(&repair->heal->copies, frame, size) != ZL_OK)
                        zl_frames_clear(&repair->heal->copies);
        }
        zl_frames_free(&copies);
}

static void rest(struct zl_heal_job *job, uint64_t ticks_ns)
{
        uint32_t doublings = job->attempts < DOUBLINGS_MAX ? job->attempts : DOUBLINGS_MAX;

        job->attempts++;
        job->rest_ns = ticks_ns + ((uint64_t)REST_MS * 1000000 << doublings);
        job->ask.progress = ZL_ASK_TO_DO;
}

static void take_state(struct zl_heal *heal, const struct zl_engine *engine,
                       struct zl_heal_job *job, uint64_t ticks_ns, zl_heal_give *give,
                       void *context)
{
        struct repair repair = {heal, engine, {ZL_TOPIC_ACCT, job->ask.partition}};
        struct zl_frame_reader reader;
        size_t cursor = 0;
        uint32_t size = 0;
        const uint8_t *frame = zl_frames_next(&job->ask.frames, &cursor, &size);

        if (engine->ctrl_holes)
                repair.topic = (struct zl_topic){ZL_TOPIC_CTRL, 0};
        if (!is_holed(engine, repair.topic)) {
                job->open = false; /* restated meanwhile */
                return;
        }
        if (!frame || zl_frame_open(&reader, frame, size) != ZL_OK ||
            zl_frame_next(&reader, heal->message) != ZL_OK ||
            !reaches(&repair, &heal->message->snapshot_part)) {
                heal->in_vain++;
                rest(job, ticks_ns);
                return;
        }
        give_all(&job->ask.frames, give, context);
        heal->taken += !is_holed(engine, repair.topic);
        heal->in_vain += is_holed(engine, repair.topic);
        give_copies(&repair, give, context);
        rest(job, ticks_ns);
        job->open = is_holed(engine, repair.topic) || engine->acct_holes[job->ask.partition] > 0;
}

static void hear(struct zl_heal *heal, const struct zl_engine *engine, uint64_t ticks_ns,
                 zl_heal_give *give, void *context)
{
        const uint8_t *frame;
        size_t size;

        while (zl_socket_receive(heal->asker.journal, &frame, &size) == ZL_OK) {
                for (uint32_t i = 0; i < ZL_HEAL_WINDOW; i++) {
                        struct zl_heal_job *job = &heal->jobs[i];
                        struct zl_ask *done = NULL;
                        enum zl_err err = zl_ask_take(&job->ask, job->open, frame, size,
                                                      heal->message, &done);
                        if (err != ZL_OK || (done && done->progress == ZL_ASK_NOTHING))
                                rest(job, ticks_ns);
                        else if (done)
                                take_state(heal, engine, job, ticks_ns, give, context);
                        if (done)
                                break;
                }
        }
}

/* ---- asking ---- */

/* Any partition's state has what all depend on. */
static bool is_wanted(const struct zl_engine *engine, uint32_t partition)
{
        return zl_state_owns(engine, partition) &&
               (engine->ctrl_holes > 0 || engine->acct_holes[partition] > 0);
}

static bool is_asked(const struct zl_heal *heal, uint32_t partition)
{
        for (uint32_t i = 0; i < ZL_HEAL_WINDOW; i++) {
                if (heal->jobs[i].open && heal->jobs[i].ask.partition == partition)
                        return true;
        }
        return false;
}

/* The next partition behind the one that was asked for last. False: there is none. */
static bool next_wanted(struct zl_heal *heal, const struct zl_engine *engine,
                        uint32_t *ret_partition)
{
        for (uint32_t i = 0; i < engine->partitions; i++) {
                uint32_t partition = (heal->turn + i) % engine->partitions;
                if (!is_wanted(engine, partition) || is_asked(heal, partition))
                        continue;
                heal->turn = partition + 1;
                *ret_partition = partition;
                return true;
        }
        return false;
}

static void ask(struct zl_heal *heal, const struct zl_engine *engine, uint64_t ticks_ns)
{
        uint32_t window = engine->ctrl_holes ? 1 : ZL_HEAL_WINDOW;

        for (uint32_t i = 0; i < window; i++) {
                struct zl_heal_job *job = &heal->jobs[i];
                if (job->open && !is_wanted(engine, job->ask.partition))
                        job->open = false;
                if (!job->open && next_wanted(heal, engine, &job->ask.partition)) {
                        job->open = true;
                        job->attempts = 0;
                        job->rest_ns = 0;
                        job->ask.progress = ZL_ASK_TO_DO;
                }
                bool due = job->ask.progress == ZL_ASK_TO_DO && ticks_ns >= job->rest_ns;
                if (job->open && (due || zl_ask_is_late(&job->ask, ticks_ns)))
                        zl_ask_send(&job->ask, &heal->asker);
        }
}

void zl_heal_work(struct zl_heal *heal, const struct zl_engine *engine, uint64_t ticks_ns,
                  zl_heal_give *give, void *context)
{
        if (!heal->asker.journal)
                return;
        hear(heal, engine, ticks_ns, give, context);
        if (ticks_ns < heal->look_ns)
                return;
        heal->look_ns = ticks_ns + LOOK_MS * 1000000u;
        if (has_holes(engine)) {
                ask(heal, engine, ticks_ns);
                return;
        }
        zl_frames_clear(&heal->copies);
        for (uint32_t i = 0; i < ZL_HEAL_WINDOW; i++)
                heal->jobs[i].open = false;
}
