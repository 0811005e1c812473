#include "core/convert.h"

/* What all negative amounts are worth, in common units. */
static struct zl_wide debt_of(const struct zl_view *view)
{
        struct zl_wide debt = zl_wide_of(0);

        for (uint32_t i = 0; i < view->stocks_count; i++) {
                zl_i128 amount = zl_stock_amount(view, i);
                if (amount < 0)
                        debt = zl_wide_add(debt, zl_wide_mul(view->stocks[i].weight,
                                                             zl_wide_of(-amount)));
        }
        return debt;
}

/* In units of the asset. */
static int64_t for_sale(const struct zl_view *view, uint32_t at)
{
        const struct zl_stock *stock = &view->stocks[at];
        zl_i128 free = zl_min_i128(stock->amount, zl_stock_amount(view, at)) -
                       stock->order_margin;

        return free > 0 ? zl_saturate_i64(zl_div_floor(free, zl_pow10(ZL_FINE))) : 0;
}

static int64_t volatility_of(const struct zl_asset *asset)
{
        return asset->numeraire ? 0 : asset->volatility;
}

static bool before(const struct zl_asset *a, const struct zl_asset *b)
{
        if (volatility_of(a) != volatility_of(b))
                return volatility_of(a) < volatility_of(b);
        return a->id < b->id;
}

static void order_stocks(const struct zl_view *view, uint32_t places[ZL_STOCKS_MAX])
{
        for (uint32_t i = 0; i < view->stocks_count; i++) {
                uint32_t at = i;
                for (; at > 0 && before(view->stocks[i].asset, view->stocks[places[at - 1]].asset);
                     at--)
                        places[at] = places[at - 1];
                places[at] = i;
        }
}

enum zl_skip zl_convert(const struct zl_view *view, struct zl_decision *decision)
{
        struct zl_wide debt = debt_of(view);
        uint32_t places[ZL_STOCKS_MAX];

        if (!view->policy->convert)
                return ZL_SKIP_POLICY;
        if (view->flat)
                return ZL_SKIP_ISOLATED;
        if (zl_wide_sign(debt) == 0)
                return ZL_SKIP_NO_DEBT;
        order_stocks(view, places);
        for (uint32_t i = 0; i < view->stocks_count && zl_wide_sign(debt) > 0; i++) {
                const struct zl_stock *stock = &view->stocks[places[i]];
                struct zl_wide unit = zl_wide_mul(stock->weight, zl_wide_pow10(ZL_FINE));
                zl_i128 needed = zl_wide_saturate(zl_wide_div_ceil(debt, unit));
                int64_t amount = (int64_t)zl_min_i128(for_sale(view, places[i]), needed);
                if (amount <= 0)
                        continue;
                decision->orders[decision->count++] =
                        (struct zl_order){places[i], amount, amount};
                debt = zl_wide_sub(debt, zl_wide_mul(unit, zl_wide_of(amount)));
        }
        return decision->count ? ZL_SKIP_NOT : ZL_SKIP_NOTHING_TO_SELL;
}
