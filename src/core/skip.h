/* skip.h - why a rung of the ladder is passed over.
 *
 * Answers: nothing by itself; whoever decides whether a rung applies says it with one of these, so
 * that who asks later hears the same reason. Owns: nothing. Thread: any. */
#ifndef ZL_CORE_SKIP_H
#define ZL_CORE_SKIP_H

enum zl_skip {
        ZL_SKIP_NOT,             /* it applies */
        ZL_SKIP_ANSWERED,        /* n stands behind it */
        ZL_SKIP_POLICY,          /* the policy wants none */
        ZL_SKIP_NOTHING_HELD,    /* no order holds margin */
        ZL_SKIP_ISOLATED,        /* the pool has one asset */
        ZL_SKIP_NO_DEBT,         /* no amount is negative */
        ZL_SKIP_NOTHING_TO_SELL, /* all that there is, is held or owed */
        ZL_SKIP_NOTHING_TRADES,  /* no position may be traded, or holds a lot */
        ZL_SKIP_UNREACHED,       /* nothing short of everything reaches the target */
        ZL_SKIP_EVERYTHING,      /* what reaches it closes everything */
};

#endif
