#include "core/feed.h"

#include "core/bands.h"
#include "core/limit.h"
#include "core/outbox.h"

static zl_refusal resolve(struct zl_engine *engine, struct zl_instrument *instrument)
{
        const struct zl_asset *settle = &engine->assets[instrument->settle_at];
        zl_refusal refusal = NULL;

        if (settle->defined)
                refusal = zl_instrument_resolve(instrument, settle);
        if (instrument->usable && instrument->has_mark)
                instrument->coordinate = zl_coordinate(instrument, instrument->mark);
        zl_queue_instrument(engine, instrument);
        return refusal;
}

/* Every instrument that settles in this asset. One refusal is said, of the least number: the room
 * for what one message may say is bounded, and rows stand in an order that other engines do not
 * share. */
static void resolve_all(struct zl_engine *engine, uint32_t asset)
{
        const struct zl_instrument *least = NULL;
        zl_refusal why = NULL;

        for (uint32_t i = 0; i < engine->instruments_by_id.count; i++) {
                struct zl_instrument *instrument = &engine->instruments[i];
                if (!instrument->defined || instrument->settle_at != asset)
                        continue;
                zl_refusal refusal = resolve(engine, instrument);
                if (refusal && (!least || instrument->id < least->id)) {
                        least = instrument;
                        why = refusal;
                }
        }
        if (least)
                zl_alert_refusal(engine, &least->id, why);
}

void zl_feed_asset(struct zl_engine *engine, const struct zl_msg_asset *said)
{
        uint32_t row = zl_state_asset(engine, said->asset);
        zl_refusal refusal;

        if (row == ZL_NONE_AT) {
                zl_alert_refusal(engine, NULL, "no room for more assets: raise assets_max");
                return;
        }
        if (said->numeraire && engine->numeraire != ZL_NONE_AT && engine->numeraire != row) {
                zl_alert_refusal(engine, NULL, "there is a numeraire already");
                return;
        }
        refusal = zl_asset_define(&engine->assets[row], said);
        if (refusal) {
                zl_alert_refusal(engine, NULL, refusal);
                return;
        }
        if (said->numeraire && engine->numeraire == ZL_NONE_AT) {
                engine->numeraire = row;
                for (uint32_t i = 0; i < engine->instruments_by_id.count; i++)
                        zl_queue_instrument(engine, &engine->instruments[i]);
                for (uint32_t i = 0; i < engine->assets_by_id.count; i++)
                        zl_queue_balances(engine, &engine->assets[i]);
        }
        zl_queue_balances(engine, &engine->assets[row]);
        engine->funds_due = true;
        resolve_all(engine, row);
}

void zl_feed_rate(struct zl_engine *engine, const struct zl_msg_rate *said)
{
        uint32_t row = zl_state_asset(engine, said->asset);

        if (row == ZL_NONE_AT || said->price <= 0) {
                zl_alert_refusal(engine, NULL,
                                 "a rate is positive, and of an asset there is room for");
                return;
        }
        if (row == engine->numeraire) /* its own is 1 */
                return;
        struct zl_asset *asset = &engine->assets[row];
        if (asset->has_rate) {
                asset->volatility =
                        zl_volatility_after(asset->volatility, asset->rate, said->price);
                asset->rate = said->price;
                zl_bands_cross_rate(engine, asset);
                return;
        }
        asset->has_rate = true; /* pools waited for it, and funds */
        engine->funds_due = true;
        asset->rate = said->price;
        zl_queue_balances(engine, asset);
        resolve_all(engine, row);
}

void zl_feed_instrument(struct zl_engine *engine, const struct zl_msg_instrument *said)
{
        uint32_t row = zl_state_instrument(engine, said->instrument);
        uint32_t settle = zl_state_asset(engine, said->settle);

        if (row == ZL_NONE_AT || settle == ZL_NONE_AT) {
                zl_alert_refusal(engine, &said->instrument,
                                 "no room for more instruments or assets: raise instruments_max, "
                                 "assets_max");
                return;
        }
        struct zl_instrument *instrument = &engine->instruments[row];
        zl_refusal refusal = zl_instrument_define(instrument, said);
        if (refusal) {
                zl_alert_refusal(engine, &said->instrument, refusal);
                return;
        }
        instrument->settle_at = settle;
        if (instrument->has_mark && (instrument->mark < instrument->min_price ||
                                     instrument->mark > instrument->max_price))
                instrument->has_mark = false;
        refusal = resolve(engine, instrument);
        if (refusal)
                zl_alert_refusal(engine, &said->instrument, refusal);
}

/* Positions that came before any mark have paid up to the first. */
static void begin_funding(struct zl_engine *engine, struct zl_instrument *instrument,
                          int64_t funding)
{
        instrument->has_funding = true;
        for (uint32_t row = instrument->first_position; row != ZL_NONE_AT;
             row = engine->positions[row].next_of_instrument) {
                struct zl_holding *holding = &engine->positions[row].holding;
                if (!holding->funding_known)
                        holding->funding = funding;
                holding->funding_known = true;
        }
}

static int64_t index_of(const struct zl_msg_mark *said)
{
        return ZL_ABSENT(said, mark, index) ? said->price : said->index;
}

static bool in_range(const struct zl_instrument *instrument, const struct zl_msg_mark *said)
{
        int64_t least = instrument->defined ? instrument->min_price : 1;
        int64_t most = instrument->defined ? instrument->max_price : ZL_PRICE_MAX;

        return said->price >= least && said->price <= most && index_of(said) > 0;
}

static int64_t typical_after(int64_t typical, int64_t before, int64_t now)
{
        zl_u128 move = zl_magnitude((zl_i128)now - before);

        return typical - typical / 16 + (int64_t)zl_min_i128((zl_i128)move, (zl_i128)1 << 58);
}

static void set_mark(struct zl_engine *engine, struct zl_instrument *instrument,
                     const struct zl_header *header, const struct zl_msg_mark *said)
{
        if (instrument->has_mark) {
                instrument->volatility =
                        zl_volatility_after(instrument->volatility, instrument->mark, said->price);
                instrument->funding_moves = typical_after(instrument->funding_moves,
                                                          instrument->funding, said->funding);
        }
        if (!instrument->has_funding)
                begin_funding(engine, instrument, said->funding);
        instrument->refusing = false;
        instrument->has_mark = true;
        instrument->mark = said->price;
        instrument->index = index_of(said);
        instrument->bid = said->bid;
        instrument->ask = said->ask;
        instrument->depth = said->depth;
        instrument->funding = said->funding;
        instrument->mark_seq = header->seq;
        instrument->stale_waits = false;
        if (instrument->usable)
                instrument->coordinate = zl_coordinate(instrument, said->price);
        /* No publisher freshens a mark by a time of its own, nor ages those of others. */
        instrument->mark_ns = header->ts_ns < engine->now_ns ? header->ts_ns : engine->now_ns;
}

void zl_feed_mark(struct zl_engine *engine, const struct zl_header *header,
                  const struct zl_msg_mark *said)
{
        uint32_t row = zl_state_instrument(engine, said->instrument);

        if (row == ZL_NONE_AT) {
                zl_alert_refusal(engine, &said->instrument,
                                 "no room for more instruments: raise instruments_max");
                return;
        }
        struct zl_instrument *instrument = &engine->instruments[row];
        if (!in_range(instrument, said)) {
                engine->counters.refused++;
                if (!instrument->refusing)
                        zl_alert_all(engine, ZL_ALERT_KIND_REFUSED, &said->instrument,
                                     "a mark outside the instrument's range, or an index that is "
                                     "not positive");
                instrument->refusing = true;
                return;
        }
        if (!zl_limit_accept_mark(engine, instrument, said->price))
                return;
        bool all = !instrument->has_mark || instrument->stale_waits;
        bool paid = instrument->funding != said->funding;
        set_mark(engine, instrument, header, said);
        if (all) {
                zl_queue_instrument(engine, instrument);
                return;
        }
        if (paid)
                zl_bands_cross_funding(engine, instrument);
        zl_bands_cross_mark(engine, instrument);
}

void zl_feed_policy(struct zl_engine *engine, const struct zl_msg_policy *said)
{
        uint32_t row = zl_state_policy(engine, said->policy);
        zl_refusal refusal = "no room for more policies: raise policies_max";

        uint32_t rate = row == ZL_NONE_AT ? 0 : engine->policies[row].orders_per_s;

        if (row != ZL_NONE_AT)
                refusal = zl_policy_define(&engine->policies[row], said);
        if (refusal) {
                zl_alert_refusal(engine, NULL, refusal);
                return;
        }
        zl_limit_change_rate(engine, &engine->policies[row], rate);
        for (uint32_t i = 0; i < engine->instruments_by_id.count; i++) {
                if (engine->instruments[i].defined && engine->instruments[i].policy == said->policy)
                        zl_queue_instrument(engine, &engine->instruments[i]);
        }
        for (uint32_t i = 0; i < engine->accounts_by_id.count; i++) {
                const struct zl_account *account = &engine->accounts[i];
                uint32_t pool = account->policy == said->policy
                                        ? zl_state_find_pool(engine, i,
                                                             (struct zl_pool_id){.cross = true})
                                        : ZL_NONE_AT;
                if (pool != ZL_NONE_AT)
                        zl_queue_pool(engine, pool);
        }
}
