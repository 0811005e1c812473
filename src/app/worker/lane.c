#include "app/worker/lane.h"

#include "app/clock.h"
#include "app/worker/heal.h"
#include "app/worker/join.h"
#include "app/worker/lane_tape.h"
#include "app/worker/queue.h"
#include "app/ranges.h"
#include "app/run.h"
#include "app/said.h"
#include "app/say.h"
#include "app/worker/subscriptions.h"
#include "bus/pace.h"
#include "core/state.h"

#include <stdlib.h>

enum {
        JOURNAL_FIRST_MS = 1000, /* has a journal to fill a hole before publishers are asked */
        CLOCK_MS = 10,        /* how often engine time moves on */
        FRAMES_A_TURN = 256,  /* from one socket, before the others have theirs */
};

struct state {
        const struct zl_lane_settings *settings;
        struct zl_lane_result *result;
        struct zl_run run;
        struct zl_said said;
        struct zl_lane_tape tape;
        struct zl_socket *sources[ZL_LANE_ENDPOINTS_MAX];
        struct zl_socket *routers[ZL_LANE_ENDPOINTS_MAX];
        struct zl_queue queues[ZL_LANE_ENDPOINTS_MAX];
        struct zl_socket *alerts, *ledger;
        struct zl_socket *mesh[ZL_LANE_PEERS_MAX + 1]; /* the other lanes, other workers */
        uint64_t clock_seq, clock_ns;
        struct zl_pace bad_frames, unsent; /* of complaints */
        struct zl_repair repair;
        struct zl_heal heal; /* by the journal */
        struct zl_lag lag;
        uint64_t taken_ns; /* header time of the last frame taken; 0: it has none */
};

/* ---- setting up ---- */

static enum zl_err open_mesh(struct state *state)
{
        const struct zl_lane_settings *settings = state->settings;
        enum zl_err err = ZL_OK;

        for (uint32_t i = 0; err == ZL_OK && i <= settings->peers_count; i++) {
                err = zl_socket_open(settings->bus, ZL_SOCKET_SUB,
                                     i ? settings->peers[i - 1] : ZL_LANE_MESH, &state->mesh[i]);
                if (err == ZL_OK)
                        zl_subscribe_mesh(state->mesh[i], &settings->config);
        }
        if (err == ZL_OK && settings->ledger)
                err = zl_socket_open(settings->bus, ZL_SOCKET_PUSH, settings->ledger,
                                     &state->ledger);
        return err;
}

static enum zl_err open_sockets(struct state *state)
{
        const struct zl_lane_settings *settings = state->settings;
        enum zl_err err =
                zl_socket_open(settings->bus, ZL_SOCKET_PUSH, ZL_LANE_ALERTS, &state->alerts);

        for (uint32_t i = 0; err == ZL_OK && i < settings->routes_count; i++) {
                err = zl_socket_open(settings->bus, ZL_SOCKET_PUSH, settings->routes[i].endpoint,
                                     &state->routers[i]);
                if (err == ZL_OK && !zl_queue_open(&state->queues[i]))
                        err = ZL_ERR_SYSTEM;
        }
        for (uint32_t i = 0; err == ZL_OK && i < settings->sources_count; i++) {
                err = zl_socket_open(settings->bus, ZL_SOCKET_SUB, settings->sources[i],
                                     &state->sources[i]);
                if (err == ZL_OK)
                        zl_subscribe_all(state->sources[i], &settings->config);
        }
        return err == ZL_OK ? open_mesh(state) : err;
}

/* ---- what the engine said ---- */

/* A cancel and a conversion carry no expiry. In the queue they live as long as an order would. */
static uint64_t expiry_of(const struct zl_engine *engine, const struct zl_proposal *proposal)
{
        uint32_t account = zl_state_find_account(engine, proposal->key.account);
        uint32_t pool = account == ZL_NONE_AT
                                ? ZL_NONE_AT
                                : zl_state_find_pool(engine, account, proposal->key.pool);
        const struct zl_policy *policy =
                pool == ZL_NONE_AT ? NULL : zl_state_policy_of(engine, &engine->pools[pool]);

        if (proposal->expires_ns || !proposal->made_ns || !policy)
                return proposal->expires_ns;
        return proposal->made_ns + policy->expires_ms * 1000000u;
}

static void put_in(struct state *state, uint32_t route, const struct zl_proposal *proposal,
                   const uint8_t *frame, uint32_t size)
{
        struct zl_queue *queue = &state->queues[route];
        uint64_t refused = queue->refused;

        zl_queue_put(queue, proposal, expiry_of(state->run.engine, proposal), frame, size,
                     zl_now_ns());
        if (queue->refused > refused && zl_pace_may(&state->unsent))
                zl_say("the queue to %s is full: its least urgent decisions wait to be proposed "
                       "again",
                       state->settings->routes[route].endpoint);
}

static void queue_decision(struct state *state, const struct zl_said_item *item,
                           const uint8_t *frame)
{
        struct zl_frame_reader reader;
        struct zl_proposal proposal;
        const char *fault =
                zl_proposal_read(frame, item->size, state->run.message, &proposal, &reader);

        for (uint32_t i = 0; !fault && i < state->settings->routes_count; i++) {
                const struct zl_route *route = &state->settings->routes[i];
                if (!zl_ranges_have(route->ranges, route->ranges_count, item->topic.id))
                        continue;
                put_in(state, i, &proposal, frame, item->size);
                return;
        }
        state->result->dropped++;
        if (zl_pace_may(&state->unsent))
                zl_say("a decision was not sent: %s",
                       fault ? fault : "no router takes its partition");
}

/* One that is lost is made anew when its deficits are said again. */
static void send_plan(struct state *state, const uint8_t *frame, uint32_t size)
{
        state->result->plans++;
        if (!state->ledger || zl_socket_send(state->ledger, frame, size, false) == ZL_OK)
                return;
        state->result->plans_lost++;
        if (zl_pace_may(&state->unsent))
                zl_say("the ledger at %s does not take a plan: it is made again",
                       state->settings->ledger);
}

/* On the tape before on the wire: no order is ever sent that cannot be explained. */
static void send_said(struct state *state)
{
        for (size_t i = 0; i < state->said.count; i++) {
                const struct zl_said_item *item = zl_said_item(&state->said, i);
                zl_lane_tape_record(&state->tape, item->kind, zl_said_frame(&state->said, item),
                                    item->size);
        }
        zl_lane_tape_flush(&state->tape);
        for (size_t i = 0; i < state->said.count; i++) {
                const struct zl_said_item *item = zl_said_item(&state->said, i);
                const uint8_t *frame = zl_said_frame(&state->said, item);
                if (item->topic.kind == ZL_TOPIC_ORDR)
                        queue_decision(state, item, frame);
                else if (zl_socket_send(state->alerts, frame, item->size, false) != ZL_OK)
                        state->result->alerts_lost++;
                if (item->topic.kind == ZL_TOPIC_PLAN)
                        send_plan(state, frame, item->size);
        }
        zl_said_clear(&state->said);
        for (uint32_t i = 0; i < state->settings->routes_count; i++)
                zl_queue_send(&state->queues[i], state->routers[i], zl_now_ns());
}

/* ---- what comes in ---- */

static void complain_bad(struct state *state, const struct zl_frame_reader *reader)
{
        char why[200];

        state->result->bad_frames++;
        if (zl_pace_may(&state->bad_frames))
                zl_say("a frame does not decode: %s", zl_frame_error(reader, why, sizeof why));
}

/* Without what the engine said there is no going on. */
static void fail(struct state *state)
{
        zl_say("out of memory: the worker stops");
        state->result->failed = true;
        atomic_store(state->settings->stop, true);
}

/* Records stand in the order: input, then what was said to it. */
static void take_frame(struct state *state, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;

        if (state->said.failed)
                return;
        state->result->frames++;
        zl_lane_tape_record(&state->tape, ZL_RECORD_IN, frame, size);
        enum zl_err err =
                zl_run_frame(&state->run, frame, size, zl_said_hear, &state->said, &reader);
        if (err != ZL_OK)
                complain_bad(state, &reader);
        else
                zl_heal_note(&state->heal, state->run.engine, &reader.header, frame, size);
        state->taken_ns = err == ZL_OK ? reader.header.ts_ns : 0;
        if (state->said.failed)
                fail(state);
        else if (state->said.count)
                send_said(state);
        zl_lane_tape_state(&state->tape, &state->run);
}

/* Whether the worker's own thread passed on what this lane said: its engine has it already. */
static bool is_own(const struct state *state, const uint8_t *frame, size_t size)
{
        const struct zl_engine *engine = state->run.engine;
        struct zl_frame_reader reader;
        uint32_t partition;

        if (zl_frame_open(&reader, frame, size) != ZL_OK ||
            reader.header.src != state->settings->config.src ||
            zl_frame_next(&reader, state->run.message) != ZL_OK)
                return false;
        switch (state->run.message->type) {
        case ZL_TYPE_DEFICIT:
                partition = zl_partition(state->run.message->deficit.account, engine->partitions);
                break;
        case ZL_TYPE_ADL_QUERY:
                partition = zl_partition(state->run.message->adl_query.fund, engine->partitions);
                break;
        default:
                partition = state->run.message->adl_bid.partition;
        }
        return zl_state_owns(engine, partition);
}

static uint32_t hear_mesh(struct state *state)
{
        const uint8_t *frame;
        size_t size;
        uint32_t done = 0;

        for (uint32_t i = 0; i <= state->settings->peers_count; i++) {
                for (uint32_t n = 0; n < FRAMES_A_TURN; n++, done++) {
                        if (zl_socket_receive(state->mesh[i], &frame, &size) != ZL_OK)
                                break;
                        if (!is_own(state, frame, size))
                                take_frame(state, frame, size);
                }
        }
        return done;
}

static void make_clock(struct state *state)
{
        uint64_t now_ns = zl_now_ns();
        uint8_t buffer[128];
        struct zl_frame_writer writer;
        size_t size;

        if (now_ns < state->clock_ns + CLOCK_MS * 1000000u && now_ns >= state->clock_ns)
                return;
        struct zl_msg_clock clock = {0};
        zl_lag_measure(&state->lag, state->clock_ns, &clock);
        state->clock_ns = now_ns;
        struct zl_header header = {.topic = {ZL_TOPIC_TIME, state->settings->config.src},
                                   .src = state->settings->config.src,
                                   .epoch = state->settings->config.epoch,
                                   .seq = ++state->clock_seq,
                                   .ts_ns = now_ns};
        zl_frame_begin(&writer, buffer, sizeof buffer, &header);
        zl_frame_add_as(&writer, ZL_TYPE_CLOCK, &clock);
        if (zl_frame_end(&writer, &size) == ZL_OK)
                take_frame(state, buffer, size);
}

/* What does not come from the sources: states, and what was said while they were fetched. */
static void take_in_turn(void *context, const uint8_t *frame, size_t size)
{
        take_frame(context, frame, size);
}

static enum zl_err join(struct state *state)
{
        const struct zl_lane_settings *settings = state->settings;
        struct zl_join job = {.asker = &state->heal.asker,
                              .sources = state->sources,
                              .sources_count = settings->sources_count,
                              .config = &settings->config,
                              .wait_ms = settings->journal_wait_ms,
                              .stop = settings->stop,
                              .take = take_in_turn,
                              .context = state};
        struct zl_join_result result;

        if (!settings->journal)
                return ZL_OK;
        make_clock(state); /* the engine keeps this one, however wrong the journal's is */
        state->repair.patience_ms = JOURNAL_FIRST_MS;
        enum zl_err err = zl_heal_open(&state->heal, settings->bus, settings->journal,
                                       &settings->config);
        if (err == ZL_OK)
                err = zl_join(&job, &result);
        if (err != ZL_OK)
                return err;
        if (state->run.refused_parts)
                zl_say("engine %u: %llu states of the journal cannot be used: they are another "
                       "version's, or do not fit this worker's capacities",
                       settings->number, (unsigned long long)state->run.refused_parts);
        result.without += result.joined - (uint32_t)state->run.joined;
        result.joined = (uint32_t)state->run.joined;
        state->result->joined = result.joined;
        state->result->without = result.without;
        zl_say("engine %u: %u partitions begin where the journal stands, %u with nothing; %llu "
               "frames came meanwhile",
               settings->number, result.joined, result.without,
               (unsigned long long)result.buffered);
        return ZL_OK;
}

/* How much was done. */
static uint32_t do_work(struct state *state)
{
        uint32_t done = 0;

        make_clock(state);
        zl_heal_work(&state->heal, state->run.engine, zl_ticks_ns(), take_in_turn, state);
        state->result->restatements +=
                zl_repair_ask(&state->repair, state->run.engine, state->sources,
                              state->settings->sources_count, zl_ticks_ns());
        for (uint32_t i = 0; i < state->settings->sources_count; i++) {
                const uint8_t *frame;
                size_t size;
                for (uint32_t n = 0; n < FRAMES_A_TURN; n++, done++) {
                        if (zl_socket_receive(state->sources[i], &frame, &size) != ZL_OK)
                                break;
                        take_frame(state, frame, size);
                        zl_lag_hear(&state->lag, i, state->taken_ns);
                }
        }
        done += hear_mesh(state);
        for (uint32_t i = 0; i < state->settings->routes_count; i++)
                zl_queue_send(&state->queues[i], state->routers[i], zl_now_ns());
        return done;
}

/* ---- stopping ---- */

/* Tries until `end_ns` to send what is queued, then says what could not be sent. */
static void drain(struct state *state, uint64_t end_ns)
{
        for (uint32_t i = 0; i < state->settings->routes_count; i++) {
                struct zl_queue *queue = &state->queues[i];
                while (queue->count && zl_ticks_ns() < end_ns) {
                        zl_socket_wait_to_send(state->routers[i], 10);
                        zl_queue_send(queue, state->routers[i], zl_now_ns());
                }
                for (uint32_t j = 0; j < queue->count; j++) {
                        char key[ZL_KEY_TEXT_SIZE];
                        zl_key_format(&queue->entries[j].key, key);
                        zl_say("not sent: %s", key);
                }
                state->result->sent += queue->sent;
                state->result->expired += queue->expired;
                state->result->left += queue->count;
                state->result->dropped += queue->refused;
        }
}

static uint64_t count_unanswered(const struct zl_engine *engine)
{
        uint64_t count = 0;

        for (uint32_t row = 0; row < engine->pool_rows.fresh; row++) {
                const struct zl_pool *pool = &engine->pools[row];
                count += pool->account != ZL_NONE_AT && pool->phase == ZL_PHASE_PROPOSED;
        }
        return count;
}

static void close_all(struct state *state, uint64_t end_ns)
{
        uint64_t now_ns = zl_ticks_ns();
        int linger_ms = now_ns < end_ns ? (int)((end_ns - now_ns) / 1000000u) : 0;

        for (uint32_t i = 0; i < ZL_LANE_ENDPOINTS_MAX; i++) {
                zl_socket_close(state->sources[i], 0);
                zl_socket_close(state->routers[i], linger_ms);
                zl_queue_close(&state->queues[i]);
        }
        for (uint32_t i = 0; i <= ZL_LANE_PEERS_MAX; i++)
                zl_socket_close(state->mesh[i], 0);
        zl_heal_close(&state->heal);
        zl_socket_close(state->ledger, linger_ms);
        zl_socket_close(state->alerts, linger_ms);
        zl_lane_tape_close(&state->tape);
        state->result->failed |= state->tape.failed;
        zl_said_free(&state->said);
        zl_run_close(&state->run);
}

static void wait_for_input(struct state *state)
{
        struct zl_socket *sockets[ZL_LANE_ENDPOINTS_MAX + ZL_LANE_PEERS_MAX + 2];
        uint32_t count = 0;

        for (uint32_t i = 0; i < state->settings->sources_count; i++)
                sockets[count++] = state->sources[i];
        for (uint32_t i = 0; i <= state->settings->peers_count; i++)
                sockets[count++] = state->mesh[i];
        sockets[count++] = state->heal.asker.journal;
        zl_socket_wait(sockets, count, -1, CLOCK_MS);
}

void *zl_lane_run(void *argument)
{
        struct zl_lane *lane = argument;
        struct state *state = calloc(1, sizeof *state);
        enum zl_err err = ZL_ERR_SYSTEM;

        lane->result.failed = true;
        if (!state)
                return NULL;
        state->settings = &lane->settings;
        state->result = &lane->result;
        state->lag = (struct zl_lag){.shared = lane->settings.lags, .lane = lane->settings.number};
        if (zl_run_open(&state->run, &lane->settings.config) == ZL_OK &&
            zl_lane_tape_open(&state->tape, lane->settings.tape, &lane->settings.config,
                              lane->settings.state_ns) == ZL_OK)
                err = open_sockets(state);
        if (err == ZL_OK)
                err = join(state);
        if (err != ZL_OK)
                atomic_store(lane->settings.stop, true);
        else
                atomic_fetch_add(lane->settings.ready, 1);
        lane->result.failed = err != ZL_OK;
        while (!atomic_load(lane->settings.stop)) {
                if (do_work(state) > 0)
                        continue;
                /* a crash loses nothing that came before the last wait */
                zl_lane_tape_flush(&state->tape);
                wait_for_input(state);
        }
        uint64_t end_ns = zl_ticks_ns() + (uint64_t)lane->settings.linger_ms * 1000000u;
        if (err == ZL_OK) {
                drain(state, end_ns);
                lane->result.healed = state->heal.taken;
                lane->result.unanswered = count_unanswered(state->run.engine);
                lane->result.lag_ms_max = state->lag.ms_max;
                lane->result.lags = state->lag.times;
        }
        close_all(state, end_ns);
        free(state);
        return NULL;
}
