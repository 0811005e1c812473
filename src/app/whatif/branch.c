#include "app/whatif/branch.h"

#include "app/proposal.h"
#include "app/risk/report.h"
#include "app/say.h"

#include <stdlib.h>
#include <string.h>

enum {
        HEAD_SIZE = 4096,
        ROUNDS_MOST = 1 << 24, /* decisions, plans and settlements that one frame may cause */
};

void zl_branch_fail(struct zl_branch *branch, const char *why)
{
        if (!branch->failed)
                zl_say("%s: %s", branch->changes->name, why);
        branch->failed = true;
}

/* ---- the branch's tape ---- */

static void record(struct zl_branch *branch, enum zl_record_kind kind, const void *frame,
                   size_t size)
{
        if (branch->tape && zl_tape_append(branch->tape, kind, frame, size) != ZL_OK)
                zl_branch_fail(branch, "its tape cannot be written");
}

/* What was said since the frame that was read stands behind it. */
static void record_said(struct zl_branch *branch)
{
        const struct zl_said_item *item;

        for (size_t i = 0; (item = zl_said_item(&branch->heard, i)) != NULL; i++)
                record(branch, item->kind, zl_said_frame(&branch->heard, item), item->size);
        if (branch->heard.failed)
                zl_branch_fail(branch, "out of memory");
        zl_said_clear(&branch->heard);
}

static bool open_tape(struct zl_branch *branch, const char *path)
{
        const struct zl_header header = {.topic = {ZL_TOPIC_TAPE, 0},
                                         .src = branch->survey->config.src,
                                         .epoch = branch->survey->config.epoch,
                                         .seq = 1};
        struct zl_msg_tape *head = &branch->message->tape;
        struct zl_frame_writer writer;
        uint8_t buffer[HEAD_SIZE];
        size_t size;

        if (!path)
                return true;
        if (zl_tape_create(path, &branch->tape) != ZL_OK) {
                zl_say_errno("cannot make the tape %s", path);
                return false;
        }
        zl_run_describe(&branch->survey->config, head);
        zl_frame_begin(&writer, buffer, sizeof buffer, &header);
        zl_frame_add_as(&writer, ZL_TYPE_TAPE, head);
        if (zl_frame_end(&writer, &size) == ZL_OK)
                record(branch, ZL_RECORD_INTERNAL, buffer, size);
        return !branch->failed;
}

/* ---- saying and hearing ---- */

static void hear(void *context, const struct zl_output *output)
{
        struct zl_branch *branch = context;
        const struct zl_msg_alert *alert = output->object;

        if (branch->tape)
                zl_said_hear(&branch->heard, output);
        if (output->header.topic.kind == ZL_TOPIC_ORDR)
                zl_said_hear(&branch->orders, output);
        else if (output->header.topic.kind == ZL_TOPIC_PLAN)
                zl_said_hear(&branch->plans, output);
        else if (output->type == ZL_TYPE_ALERT)
                branch->variant->totals.refused += alert->kind == ZL_ALERT_KIND_REFUSED;
        else
                zl_branch_hear_need(branch, output);
}

static uint64_t next_seq(struct zl_branch *branch, struct zl_topic topic)
{
        uint64_t *seq = zl_table_row(&branch->sequences, (uint64_t)topic.kind << 32 | topic.id);

        if (!seq) {
                zl_branch_fail(branch, "out of memory");
                return 1;
        }
        return ++*seq;
}

void zl_branch_say(struct zl_branch *branch, struct zl_topic topic, enum zl_type type,
                   const void *objects, uint32_t count)
{
        const struct zl_header header = {.topic = topic,
                                         .src = branch->survey->src,
                                         .epoch = 1,
                                         .seq = next_seq(branch, topic),
                                         .ts_ns = branch->now_ns};
        size_t object_size = zl_message_size(type), size;
        struct zl_frame_writer writer;

        zl_frame_begin(&writer, branch->encoded, ZL_FRAME_SIZE_MAX, &header);
        for (uint32_t i = 0; i < count; i++) {
                const void *object = (const uint8_t *)objects + i * object_size;
                branch->message->type = type;
                if (object != &branch->message->cluster)
                        memcpy(&branch->message->cluster, object, object_size);
                if (branch->tape)
                        zl_frame_add(&writer, branch->message);
                zl_run_message(&branch->run, &header, i, branch->message, hear, branch);
        }
        if (branch->tape && zl_frame_end(&writer, &size) == ZL_OK)
                record(branch, ZL_RECORD_IN, branch->encoded, size);
        record_said(branch);
}

static void state_account(struct zl_branch *branch, struct zl_house_account *account,
                          uint64_t commit)
{
        uint32_t partition = zl_partition(account->id, branch->books.partitions);
        struct zl_msg_account *said = &branch->message->account;

        zl_holdings_say(&account->own, account->id, said);
        said->commit = commit;
        account->touched = false;
        zl_branch_say(branch, (struct zl_topic){ZL_TOPIC_ACCT, partition}, ZL_TYPE_ACCOUNT, said,
                      1);
}

static void state_fund(struct zl_branch *branch, struct zl_house_fund *fund, uint64_t commit)
{
        struct zl_msg_fund said = {.fund = fund->id,
                                   .asset = fund->asset,
                                   .balance = fund->balance,
                                   .peak = fund->peak > fund->balance ? fund->peak
                                                                      : fund->balance,
                                   .rev = fund->rev,
                                   .plan = fund->plan,
                                   .commit = commit};

        fund->peak = said.peak;
        fund->touched = false;
        zl_meter_fund(&branch->meter, fund);
        zl_branch_say(branch, (struct zl_topic){ZL_TOPIC_FUND, fund->id}, ZL_TYPE_FUND, &said, 1);
}

void zl_branch_state(struct zl_branch *branch, uint64_t commit)
{
        struct zl_house *books = &branch->books;
        struct zl_house_fund *funds = books->funds.rows;

        for (uint32_t i = 0; i < books->touched_count; i++)
                state_account(branch, books->touched[i], commit);
        books->touched_count = 0;
        for (uint32_t i = 0; i < books->funds.map.count; i++) {
                if (funds[i].touched)
                        state_fund(branch, &funds[i], commit);
        }
        if (books->failed || branch->meter.failed)
                zl_branch_fail(branch, "out of memory");
}

/* ---- carrying out ---- */

/* The next frame of a queue, copied: what is carried out may add to it. */
static size_t take_next(struct zl_branch *branch, struct zl_said *queue, size_t *at)
{
        const struct zl_said_item *item = zl_said_item(queue, *at);

        if (queue->failed)
                zl_branch_fail(branch, "out of memory");
        if (!item || item->size > ZL_FRAME_SIZE_MAX)
                return 0;
        size_t size = item->size;
        memcpy(branch->frame, zl_said_frame(queue, item), size);
        if (++*at == queue->count) {
                zl_said_clear(queue);
                *at = 0;
        }
        return size;
}

/* Orders first, so that one plan finds all that they left; funds' own revisions last, since a plan
 * is for the revision at which it was said. */
static void carry_out(struct zl_branch *branch)
{
        size_t size;

        for (uint32_t i = 0; !branch->failed; i++) {
                if (i == ROUNDS_MOST)
                        zl_branch_fail(branch, "what one frame caused comes to no end");
                if ((size = take_next(branch, &branch->orders, &branch->orders_at)) > 0)
                        zl_branch_decide(branch, branch->frame, size);
                else if ((size = take_next(branch, &branch->plans, &branch->plans_at)) > 0)
                        zl_branch_plan(branch, branch->frame, size);
                else if (!zl_branch_settle_funds(branch))
                        return;
        }
}

/* ---- what the tape says ---- */

/* Beats tell of the tape's accounts, funds and answers, which are not heard here. */
static void filter_beat(struct zl_msg_beat *beat)
{
        uint32_t kept = 0;
        struct zl_topic topic;

        for (uint32_t i = 0; i < beat->topics_count; i++) {
                const char *text = beat->topics[i].topic;
                if (zl_topic_parse(text, strlen(text), &topic) &&
                    (topic.kind == ZL_TOPIC_CTRL || topic.kind == ZL_TOPIC_MARK ||
                     topic.kind == ZL_TOPIC_RATE))
                        beat->topics[kept++] = beat->topics[i];
        }
        beat->topics_count = kept;
}

static void take_mark(struct zl_branch *branch, struct zl_msg_mark *mark)
{
        const struct zl_house_market *market = zl_house_market(&branch->books, mark->instrument);
        int64_t recorded = mark->price;

        zl_changes_apply_mark(branch->changes, market, branch->begun, mark);
        zl_house_learn_mark(&branch->books, mark, recorded);
        market = zl_house_market(&branch->books, mark->instrument);
        if (market && market->has_mark)
                zl_meter_mark(&branch->meter, mark->instrument, market->mark.price);
}

/* Changes the message as the variant does, and learns from it. */
static void change(struct zl_branch *branch, struct zl_message *message)
{
        switch (message->type) {
        case ZL_TYPE_CLUSTER:
        case ZL_TYPE_ASSET:
        case ZL_TYPE_INSTRUMENT:
        case ZL_TYPE_POLICY:
                zl_changes_apply(branch->changes, branch->survey->scales, message,
                                 branch->scratch);
                if (message->type == ZL_TYPE_ASSET)
                        zl_house_learn_asset(&branch->books, &message->asset);
                else if (message->type == ZL_TYPE_INSTRUMENT)
                        zl_house_learn_instrument(&branch->books, &message->instrument);
                break;
        case ZL_TYPE_RATE:
                zl_changes_apply_rate(branch->changes, branch->begun, &message->rate);
                zl_house_learn_rate(&branch->books, &message->rate);
                break;
        case ZL_TYPE_MARK:
                take_mark(branch, &message->mark);
                break;
        case ZL_TYPE_BEAT:
                filter_beat(&message->beat);
                break;
        default:
                break;
        }
}

static void forward(struct zl_branch *branch, struct zl_frame_reader *reader)
{
        struct zl_message *message = branch->run.message;
        struct zl_frame_writer writer;
        size_t size;

        zl_frame_begin(&writer, branch->encoded, ZL_FRAME_SIZE_MAX, &reader->header);
        for (uint32_t place = 0; zl_frame_next(reader, message) == ZL_OK; place++) {
                change(branch, message);
                branch->messages++;
                if (branch->tape)
                        zl_frame_add(&writer, message);
                zl_run_message(&branch->run, &reader->header, place, message, hear, branch);
        }
        if (branch->tape && zl_frame_end(&writer, &size) == ZL_OK)
                record(branch, ZL_RECORD_IN, branch->encoded, size);
        record_said(branch);
}

static void take_ledger(struct zl_branch *branch, struct zl_frame_reader *reader)
{
        struct zl_message *message = branch->run.message;

        while (zl_frame_next(reader, message) == ZL_OK) {
                branch->messages++;
                if (message->type == ZL_TYPE_ACCOUNT)
                        zl_branch_take_account(branch, &message->account);
                else if (message->type == ZL_TYPE_FUND)
                        zl_branch_take_fund(branch, &message->fund);
        }
}

/* A shock that has begun goes on. */
static void move_on(struct zl_branch *branch, uint64_t number, const struct zl_header *header)
{
        struct zl_place place = zl_place_of(&branch->time, number, branch->messages, header);

        for (uint32_t i = 0; i < branch->changes->shocks_count; i++) {
                if (!branch->begun[i])
                        branch->begun[i] = branch->froms[i].kind == ZL_POINT_NONE ||
                                           zl_point_reached(&branch->froms[i], &place);
        }
        branch->now_ns = place.time_ns;
}

void zl_branch_take(struct zl_branch *branch, uint64_t number, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;

        if (branch->failed || zl_frame_open(&reader, frame, size) != ZL_OK)
                return;
        move_on(branch, number, &reader.header);
        zl_meter_time(&branch->meter, branch->now_ns, branch->messages);
        switch (reader.header.topic.kind) {
        case ZL_TOPIC_CTRL:
        case ZL_TOPIC_RATE:
        case ZL_TOPIC_MARK:
        case ZL_TOPIC_TIME:
        case ZL_TOPIC_BEAT:
                forward(branch, &reader);
                break;
        case ZL_TOPIC_ACCT:
        case ZL_TOPIC_FUND:
                take_ledger(branch, &reader);
                break;
        default: /* answers to other decisions, and what workers say to each other */
                while (zl_frame_next(&reader, branch->run.message) == ZL_OK)
                        branch->messages++;
        }
        carry_out(branch);
}

/* ---- from the beginning to the end ---- */

/* Policy 1 exists before any message; where it is changed, and not on the tape, it is said. */
static void say_standard_policy(struct zl_branch *branch)
{
        const struct zl_message *known;
        struct zl_message *message = branch->message;

        for (uint32_t i = 0; (known = zl_survey_known(branch->survey, i)) != NULL; i++) {
                if (known->type == ZL_TYPE_POLICY && known->policy.policy == 1)
                        return;
        }
        zl_message_init(message, ZL_TYPE_POLICY);
        message->policy.policy = 1;
        if (zl_changes_apply(branch->changes, branch->survey->scales, message, branch->scratch))
                zl_branch_say(branch, (struct zl_topic){ZL_TOPIC_CTRL, 0}, ZL_TYPE_POLICY,
                              &message->policy, 1);
}

/* P as the variant has it. */
static struct zl_engine_config config_of(struct zl_branch *branch)
{
        struct zl_engine_config config = branch->survey->config;
        struct zl_message *message = branch->message;

        zl_message_init(message, ZL_TYPE_CLUSTER);
        message->cluster.partitions = config.partitions;
        zl_changes_apply(branch->changes, branch->survey->scales, message, branch->scratch);
        config.partitions = message->cluster.partitions;
        config.owned[0].last = config.partitions - 1;
        config.home = config.home < config.partitions ? config.home : 0;
        branch->books.partitions = config.partitions;
        return config;
}

bool zl_branch_open(struct zl_branch *branch, const struct zl_survey *survey,
                    const struct zl_changes *changes, struct zl_whatif_variant *variant,
                    const char *tape)
{
        *branch = (struct zl_branch){
                .survey = survey,
                .changes = changes,
                .variant = variant,
                .sequences = {.row_size = sizeof(uint64_t)},
                .needed = {.row_size = sizeof(int64_t)},
                .message = malloc(sizeof *branch->message),
                .scratch = malloc(sizeof *branch->scratch),
                .execs = malloc(ZL_PROPOSAL_ORDERS_MAX * sizeof *branch->execs),
                .frame = malloc(ZL_FRAME_SIZE_MAX),
                .encoded = malloc(ZL_FRAME_SIZE_MAX),
        };
        for (uint32_t i = 0; i < changes->shocks_count; i++)
                branch->froms[i] = changes->shocks[i].from;
        zl_house_open(&branch->books);
        if (!branch->message || !branch->scratch || !branch->execs || !branch->frame ||
            !branch->encoded ||
            !zl_meter_open(&branch->meter, survey, &branch->books, variant)) {
                zl_branch_fail(branch, "out of memory");
                return false;
        }
        struct zl_engine_config config = config_of(branch);
        if (zl_run_open(&branch->run, &config) != ZL_OK || !open_tape(branch, tape))
                return false;
        say_standard_policy(branch);
        return !branch->failed;
}

/* What bankrupt pools lack. */
static void count_uncovered(struct zl_branch *branch)
{
        const struct zl_engine *engine = branch->run.engine;
        struct zl_subject *subject = malloc(sizeof *subject);

        for (uint32_t row = 0; subject && row < engine->pool_rows.fresh; row++) {
                if (engine->pools[row].account == ZL_NONE_AT)
                        continue;
                zl_report_look(engine, row, subject);
                if (!subject->has)
                        continue;
                struct zl_pool_figures figures = zl_pool_figures(subject);
                if (figures.state == ZL_POOL_BANKRUPT)
                        branch->variant->totals.uncovered -= figures.left;
        }
        if (!subject)
                zl_branch_fail(branch, "out of memory");
        free(subject);
}

void zl_branch_finish(struct zl_branch *branch)
{
        if (branch->failed)
                return;
        count_uncovered(branch);
        zl_meter_finish(&branch->meter);
        enum zl_err err = zl_tape_close(branch->tape);
        branch->tape = NULL;
        if (err != ZL_OK)
                zl_branch_fail(branch, "its tape cannot be written");
}

void zl_branch_close(struct zl_branch *branch)
{
        if (branch->tape && zl_tape_close(branch->tape) != ZL_OK)
                zl_say_errno("%s: its tape is not whole", branch->changes->name);
        zl_run_close(&branch->run);
        zl_meter_close(&branch->meter);
        zl_house_close(&branch->books);
        zl_said_free(&branch->orders);
        zl_said_free(&branch->plans);
        zl_said_free(&branch->heard);
        zl_table_free(&branch->sequences);
        zl_table_free(&branch->needed);
        zl_holdings_free(&branch->next);
        free(branch->message);
        free(branch->scratch);
        free(branch->execs);
        free(branch->frame);
        free(branch->encoded);
}
