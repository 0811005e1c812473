#include "core/layout.h"

#include "core/bidding.h"
#include "core/decision.h"
#include "core/plan.h"

enum {
        SOURCES_MAX = 4096,
        BUCKETS_MAX = 32768,
};

static void *take(struct zl_arena *arena, size_t count, size_t size)
{
        void *part = arena->data ? arena->data + arena->used : NULL;

        arena->used += (count * size + 63) & ~(size_t)63;
        return part;
}

static void take_map(struct zl_arena *arena, struct zl_map *map, uint32_t count_max)
{
        struct zl_map_slot *slots = take(arena, zl_map_slots(count_max), sizeof *slots);

        zl_map_init(map, slots, count_max);
}

static void take_heap(struct zl_arena *arena, struct zl_heap *heap, struct zl_heap_pages *pages,
                      uint32_t *slots, uint32_t entries_max)
{
        *heap = (struct zl_heap){
                .pages = pages,
                .table = take(arena, zl_heap_table_for(entries_max), sizeof(uint32_t)),
                .slots = slots,
        };
}

static void take_trigger(struct zl_arena *arena, struct zl_trigger *trigger,
                         struct zl_heap_pages *pages, uint32_t *below, uint32_t *above,
                         uint32_t owners)
{
        take_heap(arena, &trigger->below, pages, below, owners);
        take_heap(arena, &trigger->above, pages, above, owners);
}

static uint32_t *take_slots(struct zl_arena *arena, uint32_t owners)
{
        return take(arena, owners, sizeof(uint32_t));
}

/* Of every position the edges along its mark and its funding index, of every position and balance
 * those along a rate, of every pool a deadline. */
static void take_index(struct zl_arena *arena, struct zl_engine *engine)
{
        const struct zl_engine_config *config = &engine->config;
        uint32_t positions = config->positions_max, pools = engine->pool_rows.max;
        uint32_t owners = positions + config->balances_max;
        struct zl_index_slots *slots = &engine->slots;
        struct zl_trigger unused;

        uint32_t pages = 4 * zl_heap_pages_for(positions, config->instruments_max) +
                         2 * zl_heap_pages_for(owners, config->assets_max) +
                         zl_heap_pages_for(pools, 1);
        engine->pages.pages_max = pages;
        engine->pages.entries =
                take(arena, (size_t)pages * ZL_HEAP_PAGE, sizeof(struct zl_heap_entry));
        engine->pages.given_back = take(arena, pages, sizeof(uint32_t));
        slots->mark_below = take_slots(arena, positions);
        slots->mark_above = take_slots(arena, positions);
        slots->funding_below = take_slots(arena, positions);
        slots->funding_above = take_slots(arena, positions);
        slots->rate_below = take_slots(arena, owners);
        slots->rate_above = take_slots(arena, owners);
        slots->deadline = take_slots(arena, pools);
        take_heap(arena, &engine->deadlines, &engine->pages, slots->deadline, pools);
        for (uint32_t i = 0; i < config->instruments_max; i++) {
                struct zl_instrument *instrument = engine->instruments ? &engine->instruments[i]
                                                                       : NULL;
                take_trigger(arena, instrument ? &instrument->trigger : &unused, &engine->pages,
                             slots->mark_below, slots->mark_above, positions);
                take_trigger(arena, instrument ? &instrument->funding_trigger : &unused,
                             &engine->pages, slots->funding_below, slots->funding_above,
                             positions);
        }
        for (uint32_t i = 0; i < config->assets_max; i++)
                take_trigger(arena, engine->assets ? &engine->assets[i].trigger : &unused,
                             &engine->pages, slots->rate_below, slots->rate_above, owners);
}

/* All accounts, streams and buckets at once, or one of the smaller tables. */
static size_t order_max(const struct zl_engine *engine)
{
        const struct zl_engine_config *config = &engine->config;

        return (size_t)config->accounts_max + config->streams_max + BUCKETS_MAX +
               config->instruments_max + config->assets_max + config->policies_max +
               config->funds_max;
}

static void take_scratch(struct zl_arena *arena, struct zl_engine *engine)
{
        const struct zl_engine_config *config = &engine->config;
        size_t owners = (size_t)config->positions_max + config->balances_max;
        size_t pools = engine->pool_rows.max;

        engine->work = take(arena, pools, sizeof *engine->work);
        engine->crossed = take(arena, 2 * (owners + pools), sizeof *engine->crossed);
        engine->view = take(arena, 1, sizeof *engine->view);
        engine->trial = take(arena, 1, sizeof *engine->trial);
        engine->box = take(arena, 1, sizeof *engine->box);
        engine->decision = take(arena, 1, sizeof *engine->decision);
        engine->order = take(arena, order_max(engine), sizeof *engine->order);
}

/* Of funds: a round with its answers, this engine's own answer, a plan. */
static void take_funds(struct zl_arena *arena, struct zl_engine *engine, uint32_t partitions)
{
        uint32_t winners = engine->config.positions_max;
        struct zl_round no_round;
        struct zl_bidding no_bidding;
        struct zl_plan no_plan;

        engine->round = take(arena, 1, sizeof *engine->round);
        engine->bidding = take(arena, 1, sizeof *engine->bidding);
        engine->plan = take(arena, 1, sizeof *engine->plan);
        struct zl_round *round = engine->round ? engine->round : &no_round;
        struct zl_bidding *bidding = engine->bidding ? engine->bidding : &no_bidding;
        struct zl_plan *plan = engine->plan ? engine->plan : &no_plan;
        round->fund = ZL_NONE_AT;
        round->answers = take(arena, partitions, sizeof *round->answers);
        round->claims = take(arena, ZL_CLAIMS_MAX, sizeof *round->claims);
        round->candidates = take(arena, winners, sizeof *round->candidates);
        round->candidates_max = bidding->candidates_max = winners;
        bidding->claims = take(arena, ZL_CLAIMS_MAX, sizeof *bidding->claims);
        bidding->claims_max = ZL_CLAIMS_MAX;
        bidding->candidates = take(arena, winners, sizeof *bidding->candidates);
        plan->rows_max = ZL_PLAN_MAX;
        plan->rows = take(arena, ZL_PLAN_MAX, sizeof *plan->rows);
        plan->line = take(arena, winners, sizeof *plan->line);
        plan->gives = take(arena, winners, sizeof *plan->gives);
        plan->spread = take(arena, winners, sizeof *plan->spread);
        plan->by_place = take(arena, winners, sizeof *plan->by_place);
}

static void set_rows(struct zl_rows *rows, uint32_t max)
{
        *rows = (struct zl_rows){.free = ZL_NONE_AT, .max = max};
}

void zl_lay_out(struct zl_arena *arena, struct zl_engine *engine)
{
        const struct zl_engine_config *config = &engine->config;
        uint32_t partitions = config->partitions ? config->partitions : ZL_PARTITIONS_MAX;

        set_rows(&engine->position_rows, config->positions_max);
        set_rows(&engine->balance_rows, config->balances_max);
        set_rows(&engine->pool_rows, config->positions_max + config->accounts_max);
        engine->assets = take(arena, config->assets_max, sizeof *engine->assets);
        engine->instruments = take(arena, config->instruments_max, sizeof *engine->instruments);
        engine->policies = take(arena, config->policies_max, sizeof *engine->policies);
        engine->accounts = take(arena, config->accounts_max, sizeof *engine->accounts);
        engine->pools = take(arena, engine->pool_rows.max, sizeof *engine->pools);
        engine->positions = take(arena, config->positions_max, sizeof *engine->positions);
        engine->balances = take(arena, config->balances_max, sizeof *engine->balances);
        engine->streams = take(arena, config->streams_max, sizeof *engine->streams);
        engine->buckets = take(arena, BUCKETS_MAX, sizeof *engine->buckets);
        engine->funds = take(arena, config->funds_max, sizeof *engine->funds);
        take_map(arena, &engine->assets_by_id, config->assets_max);
        take_map(arena, &engine->instruments_by_id, config->instruments_max);
        take_map(arena, &engine->policies_by_id, config->policies_max);
        take_map(arena, &engine->accounts_by_id, config->accounts_max);
        take_map(arena, &engine->streams_by_topic, config->streams_max);
        take_map(arena, &engine->sources_by_id, SOURCES_MAX);
        take_map(arena, &engine->buckets_by_key, BUCKETS_MAX);
        take_map(arena, &engine->funds_by_id, config->funds_max);
        take_index(arena, engine);
        take_scratch(arena, engine);
        take_funds(arena, engine, partitions);
        engine->acct_holes = take(arena, partitions, sizeof(uint32_t));
        engine->first_of_partition = take(arena, partitions, sizeof(uint32_t));
        engine->order_seq = take(arena, partitions, sizeof(uint64_t));
        engine->alert_seq = take(arena, partitions, sizeof(uint64_t));
        engine->deficit_seq = take(arena, partitions, sizeof(uint64_t));
        engine->bid_seq = take(arena, partitions, sizeof(uint64_t));
}
