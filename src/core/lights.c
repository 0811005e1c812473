#include "core/lights.h"

#include "core/line.h"
#include "core/outbox.h"

enum { FRAME_MOST = 4096 }; /* messages of one frame */

/* The queue that begins at `from`; returns where the next one does. */
static uint32_t light_queue(struct zl_engine *engine, uint32_t from)
{
        struct zl_candidate *rows = engine->round->candidates;
        bool ranked = zl_queue_is_ranked(engine, rows[from].winner.instrument);
        uint32_t to = zl_queue_end(engine->round, from);
        zl_i128 total = 0, ahead = 0;

        for (uint32_t i = from; i < to; i++)
                total += rows[i].winner.qty;
        for (uint32_t i = from; i < to; i++) {
                rows[i].lights = ranked ? zl_lights(ahead, rows[i].winner.qty, total) : 0;
                ahead += rows[i].winner.qty;
        }
        return to;
}

void zl_lights_make(struct zl_engine *engine)
{
        struct zl_round *round = engine->round;

        for (uint32_t at = 0; at < round->candidates_count;)
                at = light_queue(engine, at);
        round->lights_said = 0;
        round->lights_in_frame = 0;
}

bool zl_lights_go_on(struct zl_engine *engine)
{
        struct zl_round *round = engine->round;
        struct zl_candidate *rows = round->candidates;

        for (; round->lights_said < round->candidates_count; round->lights_said++) {
                const struct zl_candidate *one = &rows[round->lights_said];
                struct zl_msg_rank rank = {.instrument = one->winner.instrument,
                                           .leg = one->winner.leg,
                                           .account = one->winner.account,
                                           .lights = one->lights};
                bool joins = round->lights_in_frame > 0 && round->lights_in_frame < FRAME_MOST &&
                             one[-1].winner.instrument == one->winner.instrument;
                if (one->lights == 0)
                        continue;
                if (!zl_outbox_has_room_for(engine->outbox, ZL_TYPE_RANK))
                        return false;
                zl_pool_id_format(one->winner.pool, rank.pool);
                zl_say_rank(engine, &rank, joins);
                round->lights_in_frame = joins ? round->lights_in_frame + 1 : 1;
        }
        return true;
}
