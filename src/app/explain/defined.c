#include "app/explain/defined.h"

#define ABSENT(owner, field) ((uint64_t)1 << ZL_AT_##owner##_##field)

void zl_defined_asset(const struct zl_asset *asset, struct zl_message *ret_message)
{
        struct zl_msg_asset *said = &ret_message->asset;

        zl_message_init(ret_message, ZL_TYPE_ASSET);
        said->asset = asset->id;
        said->scale = asset->scale;
        said->rate_scale = asset->rate_scale;
        said->numeraire = asset->numeraire;
        said->liability = asset->liability_ppb;
        if (asset->slices_count == 1 && asset->slices[0].weight_ppb == ZL_PPB)
                return;
        said->haircut_count = asset->slices_count;
        for (uint32_t i = 0; i < asset->slices_count; i++) {
                const struct zl_slice *slice = &asset->slices[i];
                said->haircut[i] = (struct zl_row_haircut){.rate = ZL_PPB - slice->weight_ppb};
                if (slice->open)
                        said->haircut[i].absent = ABSENT(haircut, upto);
                else
                        said->haircut[i].upto = (int64_t)(slice->upto / zl_pow10(ZL_FINE));
        }
}

void zl_defined_rate(const struct zl_asset *asset, struct zl_message *ret_message)
{
        zl_message_init(ret_message, ZL_TYPE_RATE);
        ret_message->rate.asset = asset->id;
        ret_message->rate.price = asset->rate;
}

void zl_defined_policy(const struct zl_policy *policy, struct zl_message *ret_message)
{
        struct zl_msg_policy *said = &ret_message->policy;

        zl_message_init(ret_message, ZL_TYPE_POLICY);
        *said = (struct zl_msg_policy){
                .policy = policy->id,
                .rev = policy->rev,
                .trigger = policy->unsafe_at_equal ? ZL_TRIGGER_AT_OR_BELOW : ZL_TRIGGER_BELOW,
                .mm_basis = policy->mm_basis,
                .fee_in_maintenance = policy->fee_in_maintenance,
                .warn_count = policy->warn_count,
                .warn_hysteresis = policy->warn_hysteresis_ppb,
                .cure_ms = policy->cure_ms,
                .cancel_first = policy->cancel_first,
                .convert = policy->convert,
                .partial = policy->partial,
                .target_ratio = policy->target_ppb,
                .fraction = policy->fraction_ppb,
                .position_order = policy->position_order,
                .slice_notional = policy->slice_notional,
                .slice_ms = policy->slice_ms,
                .orders_per_s = policy->orders_per_s,
                .answer_ms = policy->answer_ms,
                .expires_ms = policy->expires_ms,
                .takeover = policy->takeover,
                .fund_floor = policy->fund_floor,
                .fund_drawdown = policy->fund_drawdown_ppb,
                .adl_score = policy->adl_score,
                .adl_price = policy->adl_price,
                .socialize = policy->socialize,
                .stale_ms = policy->stale_ms,
                .jump_ppm = policy->jump_ppm,
                .jump_confirm = policy->jump_confirm};
        for (uint32_t i = 0; i < policy->warn_count; i++)
                said->warn[i].ratio = policy->warn_ppb[i];
}

/* A deduction that makes the table continuous is left out, as nearly every table leaves it. */
static void define_tiers(const struct zl_instrument *instrument, struct zl_msg_instrument *said)
{
        zl_i128 continuous = 0;

        said->tiers_count = instrument->tiers_count;
        for (uint32_t i = 0; i < instrument->tiers_count; i++) {
                const struct zl_tier *tier = &instrument->tiers[i], *last = i ? tier - 1 : tier;
                if (i)
                        continuous = last->deduct_ppb +
                                     (zl_i128)last->upto * (tier->mmr_ppb - last->mmr_ppb);
                said->tiers[i] = (struct zl_row_tier){.absent = ABSENT(tier, imr),
                                                      .upto = tier->upto,
                                                      .mmr = tier->mmr_ppb};
                if (tier->open)
                        said->tiers[i].absent |= ABSENT(tier, upto);
                if (tier->deduct_ppb == continuous)
                        said->tiers[i].absent |= ABSENT(tier, deduct);
                else
                        said->tiers[i].deduct = (int64_t)(tier->deduct_ppb / ZL_PPB);
        }
}

void zl_defined_instrument(const struct zl_instrument *instrument, struct zl_message *ret_message)
{
        struct zl_msg_instrument *said = &ret_message->instrument;

        zl_message_init(ret_message, ZL_TYPE_INSTRUMENT);
        said->absent = 0;
        said->instrument = instrument->id;
        said->kind = instrument->kind;
        said->settle = instrument->settle;
        said->fund = instrument->fund;
        said->price_scale = instrument->price_scale;
        said->qty_scale = instrument->qty_scale;
        said->tick = instrument->tick;
        said->lot = instrument->lot;
        said->multiplier = instrument->multiplier_ppb;
        said->min_price = instrument->min_price;
        said->max_price = instrument->max_price;
        said->tier_by = instrument->tier_by;
        define_tiers(instrument, said);
        said->mmr_slope = instrument->mmr_slope_ppb;
        said->taker_fee = instrument->fee_ppb;
        said->slippage = instrument->slippage_ppb;
        said->status = instrument->status;
        said->policy = instrument->policy;
        said->rev = instrument->rev;
}

void zl_defined_mark(const struct zl_instrument *instrument, struct zl_message *ret_message)
{
        zl_message_init(ret_message, ZL_TYPE_MARK);
        ret_message->mark = (struct zl_msg_mark){.instrument = instrument->id,
                                                 .price = instrument->mark,
                                                 .index = instrument->index,
                                                 .bid = instrument->bid,
                                                 .ask = instrument->ask,
                                                 .depth = instrument->depth,
                                                 .funding = instrument->funding};
}

void zl_defined_fund(const struct zl_fund *fund, struct zl_message *ret_message)
{
        zl_message_init(ret_message, ZL_TYPE_FUND);
        ret_message->fund = (struct zl_msg_fund){.fund = fund->id,
                                                 .asset = fund->asset,
                                                 .balance = fund->balance,
                                                 .peak = fund->peak,
                                                 .rev = fund->rev};
}

static void define_position(const struct zl_position *position, uint32_t instrument, bool cross,
                            struct zl_row_position *ret_row)
{
        const struct zl_holding *holding = &position->holding;
        uint64_t absent = 0;

        if (holding->has_cost)
                absent |= ABSENT(position, entry);
        else
                absent |= ABSENT(position, cost);
        if (!holding->funding_known)
                absent |= ABSENT(position, funding);
        if (cross)
                absent |= ABSENT(position, margin);
        *ret_row = (struct zl_row_position){.absent = absent,
                                            .instrument = instrument,
                                            .leg = position->leg,
                                            .qty = holding->qty,
                                            .entry = holding->entry,
                                            .cost = holding->cost,
                                            .mode = cross ? ZL_MODE_CROSS : ZL_MODE_ISOLATED,
                                            .margin = holding->margin,
                                            .order_margin = holding->order_margin,
                                            .funding = holding->funding,
                                            .rev = position->rev};
}

void zl_defined_pool(const struct zl_engine *engine, const struct zl_pool *pool,
                     struct zl_message *ret_message)
{
        const struct zl_account *account = &engine->accounts[pool->account];
        struct zl_msg_account *said = &ret_message->account;

        zl_message_init(ret_message, ZL_TYPE_ACCOUNT);
        said->absent = 0;
        said->account = account->id;
        said->rev = account->rev;
        said->cross_rev = pool->id.cross ? pool->base : account->rev;
        said->full = true;
        said->policy = account->policy;
        for (uint32_t row = pool->id.cross ? account->first_balance : ZL_NONE_AT;
             row != ZL_NONE_AT; row = engine->balances[row].next_of_account) {
                const struct zl_balance *balance = &engine->balances[row];
                if (said->balances_count == ZL_COUNT(said->balances))
                        break;
                said->balances[said->balances_count++] =
                        (struct zl_row_balance){.asset = engine->assets[balance->asset].id,
                                                .amount = balance->amount,
                                                .order_margin = balance->order_margin};
        }
        for (uint32_t row = pool->first_position;
             row != ZL_NONE_AT && said->positions_count < ZL_COUNT(said->positions);
             row = engine->positions[row].next_of_pool) {
                const struct zl_position *position = &engine->positions[row];
                define_position(position, engine->instruments[position->instrument].id,
                                pool->id.cross, &said->positions[said->positions_count++]);
        }
}
