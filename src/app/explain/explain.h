/* explain.h - why was this sent, or nothing?
 *
 * Answers, of an order, a decision, a deficit, a plan, or an account at a moment of a tape: which
 * state it was decided on, term by term, and which step of the ladder came of it. The tape is run
 * through an engine up to the message that caused it; then the functions that decided are asked
 * again, so that an explanation is never a second opinion. Owns: nothing between calls. Thread: its
 * owner's. */
#ifndef ZL_APP_EXPLAIN_EXPLAIN_H
#define ZL_APP_EXPLAIN_EXPLAIN_H

#include "app/explain/origins.h"
#include "app/risk/report.h"
#include "app/said.h"

#include "app/point.h"
#include "core/decision.h"
#include "core/explain.h"
#include "core/ladder.h"
#include "core/replan.h"
#include "core/terms.h"

struct zl_explain {
        const char *path;
        const char *id; /* "42/x/17/0/1", "42/x/17/0", "plan/1/5", "plan/1/5/3"; NULL: an account */
        uint64_t account;
        const char *pool; /* of the account; NULL: each */
        struct zl_point at; /* of an account: behind the last message there; none: the end */
        uint64_t nth; /* the n-th time that it was said, from 1 */
        bool json;
};

enum zl_explained {
        ZL_EXPLAINED_DECISION,
        ZL_EXPLAINED_DEFICIT,
        ZL_EXPLAINED_PLAN,
        ZL_EXPLAINED_POOL,
};

/* What is told, valid while it is. Of a plan the pool's part is not set; of a pool the plan's is
 * not. */
struct zl_explanation {
        enum zl_explained kind;
        const struct zl_explain *asked;
        struct zl_engine *engine;
        const struct zl_scales *scales;
        const struct zl_origins *origins;
        const struct zl_follow_step *step; /* the message behind which it is told, or NULL in it */
        const struct zl_said *said; /* the frames that said it */
        struct zl_message *scratch;
        bool matches; /* what is explained is what was said */
        /* of a pool */
        const char *met_by; /* of a deficit: a plan that the same message made; or NULL */
        const struct zl_pool *before; /* its place before the message, or NULL */
        struct zl_subject subject;
        struct zl_waiting waiting;
        bool decides; /* it is not good: `decision` is what follows from its state */
        struct zl_decision decision;
        bool has_left; /* what is left by a reduction that was sized: `left`, worth `left_worth` */
        const struct zl_view *left;
        struct zl_worth left_worth;
        /* of a plan */
        struct zl_replan *replan;
        bool has_place;
        uint32_t place; /* of the message that is asked about */
};

/* The last answer about the pool that is told of, or NULL. */
const struct zl_msg_exec *zl_explain_answer(const struct zl_explanation *of);

/* ZL_ERR_INVALID, after a line on stderr: there is no such thing on the tape. */
ZL_MUST_CHECK enum zl_err zl_explain(const struct zl_explain *asked);

/* Fills in what is told of the pool in this row. */
void zl_explain_look(struct zl_explanation *of, uint32_t pool);
/* Whether each order, or each message of the plan, that was said follows from the state. */
bool zl_explain_matches(struct zl_explanation *of);
bool zl_explain_plan_matches(struct zl_explanation *of);

/* Whole lines, each with its end. */
void zl_explain_json(const struct zl_explanation *of, struct zl_text *text);
void zl_explain_plan_json(const struct zl_explanation *of, struct zl_text *text);
/* Its parts: fields of the object under way; of a list of sources a row. */
void zl_explain_source(struct zl_text *text, const char *type, uint64_t id,
                       const struct zl_origin *origin);
void zl_explain_head(const struct zl_explanation *of, struct zl_text *text);
void zl_explain_terms(const struct zl_explanation *of, struct zl_text *text);
/* Of a pool: the fund of its first open position; 0: none. */
uint32_t zl_explain_fund(const struct zl_explanation *of);
/* Of a plan: whether the deficit under way is asked about. */
bool zl_explain_meets(const struct zl_explanation *of);
/* All that is judged by, as lines that `calc` and `encode` read; of a pool with its account. */
void zl_explain_world(const struct zl_explanation *of, const struct zl_pool *pool,
                      struct zl_text *text);

void zl_explain_text(const struct zl_explanation *of, struct zl_text *text);
void zl_explain_plan_text(const struct zl_explanation *of, struct zl_text *text);
/* Its parts: the message that it is told behind; what a pool is worth, as tables. */
void zl_explain_title(const struct zl_explanation *of, struct zl_text *text);
void zl_explain_tables(const struct zl_explanation *of, struct zl_text *text);
void zl_explain_orders(const struct zl_explanation *of, struct zl_text *text);
void zl_explain_ladder(const struct zl_explanation *of, struct zl_text *text);
/* "  name      " */
void zl_explain_label(struct zl_text *text, const char *name);

#endif
