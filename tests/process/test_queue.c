/* app/worker/queue.h, on a pair of real sockets, against a list that is sorted when it is asked. */
#include "../unit/unit.h"

#include "app/worker/queue.h"
#include "core/assert.h"

enum { NOW = 1000 };

struct pair {
        struct zl_bus *bus;
        struct zl_socket *push, *pull;
        struct zl_queue queue;
};

static int open_pair(void **state)
{
        static struct pair pair;

        assert_int_equal(zl_bus_open(&zl_bus_default, &pair.bus), ZL_OK);
        assert_int_equal(zl_socket_open(pair.bus, ZL_SOCKET_PULL, "inproc://queue", &pair.pull),
                         ZL_OK);
        assert_int_equal(zl_socket_open(pair.bus, ZL_SOCKET_PUSH, "inproc://queue", &pair.push),
                         ZL_OK);
        assert_true(zl_queue_open(&pair.queue));
        *state = &pair;
        return 0;
}

static int close_pair(void **state)
{
        struct pair *pair = *state;

        zl_queue_close(&pair->queue);
        zl_socket_close(pair->push, 0);
        zl_socket_close(pair->pull, 0);
        zl_bus_close(pair->bus);
        return 0;
}

/* A decision of account `number`; a shortfall of 0 stands for a cancel. */
static void put(struct pair *pair, uint64_t number, int64_t shortfall, uint64_t expires_ns,
                uint32_t word)
{
        struct zl_proposal proposal = {.key = {.account = number, .pool = {.cross = true}},
                                       .closes = shortfall != 0,
                                       .shortfall = shortfall};

        zl_queue_put(&pair->queue, &proposal, expires_ns, (const uint8_t *)&word, sizeof word,
                     NOW);
}

/* What arrives, one word a frame; the queue must then be empty. */
static uint32_t receive(struct pair *pair, uint32_t *words, uint32_t most)
{
        uint32_t count = 0;

        do {
                const uint8_t *data;
                size_t size;
                zl_queue_send(&pair->queue, pair->push, NOW);
                while (zl_socket_receive(pair->pull, &data, &size) == ZL_OK) {
                        assert_true(count < most && size == sizeof *words);
                        memcpy(&words[count++], data, size);
                }
        } while (pair->queue.count);
        assert_int_equal(pair->queue.bytes, 0);
        return count;
}

static void test_one_entry_a_key(void **state)
{
        struct pair *pair = *state;
        uint32_t words[8];

        put(pair, 1, 10, 0, 11);
        put(pair, 2, 10, 0, 22);
        put(pair, 1, 10, 0, 33); /* keeps its turn */
        assert_int_equal(receive(pair, words, 8), 2);
        assert_int_equal(words[0], 33);
        assert_int_equal(words[1], 22);
}

static void test_order_and_expiry(void **state)
{
        struct pair *pair = *state;
        uint32_t words[8];

        put(pair, 1, 5, NOW, 1);
        put(pair, 2, 7, NOW + 1, 2);
        put(pair, 3, 0, 0, 3);
        put(pair, 4, 7, NOW - 1, 4); /* over */
        put(pair, 5, 7, 0, 5);
        put(pair, 6, -2, 0, 6);
        assert_int_equal(receive(pair, words, 8), 5);
        assert_int_equal(words[0], 3);
        assert_int_equal(words[1], 2);
        assert_int_equal(words[2], 5);
        assert_int_equal(words[3], 1);
        assert_int_equal(words[4], 6);
        assert_int_equal(pair->queue.expired, 1);
}

static void test_full_of_entries(void **state)
{
        struct pair *pair = *state;
        static uint32_t words[ZL_QUEUE_MAX];

        for (uint32_t i = 0; i < ZL_QUEUE_MAX; i++)
                put(pair, i, 10 + i, i % 2048 ? 0 : NOW - 1, i);
        put(pair, 9000, 1, 0, 9000); /* what has expired makes room */
        assert_int_equal(pair->queue.expired, 2);
        put(pair, 9001, 5, 0, 9001);
        assert_int_equal(pair->queue.refused, 0);
        put(pair, 9002, 1, 0, 9002); /* no more urgent than anything */
        assert_int_equal(pair->queue.refused, 1);
        put(pair, 9003, 6, 0, 9003); /* in the place of 9000 */
        assert_int_equal(pair->queue.refused, 2);
        assert_int_equal(receive(pair, words, ZL_QUEUE_MAX), ZL_QUEUE_MAX);
        assert_int_equal(words[0], ZL_QUEUE_MAX - 1);
        assert_int_equal(words[ZL_QUEUE_MAX - 2], 9003);
        assert_int_equal(words[ZL_QUEUE_MAX - 1], 9001);
}

static void test_full_of_bytes(void **state)
{
        struct pair *pair = *state;
        uint8_t *frame = calloc(1, ZL_FRAME_SIZE_MAX);

        for (uint32_t i = 1; i <= 40; i++) {
                struct zl_proposal proposal = {
                        .key.account = i, .closes = true, .shortfall = i};
                zl_queue_put(&pair->queue, &proposal, 0, frame, ZL_FRAME_SIZE_MAX, NOW);
                assert_true(pair->queue.bytes <= ZL_QUEUE_BYTES_MAX);
        }
        assert_int_equal(pair->queue.count, 16);
        assert_int_equal(pair->queue.refused, 24);
        assert_int_equal(pair->queue.entries[0].key.account, 40);
        free(frame);
}

struct model {
        uint64_t account, number;
        int64_t urgency;
        uint32_t word;
};

static int compare(const void *a_, const void *b_)
{
        const struct model *a = a_, *b = b_;

        if (a->urgency != b->urgency)
                return a->urgency > b->urgency ? -1 : 1;
        return a->number < b->number ? -1 : 1;
}

static void test_random(void **state)
{
        struct pair *pair = *state;
        static struct model model[300];
        static uint32_t words[300];

        for (uint32_t round = 0; round < 200; round++) {
                uint32_t puts = random_u64() % 300, count = 0;
                for (uint32_t i = 0; i < puts; i++) {
                        uint64_t account = random_u64() % 200, at = 0;
                        int64_t shortfall = (int64_t)(random_u64() % 20);
                        uint32_t word = (uint32_t)random_u64();
                        while (at < count && model[at].account != account)
                                at++;
                        if (at == count)
                                model[count++].number = i;
                        model[at].account = account;
                        model[at].urgency = shortfall ? shortfall : INT64_MAX;
                        model[at].word = word;
                        put(pair, account, shortfall, 0, word);
                }
                qsort(model, count, sizeof *model, compare);
                assert_int_equal(receive(pair, words, 300), count);
                for (uint32_t i = 0; i < count; i++)
                        assert_int_equal(words[i], model[i].word);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_one_entry_a_key, open_pair, close_pair),
                cmocka_unit_test_setup_teardown(test_order_and_expiry, open_pair, close_pair),
                cmocka_unit_test_setup_teardown(test_full_of_entries, open_pair, close_pair),
                cmocka_unit_test_setup_teardown(test_full_of_bytes, open_pair, close_pair),
                cmocka_unit_test_setup_teardown(test_random, open_pair, close_pair),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
