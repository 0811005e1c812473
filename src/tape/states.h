/* states.h - the engine's state on a tape, every so often, between its records.
 *
 * Answers: what is the last state before a point, and where does it stand? It is found from the
 * end: each state says how far before it the last one begins, and all bear the tape's seal, so that
 * the bytes behind the last one can be searched for it. A frame from outside cannot hold the seal,
 * since only who reads the tape knows it.
 * A state is one record or several, one behind the other, as no record is longer than a frame may
 * be. The body of each begins with 72 bytes, little-endian, then a part of the state:
 *
 *     16  the tape's seal
 *      8  number of this record
 *      8  bytes back to the state's first record
 *      8  bytes from there back to the first record of the state before; 0: there is none
 *      8  engine time, ns          8  messages from outside that the engine had taken
 *      8  bytes of the state    8  which of them is the first here
 *
 * Of a journal's folder the snapshots are its states. Thread: the reader's or writer's owner's. */
#ifndef ZL_TAPE_STATES_H
#define ZL_TAPE_STATES_H

#include "tape/tape.h"

enum { ZL_PART_HEAD_SIZE = 72 };

struct zl_tape_state {
        uint64_t number;  /* of its first record: the state behind all records before */
        uint64_t records; /* that it takes */
        uint64_t offset, behind; /* bytes of the file: where it begins, what follows it */
        uint64_t now_ns;   /* engine time; of a journal's, when it was made */
        uint64_t messages; /* taken before; of a journal's 0 */
        uint64_t size;
};

/* One record of a state. */
struct zl_tape_part {
        uint64_t number;
        uint64_t back;     /* bytes to the state's first record */
        uint64_t previous; /* bytes from there to that of the state before; 0: none */
        uint64_t now_ns, messages;
        uint64_t size, at; /* of the state; the first of these bytes */
        const uint8_t *seal, *bytes;
        uint32_t bytes_size;
};

/* False: the record is no part of a state. */
bool zl_tape_part_get(const struct zl_tape_record *record, struct zl_tape_part *ret_part);

/* Before any state, and once. */
ZL_MUST_CHECK enum zl_err zl_tape_append_seal(struct zl_tape_writer *writer,
                                              const uint8_t seal[ZL_SEAL_SIZE]);
/* As zl_tape_append. ZL_ERR_FULL: no memory; nothing was written. */
ZL_MUST_CHECK enum zl_err zl_tape_append_state(struct zl_tape_writer *writer, uint64_t now_ns,
                                               uint64_t messages, const void *bytes, size_t size);

/* The last state whose first record is at most this, made at this time or before. ZL_ERR_END: none
 * that holds. */
ZL_MUST_CHECK enum zl_err zl_tape_find_state(struct zl_tape_reader *reader, uint64_t number_max,
                                             uint64_t now_ns_max,
                                             struct zl_tape_state *ret_state);
/* Into `bytes`, which takes state->size. ZL_ERR_DAMAGED: it does not hold any more. */
ZL_MUST_CHECK enum zl_err zl_tape_read_state(struct zl_tape_reader *reader,
                                             const struct zl_tape_state *state, uint8_t *bytes);
/* The next record is the one behind it. ZL_ERR_SYSTEM. */
ZL_MUST_CHECK enum zl_err zl_tape_go_behind(struct zl_tape_reader *reader,
                                            const struct zl_tape_state *state);

#endif
