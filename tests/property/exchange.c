#include "exchange.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
        REST_ROUNDS = 600,
        REST_QUIET = 60,   /* rounds without a word */
        BACKLOG_MAX = 100, /* messages that wait for an engine */
        SPAN_MS_MAX = 700,
};

void exchange_open(struct exchange *exchange)
{
        memset(exchange, 0, sizeof *exchange);
        bus_open(&exchange->bus);
        exchange->message = calloc(1, sizeof *exchange->message);
        if (!exchange->message)
                abort();
}

void exchange_close(struct exchange *exchange)
{
        bus_close(&exchange->bus);
        free(exchange->effects);
        free(exchange->message);
}

/* ---- chance ---- */

uint64_t exchange_random(struct exchange *exchange)
{
        exchange->random += 0x9e3779b97f4a7c15u;
        return zl_mix64(exchange->random);
}

uint32_t exchange_below(struct exchange *exchange, uint32_t limit)
{
        return (uint32_t)(exchange_random(exchange) % limit);
}

int64_t exchange_between(struct exchange *exchange, int64_t low, int64_t high)
{
        if (high <= low)
                return low;
        return low + (int64_t)(exchange_random(exchange) % ((uint64_t)(high - low) + 1));
}

bool exchange_chance(struct exchange *exchange, uint32_t percent)
{
        return exchange_below(exchange, 100) < percent;
}

/* ---- what engines said ---- */

/* The ledger says nothing that an engine should refuse. */
static void take_alert(struct exchange *exchange, const struct zl_msg_alert *alert)
{
        switch (alert->kind) {
        case ZL_ALERT_KIND_FUND:
                exchange->fund_alert = true;
                break;
        case ZL_ALERT_KIND_WARN:
        case ZL_ALERT_KIND_HALTED:
        case ZL_ALERT_KIND_JUMP:
                break;
        default:
                if (exchange->bus.ordered)
                        ledger_fail(&exchange->ledger, "an alert: %s", alert->text);
                break;
        }
}

static void take_frame(struct exchange *exchange, const struct bus_frame *frame)
{
        if (frame->topic.kind != ZL_TOPIC_ALRT)
                exchange->frame = frame;
        switch (frame->topic.kind) {
        case ZL_TOPIC_ORDR:
                exchange_take_decision(exchange, frame);
                break;
        case ZL_TOPIC_PLAN:
                exchange_take_plan(exchange, frame);
                break;
        case ZL_TOPIC_ALRT:
                take_alert(exchange, &frame->rows[0].alert);
                break;
        case ZL_TOPIC_DEFI:
                exchange_write_off(exchange, &frame->rows[0].deficit);
                break;
        default:
                break;
        }
        ledger_check(&exchange->ledger);
}

/* Alerts say what a plan does; plans were made of these books; the rest changes them. */
static void take_frames(struct exchange *exchange)
{
        static const enum zl_topic_kind kinds[] = {ZL_TOPIC_ALRT, ZL_TOPIC_PLAN, ZL_TOPIC_ORDR,
                                                   ZL_TOPIC_DEFI};
        struct bus_engine *engine = &exchange->bus.engines[0];

        for (uint32_t turn = 0; turn < 4; turn++) {
                for (uint32_t i = 0; i < engine->frames_count; i++) {
                        const struct bus_frame *frame =
                                &engine->frames[(engine->frames_first + i) % BUS_FRAMES];
                        if (frame->topic.kind == kinds[turn] && !exchange->ledger.broken)
                                take_frame(exchange, frame);
                }
        }
        while (bus_frame(&exchange->bus, 0))
                bus_drop_frame(&exchange->bus, 0);
}

/* ---- in order: every message is done with before the next ---- */

static void settle(struct exchange *exchange)
{
        struct ledger *ledger = &exchange->ledger;
        const struct bus_engine *engine = &exchange->bus.engines[0];

        ledger_check(ledger);
        while (!ledger->broken && bus_deliver(&exchange->bus, 0)) {
                if (bus_between(&exchange->bus, 0))
                        continue;
                exchange->known = engine->waiting == 0;
                for (uint32_t i = 0; exchange->known && i < ledger->accounts_count; i++)
                        ledger->accounts[i].known_rev = ledger->accounts[i].rev;
                exchange->fund_alert = false;
                take_frames(exchange);
        }
        if (zl_engine_counters(engine->engine).refused)
                ledger_fail(ledger, "the engine refused a message");
}

/* ---- in any order ---- */

/* To the router and the ledger: lost, repeated, or late. */
static void take_one(struct exchange *exchange, uint32_t at)
{
        struct bus_frame *frame = bus_frame(&exchange->bus, at);

        if (!frame)
                return;
        if (exchange->bus.reliable || !exchange_chance(exchange, 3))
                take_frame(exchange, frame);
        if (exchange->bus.reliable || !exchange_chance(exchange, 3))
                bus_drop_frame(&exchange->bus, at);
}

static void run_venue(struct exchange *exchange)
{
        if (exchange->orders_count == 0)
                return;
        exchange_execute(exchange, exchange_below(exchange, exchange->orders_count));
        exchange_publish(exchange);
        ledger_check(&exchange->ledger);
}

static void go_on(struct exchange *exchange)
{
        struct bus *bus = &exchange->bus;

        for (uint32_t turn = exchange_below(exchange, 8); turn-- > 0;) {
                uint32_t at = exchange_below(exchange, bus->engines_count);
                if (exchange_chance(exchange, 60))
                        (void)bus_deliver(bus, at);
                else if (exchange_chance(exchange, 60))
                        take_one(exchange, at);
                else
                        run_venue(exchange);
        }
        for (uint32_t i = 0; i < bus->engines_count; i++) {
                while (bus->engines[i].waiting > BACKLOG_MAX && !exchange->ledger.broken) {
                        (void)bus_deliver(bus, i);
                        take_one(exchange, i);
                }
                while (bus->engines[i].frames_count > BACKLOG_MAX && !exchange->ledger.broken)
                        take_one(exchange, i);
        }
        ledger_check(&exchange->ledger);
}

/* Everything that is on its way arrives. */
static void flow_out(struct exchange *exchange)
{
        struct bus *bus = &exchange->bus;
        bool any = true;

        if (bus->ordered) {
                settle(exchange);
                return;
        }
        while (any && !exchange->ledger.broken) {
                any = exchange->orders_count > 0;
                for (uint32_t i = 0; i < bus->engines_count; i++) {
                        any |= bus_deliver(bus, i);
                        any |= bus_frame(bus, i) != NULL;
                        take_one(exchange, i);
                }
                run_venue(exchange);
        }
}

/* ---- time ---- */

static void tell_time(struct exchange *exchange, uint64_t span_ms)
{
        exchange->now_ns += span_ms * 1000000;
        if (exchange->now_ns == 0)
                return;
        for (uint32_t i = 0; i < exchange->bus.engines_count; i++)
                exchange_say_clock(exchange, i);
}

void exchange_step(struct exchange *exchange)
{
        if (exchange->timed && exchange_chance(exchange, 20))
                tell_time(exchange, exchange_below(exchange, SPAN_MS_MAX));
        else
                exchange_event(exchange);
        if (exchange->bus.ordered) {
                settle(exchange);
                return;
        }
        if (exchange_below(exchange, 500) == 0) {
                bus_restart(&exchange->bus,
                            exchange_below(exchange, exchange->bus.engines_count));
                exchange_restate(exchange);
        }
        go_on(exchange);
}

static bool owes(const struct exchange *exchange)
{
        for (uint32_t i = 0; i < exchange->ledger.accounts_count; i++) {
                for (uint32_t p = 0; p < LEDGER_POOLS; p++) {
                        if (exchange->router[i][p].live)
                                return true;
                }
        }
        return false;
}

void exchange_rest(struct exchange *exchange)
{
        struct ledger *ledger = &exchange->ledger;
        uint32_t quiet = 0;

        if (!exchange->timed)
                return;
        exchange->calm = exchange->bus.reliable = true;
        for (uint32_t i = 0; i < ledger->instruments_count; i++) {
                ledger->instruments[i].said.status = ZL_STATUS_TRADING;
                ledger->instruments[i].said.rev++;
        }
        for (uint32_t i = 0; i < LEDGER_POLICIES; i++) {
                ledger->policies[i].slice_notional = 0; /* it would take an hour */
                ledger->policies[i].rev++;
        }
        /* A round of one fund whose answers were lost holds up those of all others until that fund
         * has a newer revision. */
        for (uint32_t i = 0; i < ledger->funds_count; i++)
                ledger->funds[i].changed = true;
        exchange_publish(exchange);
        exchange_restate(exchange);
        for (uint32_t round = 0; round < REST_ROUNDS && quiet < REST_QUIET; round++) {
                uint64_t said = exchange->bus.said;
                for (uint32_t i = 0; i < ledger->instruments_count; i++)
                        exchange_say_mark(exchange, i);
                tell_time(exchange, 1000);
                flow_out(exchange);
                quiet = exchange->bus.said == said ? quiet + 1 : 0;
                if (ledger->broken)
                        return;
        }
        if (quiet < REST_QUIET)
                ledger_fail(ledger, "it does not come to rest");
        else if (owes(exchange))
                ledger_fail(ledger, "a decision is live for ever");
}
