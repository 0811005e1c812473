#include "core/terms.h"

void zl_part_terms(const struct zl_view *view, const struct zl_worth *worth,
                   const struct zl_shares *shares, uint32_t at, struct zl_part_terms *ret_terms)
{
        const struct zl_part *part = &view->parts[at];
        struct zl_part_terms *terms = ret_terms;
        bool by_entry = view->policy->mm_basis == ZL_MM_BASIS_ENTRY;

        *terms = (struct zl_part_terms){.value = zl_part_value(part),
                                        .profit = zl_part_profit(part),
                                        .basis = by_entry ? part->cost : zl_part_value(part),
                                        .tier = zl_tier_at(view, part, part->u)};
        terms->maintenance = zl_part_maintenance(view, part, part->u, &terms->rest);
        terms->share = zl_share_of(shares, view, at);
        terms->points = zl_liquidation_points(view, worth, part->instrument);
        terms->has_bankruptcy = zl_bankruptcy_price(view, worth, at, &terms->bankruptcy);
        terms->has_closeout = zl_closeout_price(view, worth, shares, at, &terms->closeout);
        if (!part->open)
                return;
        terms->limit = zl_limit_price(view, worth, shares, at);
        terms->shortfall = zl_shortfall_ceil(view, worth, shares, at);
}

void zl_stock_terms(const struct zl_view *view, uint32_t at, struct zl_stock_terms *ret_terms)
{
        const struct zl_stock *stock = &view->stocks[at];
        struct zl_stock_terms *terms = ret_terms;

        *terms = (struct zl_stock_terms){.amount = zl_stock_amount(view, at)};
        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_part *part = &view->parts[i];
                if (part->stock != at)
                        continue;
                terms->profit += zl_part_profit(part);
                terms->due += part->due;
        }
        terms->counted = terms->amount - stock->order_margin;
        terms->weighted = zl_stock_weighted(view, at, terms->counted);
        terms->equity = zl_wide_mul(stock->weight, terms->weighted);
        terms->left = zl_wide_mul(stock->weight, zl_wide_of(terms->amount));
}
