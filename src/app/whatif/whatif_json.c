/* whatif_json.c - the report as one JSON object. */
#include "app/whatif/result.h"

#include "codec/json.h"

#include <errno.h>
#include <inttypes.h>

enum {
        CHUNK = 1 << 14,
        ROOM = 1 << 10, /* a value takes less */
        FINE = 10,      /* more decimals than an asset's own */
};

/* Text that is written out as it fills. */
struct out {
        FILE *to;
        const struct zl_whatif_report *report;
        struct zl_text text;
        bool failed, first; /* nothing stands in this object or list yet */
        char buffer[CHUNK];
};

static void flush(struct out *out)
{
        out->failed |= out->text.full ||
                       fwrite(out->buffer, 1, out->text.size, out->to) != out->text.size;
        out->text = zl_text_over(out->buffer, sizeof out->buffer);
}

static void comma(struct out *out)
{
        if (out->text.size > CHUNK / 2)
                flush(out);
        if (!out->first)
                zl_text_char(&out->text, ',');
        out->first = false;
}

static void name(struct out *out, const char *text)
{
        comma(out);
        zl_text_char(&out->text, '"');
        zl_text_put(&out->text, text);
        zl_text_put(&out->text, "\":");
}

static void open(struct out *out, const char *text, char bracket)
{
        if (text)
                name(out, text);
        else
                comma(out);
        zl_text_char(&out->text, bracket);
        out->first = true;
}

static void close(struct out *out, char bracket)
{
        zl_text_char(&out->text, bracket);
        out->first = false;
}

static void put_string(struct out *out, const char *text, const char *string)
{
        name(out, text);
        if (string)
                zl_json_string(&out->text, string);
        else
                zl_text_put(&out->text, "null");
}

static void put_number(struct out *out, const char *text, uint64_t number)
{
        name(out, text);
        zl_text_u64(&out->text, number);
}

static void put_bool(struct out *out, const char *text, bool is)
{
        name(out, text);
        zl_text_put(&out->text, is ? "true" : "false");
}

/* A scale that no message told counts as 0: raw units. */
static uint32_t scale_of(int scale)
{
        return scale > 0 ? (uint32_t)scale : 0;
}

static void put_decimal(struct out *out, const char *text, zl_i128 value, int scale)
{
        if (text)
                name(out, text);
        else
                comma(out);
        zl_json_decimal(&out->text, value, scale_of(scale));
}

static void put_amount(struct out *out, const char *text, zl_i128 value)
{
        put_decimal(out, text, value, zl_scales_numeraire(out->report->scales));
}

/* ---- parts ---- */

static void put_totals(struct out *out, const struct zl_whatif_totals *totals)
{
        open(out, "totals", '{');
        put_number(out, "decisions", totals->decisions);
        put_number(out, "liquidations", totals->liquidations);
        put_number(out, "unfilled", totals->unfilled);
        put_number(out, "cancels", totals->cancels);
        put_number(out, "conversions", totals->conversions);
        put_number(out, "accounts", totals->accounts);
        put_amount(out, "notional", totals->notional);
        put_amount(out, "slippage", totals->slippage);
        put_amount(out, "fees", totals->fees);
        put_amount(out, "improvement", totals->improvement);
        put_number(out, "cascade", totals->cascade);
        put_amount(out, "bad_debt", totals->bad_debt);
        put_amount(out, "uncovered", totals->uncovered);
        put_number(out, "plans", totals->plans);
        put_number(out, "plans_refused", totals->plans_refused);
        put_number(out, "takeovers", totals->takeovers);
        put_amount(out, "takeover_notional", totals->takeover_notional);
        put_number(out, "adl_pairs", totals->pairs);
        put_number(out, "adl_winners", totals->winners);
        put_amount(out, "adl_notional", totals->adl_notional);
        put_amount(out, "adl_given", totals->given);
        put_amount(out, "adl_needed", totals->needed);
        put_amount(out, "adl_overshoot", totals->overshoot);
        put_amount(out, "socialized", totals->socialized);
        put_decimal(out, "haircut_max", totals->haircut_ppb, 9);
        put_amount(out, "fund_change", totals->fund_change);
        put_number(out, "refused", totals->refused);
        close(out, '}');
}

static void put_inputs(struct out *out, const struct zl_whatif_inputs *inputs)
{
        open(out, "inputs", '{');
        put_number(out, "outside", inputs->outside);
        put_number(out, "answers", inputs->answers);
        put_number(out, "mixed", inputs->mixed);
        put_number(out, "diverged", inputs->diverged);
        put_number(out, "declined", inputs->declined);
        close(out, '}');
}

static void put_decimals(struct out *out, const char *text, const int64_t *values, int scale)
{
        open(out, text, '[');
        for (uint32_t i = 0; i < out->report->points; i++)
                put_decimal(out, NULL, values[i], scale);
        close(out, ']');
}

static void put_amounts(struct out *out, const char *text, const zl_i128 *values)
{
        open(out, text, '[');
        for (uint32_t i = 0; i < out->report->points; i++)
                put_amount(out, NULL, values[i]);
        close(out, ']');
}

static void put_counts(struct out *out, const char *text, const uint64_t *values)
{
        open(out, text, '[');
        for (uint32_t i = 0; i < out->report->points; i++) {
                comma(out);
                zl_text_u64(&out->text, values[i]);
        }
        close(out, ']');
}

static void put_series(struct out *out, const struct zl_whatif_series *series)
{
        open(out, "series", '{');
        put_counts(out, "liquidations", series->liquidations);
        put_amounts(out, "notional", series->notional);
        put_counts(out, "cascade", series->cascade);
        put_amounts(out, "bad_debt", series->bad_debt);
        put_amounts(out, "adl_notional", series->adl_notional);
        put_counts(out, "adl_winners", series->winners);
        put_decimals(out, "haircut_max", series->haircut_ppb, 9);
        close(out, '}');
}

static void put_fund(struct out *out, const struct zl_whatif_fund *fund)
{
        int scale = zl_scales_asset(out->report->scales, fund->asset);

        open(out, NULL, '{');
        put_number(out, "fund", fund->fund);
        put_number(out, "asset", fund->asset);
        put_string(out, "symbol", zl_scales_asset_symbol(out->report->scales, fund->asset));
        put_decimal(out, "first", fund->first, scale);
        put_decimal(out, "last", fund->last, scale);
        put_decimal(out, "low", fund->low, scale);
        put_decimal(out, "high", fund->high, scale);
        put_decimals(out, "balance", fund->balance, scale);
        close(out, '}');
}

static void put_instrument(struct out *out, const struct zl_whatif_instrument *instrument)
{
        const struct zl_scales *scales = out->report->scales;
        int scale = zl_scales_instrument_price(scales, instrument->instrument);

        open(out, NULL, '{');
        put_number(out, "instrument", instrument->instrument);
        put_string(out, "symbol", zl_scales_symbol(scales, instrument->instrument));
        put_number(out, "liquidations", instrument->liquidations);
        put_amount(out, "notional", instrument->notional);
        put_decimal(out, "first", instrument->first, scale);
        put_decimal(out, "last", instrument->last, scale);
        put_decimal(out, "low", instrument->low, scale);
        put_decimal(out, "high", instrument->high, scale);
        if (instrument->price)
                put_decimals(out, "price", instrument->price, scale);
        close(out, '}');
}

static void put_winner(struct out *out, const struct zl_whatif_winner *winner)
{
        const struct zl_scales *scales = out->report->scales;
        const char *const legs[] = {NULL, "L", "S"};

        open(out, NULL, '{');
        put_number(out, "account", winner->account);
        put_string(out, "pool", winner->pool);
        put_number(out, "instrument", winner->instrument);
        put_string(out, "symbol", zl_scales_symbol(scales, winner->instrument));
        put_string(out, "leg", legs[winner->leg]);
        put_number(out, "pairs", winner->pairs);
        put_decimal(out, "qty", winner->qty,
                    zl_scales_instrument_qty(scales, winner->instrument));
        put_amount(out, "notional", winner->notional);
        put_amount(out, "given", winner->given);
        put_amount(out, "socialized", winner->socialized);
        put_decimal(out, "haircut", winner->haircut_ppb, 9);
        close(out, '}');
}

static void put_asset(struct out *out, const struct zl_whatif_asset *asset)
{
        int scale = (int)scale_of(zl_scales_asset(out->report->scales, asset->asset));

        open(out, NULL, '{');
        put_number(out, "asset", asset->asset);
        put_string(out, "symbol", zl_scales_asset_symbol(out->report->scales, asset->asset));
        put_decimal(out, "market", asset->market, scale + FINE);
        put_decimal(out, "fees", asset->fees, scale);
        put_decimal(out, "funding", asset->funding, scale);
        put_decimal(out, "residue", asset->residue, scale + FINE);
        close(out, '}');
}

/* Changes stand one a line. */
static void put_changes(struct out *out, const char *changes)
{
        char line[ROOM];

        open(out, "changes", '[');
        while (*changes) {
                size_t size = strcspn(changes, "\n");
                size_t kept = size < sizeof line ? size : sizeof line - 1;
                memcpy(line, changes, kept);
                line[kept] = 0;
                comma(out);
                zl_json_string(&out->text, line);
                changes += size + (changes[size] == '\n');
        }
        close(out, ']');
}

static void put_variant(struct out *out, const struct zl_whatif_variant *variant)
{
        open(out, NULL, '{');
        put_string(out, "name", variant->name);
        put_changes(out, variant->changes);
        put_totals(out, &variant->totals);
        put_inputs(out, &variant->inputs);
        put_series(out, &variant->series);
        open(out, "funds", '[');
        for (uint32_t i = 0; i < out->report->funds_count; i++)
                put_fund(out, &variant->funds[i]);
        close(out, ']');
        open(out, "instruments", '[');
        for (uint32_t i = 0; i < out->report->instruments_count; i++)
                put_instrument(out, &variant->instruments[i]);
        close(out, ']');
        open(out, "ledger", '[');
        for (uint32_t i = 0; i < variant->assets_count; i++)
                put_asset(out, &variant->assets[i]);
        close(out, ']');
        open(out, "winners", '[');
        for (uint32_t i = 0; i < variant->winners_count; i++)
                put_winner(out, &variant->winners[i]);
        close(out, ']');
        close(out, '}');
}

static void put_recorded(struct out *out, const struct zl_whatif_recorded *recorded)
{
        open(out, "recorded", '{');
        put_bool(out, "answered", recorded->answered);
        put_number(out, "decisions", recorded->decisions);
        put_number(out, "liquidations", recorded->liquidations);
        put_number(out, "accounts", recorded->accounts);
        put_amount(out, "notional", recorded->notional);
        put_number(out, "plans", recorded->plans);
        put_number(out, "plans_unknown", recorded->plans_unknown);
        put_number(out, "adl_pairs", recorded->pairs);
        put_amount(out, "adl_notional", recorded->adl_notional);
        put_amount(out, "fund_change", recorded->fund_change);
        put_number(out, "accounts_both", recorded->both);
        put_number(out, "accounts_only_recorded", recorded->only_recorded);
        put_number(out, "accounts_only_base", recorded->only_base);
        close(out, '}');
}

static void put_axis(struct out *out, const struct zl_whatif_report *report)
{
        open(out, "axis", '{');
        put_string(out, "unit", report->timed ? "ns" : "message");
        put_number(out, "first", report->first);
        put_number(out, "step", report->step);
        put_number(out, "points", report->points);
        close(out, '}');
}

enum zl_err zl_whatif_print_json(const struct zl_whatif_report *report, FILE *to)
{
        struct out out = {.to = to, .report = report, .first = true};

        out.text = zl_text_over(out.buffer, sizeof out.buffer);
        open(&out, NULL, '{');
        put_string(&out, "tape", report->tape);
        put_number(&out, "frames", report->frames);
        put_number(&out, "messages", report->messages);
        put_number(&out, "bad_frames", report->bad_frames);
        open(&out, "numeraire", '{');
        put_number(&out, "asset", report->numeraire);
        put_string(&out, "symbol", zl_scales_asset_symbol(report->scales, report->numeraire));
        close(&out, '}');
        put_axis(&out, report);
        put_recorded(&out, &report->recorded);
        open(&out, "variants", '[');
        for (uint32_t i = 0; i < report->variants_count; i++)
                put_variant(&out, &report->variants[i]);
        close(&out, ']');
        close(&out, '}');
        zl_text_char(&out.text, '\n');
        flush(&out);
        if (out.failed || fflush(to) != 0) {
                errno = errno ? errno : EIO;
                return ZL_ERR_SYSTEM;
        }
        return ZL_OK;
}
