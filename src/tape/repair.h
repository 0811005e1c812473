/* repair.h - a clean copy of a tape that is damaged.
 *
 * Answers: what can be saved, and what is missing? Records before, between and behind damaged bytes
 * go to the copy as they are. Where some are missing a record of kind hole says so, in 24 bytes,
 * little-endian: the offset and the size of what could not be read, and how many records it was (0:
 * nobody knows). That is known where a state stands behind it, since states know their number; and
 * then records keep the numbers that they had. What is missing at the end leaves no hole.
 * Owns: nothing. Thread: the owner's of both tapes. */
#ifndef ZL_TAPE_REPAIR_H
#define ZL_TAPE_REPAIR_H

#include "tape/tape.h"

struct zl_tape_hole {
        uint64_t offset, size; /* in the file that was damaged */
        uint64_t records;      /* that are missing; 0: nobody knows */
};

/* False: the record is no hole. */
bool zl_tape_hole_get(const struct zl_tape_record *record, struct zl_tape_hole *ret_hole);

struct zl_tape_repair {
        struct zl_tape_reader *from; /* opened by zl_tape_open_damaged */
        struct zl_tape_writer *to;
        /* Is told of each damage; `records`: 0 when nobody knows. */
        void (*missing)(void *context, const struct zl_tape_damage *damage, uint64_t records);
        void *context;
};

struct zl_tape_saved {
        uint64_t records, bytes; /* with their heads */
        uint64_t places, missing; /* damaged places, and their bytes */
        uint64_t torn;
};

/* As zl_tape_open; its first bytes may be damaged too. */
ZL_MUST_CHECK enum zl_err zl_tape_open_damaged(const char *path,
                                               struct zl_tape_reader **ret_reader);
/* ZL_ERR_SYSTEM: the copy cannot be written (errno). */
ZL_MUST_CHECK enum zl_err zl_tape_repair(const struct zl_tape_repair *repair,
                                         struct zl_tape_saved *ret_saved);

#endif
