/* A state that does not fit is refused, and what was read of it is forgotten: the next is taken. */
#include "app/run.h"
#include "core/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <xxhash.h>

enum { PARTITIONS = 2 };

static struct {
        struct zl_run run;
        struct zl_message message;
        uint64_t seq[PARTITIONS], heard;
} world;

static void hear(void *context, const struct zl_output *output)
{
        (void)context;
        world.heard += output->type != ZL_TYPE_ALERT;
}

static void open_run(struct zl_run *run, uint32_t balances_max)
{
        struct zl_engine_config config = zl_run_config_default();

        config.partitions = PARTITIONS;
        config.owned[0] = (struct zl_partition_range){0, PARTITIONS - 1};
        config.owned_count = 1;
        config.balances_max = balances_max;
        assert_int_equal(zl_run_open(run, &config), ZL_OK);
}

static void say_account(struct zl_run *run, uint64_t account)
{
        uint32_t partition = zl_partition(account, PARTITIONS);
        struct zl_header header = {.topic = {ZL_TOPIC_ACCT, partition},
                                   .src = 9,
                                   .epoch = 1,
                                   .seq = ++world.seq[partition]};

        zl_message_init(&world.message, ZL_TYPE_ACCOUNT);
        world.message.account = (struct zl_msg_account){
                .account = account, .rev = 1, .full = true, .policy = 1, .balances_count = 1};
        world.message.account.balances[0] = (struct zl_row_balance){.asset = 1, .amount = 5};
        zl_run_message(run, &header, 0, &world.message, hear, NULL);
}

/* Of as many accounts in each partition. */
static void open_source(uint32_t few, uint32_t many)
{
        uint32_t left[PARTITIONS] = {few, many};

        open_run(&world.run, 1000);
        for (uint64_t account = 1; left[0] || left[1]; account++) {
                uint32_t partition = zl_partition(account, PARTITIONS);
                if (left[partition] == 0)
                        continue;
                left[partition]--;
                say_account(&world.run, account);
        }
}

/* The state of a partition in one part, with `spoilt` bytes less. */
static void give(struct zl_run *run, uint32_t partition, size_t spoilt)
{
        static uint8_t bytes[1 << 20];
        const struct zl_header header = {.topic = {ZL_TOPIC_SNAP, partition}, .src = 3};
        size_t size;

        assert_int_equal(zl_snapshot_save(world.run.engine, partition, bytes, sizeof bytes, &size),
                         ZL_OK);
        zl_message_init(&world.message, ZL_TYPE_SNAPSHOT_PART);
        struct zl_msg_snapshot_part *part = &world.message.snapshot_part;
        part->partition = partition;
        part->parts = 1;
        part->data = bytes;
        part->data_size = (uint32_t)(size - spoilt);
        part->digest = XXH3_64bits(bytes, size - spoilt);
        zl_run_message(run, &header, 0, &world.message, hear, NULL);
}

static uint32_t count_balances(const struct zl_run *run)
{
        return run->engine->balance_rows.used;
}

static void first_does_not_fit(void **unused)
{
        struct zl_run run;

        (void)unused;
        open_source(20, 20);
        open_run(&run, 10);
        give(&run, 0, 0);
        give(&run, 1, 0);
        assert_int_equal(run.refused_parts, 2);
        assert_int_equal(run.joined, 0);
        assert_int_equal(count_balances(&run), 0);
        zl_run_close(&run);
        zl_run_close(&world.run);
}

static void next_one_fits(void **unused)
{
        struct zl_run run;

        (void)unused;
        open_source(20, 5);
        open_run(&run, 10);
        give(&run, 0, 0);
        give(&run, 1, 0);
        assert_int_equal(run.refused_parts, 1);
        assert_int_equal(run.joined, 1);
        assert_int_equal(count_balances(&run), 5);
        zl_run_close(&run);
        zl_run_close(&world.run);
}

/* Nothing stays of the half that was read, and its stream was never heard. */
static void second_does_not_fit(void **unused)
{
        struct zl_run run;

        (void)unused;
        open_source(5, 20);
        open_run(&run, 10);
        give(&run, 0, 0);
        give(&run, 1, 0);
        assert_int_equal(run.refused_parts, 1);
        assert_int_equal(run.joined, 1);
        assert_int_equal(count_balances(&run), 5);
        zl_run_close(&run);
        zl_run_close(&world.run);
}

static void cut_short(void **unused)
{
        struct zl_run run;

        (void)unused;
        open_source(5, 20);
        open_run(&run, 100);
        for (uint32_t p = 0; p < PARTITIONS; p++) {
                give(&run, p, 7);
                assert_int_equal(run.refused_parts, p + 1);
                give(&run, p, 0);
                assert_int_equal(run.joined, p + 1);
        }
        assert_int_equal(count_balances(&run), 25);
        zl_run_close(&run);
        zl_run_close(&world.run);
}

/* ---- what all depend on ---- */

/* The state without how much was said, which is each engine's own. */
static size_t save_heard(struct zl_run *run, uint8_t *bytes, size_t capacity)
{
        size_t size, at = 12;
        uint32_t length;

        assert_int_equal(zl_snapshot_save(run->engine, 0, bytes, capacity, &size), ZL_OK);
        memcpy(&length, bytes + at, sizeof length);
        at += sizeof length + length + sizeof(uint32_t); /* the number of the partition */
        memcpy(&length, bytes + at, sizeof length);
        return at + sizeof length + length;
}

static void say_shared(struct zl_run *run, struct zl_topic topic, uint64_t seq)
{
        struct zl_header header = {.topic = topic, .src = 9, .epoch = 1, .seq = seq};

        zl_run_message(run, &header, 0, &world.message, hear, NULL);
}

static void say_instrument(struct zl_run *run, uint32_t instrument, uint64_t rev, int64_t mmr_ppb,
                           uint64_t seq)
{
        struct zl_msg_instrument *said = &world.message.instrument;

        zl_message_init(&world.message, ZL_TYPE_INSTRUMENT);
        said->instrument = instrument;
        said->settle = 1;
        said->price_scale = said->qty_scale = 2;
        said->tick = said->lot = 1;
        said->tiers_count = 1;
        said->tiers[0] = (struct zl_row_tier){.absent = (uint64_t)1 << ZL_AT_tier_upto |
                                                        (uint64_t)1 << ZL_AT_tier_imr |
                                                        (uint64_t)1 << ZL_AT_tier_deduct,
                                              .mmr = mmr_ppb};
        said->rev = rev;
        say_shared(run, (struct zl_topic){ZL_TOPIC_CTRL, 0}, seq);
}

static void say_mark(struct zl_run *run, uint32_t instrument, int64_t price, uint64_t seq)
{
        zl_message_init(&world.message, ZL_TYPE_MARK);
        world.message.mark.instrument = instrument;
        world.message.mark.price = world.message.mark.bid = world.message.mark.ask = price;
        say_shared(run, (struct zl_topic){ZL_TOPIC_MARK, instrument}, seq);
}

/* An asset, a contract whose table changes, another contract, a policy; prices before and behind.
 */
static void say_market(struct zl_run *run, bool all)
{
        zl_message_init(&world.message, ZL_TYPE_ASSET);
        world.message.asset.asset = 1;
        world.message.asset.scale = 6;
        world.message.asset.numeraire = true;
        say_shared(run, (struct zl_topic){ZL_TOPIC_CTRL, 0}, 1);
        say_instrument(run, 7, 1, 5000000, 2);
        say_mark(run, 7, 6000000, 1);
        if (all) {
                say_instrument(run, 7, 2, 9000000, 3);
                say_instrument(run, 8, 1, 5000000, 4);
        }
        zl_message_init(&world.message, ZL_TYPE_POLICY);
        world.message.policy.policy = 3;
        say_shared(run, (struct zl_topic){ZL_TOPIC_CTRL, 0}, 5);
        say_mark(run, 7, 6100000, 2);
}

/* One that missed a part of it knows as much as one that did not, and no account has moved. */
static void control_is_filled(void **unused)
{
        static uint8_t whole[1 << 20], filled[1 << 20];
        uint64_t before[PARTITIONS], behind[PARTITIONS];
        struct zl_run run;

        (void)unused;
        open_run(&world.run, 100);
        say_market(&world.run, true);
        memcpy(before, world.seq, sizeof before);
        say_account(&world.run, 2);
        memcpy(behind, world.seq, sizeof behind);
        open_run(&run, 100);
        say_market(&run, false);
        memcpy(world.seq, before, sizeof before);
        say_account(&run, 2);
        say_account(&run, 3); /* which the other has not heard of yet */
        assert_int_equal(run.engine->ctrl_holes, 1);
        give(&run, 0, 0);
        assert_int_equal(run.engine->ctrl_holes, 0);
        assert_int_equal(count_balances(&run), 2);
        memcpy(world.seq, behind, sizeof behind);
        say_account(&world.run, 3);
        size_t size = save_heard(&world.run, whole, sizeof whole);
        assert_int_equal(save_heard(&run, filled, sizeof filled), size);
        assert_memory_equal(whole, filled, size);
        zl_run_close(&run);
        zl_run_close(&world.run);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(first_does_not_fit),
                cmocka_unit_test(next_one_fits),
                cmocka_unit_test(second_does_not_fit),
                cmocka_unit_test(cut_short),
                cmocka_unit_test(control_is_filled),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
