/* heard.h and recall.h of the router: streams drawn at random, against a list; rounds, by the
 * clock. */
#include "../unit/unit.h"

#include "app/router/heard.h"
#include "app/router/recall.h"
#include "core/assert.h"

enum { MS = 1000000, SOURCES = 3, IDS = 3, STREAMS = SOURCES * IDS };

static void test_streams(void **state)
{
        struct {
                bool heard;
                uint64_t epoch, seq;
        } twin[STREAMS] = {{false, 0, 0}}, *stream;
        struct zl_heard heard;

        (void)state;
        zl_heard_open(&heard);
        for (uint32_t round = 0; round < 100000; round++) {
                uint32_t src = (uint32_t)(random_u64() % SOURCES);
                uint32_t id = (uint32_t)(random_u64() % IDS);
                struct zl_header header = {.topic = {ZL_TOPIC_ACCT, id}, .src = 7 * src};
                uint64_t newest = 0, next;
                bool anew, known = false;

                for (uint32_t i = src * IDS; i < (src + 1) * IDS; i++) {
                        known |= twin[i].heard;
                        newest = twin[i].epoch > newest ? twin[i].epoch : newest;
                }
                stream = &twin[src * IDS + id];
                next = stream->seq + 1;
                header.epoch = stream->epoch + (random_u64() % 50 == 0) -
                               (stream->epoch && random_u64() % 50 == 0);
                if (!stream->heard)
                        header.epoch = 1 + random_u64() % 3;
                header.seq = 1 + random_u64() % (next + 1);
                assert_int_equal(zl_heard_epoch(&heard, header.src, header.topic), stream->epoch);
                enum zl_heard_as as = zl_heard_take(&heard, &header, &anew), want = ZL_HEARD_NEXT;
                if (header.epoch < stream->epoch)
                        want = ZL_HEARD_OVER;
                else if (stream->heard && header.epoch > stream->epoch)
                        want = ZL_HEARD_HOLE;
                else if (stream->heard && header.seq < next)
                        want = ZL_HEARD_OLD;
                else if (stream->heard && header.seq > next)
                        want = ZL_HEARD_HOLE;
                assert_int_equal(as, want);
                assert_int_equal(anew, known && header.epoch > newest);
                if (as == ZL_HEARD_NEXT || as == ZL_HEARD_HOLE) {
                        stream->heard = true;
                        stream->epoch = header.epoch;
                        stream->seq = header.seq;
                }
        }
        assert_true(zl_heard_says(&heard, 7, ZL_TOPIC_ACCT));
        assert_false(zl_heard_says(&heard, 7, ZL_TOPIC_EXEC));
        assert_false(zl_heard_says(&heard, 8, ZL_TOPIC_ACCT));
        zl_heard_close(&heard);
}

static void test_beats(void **state)
{
        struct zl_header header = {.topic = {ZL_TOPIC_EXEC, 5}, .src = 9, .epoch = 2, .seq = 3};
        struct zl_topic other = {ZL_TOPIC_EXEC, 6};
        struct zl_heard heard;
        bool anew;

        (void)state;
        zl_heard_open(&heard);
        assert_int_equal(zl_heard_take(&heard, &header, &anew), ZL_HEARD_NEXT);
        assert_false(zl_heard_beat(&heard, 9, other, 2, 50)); /* nobody listened */
        assert_false(zl_heard_beat(&heard, 9, header.topic, 2, 3));
        assert_false(zl_heard_beat(&heard, 9, header.topic, 1, 50));
        assert_true(zl_heard_beat(&heard, 9, header.topic, 2, 5));
        assert_false(zl_heard_beat(&heard, 9, header.topic, 2, 5)); /* told once */
        header.seq = 6;
        assert_int_equal(zl_heard_take(&heard, &header, &anew), ZL_HEARD_NEXT);
        assert_true(zl_heard_beat(&heard, 9, header.topic, 3, 1));
        zl_heard_close(&heard);
}

/* How many are sent at this moment. */
static uint32_t send_all(struct zl_recall *recall, uint64_t now_ms)
{
        uint32_t partition, count = 0;

        while (zl_recall_next(recall, now_ms * MS, &partition)) {
                assert_false(zl_recall_is_settled(recall, partition));
                zl_recall_sent(recall, now_ms * MS);
                count++;
        }
        return count;
}

static bool settle(struct zl_recall *recall, uint32_t partition)
{
        assert_false(zl_recall_hear(recall, (struct zl_topic){ZL_TOPIC_ACCT, partition}));
        assert_false(zl_recall_is_settled(recall, partition));
        return zl_recall_hear(recall, (struct zl_topic){ZL_TOPIC_EXEC, partition});
}

static void test_rounds(void **state)
{
        static const uint64_t spans[] = {250, 500, 1000, 2000, 4000, 8000, 8000, 8000};
        char text[ZL_RECALL_TEXT_SIZE];
        struct zl_recall recall;
        uint64_t now_ms = 1000;

        (void)state;
        zl_recall_open(&recall);
        assert_false(zl_recall_hear(&recall, (struct zl_topic){ZL_TOPIC_EXEC, 1}));
        for (uint32_t i = 0; i < 3; i++)
                assert_true(zl_recall_meet(&recall, 10 * i));
        assert_false(zl_recall_meet(&recall, 10));
        assert_int_equal(send_all(&recall, now_ms), 3);
        assert_true(settle(&recall, 10));
        assert_false(zl_recall_hear(&recall, (struct zl_topic){ZL_TOPIC_EXEC, 10}));
        for (uint32_t i = 0; i < ZL_COUNT(spans); i++) {
                assert_int_equal(send_all(&recall, now_ms + spans[i] - 1), 0);
                now_ms += spans[i];
                assert_int_equal(send_all(&recall, now_ms), 2); /* one is settled */
        }
        assert_true(zl_recall_meet(&recall, 7)); /* is not waited with */
        assert_int_equal(send_all(&recall, ++now_ms), 1);
        assert_true(settle(&recall, 0) && settle(&recall, 7) && settle(&recall, 20));
        assert_int_equal(send_all(&recall, now_ms + 100000), 0);
        assert_false(zl_recall_complaint(&recall, 0, text));
        zl_recall_begin(&recall);
        assert_int_equal(send_all(&recall, now_ms), 4);
        assert_int_equal(send_all(&recall, now_ms + 250), 4);
        zl_recall_close(&recall);
}

static void test_complaints(void **state)
{
        char text[ZL_RECALL_TEXT_SIZE];
        struct zl_recall recall;

        (void)state;
        zl_recall_open(&recall);
        zl_recall_meet(&recall, 3);
        zl_recall_meet(&recall, 4);
        uint64_t now_ms = 1;
        assert_false(zl_recall_complaint(&recall, now_ms * MS, text));
        for (uint64_t span_ms = 1000; span_ms <= 64000; span_ms *= 2) {
                assert_false(zl_recall_complaint(&recall, (now_ms + span_ms - 1) * MS, text));
                now_ms += span_ms;
                assert_true(zl_recall_complaint(&recall, now_ms * MS, text));
                assert_non_null(strstr(text, "2 of 2 partitions: the venue has not taken the "
                                             "recall of 2,"));
        }
        send_all(&recall, 1);
        assert_true(settle(&recall, 3) && settle(&recall, 4));
        assert_true(zl_recall_complaint(&recall, now_ms * MS, text));
        assert_non_null(strstr(text, "all 2 partitions are recalled"));
        assert_false(zl_recall_complaint(&recall, now_ms * MS, text));
        zl_recall_close(&recall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_streams),
                cmocka_unit_test(test_beats),
                cmocka_unit_test(test_rounds),
                cmocka_unit_test(test_complaints),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
