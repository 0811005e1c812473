#include "app/screen.h"

#include "app/proposal.h"
#include "core/state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A picture fits a terminal of 24 rows and 80 columns. */
enum { NEAREST = 5, BAR = 8 };

struct open_order {
        enum zl_screen_step step;
        bool done; /* a final answer may be repeated */
};

bool zl_screen_open(struct zl_screen *screen)
{
        struct zl_engine_config config = zl_run_config_default();

        *screen = (struct zl_screen){.scales = zl_scales_open(),
                                     .message = malloc(sizeof *screen->message),
                                     .view = malloc(sizeof *screen->view),
                                     .open = {.row_size = sizeof(struct open_order)}};
        return screen->scales && screen->message && screen->view &&
               zl_run_open(&screen->run, &config) == ZL_OK;
}

void zl_screen_close(struct zl_screen *screen)
{
        zl_run_close(&screen->run);
        zl_scales_close(screen->scales);
        free(screen->message);
        zl_table_free(&screen->open);
        free(screen->view);
}

/* ---- hearing ---- */

static double scaled(int64_t value, int scale)
{
        return (double)value * pow(10, -scale);
}

static double price_of(const struct zl_screen *screen, uint32_t instrument, int64_t price)
{
        return scaled(price, zl_scales_instrument_price(screen->scales, instrument));
}

static double qty_of(const struct zl_screen *screen, uint32_t instrument, int64_t qty)
{
        return scaled(qty, zl_scales_instrument_qty(screen->scales, instrument));
}

static void hear_mark(struct zl_screen *screen, const struct zl_msg_mark *mark)
{
        struct zl_screen_market *market = screen->markets;
        uint32_t i = 0;

        while (i < screen->markets_count && market->id != mark->instrument)
                market = &screen->markets[++i];
        if (i == ZL_SCREEN_INSTRUMENTS)
                return;
        if (i == screen->markets_count) {
                screen->markets_count++;
                *market = (struct zl_screen_market){
                        .id = mark->instrument, .first = mark->price, .low = mark->price};
        }
        market->last = mark->price;
        if (mark->price < market->low)
                market->low = mark->price;
}

static void hear_asset(struct zl_screen *screen, const struct zl_msg_asset *said)
{
        for (uint32_t i = 0; i < screen->assets_count; i++) {
                if (screen->assets[i].id == said->asset)
                        return;
        }
        if (screen->assets_count == ZL_SCREEN_ASSETS)
                return;
        struct zl_screen_asset *asset = &screen->assets[screen->assets_count++];
        asset->id = said->asset;
        asset->scale = said->scale;
        memcpy(asset->symbol, said->symbol, sizeof asset->symbol);
}

static uint64_t hash_of(const char *id)
{
        uint64_t hash = 0;

        for (; *id; id++)
                hash = zl_mix64(hash * 31 + (uint8_t)*id + 1);
        return hash;
}

static struct zl_screen_order order_of(const struct zl_message *message)
{
        const struct zl_msg_liquidate *said = &message->liquidate;
        struct zl_screen_order order = {.step = ZL_SCREEN_CANCEL};

        strcpy(order.id, zl_proposal_order(message));
        if (message->type == ZL_TYPE_CONVERT) {
                order.step = ZL_SCREEN_CONVERT;
                order.of = message->convert.asset;
                order.qty = message->convert.amount;
        } else if (message->type == ZL_TYPE_LIQUIDATE) {
                order.step = said->step == ZL_STEP_PARTIAL ? ZL_SCREEN_PARTIAL : ZL_SCREEN_FULL;
                order.of = said->instrument;
                order.side = said->side;
                order.qty = said->qty;
                order.price = said->price;
                order.mark = said->mark;
        }
        return order;
}

/* A router's copy of what it admitted. */
static void hear_order(struct zl_screen *screen, const struct zl_message *message)
{
        struct zl_screen_order order = order_of(message);
        struct open_order *open = zl_table_row(&screen->open, hash_of(order.id));
        struct zl_key key;

        if (open)
                *open = (struct open_order){.step = order.step};
        screen->decisions += zl_key_parse(order.id, &key) && key.place == 0;
        screen->orders_count[order.step]++;
        if (message->type == ZL_TYPE_LIQUIDATE)
                screen->notional += qty_of(screen, order.of, order.qty) *
                                    price_of(screen, order.of, order.mark);
        order.at_s = screen->seconds;
        memmove(screen->orders, screen->orders + 1, sizeof screen->orders - sizeof *screen->orders);
        screen->orders[ZL_SCREEN_ORDERS - 1] = order;
}

static void hear_exec(struct zl_screen *screen, const struct zl_msg_exec *exec)
{
        struct open_order *open = zl_table_get(&screen->open, hash_of(exec->order));

        if (!exec->final || !open || open->done)
                return;
        open->done = true;
        if (open->step == ZL_SCREEN_PARTIAL || open->step == ZL_SCREEN_FULL) {
                screen->filled += exec->filled > 0;
                screen->unfilled += exec->filled == 0 && open->step == ZL_SCREEN_PARTIAL;
                screen->taken_over += exec->filled == 0 && open->step == ZL_SCREEN_FULL;
        }
        for (int i = 0; i < ZL_SCREEN_ORDERS; i++) {
                if (strcmp(screen->orders[i].id, exec->order) != 0)
                        continue;
                screen->orders[i].answer = *exec;
                screen->orders[i].answered = true;
        }
}

static void hear_fund(struct zl_screen *screen, const struct zl_msg_fund *fund)
{
        if (!screen->has_fund)
                screen->fund_first = screen->fund_low = fund->balance;
        screen->has_fund = true;
        screen->fund_last = fund->balance;
        if (fund->balance < screen->fund_low)
                screen->fund_low = fund->balance;
}

static void ignore(void *context, const struct zl_output *output)
{
        (void)context;
        (void)output;
}

static void hear_message(struct zl_screen *screen, const struct zl_message *message)
{
        zl_scales_learn(screen->scales, message);
        switch (message->type) {
        case ZL_TYPE_MARK:
                hear_mark(screen, &message->mark);
                break;
        case ZL_TYPE_ASSET:
                hear_asset(screen, &message->asset);
                break;
        case ZL_TYPE_CANCEL:
        case ZL_TYPE_CONVERT:
        case ZL_TYPE_LIQUIDATE:
                hear_order(screen, message);
                break;
        case ZL_TYPE_EXEC:
                hear_exec(screen, &message->exec);
                break;
        case ZL_TYPE_FUND:
                hear_fund(screen, &message->fund);
                break;
        case ZL_TYPE_ALERT:
                screen->warnings += message->alert.kind == ZL_ALERT_KIND_WARN;
                break;
        default:
                break;
        }
}

void zl_screen_hear(struct zl_screen *screen, const uint8_t *frame, size_t size)
{
        struct zl_frame_reader reader;
        enum zl_err err = zl_frame_open(&reader, frame, size);

        while (err == ZL_OK && (err = zl_frame_next(&reader, screen->message)) == ZL_OK)
                hear_message(screen, screen->message);
        if (zl_run_frame(&screen->run, frame, size, ignore, NULL, &reader) != ZL_OK)
                return; /* the workers say so */
}

/* ---- who is near ---- */

struct near {
        const struct zl_pool *pool;
        zl_i128 ratio_ppb;
};

static void insert(struct near *nearest, uint32_t *count, const struct near *one)
{
        uint32_t i = *count < NEAREST ? (*count)++ : NEAREST;

        while (i > 0 && nearest[i - 1].ratio_ppb < one->ratio_ppb) {
                if (i < NEAREST)
                        nearest[i] = nearest[i - 1];
                i--;
        }
        if (i < NEAREST)
                nearest[i] = *one;
}

/* Pools with a position, at the present prices: into the screen's view. */
static bool look_at(const struct zl_screen *screen, const struct zl_pool *pool,
                    struct zl_worth *ret_worth)
{
        zl_refusal refusal;

        if (!zl_state_view(screen->run.engine, pool, screen->view, &refusal) ||
            screen->view->open_count == 0)
                return false;
        zl_view_worth(screen->view, ret_worth);
        return true;
}

/* The pools with the highest ratios among those still safe. */
static uint32_t find_near(const struct zl_screen *screen, struct near nearest[NEAREST],
                          uint32_t *ret_warned)
{
        const struct zl_engine *engine = screen->run.engine;
        uint32_t count = 0;

        *ret_warned = 0;
        for (uint32_t row = 0; row < engine->pool_rows.fresh; row++) {
                struct near one = {.pool = &engine->pools[row]};
                struct zl_worth worth;
                if (one.pool->account == ZL_NONE_AT || one.pool->phase != ZL_PHASE_WATCHED ||
                    !look_at(screen, one.pool, &worth) ||
                    !zl_ratio_ceil(screen->view, &worth, &one.ratio_ppb))
                        continue;
                *ret_warned += one.pool->level > 0;
                insert(nearest, &count, &one);
        }
        return count;
}

/* By its first position. */
static void draw_near(const struct zl_screen *screen, const struct near *one)
{
        struct zl_worth worth;

        if (!look_at(screen, one->pool, &worth))
                return;
        const struct zl_part *part = &screen->view->parts[0];
        const struct zl_instrument *instrument = part->instrument;
        struct zl_liquidation points = zl_liquidation_points(screen->view, &worth, instrument);
        bool is_long = part->sign > 0;
        int64_t line = is_long ? points.below : points.above;
        double ratio = 1e-9 * (double)one->ratio_ppb;
        int full = (int)(ratio * BAR);

        printf(" %-6llu %-8s %-5s %9.3f mark %9.2f line %9.2f %5.1f%% ",
               (unsigned long long)screen->run.engine->accounts[one->pool->account].id,
               zl_scales_symbol(screen->scales, instrument->id), is_long ? "long" : "short",
               qty_of(screen, instrument->id, (int64_t)part->size),
               price_of(screen, instrument->id, instrument->mark),
               price_of(screen, instrument->id, line), 100 * ratio);
        for (int i = 0; i < BAR; i++)
                fputs(i < full ? "█" : "·", stdout);
        fputs("\x1b[K\n", stdout);
}

/* ---- drawing ---- */

static void draw_market(struct zl_screen *screen, struct zl_screen_market *market)
{
        static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
        int64_t low = market->last, high = market->last;

        if (market->history_count == ZL_SCREEN_HISTORY)
                memmove(market->history, market->history + 1,
                        sizeof market->history - sizeof *market->history);
        else
                market->history_count++;
        market->history[market->history_count - 1] = market->last;
        for (uint32_t i = 0; i < market->history_count; i++) {
                low = market->history[i] < low ? market->history[i] : low;
                high = market->history[i] > high ? market->history[i] : high;
        }
        printf("  %-9s %12.2f  %+7.2f%%   ", zl_scales_symbol(screen->scales, market->id),
               price_of(screen, market->id, market->last),
               100.0 * (double)(market->last - market->first) / (double)market->first);
        for (uint32_t i = 0; i < market->history_count; i++)
                fputs(blocks[high > low ? 7 * (market->history[i] - low) / (high - low) : 0],
                      stdout);
        fputs("\x1b[K\n", stdout);
}

static const char *end_of_line(const struct zl_screen *screen)
{
        return screen->terminal ? "\x1b[K\n" : "\n";
}

static const char *const step_names[ZL_SCREEN_STEPS] = {"cancel", "convert", "partial", "full"};

/* What it is about, in 35 columns. */
static void draw_terms(const struct zl_screen *screen, const struct zl_screen_order *order)
{
        const struct zl_screen_asset *asset = screen->assets;

        if (order->step == ZL_SCREEN_CANCEL) {
                printf("%-35s", "its open orders");
        } else if (order->step == ZL_SCREEN_CONVERT) {
                while (asset < screen->assets + screen->assets_count - 1 && asset->id != order->of)
                        asset++;
                printf("sell %9.5f %-20s", scaled(order->qty, (int)asset->scale), asset->symbol);
        } else {
                printf("%-4s %9.3f %-8s %11.2f", order->side == ZL_SIDE_SELL ? "sell" : "buy",
                       qty_of(screen, order->of, order->qty),
                       zl_scales_symbol(screen->scales, order->of),
                       price_of(screen, order->of, order->price));
        }
}

static void draw_outcome(const struct zl_screen *screen, const struct zl_screen_order *order)
{
        const struct zl_msg_exec *answer = &order->answer;

        if (!order->answered)
                fputs("sent", stdout);
        else if (order->step <= ZL_SCREEN_CONVERT)
                fputs(answer->status == ZL_EXEC_STATUS_FILLED ? "done" : "refused", stdout);
        else if (answer->filled > 0)
                printf("%s %.2f", answer->filled == order->qty ? "filled" : "in part",
                       price_of(screen, order->of, answer->price));
        else
                fputs(order->step == ZL_SCREEN_FULL ? "the fund's" : "not filled", stdout);
}

static void draw_order(const struct zl_screen *screen, const struct zl_screen_order *order)
{
        char pool[ZL_POOL_TEXT_SIZE], name[64];
        struct zl_key key;

        if (order->id[0] && zl_key_parse(order->id, &key)) {
                zl_pool_id_format(key.pool, pool);
                snprintf(name, sizeof name, "%llu/%s", (unsigned long long)key.account, pool);
                printf(" %4.1fs %-8s %-7s ", order->at_s, name, step_names[order->step]);
                draw_terms(screen, order);
                fputs("  ", stdout);
                draw_outcome(screen, order);
        }
        fputs(end_of_line(screen), stdout);
}

/* Two lines; the second one goes on. */
static void print_totals(const struct zl_screen *screen)
{
        const uint64_t *count = screen->orders_count;

        printf("%llu decisions: %llu cancels, %llu conversions, %llu partial, %llu full closes%s"
               "%.1f million USDT to close: %llu filled, %llu not, %llu ",
               (unsigned long long)screen->decisions, (unsigned long long)count[ZL_SCREEN_CANCEL],
               (unsigned long long)count[ZL_SCREEN_CONVERT],
               (unsigned long long)count[ZL_SCREEN_PARTIAL],
               (unsigned long long)count[ZL_SCREEN_FULL], end_of_line(screen),
               1e-6 * screen->notional, (unsigned long long)screen->filled,
               (unsigned long long)screen->unfilled, (unsigned long long)screen->taken_over);
}

void zl_screen_draw(struct zl_screen *screen, double total_s)
{
        screen->terminal = true;
        struct near nearest[NEAREST];
        uint32_t warned, count = find_near(screen, nearest, &warned);

        printf(
            "\x1b[H\x1b[1mzeroline\x1b[0m  %.1f of %.0f s, two workers, a router, a market with a "
            "crash in it\x1b[K\n",
            screen->seconds, total_s);
        for (uint32_t i = 0; i < screen->markets_count; i++)
                draw_market(screen, &screen->markets[i]);
        printf("\x1b[K\n\x1b[1mnearest the line\x1b[0m (maintenance as a share of equity; %u "
               "warned)\x1b[K\n",
               warned);
        for (uint32_t i = 0; i < NEAREST; i++) {
                if (i < count)
                        draw_near(screen, &nearest[i]);
                else
                        fputs("\x1b[K\n", stdout);
        }
        fputs("\x1b[K\n\x1b[1mlast orders\x1b[0m (limit, outcome)\x1b[K\n",
              stdout);
        for (int i = 0; i < ZL_SCREEN_ORDERS; i++)
                draw_order(screen, &screen->orders[i]);
        fputs("\x1b[K\n", stdout);
        print_totals(screen);
        printf("the fund's; fund %.0f\x1b[K\x1b[J", 1e-6 * (double)screen->fund_last);
        fflush(stdout);
}

void zl_screen_line(struct zl_screen *screen)
{
        struct near nearest[NEAREST];
        uint32_t warned;

        find_near(screen, nearest, &warned);
        printf("%5.1f s ", screen->seconds);
        for (uint32_t i = 0; i < screen->markets_count; i++) {
                const struct zl_screen_market *market = &screen->markets[i];
                printf(" %s %.2f (%+.1f%%)", zl_scales_symbol(screen->scales, market->id),
                       price_of(screen, market->id, market->last),
                       100.0 * (double)(market->last - market->first) / (double)market->first);
        }
        printf("  warned %u  decisions %llu  fund %.0f\n", warned,
               (unsigned long long)screen->decisions, 1e-6 * (double)screen->fund_last);
        if (screen->orders[ZL_SCREEN_ORDERS - 1].at_s > screen->line_s)
                draw_order(screen, &screen->orders[ZL_SCREEN_ORDERS - 1]);
        screen->line_s = screen->seconds;
        fflush(stdout);
}

void zl_screen_summary(const struct zl_screen *screen)
{
        print_totals(screen);
        puts("taken over by the fund");
        printf("insurance fund %.0f -> %.0f (lowest %.0f) USDT; %llu warnings\n",
               1e-6 * (double)screen->fund_first, 1e-6 * (double)screen->fund_last,
               1e-6 * (double)screen->fund_low, (unsigned long long)screen->warnings);
        for (uint32_t i = 0; i < screen->markets_count; i++) {
                const struct zl_screen_market *market = &screen->markets[i];
                printf("%s: %.2f -> %.2f, lowest %.2f (%.1f%%)\n",
                       zl_scales_symbol(screen->scales, market->id),
                       price_of(screen, market->id, market->first),
                       price_of(screen, market->id, market->last),
                       price_of(screen, market->id, market->low),
                       100.0 * (double)(market->low - market->first) / (double)market->first);
        }
}
