/* feeder.h - a source of streams: what every publisher on this bus must keep right.
 *
 * Answers: which epoch and sequence number has this frame; what does a beat say; what does somebody
 * want who has just subscribed? It has no socket: frames go to the caller's function, as to
 * zmq_send on an XPUB socket with ZMQ_XPUB_VERBOSE. Owns: a counter a topic, a buffer. Thread: one.
 *
 *     struct zl_feeder *feeder = zl_feeder_new(src, epoch, send_frame, socket);
 *     zl_feeder_say(feeder, topic, now_ns, ZL_TYPE_MARK, &mark);      a frame of one message
 *     zl_feeder_beat(feeder, now_ns);                                 every second or so
 *
 * For each subscription that is heard, what it wants is stated anew, then zl_feeder_synced for each
 * of its topics; no beat comes between. The epoch must be higher than that of every run before: a
 * counter that is kept, or the start time in nanoseconds. */
#ifndef ZEROLINE_FEEDER_H
#define ZEROLINE_FEEDER_H

#include "frame.h"

ZL_BEGIN_C

struct zl_feeder;

/* False: the frame could not be sent; its number is used up all the same, so that it is missed. */
typedef bool zl_feeder_send(void *context, const void *frame, size_t size);

/* NULL: out of memory. */
ZL_API struct zl_feeder *zl_feeder_new(uint32_t src, uint64_t epoch, zl_feeder_send *send,
                                       void *context);
/* NULL is allowed. */
ZL_API void zl_feeder_free(struct zl_feeder *feeder);

/* One message as a frame of its own. False here and below: out of memory, too long for a frame, or
 * not sent. */
ZL_API bool zl_feeder_say(struct zl_feeder *feeder, struct zl_topic topic, uint64_t ts_ns,
                          enum zl_type type, const void *object);
/* Several as one frame: begin, add, add, end. */
ZL_API void zl_feeder_begin(struct zl_feeder *feeder, struct zl_topic topic, uint64_t ts_ns);
ZL_API void zl_feeder_add(struct zl_feeder *feeder, enum zl_type type, const void *object);
/* Messages as they stand in another frame, behind its header. */
ZL_API void zl_feeder_add_bytes(struct zl_feeder *feeder, const void *messages, size_t size);
ZL_API bool zl_feeder_end(struct zl_feeder *feeder);

/* Everything that the topic holds has been stated. */
ZL_API bool zl_feeder_synced(struct zl_feeder *feeder, struct zl_topic topic, uint64_t ts_ns);
/* How far each topic is that moved since the last beat, and where there is room others, in turn. */
ZL_API bool zl_feeder_beat(struct zl_feeder *feeder, uint64_t ts_ns);

/* What an XPUB socket received: true if somebody subscribed, and to topics that begin so ("acct.",
 * "mark.00000007", or nothing: to all). */
ZL_API bool zl_feeder_wanted(const void *data, size_t size, char ret_prefix[ZL_TOPIC_SIZE + 1]);
/* Whether the topic begins so. */
ZL_API bool zl_feeder_is_wanted(struct zl_topic topic, const char *prefix);

ZL_END_C

#endif
