/* codec/feeder.c: every topic counts for itself; beats tell of what moved, then of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <zeroline/feeder.h>

enum { TOPICS = 600 };

static struct {
        struct zl_header header; /* of the last frame */
        struct zl_message message;
        uint32_t frames, rows;
        uint64_t seqs[TOPICS]; /* as told by beats */
        bool refuse;
} heard;

static bool hear(void *context, const void *frame, size_t size)
{
        struct zl_frame_reader reader;

        (void)context;
        assert_int_equal(zl_frame_check(frame, size, &heard.message, &reader), ZL_OK);
        heard.header = reader.header;
        heard.frames++;
        for (uint32_t i = 0;
             heard.message.type == ZL_TYPE_BEAT && i < heard.message.beat.topics_count; i++) {
                const struct zl_row_moved *row = &heard.message.beat.topics[i];
                struct zl_topic topic;
                assert_true(zl_topic_parse(row->topic, strlen(row->topic), &topic));
                assert_int_equal(row->epoch, 9);
                assert_true(topic.kind == ZL_TOPIC_MARK && topic.id < TOPICS);
                heard.seqs[topic.id] = row->seq;
                heard.rows++;
        }
        return !heard.refuse;
}

static void say(struct zl_feeder *feeder, uint32_t instrument)
{
        struct zl_message message;

        zl_message_init(&message, ZL_TYPE_MARK);
        message.mark.instrument = instrument;
        assert_int_equal(zl_feeder_say(feeder, (struct zl_topic){ZL_TOPIC_MARK, instrument}, 5,
                                       ZL_TYPE_MARK, &message.mark),
                         !heard.refuse);
}

static void test_sequences(void **state)
{
        struct zl_feeder *feeder = zl_feeder_new(3, 9, hear, NULL);

        (void)state;
        assert_non_null(feeder);
        for (uint64_t round = 1; round < 4; round++) {
                for (uint32_t i = 0; i < TOPICS; i++) {
                        say(feeder, i);
                        assert_int_equal(heard.header.seq, round);
                        assert_int_equal(heard.header.src, 3);
                        assert_int_equal(heard.header.epoch, 9);
                        assert_int_equal(heard.header.ts_ns, 5);
                }
        }
        heard.refuse = true; /* its number is used up: who listens finds the hole */
        say(feeder, 1);
        heard.refuse = false;
        say(feeder, 1);
        assert_int_equal(heard.header.seq, 5);
        assert_true(zl_feeder_synced(feeder, (struct zl_topic){ZL_TOPIC_MARK, 1}, 6));
        assert_true(heard.message.type == ZL_TYPE_SYNCED && heard.header.seq == 6);
        zl_feeder_free(feeder);
}

static void test_beats(void **state)
{
        struct zl_feeder *feeder = zl_feeder_new(3, 9, hear, NULL);

        (void)state;
        memset(&heard, 0, sizeof heard);
        for (uint32_t i = 0; i < TOPICS; i++)
                say(feeder, i);
        heard.frames = 0;
        assert_true(zl_feeder_beat(feeder, 7));
        assert_true(heard.header.topic.kind == ZL_TOPIC_BEAT && heard.header.topic.id == 3);
        assert_int_equal(heard.rows, TOPICS);
        assert_int_equal(heard.frames, TOPICS / 256 + 1);
        for (uint32_t i = 0; i < TOPICS; i++)
                assert_int_equal(heard.seqs[i], 1);
        say(feeder, 77);
        heard.rows = 0;
        assert_true(zl_feeder_beat(feeder, 8));
        assert_true(heard.rows == 256 && heard.seqs[77] == 2);
        memset(heard.seqs, 0, sizeof heard.seqs); /* a beat was lost: others make up for it */
        for (uint32_t i = 0; i < TOPICS / 256 + 1; i++)
                assert_true(zl_feeder_beat(feeder, 9));
        for (uint32_t i = 0; i < TOPICS; i++)
                assert_int_equal(heard.seqs[i], i == 77 ? 2 : 1);
        zl_feeder_free(feeder);
}

static void test_subscriptions(void **state)
{
        const struct zl_topic topic = {ZL_TOPIC_ACCT, 0x1f};
        char prefix[ZL_TOPIC_SIZE + 1];

        (void)state;
        assert_true(zl_feeder_wanted("\1", 1, prefix));
        assert_true(zl_feeder_is_wanted(topic, prefix));
        assert_true(zl_feeder_wanted("\1\xad", 2, prefix) && !strcmp(prefix, ""));
        assert_true(zl_feeder_wanted("\1\xad" "acct.", 7, prefix) && !strcmp(prefix, "acct."));
        assert_true(zl_feeder_is_wanted(topic, prefix));
        assert_true(zl_feeder_wanted("\1\xad" "acct.0000001f", 15, prefix));
        assert_true(zl_feeder_is_wanted(topic, prefix));
        assert_false(zl_feeder_is_wanted((struct zl_topic){ZL_TOPIC_ACCT, 0x1e}, prefix));
        assert_false(zl_feeder_wanted("\0\xad" "acct.", 7, prefix));
        assert_false(zl_feeder_wanted("\1\xad" "acct.0000001f0", 16, prefix));
        assert_false(zl_feeder_wanted("", 0, prefix));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sequences),
                cmocka_unit_test(test_beats),
                cmocka_unit_test(test_subscriptions),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
