/* snapshot_markets.c - what the market said, in a snapshot. */
#include "core/fund.h"
#include "core/pass.h"

static void carry_symbol(struct zl_pass *pass, char symbol[ZL_SYMBOL_SIZE])
{
        for (uint32_t i = 0; i < ZL_SYMBOL_SIZE; i++) {
                uint64_t byte = (uint8_t)symbol[i];
                zl_pass_bits(pass, &byte, 1);
                symbol[i] = (char)byte;
        }
        pass->failed |= pass->way == ZL_READING && symbol[ZL_SYMBOL_SIZE - 1] != 0;
}

static void carry_asset(struct zl_pass *pass, struct zl_asset *asset)
{
        zl_pass_bool(pass, &asset->defined);
        carry_symbol(pass, asset->symbol);
        zl_pass_bool(pass, &asset->numeraire);
        zl_pass_u32(pass, &asset->scale);
        zl_pass_u32(pass, &asset->rate_scale);
        pass->failed |= asset->scale > ZL_SCALE_MAX || asset->rate_scale > ZL_SCALE_MAX;
        asset->slices_count = zl_pass_count(pass, asset->slices_count, ZL_SLICES_MAX);
        for (uint32_t i = 0; i < asset->slices_count; i++) {
                zl_pass_bool(pass, &asset->slices[i].open);
                zl_pass_i128(pass, &asset->slices[i].upto);
                zl_pass_i64(pass, &asset->slices[i].weight_ppb);
        }
        zl_pass_i64(pass, &asset->liability_ppb);
}

static void carry_rate(struct zl_pass *pass, struct zl_asset *asset)
{
        zl_pass_bool(pass, &asset->has_rate);
        zl_pass_i64(pass, &asset->rate);
        zl_pass_i64(pass, &asset->volatility);
}

static void carry_tiers(struct zl_pass *pass, struct zl_instrument *instrument)
{
        instrument->tiers_count = zl_pass_count(pass, instrument->tiers_count, ZL_TIERS_MAX);
        for (uint32_t i = 0; i < instrument->tiers_count; i++) {
                zl_pass_bool(pass, &instrument->tiers[i].open);
                zl_pass_i64(pass, &instrument->tiers[i].upto);
                zl_pass_i64(pass, &instrument->tiers[i].mmr_ppb);
                zl_pass_i128(pass, &instrument->tiers[i].deduct_ppb);
        }
        zl_pass_bool(pass, &instrument->jumps);
}

static void carry_contract(struct zl_pass *pass, struct zl_instrument *instrument)
{
        zl_pass_bool(pass, &instrument->defined);
        carry_symbol(pass, instrument->symbol);
        zl_pass_bool(pass, &instrument->usable);
        ZL_PASS_CHOICE(pass, instrument->kind, ZL_KIND_QUANTO + 1);
        zl_pass_u32(pass, &instrument->settle);
        zl_pass_u32(pass, &instrument->settle_scale);
        zl_pass_u32(pass, &instrument->fund);
        zl_pass_u32(pass, &instrument->price_scale);
        zl_pass_u32(pass, &instrument->qty_scale);
        zl_pass_i64(pass, &instrument->tick);
        zl_pass_i64(pass, &instrument->lot);
        zl_pass_i64(pass, &instrument->multiplier_ppb);
        zl_pass_i64(pass, &instrument->min_price);
        zl_pass_i64(pass, &instrument->max_price);
        zl_pass_i128(pass, &instrument->unit);
        zl_pass_u32(pass, &instrument->reciprocal_exponent);
        ZL_PASS_CHOICE(pass, instrument->tier_by, ZL_TIER_BY_SIZE + 1);
        carry_tiers(pass, instrument);
        zl_pass_i64(pass, &instrument->mmr_slope_ppb);
        zl_pass_i64(pass, &instrument->fee_ppb);
        zl_pass_i64(pass, &instrument->slippage_ppb);
        ZL_PASS_CHOICE(pass, instrument->status, ZL_STATUS_SETTLED + 1);
        zl_pass_u32(pass, &instrument->policy);
        zl_pass_u64(pass, &instrument->rev);
}

static void carry_prices(struct zl_pass *pass, struct zl_instrument *instrument)
{
        zl_pass_bool(pass, &instrument->has_mark);
        zl_pass_bool(pass, &instrument->has_funding);
        zl_pass_i64(pass, &instrument->mark);
        zl_pass_i64(pass, &instrument->funding);
        zl_pass_i64(pass, &instrument->index);
        zl_pass_i64(pass, &instrument->bid);
        zl_pass_i64(pass, &instrument->ask);
        zl_pass_i64(pass, &instrument->depth);
        zl_pass_i64(pass, &instrument->volatility);
        zl_pass_i64(pass, &instrument->funding_moves);
        zl_pass_i128(pass, &instrument->coordinate);
        zl_pass_bool(pass, &instrument->quarantine.open);
        zl_pass_i64(pass, &instrument->quarantine.first);
        zl_pass_u32(pass, &instrument->quarantine.confirmed);
        zl_pass_u64(pass, &instrument->mark_seq);
        zl_pass_time(pass, &instrument->mark_ns);
        zl_pass_bool(pass, &instrument->refusing);
}

static void carry_wind_down(struct zl_pass *pass, struct zl_policy *policy)
{
        zl_pass_u64(pass, &policy->cure_ms);
        zl_pass_bool(pass, &policy->cancel_first);
        zl_pass_bool(pass, &policy->convert);
        ZL_PASS_CHOICE(pass, policy->partial, ZL_PARTIAL_NEVER + 1);
        zl_pass_i64(pass, &policy->target_ppb);
        zl_pass_i64(pass, &policy->fraction_ppb);
        ZL_PASS_CHOICE(pass, policy->position_order, ZL_POSITION_ORDER_PAIRS_FIRST + 1);
        zl_pass_i64(pass, &policy->slice_notional);
        zl_pass_u64(pass, &policy->slice_ms);
        zl_pass_u32(pass, &policy->orders_per_s);
        ZL_PASS_CHOICE(pass, policy->takeover, ZL_TAKEOVER_WHEN_NEVER + 1);
        zl_pass_i64(pass, &policy->fund_floor);
        zl_pass_i64(pass, &policy->fund_drawdown_ppb);
        ZL_PASS_CHOICE(pass, policy->adl_score, ZL_ADL_SCORE_LEAST_OVERSHOOT + 1);
        ZL_PASS_CHOICE(pass, policy->adl_price, ZL_ADL_PRICE_INDEX + 1);
        zl_pass_bool(pass, &policy->socialize);
}

static void carry_policy(struct zl_pass *pass, struct zl_policy *policy)
{
        zl_pass_bool(pass, &policy->defined);
        zl_pass_u64(pass, &policy->rev);
        zl_pass_bool(pass, &policy->unsafe_at_equal);
        ZL_PASS_CHOICE(pass, policy->mm_basis, ZL_MM_BASIS_ENTRY + 1);
        zl_pass_bool(pass, &policy->fee_in_maintenance);
        policy->warn_count = zl_pass_count(pass, policy->warn_count, ZL_WARN_MAX);
        for (uint32_t i = 0; i < policy->warn_count; i++)
                zl_pass_i64(pass, &policy->warn_ppb[i]);
        zl_pass_i64(pass, &policy->warn_hysteresis_ppb);
        carry_wind_down(pass, policy);
        zl_pass_u64(pass, &policy->answer_ms);
        zl_pass_u64(pass, &policy->expires_ms);
        zl_pass_u64(pass, &policy->stale_ms);
        zl_pass_u32(pass, &policy->jump_ppm);
        zl_pass_u32(pass, &policy->jump_confirm);
        zl_pass_bool(pass, &policy->goes_on);
        zl_pass_u64(pass, &policy->rank_ms);
}

/* A round that is open is not carried: its fund waits again. */
static void carry_fund(struct zl_pass *pass, const struct zl_engine *engine, struct zl_fund *fund)
{
        uint32_t open = engine->round->fund;
        bool waiting = fund->waiting || (open != ZL_NONE_AT && fund == &engine->funds[open]);

        zl_pass_bool(pass, &fund->defined);
        zl_pass_u32(pass, &fund->asset);
        zl_pass_i64(pass, &fund->balance);
        zl_pass_i64(pass, &fund->peak);
        zl_pass_u64(pass, &fund->rev);
        zl_pass_bool(pass, &waiting);
        if (pass->way == ZL_READING)
                fund->waiting = waiting;
        zl_pass_bool(pass, &fund->unrated_said);
        zl_pass_bool(pass, &fund->silence_said);
        zl_pass_u64(pass, &fund->silent_ns);
        zl_pass_bool(pass, &fund->planned);
        zl_pass_bool(pass, &fund->stopped);
        zl_pass_u64(pass, &fund->round);
        zl_pass_time(pass, &fund->asked_ns);
}

/* ---- tables, by number ---- */

/* Makes the row of a number that was read. */
typedef uint32_t zl_row_of(struct zl_engine *engine, uint32_t id);

static bool asset_before(const struct zl_engine *engine, uint32_t a, uint32_t b)
{
        return engine->assets[a].id < engine->assets[b].id;
}

static bool instrument_before(const struct zl_engine *engine, uint32_t a, uint32_t b)
{
        return engine->instruments[a].id < engine->instruments[b].id;
}

static bool policy_before(const struct zl_engine *engine, uint32_t a, uint32_t b)
{
        return engine->policies[a].id < engine->policies[b].id;
}

static bool fund_before(const struct zl_engine *engine, uint32_t a, uint32_t b)
{
        return engine->funds[a].id < engine->funds[b].id;
}

/* How many rows there are; those to be written stand in engine->order. */
static uint32_t begin(struct zl_pass *pass, struct zl_engine *engine, uint32_t count,
                      uint32_t most, zl_before *before)
{
        if (pass->way != ZL_READING)
                zl_rows_in_order(engine, count, before);
        return zl_pass_count(pass, count, most);
}

/* The row of the number that stands here. */
static uint32_t row_of(struct zl_pass *pass, struct zl_engine *engine, zl_row_of *make,
                       uint32_t row, uint32_t id)
{
        zl_pass_u32(pass, &id);
        if (pass->way != ZL_READING || pass->failed)
                return row;
        row = make(engine, id);
        pass->failed |= row == ZL_NONE_AT;
        return pass->failed ? 0 : row;
}

static void carry_assets(struct zl_pass *pass, struct zl_engine *engine)
{
        uint32_t count = begin(pass, engine, engine->assets_by_id.count,
                               engine->config.assets_max, asset_before);

        for (uint32_t i = 0; i < count && !pass->failed; i++) {
                uint32_t at = pass->way == ZL_READING ? 0 : engine->order[i];
                at = row_of(pass, engine, zl_state_asset, at, engine->assets[at].id);
                carry_asset(pass, &engine->assets[at]);
                carry_rate(pass, &engine->assets[at]);
        }
}

static void carry_instruments(struct zl_pass *pass, struct zl_engine *engine)
{
        uint32_t count = begin(pass, engine, engine->instruments_by_id.count,
                               engine->config.instruments_max, instrument_before);

        for (uint32_t i = 0; i < count && !pass->failed; i++) {
                uint32_t at = pass->way == ZL_READING ? 0 : engine->order[i];
                at = row_of(pass, engine, zl_state_instrument, at, engine->instruments[at].id);
                carry_contract(pass, &engine->instruments[at]);
                carry_prices(pass, &engine->instruments[at]);
        }
}

static void carry_policies(struct zl_pass *pass, struct zl_engine *engine)
{
        uint32_t count = begin(pass, engine, engine->policies_by_id.count,
                               engine->config.policies_max, policy_before);

        for (uint32_t i = 0; i < count && !pass->failed; i++) {
                uint32_t at = pass->way == ZL_READING ? 0 : engine->order[i];
                at = row_of(pass, engine, zl_state_policy, at, engine->policies[at].id);
                carry_policy(pass, &engine->policies[at]);
        }
}

static void carry_funds(struct zl_pass *pass, struct zl_engine *engine)
{
        uint32_t count = begin(pass, engine, engine->funds_by_id.count, engine->config.funds_max,
                               fund_before);

        for (uint32_t i = 0; i < count && !pass->failed; i++) {
                uint32_t at = pass->way == ZL_READING ? 0 : engine->order[i];
                at = row_of(pass, engine, zl_state_fund, at, engine->funds[at].id);
                carry_fund(pass, engine, &engine->funds[at]);
        }
}

/* What follows from the rest. */
static void tie(struct zl_engine *engine)
{
        for (uint32_t i = 0; i < engine->instruments_by_id.count; i++) {
                struct zl_instrument *instrument = &engine->instruments[i];
                if (instrument->defined)
                        instrument->settle_at = zl_state_asset(engine, instrument->settle);
        }
        for (uint32_t i = 0; i < engine->assets_by_id.count; i++) {
                if (engine->assets[i].defined && engine->assets[i].numeraire)
                        engine->numeraire = i;
        }
}

void zl_pass_markets(struct zl_pass *pass, struct zl_engine *engine)
{
        carry_assets(pass, engine);
        carry_instruments(pass, engine);
        carry_policies(pass, engine);
        carry_funds(pass, engine);
        if (pass->way == ZL_READING && !pass->failed)
                tie(engine);
}

/* ---- what they are, read by an engine that knows their prices ---- */

static void read_asset(struct zl_pass *pass, struct zl_engine *engine)
{
        uint32_t at = row_of(pass, engine, zl_state_asset, 0, 0);
        struct zl_asset said = engine->assets[at], past = {0};

        carry_asset(pass, &said);
        carry_rate(pass, &past);
        if (!pass->failed)
                engine->assets[at] = said;
}

static void read_instrument(struct zl_pass *pass, struct zl_engine *engine)
{
        uint32_t at = row_of(pass, engine, zl_state_instrument, 0, 0);
        struct zl_instrument said = engine->instruments[at], past = {0};

        carry_contract(pass, &said);
        carry_prices(pass, &past);
        if (pass->failed)
                return;
        if (said.mark < said.min_price || said.mark > said.max_price)
                said.has_mark = false;
        if (said.usable && said.has_mark)
                said.coordinate = zl_coordinate(&said, said.mark);
        engine->instruments[at] = said;
}

static void read_policy(struct zl_pass *pass, struct zl_engine *engine)
{
        uint32_t at = row_of(pass, engine, zl_state_policy, 0, 0);
        struct zl_policy said = engine->policies[at];

        carry_policy(pass, &said);
        if (!pass->failed)
                engine->policies[at] = said;
}

static void read_fund(struct zl_pass *pass, struct zl_engine *engine)
{
        struct zl_fund past = {0};

        zl_pass_u32(pass, &past.id);
        carry_fund(pass, engine, &past);
}

typedef void read_row(struct zl_pass *pass, struct zl_engine *engine);

static void read_rows(struct zl_pass *pass, struct zl_engine *engine, uint32_t most, read_row *read)
{
        uint32_t count = zl_pass_count(pass, 0, most);

        for (uint32_t i = 0; i < count && !pass->failed; i++)
                read(pass, engine);
}

void zl_pass_definitions(struct zl_pass *pass, struct zl_engine *engine)
{
        read_rows(pass, engine, engine->config.assets_max, read_asset);
        read_rows(pass, engine, engine->config.instruments_max, read_instrument);
        read_rows(pass, engine, engine->config.policies_max, read_policy);
        read_rows(pass, engine, engine->config.funds_max, read_fund);
        if (!pass->failed)
                tie(engine);
}

/* ---- how much was said ---- */

void zl_pass_markets_said(struct zl_pass *pass, struct zl_engine *engine)
{
        uint32_t count = begin(pass, engine, engine->instruments_by_id.count,
                               engine->config.instruments_max, instrument_before);

        for (uint32_t i = 0; i < count && !pass->failed; i++) {
                uint32_t at = pass->way == ZL_READING ? 0 : engine->order[i];
                at = row_of(pass, engine, zl_state_instrument, at, engine->instruments[at].id);
                zl_pass_u64(pass, &engine->instruments[at].rank_seq);
        }
        count = begin(pass, engine, engine->funds_by_id.count, engine->config.funds_max,
                      fund_before);
        for (uint32_t i = 0; i < count && !pass->failed; i++) {
                uint32_t at = pass->way == ZL_READING ? 0 : engine->order[i];
                at = row_of(pass, engine, zl_state_fund, at, engine->funds[at].id);
                zl_pass_u64(pass, &engine->funds[at].query_seq);
                zl_pass_u64(pass, &engine->funds[at].plan_seq);
                zl_pass_u64(pass, &engine->funds[at].plan_rev);
                zl_pass_u64(pass, &engine->funds[at].plan_digest);
                zl_pass_i64(pass, &engine->funds[at].plan_cost);
        }
}
