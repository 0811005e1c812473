#include "core/share.h"

/* At most the amount, since no more than the total has been dealt to. */
static int64_t dealt_floor(const struct zl_share *share)
{
        struct zl_wide product = zl_wide_mul(share->amount, share->before);

        return (int64_t)zl_wide_saturate(zl_wide_div_floor(product, share->total));
}

void zl_share_init(struct zl_share *share, int64_t amount, struct zl_wide total,
                   struct zl_wide before)
{
        ZL_ASSERT(amount >= 0 && zl_wide_sign(total) > 0);
        ZL_ASSERT(!zl_wide_negative(before) && zl_wide_compare(before, total) <= 0);
        *share = (struct zl_share){zl_wide_of(amount), total, before, 0};
        share->dealt = dealt_floor(share);
}

int64_t zl_share_next(struct zl_share *share, zl_i128 weight)
{
        int64_t dealt = share->dealt;

        ZL_ASSERT(weight >= 0);
        share->before = zl_wide_add(share->before, zl_wide_of(weight));
        ZL_ASSERT(zl_wide_compare(share->before, share->total) <= 0);
        share->dealt = dealt_floor(share);
        return share->dealt - dealt;
}
