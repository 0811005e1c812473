#include "core/decision.h"

#include "core/audit.h"
#include "core/convert.h"
#include "core/outbox.h"

/* ---- which rung ---- */

static bool holds_order_margin(const struct zl_view *view)
{
        for (uint32_t i = 0; i < view->stocks_count; i++) {
                if (view->stocks[i].order_margin > 0)
                        return true;
        }
        return false;
}

/* An order worth more than a slice is cut to whole lots of it, at least one. */
static int64_t sliced(const struct zl_engine *engine, const struct zl_view *view, uint32_t at,
                      int64_t qty, struct zl_decision *decision)
{
        const struct zl_part *part = &view->parts[at];
        const struct zl_instrument *instrument = part->instrument;
        const struct zl_wide *weight = &view->stocks[part->stock].weight;
        uint32_t scale = engine->assets[engine->numeraire].scale;
        struct zl_wide slice = zl_wide_of(view->policy->slice_notional);
        struct zl_wide value = zl_wide_mul(*weight, zl_wide_of(instrument->unit * part->u));

        if (view->policy->slice_notional == 0)
                return qty;
        if (view->digits >= scale)
                slice = zl_wide_mul(slice, zl_wide_pow10(view->digits - scale));
        else
                value = zl_wide_mul(value, zl_wide_pow10(scale - view->digits));
        if (zl_wide_compare(zl_wide_mul(value, zl_wide_of(qty)), slice) <= 0)
                return qty;
        struct zl_wide lot = zl_wide_mul(value, zl_wide_of(instrument->lot));
        zl_i128 lots = zl_max_i128(1, zl_wide_saturate(zl_wide_div_floor(slice, lot)));
        int64_t cut = zl_saturate_i64(lots * instrument->lot);
        if (cut >= qty)
                return qty;
        decision->cut = true;
        return cut;
}

static void reduce_by(const struct zl_engine *engine, const struct zl_view *view,
                      const struct zl_reduction *reduction, struct zl_decision *decision)
{
        for (uint32_t i = 0; i < view->parts_count; i++) {
                int64_t whole = reduction->qty[i];
                if (whole > 0)
                        decision->orders[decision->count++] = (struct zl_order){
                                i, sliced(engine, view, i, whole, decision), whole};
        }
}

static enum zl_skip cancel(const struct zl_view *view, struct zl_decision *decision)
{
        if (!view->policy->cancel_first)
                return ZL_SKIP_POLICY;
        if (!holds_order_margin(view))
                return ZL_SKIP_NOTHING_HELD;
        decision->orders[decision->count++] = (struct zl_order){0, 0, 0};
        return ZL_SKIP_NOT;
}

static enum zl_skip close_part(struct zl_engine *engine, const struct zl_view *view,
                               struct zl_decision *decision)
{
        struct zl_reduction reduction;
        enum zl_skip skip = zl_reduce(view, engine->trial, &reduction);

        if (skip == ZL_SKIP_NOT)
                reduce_by(engine, view, &reduction, decision);
        return skip;
}

static enum zl_skip close_all(struct zl_engine *engine, const struct zl_view *view,
                              struct zl_decision *decision)
{
        struct zl_reduction reduction;

        for (uint32_t i = 0; i < view->parts_count; i++)
                reduction.qty[i] = zl_part_trades(&view->parts[i])
                                           ? zl_saturate_i64(view->parts[i].size)
                                           : 0;
        reduce_by(engine, view, &reduction, decision);
        return decision->count ? ZL_SKIP_NOT : ZL_SKIP_NOTHING_TRADES;
}

static enum zl_skip apply(struct zl_engine *engine, const struct zl_view *view, enum zl_rung rung,
                          struct zl_decision *decision)
{
        switch (rung) {
        case ZL_RUNG_CANCEL:
                return cancel(view, decision);
        case ZL_RUNG_CONVERT:
                return zl_convert(view, decision);
        case ZL_RUNG_PARTIAL:
                return close_part(engine, view, decision);
        case ZL_RUNG_FULL:
                return close_all(engine, view, decision);
        default:
                return ZL_SKIP_NOT;
        }
}

void zl_decide(struct zl_engine *engine, const struct zl_view *view, enum zl_rung answered,
               struct zl_decision *ret_decision)
{
        enum zl_rung rung = ZL_RUNG_NONE;

        while (rung < answered)
                ret_decision->skips[++rung] = ZL_SKIP_ANSWERED;
        do {
                rung++;
                ret_decision->rung = rung;
                ret_decision->count = 0;
                ret_decision->cut = false;
                ret_decision->skips[rung] = apply(engine, view, rung, ret_decision);
        } while (ret_decision->skips[rung] != ZL_SKIP_NOT);
}

/* ---- saying it ---- */

struct saying {
        struct zl_engine *engine;
        const struct zl_pool *pool;
        const struct zl_view *view;
        const struct zl_worth *worth;
        uint64_t account;
        struct zl_shares shares;
        int64_t prices[ZL_PARTS_MAX]; /* limits, of the open parts */
        bool clamped;                 /* one of them, to its instrument's range */
};

static void name_order(const struct saying *saying, uint32_t place, char text[ZL_KEY_TEXT_SIZE])
{
        struct zl_key key = {.account = saying->account,
                             .pool = saying->pool->id,
                             .base = saying->pool->base,
                             .n = saying->pool->n,
                             .has_place = true,
                             .place = place};

        zl_key_format(&key, text);
}

static void say_cancel(const struct saying *saying)
{
        struct zl_msg_cancel cancel = {.account = saying->account};

        cancel.absent |= (uint64_t)1 << ZL_AT_cancel_instrument;
        name_order(saying, 0, cancel.order);
        zl_pool_id_format(saying->pool->id, cancel.pool);
        zl_say_order(saying->engine, saying->account, ZL_TYPE_CANCEL, &cancel, false);
}

static void say_convert(const struct saying *saying, const struct zl_order *order,
                        uint32_t place)
{
        struct zl_msg_convert convert = {.account = saying->account,
                                         .asset = saying->view->stocks[order->at].asset->id,
                                         .amount = order->qty};

        name_order(saying, place, convert.order);
        zl_pool_id_format(saying->pool->id, convert.pool);
        zl_say_order(saying->engine, saying->account, ZL_TYPE_CONVERT, &convert, place > 0);
}

static enum zl_side closing_side(const struct zl_part *part)
{
        return part->sign > 0 ? ZL_SIDE_SELL : ZL_SIDE_BUY;
}

static void fill_evidence(const struct saying *saying, const struct zl_instrument *instrument,
                          struct zl_msg_liquidate *order)
{
        const struct zl_asset *numeraire = &saying->engine->assets[saying->engine->numeraire];

        order->mark = instrument->mark;
        order->mark_seq = instrument->mark_seq;
        order->equity =
                zl_saturate_i64(zl_equity_floor(saying->view, saying->worth, numeraire));
        order->maintenance =
                zl_saturate_i64(zl_maintenance_ceil(saying->view, saying->worth, numeraire));
        order->tier_rev = instrument->rev;
        order->policy_rev = saying->view->policy->rev;
}

/* Immediate or cancel, at the close-out price. */
static void say_liquidate(const struct saying *saying, const struct zl_decision *decision,
                          uint32_t place)
{
        const struct zl_engine *engine = saying->engine;
        uint32_t at = decision->orders[place].at;
        const struct zl_part *part = &saying->view->parts[at];
        struct zl_msg_liquidate order = {
                .account = saying->account,
                .instrument = part->instrument->id,
                .leg = part->leg,
                .side = closing_side(part),
                .qty = decision->orders[place].qty,
                .price = saying->prices[at],
                .tif = ZL_TIF_IOC,
                .reduce_only = true,
                .step = decision->rung == ZL_RUNG_PARTIAL ? ZL_STEP_PARTIAL : ZL_STEP_FULL};
        zl_i128 bankruptcy;

        name_order(saying, place, order.order);
        zl_pool_id_format(saying->pool->id, order.pool);
        if (zl_bankruptcy_price(saying->view, saying->worth, at, &bankruptcy))
                order.bankruptcy_price = zl_saturate_i64(bankruptcy);
        else
                order.absent |= (uint64_t)1 << ZL_AT_liquidate_bankruptcy_price;
        if (engine->now_ns)
                order.expires_ns = engine->now_ns + saying->view->policy->expires_ms * 1000000;
        fill_evidence(saying, part->instrument, &order);
        zl_say_order(saying->engine, saying->account, ZL_TYPE_LIQUIDATE, &order, place > 0);
}

/* A pool without positions owes what it owes to no fund. */
static void say_debt(const struct saying *saying)
{
        const struct zl_asset *numeraire = &saying->engine->assets[saying->engine->numeraire];
        zl_i128 left = zl_left_floor(saying->view, saying->worth, numeraire);
        struct zl_msg_deficit deficit = {.account = saying->account,
                                         .base = saying->pool->base,
                                         .amount = left < 0 ? zl_saturate_i64(-left) : 0,
                                         .n = saying->pool->n};

        zl_pool_id_format(saying->pool->id, deficit.pool);
        zl_say_deficit(saying->engine, 0, &deficit, false);
}

static void say_deficits(const struct saying *saying)
{
        const struct zl_view *view = saying->view;
        bool any = false;
        uint32_t last = 0;

        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_part *part = &view->parts[i];
                struct zl_msg_deficit deficit = {
                        .account = saying->account,
                        .base = saying->pool->base,
                        .instrument = part->instrument->id,
                        .leg = part->leg,
                        .side = closing_side(part),
                        .qty = zl_saturate_i64(part->size),
                        .n = saying->pool->n};
                if (!part->open)
                        continue;
                uint32_t to = zl_partition(part->instrument->fund, saying->engine->partitions);
                zl_pool_id_format(saying->pool->id, deficit.pool);
                deficit.price = saying->prices[i];
                deficit.amount = zl_saturate_i64(
                        zl_shortfall_ceil(view, saying->worth, &saying->shares, i));
                zl_say_deficit(saying->engine, part->instrument->fund, &deficit,
                               any && to == last);
                any = true;
                last = to;
        }
}

static void find_prices(struct saying *saying)
{
        const struct zl_view *view = saying->view;

        zl_shares_init(&saying->shares, view);
        for (uint32_t i = 0; i < view->parts_count; i++) {
                zl_i128 closeout;
                if (!view->parts[i].open)
                        continue;
                saying->prices[i] = zl_limit_price(view, saying->worth, &saying->shares, i);
                saying->clamped |= !zl_closeout_price(view, saying->worth, &saying->shares, i,
                                                      &closeout) ||
                                   closeout != saying->prices[i];
        }
}

/* Closing every position at its price must leave zero, to a tick's value each. */
static bool adds_up(const struct saying *saying)
{
        struct zl_closing closings[ZL_PARTS_MAX];
        struct zl_residue residue;
        uint32_t count = 0;

        for (uint32_t i = 0; i < saying->view->parts_count; i++) {
                if (saying->view->parts[i].open)
                        closings[count++] = (struct zl_closing){i, saying->prices[i]};
        }
        zl_audit_residue(saying->view, saying->worth, closings, count, &residue);
        if (saying->clamped || zl_audit_closing(&residue))
                return true;
        zl_alert_pool(saying->engine, saying->pool, ZL_ALERT_KIND_AUDIT, NULL,
                      "closing all of it at the close-out prices would not leave zero");
        return false;
}

bool zl_decision_say(struct zl_engine *engine, const struct zl_pool *pool,
                     const struct zl_view *view, const struct zl_worth *worth,
                     const struct zl_decision *decision)
{
        struct saying saying = {.engine = engine,
                                .pool = pool,
                                .view = view,
                                .worth = worth,
                                .account = engine->accounts[pool->account].id};

        if (decision->rung > ZL_RUNG_CONVERT && view->open_count) {
                find_prices(&saying);
                if (!adds_up(&saying))
                        return false;
        }
        switch (decision->rung) {
        case ZL_RUNG_CANCEL:
                say_cancel(&saying);
                break;
        case ZL_RUNG_CONVERT:
                for (uint32_t i = 0; i < decision->count; i++)
                        say_convert(&saying, &decision->orders[i], i);
                break;
        case ZL_RUNG_PARTIAL:
        case ZL_RUNG_FULL:
                for (uint32_t i = 0; i < decision->count; i++)
                        say_liquidate(&saying, decision, i);
                break;
        default:
                if (view->open_count)
                        say_deficits(&saying);
                else
                        say_debt(&saying);
        }
        return true;
}
