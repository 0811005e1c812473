/* recall.h - what a router must hear before it admits anything.
 *
 * A router that begins, or has forgotten, knows nothing of the orders that it sent before. So it
 * sends a `recall` for each partition; the venue ends what it holds of it and passes the recall on,
 * to `exec` and to the ledger, which passes it on to `acct`. When it has come back on both, every
 * answer to an earlier order and every trade of one stands before it.
 *
 * Answers: which partition is to be recalled next; is it settled; who is being waited for? Owns: a
 * row a partition. Time: the caller's. Thread: its owner's. */
#ifndef ZL_APP_ROUTER_RECALL_H
#define ZL_APP_ROUTER_RECALL_H

#include "codec/table.h"

struct zl_recall {
        struct zl_table partitions;
        uint32_t next; /* row; all before it were sent in this round */
        uint32_t unsettled;
        uint64_t wait_ms, due_ns;          /* for answers, before the next round */
        uint64_t patience_ms, complain_ns; /* the same of complaints */
};

void zl_recall_open(struct zl_recall *recall);
void zl_recall_close(struct zl_recall *recall);

/* A partition that was heard of; true: for the first time. */
bool zl_recall_meet(struct zl_recall *recall, uint32_t partition);
/* None is settled any more. */
void zl_recall_begin(struct zl_recall *recall);
/* The recall that is out came back on this topic: true when that settles its partition. */
bool zl_recall_hear(struct zl_recall *recall, struct zl_topic topic);
/* The partition of a row, below partitions.map.count. */
uint32_t zl_recall_partition(const struct zl_recall *recall, uint32_t row);
bool zl_recall_is_settled(const struct zl_recall *recall, uint32_t partition);

/* The next partition to send one for; false: none now. What is not answered is due again after
 * growing spans. `zl_recall_sent` goes on to the one behind it. */
bool zl_recall_next(struct zl_recall *recall, uint64_t now_ns, uint32_t *ret_partition);
void zl_recall_sent(struct zl_recall *recall, uint64_t now_ns);

/* Whether some were not sent in this round yet. */
static inline bool zl_recall_waits(const struct zl_recall *recall)
{
        return recall->next < recall->partitions.map.count;
}

enum { ZL_RECALL_TEXT_SIZE = 200 };
/* Who is being waited for, in words, after growing spans, and once that nobody is any more; false:
 * there is nothing to say now. */
bool zl_recall_complaint(struct zl_recall *recall, uint64_t now_ns,
                         char ret_text[ZL_RECALL_TEXT_SIZE]);

#endif
