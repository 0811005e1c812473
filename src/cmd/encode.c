/* zeroline encode - JSON lines to frames: on stdout, to a tape, or to a socket. */
#include "cmd/command.h"

#include "app/lines.h"
#include "app/net.h"
#include "app/options.h"
#include "app/say.h"
#include "bus/socket.h"
#include "tape/tape.h"

#include <zeroline/frame.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Where frames go. */
struct sink {
        bool hex;
        struct zl_tape_writer *tape;
        struct zl_bus *bus;
        struct zl_socket *socket;
};

static bool put_hex(const uint8_t *frame, size_t size)
{
        for (size_t i = 0; i < size; i++) {
                if (printf("%02x", frame[i]) < 0)
                        return false;
        }
        return putchar('\n') != EOF;
}

static bool put_frame(struct sink *sink, struct zl_frame_writer *writer)
{
        size_t size;

        if (zl_frame_end(writer, &size) != ZL_OK) {
                zl_say("a frame would be longer than %d bytes", ZL_FRAME_SIZE_MAX);
                return false;
        }
        if (sink->tape) {
                if (zl_tape_append(sink->tape, ZL_RECORD_IN, writer->data, size) == ZL_OK)
                        return true;
                zl_say_errno("cannot write the tape");
                return false;
        }
        if (sink->socket) {
                if (zl_socket_send(sink->socket, writer->data, size, true) == ZL_OK)
                        return true;
                zl_say_errno("cannot send");
                return false;
        }
        bool good = sink->hex ? put_hex(writer->data, size)
                              : fwrite(writer->data, 1, size, stdout) == size;
        if (!good)
                zl_say_errno("cannot write to stdout");
        return good;
}

/* One message a frame; lines that give the same sequence share theirs. */
static bool encode_all(struct zl_lines *lines, struct sink *sink, uint8_t *buffer)
{
        const struct zl_message *message;
        struct zl_header header;
        struct zl_frame_writer writer;
        bool joins, open = false;
        enum zl_err err;

        while ((err = zl_lines_next(lines, &message, &header, &joins)) == ZL_OK) {
                if (!open || !joins) {
                        if (open && !put_frame(sink, &writer))
                                return false;
                        zl_frame_begin(&writer, buffer, ZL_FRAME_SIZE_MAX, &header);
                        open = true;
                }
                zl_frame_add(&writer, message);
        }
        if (open && !put_frame(sink, &writer))
                return false;
        return err == ZL_ERR_END;
}

static enum zl_exit encode(FILE *file, const char *name, struct sink *sink)
{
        struct zl_lines *lines = zl_lines_open(file, name);
        uint8_t *buffer = malloc(ZL_FRAME_SIZE_MAX);
        bool good = false;

        if (lines && buffer)
                good = encode_all(lines, sink, buffer);
        else
                zl_say("out of memory");
        free(buffer);
        zl_lines_close(lines);
        return good ? ZL_EXIT_OK : ZL_EXIT_FAILED;
}

/* The tape appears under its name only when it is whole. */
static enum zl_exit encode_to_tape(FILE *file, const char *name, const char *path)
{
        struct sink sink = {0};
        char part[4096];

        snprintf(part, sizeof part, "%s.part", path);
        if (unlink(part) != 0 && errno != ENOENT) {
                zl_say_errno("cannot replace %s", part);
                return ZL_EXIT_FAILED;
        }
        if (zl_tape_create(part, &sink.tape) != ZL_OK) {
                zl_say_errno("cannot make %s", part);
                return ZL_EXIT_FAILED;
        }
        enum zl_exit code = encode(file, name, &sink);
        if (zl_tape_close(sink.tape) != ZL_OK && code == ZL_EXIT_OK) {
                zl_say_errno("cannot write %s", part);
                code = ZL_EXIT_FAILED;
        }
        if (code == ZL_EXIT_OK && rename(part, path) != 0) {
                zl_say_errno("cannot rename %s to %s", part, path);
                code = ZL_EXIT_FAILED;
        }
        if (code != ZL_EXIT_OK)
                unlink(part);
        return code;
}

static enum zl_exit encode_to_socket(FILE *file, const char *name, const char *endpoint, bool pub,
                                     const struct zl_net *net, uint64_t peers)
{
        struct sink sink = {0};
        enum zl_socket_kind kind = pub ? ZL_SOCKET_XPUB : ZL_SOCKET_PUSH;
        enum zl_err err = zl_net_open(net, &sink.bus);

        if (err == ZL_OK)
                err = zl_socket_open(sink.bus, kind, endpoint, &sink.socket);
        enum zl_exit code = zl_net_exit(err);
        if (err == ZL_OK) {
                if (pub)
                        zl_socket_await_subscriptions(sink.socket, peers);
                code = encode(file, name, &sink);
        }
        zl_socket_close(sink.socket, 2000);
        zl_bus_close(sink.bus);
        return code;
}

enum zl_exit zl_cmd_encode(int argc, char **argv)
{
        const char *tape = NULL, *push = NULL, *pub = NULL;
        uint64_t peers = 1;
        bool hex = false;
        struct zl_net net = ZL_NET_DEFAULT;
        const struct zl_option options[] = {
                {"out", ZL_OPTION_TEXT, &tape, "TAPE", "write a tape", 0, 0,
                 'o'},
                {"hex", ZL_OPTION_FLAG, &hex, NULL, "one frame a line, in hex", 0, 0, 0},
                {"push", ZL_OPTION_TEXT, &push, "ENDPOINT", "connect a PUSH socket there", 0, 0, 0},
                {"pub", ZL_OPTION_TEXT, &pub, "ENDPOINT", "bind a PUB socket there", 0, 0, 0},
                {"await", ZL_OPTION_NUMBER, &peers, "N",
                 "with --pub: begin after so many subscriptions (1)", 0, 1000000, 0},
                ZL_NET_OPTIONS(net),
        };
        const struct zl_usage usage = {
                .arguments = "[FILE]",
                .text = "Reads JSON lines and writes them as frames: one behind the other on "
                        "stdout, or where\nthe options say. A decimal's scale is what the stream "
                        "said before.",
                .options = options,
                .options_count = sizeof options / sizeof options[0],
                .arguments_max = 1,
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        FILE *file = stdin;
        const char *name = first < argc ? argv[first] : "stdin";
        if (first < argc && !(file = fopen(name, "rb"))) {
                zl_say_errno("cannot read %s", name);
                return ZL_EXIT_FAILED;
        }
        struct sink sink = {.hex = hex};
        if (tape)
                code = encode_to_tape(file, name, tape);
        else if (push || pub)
                code = encode_to_socket(file, name, pub ? pub : push, pub != NULL, &net, peers);
        else
                code = encode(file, name, &sink);
        if (file != stdin)
                fclose(file);
        return code;
}
