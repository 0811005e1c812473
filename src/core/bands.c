#include "core/bands.h"

#include "core/guess.h"

enum {
        LOOSE_SHARE = 20, /* above this part of an instrument's positions a mark is a gap */
        LOOSE_LEAST = 64,
};

/* ---- near lists ---- */

static void leave_near(struct zl_engine *engine, uint32_t row)
{
        struct zl_position *position = &engine->positions[row];

        if (!position->near)
                return;
        position->near = false;
        if (position->next_near != ZL_NONE_AT)
                engine->positions[position->next_near].previous_near = position->previous_near;
        if (position->previous_near != ZL_NONE_AT)
                engine->positions[position->previous_near].next_near = position->next_near;
        else
                engine->instruments[position->instrument].first_near = position->next_near;
}

static void join_near(struct zl_engine *engine, uint32_t row)
{
        struct zl_position *position = &engine->positions[row];
        struct zl_instrument *instrument = &engine->instruments[position->instrument];

        if (position->near)
                return;
        position->near = true;
        position->previous_near = ZL_NONE_AT;
        position->next_near = instrument->first_near;
        if (instrument->first_near != ZL_NONE_AT)
                engine->positions[instrument->first_near].previous_near = row;
        instrument->first_near = row;
}

/* ---- owners of edges ---- */

/* A rate's band belongs to the balance in the asset, or to the first position settling in it. */
static uint32_t rate_owner(const struct zl_engine *engine, const struct zl_view *view, uint32_t at)
{
        const struct zl_stock *stock = &view->stocks[at];
        uint32_t i = 0;

        if (stock->balance != ZL_NONE_AT)
                return engine->config.positions_max + stock->balance;
        while (view->parts[i].stock != at)
                i++;
        return view->parts[i].position;
}

static uint32_t pool_of(const struct zl_engine *engine, uint32_t owner)
{
        const struct zl_pool_id cross = {.cross = true};

        if (owner < engine->config.positions_max)
                return engine->positions[owner].pool;
        const struct zl_balance *balance =
                &engine->balances[owner - engine->config.positions_max];
        return zl_state_find_pool(engine, balance->account, cross);
}

static struct zl_edges edges_of(int64_t low, int64_t high, int64_t least, int64_t most)
{
        struct zl_edges edges = {.has_below = low > least, .has_above = high < most};

        if (edges.has_below)
                edges.below = low - 1;
        if (edges.has_above)
                edges.above = high + 1;
        return edges;
}

void zl_bands_forget_position(struct zl_engine *engine, uint32_t row)
{
        const struct zl_position *position = &engine->positions[row];
        struct zl_instrument *instrument = &engine->instruments[position->instrument];

        leave_near(engine, row);
        zl_trigger_disarm(&instrument->trigger, row);
        zl_trigger_disarm(&instrument->funding_trigger, row);
        if (instrument->settle_at != ZL_NONE_AT)
                zl_trigger_disarm(&engine->assets[instrument->settle_at].trigger, row);
}

void zl_bands_forget_balance(struct zl_engine *engine, uint32_t row)
{
        zl_trigger_disarm(&engine->assets[engine->balances[row].asset].trigger,
                          engine->config.positions_max + row);
}

void zl_bands_disarm(struct zl_engine *engine, uint32_t row)
{
        const struct zl_pool *pool = &engine->pools[row];

        for (uint32_t at = pool->first_position; at != ZL_NONE_AT;
             at = engine->positions[at].next_of_pool)
                zl_bands_forget_position(engine, at);
        for (uint32_t at = pool->id.cross ? engine->accounts[pool->account].first_balance
                                          : ZL_NONE_AT;
             at != ZL_NONE_AT; at = engine->balances[at].next_of_account)
                zl_bands_forget_balance(engine, at);
}

void zl_bands_keep_near(struct zl_engine *engine, uint32_t row)
{
        zl_bands_disarm(engine, row);
        for (uint32_t at = engine->pools[row].first_position; at != ZL_NONE_AT;
             at = engine->positions[at].next_of_pool)
                join_near(engine, at);
}

/* ---- one instrument, one asset: the nearest marks themselves ---- */

static void narrow_below(struct zl_edges *edges, int64_t mark)
{
        if (!edges->has_below || mark > edges->below)
                edges->below = mark;
        edges->has_below = true;
}

static void narrow_above(struct zl_edges *edges, int64_t mark)
{
        if (!edges->has_above || mark < edges->above)
                edges->above = mark;
        edges->has_above = true;
}

/* How much more (for what must stay good), or less, is due at an end of the funding interval. */
static zl_i128 funding_cost(const struct zl_box *box, const struct zl_view *view, bool good)
{
        const struct zl_axis *axis = &box->axes[0];
        zl_i128 now = 0, low = 0, high = 0;

        if (axis->funding_low == axis->funding_high)
                return 0;
        for (uint32_t i = 0; i < axis->count; i++) {
                now += view->parts[i].due;
                low += zl_due_ceil(&view->parts[i], axis->funding_low);
                high += zl_due_ceil(&view->parts[i], axis->funding_high);
        }
        return good ? zl_max_i128(low, high) - now + axis->count
                    : zl_min_i128(low, high) - now - axis->count;
}

static void set_funding(struct zl_box *box, const struct zl_view *view, int64_t width)
{
        struct zl_axis *axis = &box->axes[0];
        zl_i128 here = axis->instrument->funding;

        axis->funding_low = zl_saturate_i64(zl_max_i128(here - width, -INT64_MAX));
        axis->funding_high = zl_saturate_i64(here + width);
        for (uint32_t i = 0; i < axis->count; i++)
                zl_due_range(&view->parts[i], &axis->funding_low, &axis->funding_high);
}

/* A path, as bad for what is to be kept as the funding interval allows. */
static struct zl_path path_of(const struct zl_box *box, const struct zl_view *view,
                              const struct zl_worth *worth, const struct zl_keep *keep)
{
        struct zl_path path;

        zl_path_init(&path, view, worth, box->axes[0].instrument, keep->threshold);
        path.fixed -= funding_cost(box, view, keep->good);
        return path;
}

static bool holds_here(const struct zl_path *path, const struct zl_keep *keep)
{
        struct zl_wide excess = zl_path_excess(path, path->instrument->coordinate);

        return zl_wide_negative(excess) != keep->good;
}

/* The widest funding interval of those guessed in which everything to be kept still is. */
static void choose_funding(struct zl_engine *engine, struct zl_box *box,
                           const struct zl_view *view, const struct zl_worth *worth,
                           const struct zl_keep *keeps, uint32_t count)
{
        uint64_t *noise = engine->guess_noise ? &engine->guess_noise : NULL;
        int64_t width = INT64_MAX;

        for (uint32_t i = 0; i < count; i++) {
                struct zl_wide excess = zl_worth_excess(view, worth, keeps[i].threshold);
                int64_t guess = zl_guess_funding(box, view, &keeps[i], &excess, noise);
                width = guess < width ? guess : width;
        }
        for (;; width /= 2) {
                bool all = true;
                set_funding(box, view, width);
                for (uint32_t i = 0; i < count && all && width; i++) {
                        struct zl_path path = path_of(box, view, worth, &keeps[i]);
                        all = holds_here(&path, &keeps[i]);
                }
                if (all)
                        return;
        }
}

static void arm_exactly(struct zl_engine *engine, struct zl_box *box, const struct zl_view *view,
                        const struct zl_worth *worth, const struct zl_keep *keeps, uint32_t count)
{
        const struct zl_axis *axis = &box->axes[0];
        uint32_t owner = view->parts[0].position;
        struct zl_instrument *instrument =
                &engine->instruments[engine->positions[owner].instrument];
        struct zl_edges edges = {0}, funding;
        int64_t mark;

        choose_funding(engine, box, view, worth, keeps, count);
        for (uint32_t i = 0; i < count; i++) {
                struct zl_path path = path_of(box, view, worth, &keeps[i]);
                if (zl_path_nearest(&path, !keeps[i].good, instrument->mark - 1, ZL_DOWN, &mark))
                        narrow_below(&edges, mark);
                if (zl_path_nearest(&path, !keeps[i].good, instrument->mark + 1, ZL_UP, &mark))
                        narrow_above(&edges, mark);
        }
        funding = edges_of(axis->funding_low, axis->funding_high, -INT64_MAX, INT64_MAX);
        zl_trigger_arm(&instrument->trigger, owner, &edges);
        zl_trigger_arm(&instrument->funding_trigger, owner, &funding);
}

/* ---- several ---- */

static bool all_hold(const struct zl_box *box, const struct zl_view *view,
                     const struct zl_keep *keeps, uint32_t count)
{
        for (uint32_t i = 0; i < count; i++) {
                if (!zl_box_holds(box, view, &keeps[i]))
                        return false;
        }
        return true;
}

/* The interval that stands in the index around a value; all of [least, most] where nothing does.
 * False: the value lies outside. */
static bool indexed(const struct zl_trigger *trigger, uint32_t owner, int64_t value, int64_t least,
                    int64_t most, int64_t *ret_low, int64_t *ret_high)
{
        int64_t below = zl_heap_key(&trigger->below, owner);
        int64_t above = zl_heap_key(&trigger->above, owner);

        *ret_low = below == INT64_MAX ? least : -below + 1;
        *ret_high = above == INT64_MAX ? most : above - 1;
        return value >= *ret_low && value <= *ret_high;
}

static bool indexed_axis(struct zl_engine *engine, const struct zl_view *view,
                         struct zl_axis *axis)
{
        const struct zl_instrument *instrument = axis->instrument;
        uint32_t owner = view->parts[axis->first].position;
        int64_t low = -INT64_MAX, high = INT64_MAX;

        for (uint32_t i = axis->first; i < axis->first + axis->count; i++)
                zl_due_range(&view->parts[i], &low, &high);
        return !engine->positions[owner].near &&
               indexed(&instrument->trigger, owner, instrument->mark, instrument->min_price,
                       instrument->max_price, &axis->mark_low, &axis->mark_high) &&
               indexed(&instrument->funding_trigger, owner, instrument->funding, -INT64_MAX,
                       INT64_MAX, &axis->funding_low, &axis->funding_high) &&
               axis->funding_low >= low && axis->funding_high <= high;
}

/* The box that stands in the index. False: there is none, or the pool has left it. */
static bool indexed_box(struct zl_engine *engine, const struct zl_view *view, struct zl_box *box)
{
        for (uint32_t i = 0; i < box->axes_count; i++) {
                if (!indexed_axis(engine, view, &box->axes[i]))
                        return false;
        }
        for (uint32_t i = 0; box->rates_count && i < view->stocks_count; i++) {
                const struct zl_asset *asset = view->stocks[i].asset;
                if (asset->numeraire)
                        continue;
                if (!indexed(&asset->trigger, rate_owner(engine, view, i), asset->rate, 1,
                             INT64_MAX, &box->rate_low[i], &box->rate_high[i]))
                        return false;
        }
        return true;
}

/* Guesses until a box is proven; the present point alone always holds. */
static void find_box(struct zl_engine *engine, struct zl_box *box, const struct zl_view *view,
                     const struct zl_worth *worth, const struct zl_keep *keeps, uint32_t count)
{
        uint64_t *noise = engine->guess_noise ? &engine->guess_noise : NULL;
        struct zl_wide excess[ZL_KEEPS_MAX];

        for (uint32_t i = 0; i < count; i++)
                excess[i] = zl_worth_excess(view, worth, keeps[i].threshold);
        for (uint32_t try_number = 0; try_number < ZL_GUESSES; try_number++) {
                zl_guess_everything(box, view);
                for (uint32_t i = 0; i < count; i++)
                        zl_guess_box(box, view, &keeps[i], &excess[i], try_number, noise);
                if (all_hold(box, view, keeps, count))
                        return;
        }
        zl_box_shrink(box, view);
}

static bool any_narrow(const struct zl_box *box)
{
        for (uint32_t i = 0; i < box->axes_count; i++) {
                if (zl_guess_narrow(&box->axes[i]))
                        return true;
        }
        return false;
}

static void arm_box(struct zl_engine *engine, const struct zl_box *box, const struct zl_view *view)
{
        bool near = any_narrow(box);

        for (uint32_t i = 0; i < box->axes_count; i++) {
                const struct zl_axis *axis = &box->axes[i];
                uint32_t owner = view->parts[axis->first].position;
                struct zl_instrument *instrument =
                        &engine->instruments[engine->positions[owner].instrument];
                struct zl_edges mark = edges_of(axis->mark_low, axis->mark_high,
                                                instrument->min_price, instrument->max_price);
                struct zl_edges funding = edges_of(axis->funding_low, axis->funding_high,
                                                   -INT64_MAX, INT64_MAX);
                if (near) {
                        zl_trigger_disarm(&instrument->trigger, owner);
                        join_near(engine, owner);
                } else {
                        leave_near(engine, owner);
                        zl_trigger_arm(&instrument->trigger, owner, &mark);
                }
                zl_trigger_arm(&instrument->funding_trigger, owner, &funding);
        }
        for (uint32_t i = 0; i < view->stocks_count; i++) {
                uint32_t row = (uint32_t)(view->stocks[i].asset - engine->assets);
                struct zl_edges rate = edges_of(box->rate_low[i], box->rate_high[i], 1, INT64_MAX);
                if (!box->rates_count || row == engine->numeraire)
                        rate.has_below = rate.has_above = false;
                zl_trigger_arm(&engine->assets[row].trigger, rate_owner(engine, view, i), &rate);
        }
}

void zl_bands_arm(struct zl_engine *engine, uint32_t pool, struct zl_view *view,
                  const struct zl_worth *worth, const struct zl_keep *keeps, uint32_t keeps_count)
{
        struct zl_box *box = engine->box;

        zl_box_init(box, view);
        if (box->axes_count == 1 && !box->rates_count) {
                if (engine->pools[pool].id.cross) /* it may have been one of several before */
                        zl_bands_disarm(engine, pool);
                arm_exactly(engine, box, view, worth, keeps, keeps_count);
                return;
        }
        if (indexed_box(engine, view, box) && all_hold(box, view, keeps, keeps_count))
                return; /* what changed left the box valid */
        zl_box_shrink(box, view);
        find_box(engine, box, view, worth, keeps, keeps_count);
        arm_box(engine, box, view);
}

void zl_bands_arm_left(struct zl_engine *engine, uint32_t pool, const struct zl_view *view)
{
        struct zl_box *box = engine->box;
        bool moves = view->parts_count > 0;

        zl_bands_disarm(engine, pool);
        for (uint32_t i = 0; view->stocks_count > 1 && i < view->stocks_count; i++)
                moves |= view->stocks[i].amount < 0;
        if (!moves) /* it cannot be negative, or never again positive, by itself */
                return;
        zl_box_init(box, view);
        arm_box(engine, box, view);
}

/* ---- crossings ---- */

static uint32_t collect(struct zl_engine *engine, const struct zl_trigger *trigger, int64_t value)
{
        if (!zl_trigger_crossed(trigger, value))
                return 0;
        uint32_t count = zl_trigger_collect(trigger, value, engine->crossed);
        engine->counters.crossings += count;
        for (uint32_t i = 0; i < count; i++)
                zl_queue_pool(engine, pool_of(engine, engine->crossed[i]));
        return count;
}

static bool is_gap(const struct zl_engine *engine, const struct zl_instrument *instrument,
                   uint32_t crossed)
{
        switch (engine->config.gap) {
        case ZL_GAP_ALWAYS:
                return true;
        case ZL_GAP_NEVER:
                return false;
        default:
                return crossed > LOOSE_LEAST &&
                       crossed > instrument->positions_count / LOOSE_SHARE;
        }
}

void zl_bands_cross_mark(struct zl_engine *engine, struct zl_instrument *instrument)
{
        uint32_t crossed = collect(engine, &instrument->trigger, instrument->mark);

        if (is_gap(engine, instrument, crossed)) {
                zl_heap_loosen(&instrument->trigger.below);
                zl_heap_loosen(&instrument->trigger.above);
                engine->loose = (uint32_t)(instrument - engine->instruments);
        }
        for (uint32_t row = instrument->first_near; row != ZL_NONE_AT;
             row = engine->positions[row].next_near)
                zl_queue_pool(engine, engine->positions[row].pool);
}

void zl_bands_cross_funding(struct zl_engine *engine, struct zl_instrument *instrument)
{
        collect(engine, &instrument->funding_trigger, instrument->funding);
}

void zl_bands_cross_rate(struct zl_engine *engine, struct zl_asset *asset)
{
        collect(engine, &asset->trigger, asset->rate);
}

void zl_bands_settle(struct zl_engine *engine)
{
        if (engine->loose == ZL_NONE_AT)
                return;
        struct zl_trigger *trigger = &engine->instruments[engine->loose].trigger;
        zl_heap_tighten(&trigger->below);
        zl_heap_tighten(&trigger->above);
        engine->loose = ZL_NONE_AT;
}
