/* heal.h - what an engine missed, asked for at a journal while it runs on.
 *
 * Answers: nothing; it gives states of partitions with a hole to the owner, and behind each the
 * frames of that partition that came since the hole was seen. A state is taken only when it and
 * those frames reach to where the engine is: none takes it back. When the journal has the same
 * hole, is behind or says nothing, it is asked again, at growing spans; a restatement may be there
 * first. A hole in what all depend on comes before all others.
 * Owns: its socket, the copies of frames, and states on their way. Thread: its owner's. */
#ifndef ZL_APP_WORKER_HEAL_H
#define ZL_APP_WORKER_HEAL_H

#include "app/worker/ask.h"

#include <zeroline/engine.h>

enum { ZL_HEAL_WINDOW = 8 }; /* partitions asked for at once */

struct zl_heal_job {
        struct zl_ask ask;
        bool open;
        uint32_t attempts;
        uint64_t rest_ns; /* nothing is asked before */
};

struct zl_heal {
        struct zl_asker asker; /* its journal: NULL: there is none, and nothing is done */
        struct zl_heal_job jobs[ZL_HEAL_WINDOW];
        struct zl_frames copies;
        struct zl_message *message;
        uint64_t look_ns;  /* when to look for holes, by the monotonic clock */
        uint32_t turn;     /* the partition to begin with */
        uint64_t taken, in_vain; /* states */
};

/* Takes the frame as if it were heard now. */
typedef void zl_heal_give(void *context, const uint8_t *frame, size_t size);

/* ZL_ERR_INVALID or ZL_ERR_SYSTEM after a line on stderr. */
ZL_MUST_CHECK enum zl_err zl_heal_open(struct zl_heal *heal, struct zl_bus *bus,
                                       const char *journal, const struct zl_engine_config *config);
void zl_heal_close(struct zl_heal *heal);
/* The engine has taken this frame. */
void zl_heal_note(struct zl_heal *heal, const struct zl_engine *engine,
                  const struct zl_header *header, const uint8_t *frame, size_t size);
/* From the owner's loop. */
void zl_heal_work(struct zl_heal *heal, const struct zl_engine *engine, uint64_t ticks_ns,
                  zl_heal_give *give, void *context);

#endif
