#include "core/audit.h"

#include "core/text.h"

static struct zl_wide wide(zl_i128 a)
{
        return zl_wide_of(a);
}

/* ---- decisions ---- */

/* The value of the part at a price, between two whole fine units. */
static void value_at(const struct zl_part *part, int64_t price, struct zl_wide *ret_floor,
                     struct zl_wide *ret_ceil)
{
        const struct zl_instrument *instrument = part->instrument;
        struct zl_wide unit = wide(part->unit);

        if (instrument->kind != ZL_KIND_INVERSE) {
                *ret_floor = *ret_ceil = zl_wide_mul(unit, wide(price));
                return;
        }
        unit = zl_wide_mul(unit, zl_wide_pow10(instrument->reciprocal_exponent));
        *ret_floor = zl_wide_div_floor(unit, wide(price));
        *ret_ceil = zl_wide_div_ceil(unit, wide(price));
}

/* What closing at a value v adds to the asset, x 10^9: slope (v - V) less the fee of v. It rises
 * with v for a positive slope, and falls for a negative one. */
static struct zl_wide gain_of(const struct zl_part *part, struct zl_wide value)
{
        zl_i128 rate = part->slope * (zl_i128)ZL_PPB - part->instrument->fee_ppb;
        struct zl_wide held = zl_wide_product(zl_part_value(part), part->slope * (zl_i128)ZL_PPB);

        return zl_wide_sub(zl_wide_mul(value, wide(rate)), held);
}

void zl_audit_residue(const struct zl_view *view, const struct zl_worth *worth,
                      const struct zl_closing *closings, uint32_t count,
                      struct zl_residue *ret_residue)
{
        struct zl_wide least = zl_wide_mul(worth->left, wide(ZL_PPB)), most = least;
        struct zl_wide bound = wide(0);
        bool endless = false;

        for (uint32_t i = 0; i < count; i++) {
                const struct zl_part *part = &view->parts[closings[i].part];
                struct zl_wide weight = view->stocks[part->stock].weight;
                int64_t before_price = closings[i].price - part->sign * part->instrument->tick;
                struct zl_wide low, high, low_before, high_before;
                value_at(part, closings[i].price, &low, &high);
                if (before_price <= 0 && part->instrument->kind == ZL_KIND_INVERSE) {
                        endless = true;
                        before_price = closings[i].price;
                }
                value_at(part, before_price, &low_before, &high_before);
                bool up = part->slope > 0;
                struct zl_wide from = gain_of(part, up ? low : high);
                struct zl_wide to = gain_of(part, up ? high : low);
                struct zl_wide before = gain_of(part, up ? low_before : high_before);
                least = zl_wide_add(least, zl_wide_mul(from, weight));
                most = zl_wide_add(most, zl_wide_mul(to, weight));
                bound = zl_wide_add(bound, zl_wide_mul(zl_wide_sub(to, before), weight));
        }
        *ret_residue = (struct zl_residue){least, most, bound, endless};
}

bool zl_audit_closing(const struct zl_residue *residue)
{
        return !zl_wide_negative(residue->most) &&
               (residue->endless || zl_wide_compare(residue->least, residue->bound) <= 0);
}

/* ---- plans ---- */

/* The quantity that a plan's messages give to a claim. */
static zl_i128 quantity_met(const struct zl_plan *plan, uint32_t claim)
{
        zl_i128 met = 0;

        for (uint32_t i = 0; i < plan->rows_count; i++) {
                const struct zl_plan_row *row = &plan->rows[i];
                if (row->claim == claim && row->type != ZL_TYPE_SOCIALIZE)
                        met += row->qty;
        }
        return met;
}

static bool has_rows(const struct zl_plan *plan, uint32_t claim)
{
        for (uint32_t i = 0; i < plan->rows_count; i++) {
                if (plan->rows[i].claim == claim)
                        return true;
        }
        return false;
}

static const char *check_row(const struct zl_round *round, const struct zl_plan_row *row)
{
        const struct zl_claim *claim = &round->claims[row->claim];

        if (row->qty < 0 || row->amount < 0)
                return "a message of the plan has a negative quantity or amount";
        if (row->type == ZL_TYPE_TAKEOVER)
                return NULL;
        const struct zl_candidate *one = &round->candidates[row->candidate];
        if (one->winner.account == claim->account)
                return "an account is set against itself";
        if (row->type == ZL_TYPE_ADL &&
            (one->winner.instrument != claim->instrument || one->side != claim->side))
                return "a winner does not stand on the other side";
        return NULL;
}

const char *zl_audit_plan(const struct zl_round *round, const struct zl_plan *plan)
{
        for (uint32_t i = 0; i < plan->rows_count; i++) {
                const char *wrong = check_row(round, &plan->rows[i]);
                if (wrong)
                        return wrong;
        }
        for (uint32_t i = 0; i < round->candidates_count; i++) {
                if (round->candidates[i].winner.qty < 0)
                        return "a winner gives more than it holds";
        }
        for (uint32_t i = 0; i < round->claims_count; i++) {
                zl_i128 met = quantity_met(plan, i);
                if (has_rows(plan, i) && (plan->in_part ? met > round->claims[i].qty
                                                        : met != round->claims[i].qty))
                        return "a deficit's quantity is not met to the last unit";
        }
        return NULL;
}

/* ---- revisions of a fund ---- */

int64_t zl_audit_cost(const struct zl_plan *plan)
{
        zl_i128 cost = 0;

        for (uint32_t i = 0; i < plan->rows_count; i++) {
                if (plan->rows[i].type == ZL_TYPE_TAKEOVER)
                        cost += plan->rows[i].amount;
        }
        return zl_saturate_i64(cost);
}

static void put_amount(struct zl_text *text, const struct zl_engine *engine, uint32_t asset,
                       zl_i128 amount)
{
        uint32_t row;
        bool known = zl_map_get(&engine->assets_by_id, asset, &row) && engine->assets[row].defined;

        zl_text_decimal(text, amount, known ? engine->assets[row].scale : 0);
}

bool zl_audit_revision(const struct zl_engine *engine, const struct zl_fund *fund,
                       const struct zl_msg_fund *said, char evidence[ZL_EVIDENCE_SIZE])
{
        struct zl_text text = zl_text_over(evidence, ZL_EVIDENCE_SIZE);
        bool next = said->rev == fund->plan_rev + 1;
        zl_i128 least = (zl_i128)fund->balance - fund->plan_cost;

        if (said->plan == 0 || said->plan != fund->plan_digest || (next && said->balance >= least))
                return true;
        zl_text_put(&text, "revision ");
        zl_text_u64(&text, said->rev);
        zl_text_put(&text, next ? " has " : " follows the plan for ");
        if (!next) {
                zl_text_u64(&text, fund->plan_rev);
                return false;
        }
        put_amount(&text, engine, fund->asset, said->balance);
        zl_text_put(&text, ", the one before had ");
        put_amount(&text, engine, fund->asset, fund->balance);
        zl_text_put(&text, ", and its plan costs at most ");
        put_amount(&text, engine, fund->asset, fund->plan_cost);
        return false;
}
