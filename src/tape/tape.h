/* tape.h - a file of frames, each with its length and checksum.
 *
 * Answers: what did this engine read and write, in which order? A file begins with 16 bytes that
 * name it; each record is a 16-byte head (size, kind, XXH3-64 of both and of the frame) and the
 * frame. A torn last record, at any byte, is cut; a record whose checksum differs is damage: it is
 * said where it begins, and where the next record stands that holds.
 * Owns: its file and a buffer. Thread: its owner's. */
#ifndef ZL_TAPE_TAPE_H
#define ZL_TAPE_TAPE_H

#include <zeroline/base.h>

enum zl_record_kind {
        ZL_RECORD_IN = 0,       /* a frame from outside, clock included */
        ZL_RECORD_OUT = 1,      /* a frame the engine made */
        ZL_RECORD_INTERNAL = 2, /* a frame between partitions */
        ZL_RECORD_KEPT = 3,     /* only in segments: position and time of arrival, then the frame */
        ZL_RECORD_SEAL = 4,     /* 16 bytes that nobody outside knows: its states bear them */
        ZL_RECORD_STATE = 5,    /* the engine's state there, or a part of it: see states.h */
        ZL_RECORD_HOLE = 6,     /* what a repair could not save stood here: see repair.h */
        ZL_RECORD_KINDS,
};

enum { ZL_SEAL_SIZE = 16 };

struct zl_tape_record {
        enum zl_record_kind kind;
        const uint8_t *frame;
        uint32_t frame_size;
        uint64_t number; /* from 0 */
        uint64_t offset; /* of its head in the file */
};

struct zl_tape_writer;
struct zl_tape_reader;

/* Makes a new file; ZL_ERR_SYSTEM when it exists or cannot be made (errno). */
ZL_MUST_CHECK enum zl_err zl_tape_create(const char *path, struct zl_tape_writer **ret_writer);
/* Buffers a record, of at most ZL_FRAME_SIZE_MAX bytes. After a failure (disk full) nothing more is
 * taken: every answer is then ZL_ERR_SYSTEM, and the file ends with the last whole record. */
ZL_MUST_CHECK enum zl_err zl_tape_append(struct zl_tape_writer *writer, enum zl_record_kind kind,
                                         const void *frame, size_t frame_size);
/* Hands what is buffered to the operating system. */
ZL_MUST_CHECK enum zl_err zl_tape_flush(struct zl_tape_writer *writer);
uint64_t zl_tape_records(const struct zl_tape_writer *writer);
/* Bytes of all that was appended. */
uint64_t zl_tape_written(const struct zl_tape_writer *writer);
/* Flushes and closes. NULL is allowed. */
ZL_MUST_CHECK enum zl_err zl_tape_close(struct zl_tape_writer *writer);

/* Opens a tape, or what a journal kept: a folder of segments or one of them, whose frames then are
 * records of kind in. ZL_ERR_SYSTEM: errno says why. ZL_ERR_INVALID: it is something else. */
ZL_MUST_CHECK enum zl_err zl_tape_open(const char *path, struct zl_tape_reader **ret_reader);
/* The next record of a frame; seals and states are passed over. ZL_ERR_END at the end, torn or not;
 * ZL_ERR_DAMAGED, with ret_record's number and offset set, where a checksum differs, or where
 * frames are missing, in a folder or on a tape that was repaired. The frame stays valid until
 * zl_tape_forget or zl_tape_rewind, or until the reader is shut. ZL_ERR_SYSTEM: errno. */
ZL_MUST_CHECK enum zl_err zl_tape_next(struct zl_tape_reader *reader,
                                       struct zl_tape_record *ret_record);
/* Bytes of a torn record at the end, known once zl_tape_next has answered ZL_ERR_END. */
uint64_t zl_tape_torn(const struct zl_tape_reader *reader);
uint64_t zl_tape_size(const struct zl_tape_reader *reader);
/* After ZL_ERR_DAMAGED: which record and what is wrong with it. */
const char *zl_tape_why(const struct zl_tape_reader *reader);
/* Whether zl_tape_next goes on behind what is damaged: where frames are known to be missing. */
bool zl_tape_goes_on(const struct zl_tape_reader *reader);

/* From now on zl_tape_next gives the records of states too: see states.h. */
void zl_tape_show_states(struct zl_tape_reader *reader);

/* What cannot be read, from a record's head on. */
struct zl_tape_damage {
        uint64_t number; /* of the first record in it */
        uint64_t offset, size;
        bool to_end; /* nothing that holds stands behind it */
};

/* After ZL_ERR_DAMAGED from a tape that does not go on. */
struct zl_tape_damage zl_tape_damage(const struct zl_tape_reader *reader);
/* Goes on behind it, at the next record that holds. Of what is in between nobody knows how many
 * records it was: one is counted. */
void zl_tape_pass_damage(struct zl_tape_reader *reader);
/* The number of the record that comes next, whatever its kind. */
uint64_t zl_tape_number(const struct zl_tape_reader *reader);
/* The frames given so far are needed no more. */
void zl_tape_forget(struct zl_tape_reader *reader);
ZL_MUST_CHECK enum zl_err zl_tape_rewind(struct zl_tape_reader *reader);
void zl_tape_shut(struct zl_tape_reader *reader);

/* Whether these first bytes of a file are a tape's. */
bool zl_tape_begins(const void *bytes, size_t size);
/* Whether the file of this name is a tape by its first bytes. */
bool zl_tape_is(const char *path);
/* Whether this is a folder, or a file that begins like a segment: to be read by name only. */
bool zl_tape_is_kept(const char *path);

#endif
