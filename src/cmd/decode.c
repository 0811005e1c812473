/* zeroline decode - frames from a file, a tape, a journal or a socket to JSON lines. */
#include "cmd/command.h"

#include "app/net.h"
#include "app/options.h"
#include "app/say.h"
#include "app/stop.h"
#include "bus/socket.h"
#include "codec/json.h"
#include "codec/split.h"
#include "tape/tape.h"

#include <zeroline/frame.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE_MAX = 8 << 20 };

struct decoder {
        struct zl_scales *scales;
        struct zl_message *message;
        char *line;
        uint64_t frames;
        uint64_t bad;
};

static bool print_message(struct decoder *decoder, const struct zl_header *header)
{
        struct zl_text text = zl_text_over(decoder->line, LINE_SIZE_MAX);

        zl_scales_learn(decoder->scales, decoder->message);
        zl_json_message(&text, decoder->scales, header, decoder->message);
        zl_json_close(&text);
        zl_text_char(&text, '\n');
        if (text.full) {
                zl_say("a message is too long to print");
                return false;
        }
        if (fwrite(text.data, 1, text.size, stdout) != text.size) {
                zl_say_errno("cannot write to stdout");
                return false;
        }
        return true;
}

/* False: nothing more can be printed. A frame that does not decode is said and passed over. */
static bool decode_frame(struct decoder *decoder, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;
        char why[200];
        enum zl_err err = zl_frame_check(frame, size, decoder->message, &reader);

        if (err == ZL_OK && zl_frame_open(&reader, frame, size) == ZL_OK) {
                while ((err = zl_frame_next(&reader, decoder->message)) == ZL_OK) {
                        if (!print_message(decoder, &reader.header))
                                return false;
                }
        }
        if (err == ZL_ERR_INVALID) {
                zl_say("frame %llu does not decode: %s", (unsigned long long)decoder->frames,
                       zl_frame_error(&reader, why, sizeof why));
                decoder->bad++;
        }
        decoder->frames++;
        return true;
}

static enum zl_exit decode_tape(struct decoder *decoder, const char *path)
{
        struct zl_tape_reader *tape;
        struct zl_tape_record record;
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
                if (err == ZL_OK && !decode_frame(decoder, record.frame, record.frame_size)) {
                        code = ZL_EXIT_FAILED;
                        break;
                }
                if (err == ZL_ERR_DAMAGED) {
                        zl_say("%s: %s%s", path, zl_tape_why(tape),
                               zl_tape_goes_on(tape) ? "" : "; what stands behind it is left out");
                        code = ZL_EXIT_FAILED;
                }
        } while (err == ZL_OK || (err == ZL_ERR_DAMAGED && zl_tape_goes_on(tape)));
        if (err == ZL_ERR_SYSTEM) {
                zl_say_errno("cannot read %s", path);
                code = ZL_EXIT_FAILED;
        }
        if (err == ZL_ERR_END && zl_tape_torn(tape))
                zl_say("%s: the last %llu bytes are a torn record and left out", path,
                       (unsigned long long)zl_tape_torn(tape));
        zl_tape_shut(tape);
        return code;
}

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

static enum zl_exit decode_bytes(struct decoder *decoder, const uint8_t *bytes, size_t size)
{
        size_t offset = 0;

        while (offset < size) {
                size_t frame = zl_frame_split(bytes + offset, size - offset);
                if (!decode_frame(decoder, bytes + offset, frame))
                        return ZL_EXIT_FAILED;
                offset += frame;
        }
        return ZL_EXIT_OK;
}

/* A line by itself: a frame that was cut short swallows nothing behind its own line. */
static enum zl_exit decode_hex(struct decoder *decoder, uint8_t *bytes, size_t size)
{
        enum zl_exit code = ZL_EXIT_OK;

        while (size > 0 && code == ZL_EXIT_OK) {
                const uint8_t *end = memchr(bytes, '\n', size);
                size_t line = end ? (size_t)(end - bytes) + 1 : size;
                size_t used = line;
                if (unhex(bytes, &used)) {
                        code = decode_bytes(decoder, bytes, used);
                } else {
                        zl_say("the input is not hex");
                        code = ZL_EXIT_FAILED;
                }
                bytes += line;
                size -= line;
        }
        return code;
}

static enum zl_exit decode_file(struct decoder *decoder, const char *path, bool hex)
{
        if (path && zl_tape_is_kept(path))
                return decode_tape(decoder, path);
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
                code = decode_tape(decoder, path);
        else if (!failed && zl_tape_begins(bytes, size))
                zl_say("a tape is read by name: zeroline decode TAPE");
        else if (!failed && hex)
                code = decode_hex(decoder, bytes, size);
        else if (!failed)
                code = decode_bytes(decoder, bytes, size);
        free(bytes);
        return code;
}

static enum zl_exit decode_live(struct decoder *decoder, struct zl_socket *socket, uint64_t most)
{
        const uint8_t *frame;
        size_t size;

        zl_stop_listen();
        while (!zl_stopped() && (most == 0 || decoder->frames < most)) {
                zl_socket_wait(&socket, 1, -1, 200);
                while ((most == 0 || decoder->frames < most) &&
                       zl_socket_receive(socket, &frame, &size) == ZL_OK) {
                        if (!decode_frame(decoder, frame, size))
                                return ZL_EXIT_FAILED;
                }
                fflush(stdout);
        }
        return ZL_EXIT_OK;
}

static enum zl_exit decode_socket(struct decoder *decoder, const char *sub, const char *pull,
                                  const struct zl_option_list *topics, const struct zl_net *net,
                                  uint64_t most)
{
        struct zl_bus *bus = NULL;
        struct zl_socket *socket = NULL;
        enum zl_err err = zl_net_open(net, &bus);

        if (err == ZL_OK)
                err = zl_socket_open(bus, sub ? ZL_SOCKET_SUB : ZL_SOCKET_PULL, sub ? sub : pull,
                                     &socket);
        enum zl_exit code = zl_net_exit(err);
        if (err == ZL_OK) {
                for (uint32_t i = 0; sub && i < topics->count; i++) {
                        char prefix[64];
                        int size = snprintf(prefix, sizeof prefix, "\xad%s", topics->values[i]);
                        zl_socket_subscribe(socket, prefix, (size_t)size);
                }
                if (sub && !topics->count)
                        zl_socket_subscribe(socket, "", 0);
                code = decode_live(decoder, socket, most);
        }
        zl_socket_close(socket, 0);
        zl_bus_close(bus);
        return code;
}

struct settings {
        const char *sub, *pull;
        struct zl_option_list topics;
        uint64_t most;
        bool hex;
        struct zl_net net;
};

static enum zl_exit run(const struct settings *settings, const char *path)
{
        struct decoder decoder = {
                .scales = zl_scales_open(),
                .message = malloc(sizeof *decoder.message),
                .line = malloc(LINE_SIZE_MAX),
        };
        enum zl_exit code = ZL_EXIT_FAILED;

        if (!decoder.scales || !decoder.message || !decoder.line)
                zl_say("out of memory");
        else if (settings->sub || settings->pull)
                code = decode_socket(&decoder, settings->sub, settings->pull, &settings->topics,
                                     &settings->net, settings->most);
        else
                code = decode_file(&decoder, path, settings->hex);
        if (decoder.bad && code == ZL_EXIT_OK)
                code = ZL_EXIT_FAILED;
        zl_scales_close(decoder.scales);
        free(decoder.message);
        free(decoder.line);
        return code;
}

enum zl_exit zl_cmd_decode(int argc, char **argv)
{
        struct settings settings = {.net = ZL_NET_DEFAULT};
        const struct zl_option options[] = {
                {"hex", ZL_OPTION_FLAG, &settings.hex, NULL, "the input is hex, a frame a line",
                 0, 0, 0},
                {"sub", ZL_OPTION_TEXT, &settings.sub, "ENDPOINT", "connect a SUB socket there", 0,
                 0, 0},
                {"topic", ZL_OPTION_LIST, &settings.topics, "TOPIC",
                 "with --sub: topics, or how they begin", 0, 0, 0},
                {"pull", ZL_OPTION_TEXT, &settings.pull, "ENDPOINT", "bind a PULL socket there", 0,
                 0, 0},
                {"count", ZL_OPTION_NUMBER, &settings.most, "N",
                 "with --sub or --pull: stop after so many frames", 0, UINT64_MAX, 'n'},
                ZL_NET_OPTIONS(settings.net),
        };
        const struct zl_usage usage = {
                .arguments = "[FILE]",
                .text = "Prints every message of a tape, of a journal (its folder or a segment), "
                        "of frames one\nbehind the other (from FILE or stdin), or of a socket, as "
                        "a JSON line.",
                .options = options,
                .options_count = sizeof options / sizeof options[0],
                .arguments_max = 1,
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        return run(&settings, first < argc ? argv[first] : NULL);
}
