#include "steps.h"

static bool holds_order_margin(const struct terms *terms)
{
        for (uint32_t i = 0; i < terms->holdings_count; i++) {
                if (terms->holdings[i].order_margin > 0)
                        return true;
        }
        return false;
}

void steps_next(struct money *money, const struct terms *terms, enum step after,
                struct plan *ret_plan)
{
        *ret_plan = (struct plan){.step = STEP_CANCEL, .count = 1};
        if (after < STEP_CANCEL && terms->policy->cancel_first && holds_order_margin(terms))
                return;
        if (after < STEP_CONVERT && terms->cross && terms->policy->convert &&
            steps_convert(money, terms, ret_plan))
                return;
        if (after < STEP_PARTIAL && terms->policy->partial != ZL_PARTIAL_NEVER &&
            steps_partial(money, terms, ret_plan))
                return;
        *ret_plan = (struct plan){.step = STEP_DEFICIT};
        if (after >= STEP_FULL || terms->open_count == 0)
                return;
        ret_plan->step = STEP_FULL;
        for (uint32_t i = 0; i < terms->positions_count; i++) {
                if (!terms->positions[i].trading)
                        continue;
                ret_plan->rows[ret_plan->count].at = i;
                ret_plan->rows[ret_plan->count++].qty = terms->positions[i].size;
        }
}
