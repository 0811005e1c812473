#include "app/router/route.h"

#include "app/clock.h"
#include "app/exit.h"
#include "app/say.h"

#include <string.h>
#include <unistd.h>

enum {
        VENUE_WAIT_MS = 200, /* for room in the queue to the venue, before a decision is rejected */
        BAD_FRAMES_SAID = 5,
        LOOK_MS = 100, /* at least so often at what time alone makes due */
        HURRY_MS = 5,  /* while recalls wait for room, or answers for their time */
};

void zl_router_init(struct zl_router *router)
{
        zl_heard_open(&router->heard);
        zl_recall_open(&router->recall);
        zl_book_open(&router->book);
}

void zl_router_fini(struct zl_router *router)
{
        zl_book_close(&router->book);
        zl_recall_close(&router->recall);
        zl_heard_close(&router->heard);
        zl_act_close(&router->act);
}

static void complain_bad(struct zl_router *router, const char *fault,
                         const struct zl_frame_reader *reader)
{
        char why[200];

        if (router->bad_frames++ >= BAD_FRAMES_SAID)
                return;
        if (reader->defect)
                zl_say("a frame does not decode: %s", zl_frame_error(reader, why, sizeof why));
        else
                zl_say("a frame is no decision: %s", fault);
}

/* ---- decisions ---- */

static void answer(struct zl_router *router, uint32_t partition, const struct zl_verdict *verdict)
{
        zl_publish_begin(&router->publisher, (struct zl_topic){ZL_TOPIC_EXEC, partition});
        if (!verdict->admitted)
                zl_publish_add(&router->publisher, ZL_TYPE_EXEC, &verdict->answer);
        for (uint32_t i = 0; i < verdict->orders_count; i++)
                zl_publish_add(&router->publisher, ZL_TYPE_EXEC, &verdict->orders[i]);
        if (verdict->over)
                zl_publish_add(&router->publisher, ZL_TYPE_EXEC, &verdict->end);
        zl_publish_end(&router->publisher);
}

/* What has been admitted goes to the venue under this router's own header, and to whoever watches.
 * False: not to the venue. */
static bool hand_on(struct zl_router *router, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;
        bool room = !router->venue || zl_socket_wait_to_send(router->venue, VENUE_WAIT_MS);

        if (zl_frame_open(&reader, frame, size) != ZL_OK)
                return false;
        zl_publish_begin(&router->publisher, reader.header.topic);
        zl_publish_add_bytes(&router->publisher, frame + reader.offset, size - reader.offset);
        bool sent = zl_publish_end_to(&router->publisher, room ? router->venue : NULL);
        return sent || !router->venue;
}

static void take_exec(struct zl_router *router, uint32_t partition, struct zl_msg_exec *exec)
{
        zl_book_executed(&router->book, exec);
        zl_publish(&router->publisher, (struct zl_topic){ZL_TOPIC_EXEC, partition}, ZL_TYPE_EXEC,
                   exec);
}

/* Nothing of it reached the venue: every order is final, and changed nothing. */
static void reject(struct zl_router *router, const struct zl_proposal *proposal)
{
        struct zl_msg_exec exec = {.status = ZL_EXEC_STATUS_REJECTED, .final = true};
        struct zl_key id = proposal->key;

        exec.absent = (uint64_t)1 << ZL_AT_exec_price;
        id.has_place = true;
        for (id.place = 0; id.place < proposal->orders_count; id.place++) {
                zl_key_format(&id, exec.order);
                take_exec(router, proposal->topic.id, &exec);
        }
}

/* Its own venue takes the decision. False: out of memory. */
static bool act_on(struct zl_router *router, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;
        enum zl_err err = zl_frame_open(&reader, frame, size);

        while (err == ZL_OK && (err = zl_frame_next(&reader, router->message)) == ZL_OK) {
                if (!zl_act_order(&router->act, reader.header.topic.id, router->message,
                                  zl_ticks_ns()))
                        return false;
        }
        return true;
}

static void admit(struct zl_router *router, const uint8_t *frame, size_t size,
                  const struct zl_proposal *proposal, const struct zl_verdict *verdict)
{
        bool sent = hand_on(router, frame, size);

        router->admitted++;
        answer(router, proposal->topic.id, verdict);
        zl_act_decide(&router->act);
        if (sent && router->act.turns)
                sent = act_on(router, frame, size);
        if (!sent) {
                router->unsent++;
                reject(router, proposal);
        }
        enum zl_act_fault fault = zl_act_fault(&router->act);
        if (fault == ZL_ACT_DIE) {
                zl_say("dies, as it was told, after %llu decisions",
                       (unsigned long long)router->act.decisions);
                _exit(ZL_EXIT_FAILED);
        }
        if (fault == ZL_ACT_FORGET)
                router->doubt = "it was told to";
}

void zl_router_decide(struct zl_router *router, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;
        struct zl_proposal proposal;
        struct zl_verdict verdict;
        const char *fault = zl_proposal_read(frame, size, router->message, &proposal, &reader);

        if (!fault) {
                zl_book_judge(&router->book, &proposal, zl_now_ns(), &verdict);
                if (verdict.foreign)
                        fault = "its topic is not its account's partition";
        }
        if (fault) {
                complain_bad(router, fault, &reader);
        } else if (verdict.admitted) {
                admit(router, frame, size, &proposal, &verdict);
        } else {
                answer(router, proposal.topic.id, &verdict);
                router->refused++;
        }
}

/* ---- recalls ---- */

static void settle(struct zl_router *router, uint32_t partition)
{
        zl_book_resume(&router->book, partition);
}

static void begin_partition(struct zl_router *router, uint32_t partition)
{
        if (!zl_recall_meet(&router->recall, partition))
                return;
        zl_book_forget(&router->book, partition);
        if (router->no_recall)
                settle(router, partition);
}

/* The same as a restart: a new run, which knows of no key. */
static enum zl_err forget(struct zl_router *router)
{
        uint32_t count = router->recall.partitions.map.count;
        enum zl_err err = zl_publisher_restart(&router->publisher);

        zl_say("forgets all keys, since %s", router->doubt);
        router->doubt = NULL;
        router->forgot++;
        zl_act_recall(&router->act);
        zl_recall_begin(&router->recall);
        for (uint32_t i = 0; i < count; i++) {
                zl_book_forget(&router->book, zl_recall_partition(&router->recall, i));
                if (router->no_recall)
                        settle(router, zl_recall_partition(&router->recall, i));
        }
        return err;
}

static void take_recall(struct zl_router *router, struct zl_topic topic,
                        const struct zl_msg_recall *said)
{
        if (said->router != router->publisher.src)
                return;
        if (said->run > router->publisher.epoch)
                router->later_run = said->run;
        else if (said->run == router->publisher.epoch && zl_recall_hear(&router->recall, topic))
                settle(router, topic.id);
}

/* Its own venue passes them on at once: what it held has ended. */
static bool send_recall(struct zl_router *router, uint32_t partition)
{
        struct zl_msg_recall recall = {.router = router->publisher.src,
                                       .run = router->publisher.epoch};
        struct zl_topic exec = {ZL_TOPIC_EXEC, partition};

        if (router->venue && !zl_socket_wait_to_send(router->venue, 0))
                return false;
        zl_publish_begin(&router->publisher, (struct zl_topic){ZL_TOPIC_ORDR, partition});
        zl_publish_add(&router->publisher, ZL_TYPE_RECALL, &recall);
        if (!zl_publish_end_to(&router->publisher, router->venue) && router->venue)
                return false;
        if (!router->venue) {
                zl_publish(&router->publisher, exec, ZL_TYPE_RECALL, &recall);
                take_recall(router, exec, &recall);
        }
        return true;
}

static void send_recalls(struct zl_router *router)
{
        uint64_t now_ns = zl_ticks_ns();
        char text[ZL_RECALL_TEXT_SIZE];
        uint32_t partition;

        if (router->no_recall)
                return;
        while (zl_recall_next(&router->recall, now_ns, &partition) &&
               send_recall(router, partition))
                zl_recall_sent(&router->recall, now_ns);
        if (zl_recall_complaint(&router->recall, now_ns, text))
                zl_say("%s", text);
}

/* ---- the ledger and the venue ---- */

/* Who publishes the accounts is asked to state them again. */
static void ask_again(struct zl_router *router, struct zl_topic topic)
{
        uint8_t prefix[ZL_TOPIC_PREFIX_SIZE];

        zl_topic_prefix(topic, prefix);
        for (uint32_t i = 0; i < router->sources_count; i++)
                zl_socket_subscribe_again(router->sources[i], prefix, sizeof prefix);
}

/* Frames of this topic before `seq` were missed. An epoch begins with a restatement. */
static void lose(struct zl_router *router, struct zl_topic topic, uint64_t seq)
{
        if (topic.kind == ZL_TOPIC_ACCT) {
                zl_book_lose(&router->book, topic.id);
                if (seq > 1)
                        ask_again(router, topic);
        } else if (topic.kind == ZL_TOPIC_EXEC &&
                   zl_recall_is_settled(&router->recall, topic.id)) {
                router->doubt = "answers of the venue were missed";
        }
}

static void take_beat(struct zl_router *router, uint32_t src, const struct zl_msg_beat *beat)
{
        for (uint32_t i = 0; i < beat->topics_count; i++) {
                const struct zl_row_moved *row = &beat->topics[i];
                struct zl_topic topic;
                if (zl_topic_parse(row->topic, strlen(row->topic), &topic) &&
                    zl_heard_beat(&router->heard, src, topic, row->epoch, row->seq))
                        lose(router, topic, row->seq + 1);
        }
}

static void complain_old(struct zl_router *router, const struct zl_header *header)
{
        char topic[ZL_TOPIC_SIZE + 1];

        if (router->old_frames++ >= BAD_FRAMES_SAID)
                return;
        zl_topic_format(header->topic, topic);
        zl_say("a frame is passed over: it was there before, or its epoch is over (src %u, topic "
               "%s, epoch %llu, seq %llu)",
               header->src, topic, (unsigned long long)header->epoch,
               (unsigned long long)header->seq);
}

/* False: the frame is no news. */
static bool is_news(struct zl_router *router, const struct zl_header *header)
{
        bool anew;
        enum zl_heard_as as = zl_heard_take(&router->heard, header, &anew);

        if (as == ZL_HEARD_OLD || as == ZL_HEARD_OVER) {
                complain_old(router, header);
                return false;
        }
        if (header->topic.kind == ZL_TOPIC_ACCT)
                begin_partition(router, header->topic.id);
        if (as == ZL_HEARD_HOLE)
                lose(router, header->topic, header->seq);
        if (anew && !router->no_recall &&
            zl_heard_says(&router->heard, header->src, ZL_TOPIC_EXEC))
                router->doubt = "the venue has begun anew";
        return true;
}

void zl_router_hear(struct zl_router *router, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;
        struct zl_message *message = router->message;

        if (zl_frame_check(frame, size, message, &reader) != ZL_OK) {
                complain_bad(router, "", &reader);
                return;
        }
        struct zl_topic topic = reader.header.topic;
        if (!is_news(router, &reader.header))
                return;
        enum zl_err err = zl_frame_open(&reader, frame, size);
        while (err == ZL_OK && (err = zl_frame_next(&reader, message)) == ZL_OK) {
                if (message->type == ZL_TYPE_ACCOUNT)
                        zl_book_learn(&router->book, topic.id, &message->account);
                else if (message->type == ZL_TYPE_EXEC)
                        take_exec(router, topic.id, &message->exec);
                else if (message->type == ZL_TYPE_RECALL)
                        take_recall(router, topic, &message->recall);
                else if (message->type == ZL_TYPE_BEAT)
                        take_beat(router, reader.header.src, &message->beat);
        }
}

/* ---- what is due ---- */

static void act_out(struct zl_router *router)
{
        struct zl_act_answer answer;

        while (zl_act_next(&router->act, zl_ticks_ns(), &answer))
                take_exec(router, answer.partition, &answer.exec);
}

/* An order is lost when a connection breaks, or its answer is: its pool would be busy for ever. */
static void look_for_lost(struct zl_router *router)
{
        uint64_t now_ns = zl_now_ns();
        const char *order = NULL;

        if (router->venue && !router->no_recall && router->patience_ns &&
            now_ns > router->patience_ns)
                order = zl_book_overdue(&router->book, now_ns - router->patience_ns);
        if (!order)
                return;
        zl_say("no final answer to %s for more than %llu s", order,
               (unsigned long long)(router->patience_ns / 1000000000));
        router->doubt = "an order has not been answered";
}

/* Who is not sure of what the venue holds must not go on: it forgets, and asks. */
enum zl_err zl_router_look_after(struct zl_router *router)
{
        if (!router->doubt)
                look_for_lost(router);
        enum zl_err err = router->doubt ? forget(router) : ZL_OK;
        act_out(router);
        send_recalls(router);
        if (router->later_run <= router->publisher.epoch)
                return err;
        zl_say("another router of source %u has a later run (%llu) than this one (%llu), which "
               "ends: stop one of them; if there is one only, the clock went back",
               router->publisher.src, (unsigned long long)router->later_run,
               (unsigned long long)router->publisher.epoch);
        return ZL_ERR_SYSTEM;
}

int zl_router_span_ms(const struct zl_router *router)
{
        bool recalls = !router->no_recall && zl_recall_waits(&router->recall);

        if (router->doubt)
                return 0;
        return recalls || router->act.answers_count ? HURRY_MS : LOOK_MS;
}
