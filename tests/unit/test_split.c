/* codec/split.h: frames one behind the other fall apart where they were joined. */
#include "random_message.h"

#include "codec/split.h"

#include <zeroline/frame.h>

enum { FRAMES = 300 };

static struct zl_message message;
static uint8_t buffer[FRAMES * 40000];

static size_t write_frame(uint8_t *at)
{
        const struct zl_record *record;
        struct zl_frame_writer writer;
        size_t size;

        do
                record = zl_schema_message((enum zl_type)(random_u64() % ZL_TYPE_LIMIT));
        while (!record);
        struct zl_header header = {.topic.kind = record->topic, .seq = random_u64()};
        if (record->topic == ZL_TOPIC_ANY)
                header.topic.kind = ZL_TOPIC_CTRL;
        zl_frame_begin(&writer, at, 40000, &header);
        for (uint64_t i = random_u64() % 3; i < 3; i++) {
                random_message(&message, record->type, 8);
                zl_frame_add(&writer, &message);
        }
        assert_int_equal(zl_frame_end(&writer, &size), ZL_OK);
        return size;
}

static void test_joined(void **state)
{
        size_t sizes[FRAMES], size = 0, offset = 0;

        (void)state;
        for (int i = 0; i < FRAMES; i++) {
                sizes[i] = write_frame(buffer + size);
                size += sizes[i];
        }
        for (int i = 0; i < FRAMES; i++) {
                assert_int_equal(zl_frame_split(buffer + offset, size - offset), sizes[i]);
                offset += sizes[i];
        }
}

/* A text in any width begins a frame; other values do not, nor does a text inside an array. */
static void test_texts(void **state)
{
        (void)state;
        assert_int_equal(zl_frame_split((const uint8_t *)"\xa1x\x90\xa1y", 5), 3);
        assert_int_equal(zl_frame_split((const uint8_t *)"\xa1x\x90\xd9\x01y", 6), 3);
        assert_int_equal(zl_frame_split((const uint8_t *)"\xa1x\x90\xda\0\x01y", 7), 3);
        assert_int_equal(zl_frame_split((const uint8_t *)"\xa1x\x90\xdb\0\0\0\x01y", 9), 3);
        assert_int_equal(zl_frame_split((const uint8_t *)"\xa1x\x91\xa1y\x05", 6), 6);
        assert_int_equal(zl_frame_split((const uint8_t *)"\x05", 1), 1);
}

/* A form of every kind, with its size; then a text begins the next frame. */
static void test_forms(void **state)
{
        static const struct { const char *bytes; size_t size; } forms[] = {
                {"\x05", 1}, {"\xff", 1}, {"\xc0", 1}, {"\xc3", 1}, {"\xc4\x02xx", 4},
                {"\xc5\0\x01x", 4}, {"\xc6\0\0\0\x01x", 6}, {"\xc7\x01\x05x", 4},
                {"\xc8\0\x01\x05x", 5}, {"\xc9\0\0\0\x01\x05x", 7}, {"\xca____", 5},
                {"\xcb________", 9}, {"\xcc_", 2}, {"\xcd__", 3}, {"\xce____", 5},
                {"\xcf________", 9}, {"\xd0_", 2}, {"\xd1__", 3}, {"\xd2____", 5},
                {"\xd3________", 9}, {"\xd4\x05_", 3}, {"\xd5\x05__", 4}, {"\xd6\x05____", 6},
                {"\xd7\x05________", 10}, {"\xd8\x05________________", 18},
                {"\x91\xa1x", 3}, {"\x90", 1}, {"\x81\xa1x\xa1y", 5}, {"\x80", 1},
                {"\xdc\0\x02\xa1x\xd9\x01x", 8}, {"\xdd\0\0\0\x01\xda\0\x01x", 9},
                {"\xde\0\x01\xa1x\xdb\0\0\0\x01x", 11}, {"\xdf\0\0\0\x01\xa1x\xc0", 8},
                {"\x92\x92\xa1x\xa1x\xa1x", 8},
        };

        (void)state;
        for (size_t i = 0; i < ZL_COUNT(forms); i++) {
                size_t size = 2 + forms[i].size;
                uint8_t *bytes = malloc(size + 1);
                memcpy(bytes, "\xa1x", 2);
                memcpy(bytes + 2, forms[i].bytes, forms[i].size);
                bytes[size] = 0xa0;
                assert_int_equal(zl_frame_split(bytes, size + 1), size);
                for (size_t cut = 3; cut < size; cut++) /* the end cannot be told: all of it */
                        assert_int_equal(zl_frame_split(bytes, cut), cut);
                free(bytes);
        }
}

/* Any bytes: an answer from 1 to the size, in time that does not grow with what they announce. */
static void test_any_bytes(void **state)
{
        (void)state;
        for (int i = 0; i < 200000; i++) {
                size_t size = 1 + random_u64() % 60;
                uint8_t *bytes = malloc(size);
                for (size_t j = 0; j < size; j++)
                        bytes[j] = random_u64() & 1 ? (uint8_t)(0xc0 | random_u64() % 32)
                                                    : (uint8_t)random_u64();
                size_t first = zl_frame_split(bytes, size);
                assert_true(first >= 1 && first <= size);
                free(bytes);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_joined),
                cmocka_unit_test(test_texts),
                cmocka_unit_test(test_forms),
                cmocka_unit_test(test_any_bytes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
