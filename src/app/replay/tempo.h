/* tempo.h - how fast a replay goes.
 *
 * Answers: when is this frame due? Frames are counted from the first one that is asked about.
 * Owns: nothing. Thread: its owner's. */
#ifndef ZL_APP_REPLAY_TEMPO_H
#define ZL_APP_REPLAY_TEMPO_H

#include <zeroline/base.h>

enum zl_tempo_kind {
        ZL_TEMPO_MOST, /* as fast as it goes */
        ZL_TEMPO_TIMES,
        ZL_TEMPO_RATE,
};

struct zl_tempo {
        enum zl_tempo_kind kind;
        double value; /* times the tape's own pace; frames a second */
        bool begun;
        uint64_t begun_ns, tape_ns, frames;
};

/* "max", "1x", "0.5x", "5000/s". False after a line on stderr. */
ZL_MUST_CHECK bool zl_tempo_parse(const char *text, struct zl_tempo *ret_tempo);
/* Waits until the next frame, of this time on the tape, is due; or until a signal asks to stop. A
 * frame before the tape's time begins is due at once. */
void zl_tempo_wait(struct zl_tempo *tempo, uint64_t tape_ns);

#endif
