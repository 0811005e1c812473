#include "app/risk/liqmap.h"

#include "codec/json.h"

#include <stdlib.h>

enum { NEAR_STEP = 2, NEAR_END = 100, FAR_STEP = 10, FAR_END = 500, ONE = 1000 }; /* per mille */

/* A sum at every price, kept as its differences from one price to the next. */
struct steps {
        struct zl_wide at[ZL_LIQMAP_PRICES_MAX + 1];
};

struct work {
        const struct zl_engine *engine;
        const struct zl_instrument *instrument;
        struct zl_liqmap *map;
        zl_i128 u[ZL_LIQMAP_PRICES_MAX]; /* the coordinate of each price */
        uint32_t digits; /* 10^-digits of the numeraire: what every asset's amount times its rate is
                            a multiple of */
        int64_t pools[ZL_LIQMAP_PRICES_MAX + 1];
        struct steps longs, shorts; /* values per unit of coordinate */
        struct steps fixed, rise;   /* B = fixed + rise u, of those where it is below 0 */
        struct zl_view view;
};

/* A pool along the instrument's prices. */
struct course {
        struct work *work;
        struct zl_path path;
        struct zl_wide fixed, rise;
        uint32_t first_lacking, last_lacking; /* the prices between which B < 0; the last is not */
};

static struct zl_wide wide(zl_i128 a)
{
        return zl_wide_of(a);
}

/* ---- prices ---- */

static void add_price(struct work *work, int64_t per_mille)
{
        const struct zl_instrument *instrument = work->instrument;
        struct zl_liqmap *map = work->map;
        zl_i128 price = (zl_i128)instrument->mark * (ONE + per_mille) / ONE;

        if (price < instrument->min_price || price > instrument->max_price ||
            (map->count && map->price[map->count - 1] >= price))
                return;
        work->u[map->count] = zl_coordinate(instrument, (int64_t)price);
        map->price[map->count++] = (int64_t)price;
}

static void choose_prices(struct work *work)
{
        for (int64_t at = -FAR_END; at < -NEAR_END; at += FAR_STEP)
                add_price(work, at);
        for (int64_t at = -NEAR_END; at <= NEAR_END; at += NEAR_STEP)
                add_price(work, at);
        for (int64_t at = NEAR_END + FAR_STEP; at <= FAR_END; at += FAR_STEP)
                add_price(work, at);
}

/* The first price that is not below this mark. */
static uint32_t price_from(const struct zl_liqmap *map, int64_t mark)
{
        uint32_t low = 0, high = map->count;

        while (low < high) {
                uint32_t middle = (low + high) / 2;
                if (map->price[middle] < mark)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* ---- a pool ---- */

static void add(struct steps *steps, uint32_t from, uint32_t to, struct zl_wide what)
{
        steps->at[from] = zl_wide_add(steps->at[from], what);
        steps->at[to] = zl_wide_sub(steps->at[to], what);
}

static bool lacks(const struct course *course, uint32_t price)
{
        struct zl_wide moved = zl_wide_mul(course->rise, wide(course->work->u[price]));

        return zl_wide_negative(zl_wide_add(course->fixed, moved));
}

/* B is a straight line along the coordinate, so it is below 0 on one side at most. */
static void find_lacking(struct course *course)
{
        uint32_t count = course->work->map->count, low = 0, high = count - 1;
        bool first = lacks(course, 0), last = lacks(course, high);

        course->first_lacking = 0;
        course->last_lacking = first ? count : 0;
        if (first == last)
                return;
        while (high - low > 1) { /* `low` is as the first, `high` as the last */
                uint32_t middle = (low + high) / 2;
                if (lacks(course, middle) == first)
                        low = middle;
                else
                        high = middle;
        }
        course->first_lacking = first ? 0 : high;
        course->last_lacking = first ? high : count;
}

/* B along the coordinate, in units that are one for all pools. */
static void find_line(struct course *course, const struct zl_worth *worth)
{
        const struct zl_view *view = &course->work->view;
        struct zl_wide more = zl_wide_pow10(course->work->digits - view->digits);
        struct zl_wide rise = zl_wide_mul(view->stocks[course->path.stock].weight,
                                          wide(course->path.rise));

        course->rise = zl_wide_mul(rise, more);
        course->fixed = zl_wide_sub(zl_wide_mul(worth->left, more),
                                    zl_wide_mul(course->rise,
                                                wide(course->work->instrument->coordinate)));
}

/* The pool is unsafe at these prices. */
static void count_unsafe(struct course *course, uint32_t from, uint32_t to)
{
        struct work *work = course->work;

        if (from >= to)
                return;
        work->pools[from]++;
        work->pools[to]--;
        for (uint32_t i = 0; i < course->path.legs_count; i++) {
                const struct zl_part *part = &work->view.parts[course->path.legs[i]];
                add(part->sign > 0 ? &work->longs : &work->shorts, from, to, wide(part->unit));
        }
        from = from > course->first_lacking ? from : course->first_lacking;
        to = to < course->last_lacking ? to : course->last_lacking;
        if (from < to) {
                add(&work->fixed, from, to, course->fixed);
                add(&work->rise, from, to, course->rise);
        }
}

static void walk(struct course *course)
{
        const struct zl_liqmap *map = course->work->map;
        int64_t at = map->price[0], last = map->price[map->count - 1], bad, good;

        while (zl_path_nearest(&course->path, false, at, ZL_UP, &bad) && bad <= last) {
                bool ends = zl_path_nearest(&course->path, true, bad, ZL_UP, &good);
                count_unsafe(course, price_from(map, bad),
                             ends ? price_from(map, good) : map->count);
                if (!ends || good > last)
                        return;
                at = good;
        }
}

static void take_pool(struct work *work, const struct zl_pool *pool)
{
        struct course course = {.work = work};
        struct zl_worth worth;
        zl_refusal refusal;

        if (!zl_state_view(work->engine, pool, &work->view, &refusal))
                return;
        zl_view_worth(&work->view, &worth);
        zl_path_init(&course.path, &work->view, &worth, work->instrument,
                     zl_threshold_safe(work->view.policy));
        find_line(&course, &worth);
        find_lacking(&course);
        walk(&course);
}

/* A hedged pool stands in the instrument's list with each leg. */
static bool is_first_leg(const struct zl_engine *engine, uint32_t position)
{
        const struct zl_position *of = &engine->positions[position];
        uint32_t row = engine->pools[of->pool].first_position;

        while (engine->positions[row].instrument != of->instrument)
                row = engine->positions[row].next_of_pool;
        return row == position;
}

/* ---- sums ---- */

/* 10^-digits of the numeraire in its units, up. */
static zl_i128 leave_ceil(const struct work *work, struct zl_wide amount, uint32_t digits)
{
        uint32_t scale = work->engine->assets[work->engine->numeraire].scale;
        struct zl_wide all = zl_wide_mul(amount, zl_wide_pow10(scale));

        return zl_wide_saturate(zl_wide_div_ceil(all, zl_wide_pow10(digits)));
}

static void sum_up(struct work *work)
{
        const struct zl_asset *settle = &work->engine->assets[work->instrument->settle_at];
        uint32_t digits = settle->scale + ZL_FINE + settle->rate_scale;
        struct zl_wide longs = wide(0), shorts = wide(0), fixed = wide(0), rise = wide(0);
        struct zl_liqmap *map = work->map;
        int64_t pools = 0;

        for (uint32_t i = 0; i < map->count; i++) {
                struct zl_wide u = wide(work->u[i]), rated = zl_wide_mul(u, wide(settle->rate));
                longs = zl_wide_add(longs, work->longs.at[i]);
                shorts = zl_wide_add(shorts, work->shorts.at[i]);
                fixed = zl_wide_add(fixed, work->fixed.at[i]);
                rise = zl_wide_add(rise, work->rise.at[i]);
                struct zl_wide left = zl_wide_add(fixed, zl_wide_mul(rise, u));
                map->pools[i] = (uint64_t)(pools += work->pools[i]);
                map->longs[i] = leave_ceil(work, zl_wide_mul(longs, rated), digits);
                map->shorts[i] = leave_ceil(work, zl_wide_mul(shorts, rated), digits);
                map->lacking[i] = leave_ceil(work, zl_wide_neg(left), work->digits);
                map->shortfall[i] = zl_max_i128(
                        0, map->lacking[i] - (map->balance > 0 ? map->balance : 0));
        }
}

static void find_fund(const struct work *work)
{
        const struct zl_engine *engine = work->engine;
        struct zl_liqmap *map = work->map;
        uint32_t row, asset;

        if (!map->fund || !zl_map_get(&engine->funds_by_id, map->fund, &row) ||
            !engine->funds[row].defined ||
            !zl_map_get(&engine->assets_by_id, engine->funds[row].asset, &asset) ||
            !engine->assets[asset].defined || !engine->assets[asset].has_rate)
                return;
        struct zl_wide amount = zl_wide_product(engine->funds[row].balance,
                                                engine->assets[asset].rate);
        /* a floor is the ceiling of the other side of 0 */
        map->balance = -leave_ceil(work, zl_wide_neg(amount),
                                   engine->assets[asset].scale + engine->assets[asset].rate_scale);
        map->has_balance = true;
}

static uint32_t digits_of_all(const struct zl_engine *engine)
{
        uint32_t most = 0;

        for (uint32_t i = 0; i < engine->assets_by_id.count; i++) {
                const struct zl_asset *asset = &engine->assets[i];
                uint32_t digits = asset->scale + ZL_FINE + asset->rate_scale;
                most = asset->defined && digits > most ? digits : most;
        }
        return most;
}

bool zl_liqmap_make(const struct zl_engine *engine, uint32_t row, struct zl_liqmap *ret_map)
{
        const struct zl_instrument *instrument = &engine->instruments[row];
        struct work *work;

        *ret_map = (struct zl_liqmap){
                .instrument = instrument->id, .mark = instrument->mark, .fund = instrument->fund};
        if (!instrument->usable || !instrument->has_mark || engine->numeraire == ZL_NONE_AT ||
            !engine->assets[instrument->settle_at].has_rate)
                return true;
        work = aligned_alloc(_Alignof(struct work), sizeof *work);
        if (!work)
                return false;
        memset(work, 0, sizeof *work); /* a wide 0 too */
        work->engine = engine;
        work->instrument = instrument;
        work->map = ret_map;
        work->digits = digits_of_all(engine);
        find_fund(work);
        choose_prices(work);
        for (uint32_t at = ret_map->count && instrument->status != ZL_STATUS_SETTLED
                                   ? instrument->first_position : ZL_NONE_AT;
             at != ZL_NONE_AT; at = engine->positions[at].next_of_instrument) {
                if (is_first_leg(engine, at))
                        take_pool(work, &engine->pools[engine->positions[at].pool]);
        }
        sum_up(work);
        free(work);
        return true;
}

/* ---- text ---- */

static void name(struct zl_text *text, const char *key)
{
        zl_text_put(text, ",\"");
        zl_text_put(text, key);
        zl_text_put(text, "\":");
}

static uint32_t scale_of(int scale)
{
        return scale > 0 ? (uint32_t)scale : 0;
}

static void put_amounts(struct zl_text *text, const char *key, const zl_i128 *values,
                        uint32_t count, int scale)
{
        name(text, key);
        zl_text_char(text, '[');
        for (uint32_t i = 0; i < count; i++) {
                if (i)
                        zl_text_char(text, ',');
                zl_json_decimal(text, values[i], scale_of(scale));
        }
        zl_text_char(text, ']');
}

static void put_pools(struct zl_text *text, const struct zl_liqmap *map)
{
        name(text, "pools");
        zl_text_char(text, '[');
        for (uint32_t i = 0; i < map->count; i++) {
                if (i)
                        zl_text_char(text, ',');
                zl_text_u64(text, map->pools[i]);
        }
        zl_text_char(text, ']');
}

static void put_prices(struct zl_text *text, const struct zl_liqmap *map, int scale)
{
        name(text, "price");
        zl_text_char(text, '[');
        for (uint32_t i = 0; i < map->count; i++) {
                if (i)
                        zl_text_char(text, ',');
                zl_json_decimal(text, map->price[i], scale_of(scale));
        }
        zl_text_char(text, ']');
}

void zl_liqmap_put(const struct zl_liqmap *map, const struct zl_scales *scales,
                   struct zl_text *text)
{
        int money = zl_scales_numeraire(scales);
        int price = zl_scales_instrument_price(scales, map->instrument);
        const char *symbol = zl_scales_symbol(scales, map->instrument);

        zl_text_put(text, "{\"instrument\":");
        zl_text_u64(text, map->instrument);
        name(text, "symbol");
        if (symbol)
                zl_json_string(text, symbol);
        else
                zl_text_put(text, "null");
        name(text, "mark");
        zl_json_decimal(text, map->mark, scale_of(price));
        name(text, "fund");
        zl_text_u64(text, map->fund);
        name(text, "fund_balance");
        if (map->has_balance)
                zl_json_decimal(text, map->balance, scale_of(money));
        else
                zl_text_put(text, "null");
        put_prices(text, map, price);
        put_pools(text, map);
        put_amounts(text, "longs", map->longs, map->count, money);
        put_amounts(text, "shorts", map->shorts, map->count, money);
        put_amounts(text, "lacking", map->lacking, map->count, money);
        put_amounts(text, "shortfall", map->shortfall, map->count, money);
        zl_text_char(text, '}');
}
