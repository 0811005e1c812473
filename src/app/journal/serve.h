/* serve.h - gives snapshots of partitions to who asks for them, in bounded parts.
 *
 * Answers: `snapshot_get` with `snapshot_part`, as fast as the peer takes them; one of no parts
 * says that there is none now, or that the peer asks for more at once than it takes. A peer that
 * takes nothing for a while is given up. And `frames_get` with one `frames_part`: what is
 * remembered of a stream, at once, as much as fits. Owns: what is still to be sent. Thread: its
 * owner's. */
#ifndef ZL_APP_JOURNAL_SERVE_H
#define ZL_APP_JOURNAL_SERVE_H

#include "app/worker/ask.h"
#include "app/journal/journal.h"
#include "bus/socket.h"

enum { ZL_SERVE_JOBS_MAX = 64 };

/* A snapshot on its way to one peer. */
struct zl_serve_job {
        struct zl_peer peer;
        uint32_t partition, part, parts;
        uint64_t request;
        uint64_t moved_ns; /* when a part went last, by the monotonic clock */
        uint8_t *bytes;    /* NULL: a free place */
        size_t size;
};

struct zl_serve {
        struct zl_socket *socket;
        struct zl_serve_job jobs[ZL_SERVE_JOBS_MAX];
        struct zl_message *message;
        struct zl_frames frames; /* of the answer under way */
        uint32_t turn;  /* the place whose turn comes first */
        uint64_t seq, served, refused, gone, bad_frames;
        uint64_t frames_given;
};

ZL_MUST_CHECK enum zl_err zl_serve_open(struct zl_serve *serve, struct zl_bus *bus,
                                        const char *endpoint);
void zl_serve_close(struct zl_serve *serve);
/* Takes requests and sends parts, as many as go now. */
void zl_serve_work(struct zl_serve *serve, struct zl_journal *journal, uint64_t now_ns);

#endif
