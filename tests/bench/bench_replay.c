/* bench_replay [MARKS_MILLIONS] - a replay's rate, beside that of reading and decoding its tape.
 *
 * The tape: accounts of one to three cross positions in frames of a hundred, then marks in frames
 * of fifty that move within every pool's safe band, and between them the accounts again. One JSON
 * line a scenario; the rates are messages a second of processor time, the best of several runs. No
 * test: a figure to look at. */
#include "app/replay/replay.h"
#include "tape/tape.h"

#include <zeroline/frame.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
        INSTRUMENTS = 20,
        PARTITIONS = 16,
        ACCOUNTS_A_FRAME = 100,
        MARKS_A_FRAME = 50,
        RUNS = 3,
};

struct maker {
        struct zl_tape_writer *tape;
        struct zl_frame_writer writer;
        uint8_t buffer[ZL_FRAME_SIZE_MAX];
        uint64_t seqs[ZL_TOPIC_KINDS][PARTITIONS > INSTRUMENTS ? PARTITIONS : INSTRUMENTS + 1];
        struct zl_message message;
        uint64_t random;
};

static void must(bool good, const char *what)
{
        if (good)
                return;
        fprintf(stderr, "bench_replay: %s\n", what);
        exit(1);
}

static uint64_t draw(struct maker *maker, uint64_t below)
{
        maker->random = zl_mix64(maker->random + 0x9e3779b97f4a7c15u);
        return maker->random % below;
}

static void begin(struct maker *maker, enum zl_topic_kind kind, uint32_t id)
{
        struct zl_header header = {.topic = {kind, id}, .src = 1, .epoch = 1,
                                   .seq = ++maker->seqs[kind][id], .ts_ns = 1};

        zl_frame_begin(&maker->writer, maker->buffer, sizeof maker->buffer, &header);
}

static void end(struct maker *maker)
{
        size_t size;

        must(zl_frame_end(&maker->writer, &size) == ZL_OK &&
                     zl_tape_append(maker->tape, ZL_RECORD_IN, maker->buffer, size) == ZL_OK,
             "cannot write the tape");
}

static struct zl_message *fresh(struct maker *maker, enum zl_type type)
{
        zl_message_init(&maker->message, type);
        return &maker->message;
}

static void define(struct maker *maker)
{
        struct zl_message *message;

        begin(maker, ZL_TOPIC_CTRL, 0);
        message = fresh(maker, ZL_TYPE_CLUSTER);
        message->cluster.partitions = PARTITIONS;
        zl_frame_add(&maker->writer, message);
        message = fresh(maker, ZL_TYPE_ASSET);
        message->asset.asset = 1;
        strcpy(message->asset.symbol, "USDT");
        message->asset.scale = 6;
        message->asset.numeraire = true;
        zl_frame_add(&maker->writer, message);
        for (uint32_t i = 1; i <= INSTRUMENTS; i++) {
                message = fresh(maker, ZL_TYPE_INSTRUMENT);
                struct zl_msg_instrument *said = &message->instrument;
                said->instrument = i;
                snprintf(said->symbol, sizeof said->symbol, "C%u", i);
                said->settle = 1;
                said->price_scale = 2;
                said->qty_scale = 3;
                said->tick = said->lot = 1;
                said->tiers_count = 1;
                said->tiers[0] = (struct zl_row_tier){.absent = 1u << ZL_AT_tier_upto |
                                                                1u << ZL_AT_tier_deduct |
                                                                1u << ZL_AT_tier_imr,
                                                      .mmr = 5000000};
                zl_frame_add(&maker->writer, message);
        }
        end(maker);
}

/* One in five has another balance than before; the others are merely restated. */
static void add_account(struct maker *maker, uint64_t id, uint64_t rev)
{
        struct zl_message *message = fresh(maker, ZL_TYPE_ACCOUNT);
        int64_t deposit = (int64_t)((id + rev) / 5 * 100);
        struct zl_msg_account *said = &message->account;

        said->account = id;
        said->rev = rev;
        said->cross_rev = 1; /* deposits move no base */
        said->absent &= ~((uint64_t)1 << ZL_AT_account_cross_rev);
        said->full = true;
        said->balances_count = 1;
        said->balances[0] = (struct zl_row_balance){.asset = 1, .amount = 5000000000 + deposit};
        said->positions_count = 1 + (uint32_t)(id % 3);
        for (uint32_t i = 0; i < said->positions_count; i++)
                said->positions[i] = (struct zl_row_position){
                        .absent = 1u << ZL_AT_position_cost | 1u << ZL_AT_position_margin |
                                  1u << ZL_AT_position_funding,
                        .instrument = 1 + (uint32_t)((id + 7 * i) % INSTRUMENTS),
                        .qty = id % 2 ? 100 : -100,
                        .entry = 1000000,
                        .rev = 1};
        zl_frame_add(&maker->writer, message);
}

/* All accounts of one partition after the other, so that frames are batches. */
static void state_accounts(struct maker *maker, uint64_t accounts, uint64_t rev)
{
        for (uint32_t partition = 0; partition < PARTITIONS; partition++) {
                uint32_t count = 0;
                for (uint64_t id = 1; id <= accounts; id++) {
                        if (zl_partition(id, PARTITIONS) != partition)
                                continue;
                        if (count++ % ACCOUNTS_A_FRAME == 0) {
                                if (count > 1)
                                        end(maker);
                                begin(maker, ZL_TOPIC_ACCT, partition);
                        }
                        add_account(maker, id, rev);
                }
                if (count)
                        end(maker);
        }
}

static void say_marks(struct maker *maker, uint64_t frames)
{
        for (uint64_t n = 0; n < frames; n++) {
                uint32_t instrument = 1 + (uint32_t)draw(maker, INSTRUMENTS);
                begin(maker, ZL_TOPIC_MARK, instrument);
                for (int i = 0; i < MARKS_A_FRAME; i++) {
                        struct zl_message *message = fresh(maker, ZL_TYPE_MARK);
                        message->mark.instrument = instrument;
                        message->mark.price = 1000000 + (int64_t)draw(maker, 2000);
                        message->mark.absent = 1u << ZL_AT_mark_index | 1u << ZL_AT_mark_bid |
                                               1u << ZL_AT_mark_ask | 1u << ZL_AT_mark_depth |
                                               1u << ZL_AT_mark_funding;
                        zl_frame_add(&maker->writer, message);
                }
                end(maker);
        }
}

static void make(const char *path, uint64_t marks, uint64_t accounts, uint64_t restatements)
{
        static struct maker maker = {.random = 1010};
        uint64_t frames = marks / MARKS_A_FRAME;

        memset(maker.seqs, 0, sizeof maker.seqs);
        must(zl_tape_create(path, &maker.tape) == ZL_OK, "cannot make the tape");
        define(&maker);
        say_marks(&maker, 50);
        for (uint64_t i = 0; i < restatements; i++) {
                state_accounts(&maker, accounts, 1 + i);
                say_marks(&maker, frames / restatements);
        }
        must(zl_tape_close(maker.tape) == ZL_OK, "cannot write the tape");
}

static double seconds(void)
{
        struct timespec now;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double read_rate(const char *path)
{
        static struct zl_message message;
        struct zl_tape_reader *tape;
        struct zl_tape_record record;
        struct zl_frame_reader reader;
        uint64_t messages = 0;
        double begun = seconds();

        must(zl_tape_open(path, &tape) == ZL_OK, "cannot read the tape");
        while (zl_tape_next(tape, &record) == ZL_OK) {
                must(zl_frame_open(&reader, record.frame, record.frame_size) == ZL_OK, "no frame");
                while (zl_frame_next(&reader, &message) == ZL_OK)
                        messages++;
                zl_tape_forget(tape);
        }
        zl_tape_shut(tape);
        return (double)messages / (seconds() - begun);
}

static double replay_rate(const char *path, uint32_t threads)
{
        struct zl_replay replay = {.path = path, .threads = threads};
        struct zl_replay_result result;
        double begun = seconds();

        must(zl_replay(&replay, &result) == ZL_OK, "the replay failed");
        must(result.outputs < result.messages / 1000, "the bands are not quiet");
        return (double)result.messages / (seconds() - begun);
}

static void measure(const char *scenario, const char *path, uint32_t threads)
{
        double baseline = 0, value = 0;

        for (int i = 0; i < RUNS; i++) {
                double rate = read_rate(path);
                baseline = rate > baseline ? rate : baseline;
                rate = replay_rate(path, threads);
                value = rate > value ? rate : value;
        }
        printf("{\"scenario\":\"%s\",\"value\":%.0f,\"unit\":\"messages/s\","
               "\"baseline\":\"read and decode\",\"baseline_value\":%.0f,\"ratio\":%.3f,"
               "\"target\":0.5,\"meets\":%s}\n",
               scenario, value, baseline, value / baseline,
               value >= 0.5 * baseline ? "true" : "false");
        fflush(stdout);
}

int main(int argc, char **argv)
{
        uint64_t millions = argc > 1 ? strtoull(argv[1], NULL, 10) : 4;
        char path[] = "/tmp/zl-bench-XXXXXX";
        static const struct {
                const char *name;
                uint64_t accounts, restatements, marks_part; /* of the marks: one in so many */
        } scenarios[] = {
                {"replay marks, 20000 accounts", 20000, 1, 1},
                {"replay marks and accounts, half and half", 20000, 50, 4},
                {"replay accounts", 20000, 50, 100},
        };

        must(mkdtemp(path) != NULL, "cannot make a folder");
        for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
                char tape[64];
                snprintf(tape, sizeof tape, "%s/%zu.tape", path, i);
                make(tape, millions * 1000000 / scenarios[i].marks_part, scenarios[i].accounts,
                     scenarios[i].restatements);
                measure(scenarios[i].name, tape, 1);
                unlink(tape);
        }
        rmdir(path);
        return 0;
}
