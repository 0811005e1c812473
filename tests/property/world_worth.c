/* About what things are worth, in floating point: enough to draw pools around their lines. */
#include "world.h"

long double world_power(uint32_t digits)
{
        long double power = 1;

        while (digits-- > 0)
                power *= 10;
        return power;
}

long double world_value(const struct world_instrument *instrument, int64_t qty, int64_t price)
{
        long double size = instrument->unit * (long double)(qty < 0 ? -qty : qty);

        return instrument->now.kind == ZL_KIND_INVERSE ? size / (long double)price
                                                       : size * (long double)price;
}

long double world_rate(const struct world *world, uint32_t asset)
{
        const struct zl_msg_asset *said = &world->assets[asset];
        long double rate = said->numeraire ? 1
                                           : (long double)world->rates[asset] /
                                                     world_power(said->rate_scale);

        return rate / world_power(said->scale);
}

long double world_needed(const struct world_instrument *instrument, const struct world_slot *slot)
{
        const struct zl_msg_instrument *now = &instrument->now;
        long double value = world_value(instrument, slot->qty, instrument->mark);
        long double size = (long double)(slot->qty < 0 ? -slot->qty : slot->qty);
        long double measure = now->tier_by == ZL_TIER_BY_SIZE ? size : value, deduct = 0;
        long double rate = (long double)now->mmr_slope * size / world_power(now->qty_scale);
        uint32_t tier = 0;

        if (now->status == ZL_STATUS_SETTLED)
                return 0;
        for (; tier + 1 < now->tiers_count; tier++) {
                if ((long double)now->tiers[tier].upto >= measure)
                        break;
                deduct += (long double)now->tiers[tier].upto *
                          (long double)(now->tiers[tier + 1].mmr - now->tiers[tier].mmr);
        }
        if (now->tiers_count)
                rate += (long double)now->tiers[tier].mmr;
        if (now->tiers_count && !ZL_ABSENT(&now->tiers[tier], tier, deduct))
                deduct = (long double)now->tiers[tier].deduct * 1e9L;
        long double needed = measure * rate - deduct;
        if (needed < 0)
                needed = 0;
        if (now->tier_by == ZL_TIER_BY_SIZE)
                needed *= value / size;
        return (needed + value * (long double)(now->taker_fee + now->liq_fee)) / 1e9L;
}

long double world_profit(const struct world_instrument *instrument, const struct world_slot *slot,
                         int64_t price)
{
        long double cost = slot->has_cost ? (long double)slot->cost
                                          : world_value(instrument, slot->qty, slot->entry);
        long double profit = world_value(instrument, slot->qty, price) - cost;
        bool inverse = instrument->now.kind == ZL_KIND_INVERSE;

        return (slot->qty < 0) != inverse ? -profit : profit;
}

/* Haircuts by slices; what is owed counts by its liability. */
static long double weighted(const struct zl_msg_asset *asset, long double amount)
{
        long double total = 0, low = 0;

        if (amount < 0)
                return amount * (long double)asset->liability / 1e9L;
        for (uint32_t i = 0; i < asset->haircut_count; i++) {
                const struct zl_row_haircut *slice = &asset->haircut[i];
                bool last = i + 1 == asset->haircut_count || ZL_ABSENT(slice, haircut, upto);
                bool here = last || amount <= (long double)slice->upto;
                long double high = here ? amount : (long double)slice->upto;
                total += (high - low) * (1 - (long double)slice->rate / 1e9L);
                if (here)
                        return total;
                low = high;
        }
        return amount;
}

/* x less the order margin. */
static long double amount_of(const struct world *world, const struct world_account *account,
                             uint32_t asset)
{
        const struct world_balance *balance = &account->balances[asset];
        long double amount = (long double)balance->amount - (long double)balance->order_margin;

        for (uint32_t i = WORLD_CROSS_FROM; i < WORLD_SLOTS; i++) {
                uint32_t at = (i - WORLD_CROSS_FROM) / WORLD_LEGS;
                const struct world_instrument *instrument = &world->instruments[at];
                if (account->slots[i].qty && instrument->now.settle == asset + 1)
                        amount += world_profit(instrument, &account->slots[i], instrument->mark);
        }
        return amount;
}

long double world_cross_shortage(const struct world *world, const struct world_account *account,
                                 long double factor)
{
        long double shortage = 0;

        for (uint32_t i = WORLD_CROSS_FROM; i < WORLD_SLOTS; i++) {
                uint32_t at = (i - WORLD_CROSS_FROM) / WORLD_LEGS;
                const struct world_instrument *instrument = &world->instruments[at];
                if (account->slots[i].qty)
                        shortage += factor * world_needed(instrument, &account->slots[i]) *
                                    world_rate(world, instrument->now.settle - 1);
        }
        for (uint32_t i = 0; i < world->assets_count; i++)
                shortage -= weighted(&world->assets[i], amount_of(world, account, i)) *
                            world_rate(world, i);
        return shortage;
}

long double world_weight(const struct world *world, const struct world_account *account,
                         uint32_t asset)
{
        const struct zl_msg_asset *said = &world->assets[asset];
        long double amount = amount_of(world, account, asset);
        long double step = (long double)world->typical[asset] / 1000 + 1;

        return (weighted(said, amount + step) - weighted(said, amount)) / step *
               world_rate(world, asset);
}
