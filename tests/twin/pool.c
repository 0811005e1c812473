#include "pool.h"

#include "say.h"

#include <stdlib.h>

enum { ASSETS_MAX = 32 };

const struct zl_msg_policy *pool_policy(struct twin *twin, const struct pool *pool)
{
        if (pool->cross)
                return twin_find_policy(twin, pool->account->policy);
        const struct instrument *instrument = twin_find_instrument(twin, pool->instrument);
        return instrument && instrument->defined
                       ? twin_find_policy(twin, instrument->said.policy)
                       : NULL;
}

bool pool_has_instrument(const struct pool *pool, uint32_t instrument)
{
        for (uint32_t i = 0; i < pool->positions_count; i++) {
                if (pool->positions[i].instrument == instrument)
                        return true;
        }
        return false;
}

bool pool_has_asset(struct twin *twin, const struct pool *pool, uint32_t asset)
{
        for (uint32_t i = 0; i < pool->balances_count; i++) {
                if (pool->cross && pool->balances[i].asset == asset)
                        return true;
        }
        for (uint32_t i = 0; i < pool->positions_count; i++) {
                const struct instrument *instrument =
                        twin_find_instrument(twin, pool->positions[i].instrument);
                if (instrument && instrument->defined && instrument->said.settle == asset)
                        return true;
        }
        return false;
}

/* The place of the asset among the pool's, added where it is new. */
static uint32_t need_holding(struct terms *terms, const struct asset *asset)
{
        for (uint32_t i = 0; i < terms->holdings_count; i++) {
                if (terms->holdings[i].asset == asset)
                        return i;
        }
        if (terms->holdings_count == TWIN_ASSETS)
                abort();
        terms->holdings[terms->holdings_count] = (struct holding){.asset = asset};
        return terms->holdings_count++;
}

static bool add_balances(struct twin *twin, const struct pool *pool, struct terms *terms)
{
        for (uint32_t i = 0; i < pool->balances_count; i++) {
                const struct balance *balance = &pool->balances[i];
                const struct asset *asset = pool->cross ? twin_find_asset(twin, balance->asset)
                                                        : terms->holdings[0].asset;
                if (!asset || !asset->defined || !asset->has_rate)
                        return false;
                struct holding *holding = &terms->holdings[need_holding(terms, asset)];
                holding->amount = balance->amount;
                holding->order_margin = balance->order_margin;
        }
        return true;
}

static bool add_positions(struct twin *twin, const struct pool *pool, struct terms *terms)
{
        for (uint32_t i = 0; i < pool->positions_count; i++) {
                const struct position *said = &pool->positions[i];
                const struct instrument *instrument =
                        twin_find_instrument(twin, said->instrument);
                if (!instrument || !instrument->usable || !instrument->has_mark)
                        return false;
                const struct asset *settle = twin_find_asset(twin, instrument->said.settle);
                if (!settle || !settle->defined || !settle->has_rate)
                        return false;
                enum zl_status status = instrument->said.status;
                terms->positions[terms->positions_count++] =
                        (struct term){.said = said,
                                      .instrument = instrument,
                                      .holding = need_holding(terms, settle),
                                      .open = status != ZL_STATUS_SETTLED,
                                      .trading = status == ZL_STATUS_TRADING,
                                      .size = said->qty < 0 ? -said->qty : said->qty};
                terms->open_count += status != ZL_STATUS_SETTLED;
                terms->trading_count += status == ZL_STATUS_TRADING;
        }
        return true;
}

/* False while something is missing. */
static bool find_terms(struct twin *twin, const struct pool *pool, struct terms *ret_terms)
{
        *ret_terms = (struct terms){.policy = pool_policy(twin, pool),
                                    .numeraire = twin->numeraire,
                                    .cross = pool->cross};
        for (uint32_t i = 0; i < twin->streams_count; i++) {
                if (twin->streams[i].missing && twin->streams[i].topic.kind == ZL_TOPIC_CTRL)
                        return false;
        }
        return !pool->account->suspended && ret_terms->policy && ret_terms->numeraire &&
               add_positions(twin, pool, ret_terms) && add_balances(twin, pool, ret_terms);
}

static bool breaks_bound(struct twin *twin, const struct terms *terms)
{
        return terms->holdings_count > ASSETS_MAX || money_refused(&twin->money, terms);
}

bool pool_known(struct twin *twin, const struct pool *pool, struct terms *ret_terms)
{
        return find_terms(twin, pool, ret_terms) && !breaks_bound(twin, ret_terms);
}

bool pool_terms(struct twin *twin, struct pool *pool, struct terms *ret_terms)
{
        return find_terms(twin, pool, ret_terms);
}

bool pool_refused(struct twin *twin, struct pool *pool, const struct terms *terms)
{
        bool refused = breaks_bound(twin, terms);

        if (refused && !pool->refused_said)
                twin_alert_pool(twin, pool, ZL_ALERT_KIND_REFUSED, NULL);
        pool->refused_said = refused;
        return refused;
}

/* While engine time is zero nothing goes stale. */
bool pool_is_stale(const struct twin *twin, const struct terms *terms)
{
        uint64_t limit_ns = terms->policy->stale_ms * 1000000;

        for (uint32_t i = 0; limit_ns && twin->now_ns && i < terms->positions_count; i++) {
                if (terms->positions[i].open &&
                    twin->now_ns - terms->positions[i].instrument->mark_ns > limit_ns)
                        return true;
        }
        return false;
}
