/* zeroline/frame.h: frames written and read, refused with words, and never a byte too far. */
#include "random_message.h"

#include <zeroline/frame.h>

enum { CANARY = 0x5a };

static struct zl_message sent, got;
static uint8_t buffer[ZL_FRAME_SIZE_MAX + 64];

static const struct zl_header mark_header = {
        .topic = {ZL_TOPIC_MARK, 42}, .src = 1, .epoch = 2, .seq = 3, .ts_ns = 4};
/* A mark of instrument 42 at 5, the rest left out. */
static const uint8_t mark_frame[] = "\xad" "mark.0000002a" "\x95\x01\x01\x02\x03\x04"
                                    "\x98\x05\x2a\x05\xc0\xc0\xc0\x00\x00";
enum { MARK_SIZE = sizeof mark_frame - 1 };

static struct zl_header header_for(enum zl_type type)
{
        struct zl_header header = mark_header;

        header.topic.kind = zl_schema_message(type)->topic;
        if (header.topic.kind == ZL_TOPIC_ANY)
                header.topic.kind = ZL_TOPIC_FUND;
        return header;
}

static void test_known_bytes(void **state)
{
        struct zl_frame_writer writer;
        struct zl_frame_reader reader;
        size_t size;

        (void)state;
        zl_message_init(&sent, ZL_TYPE_MARK);
        sent.mark.instrument = 42;
        sent.mark.price = 5;
        zl_frame_begin(&writer, buffer, sizeof buffer, &mark_header);
        zl_frame_add(&writer, &sent);
        assert_int_equal(zl_frame_end(&writer, &size), ZL_OK);
        assert_int_equal(size, MARK_SIZE);
        assert_memory_equal(buffer, mark_frame, MARK_SIZE);

        assert_int_equal(zl_frame_open(&reader, mark_frame, MARK_SIZE), ZL_OK);
        assert_true(reader.header.topic.kind == ZL_TOPIC_MARK && reader.header.topic.id == 42);
        assert_true(reader.header.src == 1 && reader.header.epoch == 2);
        assert_true(reader.header.seq == 3 && reader.header.ts_ns == 4);
        assert_int_equal(zl_frame_next(&reader, &got), ZL_OK);
        assert_true(ZL_ABSENT(&got.mark, mark, index) && got.mark.index == 5);
        assert_true(ZL_ABSENT(&got.mark, mark, ask) && got.mark.ask == 5);
        assert_false(ZL_ABSENT(&got.mark, mark, depth));
        assert_int_equal(zl_frame_next(&reader, &got), ZL_ERR_END);
        assert_int_equal(zl_frame_next(&reader, &got), ZL_ERR_END);
        assert_int_equal(reader.messages, 1);
}

/* Every type, many contents: the struct that comes back is the one that went out, and its bytes are
 * the same again. The frame is read from memory of exactly its size. */
static void test_round_trip(void **state)
{
        (void)state;
        for (int type = 0; type < ZL_TYPE_LIMIT; type++) {
                for (int i = 0; i < 400 && zl_schema_message((enum zl_type)type); i++) {
                        const struct zl_header header = header_for((enum zl_type)type);
                        struct zl_frame_writer writer;
                        struct zl_frame_reader reader;
                        size_t size, again;
                        random_message(&sent, (enum zl_type)type, i % 100 ? 5 : 1024);
                        zl_frame_begin(&writer, buffer, sizeof buffer, &header);
                        zl_frame_add(&writer, &sent);
                        assert_int_equal(zl_frame_end(&writer, &size), ZL_OK);
                        uint8_t *exact = malloc(size), *back = malloc(size);
                        memcpy(exact, buffer, size);
                        assert_int_equal(zl_frame_check(exact, size, &got, &reader), ZL_OK);
                        assert_int_equal(reader.messages, 1);
                        assert_true(same_message(&sent, &got));
                        zl_frame_begin(&writer, back, size, &reader.header);
                        zl_frame_add(&writer, &got);
                        assert_int_equal(zl_frame_end(&writer, &again), ZL_OK);
                        assert_int_equal(again, size);
                        assert_memory_equal(back, exact, size);
                        free(back);
                        free(exact);
                }
        }
}

/* A buffer of any size too small answers full, and nothing is written behind it. */
static void test_full_buffer(void **state)
{
        (void)state;
        for (int type = 0; type < ZL_TYPE_LIMIT; type++) {
                if (!zl_schema_message((enum zl_type)type))
                        continue;
                const struct zl_header header = header_for((enum zl_type)type);
                struct zl_frame_writer writer;
                size_t whole, size = 77;
                random_message(&sent, (enum zl_type)type, 3);
                zl_frame_begin(&writer, buffer, sizeof buffer, &header);
                zl_frame_add(&writer, &sent);
                assert_int_equal(zl_frame_end(&writer, &whole), ZL_OK);
                for (size_t capacity = 0; capacity <= whole; capacity++) {
                        memset(buffer, CANARY, whole + 64);
                        zl_frame_begin(&writer, buffer, capacity, &header);
                        zl_frame_add(&writer, &sent);
                        enum zl_err err = zl_frame_end(&writer, &size);
                        assert_int_equal(err, capacity < whole ? ZL_ERR_FULL : ZL_OK);
                        assert_int_equal(size, capacity < whole ? 77 : whole);
                        for (size_t i = capacity; i < whole + 64; i++)
                                assert_int_equal(buffer[i], CANARY);
                }
        }
}

static void test_full_sticks(void **state)
{
        struct zl_frame_writer writer;
        size_t size;

        (void)state;
        zl_message_init(&sent, ZL_TYPE_ALERT);
        memset(sent.alert.text, 'x', sizeof sent.alert.text - 1);
        sent.alert.text[sizeof sent.alert.text - 1] = 0;
        zl_frame_begin(&writer, buffer, 100, &mark_header);
        zl_frame_add(&writer, &sent); /* too long */
        size_t used = writer.size;
        zl_message_init(&sent, ZL_TYPE_SYNCED);
        zl_frame_add(&writer, &sent); /* would fit */
        assert_int_equal(writer.size, used);
        assert_int_equal(zl_frame_end(&writer, &size), ZL_ERR_FULL);
}

/* The bus takes 1 MiB, however large the buffer is. */
static void test_longest_frame(void **state)
{
        struct zl_frame_writer writer;
        struct zl_frame_reader reader;
        size_t size;
        char text[200];

        (void)state;
        zl_message_init(&sent, ZL_TYPE_SYNCED);
        zl_frame_begin(&writer, buffer, sizeof buffer, &mark_header);
        while (writer.size < ZL_FRAME_SIZE_MAX)
                zl_frame_add(&writer, &sent);
        assert_int_equal(zl_frame_end(&writer, &size), ZL_OK);
        assert_int_equal(size, ZL_FRAME_SIZE_MAX);
        assert_int_equal(zl_frame_check(buffer, size, &got, &reader), ZL_OK);
        assert_int_equal(reader.messages, (ZL_FRAME_SIZE_MAX - 20) / 2);
        zl_frame_add(&writer, &sent);
        assert_int_equal(zl_frame_end(&writer, &size), ZL_ERR_FULL);
        assert_int_equal(zl_frame_check(buffer, size + 1, &got, &reader), ZL_ERR_INVALID);
        assert_int_equal(reader.defect, ZL_DEFECT_TOO_LONG);
        assert_string_equal(zl_frame_error(&reader, text, sizeof text),
                            "frame: the frame is longer than 1 MiB, at byte 0");
}

struct refused {
        const char *behind; /* the topic rate.00000005, the header and these bytes */
        size_t size;
        const char *error;
};
#define BYTES(bytes) bytes, sizeof bytes - 1

static const struct refused refusals[] = {
        {BYTES(""), "frame: a frame without a message, at byte 20"},
        {BYTES("\x93\x03\x05"), "frame: the frame ends too early, at byte 23"},
        {BYTES("\x93\x03\xc0\x09"), "rate.asset: nil where a value is required, at byte 22"},
        {BYTES("\x93\x03\x05\xca\0\0\0\0"), "rate.price: a value of the wrong form, at byte 27"},
        {BYTES("\x93\x03\xce\0\0"), "frame: the frame ends too early, at byte 23"},
        {BYTES("\x93\x03\xff\x09"), "rate.asset: a value out of range, at byte 22"},
        {BYTES("\x92\x03\x05"), "rate: an array with too few fields, at byte 21"},
        {BYTES("\x98\x05\x05"), "mark: no message type for this topic, at byte 21"},
        {BYTES("\x92\x3f\x05"), "frame: no message type for this topic, at byte 21"},
        {BYTES("\x80"), "frame: a value of the wrong form, at byte 20"},
        {BYTES("\x93\x03\x05\x91\x01"), "rate.price: a value of the wrong form, at byte 23"},
        {BYTES("\x93\x03\x05\x09\xc0"), "frame: a value of the wrong form, at byte 24"},
};

static void test_error_text(void **state)
{
        static const uint8_t front[] = "\xad" "rate.00000005" "\x95\x01\x01\x01\x01\x00";
        char text[200];

        (void)state;
        for (size_t i = 0; i < ZL_COUNT(refusals); i++) {
                struct zl_frame_reader reader;
                size_t size = sizeof front - 1 + refusals[i].size;
                uint8_t *frame = malloc(size);
                memcpy(frame, front, sizeof front - 1);
                memcpy(frame + sizeof front - 1, refusals[i].behind, refusals[i].size);
                assert_int_equal(zl_frame_check(frame, size, &got, &reader), ZL_ERR_INVALID);
                assert_string_equal(zl_frame_error(&reader, text, sizeof text), refusals[i].error);
                enum zl_defect defect = reader.defect; /* it sticks */
                assert_int_equal(zl_frame_next(&reader, &got), ZL_ERR_INVALID);
                assert_int_equal(reader.defect, defect);
                assert_true(strlen(zl_defect_name(defect)) > 0);
                zl_frame_error(&reader, text, 12);
                assert_int_equal(strlen(text), 11); /* cut, with its end */
                free(frame);
        }
}

/* A frame of another version is not read on with. */
static void test_open_sticks(void **state)
{
        struct zl_frame_reader reader;
        uint8_t frame[MARK_SIZE];

        (void)state;
        memcpy(frame, mark_frame, MARK_SIZE);
        frame[ZL_TOPIC_PREFIX_SIZE + 1] = 2;
        assert_int_equal(zl_frame_open(&reader, frame, MARK_SIZE), ZL_ERR_INVALID);
        assert_int_equal(zl_frame_next(&reader, &got), ZL_ERR_INVALID);
        assert_int_equal(reader.defect, ZL_DEFECT_VERSION);
}

/* A row's own name is said, and its place is the byte. */
static void test_error_in_row(void **state)
{
        struct zl_frame_writer writer;
        struct zl_frame_reader reader;
        const struct zl_header header = header_for(ZL_TYPE_ACCOUNT);
        size_t size;
        char text[200];

        (void)state;
        zl_message_init(&sent, ZL_TYPE_ACCOUNT);
        sent.account.positions_count = 1;
        zl_record_init(zl_schema_message(ZL_TYPE_ACCOUNT)->fields[7].row, sent.account.positions);
        sent.account.positions[0].absent |= 1u << ZL_AT_position_qty;
        zl_frame_begin(&writer, buffer, sizeof buffer, &header);
        zl_frame_add(&writer, &sent);
        assert_int_equal(zl_frame_end(&writer, &size), ZL_OK);
        assert_int_equal(zl_frame_check(buffer, size, &got, &reader), ZL_ERR_INVALID);
        assert_int_equal(reader.defect, ZL_DEFECT_MISSING);
        assert_int_equal(buffer[reader.where_byte], 0xc0);
        assert_string_equal(reader.where_record, "position");
        assert_string_equal(reader.where_field, "qty");
        zl_frame_error(&reader, text, sizeof text);
        assert_int_equal(strncmp(text, "position.qty: nil where a value is required, at byte ", 52),
                         0);
}

/* Short frames, even of no bytes, and frames cut anywhere. */
static void test_cut(void **state)
{
        struct zl_frame_reader reader;

        (void)state;
        for (size_t size = 0; size < MARK_SIZE; size++) {
                uint8_t *cut = malloc(size + 1);
                memcpy(cut, mark_frame, size);
                cut = realloc(cut, size ? size : 1);
                assert_int_equal(zl_frame_check(cut, size, &got, &reader), ZL_ERR_INVALID);
                assert_int_equal(reader.defect, size == 20 ? ZL_DEFECT_EMPTY : ZL_DEFECT_TRUNCATED);
                assert_true(reader.where_byte <= size);
                free(cut);
        }
        assert_int_equal(zl_frame_check(NULL, 0, &got, &reader), ZL_ERR_INVALID);
}

/* Several messages: a bad one is found before a good one is used. */
static void test_batch(void **state)
{
        struct zl_frame_writer writer;
        struct zl_frame_reader reader;
        size_t size;

        (void)state;
        zl_message_init(&sent, ZL_TYPE_MARK);
        zl_frame_begin(&writer, buffer, sizeof buffer, &mark_header);
        for (int64_t i = 0; i < 1000; i++) {
                sent.mark.price = i;
                zl_frame_add_as(&writer, ZL_TYPE_MARK, &sent.mark);
        }
        assert_int_equal(zl_frame_end(&writer, &size), ZL_OK);
        assert_int_equal(zl_frame_open(&reader, buffer, size), ZL_OK);
        for (int64_t i = 0; i < 1000; i++) {
                assert_int_equal(zl_frame_next(&reader, &got), ZL_OK);
                assert_true(got.mark.price == i);
        }
        assert_int_equal(zl_frame_next(&reader, &got), ZL_ERR_END);
        buffer[size] = 0xc1;
        assert_int_equal(zl_frame_check(buffer, size + 1, &got, &reader), ZL_ERR_INVALID);
        assert_int_equal(reader.messages, 1000);
        assert_int_equal(reader.defect, ZL_DEFECT_FORM);
}

/* Any bit of a frame may turn over: it is refused, or what it says comes back the same. */
static void test_flips(void **state)
{
        (void)state;
        for (int type = 0; type < ZL_TYPE_LIMIT; type++) {
                if (!zl_schema_message((enum zl_type)type))
                        continue;
                const struct zl_header header = header_for((enum zl_type)type);
                struct zl_frame_writer writer;
                struct zl_frame_reader reader;
                size_t size, again;
                random_message(&sent, (enum zl_type)type, 2);
                zl_frame_begin(&writer, buffer, sizeof buffer / 2, &header);
                zl_frame_add(&writer, &sent);
                assert_int_equal(zl_frame_end(&writer, &size), ZL_OK);
                for (size_t bit = 0; bit < 8 * size; bit++) {
                        uint8_t *exact = malloc(size);
                        memcpy(exact, buffer, size);
                        exact[bit / 8] ^= (uint8_t)(1u << bit % 8);
                        if (zl_frame_check(exact, size, &got, &reader) == ZL_OK &&
                            reader.messages == 1) {
                                uint8_t *back = buffer + sizeof buffer / 2;
                                zl_frame_begin(&writer, back, sizeof buffer / 2, &reader.header);
                                zl_frame_add(&writer, &got);
                                assert_int_equal(zl_frame_end(&writer, &again), ZL_OK);
                                assert_int_equal(zl_frame_check(back, again, &sent, &reader),
                                                 ZL_OK);
                                assert_true(same_message(&sent, &got));
                        }
                        free(exact);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_known_bytes),  cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_full_buffer),  cmocka_unit_test(test_full_sticks),
                cmocka_unit_test(test_longest_frame), cmocka_unit_test(test_error_text),
                cmocka_unit_test(test_open_sticks),  cmocka_unit_test(test_error_in_row),
                cmocka_unit_test(test_cut),          cmocka_unit_test(test_batch),
                cmocka_unit_test(test_flips),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
