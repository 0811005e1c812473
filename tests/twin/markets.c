#include "markets.h"

#include "guards.h"
#include "refuse.h"
#include "say.h"

#define PRICE_MAX ((int64_t)1 << 44)

/* ---- what an instrument is in its asset ---- */

/* K = digits x 10^exponent of a linear contract; of an inverse one U = 10^exponent / M. */
static void set_unit(struct instrument *instrument, const struct asset *settle)
{
        const struct zl_msg_instrument *said = &instrument->said;
        bool inverse = said->kind == ZL_KIND_INVERSE;
        int32_t decimals = PPB_DIGITS, fine = (int32_t)settle->said.scale + FINE_DIGITS;
        int64_t digits = said->multiplier;

        for (; decimals > 0 && digits % 10 == 0; decimals--)
                digits /= 10;
        instrument->digits = digits;
        instrument->exponent = fine - (int32_t)said->qty_scale - decimals +
                               (inverse ? 1 : -1) * (int32_t)said->price_scale;
}

/* Whether its unit is exact, and one last digit of quantity not worth too much anywhere. */
static bool has_unit(struct money *money, const struct instrument *instrument)
{
        const struct zl_msg_instrument *said = &instrument->said;
        bool inverse = said->kind == ZL_KIND_INVERSE;

        if (instrument->exponent < 0)
                return false;
        money_coordinate(money->a, instrument, inverse ? said->min_price : said->max_price);
        mpz_mul_si(money->a, money->a, instrument->digits);
        if (!inverse)
                mpz_mul(money->a, money->a, money_power((uint32_t)instrument->exponent));
        return mpz_sizeinbase(money->a, 2) <= VALUE_BITS;
}

/* False where the settle asset is known and the instrument does not fit it. */
static bool resolve(struct twin *twin, struct instrument *instrument)
{
        const struct asset *settle = twin_find_asset(twin, instrument->said.settle);

        instrument->usable = false;
        if (!settle || !settle->defined)
                return true;
        set_unit(instrument, settle);
        instrument->usable = has_unit(&twin->money, instrument);
        return instrument->usable;
}

/* One complaint, about the least number. */
static void resolve_all(struct twin *twin, const struct asset *settle)
{
        const struct instrument *least = NULL;

        for (uint32_t i = 0; i < twin->instruments_count; i++) {
                struct instrument *instrument = &twin->instruments[i];
                if (instrument->defined && instrument->said.settle == settle->id &&
                    !resolve(twin, instrument) && (!least || instrument->id < least->id))
                        least = instrument;
        }
        if (least)
                twin_alert_all(twin, ZL_ALERT_KIND_REFUSED, &least->id);
}

/* ---- definitions ---- */

void markets_take_asset(struct twin *twin, const struct zl_msg_asset *said)
{
        struct asset *asset = twin_need_asset(twin, said->asset);

        if (refuse_asset(twin, asset, said)) {
                twin_alert_all(twin, ZL_ALERT_KIND_REFUSED, NULL);
                return;
        }
        asset->defined = true;
        asset->said = *said;
        if (said->numeraire) {
                twin->numeraire = asset;
                asset->has_rate = true;
                asset->rate = 1;
                for (uint32_t i = 0; i < said->rate_scale; i++)
                        asset->rate *= 10;
                asset->volatility = 0;
        }
        resolve_all(twin, asset);
}

/* c(n) = c(n-1) + upto(n-1) (m(n) - m(n-1)), unless the tier gives its own. */
static void set_deducts(struct instrument *instrument)
{
        const struct zl_row_tier *tiers = instrument->said.tiers;

        for (uint32_t i = 0; i < instrument->said.tiers_count; i++) {
                zl_i128 *deduct = &instrument->deducts[i];
                if (!ZL_ABSENT(&tiers[i], tier, deduct))
                        *deduct = (zl_i128)tiers[i].deduct * PPB;
                else if (i > 0)
                        *deduct = deduct[-1] + (zl_i128)tiers[i - 1].upto *
                                                       (tiers[i].mmr - tiers[i - 1].mmr);
                else
                        *deduct = 0;
        }
}

void markets_take_instrument(struct twin *twin, const struct zl_msg_instrument *said)
{
        struct instrument *instrument = twin_need_instrument(twin, said->instrument);

        if (refuse_instrument(instrument, said)) {
                twin_alert_all(twin, ZL_ALERT_KIND_REFUSED, &said->instrument);
                return;
        }
        instrument->defined = true;
        instrument->said = *said;
        set_deducts(instrument);
        if (instrument->mark < said->min_price || instrument->mark > said->max_price)
                instrument->has_mark = false;
        if (!resolve(twin, instrument))
                twin_alert_all(twin, ZL_ALERT_KIND_REFUSED, &said->instrument);
}

void markets_take_policy(struct twin *twin, const struct zl_msg_policy *said)
{
        if (refuse_policy(said)) {
                twin_alert_all(twin, ZL_ALERT_KIND_REFUSED, NULL);
                return;
        }
        struct zl_msg_policy *policy = twin_need_policy(twin, said->policy);
        guards_change_rate(twin, policy, said->orders_per_s);
        *policy = *said;
}

/* ---- prices ---- */

/* v - floor(v / 16) + the move in 10^-9, at most 1. */
static int64_t volatility_after(int64_t volatility, int64_t before, int64_t now)
{
        zl_i128 move = ((zl_i128)now - before) * PPB;

        if (move < 0)
                move = -move;
        move /= before;
        return volatility - volatility / 16 + (move < PPB ? (int64_t)move : PPB);
}

void markets_take_rate(struct twin *twin, const struct zl_msg_rate *said)
{
        struct asset *asset = twin_need_asset(twin, said->asset);

        if (said->price <= 0) {
                twin_alert_all(twin, ZL_ALERT_KIND_REFUSED, NULL);
                return;
        }
        if (asset == twin->numeraire) /* its own is 1 */
                return;
        bool first = !asset->has_rate;
        if (!first)
                asset->volatility = volatility_after(asset->volatility, asset->rate, said->price);
        asset->has_rate = true;
        asset->rate = said->price;
        if (first)
                resolve_all(twin, asset);
}

static bool is_within(int64_t price, int64_t of, uint32_t ppm)
{
        zl_i128 distance = (zl_i128)price - of;

        return (distance < 0 ? -distance : distance) * 1000000 <= (zl_i128)ppm * of;
}

/* Whether a mark is too far from the last one to be believed yet. */
static bool quarantines(struct twin *twin, struct instrument *instrument, int64_t price)
{
        const struct zl_msg_policy *policy =
                instrument->defined ? twin_find_policy(twin, instrument->said.policy) : NULL;
        uint32_t ppm = policy ? policy->jump_ppm : 0;

        if (twin->gap)
                instrument->confirmed = 0;
        if (!ppm || !policy->jump_confirm || !instrument->has_mark ||
            is_within(price, instrument->mark, ppm)) {
                instrument->quarantined = false;
                return false;
        }
        if (instrument->quarantined && is_within(price, instrument->jumped, ppm)) {
                instrument->confirmed++;
                instrument->quarantined = instrument->confirmed < policy->jump_confirm;
                return instrument->quarantined;
        }
        instrument->quarantined = true;
        instrument->jumped = price;
        instrument->confirmed = 0;
        twin_alert_all(twin, ZL_ALERT_KIND_JUMP, &instrument->id);
        return true;
}

/* Positions that came before any mark have paid up to the first. */
static void begin_funding(struct twin *twin, const struct instrument *instrument, int64_t funding)
{
        for (uint32_t i = 0; i < twin->pools_count; i++) {
                for (uint32_t j = 0; j < twin->pools[i].positions_count; j++) {
                        struct position *position = &twin->pools[i].positions[j];
                        if (position->instrument != instrument->id || position->funding_known)
                                continue;
                        position->funding = funding;
                        position->funding_known = true;
                }
        }
}

void markets_take_mark(struct twin *twin, const struct zl_msg_mark *said,
                       const struct zl_header *header)
{
        struct instrument *instrument = twin_need_instrument(twin, said->instrument);
        int64_t least = instrument->defined ? instrument->said.min_price : 1;
        int64_t most = instrument->defined ? instrument->said.max_price : PRICE_MAX;

        if (said->price < least || said->price > most || said->index < 1) {
                if (!instrument->refusing)
                        twin_alert_all(twin, ZL_ALERT_KIND_REFUSED, &said->instrument);
                instrument->refusing = true;
                return;
        }
        if (quarantines(twin, instrument, said->price))
                return;
        if (!instrument->has_funding)
                begin_funding(twin, instrument, said->funding);
        if (instrument->has_mark)
                instrument->volatility =
                        volatility_after(instrument->volatility, instrument->mark, said->price);
        instrument->refusing = false;
        instrument->has_funding = instrument->has_mark = true;
        instrument->mark = said->price;
        instrument->funding = said->funding;
        instrument->bid = ZL_ABSENT(said, mark, bid) ? said->price : said->bid;
        instrument->ask = ZL_ABSENT(said, mark, ask) ? said->price : said->ask;
        instrument->depth = said->depth;
        instrument->mark_seq = header->seq;
        instrument->mark_ns = twin->now_ns < header->ts_ns ? twin->now_ns : header->ts_ns;
}
