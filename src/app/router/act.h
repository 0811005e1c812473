/* act.h - what a router is told to act: a venue of its own, or a fault.
 *
 *     fill            every order fills, at its limit
 *     part:50%        so much of each close and conversion fills, and the rest expires
 *     reject          every order is rejected
 *     delay:300ms     the answer comes so much later
 *     forget:every=N  the router forgets all keys after every N decisions that it admitted
 *     die:after=N     the process ends as if it were killed after N
 *
 * Of fill, part and reject those given are taken in turn, a decision each. It is a venue to try
 * things with, and no ledger: it moves no account. Answers: what becomes of an order, and when?
 * Owns: its queue of answers. Time: the caller's. Thread: its owner's. */
#ifndef ZL_APP_ROUTER_ACT_H
#define ZL_APP_ROUTER_ACT_H

#include <zeroline/message.h>

enum { ZL_ACT_TURNS_MAX = 16 };

struct zl_act_answer {
        uint64_t due_ns;
        uint32_t partition;
        struct zl_msg_exec exec;
};

struct zl_act {
        uint32_t percents[ZL_ACT_TURNS_MAX]; /* of an order that fills; 0: it is rejected */
        uint32_t turns;                      /* 0: it is no venue */
        uint64_t delay_ms, forget_every, die_after;
        uint64_t decisions; /* so far */
        struct zl_act_answer *answers;
        uint32_t answers_first, answers_count, answers_max;
};

enum zl_act_fault {
        ZL_ACT_NONE,
        ZL_ACT_FORGET,
        ZL_ACT_DIE,
};

/* NULL, or what is wrong with the text. */
const char *zl_act_read(struct zl_act *act, const char *text);
/* NULL, or what is wrong with all that was read. */
const char *zl_act_check(const struct zl_act *act, bool has_venue);
void zl_act_close(struct zl_act *act);

/* One more decision was admitted; then its orders. False: out of memory. */
void zl_act_decide(struct zl_act *act);
ZL_MUST_CHECK bool zl_act_order(struct zl_act *act, uint32_t partition,
                                const struct zl_message *order, uint64_t now_ns);
/* What happens behind the decision. */
enum zl_act_fault zl_act_fault(const struct zl_act *act);

/* Ends what is held: it expires now. */
void zl_act_recall(struct zl_act *act);
/* The next answer that is due; false: none now. */
bool zl_act_next(struct zl_act *act, uint64_t now_ns, struct zl_act_answer *ret_answer);

#endif
