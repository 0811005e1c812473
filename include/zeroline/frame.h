/* frame.h - frames: one ZeroMQ message part, one MessagePack stream.
 *
 * Answers: which bytes is this message, which message are these bytes? A frame is a topic, a header
 * and one or more messages; its first 14 bytes are its ZeroMQ subscription. Nothing is allocated.
 */
#ifndef ZEROLINE_FRAME_H
#define ZEROLINE_FRAME_H

#include "message.h"

ZL_BEGIN_C

enum {
        ZL_WIRE_VERSION = 1,
        ZL_FRAME_SIZE_MAX = 1 << 20,  /* longer frames are neither written nor read */
};

/* Writes one frame into the caller's buffer. An error sticks: begin, add and add, check the end. */
struct zl_frame_writer {
        uint8_t *data;
        size_t size;
        size_t capacity;
        bool full;
};

ZL_API void zl_frame_begin(struct zl_frame_writer *writer, void *buffer, size_t capacity,
                           const struct zl_header *header);
ZL_API void zl_frame_add(struct zl_frame_writer *writer, const struct zl_message *message);
/* The same for a struct that stands by itself, for example a `struct zl_msg_mark`. */
ZL_API void zl_frame_add_as(struct zl_frame_writer *writer, enum zl_type type, const void *object);
/* Messages as they stand in another frame, behind its header: what a newer writer has put at the
 * end of them is kept. */
ZL_API void zl_frame_add_bytes(struct zl_frame_writer *writer, const void *messages, size_t size);
/* ZL_ERR_FULL: the buffer was too small, or the frame too long for the bus. */
ZL_API ZL_MUST_CHECK enum zl_err zl_frame_end(struct zl_frame_writer *writer, size_t *ret_size);

/* Why a frame does not decode: counted by kind, and said in words by zl_frame_error. */
enum zl_defect {
        ZL_DEFECT_NONE,
        ZL_DEFECT_TRUNCATED,
        ZL_DEFECT_TOO_LONG,
        ZL_DEFECT_TOPIC,
        ZL_DEFECT_VERSION,
        ZL_DEFECT_TYPE,     /* not a message type, or not one for this topic */
        ZL_DEFECT_FORM,     /* a value of another form than the field's */
        ZL_DEFECT_RANGE,    /* an integer or a choice out of range */
        ZL_DEFECT_TEXT,     /* a text too long, or not UTF-8 */
        ZL_DEFECT_MISSING,  /* nil where a value is required */
        ZL_DEFECT_SHORT,    /* an array with fewer fields than the record */
        ZL_DEFECT_LIST,     /* a list with more rows than the limit */
        ZL_DEFECT_EMPTY,    /* no message */
        ZL_DEFECT_KINDS,
};

/* Reads one frame. An error sticks. The bytes must outlive the reader. */
struct zl_frame_reader {
        const uint8_t *data;
        size_t size;
        size_t offset;
        struct zl_header header;
        uint32_t messages; /* read so far */
        enum zl_defect defect;
        const char *where_record; /* of the defect; NULL outside a record */
        const char *where_field;
        size_t where_byte;
};

ZL_API ZL_MUST_CHECK enum zl_err zl_frame_open(struct zl_frame_reader *reader, const void *data,
                                               size_t size);
/* ZL_ERR_END after the last message. */
ZL_API ZL_MUST_CHECK enum zl_err zl_frame_next(struct zl_frame_reader *reader,
                                               struct zl_message *ret_message);
/* Reads the whole frame with `scratch`, to know that every message decodes before any is used. */
ZL_API ZL_MUST_CHECK enum zl_err zl_frame_check(const void *data, size_t size,
                                                struct zl_message *scratch,
                                                struct zl_frame_reader *ret_reader);
ZL_API const char *zl_defect_name(enum zl_defect defect);
/* "account.qty: a value of the wrong form, at byte 71". Returns `text`. */
ZL_API const char *zl_frame_error(const struct zl_frame_reader *reader, char *text,
                                  size_t capacity);

ZL_END_C

#endif
