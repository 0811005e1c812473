#include "app/replay/tempo.h"

#include "app/clock.h"
#include "app/say.h"
#include "app/stop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool zl_tempo_parse(const char *text, struct zl_tempo *ret_tempo)
{
        struct zl_tempo tempo = {.kind = ZL_TEMPO_MOST};
        char *end = NULL;

        if (strcmp(text, "max") != 0) {
                bool plain = strspn(text, "0123456789.") > 0;
                tempo.value = plain ? strtod(text, &end) : 0;
                tempo.kind = end && !strcmp(end, "x") ? ZL_TEMPO_TIMES : ZL_TEMPO_RATE;
                if (!end || (strcmp(end, "x") != 0 && strcmp(end, "/s") != 0) ||
                    !isfinite(tempo.value) || tempo.value < 1e-6 || tempo.value > 1e9) {
                        zl_say("--pace \"%s\": expected max, times the tape's own pace like 1x or "
                               "0.5x, or frames a second like 5000/s",
                               text);
                        return false;
                }
        }
        *ret_tempo = tempo;
        return true;
}

static void wait_until(uint64_t due_ns)
{
        struct timespec due = {.tv_sec = (time_t)(due_ns / 1000000000u),
                               .tv_nsec = (long)(due_ns % 1000000000u)};

        while (!zl_stopped() && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) != 0)
                ;
}

void zl_tempo_wait(struct zl_tempo *tempo, uint64_t tape_ns)
{
        double behind_ns = 0;

        if (tempo->kind == ZL_TEMPO_MOST)
                return;
        if (!tempo->begun) {
                tempo->begun = true;
                tempo->begun_ns = zl_ticks_ns();
        }
        if (tempo->kind == ZL_TEMPO_RATE) {
                behind_ns = (double)tempo->frames++ * 1e9 / tempo->value;
        } else if (!tempo->tape_ns) {
                tempo->tape_ns = tape_ns;
                tempo->begun_ns = zl_ticks_ns();
        } else if (tape_ns > tempo->tape_ns) {
                behind_ns = (double)(tape_ns - tempo->tape_ns) / tempo->value;
        }
        if (behind_ns < 9e18)
                wait_until(tempo->begun_ns + (uint64_t)behind_ns);
}
