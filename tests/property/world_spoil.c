/* What is to be refused: one rule broken in a message that is lawful otherwise. */
#include "world.h"

void world_spoil_asset(struct world *world, struct zl_msg_asset *asset)
{
        struct zl_row_haircut *slices = asset->haircut;

        switch (world_below(world, world_has(world, WORLD_CROSS) ? 7 : 5)) {
        case 0:
                asset->scale = world_below(world, 40);
                break;
        case 1:
                asset->rate_scale = world_below(world, 40);
                break;
        case 2:
                asset->numeraire = !asset->numeraire;
                break;
        case 3:
                asset->liability = world_between(world, -5, 999999999);
                break;
        case 4: /* a weight that rises, or is no weight */
                asset->haircut_count = 2;
                slices[0] = (struct zl_row_haircut){.upto = 5, .rate = 500000000};
                slices[1] = (struct zl_row_haircut){
                        .upto = 9, .rate = world_chance(world, 50) ? 499999999 : 1000000001};
                break;
        case 5: /* slices that do not rise */
                asset->haircut_count = 2;
                slices[0] = (struct zl_row_haircut){.upto = 5, .rate = 0};
                slices[1] = (struct zl_row_haircut){.upto = 5, .rate = 1000};
                break;
        default: /* one without an end that is not the last, or one that ends at nothing */
                asset->haircut_count = 2;
                slices[0] = (struct zl_row_haircut){.upto = 0, .rate = 0};
                if (world_chance(world, 50))
                        slices[0].absent = 1 << ZL_AT_haircut_upto;
                slices[1] = (struct zl_row_haircut){.upto = 5, .rate = 0};
                break;
        }
}

static void spoil_tiers(struct world *world, struct zl_msg_instrument *instrument)
{
        struct zl_row_tier *tiers = instrument->tiers;
        const uint64_t absent = 1 << ZL_AT_tier_imr | 1 << ZL_AT_tier_deduct;

        instrument->tiers_count = 2;
        tiers[0] = (struct zl_row_tier){.absent = absent, .upto = 5, .mmr = 500};
        tiers[1] = (struct zl_row_tier){.absent = absent, .upto = 9, .mmr = 500};
        switch (world_below(world, 6)) {
        case 0:
                tiers[1].upto = 5;
                break;
        case 1:
                tiers[0].upto = 0;
                break;
        case 2:
                tiers[0].absent |= 1 << ZL_AT_tier_upto;
                break;
        case 3:
                tiers[1].mmr = 499;
                break;
        case 4:
                tiers[1].mmr = 1000000001;
                break;
        default:
                tiers[1].absent &= ~(uint64_t)(1 << ZL_AT_tier_deduct);
                tiers[1].deduct = -1;
                break;
        }
}

void world_spoil_instrument(struct world *world, struct zl_msg_instrument *instrument)
{
        switch (world_below(world, world_has(world, WORLD_LADDER) ? 12 : 11)) {
        case 0:
                instrument->price_scale = world_below(world, 40);
                break;
        case 1:
                instrument->qty_scale = world_below(world, 40);
                break;
        case 2:
                instrument->settle = instrument->settle % WORLD_ASSETS + 1;
                break;
        case 3:
                instrument->min_price = world_chance(world, 50) ? 0 : instrument->max_price + 1;
                break;
        case 4:
                instrument->max_price = ((int64_t)1 << 44) + 1;
                break;
        case 5:
                instrument->tick = -world_below(world, 2);
                break;
        case 6:
                instrument->lot = -world_below(world, 2);
                break;
        case 7:
                instrument->multiplier = -world_below(world, 2);
                break;
        case 8:
                instrument->taker_fee = world_chance(world, 50) ? -1 : 600000000;
                instrument->liq_fee = 400000000;
                break;
        case 9:
                instrument->mmr_slope = -1;
                break;
        case 10:
                spoil_tiers(world, instrument);
                break;
        default:
                instrument->slippage = world_chance(world, 50) ? -1 : 1000000000;
                break;
        }
}

static void spoil_new(struct world *world, struct zl_msg_policy *policy)
{
        switch (world_below(world, 8)) {
        case 0:
                policy->target_ratio = world_chance(world, 50) ? 0 : 1000000001;
                break;
        case 1:
                policy->fraction = world_chance(world, 50) ? 0 : 1000000001;
                break;
        case 2:
                policy->fund_drawdown = world_chance(world, 50) ? -1 : 1000000001;
                break;
        case 3:
                policy->slice_notional = -1;
                break;
        case 4:
                policy->fund_floor = -1;
                break;
        case 5:
                policy->cure_ms = (uint64_t)1 << 32;
                break;
        case 6:
                policy->slice_ms = (uint64_t)1 << 32;
                break;
        default:
                policy->adl_score = ZL_ADL_SCORE_LEAST_OVERSHOOT;
                policy->adl_price = ZL_ADL_PRICE_MARK;
                break;
        }
}

void world_spoil_policy(struct world *world, struct zl_msg_policy *policy)
{
        if (world_has(world, WORLD_LADDER) && world_chance(world, 60)) {
                spoil_new(world, policy);
                return;
        }
        switch (world_below(world, 6)) {
        case 0:
                policy->warn_count = 2;
                policy->warn[0].ratio = policy->warn[1].ratio = 800000000;
                break;
        case 1:
                policy->warn_count = 1;
                policy->warn[0].ratio = world_chance(world, 50) ? 0 : 10000000001;
                break;
        case 2:
                policy->warn_count = 1;
                policy->warn[0].ratio = policy->warn_hysteresis = 800000000;
                break;
        case 3:
                policy->warn_hysteresis = -1;
                break;
        case 4:
                policy->answer_ms = world_chance(world, 50) ? 0 : (uint64_t)1 << 32;
                break;
        default:
                policy->stale_ms = policy->expires_ms = (uint64_t)1 << 32;
                break;
        }
}

/* More of a cross pool than it may hold. */
static void overfill(struct world *world, struct zl_msg_account *account)
{
        account->full = true;
        if (world_chance(world, 50)) {
                account->balances_count = 33;
                for (uint32_t i = 0; i < account->balances_count; i++)
                        account->balances[i] = (struct zl_row_balance){.asset = i + 1,
                                                                       .amount = 1};
                return;
        }
        account->positions_count = 129;
        for (uint32_t i = 0; i < account->positions_count; i++)
                account->positions[i] = (struct zl_row_position){
                        .absent = 1 << ZL_AT_position_cost | 1 << ZL_AT_position_margin |
                                  1 << ZL_AT_position_funding | 1 << ZL_AT_position_rev,
                        .instrument = i + 1,
                        .qty = 1,
                        .entry = 1,
                        .mode = ZL_MODE_CROSS};
}

void world_spoil_account(struct world *world, struct zl_msg_account *account)
{
        if (world_has(world, WORLD_CROSS) && world_chance(world, 10)) {
                overfill(world, account);
                return;
        }
        if (world_chance(world, 10))
                account->account = ((uint64_t)1 << 53) + world_below(world, 2);
        if (!account->positions_count)
                return;
        struct zl_row_position *row =
                &account->positions[world_below(world, account->positions_count)];
        switch (world_below(world, 4)) {
        case 0:
                row->absent |= 1 << ZL_AT_position_margin;
                row->margin = 0;
                break;
        case 1:
                row->absent |= 1 << ZL_AT_position_entry | 1 << ZL_AT_position_cost;
                row->entry = row->cost = 0;
                break;
        case 2:
                row->leg = row->qty < 0 ? ZL_LEG_LONG : ZL_LEG_SHORT;
                break;
        default:
                row->entry = row->cost = -world_below(world, 2);
                break;
        }
}
