/* tape/states.h: the last state before a point is found whatever its size, is what was put there,
 * and gives way to the one before it when it does not hold. */
#include "unit.h"

#include "tape/format.h"
#include "tape/states.h"

#include <fcntl.h>
#include <unistd.h>

enum { STATES = 7, BETWEEN = 50 };

static const size_t sizes[STATES] = {0, 10, 1 << 20, (1 << 20) - ZL_PART_HEAD_SIZE, 3000000, 1, 70};
static const uint8_t seal[ZL_SEAL_SIZE] = "what nobody said";
static char path[64];
static struct zl_tape_state written[STATES];
static uint64_t records;

/* Byte i of state n. */
static uint8_t byte_of(uint32_t n, size_t i)
{
        return (uint8_t)(n * 31 + i * 7 + i / 251);
}

static void put_state(struct zl_tape_writer *writer, uint32_t n)
{
        uint8_t *bytes = malloc(sizes[n] + 1);

        for (size_t i = 0; i < sizes[n]; i++)
                bytes[i] = byte_of(n, i);
        written[n] = (struct zl_tape_state){.number = zl_tape_records(writer),
                                            .offset = zl_tape_written(writer),
                                            .now_ns = 1000 * (n + 1),
                                            .messages = 10 * n,
                                            .size = sizes[n]};
        assert_int_equal(zl_tape_append_state(writer, written[n].now_ns, written[n].messages, bytes,
                                              sizes[n]),
                         ZL_OK);
        written[n].behind = zl_tape_written(writer);
        written[n].records = zl_tape_records(writer) - written[n].number;
        free(bytes);
}

/* Frames stand between; some hold what looks like a part of a state, with another seal. */
static void put_frames(struct zl_tape_writer *writer)
{
        uint8_t frame[2 * ZL_PART_HEAD_SIZE + ZL_TAPE_HEAD_SIZE] = {0};
        uint8_t *body = frame + ZL_TAPE_HEAD_SIZE;

        memset(body, 'x', ZL_PART_HEAD_SIZE);
        zl_put_le(body + 24, 0, 8);
        zl_record_head(frame, ZL_RECORD_STATE, body, ZL_PART_HEAD_SIZE);
        for (int i = 0; i < BETWEEN; i++)
                assert_int_equal(zl_tape_append(writer, (enum zl_record_kind)(i % 3), frame,
                                                (size_t)(i * 3)),
                                 ZL_OK);
}

static int setup(void **state)
{
        struct zl_tape_writer *writer;

        (void)state;
        strcpy(path, "/tmp/zeroline-states-XXXXXX");
        int fd = mkstemp(path);
        if (fd < 0)
                return -1;
        close(fd);
        unlink(path);
        assert_int_equal(zl_tape_create(path, &writer), ZL_OK);
        assert_int_equal(zl_tape_append(writer, ZL_RECORD_INTERNAL, "head", 4), ZL_OK);
        assert_int_equal(zl_tape_append_seal(writer, seal), ZL_OK);
        for (uint32_t n = 0; n < STATES; n++) {
                put_frames(writer);
                put_state(writer, n);
        }
        put_frames(writer);
        records = zl_tape_records(writer);
        assert_int_equal(zl_tape_close(writer), ZL_OK);
        return 0;
}

static int teardown(void **state)
{
        (void)state;
        unlink(path);
        return 0;
}

static void spoil(uint64_t offset)
{
        int fd = open(path, O_RDWR);
        uint8_t byte;

        assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
        byte ^= 4;
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
        close(fd);
}

static void check_bytes(struct zl_tape_reader *reader, uint32_t n)
{
        uint8_t *bytes = malloc(sizes[n] + 1);

        assert_int_equal(zl_tape_read_state(reader, &written[n], bytes), ZL_OK);
        for (size_t i = 0; i < sizes[n]; i++)
                assert_int_equal(bytes[i], byte_of(n, i));
        free(bytes);
}

/* `expected`: STATES when there is none. */
static void check_find(struct zl_tape_reader *reader, uint64_t number, uint64_t now_ns,
                       uint32_t expected)
{
        struct zl_tape_state found;
        struct zl_tape_record record;
        enum zl_err err = zl_tape_find_state(reader, number, now_ns, &found);

        if (expected == STATES) {
                assert_int_equal(err, ZL_ERR_END);
                return;
        }
        assert_int_equal(err, ZL_OK);
        assert_memory_equal(&found, &written[expected], sizeof found);
        assert_int_equal(zl_tape_go_behind(reader, &found), ZL_OK);
        assert_int_equal(zl_tape_next(reader, &record), ZL_OK);
        assert_int_equal(record.number, found.number + found.records);
        assert_int_equal(record.offset, found.behind);
}

/* Whatever point, against a look at all of them. */
static void check_all(bool good[STATES])
{
        struct zl_tape_reader *reader;

        assert_int_equal(zl_tape_open(path, &reader), ZL_OK);
        for (uint64_t number = 0; number < records + 3; number++) {
                uint32_t expected = STATES, timed = STATES;
                for (uint32_t n = 0; n < STATES; n++) {
                        if (good[n] && written[n].number <= number)
                                expected = n;
                        if (good[n] && written[n].number <= number && written[n].now_ns <= 4500)
                                timed = n;
                }
                check_find(reader, number, UINT64_MAX, expected);
                check_find(reader, number, 4500, timed);
        }
        for (uint32_t n = 0; n < STATES; n++) {
                if (good[n])
                        check_bytes(reader, n);
        }
        zl_tape_shut(reader);
}

static void test_found(void **state)
{
        bool good[STATES] = {true, true, true, true, true, true, true};

        (void)state;
        check_all(good);
}

static void test_damaged(void **state)
{
        bool good[STATES] = {true, true, true, true, true, true, true};

        (void)state;
        spoil(written[6].offset + 100); /* the last one */
        good[6] = false;
        check_all(good);
        spoil(written[4].behind - 1); /* the last part of several */
        good[4] = false;
        check_all(good);
        spoil(written[1].offset + 2); /* the head, in the middle of the chain */
        good[1] = false;
        check_all(good);
}

/* Frames are read as if no state stood there, under the same numbers. */
static void test_passed_over(void **state)
{
        struct zl_tape_reader *reader;
        struct zl_tape_record record;
        uint64_t frames = 0, last = 0;

        (void)state;
        assert_int_equal(zl_tape_open(path, &reader), ZL_OK);
        while (zl_tape_next(reader, &record) == ZL_OK) {
                assert_true(record.kind <= ZL_RECORD_INTERNAL);
                last = record.number;
                frames++;
        }
        assert_int_equal(frames, 1 + (STATES + 1) * BETWEEN);
        assert_int_equal(last, records - 1);
        zl_tape_shut(reader);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_found, setup, teardown),
                cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
                cmocka_unit_test_setup_teardown(test_passed_over, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
