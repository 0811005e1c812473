/* ledger_check.c - that no unit is lost and no contract has only one side; the books in print. */
#include "ledger.h"

#include <inttypes.h>

/* What everybody holds of an asset, less what was paid for positions settled in it. */
struct sums {
        zl_i128 money[LEDGER_ASSETS];
        zl_i128 qty[LEDGER_INSTRUMENTS];
        zl_i128 due[LEDGER_INSTRUMENTS]; /* of funding */
};

static void add_purse(struct sums *sums, uint32_t asset, const struct ledger_purse *purse)
{
        sums->money[asset] += (zl_i128)purse->free + purse->held;
}

static void add_position(const struct ledger *ledger, struct sums *sums, uint32_t instrument,
                         const struct ledger_position *position)
{
        sums->money[ledger_settle(ledger, instrument)] -= position->paid;
        sums->qty[instrument] += position->qty;
        sums->due[instrument] += ledger_due(ledger, instrument, position).num;
}

static void add_pool(const struct ledger *ledger, struct sums *sums,
                     const struct ledger_pool *pool)
{
        for (uint32_t i = 0; i < ledger->assets_count; i++)
                add_purse(sums, i, &pool->purses[i]);
        for (uint32_t i = 0; i < ledger->instruments_count; i++) {
                for (uint32_t leg = 0; leg < LEDGER_LEGS; leg++)
                        add_position(ledger, sums, i, &pool->positions[i][leg]);
        }
}

static void check_pool(struct ledger *ledger, const struct ledger_account *account, uint32_t at)
{
        const struct ledger_pool *pool = &account->pools[at];

        for (uint32_t i = 0; i < ledger->assets_count; i++) {
                if (pool->purses[i].held < 0)
                        ledger_fail(ledger, "account %" PRIu64 ": orders hold less than nothing",
                                    account->id);
        }
        for (uint32_t i = 0; i < ledger->instruments_count; i++) {
                if (pool->positions[i][ZL_LEG_LONG].qty < 0 ||
                    pool->positions[i][ZL_LEG_SHORT].qty > 0)
                        ledger_fail(ledger, "account %" PRIu64 ": a leg of the wrong sign",
                                    account->id);
                for (uint32_t leg = 0; leg < LEDGER_LEGS; leg++) {
                        if (!pool->positions[i][leg].qty && pool->positions[i][leg].paid)
                                ledger_fail(ledger, "account %" PRIu64 ": a cost without a "
                                            "position", account->id);
                }
        }
}

/* For every long there is a short; what one owes of funding another gets. */
static void check_instrument(struct ledger *ledger, struct sums *sums, uint32_t at)
{
        const struct ledger_instrument *of = &ledger->instruments[at];
        zl_i128 den = ledger_due(ledger, at, &of->venue).den;

        if (sums->qty[at] != 0)
                ledger_fail(ledger, "instrument %" PRIu32 ": quantities sum to %" PRId64,
                            of->said.instrument, (int64_t)sums->qty[at]);
        if (sums->due[at] + of->clearing != 0 || (of->clearing + of->dust) % den != 0)
                ledger_fail(ledger, "instrument %" PRIu32 ": funding is lost",
                            of->said.instrument);
        sums->money[ledger_settle(ledger, at)] += (of->clearing + of->dust) / den;
}

void ledger_check(struct ledger *ledger)
{
        struct sums sums = {0};

        for (uint32_t i = 0; i < ledger->accounts_count; i++) {
                for (uint32_t p = 0; p < LEDGER_POOLS; p++) {
                        add_pool(ledger, &sums, &ledger->accounts[i].pools[p]);
                        check_pool(ledger, &ledger->accounts[i], p);
                }
        }
        for (uint32_t i = 0; i < ledger->funds_count; i++) {
                for (uint32_t a = 0; a < ledger->assets_count; a++)
                        add_purse(&sums, a, &ledger->funds[i].purses[a]);
                for (uint32_t k = 0; k < ledger->instruments_count; k++)
                        add_position(ledger, &sums, k, &ledger->funds[i].positions[k]);
        }
        for (uint32_t i = 0; i < ledger->instruments_count; i++) {
                add_position(ledger, &sums, i, &ledger->instruments[i].venue);
                check_instrument(ledger, &sums, i);
        }
        for (uint32_t i = 0; i < ledger->assets_count; i++) {
                const struct ledger_asset *asset = &ledger->assets[i];
                add_purse(&sums, i, &asset->venue);
                sums.money[i] += (zl_i128)asset->residue + asset->fees + asset->outside;
                if (sums.money[i] != 0)
                        ledger_fail(ledger, "asset %" PRIu32 ": %" PRId64 " units too many",
                                    asset->said.asset, (int64_t)sums.money[i]);
                if (asset->residue < 0)
                        ledger_fail(ledger, "asset %" PRIu32 ": rounding paid out more than it "
                                    "took: %" PRId64, asset->said.asset, asset->residue);
        }
}

/* ---- in print ---- */

static void print_position(FILE *file, const struct ledger *ledger, uint32_t instrument,
                           uint32_t leg, const struct ledger_position *position)
{
        static const char *const legs[] = {"", "L", "S"};

        if (position->qty)
                fprintf(file, " [%" PRIu32 "%s qty %" PRId64 " paid %" PRId64 " funding %" PRId64
                        " rev %" PRIu64 "]", ledger->instruments[instrument].said.instrument,
                        legs[leg], position->qty, position->paid, position->funding,
                        position->rev);
}

static void print_purses(FILE *file, const struct ledger *ledger,
                         const struct ledger_purse *purses)
{
        for (uint32_t i = 0; i < ledger->assets_count; i++) {
                if (purses[i].free || purses[i].held)
                        fprintf(file, " %s %" PRId64 "+%" PRId64, ledger->assets[i].said.symbol,
                                purses[i].free, purses[i].held);
        }
}

static void print_pool(FILE *file, const struct ledger *ledger, uint32_t at,
                       const struct ledger_pool *pool)
{
        bool any = !ledger_pool_empty(ledger, pool);

        for (uint32_t i = 0; i < ledger->assets_count; i++)
                any |= pool->purses[i].free || pool->purses[i].held;
        if (!any)
                return;
        fprintf(file, "    pool %" PRIu32 " base %" PRIu64 ":", at, pool->base);
        print_purses(file, ledger, pool->purses);
        for (uint32_t i = 0; i < ledger->instruments_count; i++) {
                for (uint32_t leg = 0; leg < LEDGER_LEGS; leg++)
                        print_position(file, ledger, i, leg, &pool->positions[i][leg]);
        }
        fprintf(file, " = %.4Lf\n", ledger_worth(ledger, pool));
}

void ledger_print(const struct ledger *ledger, FILE *file)
{
        for (uint32_t i = 0; i < ledger->assets_count; i++) {
                const struct ledger_asset *asset = &ledger->assets[i];
                fprintf(file, "asset %" PRIu32 " rate %" PRId64 " venue %" PRId64 " fees %" PRId64
                        " residue %" PRId64 " outside %" PRId64 "\n", asset->said.asset,
                        asset->rate, asset->venue.free, asset->fees, asset->residue,
                        asset->outside);
        }
        for (uint32_t i = 0; i < ledger->instruments_count; i++) {
                const struct ledger_instrument *of = &ledger->instruments[i];
                fprintf(file, "instrument %" PRIu32 " mark %" PRId64 " funding %" PRId64
                        " venue", of->said.instrument, of->mark, of->funding);
                print_position(file, ledger, i, 0, &of->venue);
                fprintf(file, "\n");
        }
        for (uint32_t i = 0; i < ledger->funds_count; i++) {
                const struct ledger_fund *fund = &ledger->funds[i];
                fprintf(file, "fund %" PRIu32 " rev %" PRIu64 " peak %" PRId64 ":", fund->id,
                        fund->rev, fund->peak);
                print_purses(file, ledger, fund->purses);
                for (uint32_t k = 0; k < ledger->instruments_count; k++)
                        print_position(file, ledger, k, 0, &fund->positions[k]);
                fprintf(file, "\n");
        }
        for (uint32_t i = 0; i < ledger->accounts_count; i++) {
                const struct ledger_account *account = &ledger->accounts[i];
                fprintf(file, "account %" PRIu64 " rev %" PRIu64 "\n", account->id, account->rev);
                for (uint32_t p = 0; p < LEDGER_POOLS; p++)
                        print_pool(file, ledger, p, &account->pools[p]);
        }
}
