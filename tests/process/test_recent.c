/* What is asked for is what came last, whichever stream it is of and however the rings turned. */
#include "app/journal/recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STREAMS = 5, CAPACITY = 4096, FRAMES = 20000, FRAME_MAX = 700 };

static uint64_t state = 88172645463325252;

static uint64_t random_u64(void)
{
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state;
}

/* Every frame that ever came, and when it came: the newest are there. */
static struct {
        uint64_t epoch, seq;
        uint32_t stream, size;
        uint8_t first;
} all[FRAMES];

static uint32_t count_there(const struct zl_recent *recent, uint32_t upto, uint32_t stream,
                            uint64_t epoch, uint64_t first)
{
        uint64_t number = zl_recent_find(recent, stream, epoch, first);
        uint32_t there = 0, at = 0;
        const struct zl_recent_entry *entry;

        for (; (entry = zl_recent_entry(recent, number)) && entry->epoch == epoch;
             number = entry->next, there++) {
                while (at < upto && (all[at].stream != stream || all[at].epoch != epoch ||
                                     all[at].seq != entry->seq))
                        at++;
                assert_true(at < upto && entry->seq >= first);
                assert_int_equal(entry->size, all[at].size);
                assert_int_equal(zl_recent_frame(recent, entry)[0], all[at].first);
                assert_int_equal(zl_recent_frame(recent, entry)[entry->size - 1], all[at].first);
        }
        return there;
}

/* Of those that are still there, all are found: they are the newest of all streams together. */
static uint32_t count_expected(const struct zl_recent *recent, uint32_t upto, uint32_t stream,
                               uint64_t epoch, uint64_t first)
{
        uint32_t expected = 0, kept = (uint32_t)(recent->last - recent->first + 1);

        for (uint32_t i = upto - kept; i < upto; i++)
                expected += all[i].stream == stream && all[i].epoch == epoch &&
                            all[i].seq >= first;
        return expected;
}

static void newest_are_there(void **unused)
{
        uint64_t seq[STREAMS] = {0}, epoch[STREAMS] = {0};
        static uint8_t frame[FRAME_MAX];
        struct zl_recent recent;

        (void)unused;
        assert_int_equal(zl_recent_open(&recent, CAPACITY, STREAMS), ZL_OK);
        for (uint32_t i = 0; i < FRAMES; i++) {
                uint32_t stream = (uint32_t)(random_u64() % STREAMS);
                uint32_t size = 1 + (uint32_t)(random_u64() % FRAME_MAX);
                if (random_u64() % 50 == 0) {
                        epoch[stream]++;
                        seq[stream] = 0;
                }
                seq[stream] += 1 + (random_u64() % 10 == 0);
                memset(frame, (int)(i % 251), size);
                all[i].epoch = epoch[stream];
                all[i].seq = seq[stream];
                all[i].stream = stream;
                all[i].size = size;
                all[i].first = (uint8_t)(i % 251);
                zl_recent_put(&recent, stream, epoch[stream], seq[stream], frame, size);
                zl_recent_put(&recent, stream, epoch[stream], seq[stream], frame, 1); /* again */
                if (i % 17)
                        continue;
                uint64_t back = random_u64() % 20;
                uint64_t first = seq[stream] > back ? seq[stream] - back : 0;
                assert_int_equal(count_there(&recent, i + 1, stream, epoch[stream], first),
                                 count_expected(&recent, i + 1, stream, epoch[stream], first));
        }
        assert_true(recent.last - recent.first > 5);
        zl_recent_close(&recent);
}

static void nothing_is_kept(void **unused)
{
        struct zl_recent recent;

        (void)unused;
        assert_int_equal(zl_recent_open(&recent, 0, STREAMS), ZL_OK);
        zl_recent_put(&recent, 1, 1, 1, "x", 1);
        assert_int_equal(zl_recent_find(&recent, 1, 1, 1), 0);
        zl_recent_close(&recent);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(newest_are_there),
                cmocka_unit_test(nothing_is_kept),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
