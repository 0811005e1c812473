#include "core/lights.h"

#include "core/outbox.h"

enum { FRAME_MOST = 4096 }; /* messages of one frame */

static bool same_queue(const struct zl_candidate *a, const struct zl_candidate *b)
{
        return a->winner.instrument == b->winner.instrument && a->side == b->side;
}

static bool is_ranked(const struct zl_engine *engine, uint32_t instrument_id)
{
        const struct zl_policy *policy;
        uint32_t row;

        if (!zl_map_get(&engine->instruments_by_id, instrument_id, &row))
                return false;
        policy = zl_state_find_policy(engine, engine->instruments[row].policy);
        return policy && policy->adl_score != ZL_ADL_SCORE_PRO_RATA &&
               policy->adl_score != ZL_ADL_SCORE_LEAST_OVERSHOOT;
}

/* The queue that begins at `from`; returns where the next one does. */
static uint32_t light_queue(struct zl_engine *engine, uint32_t from)
{
        struct zl_candidate *rows = engine->round->candidates;
        bool ranked = is_ranked(engine, rows[from].winner.instrument);
        zl_i128 total = 0, ahead = 0;
        uint32_t to = from;

        for (; to < engine->round->candidates_count && same_queue(&rows[from], &rows[to]); to++)
                total += rows[to].winner.qty;
        for (uint32_t i = from; i < to; i++) {
                rows[i].lights = ranked ? zl_lights(ahead, rows[i].winner.qty, total) : 0;
                ahead += rows[i].winner.qty;
        }
        return to;
}

void zl_lights_make(struct zl_engine *engine)
{
        struct zl_round *round = engine->round;

        zl_candidates_sort(round->candidates, round->candidates_count, zl_by_queue);
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
