/* heard.h - how far every stream is that somebody listens to.
 *
 * Answers: is this frame the next of its stream, was one before it missed, has its source begun
 * anew? Owns: a row a source and a row a stream. Thread: its owner's. */
#ifndef ZL_APP_ROUTER_HEARD_H
#define ZL_APP_ROUTER_HEARD_H

#include "codec/table.h"

struct zl_heard {
        struct zl_table sources; /* by src; each row has a dense number */
        struct zl_table streams; /* by topic and that number */
};

enum zl_heard_as {
        ZL_HEARD_NEXT, /* or the first that is heard of the stream */
        ZL_HEARD_HOLE, /* frames before it were missed, or may have been: it is of a new epoch */
        ZL_HEARD_OLD,  /* its sequence number was there before, or a higher one */
        ZL_HEARD_OVER, /* its epoch is over */
};

void zl_heard_open(struct zl_heard *heard);
void zl_heard_close(struct zl_heard *heard);

/* Without memory every frame is the first. `ret_anew`: the first frame of a source's new epoch. */
enum zl_heard_as zl_heard_take(struct zl_heard *heard, const struct zl_header *header,
                               bool *ret_anew);
/* What a beat says of a stream. Whether its last frames were missed; of a stream that was never
 * heard nothing was. */
bool zl_heard_beat(struct zl_heard *heard, uint32_t src, struct zl_topic topic, uint64_t epoch,
                   uint64_t seq);
/* Of the stream; 0: it was never heard. */
uint64_t zl_heard_epoch(struct zl_heard *heard, uint32_t src, struct zl_topic topic);
/* Whether the source was heard on a topic of this kind. */
bool zl_heard_says(struct zl_heard *heard, uint32_t src, enum zl_topic_kind kind);

#endif
