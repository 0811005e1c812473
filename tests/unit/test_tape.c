/* tape/tape.h: what is appended is read back; what is torn or damaged is not taken for whole. */
#include "unit.h"

#include "core/assert.h"
#include "tape/format.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];

static int setup(void **state)
{
        (void)state;
        strcpy(path, "/tmp/zeroline-tape-XXXXXX");
        int fd = mkstemp(path);
        if (fd < 0)
                return -1;
        close(fd);
        return unlink(path);
}

static int teardown(void **state)
{
        (void)state;
        unlink(path);
        return 0;
}

/* Record i: its kind, size and bytes follow from i. */
static size_t frame_of(uint64_t i, size_t most, uint8_t *frame)
{
        random_state = i;
        size_t size = random_u64() % (most + 1);
        for (size_t j = 0; j < size; j++)
                frame[j] = (uint8_t)random_u64();
        return size;
}

static void write_tape(uint64_t records, size_t most)
{
        struct zl_tape_writer *writer;
        uint8_t *frame = malloc(most + 1);

        assert_int_equal(zl_tape_create(path, &writer), ZL_OK);
        for (uint64_t i = 0; i < records; i++) {
                size_t size = frame_of(i, most, frame);
                assert_int_equal(zl_tape_append(writer, (enum zl_record_kind)(i % 3), frame, size),
                                 ZL_OK);
                if (i % 7 == 6)
                        assert_int_equal(zl_tape_flush(writer), ZL_OK);
        }
        assert_int_equal(zl_tape_records(writer), records);
        assert_int_equal(zl_tape_close(writer), ZL_OK);
        free(frame);
}

static void check_record(const struct zl_tape_record *record, uint64_t i, size_t most)
{
        uint8_t *frame = malloc(most + 1);
        size_t size = frame_of(i, most, frame);

        assert_int_equal(record->number, i);
        assert_int_equal(record->kind, i % 3);
        assert_int_equal(record->frame_size, size);
        assert_memory_equal(record->frame, frame, size);
        free(frame);
}

/* How many records stand there, each the one that was written. */
static uint64_t read_tape(size_t most, uint64_t *ret_torn, enum zl_err *ret_end)
{
        struct zl_tape_reader *reader;
        struct zl_tape_record record;
        uint64_t records = 0;

        assert_int_equal(zl_tape_open(path, &reader), ZL_OK);
        while ((*ret_end = zl_tape_next(reader, &record)) == ZL_OK)
                check_record(&record, records++, most);
        *ret_torn = zl_tape_torn(reader);
        zl_tape_shut(reader);
        return records;
}

static void test_read_back(void **state)
{
        struct zl_tape_reader *reader;
        struct zl_tape_record record;
        enum zl_err end;
        uint64_t torn;

        (void)state;
        write_tape(3000, 2000); /* many buffers */
        assert_int_equal(read_tape(2000, &torn, &end), 3000);
        assert_true(end == ZL_ERR_END && torn == 0);
        assert_int_equal(zl_tape_open(path, &reader), ZL_OK);
        for (int round = 0; round < 2; round++) {
                for (uint64_t i = 0; i < 5; i++) {
                        assert_int_equal(zl_tape_next(reader, &record), ZL_OK);
                        check_record(&record, i, 2000);
                }
                assert_int_equal(zl_tape_rewind(reader), ZL_OK);
        }
        zl_tape_shut(reader);
        zl_tape_shut(NULL);
        assert_int_equal(zl_tape_close(NULL), ZL_OK);
}

/* Records that are longer than the writer's buffer, or fill it to the byte. */
static void test_long_records(void **state)
{
        enum { BUFFER = 1 << 18, HEAD = ZL_TAPE_HEAD_SIZE, COUNT = 12 };
        static const size_t sizes[COUNT] = {
                BUFFER, 5, BUFFER - HEAD, BUFFER - HEAD + 1,
                100, BUFFER - 2 * HEAD - 100, /* fills what is left */
                100, BUFFER - 2 * HEAD - 100 + 1, /* a byte too many */
                BUFFER - HEAD - ZL_TAPE_MAGIC_SIZE, 0, 3 * BUFFER, 1};
        uint8_t *frame = calloc(1, 3 * BUFFER);
        struct zl_tape_writer *writer;
        struct zl_tape_reader *reader;
        struct zl_tape_record record;

        (void)state;
        assert_int_equal(zl_tape_create(path, &writer), ZL_OK);
        for (size_t i = 0; i < COUNT; i++) {
                memset(frame, (int)i, sizes[i]);
                assert_int_equal(zl_tape_append(writer, ZL_RECORD_OUT, frame, sizes[i]), ZL_OK);
        }
        assert_int_equal(zl_tape_close(writer), ZL_OK);
        assert_int_equal(zl_tape_open(path, &reader), ZL_OK);
        for (size_t i = 0; i < COUNT; i++) {
                memset(frame, (int)i, sizes[i]);
                assert_int_equal(zl_tape_next(reader, &record), ZL_OK);
                assert_int_equal(record.frame_size, sizes[i]);
                assert_memory_equal(record.frame, frame, sizes[i]);
        }
        assert_int_equal(zl_tape_next(reader, &record), ZL_ERR_END);
        assert_int_equal(zl_tape_torn(reader), 0);
        zl_tape_shut(reader);
        free(frame);
}

static uint8_t *load(size_t *ret_size)
{
        struct stat status;
        int fd = open(path, O_RDONLY);

        assert_int_equal(fstat(fd, &status), 0);
        uint8_t *bytes = malloc((size_t)status.st_size + 1);
        assert_int_equal(read(fd, bytes, (size_t)status.st_size + 1), status.st_size);
        close(fd);
        *ret_size = (size_t)status.st_size;
        return bytes;
}

static void store(const uint8_t *bytes, size_t size)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        assert_int_equal(write(fd, bytes, size), (ssize_t)size);
        close(fd);
}

/* Cut at every byte: it opens, gives the whole records before and counts the rest as torn. */
static void test_cut_anywhere(void **state)
{
        size_t size;

        (void)state;
        write_tape(12, 60);
        uint8_t *bytes = load(&size);
        size_t next = ZL_TAPE_MAGIC_SIZE, whole = 0;
        uint64_t records = 0, torn;
        for (size_t cut = 0; cut <= size; cut++) {
                enum zl_err end;
                if (cut == next) {
                        whole = cut;
                        records += cut != ZL_TAPE_MAGIC_SIZE;
                        next += cut < size ? ZL_TAPE_HEAD_SIZE + zl_get_le(bytes + cut, 4) : 0;
                }
                store(bytes, cut);
                assert_int_equal(read_tape(60, &torn, &end), records);
                assert_int_equal(end, ZL_ERR_END);
                assert_int_equal(torn, cut - whole);
                assert_int_equal(zl_tape_begins(bytes, cut), cut >= ZL_TAPE_MAGIC_SIZE);
        }
        assert_int_equal(records, 12);
        free(bytes);
}

/* Every bit turned over: the file is refused, or the reading stops at that record, as damaged or as
 * torn; the records before it are whole and none behind it is given. */
static void test_any_bit(void **state)
{
        size_t size;

        (void)state;
        write_tape(8, 40);
        uint8_t *bytes = load(&size);
        size_t begins = ZL_TAPE_MAGIC_SIZE, behind = begins;
        uint64_t record = 0;
        for (size_t bit = 0; bit < 8 * size; bit++) {
                struct zl_tape_reader *reader;
                uint64_t torn;
                enum zl_err end;
                if (bit / 8 == behind) {
                        record += behind > ZL_TAPE_MAGIC_SIZE && bit % 8 == 0;
                        begins = behind;
                        behind += ZL_TAPE_HEAD_SIZE + zl_get_le(bytes + begins, 4);
                }
                bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
                store(bytes, size);
                if (bit / 8 < ZL_TAPE_MAGIC_SIZE) {
                        assert_int_equal(zl_tape_open(path, &reader), ZL_ERR_INVALID);
                } else {
                        assert_int_equal(read_tape(40, &torn, &end), record);
                        assert_true(end == ZL_ERR_DAMAGED ||
                                    (end == ZL_ERR_END && torn == size - begins));
                        assert_true(end == ZL_ERR_DAMAGED || bit / 8 < begins + 4);
                }
                bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        free(bytes);
}

static void test_damage_is_placed(void **state)
{
        struct zl_tape_reader *reader;
        struct zl_tape_record record;
        size_t size;

        (void)state;
        write_tape(5, 40);
        uint8_t *bytes = load(&size);
        size_t third = ZL_TAPE_MAGIC_SIZE;
        for (int i = 0; i < 2; i++)
                third += ZL_TAPE_HEAD_SIZE + zl_get_le(bytes + third, 4);
        bytes[third + 8] ^= 1;
        store(bytes, size);
        assert_int_equal(zl_tape_open(path, &reader), ZL_OK);
        assert_int_equal(zl_tape_size(reader), size);
        assert_int_equal(zl_tape_next(reader, &record), ZL_OK);
        assert_int_equal(zl_tape_next(reader, &record), ZL_OK);
        for (int i = 0; i < 2; i++) { /* it stays so */
                assert_int_equal(zl_tape_next(reader, &record), ZL_ERR_DAMAGED);
                assert_int_equal(record.number, 2);
                assert_int_equal(record.offset, third);
        }
        zl_tape_shut(reader);
        free(bytes);
}

static void test_refused_files(void **state)
{
        struct zl_tape_writer *writer = NULL;
        struct zl_tape_reader *reader = NULL;

        (void)state;
        assert_int_equal(zl_tape_open(path, &reader), ZL_ERR_SYSTEM);
        assert_int_equal(errno, ENOENT);
        store((const uint8_t *)"kept", 4);
        assert_int_equal(zl_tape_create(path, &writer), ZL_ERR_SYSTEM); /* it exists */
        assert_int_equal(errno, EEXIST);
        assert_int_equal(zl_tape_open(path, &reader), ZL_ERR_INVALID);
        size_t size;
        uint8_t *bytes = load(&size);
        assert_true(size == 4 && !memcmp(bytes, "kept", 4));
        free(bytes);
        assert_int_equal(zl_tape_open("/tmp", &reader), ZL_ERR_INVALID);
        assert_true(!writer && !reader);
}

/* The disk is full at any point: appending says so and goes on saying so, and the file holds every
 * record that fitted and nothing else. */
static void test_disk_full(void **state)
{
        const struct rlimit no_limit = {RLIM_INFINITY, RLIM_INFINITY};
        uint8_t frame[5000];

        (void)state;
        signal(SIGXFSZ, SIG_IGN);
        for (rlim_t limit = 0; limit < 900000; limit += limit < 200 ? 1 : 37717) {
                struct zl_tape_writer *writer;
                enum zl_err err = ZL_OK, end;
                uint64_t torn, fits = 0;
                rlim_t filled = ZL_TAPE_MAGIC_SIZE;
                size_t size;
                assert_int_equal(zl_tape_create(path, &writer), ZL_OK);
                assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, RLIM_INFINITY}),
                                 0);
                for (uint64_t i = 0; i < 1000 && err == ZL_OK; i++) {
                        size = frame_of(i, i < 5 ? 20 : 5000, frame);
                        filled += ZL_TAPE_HEAD_SIZE + size;
                        fits += filled <= limit;
                        err = zl_tape_append(writer, (enum zl_record_kind)(i % 3), frame, size);
                }
                assert_int_equal(err, ZL_ERR_SYSTEM);
                assert_int_equal(errno, EFBIG);
                errno = 0;
                assert_int_equal(zl_tape_append(writer, ZL_RECORD_IN, frame, 1), ZL_ERR_SYSTEM);
                assert_int_equal(errno, EFBIG);
                assert_int_equal(zl_tape_flush(writer), ZL_ERR_SYSTEM);
                assert_int_equal(zl_tape_close(writer), ZL_ERR_SYSTEM);
                assert_int_equal(setrlimit(RLIMIT_FSIZE, &no_limit), 0);
                struct zl_tape_reader *reader;
                struct zl_tape_record record;
                assert_int_equal(zl_tape_open(path, &reader), ZL_OK);
                for (uint64_t i = 0; i < fits; i++) {
                        assert_int_equal(zl_tape_next(reader, &record), ZL_OK);
                        size = frame_of(i, i < 5 ? 20 : 5000, frame);
                        assert_int_equal(record.frame_size, size);
                        assert_memory_equal(record.frame, frame, size);
                }
                end = zl_tape_next(reader, &record);
                torn = zl_tape_torn(reader);
                assert_true(end == ZL_ERR_END && torn == 0);
                zl_tape_shut(reader);
                unlink(path);
        }
}

/* The form as proto/README.md has it, written by hand. */
static void test_known_bytes(void **state)
{
        struct zl_tape_writer *writer;
        uint8_t expected[16 + 16 + 3] = "ZLTAPE\r\n\x01";
        size_t size;

        (void)state;
        assert_int_equal(zl_tape_create(path, &writer), ZL_OK);
        assert_int_equal(zl_tape_append(writer, ZL_RECORD_OUT, "abc", 3), ZL_OK);
        assert_int_equal(zl_tape_close(writer), ZL_OK);
        uint8_t *bytes = load(&size);
        expected[16] = 3;
        expected[20] = 1;
        uint64_t sum = XXH3_64bits_withSeed("abc", 3, XXH3_64bits(expected + 16, 8));
        for (int i = 0; i < 8; i++)
                expected[24 + i] = (uint8_t)(sum >> 8 * i);
        memcpy(expected + 32, "abc", 3);
        assert_int_equal(size, sizeof expected);
        assert_memory_equal(bytes, expected, sizeof expected);
        free(bytes);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_read_back, setup, teardown),
                cmocka_unit_test_setup_teardown(test_long_records, setup, teardown),
                cmocka_unit_test_setup_teardown(test_cut_anywhere, setup, teardown),
                cmocka_unit_test_setup_teardown(test_any_bit, setup, teardown),
                cmocka_unit_test_setup_teardown(test_damage_is_placed, setup, teardown),
                cmocka_unit_test_setup_teardown(test_refused_files, setup, teardown),
                cmocka_unit_test_setup_teardown(test_disk_full, setup, teardown),
                cmocka_unit_test_setup_teardown(test_known_bytes, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
