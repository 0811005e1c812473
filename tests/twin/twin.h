/* twin.h - what the engine must say, found the dumb way.
 *
 * Answers: given these messages, which outputs do the rules call for? A pool is judged with exact
 * arithmetic whenever a message may concern it; there is no index, no band and no queue, and no
 * code is shared with src/core. Of the ladder it has all steps up to the deficit. All partitions
 * are its own, and 0 is its home.
 * Owns: everything it keeps. Thread: one. */
#ifndef ZL_TESTS_TWIN_H
#define ZL_TESTS_TWIN_H

#include <zeroline/message.h>

enum {
        TWIN_INSTRUMENTS = 16,
        TWIN_ASSETS = 8,
        TWIN_POLICIES = 8,
        TWIN_ACCOUNTS = 16,
        TWIN_POOLS = 256,
        TWIN_POSITIONS = 16, /* of a pool */
        TWIN_STREAMS = 256,
        TWIN_PARTITIONS = 256,
        TWIN_OUTPUTS = 4 * TWIN_POOLS + 64,
};

struct twin_output {
        struct zl_header header;
        enum zl_type type;
        bool joins; /* the frame of the output before */
        uint64_t rank;
        union {
                struct zl_msg_cancel cancel;
                struct zl_msg_convert convert;
                struct zl_msg_liquidate liquidate;
                struct zl_msg_deficit deficit;
                struct zl_msg_alert alert; /* its text is left empty: words are not modelled */
        };
};

struct twin;

/* `src` and `epoch` are those of its outputs. */
struct twin *twin_create(uint32_t src, uint64_t epoch);
void twin_destroy(struct twin *twin);

/* Takes message `place` of a frame. The outputs stay until the next step. */
const struct twin_output *twin_step(struct twin *twin, const struct zl_header *header,
                                    uint32_t place, const struct zl_message *message,
                                    uint32_t *ret_count);

#endif
