/* reader.h - a tape that is being read, as the files of this folder share it. Owns: see tape.h. */
#ifndef ZL_TAPE_READER_H
#define ZL_TAPE_READER_H

#include "tape/kept.h"

struct zl_tape_reader {
        struct zl_kept_source *kept; /* NULL: a tape, and what follows is its */
        const uint8_t *data; /* the file, mapped; NULL when it is empty */
        uint64_t size;
        uint64_t offset;
        uint64_t number;
        uint64_t torn;
        uint64_t forgotten; /* bytes at the beginning that are no longer in memory */
        bool nameless; /* its first bytes are damaged */
        bool states;  /* are given too */
        bool all;     /* and seals and holes */
        bool goes_on; /* what was said last was a hole, and is passed */
        struct zl_tape_damage damage;
        char why[256];
};

#endif
