/* parts.h - a snapshot put together from its parts.
 *
 * Answers: is it whole? Parts come in order, with their digests; another snapshot's first part
 * begins anew. Owns: the bytes so far. Thread: its owner's. */
#ifndef ZL_APP_PARTS_H
#define ZL_APP_PARTS_H

#include <zeroline/message.h>

struct zl_parts {
        uint32_t partition, next;
        uint64_t request;
        uint8_t *bytes;
        size_t size, capacity;
};

/* ZL_OK: it is whole, in `bytes`; ZL_ERR_END: more is to come; ZL_ERR_INVALID: this is not its next
 * part, or not what it says; ZL_ERR_SYSTEM: no memory. */
ZL_MUST_CHECK enum zl_err zl_parts_take(struct zl_parts *parts,
                                        const struct zl_msg_snapshot_part *said);
void zl_parts_free(struct zl_parts *parts);

#endif
