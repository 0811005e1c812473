#include "app/whatif/meter.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- rows ---- */

static uint32_t place_of(const uint32_t *ids, uint32_t count, uint32_t id)
{
        uint32_t low = 0, high = count;

        while (low < high) {
                uint32_t middle = low + (high - low) / 2;
                if (ids[middle] < id)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < count && ids[low] == id ? low : count;
}

static struct zl_whatif_instrument *instrument_of(const struct zl_meter *meter, uint32_t id)
{
        const struct zl_survey *survey = meter->survey;
        uint32_t count = survey->report.instruments_count;
        uint32_t at = place_of(survey->instruments, count, id);

        return at < count ? &meter->variant->instruments[at] : NULL;
}

static struct zl_whatif_fund *fund_of(const struct zl_meter *meter, uint32_t id)
{
        const struct zl_survey *survey = meter->survey;
        uint32_t count = survey->report.funds_count;
        uint32_t at = place_of(survey->funds, count, id);

        return at < count ? &meter->variant->funds[at] : NULL;
}

/* ---- opening ---- */

bool zl_meter_open(struct zl_meter *meter, const struct zl_survey *survey,
                   const struct zl_house *books, struct zl_whatif_variant *variant)
{
        const struct zl_whatif_report *report = &survey->report;
        struct zl_whatif_series *series = &variant->series;
        uint32_t points = report->points;
        bool has = true;

        *meter = (struct zl_meter){.survey = survey,
                                   .books = books,
                                   .variant = variant,
                                   .winners = {.row_size = sizeof(struct zl_whatif_winner)}};
        has &= (series->liquidations = calloc(points, sizeof *series->liquidations)) != NULL;
        has &= (series->cascade = calloc(points, sizeof *series->cascade)) != NULL;
        has &= (series->winners = calloc(points, sizeof *series->winners)) != NULL;
        has &= (series->notional = calloc(points, sizeof *series->notional)) != NULL;
        has &= (series->adl_notional = calloc(points, sizeof *series->adl_notional)) != NULL;
        has &= (series->bad_debt = calloc(points, sizeof *series->bad_debt)) != NULL;
        has &= (series->haircut_ppb = calloc(points, sizeof *series->haircut_ppb)) != NULL;
        variant->funds = calloc(report->funds_count + 1, sizeof *variant->funds);
        variant->instruments = calloc(report->instruments_count + 1, sizeof *variant->instruments);
        has &= variant->funds && variant->instruments;
        for (uint32_t i = 0; has && i < report->funds_count; i++) {
                variant->funds[i].fund = survey->funds[i];
                variant->funds[i].balance = calloc(points, sizeof(int64_t));
                variant->funds[i].said = calloc(points, sizeof(bool));
                has &= variant->funds[i].balance && variant->funds[i].said;
        }
        for (uint32_t i = 0; has && i < report->instruments_count; i++)
                variant->instruments[i].instrument = survey->instruments[i];
        return has;
}

void zl_meter_close(struct zl_meter *meter)
{
        zl_table_free(&meter->winners);
}

void zl_meter_free_variant(struct zl_whatif_variant *variant, uint32_t funds, uint32_t instruments)
{
        for (uint32_t i = 0; variant->funds && i < funds; i++) {
                free(variant->funds[i].balance);
                free(variant->funds[i].said);
        }
        for (uint32_t i = 0; variant->instruments && i < instruments; i++)
                free(variant->instruments[i].price);
        free(variant->series.liquidations);
        free(variant->series.cascade);
        free(variant->series.winners);
        free(variant->series.notional);
        free(variant->series.adl_notional);
        free(variant->series.bad_debt);
        free(variant->series.haircut_ppb);
        free(variant->funds);
        free(variant->instruments);
        free(variant->assets);
        free(variant->winners);
        free(variant->changes);
}

/* ---- events ---- */

void zl_meter_time(struct zl_meter *meter, uint64_t now_ns, uint64_t at)
{
        const struct zl_whatif_report *report = &meter->survey->report;
        uint64_t now = report->timed ? now_ns : at;
        uint64_t point = now < report->first ? 0 : (now - report->first) / report->step;

        meter->point = point < report->points ? (uint32_t)point : report->points - 1;
}

void zl_meter_mark(struct zl_meter *meter, uint32_t instrument, int64_t price)
{
        struct zl_whatif_instrument *row = instrument_of(meter, instrument);

        if (!row)
                return;
        if (!row->price) {
                row->price = calloc(meter->survey->report.points, sizeof *row->price);
                if (!row->price) {
                        meter->failed = true;
                        return;
                }
                row->first = row->low = row->high = price;
        }
        row->price[meter->point] = row->last = price;
        row->low = price < row->low ? price : row->low;
        row->high = price > row->high ? price : row->high;
}

void zl_meter_fund(struct zl_meter *meter, const struct zl_house_fund *fund)
{
        struct zl_whatif_fund *row = fund_of(meter, fund->id);

        if (!row)
                return;
        if (!row->stated)
                row->first = row->low = row->high = fund->balance;
        row->stated = true;
        row->asset = fund->asset;
        row->balance[meter->point] = row->last = fund->balance;
        row->said[meter->point] = true;
        row->low = fund->balance < row->low ? fund->balance : row->low;
        row->high = fund->balance > row->high ? fund->balance : row->high;
}

void zl_meter_fill(struct zl_meter *meter, const struct zl_meter_fill *fill)
{
        struct zl_whatif_totals *totals = &meter->variant->totals;
        struct zl_whatif_series *series = &meter->variant->series;
        struct zl_whatif_instrument *row = instrument_of(meter, fill->market->is.id);
        zl_i128 notional = zl_house_numeraire(meter->books, fill->market, fill->value);

        totals->liquidations++;
        totals->notional += notional;
        totals->slippage += zl_house_numeraire(meter->books, fill->market, fill->slippage);
        totals->fees += zl_house_exchange(meter->books, fill->market->is.settle, fill->fee,
                                          meter->books->numeraire);
        totals->cascade = fill->chain > totals->cascade ? fill->chain : totals->cascade;
        series->liquidations[meter->point]++;
        series->notional[meter->point] += notional;
        if (fill->chain > series->cascade[meter->point])
                series->cascade[meter->point] = fill->chain;
        if (row) {
                row->liquidations++;
                row->notional += notional;
        }
}

void zl_meter_loser(struct zl_meter *meter, struct zl_house_account *account)
{
        meter->variant->totals.accounts += !account->lost;
        account->lost = true;
}

void zl_meter_bad_debt(struct zl_meter *meter, uint32_t asset, zl_i128 amount)
{
        zl_i128 worth = zl_house_exchange(meter->books, asset, amount, meter->books->numeraire);

        meter->variant->totals.bad_debt += worth;
        meter->variant->series.bad_debt[meter->point] += worth;
}

/* ---- winners ---- */

/* `part` of `whole`, in 10^-9, down; all of it where there was nothing. */
static int64_t share_ppb(zl_i128 part, zl_i128 whole)
{
        if (part <= 0)
                return 0;
        if (whole <= part)
                return ZL_PPB;
        return (int64_t)zl_wide_saturate(
                zl_wide_div_floor(zl_wide_product(part, ZL_PPB), zl_wide_of(whole)));
}

static struct zl_whatif_winner *winner_of(struct zl_meter *meter, const struct zl_meter_hit *hit)
{
        struct {
                uint64_t account;
                uint32_t instrument, leg;
                char pool[ZL_POOL_TEXT_SIZE];
        } name = {.account = hit->account, .instrument = hit->market->is.id, .leg = hit->leg};

        strncpy(name.pool, hit->pool, sizeof name.pool - 1);
        struct zl_whatif_winner *row =
                zl_table_row(&meter->winners, XXH3_64bits(&name, sizeof name));
        if (!row) {
                meter->failed = true;
                return NULL;
        }
        row->account = name.account;
        row->instrument = name.instrument;
        row->leg = hit->leg;
        memcpy(row->pool, name.pool, sizeof row->pool);
        return row;
}

void zl_meter_hit(struct zl_meter *meter, const struct zl_meter_hit *hit,
                  struct zl_house_account *account)
{
        struct zl_whatif_totals *totals = &meter->variant->totals;
        struct zl_whatif_series *series = &meter->variant->series;
        struct zl_whatif_winner *row = winner_of(meter, hit);
        zl_i128 notional = zl_house_numeraire(meter->books, hit->market, hit->value);
        zl_i128 given = zl_house_numeraire(meter->books, hit->market, hit->given);
        zl_i128 share = zl_house_numeraire(meter->books, hit->market, hit->share);
        int64_t haircut = share_ppb(hit->given + hit->share, hit->profit);

        totals->winners += !account->gave;
        account->gave = true;
        totals->pairs += hit->qty > 0;
        totals->adl_notional += notional;
        totals->given += given;
        totals->socialized += share;
        totals->haircut_ppb = haircut > totals->haircut_ppb ? haircut : totals->haircut_ppb;
        series->winners[meter->point]++;
        series->adl_notional[meter->point] += notional;
        if (haircut > series->haircut_ppb[meter->point])
                series->haircut_ppb[meter->point] = haircut;
        if (!row)
                return;
        row->pairs += hit->qty > 0;
        zl_house_add(&row->qty, hit->qty);
        row->notional += notional;
        row->given += given;
        row->socialized += share;
        row->haircut_ppb = haircut > row->haircut_ppb ? haircut : row->haircut_ppb;
}

/* ---- the end ---- */

static int by_haircut(const void *a, const void *b)
{
        const struct zl_whatif_winner *x = a, *y = b;
        zl_i128 lost_x = x->given + x->socialized, lost_y = y->given + y->socialized;

        if (x->haircut_ppb != y->haircut_ppb)
                return x->haircut_ppb > y->haircut_ppb ? -1 : 1;
        if (lost_x != lost_y)
                return lost_x > lost_y ? -1 : 1;
        if (x->account != y->account)
                return x->account < y->account ? -1 : 1;
        if (x->instrument != y->instrument)
                return x->instrument < y->instrument ? -1 : 1;
        if (x->leg != y->leg)
                return x->leg < y->leg ? -1 : 1;
        return strcmp(x->pool, y->pool);
}

static void rank_winners(struct zl_meter *meter)
{
        struct zl_whatif_variant *variant = meter->variant;
        struct zl_whatif_winner *rows = meter->winners.rows;
        uint32_t count = meter->winners.map.count;

        if (!count)
                return;
        qsort(rows, count, sizeof *rows, by_haircut);
        count = count < ZL_WHATIF_WINNERS_MAX ? count : ZL_WHATIF_WINNERS_MAX;
        variant->winners = malloc(count * sizeof *rows);
        if (!variant->winners) {
                meter->failed = true;
                return;
        }
        memcpy(variant->winners, rows, count * sizeof *rows);
        variant->winners_count = count;
}

static int by_asset(const void *a, const void *b)
{
        const struct zl_whatif_asset *x = a, *y = b;

        return (x->asset > y->asset) - (x->asset < y->asset);
}

static void copy_assets(struct zl_meter *meter)
{
        struct zl_whatif_variant *variant = meter->variant;
        const struct zl_house_asset *rows = meter->books->assets.rows;
        uint32_t count = meter->books->assets.map.count;

        variant->assets = calloc(count + 1, sizeof *variant->assets);
        if (!variant->assets) {
                meter->failed = true;
                return;
        }
        for (uint32_t i = 0; i < count; i++)
                variant->assets[i] = (struct zl_whatif_asset){.asset = rows[i].is.id,
                                                              .market = rows[i].market,
                                                              .residue = rows[i].residue,
                                                              .fees = rows[i].fees,
                                                              .funding = rows[i].funding};
        variant->assets_count = count;
        qsort(variant->assets, count, sizeof *variant->assets, by_asset);
}

void zl_meter_finish(struct zl_meter *meter)
{
        struct zl_whatif_variant *variant = meter->variant;
        const struct zl_whatif_report *report = &meter->survey->report;

        for (uint32_t i = 0; i < report->instruments_count; i++) {
                int64_t *price = variant->instruments[i].price;
                for (uint32_t k = 1; price && k < report->points; k++)
                        price[k] = price[k] ? price[k] : price[k - 1];
        }
        for (uint32_t i = 0; i < report->funds_count; i++) {
                struct zl_whatif_fund *fund = &variant->funds[i];
                for (uint32_t k = 1; k < report->points; k++)
                        fund->balance[k] = fund->said[k] ? fund->balance[k]
                                                         : fund->balance[k - 1];
                variant->totals.fund_change += zl_house_exchange(
                        meter->books, fund->asset, (zl_i128)fund->last - fund->first,
                        meter->books->numeraire);
        }
        rank_winners(meter);
        copy_assets(meter);
}
