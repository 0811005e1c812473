#include "app/proposal.h"

#include "core/fixed.h"

const char *zl_proposal_order(const struct zl_message *message)
{
        switch (message->type) {
        case ZL_TYPE_CANCEL:
                return message->cancel.order;
        case ZL_TYPE_CONVERT:
                return message->convert.order;
        case ZL_TYPE_LIQUIDATE:
                return message->liquidate.order;
        default:
                return NULL;
        }
}

static bool same_decision(const struct zl_key *a, const struct zl_key *b)
{
        return a->account == b->account && zl_pool_id_compare(a->pool, b->pool) == 0 &&
               a->base == b->base && a->n == b->n;
}

static enum zl_exec_step step_of(const struct zl_message *message)
{
        if (message->type == ZL_TYPE_CANCEL)
                return ZL_EXEC_STEP_CANCEL;
        if (message->type == ZL_TYPE_CONVERT)
                return ZL_EXEC_STEP_CONVERT;
        return message->liquidate.step == ZL_STEP_PARTIAL ? ZL_EXEC_STEP_PARTIAL
                                                          : ZL_EXEC_STEP_FULL;
}

static void take_terms(const struct zl_message *message, struct zl_proposal *proposal)
{
        const struct zl_msg_liquidate *order = &message->liquidate;

        if (proposal->step == ZL_EXEC_STEP_NONE)
                proposal->step = step_of(message);
        if (message->type != ZL_TYPE_LIQUIDATE)
                return;
        proposal->closes = true;
        proposal->shortfall = zl_saturate_i64((zl_i128)order->maintenance - order->equity);
        if (order->expires_ns &&
            (!proposal->expires_ns || order->expires_ns < proposal->expires_ns))
                proposal->expires_ns = order->expires_ns;
}

/* NULL, or what is wrong. */
static const char *take_order(const struct zl_message *message, struct zl_proposal *proposal)
{
        const char *order = zl_proposal_order(message);
        struct zl_key key;

        if (!order)
                return "a message that is no order";
        if (!zl_key_parse(order, &key) || !key.has_place)
                return "an order's id is account/pool/base/n/place";
        if (proposal->orders_count == 0) {
                proposal->key = key;
                proposal->key.has_place = false;
                proposal->key.place = 0;
        }
        if (!same_decision(&proposal->key, &key))
                return "orders of several decisions in one frame";
        if (key.place != proposal->orders_count)
                return "orders stand at the places 0, 1, 2, ... of their decision";
        if (key.place == ZL_PROPOSAL_ORDERS_MAX)
                return "a decision holds at most 128 orders";
        proposal->orders_count++;
        take_terms(message, proposal);
        return NULL;
}

const char *zl_proposal_read(const void *frame, size_t size, struct zl_message *scratch,
                             struct zl_proposal *ret_proposal, struct zl_frame_reader *ret_reader)
{
        struct zl_proposal proposal = {.orders_count = 0};
        const char *fault = NULL;
        enum zl_err err = zl_frame_open(ret_reader, frame, size);

        while (!fault && err == ZL_OK && (err = zl_frame_next(ret_reader, scratch)) == ZL_OK)
                fault = take_order(scratch, &proposal);
        if (err == ZL_ERR_INVALID)
                return "it does not decode";
        if (fault)
                return fault;
        proposal.topic = ret_reader->header.topic;
        proposal.made_ns = ret_reader->header.ts_ns;
        *ret_proposal = proposal;
        return NULL;
}
