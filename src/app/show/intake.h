/* intake.h - frames from wherever they are: a file, a tape, what a journal keeps, a socket.
 *
 * Answers: what is the next frame? Hands each to the caller until it has enough, and says on stderr
 * what is damaged. Owns: nothing between calls. Thread: its owner's. */
#ifndef ZL_APP_SHOW_INTAKE_H
#define ZL_APP_SHOW_INTAKE_H

#include "app/net.h"
#include "app/options.h"
#include "tape/tape.h"

enum zl_intake_next {
        ZL_INTAKE_GO_ON,
        ZL_INTAKE_ENOUGH,
        ZL_INTAKE_FAILED,
};

/* A frame; `kind` is IN where nothing else is known. It stays valid until this returns. */
typedef enum zl_intake_next zl_intake_take(void *context, const uint8_t *frame, size_t size,
                                           enum zl_record_kind kind);

struct zl_intake {
        zl_intake_take *take;
        void *context;
        bool hex; /* files and stdin: a frame a line, in hex */
};

/* Reads a tape, a journal (its folder or a segment) or frames one behind the other; `path` NULL:
 * stdin. */
enum zl_exit zl_intake_file(const struct zl_intake *intake, const char *path);

struct zl_intake_socket {
        const char *sub, *pull;              /* one of them */
        const struct zl_option_list *topics; /* of `sub`, or how they begin; none: all */
        const struct zl_net *net;
};

/* Until the process is to stop. stdout is flushed whenever nothing more waits. */
enum zl_exit zl_intake_socket(const struct zl_intake *intake, const struct zl_intake_socket *from);

#endif
