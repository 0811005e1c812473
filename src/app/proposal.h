/* proposal.h - a decision on its way: one frame, one key, orders at the places 0, 1, 2, ...
 *
 * Answers: whose decision is this frame, of how many orders, until when, how urgent? Workers queue
 * what routers admit and venues execute, and all three read it here. Owns: nothing. Thread: any. */
#ifndef ZL_APP_PROPOSAL_H
#define ZL_APP_PROPOSAL_H

#include "core/key.h"

#include <zeroline/frame.h>

enum { ZL_PROPOSAL_ORDERS_MAX = 128 };

struct zl_proposal {
        struct zl_topic topic;
        struct zl_key key; /* of the decision: without a place */
        uint32_t orders_count;
        uint64_t made_ns;    /* engine time of the evaluation */
        uint64_t expires_ns; /* the earliest of its orders'; 0: none of them expires */
        enum zl_exec_step step; /* the first order's */
        bool closes;       /* positions; else it cancels or converts */
        int64_t shortfall; /* of one that closes: maintenance less equity, in the numeraire */
};

/* NULL, or what is wrong with the frame; of one that does not decode `ret_reader` knows more.
 * `scratch` holds one message after the other. */
const char *zl_proposal_read(const void *frame, size_t size, struct zl_message *scratch,
                             struct zl_proposal *ret_proposal,
                             struct zl_frame_reader *ret_reader);
/* The id of the order that a message is. NULL: it is none. */
const char *zl_proposal_order(const struct zl_message *message);

#endif
