#include "app/show/intake.h"

#include "app/say.h"
#include "app/stop.h"
#include "bus/socket.h"
#include "codec/split.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum zl_intake_next give(const struct zl_intake *intake, const uint8_t *frame, size_t size,
                                enum zl_record_kind kind)
{
        return intake->take(intake->context, frame, size, kind);
}

static enum zl_exit exit_of(enum zl_intake_next next)
{
        return next == ZL_INTAKE_FAILED ? ZL_EXIT_FAILED : ZL_EXIT_OK;
}

/* ---- tapes ---- */

static enum zl_exit read_tape(const struct zl_intake *intake, const char *path)
{
        struct zl_tape_reader *tape;
        struct zl_tape_record record;
        enum zl_intake_next next = ZL_INTAKE_GO_ON;
        enum zl_exit code = ZL_EXIT_OK;
        enum zl_err err = zl_tape_open(path, &tape);

        if (err == ZL_ERR_INVALID) {
                zl_say("%s: no tape, and no segment of a journal", path);
                return ZL_EXIT_FAILED;
        }
        if (err != ZL_OK) {
                zl_say_errno("cannot open %s", path);
                return ZL_EXIT_FAILED;
        }
        do {
                zl_tape_forget(tape);
                err = zl_tape_next(tape, &record);
                if (err == ZL_OK)
                        next = give(intake, record.frame, record.frame_size, record.kind);
                if (err == ZL_ERR_DAMAGED) {
                        zl_say("%s: %s%s", path, zl_tape_why(tape),
                               zl_tape_goes_on(tape) ? "" : "; what stands behind it is left out");
                        code = ZL_EXIT_FAILED;
                }
        } while (next == ZL_INTAKE_GO_ON &&
                 (err == ZL_OK || (err == ZL_ERR_DAMAGED && zl_tape_goes_on(tape))));
        if (err == ZL_ERR_SYSTEM) {
                zl_say_errno("cannot read %s", path);
                code = ZL_EXIT_FAILED;
        }
        if (err == ZL_ERR_END && zl_tape_torn(tape))
                zl_say("%s: the last %llu bytes are a torn record and left out", path,
                       (unsigned long long)zl_tape_torn(tape));
        zl_tape_shut(tape);
        return next == ZL_INTAKE_FAILED ? ZL_EXIT_FAILED : code;
}

/* ---- frames one behind the other ---- */

/* The whole of a stream, in memory that the caller frees. */
static uint8_t *read_all(FILE *file, size_t *ret_size)
{
        size_t capacity = 1 << 16, size = 0;
        uint8_t *bytes = malloc(capacity);

        while (bytes) {
                size += fread(bytes + size, 1, capacity - size, file);
                if (size < capacity)
                        break;
                capacity *= 2;
                uint8_t *more = realloc(bytes, capacity);
                if (!more)
                        free(bytes);
                bytes = more;
        }
        *ret_size = size;
        return bytes;
}

/* Hex lines become bytes in place; false where a character is neither hex nor white space. */
static bool unhex(uint8_t *bytes, size_t *size)
{
        size_t digits = 0;

        for (size_t i = 0; i < *size; i++) {
                uint8_t c = bytes[i];
                int value = c >= '0' && c <= '9'   ? c - '0'
                            : c >= 'a' && c <= 'f' ? c - 'a' + 10
                            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                   : -1;
                if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
                        continue;
                if (value < 0)
                        return false;
                bytes[digits / 2] = digits % 2 ? (uint8_t)(bytes[digits / 2] | value)
                                               : (uint8_t)(value << 4);
                digits++;
        }
        *size = digits / 2;
        return digits % 2 == 0;
}

static enum zl_intake_next give_bytes(const struct zl_intake *intake, const uint8_t *bytes,
                                      size_t size)
{
        enum zl_intake_next next = ZL_INTAKE_GO_ON;

        for (size_t offset = 0; offset < size && next == ZL_INTAKE_GO_ON;) {
                size_t frame = zl_frame_split(bytes + offset, size - offset);
                next = give(intake, bytes + offset, frame, ZL_RECORD_IN);
                offset += frame;
        }
        return next;
}

/* A line by itself: a frame that was cut short swallows nothing behind its own line. */
static enum zl_intake_next give_hex(const struct zl_intake *intake, uint8_t *bytes, size_t size)
{
        enum zl_intake_next next = ZL_INTAKE_GO_ON;

        while (size > 0 && next == ZL_INTAKE_GO_ON) {
                const uint8_t *end = memchr(bytes, '\n', size);
                size_t line = end ? (size_t)(end - bytes) + 1 : size;
                size_t used = line;
                if (unhex(bytes, &used)) {
                        next = give_bytes(intake, bytes, used);
                } else {
                        zl_say("the input is not hex");
                        next = ZL_INTAKE_FAILED;
                }
                bytes += line;
                size -= line;
        }
        return next;
}

enum zl_exit zl_intake_file(const struct zl_intake *intake, const char *path)
{
        if (path && (zl_tape_is(path) || zl_tape_is_kept(path)))
                return read_tape(intake, path);
        FILE *file = path ? fopen(path, "rb") : stdin;
        size_t size;

        if (!file) {
                zl_say_errno("cannot read %s", path);
                return ZL_EXIT_FAILED;
        }
        uint8_t *bytes = read_all(file, &size);
        bool failed = !bytes || ferror(file);
        if (failed)
                zl_say_errno("cannot read %s", path ? path : "stdin");
        if (path)
                fclose(file);
        enum zl_exit code = ZL_EXIT_FAILED;
        if (!failed && path && zl_tape_begins(bytes, size))
                code = read_tape(intake, path);
        else if (!failed && zl_tape_begins(bytes, size))
                zl_say("a tape is read by name: zeroline decode TAPE");
        else if (!failed && intake->hex)
                code = exit_of(give_hex(intake, bytes, size));
        else if (!failed)
                code = exit_of(give_bytes(intake, bytes, size));
        free(bytes);
        return code;
}

/* ---- sockets ---- */

static enum zl_exit listen_to(const struct zl_intake *intake, struct zl_socket *socket)
{
        enum zl_intake_next next = ZL_INTAKE_GO_ON;
        const uint8_t *frame;
        size_t size;

        zl_stop_listen();
        while (!zl_stopped() && next == ZL_INTAKE_GO_ON) {
                zl_socket_wait(&socket, 1, -1, 200);
                while (next == ZL_INTAKE_GO_ON &&
                       zl_socket_receive(socket, &frame, &size) == ZL_OK)
                        next = give(intake, frame, size, ZL_RECORD_IN);
                fflush(stdout);
        }
        return exit_of(next);
}

static void subscribe(struct zl_socket *socket, const struct zl_option_list *topics)
{
        for (uint32_t i = 0; i < topics->count; i++) {
                char prefix[64];
                int size = snprintf(prefix, sizeof prefix, "\xad%s", topics->values[i]);
                zl_socket_subscribe(socket, prefix, (size_t)size);
        }
        if (!topics->count)
                zl_socket_subscribe(socket, "", 0);
}

enum zl_exit zl_intake_socket(const struct zl_intake *intake, const struct zl_intake_socket *from)
{
        struct zl_bus *bus = NULL;
        struct zl_socket *socket = NULL;
        enum zl_err err = zl_net_open(from->net, &bus);

        if (err == ZL_OK)
                err = zl_socket_open(bus, from->sub ? ZL_SOCKET_SUB : ZL_SOCKET_PULL,
                                     from->sub ? from->sub : from->pull, &socket);
        enum zl_exit code = zl_net_exit(err);
        if (err == ZL_OK) {
                if (from->sub)
                        subscribe(socket, from->topics);
                code = listen_to(intake, socket);
        }
        zl_socket_close(socket, 0);
        zl_bus_close(bus);
        return code;
}
